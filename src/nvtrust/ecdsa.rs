//! ECDSA P-384 with SHA-384: the trait, and the reference backend on the `p384` package.

use p384::{
    Sec1Point,
    ecdsa::{Signature as P384Signature, VerifyingKey, signature::hazmat::PrehashVerifier},
};
use sha2::{Digest, Sha384};

/// An uncompressed point without its tag: x ‖ y, big-endian. A compressed point cannot be written in it.
pub type PublicKey = [u8; 96];

/// r ‖ s, big-endian. The pair (r, n − s) is as valid: never key anything on these bytes.
pub type Signature = [u8; 96];

/// Whoever can answer whether a signature is valid; the only thing shared between threads that consensus holds.
///
/// Every implementation answers exactly as [`Reference`] does for every input, whatever cache or library stands
/// behind it: a doubt is settled by [`Reference`], never by `false`.
pub trait P384Verifier: Send + Sync {
    /// Is `signature` an ECDSA signature with SHA-384 of `message` under `public_key` (FIPS 186-5 section 6.4.2)?
    ///
    /// `false`, never a panic, for a point that is not on the curve, and for r or s that is zero or not below the
    /// order. A high s is valid: half of what genuine GPUs sign has one.
    fn verify(&self, public_key: &PublicKey, message: &[u8], signature: &Signature) -> bool;
}

/// Verifies with the `p384` package: portable Rust, no state, no cache.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference;

impl P384Verifier for Reference {
    fn verify(&self, public_key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        // Before any arithmetic on the curve: r and s in [1, n).
        let Ok(signature) = P384Signature::from_slice(signature) else { return false };
        let point = Sec1Point::from_untagged_bytes(public_key.into());
        let Ok(key) = VerifyingKey::from_sec1_point(&point) else { return false };
        key.verify_prehash(&Sha384::digest(message), &signature).is_ok()
    }
}
