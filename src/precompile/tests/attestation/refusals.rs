//! Each reason that evidence is refused for, alone, and before every later one.

use super::*;
use crate::{
    gas::{self, Evidence},
    storage::layout::{
        DEV, DEVICE_BOUND_FROM, DEVICE_MINER, ICA_ARCHITECTURE, ICA_COUNT, ICA_KEY, ICA_REVOKED, ICA_TIER,
    },
};
use pars_nvtrust::SIMULATED_ICAS;
use pars_protocol::parameters::ascii;

/// A submission of an attested proof, legal until a fault is put in.
struct Case {
    host: MemoryHost,
    gpu: GpuMiner,
    registered: bool,
    /// Edits of the evidence, after it was signed.
    edits: Vec<fn(&mut Parts)>,
    /// Edits of the encoded attestation.
    patches: Vec<fn(&mut Vec<u8>)>,
}

/// The index at which the cases hold the simulated key as if governance had pinned it, so that it can be revoked.
const PINNED: u8 = 2;

impl Case {
    fn full() -> Self {
        let mut host = running();
        put(&mut host, ICA_COUNT.key(), U256::from(PINNED + 1));
        put(&mut host, ICA_TIER.at(PINNED).key(), U256::from(3));
        put(&mut host, ICA_ARCHITECTURE.at(PINNED).key(), U256::from_be_bytes(ascii("GH100").0));
        for (part, word) in (0..).zip(SIMULATED_ICAS[0].public_key.chunks_exact(32)) {
            put(&mut host, ICA_KEY.at(PINNED).at(part).key(), U256::from_be_slice(word));
        }
        let gpu = work(&host, 1, 1, 1);
        Self {
            host,
            gpu,
            registered: false,
            edits: vec![|parts| parts.ica_index = PINNED],
            patches: Vec::new(),
        }
    }

    /// The device was registered, and is bound to the miner.
    fn registered() -> Self {
        let mut case = Self::full();
        let mut first = work(&case.host, 1, 1, 99);
        let mut parts = Parts::of(&first.full());
        parts.ica_index = PINNED;
        pay(parts.encode(), &mut first, &mut case.host);
        case.host.block_timestamp += EPOCH;
        case.gpu = work(&case.host, 1, 1, 1);
        case.registered = true;
        case
    }

    fn attestation(&self) -> Bytes {
        let full = self.gpu.full();
        let mut parts = Parts::of(&full);
        self.edits.iter().for_each(|edit| edit(&mut parts));
        let mut bytes = if self.registered {
            registered_with(self.gpu.device_id(), &parts.report).to_vec()
        } else {
            parts.encode().to_vec()
        };
        self.patches.iter().for_each(|patch| patch(&mut bytes));
        bytes.into()
    }

    #[track_caller]
    fn check(mut self, row: &Row, what: &str) {
        println!("{what}");
        let expected = Outcome::Revert((row.error)(&self).into());
        let attestation = self.attestation();
        let input = self.gpu.unsigned_calldata(attestation.clone());
        let price = gas::operation::submit_work_proof(SET, Evidence::of(&attestation));
        let gas = gas::input(input.len()) + price;
        let (precompile, _) = stubbed(true);
        let executed = refused(&mut self.host, &precompile, Call { gas, ..call(input) }, &expected);
        assert_eq!(executed.gas_used, gas, "{what}");
    }
}

struct Row {
    name: &'static str,
    fault: fn(&mut Case),
    error: fn(&Case) -> Vec<u8>,
}

macro_rules! rows {
    ($($name:literal, $fault:expr, $error:expr;)*) => {
        vec![$(Row { name: $name, fault: $fault, error: |case| $error(case).abi_encode() }),*]
    };
}

/// Where a TLV begins in a report.
fn tlv(report: &[u8], kind: u16) -> usize {
    let mut at = 3_599;
    loop {
        let field = |at: usize| u16::from_le_bytes(report[at..at + 2].try_into().unwrap());
        if field(at) == kind {
            return at;
        }
        at += 4 + usize::from(field(at + 2));
    }
}

/// Replaces bytes that stand once.
fn replace_once(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let found: Vec<_> = (0..=bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
    assert_eq!(found.len(), 1);
    bytes[found[0]..found[0] + new.len()].copy_from_slice(new);
}

/// The device id that a statement lies about.
const OTHER_DEVICE: B256 = B256::repeat_byte(0xd1);

fn name_another_device(case: &mut Case) {
    case.gpu.miner.statement.context.device_id = OTHER_DEVICE;
}

fn mismatch(case: &Case) -> DeviceMismatch {
    DeviceMismatch { expected: case.gpu.device_id(), actual: OTHER_DEVICE }
}

fn tuple(case: &Case) -> B256 {
    golden(&case.gpu, 1).0
}

fn deny(case: &mut Case) {
    let fwid = fwid(&case.gpu);
    govern(&mut case.host, denyFirmwareCall { fwid, denied: true });
}

fn revoke_device(case: &mut Case) {
    let device_id = case.gpu.device_id();
    govern(&mut case.host, revokeDeviceCall { deviceId: device_id, revoked: true });
}

fn raise_driver(case: &mut Case) {
    govern(&mut case.host, setMinimumDriverCall { driver: "550.90.08".into() });
}

fn pin_others(case: &mut Case) {
    let (tuple, _) = golden(&case.gpu, 1);
    govern(&mut case.host, pinGoldenSetCall { tuple, mask: 1, digest: OTHER_DEVICE, pinned: true });
}

/// Rows that a report is refused for, whichever way its key is known.
fn report_rows() -> Vec<Row> {
    rows! {
        "MalformedReport", |case| case.edits.push(|parts| parts.report[0] = 0x12),
            |_| MalformedReport { reason: ascii("request_version") };
        "MissingReportEntry", |case| case.edits.push(|parts| {
            let at = tlv(&parts.report, 11);
            parts.report[at] = 99;
        }), |_| MissingReportEntry { entry: 11 };
        "NonceMismatch", |case| case.edits.push(|parts| parts.report[4] ^= 1), |case: &Case| {
            let mut reported = B256::from(case.gpu.nonce());
            reported[0] ^= 1;
            NonceMismatch { reported }
        };
    }
}

/// Rows of policy, after the last signature.
fn policy_rows() -> Vec<Row> {
    rows! {
        "DeviceRevoked", revoke_device, |case: &Case| DeviceRevoked { deviceId: case.gpu.device_id() };
        "FirmwareDenied", deny, |case: &Case| FirmwareDenied { fwid: fwid(&case.gpu) };
        "DriverTooOld", raise_driver, |_| DriverTooOld { driver: "550.90.07".into() };
        "MeasurementsMismatch", pin_others, |case| MeasurementsMismatch { tuple: tuple(case) };
    }
}

fn forge_report(case: &mut Case) {
    // The last bit of s.
    case.edits.push(|parts| *parts.report.last_mut().unwrap() ^= 1);
}

fn other_firmware(case: &mut Case) {
    case.edits.push(|parts| {
        let at = tlv(&parts.report, 20) + 4;
        parts.report[at] ^= 1;
    });
}

fn full_table() -> Vec<Row> {
    let mut all = rows! {
        "AttestationUnsupported", |case| case.patches.push(|bytes| bytes[0] = 2), |_| AttestationUnsupported {};
        "MalformedAttestation", |case| case.patches.push(|bytes| bytes.push(0)),
            |_| MalformedAttestation { reason: ascii("trailing_bytes") };
        "UnknownIca", |case| case.edits.push(|parts| parts.ica_index = PINNED + 1),
            |_| UnknownIca { icaIndex: PINNED + 1 };
        "IcaRevoked", |case| put(&mut case.host, ICA_REVOKED.at(PINNED).key(), U256::ONE),
            |_| IcaRevoked { icaIndex: PINNED };
    };
    all.extend(report_rows());
    all.extend(rows! {
        "MalformedCertificate, leaf", |case| case.edits.push(|parts| parts.leaf.push(0)),
            |_| MalformedCertificate { certificate: ascii("leaf"), reason: ascii("trailing") };
        "MalformedCertificate, identity key", |case| case.edits.push(|parts| parts.ik.push(0)),
            |_| MalformedCertificate { certificate: ascii("identity_key"), reason: ascii("trailing") };
        "NvSwitchNotAllowed", |case| case.edits.push(|parts| {
            // Kind and PDI, as serial number and as text of the subject's.
            let serial = parts.ik[15..24].to_vec();
            assert_eq!(serial[0], 0x41);
            parts.ik[15] = 0x50;
            let text = hex::encode_upper(&serial);
            let switch = text.replacen("41", "50", 1);
            replace_once(&mut parts.ik, text.as_bytes(), switch.as_bytes());
        }), |_| NvSwitchNotAllowed {};
        "InvalidCertificateChain", |case| case.edits.push(|parts| {
            parts.leaf = work(&running(), 1, 77, 1).device.leaf();
        }), |_| InvalidCertificateChain { reason: ascii("issuer") };
        "FirmwareMismatch", other_firmware, |_| FirmwareMismatch {};
        "InvalidCertificateChain, signature of the identity key",
            |case| case.edits.push(|parts| *parts.ik.last_mut().unwrap() ^= 1),
            |_| InvalidCertificateChain { reason: ascii("identity_key_signature") };
        "InvalidCertificateChain, signature of the leaf",
            |case| case.edits.push(|parts| *parts.leaf.last_mut().unwrap() ^= 1),
            |_| InvalidCertificateChain { reason: ascii("leaf_signature") };
        "InvalidReportSignature", forge_report, |_| InvalidReportSignature {};
        "DeviceMismatch", name_another_device, mismatch;
    });
    all.extend(policy_rows());
    all
}

fn registered_table() -> Vec<Row> {
    let mut all = rows! {
        "DeviceMismatch", name_another_device, mismatch;
        "DeviceNotRegistered", |case| {
            let place = crate::storage::layout::DEVICE_ICA.at(case.gpu.device_id());
            put(&mut case.host, place.key(), U256::ZERO);
        }, |case: &Case| DeviceNotRegistered { deviceId: case.gpu.device_id() };
        "DeviceNotBound", |case| {
            let device = case.gpu.device_id();
            put(&mut case.host, DEVICE_MINER.at(device).at(0).key(), U256::from(7));
            put(&mut case.host, DEVICE_BOUND_FROM.at(device).at(0).key(), U256::ONE);
        }, |case: &Case| DeviceNotBound { deviceId: case.gpu.device_id(), miner: miner_key(&case.gpu) };
        "IcaRevoked", |case| put(&mut case.host, ICA_REVOKED.at(PINNED).key(), U256::ONE),
            |_| IcaRevoked { icaIndex: PINNED };
    };
    all.extend(report_rows());
    all.extend(rows! {
        "FirmwareMissing", |case| case.gpu.device.firmware.reports_fwid = false, |_| FirmwareMissing {};
        "FirmwareMismatch", |case| case.gpu.device.firmware.fwid[0] ^= 1, |_| FirmwareMismatch {};
        "InvalidReportSignature", forge_report, |_| InvalidReportSignature {};
    });
    all.extend(policy_rows());
    all
}

#[test]
fn d2_each_row_refuses_full_evidence_alone() {
    for row in full_table() {
        let mut case = Case::full();
        (row.fault)(&mut case);
        case.check(&row, row.name);
    }
}

#[test]
fn d2_d5_each_row_refuses_a_registered_device_alone() {
    for row in registered_table() {
        let mut case = Case::registered();
        (row.fault)(&mut case);
        case.check(&row, row.name);
    }
}

#[test]
fn d2_each_row_comes_before_all_later_rows_together() {
    for (table, case) in
        [(full_table(), Case::full as fn() -> Case), (registered_table(), Case::registered as fn() -> Case)]
    {
        for (k, first) in table.iter().enumerate() {
            let mut case = case();
            for row in table[k..].iter().rev() {
                (row.fault)(&mut case);
            }
            case.check(first, &format!("{} with all later rows", first.name));
        }
    }
}

#[test]
fn d2_the_cases_are_paid_without_a_fault() {
    for mut case in [Case::full(), Case::registered()] {
        let attestation = case.attestation();
        pay(attestation, &mut case.gpu, &mut case.host);
    }
}

#[test]
fn d6_simulated_devices_are_refused_wherever_the_dev_flag_does_not_stand() {
    let mut host = running();
    put(&mut host, DEV.key(), U256::ZERO);
    let mut gpu = work(&host, 1, 1, 1);
    let attestation = gpu.full();
    refuse(SimulatedDeviceNotAllowed {}, attestation.clone(), &mut gpu, &mut host);
    // Governance included: the reserved indices are not its own, and their keys are never pinned.
    let question = verifyNVTrustCall { attestation, nonce: gpu.nonce().into() };
    refused(&mut host, &precompile(), call(question.abi_encode()), &error(SimulatedDeviceNotAllowed {}));
}

#[test]
fn d6_the_table_has_every_error_of_evidence() {
    use pars_protocol::abi::IAIMiningErrors::IAIMiningErrorsErrors;
    let mut seen: std::collections::BTreeSet<[u8; 4]> = [SimulatedDeviceNotAllowed::SELECTOR].into();
    for (table, case) in
        [(full_table(), Case::full as fn() -> Case), (registered_table(), Case::registered as fn() -> Case)]
    {
        for row in table {
            let mut case = case();
            (row.fault)(&mut case);
            seen.insert((row.error)(&case)[..4].try_into().unwrap());
        }
    }
    // From MalformedAttestation to MeasurementsMismatch, with the two that stand before them in the interface.
    let names: Vec<_> =
        seen.iter().map(|selector| IAIMiningErrorsErrors::name_by_selector(*selector)).collect();
    assert_eq!(seen.len(), 19 + 2, "{names:?}");
}
