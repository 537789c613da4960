//! What governance decides about evidence, and what each decision does to a proof.

use super::*;
use crate::storage::layout::{GOLDEN_COUNT, GOLDEN_MASK, GOLDEN_SET, ICA_BY_KEY, ICA_COUNT, ICA_KEY};
use pars_nvtrust::{GENESIS_ICAS, SIMULATED_ICAS, SPKI_PREFIX};
use pars_protocol::{abi::IAIMiningEvents::*, parameters::ascii};

const FWID: Bytes = Bytes::from_static(&[0xf1; 48]);
/// 9500, 8000, 10000 of 6000, for 10^6 units at genesis: 10^10 · 10^6 · 10^18 · trust / 10^22.
const SOFTWARE: u128 = 6_000_000_000_000_000;

/// A decision of governance that must be refused.
#[track_caller]
fn denied(host: &mut MemoryHost, question: impl SolCall, expected: impl SolError) {
    let call = from(crate::testing::GOVERNOR, question.abi_encode());
    refused(host, &precompile(), call, &error(expected));
}

fn spki(key: &[u8; 96]) -> Bytes {
    [&SPKI_PREFIX[..], key].concat().into()
}

fn set_ica(tier: u8, name: &str, spki: Bytes) -> setIcaCall {
    setIcaCall { tier, architecture: ascii(name), spki }
}

/// The only event of a call.
#[track_caller]
fn event<E: alloy_sol_types::SolEvent>(executed: &Executed) -> E {
    let [log] = executed.logs.as_slice() else { panic!("{} logs", executed.logs.len()) };
    E::decode_log_data(log).unwrap()
}

#[test]
fn d6_only_the_governor_decides() {
    let mut host = host(&genesis());
    let decisions: [Vec<u8>; 7] = [
        set_ica(3, "GH100", spki(&[1; 96])).abi_encode(),
        revokeIcaCall { icaIndex: 0, revoked: true }.abi_encode(),
        denyFirmwareCall { fwid: FWID, denied: true }.abi_encode(),
        pinFirmwareCall { fwid: FWID, pinned: true }.abi_encode(),
        pinGoldenSetCall { tuple: B256::ZERO, mask: 0, digest: B256::ZERO, pinned: true }.abi_encode(),
        revokeDeviceCall { deviceId: B256::ZERO, revoked: true }.abi_encode(),
        setMinimumDriverCall { driver: "x".into() }.abi_encode(),
    ];
    for decision in decisions {
        // Before anything is said about the arguments.
        refused(&mut host, &precompile(), call(decision), &error(NotGovernor { caller: RELAYER }));
    }
}

#[test]
fn d6_full_trust_needs_pinned_firmware_and_pinned_measurements() {
    let mut host = running();
    let device = |host: &MemoryHost, number| work(host, 1, 1, number);
    let (tuple, digest) = golden(&device(&host, 1), u64::MAX);
    let firmware = fwid(&device(&host, 1));
    let reward = |trust: u128| U256::from(SOFTWARE / 6_000 * trust);
    assert_eq!(pay_full(&mut device(&host, 1), &mut host), reward(8_000));
    // Measurements are the word of the firmware that signs them.
    govern(&mut host, pinGoldenSetCall { tuple, mask: u64::MAX, digest, pinned: true });
    assert_eq!(pay_full(&mut device(&host, 2), &mut host), reward(8_000));
    govern(&mut host, pinFirmwareCall { fwid: firmware.clone(), pinned: true });
    assert_eq!(pay_full(&mut device(&host, 3), &mut host), reward(9_500));
    govern(&mut host, pinGoldenSetCall { tuple, mask: u64::MAX, digest, pinned: false });
    assert_eq!(pay_full(&mut device(&host, 4), &mut host), reward(8_000));
    // A registered device is judged again each time.
    host.block_timestamp = next_epoch(&host);
    govern(&mut host, pinGoldenSetCall { tuple, mask: u64::MAX, digest, pinned: true });
    // The epoch that closed had far fewer units than its target, so d rose by a quarter.
    let rose = |trust| reward(trust) * U256::from(5) / U256::from(4);
    assert_eq!(pay_registered(&mut device(&host, 5), &mut host), rose(9_500));
    govern(&mut host, pinFirmwareCall { fwid: firmware, pinned: false });
    assert_eq!(pay_registered(&mut device(&host, 6), &mut host), rose(8_000));
}

#[test]
fn d6_debug_and_cc_off_show_as_other_measurements_and_are_refused_where_a_set_is_pinned() {
    let mut host = running();
    let known = work(&host, 1, 1, 1);
    pin(&mut host, &known, u64::MAX);
    let mut debug = work(&host, 1, 1, 2);
    debug.device.firmware.measurements[9] = [0xdb; 48];
    let (tuple, digest) = golden(&debug, u64::MAX);
    let attestation = debug.full();
    refuse(MeasurementsMismatch { tuple }, attestation.clone(), &mut debug, &mut host);
    // A second set of the same tuple: governance may know several good ones.
    govern(&mut host, pinGoldenSetCall { tuple, mask: u64::MAX, digest, pinned: true });
    pay(attestation, &mut debug, &mut host);
    pay_full(&mut work(&host, 1, 1, 3), &mut host);
    let sets = view(&mut host, &precompile(), goldenSetInfoCall { tuple, digest });
    assert_eq!((sets.mask, sets.digests, sets.pinned), (u64::MAX, 2, true));
}

#[test]
fn d6_blocks_outside_the_mask_are_not_compared() {
    let mut host = running();
    let known = work(&host, 1, 1, 1);
    // All but the decoder's, RIM index 35.
    pin(&mut host, &known, !(1 << 35));
    let mut other = work(&host, 1, 1, 2);
    other.device.firmware.measurements[35] = [7; 48];
    pay_full(&mut other, &mut host);
    let mut other = work(&host, 1, 1, 3);
    other.device.firmware.measurements[34] = [7; 48];
    let (attestation, (tuple, _)) = (other.full(), golden(&other, 1));
    refuse(MeasurementsMismatch { tuple }, attestation, &mut other, &mut host);
}

#[test]
fn d6_a_tuple_without_sets_is_the_class_of_unpinned_measurements_for_every_architecture() {
    for (architecture, tier, trust) in [(Architecture::GH100, 3, 9_500), (Architecture::GB100, 4, 10_000)] {
        let mut host = running();
        let device = GpuMiner::new(architecture, SET, 1, 1);
        let submit = |host: &mut MemoryHost, number| {
            let mut gpu = work(host, 1, 1, number);
            gpu.device = GpuMiner::new(architecture, SET, 1, 1).device;
            gpu.miner.statement.context.device_id = gpu.device_id();
            let (precompile, _) = stubbed(true);
            let attestation = gpu.full();
            let (_, executed) = accepted(host, &precompile, call(gpu.unsigned_calldata(attestation)));
            let work = WorkAccepted::decode_log_data(executed.logs.last().unwrap()).unwrap();
            (work.tier, work.trustBps)
        };
        assert_eq!(submit(&mut host, 1), (tier, 8_000));
        pin(&mut host, &device, u64::MAX);
        assert_eq!(submit(&mut host, 2), (tier, trust));
    }
}

#[test]
fn d6_the_attested_pool_is_paid_by_its_own_counters() {
    let mut host = running();
    let pool = |host: &MemoryHost, pool| view(&mut host.clone(), &precompile(), poolInfoCall { pool });
    let (software, attested) = (pool(&host, 0), pool(&host, 1));
    let reward = pay_full(&mut work(&host, 1, 1, 1), &mut host);
    assert_eq!(pool(&host, 0), software);
    let after = pool(&host, 1);
    assert_eq!((after.units - attested.units, after.paid - attested.paid), (1_000_000, reward));
}

#[test]
fn d6_a_revoked_device_is_refused_by_both_kinds_until_it_is_restored() {
    let mut host = running();
    pay_full(&mut work(&host, 1, 1, 1), &mut host);
    host.block_timestamp = next_epoch(&host);
    let mut gpu = work(&host, 1, 1, 2);
    let device_id = gpu.device_id();
    let executed = govern(&mut host, revokeDeviceCall { deviceId: device_id, revoked: true });
    let changed: DeviceRevocationChanged = event(&executed);
    assert_eq!((changed.deviceId, changed.oldValue, changed.newValue), (device_id, false, true));
    assert!(info(&host, device_id).revoked);
    for attestation in [gpu.full(), gpu.registered()] {
        let question = verifyNVTrustCall { attestation: attestation.clone(), nonce: gpu.nonce().into() };
        let expected = error(DeviceRevoked { deviceId: device_id });
        refused(&mut host, &precompile(), call(question.abi_encode()), &expected);
        refuse(DeviceRevoked { deviceId: device_id }, attestation, &mut gpu, &mut host);
    }
    govern(&mut host, revokeDeviceCall { deviceId: device_id, revoked: false });
    pay_registered(&mut gpu, &mut host);
}

#[test]
fn d6_denied_firmware_is_refused_though_it_is_pinned() {
    let mut host = running();
    let mut gpu = work(&host, 1, 1, 1);
    pin(&mut host, &gpu, 1);
    let executed = govern(&mut host, denyFirmwareCall { fwid: fwid(&gpu), denied: true });
    let changed: FirmwareDenialChanged = event(&executed);
    assert_eq!((changed.fwid, changed.oldValue, changed.newValue), (fwid(&gpu), false, true));
    let known = view(&mut host, &precompile(), firmwareInfoCall { fwid: fwid(&gpu) });
    assert!(known.denied && known.pinned);
    let attestation = gpu.full();
    refuse(FirmwareDenied { fwid: fwid(&gpu) }, attestation, &mut gpu, &mut host);
    // Firmware of another branch is not concerned.
    let mut other = work(&host, 1, 2, 2);
    other.device.update_firmware("580.95.05");
    pay_full(&mut other, &mut host);
}

#[test]
fn d6_drivers_compare_as_numbers() {
    let mut host = running();
    // 550.90.07 is what the device runs.
    for (minimum, shown, allowed) in [
        ("550.90.07", "550.90.07", true),
        ("550.90.7", "550.90.07", true),
        ("550.90.08", "550.90.08", false),
        ("550.100", "550.100", false),
        ("550.9.1000", "550.09.1000", true),
        ("1000", "1000.00", false),
        ("", "", true),
    ] {
        govern(&mut host, setMinimumDriverCall { driver: minimum.into() });
        assert_eq!(view(&mut host, &precompile(), minimumDriverCall {}), shown);
        let gpu = work(&host, 1, 1, 1);
        let question = verifyNVTrustCall { attestation: gpu.full(), nonce: gpu.nonce().into() };
        if allowed {
            view(&mut host, &precompile(), question);
        } else {
            let expected = error(DriverTooOld { driver: "550.90.07".into() });
            refused(&mut host, &precompile(), call(question.abi_encode()), &expected);
        }
    }
    for driver in ["x", "1.", ".1", "1..2", "1.2.3.4.5", " 1", "-1", "18446744073709551616"] {
        denied(&mut host, setMinimumDriverCall { driver: driver.into() }, InvalidDriverVersion {});
    }
    // A driver that is no number is older than any.
    let mut odd = work(&host, 1, 1, 2);
    odd.device.firmware.driver = "main".into();
    pay_full(&mut odd, &mut host);
    govern(&mut host, setMinimumDriverCall { driver: "1".into() });
    let mut odd = work(&host, 1, 1, 3);
    odd.device.firmware.driver = "main".into();
    let attestation = odd.full();
    refuse(DriverTooOld { driver: "main".into() }, attestation, &mut odd, &mut host);
}

#[test]
fn d6_intermediates_get_permanent_indices_and_can_be_revoked() {
    let mut host = host(&genesis());
    assert_eq!(view(&mut host, &precompile(), icaCountCall {}), 2);
    for (index, (tier, ica)) in [3, 4].into_iter().zip(GENESIS_ICAS).enumerate() {
        let ica_index = u8::try_from(index).unwrap();
        let known = view(&mut host, &precompile(), icaInfoCall { icaIndex: ica_index });
        assert_eq!((known.tier, known.architecture), (tier, ascii(ica.architecture.name())));
        assert_eq!((known.spki, known.revoked), (spki(&ica.public_key), false));
    }
    // An architecture that no release knows: RTX PRO 6000's, once its intermediate is known.
    let (key, name) = (spki(&[0x61; 96]), "GB202");
    let (output, executed) = accepted(
        &mut host,
        &precompile(),
        from(crate::testing::GOVERNOR, set_ica(2, name, key.clone()).abi_encode()),
    );
    assert_eq!(setIcaCall::abi_decode_returns(&output).unwrap(), 2);
    let set: IcaSet = event(&executed);
    assert_eq!((set.icaIndex, set.tier, set.architecture, set.spki), (2, 2, ascii(name), key.clone()));
    assert_eq!(word(&host, ICA_COUNT.key()), U256::from(3));
    assert_eq!(word(&host, ICA_KEY.at(2).at(0).key()), U256::from_be_bytes([0x61; 32]));
    assert_eq!(word(&host, ICA_BY_KEY.at(keccak256([0x61; 96])).key()), U256::from(3));
    // Not twice.
    denied(&mut host, set_ica(2, name, key.clone()), IcaAlreadySet { icaIndex: 2 });
    let executed = govern(&mut host, revokeIcaCall { icaIndex: 2, revoked: true });
    let changed: IcaRevocationChanged = event(&executed);
    assert_eq!((changed.icaIndex, changed.oldValue, changed.newValue), (2, false, true));
    assert!(view(&mut host, &precompile(), icaInfoCall { icaIndex: 2 }).revoked);
    govern(&mut host, revokeIcaCall { icaIndex: 2, revoked: false });
    assert!(!view(&mut host, &precompile(), icaInfoCall { icaIndex: 2 }).revoked);
    // A slip in tier or name is mended by a new index; the old one never comes back.
    govern(&mut host, revokeIcaCall { icaIndex: 2, revoked: true });
    govern(&mut host, set_ica(3, "GB203", key.clone()));
    assert_eq!(view(&mut host, &precompile(), icaInfoCall { icaIndex: 3 }).tier, 3);
    denied(&mut host, revokeIcaCall { icaIndex: 2, revoked: false }, IcaAlreadySet { icaIndex: 3 });
    govern(&mut host, revokeIcaCall { icaIndex: 2, revoked: true });
    denied(&mut host, set_ica(2, name, key), IcaAlreadySet { icaIndex: 3 });
    for index in [4, 253, 254, 255] {
        denied(&mut host, revokeIcaCall { icaIndex: index, revoked: true }, UnknownIca { icaIndex: index });
        let question = icaInfoCall { icaIndex: index }.abi_encode();
        refused(&mut host, &precompile(), call(question), &error(UnknownIca { icaIndex: index }));
    }
}

#[test]
fn d6_a_revoked_intermediate_takes_its_real_devices_with_it() {
    let mut host = host(&genesis());
    let (attestation, nonce) = h100::attestation();
    let question = verifyNVTrustCall { attestation, nonce };
    view(&mut host, &precompile(), question.clone());
    govern(&mut host, revokeIcaCall { icaIndex: 0, revoked: true });
    refused(&mut host, &precompile(), call(question.abi_encode()), &error(IcaRevoked { icaIndex: 0 }));
    govern(&mut host, revokeIcaCall { icaIndex: 0, revoked: false });
    govern(&mut host, revokeIcaCall { icaIndex: 1, revoked: true });
    view(&mut host, &precompile(), question);
}

#[test]
fn d6_some_keys_are_never_pinned() {
    let mut host = host(&genesis());
    for ica in SIMULATED_ICAS {
        denied(&mut host, set_ica(3, "GH100", spki(&ica.public_key)), IcaNotAllowed {});
        // Its negative: the same x, another y.
        let mut negative = ica.public_key;
        negative[95] ^= 1;
        denied(&mut host, set_ica(3, "GH100", spki(&negative)), IcaNotAllowed {});
    }
    for (tier, ica) in [3, 4].into_iter().zip(GENESIS_ICAS) {
        denied(
            &mut host,
            set_ica(tier, "GH100", spki(&ica.public_key)),
            IcaAlreadySet { icaIndex: tier - 3 },
        );
    }
    for tier in [0, 1, 5, 255] {
        denied(&mut host, set_ica(tier, "GH100", spki(&[1; 96])), UnknownTier { tier });
    }
    for name in ["", "gh100", "GH 100", "0GH100", "GH1000000"] {
        let question = set_ica(3, name, spki(&[1; 96]));
        let expected = InvalidArchitecture { architecture: question.architecture };
        denied(&mut host, question, expected);
    }
    // Something behind the padding.
    let mut architecture = ascii("GH100");
    architecture[31] = 1;
    let question = setIcaCall { tier: 3, architecture, spki: spki(&[1; 96]) };
    denied(&mut host, question, InvalidArchitecture { architecture });
    let good = spki(&[1; 96]);
    let compressed = [&hex::decode("3046301006072a8648ce3d020106052b81040022033200").unwrap()[..], &[2; 49]];
    for bytes in
        [Bytes::new(), good[1..].to_vec().into(), good[..119].to_vec().into(), compressed.concat().into()]
    {
        denied(&mut host, set_ica(3, "GH100", bytes), InvalidSpki {});
    }
}

#[test]
fn d6_indices_end_before_the_reserved_ones() {
    let mut host = host(&genesis());
    put(&mut host, ICA_COUNT.key(), U256::from(253));
    govern(&mut host, set_ica(3, "GH100", spki(&[1; 96])));
    assert_eq!(view(&mut host, &precompile(), icaInfoCall { icaIndex: 253 }).tier, 3);
    denied(&mut host, set_ica(3, "GH100", spki(&[2; 96])), TooManyIcas {});
}

#[test]
fn d6_golden_sets_of_a_tuple_share_a_mask_and_leave_no_trace_when_the_last_one_goes() {
    let mut host = host(&genesis());
    let [tuple, other, one, two] = [1, 2, 3, 4].map(B256::repeat_byte);
    let set = |tuple, mask, digest, pinned| pinGoldenSetCall { tuple, mask, digest, pinned };
    let before = host.account.storage.clone();
    for question in [
        set(B256::ZERO, 1, one, true),
        set(tuple, 0, one, true),
        set(tuple, 1, B256::ZERO, true),
        set(tuple, 0, one, false),
    ] {
        denied(&mut host, question, InvalidGoldenSet {});
    }
    let executed = govern(&mut host, set(tuple, 6, one, true));
    let changed: GoldenSetChanged = event(&executed);
    assert_eq!((changed.tuple, changed.digest, changed.mask), (tuple, one, 6));
    assert_eq!((changed.oldValue, changed.newValue), (false, true));
    denied(&mut host, set(tuple, 7, two, true), GoldenMaskMismatch { mask: 6 });
    denied(&mut host, set(tuple, 7, one, false), GoldenMaskMismatch { mask: 6 });
    // A digest covers its tuple: another tuple's cannot be taken from here.
    denied(&mut host, set(other, 6, one, true), InvalidGoldenSet {});
    denied(&mut host, set(other, 6, one, false), InvalidGoldenSet {});
    // Twice is once.
    govern(&mut host, set(tuple, 6, one, true));
    govern(&mut host, set(tuple, 6, two, true));
    assert_eq!(word(&host, GOLDEN_COUNT.at(tuple).key()), U256::from(2));
    assert_eq!(word(&host, GOLDEN_SET.at(two).key()), U256::from_be_bytes(tuple.0));
    // What was never pinned is not taken away.
    govern(&mut host, set(tuple, 6, B256::repeat_byte(9), false));
    assert_eq!(word(&host, GOLDEN_COUNT.at(tuple).key()), U256::from(2));
    govern(&mut host, set(tuple, 6, one, false));
    assert_eq!(word(&host, GOLDEN_MASK.at(tuple).key()), U256::from(6));
    govern(&mut host, set(tuple, 6, two, false));
    assert_eq!(host.account.storage, before);
    // Now the mask is free.
    govern(&mut host, set(tuple, 7, two, true));
}

#[test]
fn d6_firmware_ids_have_48_bytes() {
    let mut host = host(&genesis());
    for length in [0, 32, 47, 49] {
        let fwid = Bytes::from(vec![1; length]);
        denied(&mut host, denyFirmwareCall { fwid: fwid.clone(), denied: true }, InvalidFwid {});
        denied(&mut host, pinFirmwareCall { fwid: fwid.clone(), pinned: true }, InvalidFwid {});
        refused(
            &mut host,
            &precompile(),
            call(firmwareInfoCall { fwid }.abi_encode()),
            &error(InvalidFwid {}),
        );
    }
    let executed = govern(&mut host, pinFirmwareCall { fwid: FWID, pinned: true });
    let changed: FirmwarePinChanged = event(&executed);
    assert_eq!((changed.fwid, changed.oldValue, changed.newValue), (FWID, false, true));
    let executed = govern(&mut host, setMinimumDriverCall { driver: "535.1".into() });
    let changed: MinimumDriverChanged = event(&executed);
    assert_eq!((changed.oldDriver.as_str(), changed.newDriver.as_str()), ("", "535.01"));
}

#[test]
fn d6_flags_are_zero_or_one() {
    let mut host = host(&genesis());
    let mut input = revokeDeviceCall { deviceId: B256::ZERO, revoked: true }.abi_encode();
    *input.last_mut().unwrap() = 2;
    let call = from(crate::testing::GOVERNOR, input);
    refused(&mut host, &precompile(), call, &error(MalformedInput {}));
}
