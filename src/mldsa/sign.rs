//! Key generation and signing: for miners, tests and vectors. Never part of consensus.
//!
//! The caller brings the randomness, so that nothing here needs an operating system.

use core::fmt;

use fips204::traits::{KeyGen, SerDes, Signer};
use fips204::{ml_dsa_44, ml_dsa_65, ml_dsa_87};

use crate::{MAX_CONTEXT_LEN, ParameterSet};

/// Why a message could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// FIPS 204 Algorithm 2 allows a context of at most 255 bytes.
    #[error("the context has {len} bytes, more than the {MAX_CONTEXT_LEN} that FIPS 204 allows")]
    ContextTooLong {
        /// Bytes of the context given.
        len: usize,
    },
    /// The rejection loop of FIPS 204 Algorithm 7 ran past the backend's limit. It does not happen by chance;
    /// fresh randomness is the remedy.
    #[error("the signing loop found no signature within its limit")]
    AttemptsExhausted,
}

/// A private key with its public key.
///
/// The secret half is wiped when the value is dropped, is never printed, and cannot be read back: keep the seed.
pub struct SigningKey {
    secret: Secret,
    public_key: Vec<u8>,
}

/// Boxed: up to 66 KiB each, too much to move about on a stack.
enum Secret {
    MlDsa44(Box<ml_dsa_44::PrivateKey>),
    MlDsa65(Box<ml_dsa_65::PrivateKey>),
    MlDsa87(Box<ml_dsa_87::PrivateKey>),
}

impl SigningKey {
    /// FIPS 204 Algorithm 6, ML-DSA.KeyGen_internal: the key pair of the seed ξ. The seed is the secret; it must
    /// come from a source of cryptographic randomness (FIPS 204 section 3.6.1).
    #[must_use]
    pub fn from_seed(set: ParameterSet, seed: &[u8; 32]) -> Self {
        match set {
            ParameterSet::MlDsa44 => {
                let (public_key, secret) = ml_dsa_44::KG::keygen_from_seed(seed);
                Self::new(Secret::MlDsa44(Box::new(secret)), &public_key.into_bytes())
            }
            ParameterSet::MlDsa65 => {
                let (public_key, secret) = ml_dsa_65::KG::keygen_from_seed(seed);
                Self::new(Secret::MlDsa65(Box::new(secret)), &public_key.into_bytes())
            }
            ParameterSet::MlDsa87 => {
                let (public_key, secret) = ml_dsa_87::KG::keygen_from_seed(seed);
                Self::new(Secret::MlDsa87(Box::new(secret)), &public_key.into_bytes())
            }
        }
    }

    fn new(secret: Secret, public_key: &[u8]) -> Self {
        Self { secret, public_key: public_key.to_vec() }
    }

    /// The parameter set of this key.
    #[must_use]
    pub fn parameter_set(&self) -> ParameterSet {
        match self.secret {
            Secret::MlDsa44(_) => ParameterSet::MlDsa44,
            Secret::MlDsa65(_) => ParameterSet::MlDsa65,
            Secret::MlDsa87(_) => ParameterSet::MlDsa87,
        }
    }

    /// The encoded public key, [`ParameterSet::public_key_len`] bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// FIPS 204 Algorithm 2, ML-DSA.Sign (external, pure): [`ParameterSet::signature_len`] bytes.
    ///
    /// `randomness` is the standard's rnd. Fresh random bytes give the hedged variant, which FIPS 204 section
    /// 3.4 prefers; all zero gives the deterministic one.
    ///
    /// # Errors
    /// [`SignError::ContextTooLong`] for a context of more than 255 bytes; [`SignError::AttemptsExhausted`] if
    /// the rejection loop reaches its limit.
    pub fn sign(&self, message: &[u8], context: &[u8], randomness: &[u8; 32]) -> Result<Vec<u8>, SignError> {
        if context.len() > MAX_CONTEXT_LEN {
            return Err(SignError::ContextTooLong { len: context.len() });
        }
        match &self.secret {
            Secret::MlDsa44(key) => sign_with(&**key, message, context, randomness),
            Secret::MlDsa65(key) => sign_with(&**key, message, context, randomness),
            Secret::MlDsa87(key) => sign_with(&**key, message, context, randomness),
        }
    }
}

/// Prints the set and nothing else.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("parameter_set", &self.parameter_set()).finish_non_exhaustive()
    }
}

fn sign_with<Key, const SIGNATURE_LEN: usize>(
    key: &Key,
    message: &[u8],
    context: &[u8],
    randomness: &[u8; 32],
) -> Result<Vec<u8>, SignError>
where
    Key: Signer<Signature = [u8; SIGNATURE_LEN]>,
{
    // The context is short enough and the randomness is given, so the loop's limit is what is left to fail.
    key.try_sign_with_seed(randomness, message, context)
        .map(|signature| signature.to_vec())
        .map_err(|_| SignError::AttemptsExhausted)
}
