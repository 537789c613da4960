//! Kind 2, a registered device.

use super::{OTHER_DEVICE, Rows, deny, gpu, one, pin_others, raise_driver, revoke_device};
use crate::suite::{
    build::{Scenario, block},
    evidence::{At, OWN_ICA, Parts, entry, full, govern, pin_own_ica, registered, submit, switch_report},
    format::CallSpec,
};
use alloy_primitives::Bytes;
use pars_ai_mining::{precompile::testing::GpuMiner, protocol::abi::IAIMiningGovernance::revokeIcaCall};

/// Kind 2 in the second epoch, of the device that [`gpu`] registered, below the governed intermediate.
pub(super) fn known(call: CallSpec) -> Scenario {
    Scenario::new(call)
        .after(block(0), pin_own_ica())
        .after(block(0), submit(gpu(), Parts::below_own_ica(&gpu()).full()))
        .at(At::second().block)
}

pub(super) fn later() -> GpuMiner {
    At::second().work(1, 1, 2)
}

/// Kind 2, changed before the device signs.
fn known_asked(change: impl FnOnce(&mut GpuMiner)) -> Scenario {
    let mut gpu = later();
    change(&mut gpu);
    known(registered(gpu))
}

/// Kind 2, changed after the device signed.
fn known_bent(change: impl FnOnce(&mut Vec<u8>)) -> Scenario {
    let mut parts = Parts::of(&later());
    change(&mut parts.report);
    known(submit(later(), parts.registered(gpu().device_id())))
}

fn known_parting(call: CallSpec) -> Scenario {
    known(registered(later())).after(At::second().block, call)
}

/// Rows 24.a to 24.p.
pub(super) fn rows() -> Rows {
    let with_tail = || -> Bytes { [&later().registered()[..], &[0]].concat().into() };
    vec![
        (
            "24.a",
            one(known(submit(later(), with_tail())).reverts(
                "MalformedAttestation",
                "registered_trailing_byte",
                "One byte behind the report.",
            )),
        ),
        (
            "24.b",
            one(known_asked(|gpu| gpu.miner.statement.context.device_id = OTHER_DEVICE).reverts(
                "DeviceMismatch",
                "registered_another_device",
                "The context names another device than the attestation; the nonce binds it.",
            )),
        ),
        (
            "24.c",
            one(Scenario::new(registered(gpu())).reverts(
                "DeviceNotRegistered",
                "not_registered",
                "No full evidence of it was ever accepted.",
            )),
        ),
        (
            "24.d",
            vec![
                known(registered(At::second().work(2, 1, 2))).reverts(
                    "DeviceNotBound",
                    "not_bound",
                    "Another miner's key.",
                ),
                Scenario::new(registered(gpu_in_the_first_epoch())).after(block(0), full(gpu())).reverts(
                    "DeviceNotBound",
                    "not_bound_yet",
                    "In the epoch of its registration nobody is bound.",
                ),
            ],
        ),
        (
            "24.e",
            one(known_parting(govern(revokeIcaCall { icaIndex: OWN_ICA, revoked: true })).reverts(
                "IcaRevoked",
                "registered_ica_revoked",
                "The intermediate it was registered under.",
            )),
        ),
        (
            "24.f",
            one(known_asked(|gpu| gpu.device.firmware.driver = "550\t90".into()).reverts(
                "MalformedReport",
                "registered_driver_is_no_text",
                "A tabulator in the driver's version; the device signed it.",
            )),
        ),
        (
            "24.g",
            one(known_bent(|report| *report = switch_report(report)).reverts(
                "NvSwitchNotAllowed",
                "registered_switch_report",
                "31 blocks: an NVSwitch's.",
            )),
        ),
        (
            "24.h",
            one(known_bent(|report| {
                let at = entry(report, 11);
                report[at] = 99;
            })
            .reverts(
                "MissingReportEntry",
                "registered_no_decoder_status",
                "Entry 11 under another type.",
            )),
        ),
        (
            "24.i",
            one(known_asked(|gpu| gpu.seed = At::first().seed).reverts(
                "NonceMismatch",
                "registered_old_seed",
                "The seed of the epoch before the last.",
            )),
        ),
        (
            "24.j",
            one(known_asked(|gpu| gpu.device.firmware.reports_fwid = false).reverts(
                "FirmwareMissing",
                "registered_firmware_missing",
                "The report names no firmware id.",
            )),
        ),
        (
            "24.k",
            one(known_asked(|gpu| gpu.device.update_firmware("580.95.05")).reverts(
                "FirmwareMismatch",
                "registered_other_firmware",
                "New firmware needs full evidence first.",
            )),
        ),
        (
            "24.l",
            one(known_bent(|report| *report.last_mut().expect("not empty") ^= 1).reverts(
                "InvalidReportSignature",
                "registered_report_last_bit",
                "The last bit of its signature.",
            )),
        ),
        (
            "24.m",
            one(known_parting(revoke_device()).reverts(
                "DeviceRevoked",
                "registered_device_revoked",
                "Governance revoked it.",
            )),
        ),
        (
            "24.n",
            one(known_parting(deny()).reverts(
                "FirmwareDenied",
                "registered_firmware_denied",
                "Governance denied its firmware.",
            )),
        ),
        (
            "24.o",
            one(known_parting(raise_driver()).reverts(
                "DriverTooOld",
                "registered_driver_too_old",
                "550.90.07 < 550.90.08.",
            )),
        ),
        (
            "24.p",
            one(known_parting(pin_others()).reverts(
                "MeasurementsMismatch",
                "registered_measurements_differ",
                "Another golden set is pinned for its tuple.",
            )),
        ),
    ]
}

/// Work that follows [`gpu`] within its epoch, under the seed that its acceptance rolled to.
fn gpu_in_the_first_epoch() -> GpuMiner {
    At { block: block(0), ..At::second() }.work(1, 1, 2)
}
