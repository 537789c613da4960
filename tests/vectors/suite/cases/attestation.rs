//! The views on attestation, the first of them with the evidence of a real H100.

use crate::suite::{
    build::{self, Scenario, block, call, with},
    evidence::{
        At, EPOCH, OWN_ICA, full, fwid, golden_of, govern, pin_firmware, pin_own_ica, pin_set, registered,
    },
    format::{File, Vector},
};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    mldsa::ParameterSet,
    nvtrust::Architecture,
    precompile::testing::{GpuMiner, h100},
    protocol::abi::{
        IAIMiningGovernance::{
            denyFirmwareCall, pinGoldenSetCall, revokeDeviceCall, revokeIcaCall, setMinimumDriverCall,
        },
        IAIMiningInspector::*,
    },
};

fn view(question: impl SolCall) -> Scenario {
    Scenario::new(call(question.abi_encode()))
}

fn gpu() -> GpuMiner {
    At::first().work(1, 1, 1)
}

fn judge(attestation: Bytes, nonce: impl Into<B256>) -> Scenario {
    view(verifyNVTrustCall { attestation, nonce: nonce.into() })
}

fn real() -> Scenario {
    let (attestation, nonce) = h100::attestation();
    judge(attestation, nonce)
}

/// After the device was registered and bound.
fn mined(scenario: Scenario) -> Scenario {
    scenario.after(block(0), full(gpu()))
}

fn real_device() -> Vec<Vector> {
    let real_fwid = || {
        let report = pars_ai_mining::nvtrust::Report::parse(h100::REPORT).expect("a report");
        Bytes::copy_from_slice(report.opaque().fwid().expect("it names its firmware"))
    };
    let used = real().run().gas_used;
    let (tuple, digest) = golden_of(h100::REPORT, 1);
    vec![
        real().succeeds(
            "real_h100",
            "A real H100 by the nonce it answered: tier 3, the id of its identity key. Evidence: NVIDIA's Python package \
             nv-local-gpu-verifier 2.7.3, folder verifier/samples, licence BSD-3-Clause, copyright (c) 2021-2023 NVIDIA \
             CORPORATION & AFFILIATES; re-encoded, not changed.",
        ),
        real()
            .genesis({
                let mut genesis = with(&[]);
                genesis.dev = false;
                genesis
            })
            .succeeds("real_h100_without_dev", "It needs no dev flag."),
        real().at(block(1_000_000_000)).succeeds("real_h100_in_30_years", "No clock is compared with anything."),
        real().but(|call| call.is_static = true).succeeds("real_h100_static", "In a static call."),
        real().but(|call| call.gas = used).succeeds("real_h100_exact_gas", "What it costs."),
        real().but(|call| call.gas = used - 1).runs_out("real_h100_gas_short", "One less."),
        judge(h100::attestation().0, B256::repeat_byte(1)).reverts(
            "NonceMismatch",
            "real_h100_another_nonce",
            "Asked by another nonce.",
        ),
        real().after(block(0), govern(revokeIcaCall { icaIndex: 0, revoked: true })).reverts(
            "IcaRevoked",
            "real_h100_ica_revoked",
            "NVIDIA's GH100 intermediate is revoked.",
        ),
        real()
            .after(block(0), govern(revokeIcaCall { icaIndex: 0, revoked: true }))
            .after(block(0), govern(revokeIcaCall { icaIndex: 0, revoked: false }))
            .succeeds("real_h100_ica_restored", "And taken back."),
        real().after(block(0), govern(denyFirmwareCall { fwid: real_fwid(), denied: true })).reverts(
            "FirmwareDenied",
            "real_h100_firmware_denied",
            "Its firmware is denied.",
        ),
        real().after(block(0), govern(setMinimumDriverCall { driver: "550.90.8".into() })).reverts(
            "DriverTooOld",
            "real_h100_driver_too_old",
            "It runs 550.90.07.",
        ),
        real().after(block(0), govern(pinGoldenSetCall { tuple, mask: 1, digest, pinned: true })).succeeds(
            "real_h100_golden_set",
            "Its own first measurement is pinned: tuple and digest are those of encoding.md.",
        ),
        real()
            .after(block(0), govern(pinGoldenSetCall { tuple, mask: 1, digest: B256::repeat_byte(1), pinned: true }))
            .reverts("MeasurementsMismatch", "real_h100_other_golden_set", "Another one is pinned."),
    ]
}

fn verdicts() -> Vec<Vector> {
    let known = || {
        let gpu = At::second().work(1, 1, 2);
        let nonce = gpu.nonce();
        judge(gpu.registered(), nonce)
    };
    let stranger = || {
        let gpu = At::second().work(2, 1, 2);
        let nonce = gpu.nonce();
        judge(gpu.registered(), nonce)
    };
    let gb100 = GpuMiner::new(Architecture::GB100, ParameterSet::MlDsa44, 1, 1);
    vec![
        judge(gb100.full(), gb100.nonce())
            .succeeds("simulated_gb100", "Full evidence of a simulated GB100: tier 4."),
        mined(known()).at(At::second().block).succeeds("registered", "A registered device by one signature."),
        mined(stranger())
            .at(block(1))
            .succeeds("registered_of_another_miner", "Nobody is asked who is bound."),
        known().reverts("DeviceNotRegistered", "not_registered", "No full evidence of it was accepted."),
        judge(Bytes::new(), B256::ZERO).reverts(
            "MalformedAttestation",
            "no_attestation",
            "No bytes are no evidence; priced as kind 2.",
        ),
        judge(Bytes::from_static(&[9, 9]), B256::ZERO).reverts(
            "AttestationUnsupported",
            "no_kind",
            "Neither version nor kind; priced as kind 2.",
        ),
        judge(Bytes::from_static(&[1, 1]), B256::ZERO).reverts(
            "MalformedAttestation",
            "full_of_nothing",
            "Priced as kind 1 by two bytes.",
        ),
        mined(known())
            .after(block(0), govern(revokeDeviceCall { deviceId: gpu().device_id(), revoked: true }))
            .at(At::second().block)
            .reverts("DeviceRevoked", "revoked", "Governance revoked the device."),
    ]
}

fn devices() -> Vec<Vector> {
    let device = || view(deviceInfoCall { deviceId: gpu().device_id() });
    let software = pars_ai_mining::precompile::testing::Miner::new(ParameterSet::MlDsa44, 1, 1);
    let software_id = software.statement.context.device_id;
    vec![
        device().succeeds("device_unknown", "Zero and empty."),
        mined(device())
            .succeeds("device_registered", "Bound from the next epoch on: nobody now, the miner next."),
        mined(device()).at(block(EPOCH - 1)).succeeds("device_in_the_epochs_last_second", "The same."),
        mined(device())
            .at(block(EPOCH))
            .succeeds("device_bound", "The binding has taken force; the counters are those of a new epoch."),
        mined(device())
            .after(At::second().block, full(At::second().work(2, 1, 2)))
            .at(At::second().block)
            .succeeds("device_rebound", "One miner now, another next."),
        mined(device())
            .after(At::second().block, registered(At::second().work(1, 1, 2)))
            .at(block(EPOCH + 1))
            .succeeds("device_counters", "Units and paid of the epoch."),
        device()
            .after(block(0), govern(revokeDeviceCall { deviceId: gpu().device_id(), revoked: true }))
            .succeeds("device_revoked_before_it_was_seen", "The flag stands without a registration."),
        view(deviceInfoCall { deviceId: software_id })
            .after(block(0), Scenario::submit(&software).call)
            .succeeds("device_of_software", "Counters only."),
    ]
}

fn policy() -> Vec<Vector> {
    let ica = |index| view(icaInfoCall { icaIndex: index });
    let firmware = || view(firmwareInfoCall { fwid: fwid(&gpu()) });
    let (tuple, digest) = golden_of(&gpu().device.report(&[0; 32]), u64::MAX);
    let set = || view(goldenSetInfoCall { tuple, digest });
    let driver = |driver: &str| {
        view(minimumDriverCall {}).after(block(0), govern(setMinimumDriverCall { driver: driver.into() }))
    };
    let mut vectors = vec![
        view(icaCountCall {}).succeeds("ica_count", "Genesis pins two."),
        view(icaCountCall {})
            .after(block(0), pin_own_ica())
            .succeeds("ica_count_three", "And governance one."),
        ica(0).succeeds("ica_gh100", "NVIDIA's, tier 3."),
        ica(1).succeeds("ica_gb100", "NVIDIA's, tier 4."),
        ica(OWN_ICA).reverts("UnknownIca", "ica_unknown", "Not pinned."),
        ica(254).reverts("UnknownIca", "ica_simulated", "Reserved indices are never stored."),
        ica(OWN_ICA).after(block(0), pin_own_ica()).succeeds("ica_of_governance", "Pinned by governance."),
        ica(0)
            .after(block(0), govern(revokeIcaCall { icaIndex: 0, revoked: true }))
            .succeeds("ica_revoked", "A flag; the key stays."),
        firmware().succeeds("firmware_unknown", "Neither flag."),
        firmware()
            .after(block(0), pin_firmware(&gpu()))
            .after(block(0), govern(denyFirmwareCall { fwid: fwid(&gpu()), denied: true }))
            .succeeds("firmware_pinned_and_denied", "Both flags; the denial decides."),
        view(firmwareInfoCall { fwid: vec![1; 47].into() }).reverts(
            "InvalidFwid",
            "firmware_of_47_bytes",
            "A firmware id has 48.",
        ),
        set().succeeds("golden_set_unknown", "Mask 0: the tuple has no set."),
        set()
            .after(block(0), pin_set(&gpu(), u64::MAX, true))
            .succeeds("golden_set", "The tuple's only set."),
        view(goldenSetInfoCall { tuple, digest: B256::repeat_byte(9) })
            .after(block(0), pin_set(&gpu(), u64::MAX, true))
            .succeeds(
                "golden_set_another_digest",
                "Mask and count are the tuple's; this digest is none of its.",
            ),
        view(goldenSetInfoCall { tuple: B256::ZERO, digest: B256::ZERO })
            .succeeds("golden_set_zero", "Zero is no tuple: nothing is pinned."),
        view(minimumDriverCall {}).succeeds("no_minimum_driver", "The empty string."),
    ];
    for (name, text) in [
        ("two_numbers", "1000.1"),
        ("three_numbers", "550.90.07"),
        ("four_numbers", "1.2.3.4"),
        ("zeros", "00550.0.0.0"),
        ("largest", "18446744073709551615.18446744073709551615.18446744073709551615.18446744073709551615"),
        ("taken_away", ""),
        ("zero_is_none", "0.0"),
    ] {
        vectors.push(driver(text).succeeds(
            &format!("minimum_driver_{name}"),
            &format!("Set as {text:?}; the text form is that of abi.md."),
        ));
    }
    vectors
}

pub(crate) fn file() -> File {
    build::file(
        "attestation",
        "verifyNVTrust, deviceInfo, icaCount, icaInfo, firmwareInfo, goldenSetInfo, minimumDriver. The vectors named \
         real_h100 hold evidence of a real H100 by NVIDIA (BSD-3-Clause, see the first one); all other devices are \
         simulated.",
        [real_device(), verdicts(), devices(), policy()].concat(),
    )
}
