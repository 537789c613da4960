//! Fixtures shared by the tests of this crate, the whole-system tests, the vectors and the benchmarks. Never part of
//! consensus: behind the feature `testing`.

use crate::{Genesis, MemoryHost, Precompile, Verifiers, activate, memory::Call};
use alloy_primitives::{Address, B256, Bytes, address};
use alloy_sol_types::SolCall;
use pars_mldsa::{ParameterSet, SigningKey, Verifier};
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

/// A precompile that verifies with the reference backend.
pub fn precompile() -> Precompile {
    Precompile::new(genesis().profile, Verifiers::reference())
}

/// A precompile under a stub verifier, and the stub.
pub fn stubbed(answer: bool) -> (Precompile, Arc<StubVerifier>) {
    let stub = Arc::new(StubVerifier { answer, calls: AtomicU64::new(0) });
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

/// Calldata of submitWorkProof with an empty attestation.
pub fn submit(proof: Bytes) -> Bytes {
    submitWorkProofCall { proof, attestation: Bytes::new() }.abi_encode().into()
}

/// A call by the relayer with plenty of gas.
pub fn call(input: impl Into<Bytes>) -> Call {
    Call::new(RELAYER, input, PLENTY)
}
