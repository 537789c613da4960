//! The reference backend: the `fips204` package, pinned to one exact version because consensus is its answers.

use fips204::traits::{SerDes, Verifier as Fips204Verifier};
use fips204::{ml_dsa_44, ml_dsa_65, ml_dsa_87};

use crate::{MAX_CONTEXT_LEN, ParameterSet, Verifier};

/// Verifies with the `fips204` package: portable Rust, no state, no cache.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference;

impl Verifier for Reference {
    fn verify(
        &self,
        set: ParameterSet,
        public_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool {
        // Not left to the package: the rule belongs to this crate whatever version stands behind it.
        if context.len() > MAX_CONTEXT_LEN {
            return false;
        }
        let verify_as = match set {
            ParameterSet::MlDsa44 => verify_with::<ml_dsa_44::PublicKey, _, _>,
            ParameterSet::MlDsa65 => verify_with::<ml_dsa_65::PublicKey, _, _>,
            ParameterSet::MlDsa87 => verify_with::<ml_dsa_87::PublicKey, _, _>,
        };
        verify_as(public_key, message, context, signature)
    }
}

/// FIPS 204 Algorithm 3 for one parameter set; the types of `fips204` carry its two lengths.
fn verify_with<Key, const PUBLIC_KEY_LEN: usize, const SIGNATURE_LEN: usize>(
    public_key: &[u8],
    message: &[u8],
    context: &[u8],
    signature: &[u8],
) -> bool
where
    Key: SerDes<ByteArray = [u8; PUBLIC_KEY_LEN]> + Fips204Verifier<Signature = [u8; SIGNATURE_LEN]>,
{
    // Both lengths before any hashing.
    let Ok(signature) = <&[u8; SIGNATURE_LEN]>::try_from(signature) else { return false };
    let Ok(public_key) = <[u8; PUBLIC_KEY_LEN]>::try_from(public_key) else { return false };
    let Ok(key) = Key::try_from_bytes(public_key) else { return false };
    key.verify(message, signature, context)
}
