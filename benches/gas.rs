//! Gas per second of every selector beside ecrecover (libsecp256k1) in the same run.
//!
//! `cargo bench --bench gas` runs each case in turn, round after round, so that a change of clock touches all alike,
//! and prints medians. The last column is the question: how much time a unit of gas takes beside ecrecover's. Above
//! 1.00 the selector is underpriced, and the process exits with 1. The verifiers are the slowest that a validator may
//! run, the references; a second table has verifyMLDSA on every backend of this machine.

#![allow(missing_docs, clippy::expect_used)]

use alloy_primitives::{Address, B256, Bytes, LogData, U256, keccak256};
use alloy_sol_types::{SolCall, SolError};
use pars_ai_mining::{
    mldsa::{Engine, ParameterSet, Reference, SigningKey, Verifier},
    nvtrust::{Architecture, Attestation, FullEvidence, Report, firmware_tuple, golden_set},
    precompile::{
        Fatal, Genesis, Host, OutOfGas, Outcome, Precompile, Verifiers,
        gas::MAX_MESSAGE,
        testing::{self, CHAIN_ID, GOVERNOR, GpuMiner, Miner, NOW, RECIPIENT},
    },
    protocol::{
        Parameter, TeleportMessage, WorkStatement,
        abi::{
            IAIMining, IAIMiningErrors,
            IAIMiningGovernance::{
                acceptGovernorCall, denyFirmwareCall, governorCall, pinFirmwareCall, pinGoldenSetCall,
                proposeGovernorCall, revokeDeviceCall, revokeIcaCall, setIcaCall, setMinimumDriverCall,
                setParameterCall,
            },
            IAIMiningInspector as I,
        },
        ids,
        parameters::ascii,
    },
};
use std::{
    collections::HashMap,
    hint::black_box,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

/// Gas of ecrecover (yellow paper, appendix E).
const ECRECOVER_GAS: u64 = 3_000;
/// Gas that a backend with vectors should verify in a second (EIP-7904), in millions.
const VECTOR_MGAS: f64 = 100.0;
/// An epoch after the setup.
const LATER: u64 = NOW + 3_600;
const ROUNDS: usize = 15;
/// Time of one case in one round.
const SLICE: Duration = Duration::from_millis(30);

/// A host over a hash map that undoes its writes, so that each iteration starts from the same state.
struct BenchHost {
    storage: HashMap<U256, U256>,
    undo: Vec<(U256, U256)>,
    caller: Address,
    now: u64,
    gas: u64,
}

impl BenchHost {
    fn run(&mut self, precompile: &Precompile, input: &[u8]) -> (Outcome, u64) {
        self.gas = 0;
        let outcome = precompile.call(self, input);
        while let Some((slot, value)) = self.undo.pop() {
            self.storage.insert(slot, value);
        }
        (outcome, self.gas)
    }
}

impl Host for BenchHost {
    fn sload(&mut self, slot: U256) -> Result<U256, Fatal> {
        Ok(self.storage.get(&slot).copied().unwrap_or_default())
    }
    fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Fatal> {
        let old = self.storage.insert(slot, value).unwrap_or_default();
        self.undo.push((slot, old));
        Ok(())
    }
    fn log(&mut self, log: LogData) -> Result<(), Fatal> {
        black_box(log);
        Ok(())
    }
    fn charge(&mut self, gas: u64) -> Result<(), OutOfGas> {
        self.gas += gas;
        Ok(())
    }
    fn ensure_alive(&mut self) -> Result<(), Fatal> {
        Ok(())
    }
    fn mint_native(&mut self, to: Address, amount: U256) -> Result<bool, Fatal> {
        black_box((to, amount));
        Ok(true)
    }
    fn block_number(&self) -> u64 {
        100
    }
    fn block_timestamp(&self) -> u64 {
        self.now
    }
    fn chain_id(&self) -> u64 {
        CHAIN_ID.into()
    }
    fn caller(&self) -> Address {
        self.caller
    }
    fn value(&self) -> Option<U256> {
        Some(U256::ZERO)
    }
    fn is_static(&self) -> bool {
        false
    }
    fn is_direct(&self) -> bool {
        true
    }
}

struct Case {
    name: String,
    caller: Address,
    input: Bytes,
    /// `None` = success, else the selector of the expected error.
    error: Option<[u8; 4]>,
}

fn case(name: &str, input: impl Into<Bytes>) -> Case {
    Case { name: name.into(), caller: testing::RELAYER, input: input.into(), error: None }
}

fn refused<E: SolError>(name: &str, input: impl Into<Bytes>) -> Case {
    Case { error: Some(E::SELECTOR), ..case(name, input) }
}

fn governed(name: &str, caller: Address, call: impl SolCall) -> Case {
    Case { caller, ..case(name, call.abi_encode()) }
}

/// A signature by a fixed key over `message` with the empty context.
fn verify_mldsa(set: ParameterSet, message: Vec<u8>) -> Bytes {
    let key = SigningKey::from_seed(set, &[9; 32]);
    let sig = key.sign(&message, b"", &[0; 32]).expect("the empty context is short");
    IAIMining::verifyMLDSACall { pk: key.public_key().to_vec().into(), msg: message.into(), sig: sig.into() }
        .abi_encode()
        .into()
}

fn teleport(nonce: u64) -> TeleportMessage {
    TeleportMessage {
        src_chain: 96_369,
        dst_chain: CHAIN_ID,
        nonce,
        sender: B256::repeat_byte(7),
        recipient: RECIPIENT.into_word(),
        amount: U256::from(1),
    }
}

/// A miner of `key` with work number `number` on an H100 of its own, simulated.
fn gpu_miner(set: ParameterSet, key: u8, number: u64) -> GpuMiner {
    GpuMiner::new(Architecture::GH100, set, key + set.id(), number)
}

/// Full evidence whose report has another s.
fn with_forged_report(gpu: &GpuMiner) -> Bytes {
    let attestation = gpu.full().to_vec();
    let Ok(Attestation::Full(evidence)) = Attestation::decode(&attestation) else { unreachable!("kind 1") };
    let mut report = evidence.report.to_vec();
    *report.last_mut().expect("not empty") ^= 1;
    Attestation::Full(FullEvidence { report: &report, ..evidence }).encode().expect("short parts").into()
}

/// What governance pins for the firmware of the simulated devices, so that all of policy is read.
fn policy() -> Vec<Bytes> {
    let device = gpu_miner(ParameterSet::MlDsa44, 6, 1).device;
    let report = device.report(&[0; 32]);
    let report = Report::parse(&report).expect("a report");
    let tuple = firmware_tuple(report.opaque());
    let digest = golden_set(&tuple, u64::MAX, &report).expect("64 blocks").into();
    let pin = pinGoldenSetCall { tuple: tuple.into(), mask: u64::MAX, digest, pinned: true };
    let fwid = device.firmware.fwid.to_vec().into();
    vec![
        pin.abi_encode().into(),
        pinFirmwareCall { fwid, pinned: true }.abi_encode().into(),
        setMinimumDriverCall { driver: "535.1".into() }.abi_encode().into(),
    ]
}

fn genesis() -> Genesis {
    Genesis { pending_teleports: (0..1_000).map(teleport).collect(), ..testing::genesis() }
}

fn cases(spent: &Miner, seed: B256) -> Vec<Case> {
    let id = B256::repeat_byte(3);
    let mut cases = vec![
        case("miningBalance", IAIMining::miningBalanceCall { miner: RECIPIENT }.abi_encode()),
        case(
            "claimTeleport",
            IAIMining::claimTeleportCall { teleportId: ids::teleport_id(&teleport(0)) }.abi_encode(),
        ),
        case("pendingTeleports, 1000", IAIMining::pendingTeleportsCall { recipient: RECIPIENT }.abi_encode()),
    ];
    for set in ParameterSet::ALL {
        cases.push(case(&format!("verifyMLDSA {}", set.id()), verify_mldsa(set, vec![1; 32])));
        cases.push(case(&format!("submitWorkProof {}", set.id()), Miner::new(set, 2, 2).calldata()));
    }
    let (attestation, nonce) = testing::h100::attestation();
    cases.push(case("verifyNVTrust, a real H100", I::verifyNVTrustCall { attestation, nonce }.abi_encode()));
    for set in ParameterSet::ALL {
        let mut new = GpuMiner { seed, ..gpu_miner(set, 7, 2) };
        let attestation = new.full();
        cases.push(case(&format!("submitWorkProof {}, GPU", set.id()), new.calldata(attestation)));
        let mut known = GpuMiner { seed, ..gpu_miner(set, 6, 2) };
        // In the epoch from which on its key is bound.
        known.miner.statement.context.timestamp = LATER - 60;
        known.miner.statement.completed_at = LATER;
        let attestation = known.registered();
        cases.push(case(&format!("submitWorkProof {}, known GPU", set.id()), known.calldata(attestation)));
    }
    let known = GpuMiner { seed, ..gpu_miner(ParameterSet::MlDsa44, 6, 3) };
    let (attestation, nonce) = (known.registered(), known.nonce().into());
    cases.push(case("verifyNVTrust, known GPU", I::verifyNVTrustCall { attestation, nonce }.abi_encode()));
    // The report's own signature, the last one looked at: found wrong only after all three verifications.
    let mut forged = GpuMiner { seed, ..gpu_miner(ParameterSet::MlDsa87, 7, 3) };
    let attestation = with_forged_report(&forged);
    cases.push(refused::<IAIMiningErrors::InvalidReportSignature>(
        "submitWorkProof 87, GPU forged",
        forged.calldata(attestation),
    ));
    // A bit of the challenge hash: found wrong only after all the work of a verification.
    let mut forged = Miner::new(ParameterSet::MlDsa87, 2, 3).proof().to_vec();
    forged[WorkStatement::LENGTH + ParameterSet::MlDsa87.public_key_len()] ^= 1;
    cases.extend([
        case("verifyMLDSA 44, 64 KiB", verify_mldsa(ParameterSet::MlDsa44, vec![1; MAX_MESSAGE])),
        refused::<IAIMiningErrors::InvalidSignature>(
            "submitWorkProof 87, forged",
            testing::submit(forged.into()),
        ),
        refused::<IAIMiningErrors::WorkAlreadySpent>("submitWorkProof 87, spent", spent.calldata()),
        refused::<IAIMiningErrors::UnknownSelector>("unknown selector, 71 KiB", vec![0xff; 72_900]),
        case("isSpent", I::isSpentCall { workId: id }.abi_encode()),
        case("acceptedWork", I::acceptedWorkCall { workId: id }.abi_encode()),
        case("isJobPaid", I::isJobPaidCall { deviceId: id, jobId: id }.abi_encode()),
        case("computeWorkId", I::computeWorkIdCall { deviceId: id, nonce: id, chainId: 6133 }.abi_encode()),
        case(
            "deriveAddress, 64 KiB",
            I::deriveAddressCall { publicKey: vec![1; MAX_MESSAGE].into() }.abi_encode(),
        ),
        case("getSecurityLevel", I::getSecurityLevelCall { publicKey: vec![1; 2_592].into() }.abi_encode()),
        case("getTeleportDetails", I::getTeleportDetailsCall { teleportId: id }.abi_encode()),
        case("quoteReward", I::quoteRewardCall { tier: 1, units: 1_000_000 }.abi_encode()),
        case("poolInfo", I::poolInfoCall { pool: 0 }.abi_encode()),
        case("epochInfo", I::epochInfoCall {}.abi_encode()),
        case("epochSeeds", I::epochSeedsCall {}.abi_encode()),
        case("parameter", I::parameterCall { name: Parameter::Base.name() }.abi_encode()),
        case("version", I::versionCall {}.abi_encode()),
        case("deviceInfo", I::deviceInfoCall { deviceId: known.device_id() }.abi_encode()),
        case("icaCount", I::icaCountCall {}.abi_encode()),
        case("icaInfo", I::icaInfoCall { icaIndex: 0 }.abi_encode()),
        case("firmwareInfo", I::firmwareInfoCall { fwid: vec![1; 48].into() }.abi_encode()),
        case("goldenSetInfo", I::goldenSetInfoCall { tuple: id, digest: id }.abi_encode()),
        case("minimumDriver", I::minimumDriverCall {}.abi_encode()),
        governed(
            "setIca",
            GOVERNOR,
            setIcaCall { tier: 2, architecture: ascii("GB202"), spki: known.device.spki().to_vec().into() },
        ),
        governed("revokeIca", GOVERNOR, revokeIcaCall { icaIndex: 0, revoked: true }),
        governed("denyFirmware", GOVERNOR, denyFirmwareCall { fwid: vec![1; 48].into(), denied: true }),
        governed("pinFirmware", GOVERNOR, pinFirmwareCall { fwid: vec![1; 48].into(), pinned: true }),
        governed(
            "pinGoldenSet",
            GOVERNOR,
            pinGoldenSetCall { tuple: id, mask: 1, digest: B256::repeat_byte(4), pinned: true },
        ),
        governed("revokeDevice", GOVERNOR, revokeDeviceCall { deviceId: id, revoked: true }),
        governed("setMinimumDriver", GOVERNOR, setMinimumDriverCall { driver: "550.90.07".into() }),
        governed(
            "setParameter",
            GOVERNOR,
            setParameterCall { name: Parameter::Base.name(), value: U256::from(9_000_000_000_u64) },
        ),
        governed("proposeGovernor", GOVERNOR, proposeGovernorCall { proposed: RECIPIENT }),
        governed("acceptGovernor", RECIPIENT, acceptGovernorCall {}),
        governed("governor", GOVERNOR, governorCall {}),
        governed(
            "pendingGovernor",
            GOVERNOR,
            pars_ai_mining::protocol::abi::IAIMiningGovernance::pendingGovernorCall {},
        ),
    ]);
    cases
}

/// Time that this thread has had a processor: what other programs take does not count.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Nanoseconds of processor time an iteration, over one slice of time.
fn time(mut iteration: impl FnMut()) -> f64 {
    let (start, begin, mut count) = (Instant::now(), processor_time(), 0_u32);
    while start.elapsed() < SLICE {
        iteration();
        count += 1;
    }
    (processor_time() - begin).as_nanos() as f64 / f64::from(count)
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn ecrecover() -> impl FnMut() {
    use secp256k1::{Message, SECP256K1, SecretKey, ecdsa::RecoverableSignature};
    let key = SecretKey::from_byte_array([7; 32]).expect("a legal key");
    let message = Message::from_digest([5; 32]);
    let (recovery, bytes) = SECP256K1.sign_ecdsa_recoverable(message, &key).serialize_compact();
    move || {
        let signature = RecoverableSignature::from_compact(black_box(&bytes), recovery).expect("made above");
        let public = SECP256K1.recover_ecdsa(message, &signature).expect("made above");
        black_box(keccak256(&public.serialize_uncompressed()[1..]));
    }
}

fn main() -> ExitCode {
    // `cargo test --benches` builds this and passes `--test`: nothing to measure then.
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let precompile = Precompile::new(testing::genesis().profile, Verifiers::reference());
    let account = genesis().account(CHAIN_ID.into()).expect("a legal configuration");
    let mut host = BenchHost {
        storage: account.storage.into_iter().collect(),
        undo: Vec::new(),
        caller: GOVERNOR,
        now: NOW,
        gas: 0,
    };
    // State as it is in use: an epoch ago one proof was accepted, and a governor is proposed.
    let spent = Miner::new(ParameterSet::MlDsa87, 1, 1);
    let mut setup = vec![
        (testing::RELAYER, spent.calldata()),
        (GOVERNOR, proposeGovernorCall { proposed: RECIPIENT }.abi_encode().into()),
    ];
    setup.extend(policy().into_iter().map(|input| (GOVERNOR, input)));
    let current = |host: &mut BenchHost| -> B256 {
        let (outcome, _) = host.run(&precompile, &I::epochSeedsCall {}.abi_encode());
        let Outcome::Success(seeds) = outcome else { panic!("{outcome:?}") };
        I::epochSeedsCall::abi_decode_returns(&seeds).expect("two words").current
    };
    for (caller, input) in setup {
        host.caller = caller;
        let outcome = precompile.call(&mut host, &input);
        assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
    }
    // What `run` does not undo.
    host.undo.clear();
    // Devices that are known from the next epoch on.
    let seed = current(&mut host);
    for set in ParameterSet::ALL {
        let mut known = GpuMiner { seed, ..gpu_miner(set, 6, 1) };
        let attestation = known.full();
        let outcome = precompile.call(&mut host, &known.calldata(attestation));
        assert!(matches!(outcome, Outcome::Success(_)), "{outcome:?}");
    }
    host.undo.clear();
    // An epoch later: each submission rolls the epoch. The proofs are still young enough.
    host.now = LATER;

    let cases = cases(&spent, seed);
    let gas: Vec<u64> = cases
        .iter()
        .map(|case| {
            host.caller = case.caller;
            let (outcome, gas) = host.run(&precompile, &case.input);
            match (&outcome, case.error) {
                (Outcome::Success(_), None) => {}
                (Outcome::Revert(data), Some(selector)) if data.starts_with(&selector) => {}
                _ => panic!("{}: {outcome:?}", case.name),
            }
            gas
        })
        .collect();

    let mut anchor = ecrecover();
    let mut anchor_samples = Vec::new();
    let mut samples = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        anchor_samples.push(time(&mut anchor));
        for (case, samples) in cases.iter().zip(&mut samples) {
            host.caller = case.caller;
            samples.push(time(|| {
                black_box(host.run(&precompile, &case.input));
            }));
        }
    }

    let anchor = median(&mut anchor_samples);
    let anchor_per_gas = anchor / ECRECOVER_GAS as f64;
    println!("{:<32} {:>9} {:>10} {:>9} {:>22}", "case", "gas", "µs", "Mgas/s", "time a gas / ecrecover");
    println!(
        "{:<32} {:>9} {:>10.2} {:>9.1} {:>22.2}",
        "ecrecover (libsecp256k1)",
        ECRECOVER_GAS,
        anchor / 1e3,
        1e3 / anchor_per_gas,
        1.0
    );
    let (mut slow, mut worst, mut worst_per_gas) = (0, "", 0.0);
    for ((case, gas), samples) in cases.iter().zip(&gas).zip(&mut samples) {
        let nanos = median(samples);
        let per_gas = nanos / *gas as f64;
        let ratio = per_gas / anchor_per_gas;
        slow += usize::from(ratio > 1.0);
        if per_gas > worst_per_gas {
            (worst, worst_per_gas) = (&case.name, per_gas);
        }
        println!("{:<32} {gas:>9} {:>10.2} {:>9.1} {ratio:>22.2}", case.name, nanos / 1e3, 1e3 / per_gas);
    }
    println!("15 Mgas of the worst call ({worst}): {:.0} ms", worst_per_gas * 15e6 / 1e6);
    println!("selectors slower per gas than ecrecover: {slow}");
    println!();
    if slow == 0 && backends(&mut host) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// verifyMLDSA, cold, on every backend. Are all priced right?
fn backends(host: &mut BenchHost) -> bool {
    let engines = [Some(Engine::portable()), Engine::avx2(), Engine::avx512()].into_iter().flatten();
    let mut backends: Vec<(&str, Arc<dyn Verifier>)> = vec![("fips204", Arc::new(Reference))];
    backends.extend(engines.map(|engine| (engine.name(), Arc::new(engine) as Arc<dyn Verifier>)));
    let inputs = ParameterSet::ALL.map(|set| verify_mldsa(set, vec![1; 32]));
    let runs: Vec<_> = backends
        .into_iter()
        .flat_map(|(name, mldsa)| {
            let verifiers = Verifiers { mldsa, ..Verifiers::reference() };
            let precompile = Precompile::new(testing::genesis().profile, verifiers);
            ParameterSet::ALL
                .into_iter()
                .zip(&inputs)
                .map(move |(set, input)| (name, precompile.clone(), set, input))
        })
        .collect();

    let (mut anchor, mut anchor_samples) = (ecrecover(), Vec::new());
    let mut samples = vec![Vec::new(); runs.len()];
    for _ in 0..ROUNDS {
        anchor_samples.push(time(&mut anchor));
        for ((_, precompile, _, input), samples) in runs.iter().zip(&mut samples) {
            samples.push(time(|| {
                black_box(host.run(precompile, input));
            }));
        }
    }
    let anchor_per_gas = median(&mut anchor_samples) / ECRECOVER_GAS as f64;
    println!(
        "{:<32} {:>9} {:>10} {:>9} {:>22}",
        "verifyMLDSA, 32-byte message", "gas", "µs", "Mgas/s", "time a gas / ecrecover"
    );
    let mut right = true;
    for ((name, precompile, set, input), samples) in runs.iter().zip(&mut samples) {
        let (_, gas) = host.run(precompile, input);
        let per_gas = median(samples) / gas as f64;
        let (ratio, mgas) = (per_gas / anchor_per_gas, 1e3 / per_gas);
        right &= ratio <= 1.0 && (!name.starts_with("avx") || mgas >= VECTOR_MGAS);
        println!(
            "{:<32} {gas:>9} {:>10.2} {mgas:>9.1} {ratio:>22.2}",
            format!("{} {name}", set.id()),
            per_gas * gas as f64 / 1e3
        );
    }
    println!("every backend within its price: {right}");
    right
}
