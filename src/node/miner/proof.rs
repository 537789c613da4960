//! From work done to `bytes proof`.
//!
//! What no chain would ever accept is refused here, before anything is signed: the rules are those of
//! `precompile-spec/work.md` that need neither a state nor a clock.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_sol_types::SolCall;
use pars_mldsa::SignError;
use pars_protocol::{
    ADDRESS, Parameter, Tier, WORK_SIGNATURE_CONTEXT, WorkContext, WorkProof, WorkStatement,
    abi::IAIMining::submitWorkProofCall, ids, proof::ProofError,
};

use super::{DeviceError, EvidenceSource, MinerKey};

/// Longest job that any chain can allow: the upper bound of `max_job`. A chain normally allows less.
pub const MAX_JOB_SECONDS: u64 = Parameter::MaxJob.spec().max as u64;

/// Work that has been done. Which device did it, and who says so, is told when it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// The chain that shall pay.
    pub chain_id: u32,
    /// The job; a device is paid once for it.
    pub job_id: B256,
    /// BLAKE3 of the model.
    pub model_hash: B256,
    /// BLAKE3 of the input.
    pub input_hash: B256,
    /// BLAKE3 of the output.
    pub output_hash: B256,
    /// Unique for each piece of work of a device.
    pub nonce: B256,
    /// Claimed units of 10^9 operations.
    pub compute_units: u64,
    /// When the work began, Unix seconds.
    pub began_at: u64,
    /// When it was completed, Unix seconds.
    pub completed_at: u64,
    /// Who is paid.
    pub recipient: Address,
    /// A reward below this, in 10^-18 AI, is refused.
    pub min_reward: u128,
}

/// Work that is not signed, because no chain would accept it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// Zero stands for nothing.
    #[error("{0} is zero, which stands for nothing and is refused")]
    Zero(&'static str),
    /// Coins sent there are lost.
    #[error("{recipient} cannot be paid: {reason}")]
    Recipient {
        /// Who was to be paid.
        recipient: Address,
        /// Why not.
        reason: &'static str,
    },
    /// Time runs one way.
    #[error("the work is said to begin at {began_at} and to be complete at {completed_at}, before that")]
    Order {
        /// When it began.
        began_at: u64,
        /// When it was complete.
        completed_at: u64,
    },
    /// Longer than `max_job` can ever be.
    #[error("the work took {seconds} s; no chain accepts a job of more than {MAX_JOB_SECONDS} s")]
    JobTooLong {
        /// How long it took.
        seconds: u64,
    },
    /// More than the fastest device of the tier could do in that time.
    #[error("{units} units in {seconds} s are more than {} can do: at most {allowed} are accepted ({} a second, one second added); {}", device(*.tier), tier.ceiling(), remedy(*.tier, *.units))]
    UnitsAboveCeiling {
        /// Of the device.
        tier: Tier,
        /// Claimed.
        units: u64,
        /// Duration of the work.
        seconds: u64,
        /// What would be accepted.
        allowed: u64,
    },
    /// The device attests nothing that a chain could accept.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The key could not sign.
    #[error("cannot sign: {0}")]
    Sign(#[from] SignError),
    /// Cannot happen with a whole key.
    #[error("cannot encode: {0}")]
    Encode(#[from] ProofError),
    /// The fresh signature does not verify: this machine computes wrongly.
    #[error("the signature just made does not verify; this machine cannot be trusted")]
    SelfCheck,
}

fn device(tier: Tier) -> &'static str {
    match tier {
        Tier::Software => "a device without attestation",
        Tier::RtxPro6000 => "an RTX PRO 6000",
        Tier::Gh100 => "an H100 or H200",
        Tier::Gb100 => "a B100, B200 or GB200",
    }
}

fn remedy(tier: Tier, units: u64) -> String {
    match units.div_ceil(tier.ceiling()).saturating_sub(1) {
        seconds if seconds > MAX_JOB_SECONDS => "no single job can be that large".to_owned(),
        seconds => format!("for {units} units the work must have taken at least {seconds} s"),
    }
}

/// A proof, its attestation, and what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedWork {
    /// What is signed.
    pub statement: WorkStatement,
    /// `bytes proof`.
    pub proof: Bytes,
    /// `bytes attestation`; empty for work that no GPU attests.
    pub attestation: Bytes,
}

impl Work {
    /// A job id for work that no market asked for: `BLAKE3(model_hash ‖ input_hash ‖ nonce)`. Every run is a job of its
    /// own, since a device is paid once for a job.
    pub fn own_job_id(model_hash: B256, input_hash: B256, nonce: B256) -> B256 {
        ids::blake3(&[model_hash.0, input_hash.0, nonce.0].concat())
    }

    /// What the work is bound to, as a device's.
    pub fn context(&self, device_id: B256) -> WorkContext {
        WorkContext {
            chain_id: self.chain_id,
            job_id: self.job_id,
            model_hash: self.model_hash,
            input_hash: self.input_hash,
            device_id,
            nonce: self.nonce,
            timestamp: self.began_at,
        }
    }

    /// The 32 bytes that a GPU signs for this work of this key, in the epoch of this seed. Output, units, completion
    /// and recipient are no part of it: a GPU can be asked while it works.
    pub fn attestation_nonce(&self, key: &MinerKey, device_id: B256, seed: B256) -> B256 {
        ids::attestation_nonce(&self.context(device_id), key.public_key(), seed)
    }

    /// Checks, signs, and verifies what was signed: work without attestation.
    ///
    /// # Errors
    /// [`ProveError`]; nothing is signed unless all checks pass.
    pub fn sign(&self, key: &MinerKey) -> Result<SignedWork, ProveError> {
        self.check(key, Tier::Software)?;
        self.sign_over(key, key.device_id(), Bytes::new())
    }

    /// The same for work of a GPU, which is asked to answer for it in the epoch of this seed.
    ///
    /// # Errors
    /// [`ProveError`]; nothing is signed unless all checks pass.
    pub fn sign_attested(
        &self,
        key: &MinerKey,
        gpu: &dyn EvidenceSource,
        seed: B256,
    ) -> Result<SignedWork, ProveError> {
        let device_id = gpu.device_id();
        for (name, value) in [("the device id", device_id), ("the epoch seed", seed)] {
            if value.is_zero() {
                return Err(ProveError::Zero(name));
            }
        }
        // A tier that only the chain knows is bounded by the fastest.
        self.check(key, gpu.tier().unwrap_or(Tier::Gb100))?;
        let attestation = gpu.attestation(self.attestation_nonce(key, device_id, seed))?;
        self.sign_over(key, device_id, attestation)
    }

    fn sign_over(
        &self,
        key: &MinerKey,
        device_id: B256,
        attestation: Bytes,
    ) -> Result<SignedWork, ProveError> {
        let statement = WorkStatement {
            parameter_set: key.parameter_set(),
            context: self.context(device_id),
            output_hash: self.output_hash,
            compute_units: self.compute_units,
            completed_at: self.completed_at,
            recipient: self.recipient,
            min_reward: self.min_reward,
            attestation_hash: attestation_hash(&attestation),
        };
        let signature = key.sign(&statement.encode(), WORK_SIGNATURE_CONTEXT)?;
        let proof = WorkProof::encode(&statement, key.public_key(), &signature)?.into();
        let signed = SignedWork { statement, proof, attestation };
        if signed.verifies() { Ok(signed) } else { Err(ProveError::SelfCheck) }
    }

    fn check(&self, key: &MinerKey, tier: Tier) -> Result<(), ProveError> {
        for (name, zero) in [
            ("the chain id", self.chain_id == 0),
            ("the job id", self.job_id.is_zero()),
            ("the model hash", self.model_hash.is_zero()),
            ("the input hash", self.input_hash.is_zero()),
            ("the output hash", self.output_hash.is_zero()),
            ("the nonce", self.nonce.is_zero()),
            ("the number of compute units", self.compute_units == 0),
        ] {
            if zero {
                return Err(ProveError::Zero(name));
            }
        }
        let refuse = |reason| Err(ProveError::Recipient { recipient: self.recipient, reason });
        if self.recipient.is_zero() {
            return refuse("nobody holds the key of the zero address");
        }
        if self.recipient == ADDRESS {
            return refuse("it is the precompile itself");
        }
        if self.recipient == key.address() {
            return refuse(
                "it is derived from the ML-DSA key and has no private key; name an ordinary account",
            );
        }
        let (began_at, completed_at) = (self.began_at, self.completed_at);
        let seconds =
            completed_at.checked_sub(began_at).ok_or(ProveError::Order { began_at, completed_at })?;
        if seconds > MAX_JOB_SECONDS {
            return Err(ProveError::JobTooLong { seconds });
        }
        let allowed = tier.ceiling().saturating_mul(seconds.saturating_add(1));
        if self.compute_units > allowed {
            let units = self.compute_units;
            return Err(ProveError::UnitsAboveCeiling { tier, units, seconds, allowed });
        }
        Ok(())
    }
}

impl SignedWork {
    /// Whether the proof decodes, its signature holds and it names its attestation: the precompile's checks, done
    /// before anybody pays for gas. Of the attestation itself the source has checked what can be checked here.
    pub fn verifies(&self) -> bool {
        WorkProof::decode(&self.proof).is_ok_and(|proof| {
            let set = proof.statement.parameter_set;
            proof.statement == self.statement
                && proof.statement.attestation_hash == attestation_hash(&self.attestation)
                && !pars_mldsa::is_weak_public_key(set, proof.public_key)
                && pars_mldsa::verify(
                    set,
                    proof.public_key,
                    proof.signed,
                    WORK_SIGNATURE_CONTEXT,
                    proof.signature,
                )
        })
    }

    /// The signed bytes.
    pub fn signed(&self) -> [u8; WorkStatement::LENGTH] {
        self.statement.encode()
    }

    /// keccak256 of the signed bytes: what the precompile stores as the mark of the spent work.
    pub fn proof_hash(&self) -> B256 {
        keccak256(self.signed())
    }

    /// The id under which the work is spent.
    pub fn work_id(&self) -> B256 {
        let work = &self.statement.context;
        ids::work_id(work.device_id, work.nonce, work.chain_id)
    }

    /// Calldata of `submitWorkProof`.
    pub fn calldata(&self) -> Bytes {
        calldata(self.proof.clone(), self.attestation.clone())
    }
}

/// Calldata of `submitWorkProof` for any bytes.
pub fn calldata(proof: Bytes, attestation: Bytes) -> Bytes {
    submitWorkProofCall { proof, attestation }.abi_encode().into()
}

/// BLAKE3 of an attestation; zero if and only if that is empty.
fn attestation_hash(attestation: &[u8]) -> B256 {
    if attestation.is_empty() { B256::ZERO } else { ids::blake3(attestation) }
}
