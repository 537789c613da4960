//! Evidence for vectors: simulated GPUs at work, and ways to bend what they sign.

use super::{
    build::{block, call, call_by},
    format::{Block, CallSpec},
};
use alloy_primitives::{B256, Bytes, hex};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    mldsa::ParameterSet,
    nvtrust::{
        Architecture, Attestation, FullEvidence, RegisteredEvidence, Report, SPKI_PREFIX, firmware_tuple,
        golden_set,
    },
    precompile::testing::{CHAIN_ID, GOVERNOR, GpuMiner, Miner, NOW},
    protocol::{
        abi::IAIMiningGovernance::{pinFirmwareCall, pinGoldenSetCall, setIcaCall},
        ids,
        parameters::ascii,
    },
};

/// Length of an epoch.
pub(crate) const EPOCH: u64 = 3_600;
/// The index that governance's first intermediate gets.
pub(crate) const OWN_ICA: u8 = 2;

/// x ‖ y of an intermediate that governance pins in some vectors. Its private key is 48 bytes of 0x11.
pub(crate) const OWN_ICA_KEY: [u8; 96] = hex!(
    "386e767ea5cb716c9cd620ff7342129c892a6fccefe612140c80bff59e943468019dda16e5079b0c1d9001d23a624b6d"
    "d088d0c3826394194787403e8a7d07e5e22f7e9c0b8e80fa1faff5d28b4bb597b267f0b87023ca61fc8454bddefd2e0e"
);
/// What it signed: the identity key's certificate of the simulated GH100 whose seed is 32 bytes of 1. As DER.
const OWN_ICA_SIGNATURE: [u8; 103] = hex!(
    "3065"
    "02300f51961a548b2d71fe09d1e3870629b7683b5c62ba1b05e274979a9a01239873c759bcdf7c08d9f1c2d0da4345b138fc"
    "023100d9e3559ef0cf31140a5605f8469939d9aee1ef371782a1270d8de292e343dd9ac39fff3233582e78eb97b4ab848d7729"
);

/// Who works when: a miner's key on a device, at a block whose effective epoch has this seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) block: Block,
    pub(crate) seed: B256,
}

impl At {
    /// The fixtures' block, before any acceptance.
    pub(crate) fn first() -> Self {
        Self { block: block(0), seed: ids::initial_epoch_seed(CHAIN_ID) }
    }

    /// The second epoch's first block, after an acceptance in [`Self::first`]. Nothing has rolled yet.
    pub(crate) fn second() -> Self {
        Self { block: block(EPOCH), seed: Self::first().rolled(1, B256::ZERO) }
    }

    /// The seed that a roll in this block leaves.
    pub(crate) fn rolled(self, counter: u64, last_work_id: B256) -> B256 {
        let Block { number, timestamp } = self.block;
        ids::next_epoch_seed(self.seed, counter, number, timestamp, last_work_id)
    }

    /// Work `number` of miner `key` on GH100 `device`.
    pub(crate) fn work(self, key: u8, device: u8, number: u64) -> GpuMiner {
        let miner = Miner::new(ParameterSet::MlDsa44, key, number);
        self.with(GpuMiner {
            miner,
            ..GpuMiner::new(Architecture::GH100, ParameterSet::MlDsa44, device, number)
        })
    }

    /// The same miner and device, here and now.
    pub(crate) fn with(self, mut gpu: GpuMiner) -> GpuMiner {
        let seconds = self.block.timestamp - NOW;
        let device_id = gpu.device_id();
        let statement = &mut gpu.miner.statement;
        statement.context.device_id = device_id;
        statement.context.timestamp += seconds;
        statement.completed_at += seconds;
        gpu.seed = self.seed;
        gpu
    }
}

/// Submission with full evidence.
pub(crate) fn full(mut gpu: GpuMiner) -> CallSpec {
    let attestation = gpu.full();
    call(gpu.calldata(attestation))
}

/// Submission with a report of the registered device.
pub(crate) fn registered(mut gpu: GpuMiner) -> CallSpec {
    let attestation = gpu.registered();
    call(gpu.calldata(attestation))
}

/// Submission with other bytes, whose hash the miner signs.
pub(crate) fn submit(mut gpu: GpuMiner, attestation: Bytes) -> CallSpec {
    call(gpu.calldata(attestation))
}

/// A call of the governor.
pub(crate) fn govern(question: impl SolCall) -> CallSpec {
    call_by(GOVERNOR, question.abi_encode())
}

/// A SubjectPublicKeyInfo.
pub(crate) fn spki(key: &[u8; 96]) -> Bytes {
    [&SPKI_PREFIX[..], key].concat().into()
}

pub(crate) fn set_ica(tier: u8, name: &str, spki: Bytes) -> setIcaCall {
    setIcaCall { tier, architecture: ascii(name), spki }
}

/// Governance pins [`OWN_ICA_KEY`] for GH100.
pub(crate) fn pin_own_ica() -> CallSpec {
    govern(set_ica(3, "GH100", spki(&OWN_ICA_KEY)))
}

/// What a device runs.
pub(crate) fn fwid(gpu: &GpuMiner) -> Bytes {
    gpu.device.firmware.fwid.to_vec().into()
}

/// Firmware tuple, and golden-set digest under a mask, of a report.
pub(crate) fn golden_of(report: &[u8], mask: u64) -> (B256, B256) {
    let report = Report::parse(report).expect("a report");
    let tuple = firmware_tuple(report.opaque());
    (tuple.into(), golden_set(&tuple, mask, &report).expect("blocks that are there").into())
}

/// Pins or takes away the measurements of what a device runs.
pub(crate) fn pin_set(gpu: &GpuMiner, mask: u64, pinned: bool) -> CallSpec {
    let (tuple, digest) = golden_of(&gpu.device.report(&[0; 32]), mask);
    govern(pinGoldenSetCall { tuple, mask, digest, pinned })
}

/// Pins its firmware id.
pub(crate) fn pin_firmware(gpu: &GpuMiner) -> CallSpec {
    govern(pinFirmwareCall { fwid: fwid(gpu), pinned: true })
}

/// Parts of an attestation of kind 1.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) ica_index: u8,
    pub(crate) report: Vec<u8>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) ik: Vec<u8>,
}

impl Parts {
    pub(crate) fn of(gpu: &GpuMiner) -> Self {
        Self {
            ica_index: gpu.device.ica_index(),
            report: gpu.device.report(&gpu.nonce()),
            leaf: gpu.device.leaf(),
            ik: gpu.device.identity_key(),
        }
    }

    /// The same device below [`OWN_ICA_KEY`]. It is GH100 1.
    pub(crate) fn below_own_ica(gpu: &GpuMiner) -> Self {
        let mut parts = Self::of(gpu);
        parts.ica_index = OWN_ICA;
        // SEQUENCE { body SEQUENCE, algorithm of 12 bytes, BIT STRING }, lengths of two bytes.
        let end = 4 + 4 + usize::from(u16::from_be_bytes([parts.ik[6], parts.ik[7]])) + 12;
        let signature = [&[3, 104, 0], &OWN_ICA_SIGNATURE[..]].concat();
        parts.ik.splice(end.., signature);
        let length = u16::try_from(parts.ik.len() - 4).expect("a short certificate");
        parts.ik[2..4].copy_from_slice(&length.to_be_bytes());
        parts
    }

    pub(crate) fn full(&self) -> Bytes {
        let Self { ica_index, report, leaf, ik } = self;
        let full = FullEvidence { ica_index: *ica_index, report, leaf, ik };
        Attestation::Full(full).encode().expect("short parts").into()
    }

    /// The report alone, of a device that the state knows.
    pub(crate) fn registered(&self, device_id: B256) -> Bytes {
        let registered = RegisteredEvidence { device_id: &device_id.0, report: &self.report };
        Attestation::Registered(registered).encode().expect("a short report").into()
    }
}

/// Where an opaque entry begins in a GPU's report.
pub(crate) fn entry(report: &[u8], kind: u16) -> usize {
    let mut at = 3_599;
    loop {
        let field = |at: usize| u16::from_le_bytes([report[at], report[at + 1]]);
        if field(at) == kind {
            return at;
        }
        at += 4 + usize::from(field(at + 2));
    }
}

/// The report as an NVSwitch would lay it out: 31 blocks, a VBIOS version of text.
pub(crate) fn switch_report(report: &[u8]) -> Vec<u8> {
    let mut report = report.to_vec();
    let vbios = entry(&report, 6) + 4;
    report[vbios..vbios + 8].copy_from_slice(b"96.10.57");
    let record = 31 * 55_u32;
    report[41] = 31;
    report[42..45].copy_from_slice(&record.to_le_bytes()[..3]);
    report.drain(45 + 31 * 55..45 + 64 * 55);
    report
}
