//! `WorkProof`: the `bytes proof` of `submitWorkProof`, version 1.

use crate::{
    ParameterSet, WorkContext,
    codec::{Fields, concat},
};
use alloy_primitives::{Address, B256};

/// FIPS 204 context string of the signature over a work proof.
pub const WORK_SIGNATURE_CONTEXT: &[u8] = b"pars.aimining.work.v1";

/// What the miner signs: everything of a proof but the key and the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkStatement {
    /// ML-DSA parameter set of the miner's key.
    pub parameter_set: ParameterSet,
    /// What the work was bound to before it ran.
    pub context: WorkContext,
    /// BLAKE3 of the output.
    pub output_hash: B256,
    /// Claimed work; one unit is 10^9 operations of model arithmetic.
    pub compute_units: u64,
    /// When the work was completed, Unix seconds.
    pub completed_at: u64,
    /// Who is paid, whoever submits the proof.
    pub recipient: Address,
    /// A reward below this (in 10^-18 AI) is refused, so that a relayer cannot pick a bad epoch.
    pub min_reward: u128,
    /// BLAKE3 of `bytes attestation`; zero if and only if that is empty.
    pub attestation_hash: B256,
}

impl WorkStatement {
    /// Length of the signed bytes.
    pub const LENGTH: usize = 290;

    /// The signed bytes: offsets `[0, 290)` of a proof.
    ///
    /// `version u8 | parameter set u8 | WorkContext 172 | output_hash 32 | compute_units u64 | completed_at u64 |
    /// recipient 20 | min_reward u128 | attestation_hash 32`, big-endian.
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            &[WorkProof::VERSION, self.parameter_set.id()],
            &self.context.encode(),
            self.output_hash.as_slice(),
            &self.compute_units.to_be_bytes(),
            &self.completed_at.to_be_bytes(),
            self.recipient.as_slice(),
            &self.min_reward.to_be_bytes(),
            self.attestation_hash.as_slice(),
        ])
    }
}

/// A decoded work proof, borrowed from the bytes it was decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkProof<'a> {
    /// What the miner signed.
    pub statement: WorkStatement,
    /// The bytes the signature covers: `[0, 290)` of the proof.
    pub signed: &'a [u8],
    /// The miner's ML-DSA public key.
    pub public_key: &'a [u8],
    /// The ML-DSA signature over [`Self::signed`] under [`WORK_SIGNATURE_CONTEXT`].
    pub signature: &'a [u8],
}

/// A byte string is not a version 1 work proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The first byte is not 1.
    #[error("proof version {0} is not supported")]
    UnsupportedVersion(u8),
    /// The second byte is not 44, 65 or 87.
    #[error("{0} is not an ML-DSA parameter set (44, 65, 87)")]
    UnsupportedParameterSet(u8),
    /// The length is not the one that version and parameter set prescribe.
    #[error("the proof has {actual} bytes instead of {expected}")]
    Length {
        /// Bytes that version and parameter set prescribe (2 when they are missing).
        expected: usize,
        /// Bytes found.
        actual: usize,
    },
}

impl<'a> WorkProof<'a> {
    /// The only version there is.
    pub const VERSION: u8 = 1;

    /// Length of a proof under a parameter set: 290 + public key + signature.
    pub const fn length(set: ParameterSet) -> usize {
        WorkStatement::LENGTH.saturating_add(set.public_key_len()).saturating_add(set.signature_len())
    }

    /// Decodes a proof. The bytes `encode` gives, and no others, decode to a given proof.
    ///
    /// # Errors
    /// [`ProofError`], in the order version, parameter set, length. An input too short to hold version and parameter
    /// set is a length error.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, ProofError> {
        let short = ProofError::Length { expected: 2, actual: bytes.len() };
        let mut fields = Fields(bytes);
        let [version] = fields.array().ok_or(short)?;
        if version != Self::VERSION {
            return Err(ProofError::UnsupportedVersion(version));
        }
        let [set] = fields.array().ok_or(short)?;
        let set = ParameterSet::from_id(set).ok_or(ProofError::UnsupportedParameterSet(set))?;
        let length = ProofError::Length { expected: Self::length(set), actual: bytes.len() };
        if bytes.len() != Self::length(set) {
            return Err(length);
        }
        Self::read(set, bytes, fields).ok_or(length)
    }

    fn read(set: ParameterSet, bytes: &'a [u8], mut fields: Fields<'a>) -> Option<Self> {
        let statement = WorkStatement {
            parameter_set: set,
            context: WorkContext::read(&mut fields)?,
            output_hash: fields.array()?.into(),
            compute_units: u64::from_be_bytes(fields.array()?),
            completed_at: u64::from_be_bytes(fields.array()?),
            recipient: fields.array()?.into(),
            min_reward: u128::from_be_bytes(fields.array()?),
            attestation_hash: fields.array()?.into(),
        };
        Some(Self {
            statement,
            signed: bytes.get(..WorkStatement::LENGTH)?,
            public_key: fields.bytes(set.public_key_len())?,
            signature: fields.bytes(set.signature_len())?,
        })
    }

    /// The canonical encoding of a signed statement.
    ///
    /// # Errors
    /// [`ProofError::Length`] if key or signature do not have the lengths of the parameter set.
    pub fn encode(
        statement: &WorkStatement,
        public_key: &[u8],
        signature: &[u8],
    ) -> Result<Vec<u8>, ProofError> {
        let set = statement.parameter_set;
        if public_key.len() != set.public_key_len() || signature.len() != set.signature_len() {
            let actual =
                WorkStatement::LENGTH.saturating_add(public_key.len()).saturating_add(signature.len());
            return Err(ProofError::Length { expected: Self::length(set), actual });
        }
        Ok([statement.encode().as_slice(), public_key, signature].concat())
    }
}
