//! ML-DSA signature verification (FIPS 204) for the Pars precompile.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `parameter_set.rs` | [`ParameterSet`]: ids, sizes and security categories |
//! | `engine/` | `Engine` (feature `engine`): verification of our own, for one key or many, with prepared keys and batches |
//! | `reference.rs` | [`Reference`]: the `fips204` package as a [`Verifier`] |
//! | `sign.rs` | `SigningKey` (feature `sign`; never part of consensus) |
//!
//! This is a consensus crate: every function is a pure function of its arguments, and no input panics. The
//! interface verified is *external, pure* ML-DSA (FIPS 204 Algorithm 3): not HashML-DSA, not the internal one.
//!
//! ```
//! use pars_mldsa::{ParameterSet, verify};
//!
//! let set = ParameterSet::from_public_key_len(1952).expect("a length of FIPS 204 table 2");
//! assert_eq!(set, ParameterSet::MlDsa65);
//! // Neither a wrong length nor any other input is an error: the answer is `false`.
//! assert!(!verify(set, &[0; 1952], b"message", b"context", &[0; 3308]));
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

#[cfg(feature = "engine")]
mod engine;
mod parameter_set;
mod reference;
#[cfg(feature = "sign")]
pub mod sign;

#[cfg(feature = "engine")]
pub use engine::{Engine, Job, Key, PreparedKey, Verdicts};
pub use parameter_set::ParameterSet;
pub use reference::Reference;
#[cfg(feature = "sign")]
pub use sign::{SignError, SigningKey};

/// Bytes of ρ, the matrix seed that opens every public key (FIPS 204 Algorithm 22, pkEncode).
const RHO_LEN: usize = 32;

/// Longest context string, in bytes (FIPS 204 Algorithms 2 and 3).
pub const MAX_CONTEXT_LEN: usize = 255;

/// Whoever can answer FIPS 204's question; the only thing shared between threads that consensus holds.
///
/// Every implementation answers exactly as [`verify`] does for every input, whatever cache or device stands
/// behind it: a doubt is settled by [`Reference`], never by `false`.
pub trait Verifier: Send + Sync {
    /// Is `signature` a signature of `message` under `public_key` and `context`? See [`verify`].
    fn verify(
        &self,
        set: ParameterSet,
        public_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool;
}

/// FIPS 204 Algorithm 3, ML-DSA.Verify (external, pure).
///
/// `false`, never a panic or an error, for
/// * a public key or a signature whose length is not the set's (FIPS 204 section 3.6.2),
/// * a context longer than [`MAX_CONTEXT_LEN`] bytes,
/// * a malformed hint (Algorithm 21), ‖z‖∞ ≥ γ1 − β or a challenge that differs (Algorithm 8).
///
/// The message may have any length. A public key with t1 = 0 verifies like any other, as the standard has it;
/// rules that pay for signatures refuse such keys with [`is_weak_public_key`].
#[must_use]
pub fn verify(
    set: ParameterSet,
    public_key: &[u8],
    message: &[u8],
    context: &[u8],
    signature: &[u8],
) -> bool {
    Reference.verify(set, public_key, message, context, signature)
}

/// Is t1, the public key's vector, zero: every byte after ρ (FIPS 204 Algorithm 23, pkDecode)?
///
/// Verification recomputes w1 from A·z − c·t1·2^d. Without t1 the challenge c drops out, so *anyone* signs under
/// such a key without a secret: take a short z, hash UseHint(h, A·z) with the message, and that is the challenge.
/// No honest key generation yields such a key. A key whose length is not the set's counts as weak.
///
/// It is not the only key that others can sign for: a very small t1 is forgeable too, as is any key whose holder
/// publishes the secret. Nothing may rest on a key being *un*forgeable by others than its own maker's choice.
#[must_use]
pub fn is_weak_public_key(set: ParameterSet, public_key: &[u8]) -> bool {
    public_key.len() != set.public_key_len() || public_key.iter().skip(RHO_LEN).all(|&byte| byte == 0)
}
