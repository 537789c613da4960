//! Kind 1, full evidence.

use super::{OTHER_DEVICE, Rows, deny, gpu, one, pin_others, raise_driver, revoke_device};
use crate::suite::{
    build::{Scenario, block, with},
    evidence::{
        At, EPOCH, OWN_ICA, Parts, entry, full, govern, pin_firmware, pin_own_ica, submit, switch_report,
    },
    format::CallSpec,
};
use alloy_primitives::{B256, hex};
use pars_ai_mining::{
    precompile::testing::GpuMiner,
    protocol::abi::IAIMiningGovernance::{revokeIcaCall, setMinimumDriverCall},
};

/// Kind 1, changed before the device signs.
pub(super) fn asked(change: impl FnOnce(&mut GpuMiner)) -> Scenario {
    let mut gpu = gpu();
    change(&mut gpu);
    Scenario::new(full(gpu))
}

/// Kind 1, changed after the device signed.
fn bent(change: impl FnOnce(&mut Parts)) -> Scenario {
    let mut parts = Parts::of(&gpu());
    change(&mut parts);
    Scenario::new(submit(gpu(), parts.full()))
}

/// Kind 1 with other bytes.
fn recoded(change: impl FnOnce(&mut Vec<u8>)) -> Scenario {
    let mut bytes = gpu().full().to_vec();
    change(&mut bytes);
    Scenario::new(submit(gpu(), bytes.into()))
}

pub(super) fn below_own_ica() -> Scenario {
    Scenario::new(submit(gpu(), Parts::below_own_ica(&gpu()).full()))
}

fn parting(call: CallSpec) -> Scenario {
    Scenario::new(full(gpu())).after(block(0), call)
}

/// Replaces bytes that stand once.
fn replace_once(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let found: Vec<_> = (0..=bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
    assert_eq!(found.len(), 1);
    bytes[found[0]..found[0] + new.len()].copy_from_slice(new);
}

/// Rows 24.1 to 24.9: encoding, intermediate, report.
pub(super) fn rows_of_the_report() -> Rows {
    let malformed =
        |scenario: Scenario, name: &str, about: &str| scenario.reverts("MalformedAttestation", name, about);
    vec![
        (
            "24.1",
            vec![
                recoded(|bytes| bytes[0] = 2).reverts("AttestationUnsupported", "version_2", "Version 2."),
                recoded(|bytes| bytes[1] = 0).reverts("AttestationUnsupported", "kind_0", "Kind 0."),
                recoded(|bytes| bytes[1] = 3).reverts("AttestationUnsupported", "kind_3", "Kind 3."),
            ],
        ),
        (
            "24.2",
            vec![
                malformed(recoded(|bytes| bytes.push(0)), "trailing_byte", "One byte behind the last part."),
                malformed(
                    recoded(|bytes| bytes.truncate(bytes.len() - 1)),
                    "missing_byte",
                    "One byte short.",
                ),
                malformed(recoded(|bytes| bytes.truncate(1)), "one_byte", "A version without a kind."),
                malformed(recoded(|bytes| bytes.truncate(2)), "two_bytes", "Priced as kind 1, and empty."),
                malformed(
                    recoded(|bytes| bytes.splice(3.., [0, 0]).for_each(drop)),
                    "empty_report",
                    "A report of no bytes.",
                ),
                malformed(
                    recoded(|bytes| bytes[3..5].copy_from_slice(&8_193_u16.to_be_bytes())),
                    "report_too_long",
                    "A report of 8,193 bytes, refused by its length.",
                ),
            ],
        ),
        (
            "24.3",
            one(Scenario::new(full(gpu()))
                .genesis({
                    let mut genesis = with(&[]);
                    genesis.dev = false;
                    genesis
                })
                .reverts(
                    "SimulatedDeviceNotAllowed",
                    "simulated_without_dev",
                    "dev does not stand in genesis.",
                )),
        ),
        (
            "24.4",
            one(below_own_ica().reverts("UnknownIca", "unknown_ica", "Index 2 before governance pins it.")),
        ),
        (
            "24.5",
            one(below_own_ica()
                .after(block(0), pin_own_ica())
                .after(block(0), govern(revokeIcaCall { icaIndex: OWN_ICA, revoked: true }))
                .reverts("IcaRevoked", "ica_revoked", "Pinned, then revoked.")),
        ),
        (
            "24.6",
            vec![
                asked(|gpu| gpu.device.firmware.driver = "550\t90".into()).reverts(
                    "MalformedReport",
                    "driver_is_no_text",
                    "A tabulator in the driver's version; the device signed it.",
                ),
                bent(|parts| parts.report[0] = 0x12).reverts(
                    "MalformedReport",
                    "spdm_1_2",
                    "Another SPDM version.",
                ),
                bent(|parts| parts.report.push(0)).reverts(
                    "MalformedReport",
                    "report_with_a_tail",
                    "A byte behind the report's signature.",
                ),
            ],
        ),
        (
            "24.7",
            one(bent(|parts| parts.report = switch_report(&parts.report)).reverts(
                "NvSwitchNotAllowed",
                "switch_report",
                "31 blocks: an NVSwitch's.",
            )),
        ),
        (
            "24.8",
            one(bent(|parts| {
                let at = entry(&parts.report, 11);
                parts.report[at] = 99;
            })
            .reverts("MissingReportEntry", "no_decoder_status", "Entry 11 under another type.")),
        ),
        (
            "24.9",
            vec![
                Scenario::new(submit(At::first().work(2, 1, 1), gpu().full())).reverts(
                    "NonceMismatch",
                    "stolen_evidence",
                    "Another miner's evidence, for another key.",
                ),
                asked(|gpu| gpu.seed = At::second().seed).reverts(
                    "NonceMismatch",
                    "another_seed",
                    "A seed that is not valid here.",
                ),
                asked(|gpu| gpu.seed = B256::ZERO).reverts(
                    "NonceMismatch",
                    "seed_zero",
                    "Before the first acceptance there is no previous seed; zero is none.",
                ),
                Scenario::new(full(At { block: block(EPOCH), ..At::first() }.work(1, 1, 2)))
                    .after(block(0), full(gpu()))
                    .at(block(EPOCH))
                    .reverts(
                        "NonceMismatch",
                        "seed_before_the_last",
                        "Once a whole epoch has passed the previous seed is not valid.",
                    ),
                Scenario::new({
                    let mut other = gpu();
                    other.miner.statement.context.job_id = B256::repeat_byte(7);
                    submit(other, gpu().full())
                })
                .reverts(
                    "NonceMismatch",
                    "evidence_of_another_job",
                    "The nonce binds the job.",
                ),
            ],
        ),
    ]
}

/// Rows 24.10 to 24.17: certificates and signatures.
pub(super) fn rows_of_the_certificates() -> Rows {
    let chain = |scenario: Scenario, name: &str, about: &str| {
        scenario.reverts("InvalidCertificateChain", name, about)
    };
    vec![
        (
            "24.10",
            one(bent(|parts| parts.leaf.push(0)).reverts(
                "MalformedCertificate",
                "leaf_with_a_tail",
                "A byte behind the leaf.",
            )),
        ),
        (
            "24.11",
            one(chain(
                bent(|parts| parts.leaf = parts.ik.clone()),
                "leaf_is_authority",
                "The identity key's certificate in the leaf's place.",
            )),
        ),
        (
            "24.12",
            one(bent(|parts| parts.ik.push(0)).reverts(
                "MalformedCertificate",
                "identity_key_with_a_tail",
                "A byte behind the identity key's certificate.",
            )),
        ),
        (
            "24.13a",
            one(chain(
                bent(|parts| parts.ik = parts.leaf.clone()),
                "issuer_is_no_authority",
                "The leaf in the identity key's place.",
            )),
        ),
        (
            "24.13b",
            one(bent(|parts| {
                // Kind and PDI, as serial number and as text of the subject's.
                let serial = parts.ik[15..24].to_vec();
                assert_eq!(serial[0], 0x41);
                parts.ik[15] = 0x50;
                let text = hex::encode_upper(&serial);
                let switch = text.replacen("41", "50", 1);
                replace_once(&mut parts.ik, text.as_bytes(), switch.as_bytes());
            })
            .reverts(
                "NvSwitchNotAllowed",
                "switch_serial_number",
                "A serial number of an NVSwitch.",
            )),
        ),
        (
            "24.13c",
            vec![
                chain(
                    bent(|parts| parts.ica_index = 255),
                    "another_architecture",
                    "A GH100 below the GB100 intermediate.",
                ),
                chain(
                    bent(|parts| parts.leaf = At::first().work(1, 2, 1).device.leaf()),
                    "leaf_of_another_device",
                    "Its issuer is not this identity key.",
                ),
            ],
        ),
        (
            "24.14",
            one(bent(|parts| {
                let mut gpu = gpu();
                gpu.device.update_firmware("580.95.05");
                parts.report = gpu.device.report(&gpu.nonce());
            })
            .reverts(
                "FirmwareMismatch",
                "leaf_of_other_firmware",
                "The report of new firmware beside the leaf of the old.",
            )),
        ),
        (
            "24.15",
            vec![
                chain(
                    bent(|parts| parts.ica_index = 0),
                    "simulated_below_nvidia",
                    "A simulated GH100 below NVIDIA's pinned intermediate: only this signature tells.",
                ),
                chain(
                    bent(|parts| *parts.ik.last_mut().expect("not empty") ^= 1),
                    "identity_key_last_bit",
                    "The last bit of its signature.",
                ),
            ],
        ),
        (
            "24.16",
            one(chain(
                bent(|parts| *parts.leaf.last_mut().expect("not empty") ^= 1),
                "leaf_last_bit",
                "The last bit of its signature.",
            )),
        ),
        (
            "24.17",
            vec![
                bent(|parts| *parts.report.last_mut().expect("not empty") ^= 1).reverts(
                    "InvalidReportSignature",
                    "report_last_bit",
                    "The last bit of its signature.",
                ),
                bent(|parts| parts.report[60] ^= 1).reverts(
                    "InvalidReportSignature",
                    "other_measurement",
                    "A changed measurement: the signature covers it.",
                ),
            ],
        ),
    ]
}

/// Rows 24.18 to 24.22: device and policy.
pub(super) fn rows_of_policy() -> Rows {
    let other = |scenario: Scenario| {
        scenario.reverts(
            "DeviceMismatch",
            "another_device",
            "The context names another device; the nonce binds it.",
        )
    };
    vec![
        ("24.18", one(other(asked(|gpu| gpu.miner.statement.context.device_id = OTHER_DEVICE)))),
        (
            "24.19",
            one(parting(revoke_device()).reverts(
                "DeviceRevoked",
                "device_revoked",
                "Governance revoked it.",
            )),
        ),
        (
            "24.20",
            one(parting(deny()).reverts(
                "FirmwareDenied",
                "firmware_denied",
                "Governance denied its firmware.",
            )),
        ),
        (
            "24.21",
            vec![
                parting(raise_driver()).reverts("DriverTooOld", "driver_too_old", "550.90.07 < 550.90.08."),
                parting(govern(setMinimumDriverCall { driver: "550.100".into() })).reverts(
                    "DriverTooOld",
                    "drivers_compare_as_numbers",
                    "550.90.07 < 550.100.",
                ),
                asked(|gpu| gpu.device.firmware.driver = "main".into())
                    .after(block(0), govern(setMinimumDriverCall { driver: "1".into() }))
                    .reverts("DriverTooOld", "driver_is_no_number", "Older than any."),
            ],
        ),
        (
            "24.22",
            vec![
                parting(pin_others()).reverts(
                    "MeasurementsMismatch",
                    "measurements_differ",
                    "Another golden set is pinned for its tuple.",
                ),
                parting(pin_others()).after(block(0), pin_firmware(&gpu())).reverts(
                    "MeasurementsMismatch",
                    "measurements_differ_firmware_pinned",
                    "Pinned firmware does not help.",
                ),
            ],
        ),
    ]
}
