//! Attested proofs: evidence of simulated devices, with the real P-384 verifier throughout.

mod attacks;
mod devices;
mod lives;
mod policy;
mod refusals;

use super::*;
use alloy_primitives::keccak256;
use alloy_sol_types::SolEvent;
use pars_nvtrust::{
    Architecture, Attestation, FullEvidence, RegisteredEvidence, Report, firmware_tuple, golden_set,
};
use pars_protocol::{
    abi::{IAIMiningErrors::*, IAIMiningGovernance::*, IAIMiningInspector::*},
    ids,
};

/// Length of an epoch.
const EPOCH: u64 = 3_600;
const SET: ParameterSet = ParameterSet::MlDsa44;

/// Work `number` of miner `key` on H100 `device`, at the host's time and under its current seed.
fn work(host: &MemoryHost, key: u8, device: u8, number: u64) -> GpuMiner {
    let mut gpu = GpuMiner {
        miner: Miner::new(SET, key, number),
        ..GpuMiner::new(Architecture::GH100, SET, device, number)
    };
    let statement = &mut gpu.miner.statement;
    statement.context.device_id = ids::attested_device_id(&gpu.device.spki());
    statement.context.timestamp = host.block_timestamp - 60;
    statement.completed_at = host.block_timestamp;
    gpu.seed = seeds(host).0;
    gpu
}

/// `epochSeeds()` on a state that stays as it is.
fn seeds(host: &MemoryHost) -> (B256, B256) {
    let answer = view(&mut host.clone(), &precompile(), epochSeedsCall {});
    (answer.current, answer.previous)
}

fn info(host: &MemoryHost, device_id: B256) -> deviceInfoReturn {
    view(&mut host.clone(), &precompile(), deviceInfoCall { deviceId: device_id })
}

/// Submits work with full evidence, under a stub for ML-DSA. It must be paid.
#[track_caller]
fn pay_full(gpu: &mut GpuMiner, host: &mut MemoryHost) -> U256 {
    let attestation = gpu.full();
    pay(attestation, gpu, host)
}

/// The same with a report of the registered device.
#[track_caller]
fn pay_registered(gpu: &mut GpuMiner, host: &mut MemoryHost) -> U256 {
    let attestation = gpu.registered();
    pay(attestation, gpu, host)
}

#[track_caller]
fn pay(attestation: Bytes, gpu: &mut GpuMiner, host: &mut MemoryHost) -> U256 {
    let (precompile, _) = stubbed(true);
    paid(host, &precompile, gpu.unsigned_calldata(attestation))
}

/// Submits work that must be refused for one reason, and leave no trace.
#[track_caller]
fn refuse(expected: impl SolError, attestation: Bytes, gpu: &mut GpuMiner, host: &mut MemoryHost) {
    let (precompile, _) = stubbed(true);
    refused(host, &precompile, call(gpu.unsigned_calldata(attestation)), &error(expected));
}

/// A call of the governor, which must succeed. Answers with its logs.
#[track_caller]
fn govern(host: &mut MemoryHost, question: impl SolCall) -> Executed {
    accepted(host, &precompile(), from(crate::testing::GOVERNOR, question.abi_encode())).1
}

/// The key by which bindings name a miner.
fn miner_key(gpu: &GpuMiner) -> B256 {
    ids::blake3(gpu.miner.public_key())
}

/// Tuple and digest of what a device runs, under a mask.
fn golden(gpu: &GpuMiner, mask: u64) -> (B256, B256) {
    let report = gpu.device.report(&[0; 32]);
    let report = Report::parse(&report).unwrap();
    let tuple = firmware_tuple(report.opaque());
    (tuple.into(), golden_set(&tuple, mask, &report).unwrap().into())
}

/// Pins what a device runs: firmware id and measurements.
fn pin(host: &mut MemoryHost, gpu: &GpuMiner, mask: u64) {
    let (tuple, digest) = golden(gpu, mask);
    govern(host, pinGoldenSetCall { tuple, mask, digest, pinned: true });
    govern(host, pinFirmwareCall { fwid: fwid(gpu), pinned: true });
}

fn fwid(gpu: &GpuMiner) -> Bytes {
    gpu.device.firmware.fwid.to_vec().into()
}

/// The start of the next epoch.
fn next_epoch(host: &MemoryHost) -> u64 {
    let epoch = view(&mut host.clone(), &precompile(), epochInfoCall {});
    epoch.start + epoch.length
}

/// Rolls the epoch by a software proof.
fn enter_epoch(host: &mut MemoryHost, number: u64) {
    let mut miner = Miner::new(SET, 200, number);
    miner.statement.context.timestamp = host.block_timestamp - 60;
    miner.statement.completed_at = host.block_timestamp;
    let (precompile, _) = stubbed(true);
    paid(host, &precompile, unsigned(&miner));
}

/// Goes to the next epoch, which somebody else's proof opens.
fn enter_next_epoch(host: &mut MemoryHost, number: u64) {
    host.block_timestamp = next_epoch(host);
    enter_epoch(host, number);
}

/// Parts of an attestation of kind 1, to be bent.
#[derive(Clone, Debug)]
struct Parts {
    ica_index: u8,
    report: Vec<u8>,
    leaf: Vec<u8>,
    ik: Vec<u8>,
}

impl Parts {
    fn of(attestation: &[u8]) -> Self {
        let Ok(Attestation::Full(full)) = Attestation::decode(attestation) else { panic!("kind 1") };
        Self {
            ica_index: full.ica_index,
            report: full.report.to_vec(),
            leaf: full.leaf.to_vec(),
            ik: full.ik.to_vec(),
        }
    }

    fn encode(&self) -> Bytes {
        let Self { ica_index, report, leaf, ik } = self;
        Attestation::Full(FullEvidence { ica_index: *ica_index, report, leaf, ik }).encode().unwrap().into()
    }
}

fn registered_with(device_id: B256, report: &[u8]) -> Bytes {
    Attestation::Registered(RegisteredEvidence { device_id: &device_id.0, report }).encode().unwrap().into()
}

/// A host on which an epoch runs.
fn running() -> MemoryHost {
    let mut host = host(&genesis());
    let first = Miner::new(SET, 200, 200);
    let (precompile, _) = stubbed(true);
    paid(&mut host, &precompile, unsigned(&first));
    host
}
