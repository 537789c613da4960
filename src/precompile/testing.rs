//! Fixtures shared by the tests of this crate, the whole-system tests, the vectors and the benchmarks. Never part of
//! consensus: behind the feature `testing`.

use crate::{Genesis, MemoryHost, Precompile, Verifiers, activate, memory::Call};
use alloy_primitives::{Address, B256, Bytes, address};
use alloy_sol_types::SolCall;
use pars_mldsa::{ParameterSet, SigningKey, Verifier};
use pars_nvtrust::{Architecture, P384Verifier, PublicKey, Signature, simulated::SimulatedDevice};
use pars_protocol::{
    WORK_SIGNATURE_CONTEXT, WorkContext, WorkProof, WorkStatement, abi::IAIMining::submitWorkProofCall, ids,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Chain of the fixtures.
pub const CHAIN_ID: u32 = 6133;
/// Block timestamp of the fixtures.
pub const NOW: u64 = 1_800_000_000;
/// Governor of the fixtures.
pub const GOVERNOR: Address = address!("0x00000000000000000000000000000000000000A0");
/// Who is paid in the fixtures.
pub const RECIPIENT: Address = address!("0x00000000000000000000000000000000000000B0");
/// Who submits in the fixtures: a relayer, not the recipient.
pub const RELAYER: Address = address!("0x00000000000000000000000000000000000000C0");
/// More gas than any call needs.
pub const PLENTY: u64 = 10_000_000;

/// The configuration of the fixtures.
pub fn genesis() -> Genesis {
    Genesis::dev(CHAIN_ID, GOVERNOR)
}

/// A precompile as hosts have it.
pub fn precompile() -> Precompile {
    Precompile::new(genesis().profile, Verifiers::default())
}

/// A precompile under a stub verifier, and the stub.
pub fn stubbed(answer: bool) -> (Precompile, Arc<StubVerifier>) {
    let stub = Arc::new(StubVerifier::new(answer));
    let verifiers = Verifiers { mldsa: stub.clone(), ..Verifiers::reference() };
    (Precompile::new(genesis().profile, verifiers), stub)
}

/// A memory host with an active account at block 100 and time [`NOW`].
///
/// # Panics
/// If the configuration is refused.
pub fn host(genesis: &Genesis) -> MemoryHost {
    let mut host = MemoryHost::new(u64::from(genesis.chain_id));
    host.block_number = 100;
    host.block_timestamp = NOW;
    activate(&mut host, genesis).expect("the fixture's configuration is legal");
    host
}

/// Says the same about every signature, and counts how often it was asked.
#[derive(Debug)]
pub struct StubVerifier {
    answer: bool,
    calls: AtomicU64,
}

impl StubVerifier {
    /// Always this answer.
    pub fn new(answer: bool) -> Self {
        Self { answer, calls: AtomicU64::new(0) }
    }

    /// How often it was asked.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Verifier for StubVerifier {
    fn verify(&self, _: ParameterSet, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.answer
    }
}

/// Counts the verifications on P-384 and the bytes they hash; all of them succeed.
#[derive(Debug, Default)]
pub struct CountingP384 {
    calls: AtomicU64,
    bytes: AtomicU64,
}

impl CountingP384 {
    /// How often it was asked.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Bytes of all messages.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }
}

impl P384Verifier for CountingP384 {
    fn verify(&self, _: &PublicKey, message: &[u8], _: &Signature) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.bytes.fetch_add(message.len() as u64, Ordering::SeqCst);
        true
    }
}

/// A miner: a key and the statement it will sign, legal unless changed.
#[derive(Debug)]
pub struct Miner {
    key: SigningKey,
    /// What [`Self::proof`] signs.
    pub statement: WorkStatement,
}

impl Miner {
    /// A miner whose key comes from `seed`, with work number `number` completed at [`NOW`] after a minute.
    pub fn new(set: ParameterSet, seed: u8, number: u64) -> Self {
        let key = SigningKey::from_seed(set, &[seed; 32]);
        let tag = |what: &str| ids::blake3(format!("{what} {number}").as_bytes());
        let statement = WorkStatement {
            parameter_set: set,
            context: WorkContext {
                chain_id: CHAIN_ID,
                job_id: tag("job"),
                model_hash: tag("model"),
                input_hash: tag("input"),
                device_id: ids::software_device_id(key.public_key()),
                nonce: tag("nonce"),
                timestamp: NOW - 60,
            },
            output_hash: tag("output"),
            compute_units: 1_000_000,
            completed_at: NOW,
            recipient: RECIPIENT,
            min_reward: 0,
            attestation_hash: B256::ZERO,
        };
        Self { key, statement }
    }

    /// The miner's public key.
    pub fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    /// The id under which the work is spent.
    pub fn work_id(&self) -> B256 {
        let work = &self.statement.context;
        ids::work_id(work.device_id, work.nonce, work.chain_id)
    }

    /// `bytes proof`, signed with FIPS 204's deterministic variant.
    ///
    /// # Panics
    /// If signing fails, which the fixed context string rules out.
    pub fn proof(&self) -> Bytes {
        let signature = self
            .key
            .sign(&self.statement.encode(), WORK_SIGNATURE_CONTEXT, &[0; 32])
            .expect("the context string is short");
        WorkProof::encode(&self.statement, self.public_key(), &signature).expect("lengths of one set").into()
    }

    /// `bytes proof` with a signature of zeros, for stub verifiers.
    ///
    /// # Panics
    /// Never: the lengths are those of the set.
    pub fn unsigned_proof(&self) -> Bytes {
        let signature = vec![0; self.statement.parameter_set.signature_len()];
        WorkProof::encode(&self.statement, self.public_key(), &signature).expect("lengths of one set").into()
    }

    /// Calldata of submitWorkProof with an empty attestation.
    pub fn calldata(&self) -> Bytes {
        submit(self.proof())
    }
}

/// A miner with a simulated GPU. Its statement names that device; its evidence answers [`Self::seed`].
#[derive(Debug)]
pub struct GpuMiner {
    /// Key and statement.
    pub miner: Miner,
    /// The device.
    pub device: SimulatedDevice,
    /// The epoch seed that the evidence is for.
    pub seed: B256,
}

impl GpuMiner {
    /// The miner of [`Miner::new`] with the device of this seed, at the first epoch seed of the fixtures' chain.
    pub fn new(architecture: Architecture, set: ParameterSet, seed: u8, number: u64) -> Self {
        let mut gpu = Self {
            miner: Miner::new(set, seed, number),
            device: SimulatedDevice::new(architecture, &[seed; 32]),
            seed: ids::initial_epoch_seed(CHAIN_ID),
        };
        gpu.miner.statement.context.device_id = gpu.device_id();
        gpu
    }

    /// The device id that follows from its identity key.
    pub fn device_id(&self) -> B256 {
        ids::attested_device_id(&self.device.spki())
    }

    /// What the device is asked to sign.
    pub fn nonce(&self) -> [u8; 32] {
        ids::attestation_nonce(&self.miner.statement.context, self.miner.public_key(), self.seed).0
    }

    /// `bytes attestation` of kind 1.
    pub fn full(&self) -> Bytes {
        self.device.attestation(&self.nonce()).into()
    }

    /// `bytes attestation` of kind 2.
    pub fn registered(&self) -> Bytes {
        self.device.registered(&self.device_id().0, &self.nonce()).into()
    }

    /// Calldata of submitWorkProof with this attestation, whose hash the miner signs.
    pub fn calldata(&mut self, attestation: Bytes) -> Bytes {
        self.miner.statement.attestation_hash = ids::blake3(&attestation);
        submitWorkProofCall { proof: self.miner.proof(), attestation }.abi_encode().into()
    }

    /// The same with an ML-DSA signature of zeros, for stub verifiers.
    pub fn unsigned_calldata(&mut self, attestation: Bytes) -> Bytes {
        self.miner.statement.attestation_hash = ids::blake3(&attestation);
        submitWorkProofCall { proof: self.miner.unsigned_proof(), attestation }.abi_encode().into()
    }
}

/// Evidence of a real H100, from NVIDIA's own package (`src/nvtrust/tests/fixtures/README.md`).
pub mod h100 {
    /// Its report, driver 550.90.07.
    pub const REPORT: &[u8] = include_bytes!("../nvtrust/tests/fixtures/h100_report.bin");
    /// Its leaf.
    pub const LEAF: &[u8] = include_bytes!("../nvtrust/tests/fixtures/h100_leaf.der");
    /// Its identity key.
    pub const IDENTITY_KEY: &[u8] = include_bytes!("../nvtrust/tests/fixtures/h100_ik.der");

    /// `bytes attestation` of kind 1, and the nonce it answers.
    ///
    /// # Panics
    /// Never: the parts are short, and the report is one.
    pub fn attestation() -> (alloy_primitives::Bytes, alloy_primitives::B256) {
        let evidence =
            pars_nvtrust::FullEvidence { ica_index: 0, report: REPORT, leaf: LEAF, ik: IDENTITY_KEY };
        let bytes = pars_nvtrust::Attestation::Full(evidence).encode().expect("short parts");
        let report = pars_nvtrust::Report::parse(REPORT).expect("a report");
        (bytes.into(), (*report.nonce()).into())
    }
}

/// Calldata of submitWorkProof with an empty attestation.
pub fn submit(proof: Bytes) -> Bytes {
    submitWorkProofCall { proof, attestation: Bytes::new() }.abi_encode().into()
}

/// A call by the relayer with plenty of gas.
pub fn call(input: impl Into<Bytes>) -> Call {
    Call::new(RELAYER, input, PLENTY)
}
