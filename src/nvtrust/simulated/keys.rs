//! Keys of simulated devices and of their factory. All of them follow from public bytes.

use crate::{SPKI_LEN, SPKI_PREFIX, ecdsa::PublicKey};
use p384::ecdsa::SigningKey;

/// `derive_key` context of every private key here, over the certificate's name for the factory's.
pub const SIMULATED_KEY_TAG: &str = "pars.aimining.simulated-key.v1";

/// The key that follows from these parts: the first 48 bytes of `derive_key(SIMULATED_KEY_TAG, parts ‖ counter u8)`
/// that are a scalar, counter from 0. (The chance that 0 does not do is below 2^-190.)
pub(crate) fn signing_key(parts: &[&[u8]]) -> SigningKey {
    let mut counter = 0u8;
    loop {
        let scalar: [u8; 48] = derive(SIMULATED_KEY_TAG, &[&parts.concat(), &[counter]]);
        if let Ok(key) = SigningKey::from_slice(&scalar) {
            return key;
        }
        counter = counter.wrapping_add(1);
    }
}

/// A key's point, without its tag.
pub(crate) fn public_key(key: &SigningKey) -> PublicKey {
    let point = key.verifying_key().to_sec1_point(false);
    let mut bytes = [0; 96];
    for (byte, coordinate) in bytes.iter_mut().zip(point.as_bytes().iter().skip(1)) {
        *byte = *coordinate;
    }
    bytes
}

/// A key's SubjectPublicKeyInfo.
pub(crate) fn spki(key: &SigningKey) -> [u8; SPKI_LEN] {
    let mut bytes = [0; SPKI_LEN];
    let (prefix, point) = bytes.split_at_mut(SPKI_PREFIX.len());
    prefix.copy_from_slice(&SPKI_PREFIX);
    point.copy_from_slice(&public_key(key));
    bytes
}

/// `N` bytes that follow from these parts.
pub(crate) fn derive<const N: usize>(tag: &str, parts: &[&[u8]]) -> [u8; N] {
    let mut hasher = blake3::Hasher::new_derive_key(tag);
    for part in parts {
        hasher.update(part);
    }
    let mut bytes = [0; N];
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}
