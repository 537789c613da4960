//! Verifiers by other authors, for comparison.

use aws_lc_rs::signature::{ML_DSA_44, ML_DSA_65, ML_DSA_87, UnparsedPublicKey};
use ml_dsa::{EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey};
use pars_mldsa::{Job, Key, ParameterSet, PreparedKey, Verifier};

use crate::backends::engines;

/// What is asked of a verifier.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) set: ParameterSet,
    pub(crate) public_key: Vec<u8>,
    pub(crate) message: Vec<u8>,
    pub(crate) context: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Case {
    /// Our answer.
    pub(crate) fn verify(&self) -> bool {
        pars_mldsa::verify(self.set, &self.public_key, &self.message, &self.context, &self.signature)
    }

    /// As a job of a batch.
    pub(crate) fn job(&self) -> Job<'_> {
        self.job_under(None)
    }

    /// As a job of a batch, under its key prepared before, if it is given.
    pub(crate) fn job_under<'a>(&'a self, prepared: Option<&'a PreparedKey>) -> Job<'a> {
        Job {
            key: prepared.map_or(Key::Encoded(self.set, &self.public_key), Key::Prepared),
            message: &self.message,
            context: &self.context,
            signature: &self.signature,
        }
    }

    /// RustCrypto's `ml-dsa`.
    pub(crate) fn verify_with_ml_dsa(&self) -> bool {
        match self.set {
            ParameterSet::MlDsa44 => self.verify_with_ml_dsa_as::<MlDsa44>(),
            ParameterSet::MlDsa65 => self.verify_with_ml_dsa_as::<MlDsa65>(),
            ParameterSet::MlDsa87 => self.verify_with_ml_dsa_as::<MlDsa87>(),
        }
    }

    fn verify_with_ml_dsa_as<P: MlDsaParams>(&self) -> bool {
        let Ok(key) = EncodedVerifyingKey::<P>::try_from(self.public_key.as_slice()) else { return false };
        let Ok(signature) = Signature::<P>::try_from(self.signature.as_slice()) else { return false };
        VerifyingKey::<P>::decode(&key).verify_with_context(&self.message, &self.context, &signature)
    }

    /// AWS-LC (mldsa-native); it takes no context, so there is no answer for a case that has one.
    pub(crate) fn verify_with_aws_lc(&self) -> Option<bool> {
        let algorithm = match self.set {
            ParameterSet::MlDsa44 => &ML_DSA_44,
            ParameterSet::MlDsa65 => &ML_DSA_65,
            ParameterSet::MlDsa87 => &ML_DSA_87,
        };
        self.context.is_empty().then(|| {
            UnparsedPublicKey::new(algorithm, &self.public_key).verify(&self.message, &self.signature).is_ok()
        })
    }

    /// Our answer, after every oracle and every engine gave the same one. A disagreement prints the whole case: keep it as a vector.
    pub(crate) fn agreed(&self, what: &str) -> bool {
        let ours = self.verify();
        let ml_dsa = self.verify_with_ml_dsa();
        let aws_lc = self.verify_with_aws_lc();
        for engine in engines() {
            let answer =
                engine.verify(self.set, &self.public_key, &self.message, &self.context, &self.signature);
            assert_eq!(answer, ours, "{what}: {}\n{}", engine.name(), self.describe());
        }
        assert!(
            ours == ml_dsa && aws_lc.is_none_or(|answer| answer == ours),
            "{what}: ours {ours}, ml-dsa {ml_dsa}, aws-lc {aws_lc:?}\n{}",
            self.describe()
        );
        ours
    }

    /// The case in hex, to be kept when something is wrong with it.
    pub(crate) fn describe(&self) -> String {
        format!(
            "set {}\npublic key {}\nmessage {}\ncontext {}\nsignature {}",
            self.set,
            hex::encode(&self.public_key),
            hex::encode(&self.message),
            hex::encode(&self.context),
            hex::encode(&self.signature)
        )
    }
}
