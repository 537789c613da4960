//! P-384 verification that remembers what was valid.
//!
//! A GPU's certificates come with every full evidence, and each proof is seen by a node at admission, in estimates and
//! in its block: most of these signatures were verified here before.

use pars_nvtrust::{P384Verifier, PublicKey, Signature};

use crate::verdict_cache::{Statement, VerdictCache};

/// Another verifier behind the memory of its valid answers.
pub struct Remembered<V> {
    inner: V,
    verdicts: VerdictCache,
}

impl<V: P384Verifier> Remembered<V> {
    /// Remembers at most so many statements.
    pub fn new(inner: V, statements: usize) -> Self {
        Self { inner, verdicts: VerdictCache::new(statements) }
    }

    /// What was found valid.
    pub const fn verdicts(&self) -> &VerdictCache {
        &self.verdicts
    }
}

impl<V: P384Verifier> P384Verifier for Remembered<V> {
    fn verify(&self, public_key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        let statement = Statement::new("ECDSA P-384 SHA-384", &[public_key, message, signature]);
        if self.verdicts.holds(&statement) {
            return true;
        }
        let valid = self.inner.verify(public_key, message, signature);
        if valid {
            self.verdicts.keep_valid(statement);
        }
        valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pars_nvtrust::{
        Architecture, Attestation, EvidenceError, Reference, SIMULATED_ICAS, simulated::SimulatedDevice,
        verify_evidence,
    };
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts how often the reference was asked.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl P384Verifier for Counting {
        fn verify(&self, public_key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
            self.0.fetch_add(1, Ordering::SeqCst);
            Reference.verify(public_key, message, signature)
        }
    }

    fn asked(
        remembered: &Remembered<Counting>,
        nonce: u8,
        forge: bool,
    ) -> (usize, Result<(), EvidenceError>) {
        let before = remembered.inner.0.load(Ordering::SeqCst);
        let mut bytes = SimulatedDevice::new(Architecture::GH100, &[1; 32]).attestation(&[nonce; 32]);
        if forge {
            // The last byte of the report: its length stands at 3, big-endian.
            let length = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
            bytes[4 + length] ^= 1;
        }
        let Ok(Attestation::Full(evidence)) = Attestation::decode(&bytes) else { panic!("kind 1") };
        let verdict = verify_evidence(&evidence, &SIMULATED_ICAS[0], &[[nonce; 32]], remembered).map(drop);
        (remembered.inner.0.load(Ordering::SeqCst) - before, verdict)
    }

    #[test]
    fn c7_what_is_known_to_be_valid_is_not_verified_again_and_nothing_else_is_believed() {
        let remembered = Remembered::new(Counting::default(), 1_024);
        assert_eq!(asked(&remembered, 1, false), (3, Ok(())));
        // The same evidence once more; then another report of the device, whose certificates are known.
        assert_eq!(asked(&remembered, 1, false), (0, Ok(())));
        assert_eq!(asked(&remembered, 2, false), (1, Ok(())));
        assert_eq!(remembered.verdicts().len(), 4);
        // A forgery is verified each time, and never remembered.
        for _ in 0..2 {
            assert_eq!(asked(&remembered, 1, true), (1, Err(EvidenceError::ReportSignature)));
        }
        assert_eq!(remembered.verdicts().len(), 4);
    }

    #[test]
    fn c7_a_memory_of_nothing_gives_the_same_answers() {
        let forgetful = Remembered::new(Counting::default(), 0);
        assert_eq!(asked(&forgetful, 1, false), (3, Ok(())));
        assert_eq!(asked(&forgetful, 1, false), (3, Ok(())));
        assert_eq!(asked(&forgetful, 1, true), (3, Err(EvidenceError::ReportSignature)));
    }
}
