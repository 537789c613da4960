//! The whole chain of five as a device hands it out: leaf ← identity key ← ICA ← Identity ← root.
//!
//! The chain itself needs two certificates, because the ICA is pinned. Whoever packs evidence, and whoever decides
//! which ICA to pin, checks all of them.

use crate::{
    certificate::Certificate,
    chain::{Architecture, ChainError, IdentityKey, Leaf, PinnedIca, check_names},
    ecdsa::P384Verifier,
};
use sha2::{Digest, Sha256};

/// SHA-256 of the certificate "NVIDIA Device Identity CA".
pub const NVIDIA_DEVICE_ROOT: [u8; 32] = [
    0x10, 0x2B, 0xF6, 0x59, 0xD5, 0x41, 0x96, 0x14, 0xC9, 0xD8, 0xE6, 0xAE, 0xCE, 0xBC, 0x80, 0x45, 0x4E,
    0xB2, 0x6B, 0x1D, 0xF6, 0xA7, 0x69, 0xAC, 0x72, 0x0B, 0x9A, 0x69, 0x0B, 0x16, 0x7B, 0x48,
];

/// SHA-256 of the certificate "Pars simulated device, not NVIDIA". Whatever is below it, anybody made.
pub const SIMULATED_DEVICE_ROOT: [u8; 32] = [
    0xEB, 0x7C, 0x61, 0x72, 0x33, 0x73, 0xE3, 0xED, 0x11, 0x68, 0xA8, 0x44, 0xAA, 0x23, 0x62, 0xB2, 0x89,
    0x34, 0x82, 0xB0, 0xBD, 0x45, 0x19, 0xCB, 0xEC, 0x41, 0x2D, 0x8E, 0xC0, 0xAA, 0x2D, 0x49,
];

/// Why a chain is refused. Positions count from the leaf, which is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum PathError {
    /// Not five certificates.
    #[error("the chain has {0} certificates, not 5")]
    Length(usize),
    /// The last one is not the root that is trusted.
    #[error("the chain does not end in the trusted root")]
    Root,
    /// A certificate that may not stand where it stands.
    #[error(transparent)]
    #[strum(transparent)]
    Chain(#[from] ChainError),
    /// A certificate whose issuer is not the next one's subject.
    #[error("certificate {0} names another issuer than the one that follows")]
    Issuer(usize),
    /// A certificate that the next one's key did not sign.
    #[error("certificate {0} is not signed by the one that follows")]
    Signature(usize),
}

/// Verifies a chain of five, leaf first, and answers with its intermediate.
///
/// `root` is the SHA-256 of the root's certificate: [`NVIDIA_DEVICE_ROOT`]; for a simulated device, where that is what
/// is asked, [`SIMULATED_DEVICE_ROOT`].
pub fn verify_path(
    certificates: &[&[u8]],
    architecture: Architecture,
    root: &[u8; 32],
    verifier: &dyn P384Verifier,
) -> Result<PinnedIca, PathError> {
    let &[leaf, ik, ica, identity, last] = certificates else {
        return Err(PathError::Length(certificates.len()));
    };
    if Sha256::digest(last).as_slice() != root {
        return Err(PathError::Root);
    }
    let pinned = PinnedIca::from_certificate(architecture, ica)?;
    let (leaf, ik) = (Leaf::parse(leaf)?, IdentityKey::parse(ik)?);
    check_names(&leaf, &ik, &pinned)?;
    let ica = Certificate::authority(ica)?;
    let identity = Certificate::authority(identity)?;
    let last = Certificate::authority(last)?;
    let path = [leaf.certificate(), ik.certificate(), &ica, &identity, &last, &last];
    for (position, (lower, upper)) in path.iter().zip(path.iter().skip(1)).enumerate() {
        if lower.issuer().der != upper.subject().der {
            return Err(PathError::Issuer(position));
        }
        if !lower.is_signed_by(upper.public_key(), verifier) {
            return Err(PathError::Signature(position));
        }
    }
    Ok(pinned)
}
