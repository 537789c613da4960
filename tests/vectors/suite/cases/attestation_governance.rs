//! What governance decides about attestation: each function accepted, and each of its refusals.

use crate::suite::{
    build::{self, Scenario, block},
    evidence::{OWN_ICA, OWN_ICA_KEY, govern, pin_own_ica, set_ica, spki},
    format::{File, Vector},
};
use alloy_primitives::{B256, Bytes, hex};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    nvtrust::{Certificate, GENESIS_ICAS, SIMULATED_ICAS, SPKI_PREFIX},
    precompile::testing::RELAYER,
    protocol::{
        abi::IAIMiningGovernance::{
            denyFirmwareCall, pinFirmwareCall, pinGoldenSetCall, revokeDeviceCall, revokeIcaCall, setIcaCall,
            setMinimumDriverCall,
        },
        parameters::ascii,
    },
};

const FWID: Bytes = Bytes::from_static(&[0xf1; 48]);
const DEVICE: B256 = B256::repeat_byte(0xde);
/// The largest number of stored intermediates.
const MOST_ICAS: u8 = 254;

fn by_governor(question: impl SolCall) -> Scenario {
    Scenario::new(govern(question))
}

fn revoke(index: u8, revoked: bool) -> revokeIcaCall {
    revokeIcaCall { icaIndex: index, revoked }
}

fn strangers() -> Vec<Vector> {
    let decisions: [(&str, Vec<u8>); 7] = [
        ("set_ica", set_ica(0, "", Bytes::new()).abi_encode()),
        ("revoke_ica", revoke(9, true).abi_encode()),
        ("deny_firmware", denyFirmwareCall { fwid: Bytes::new(), denied: true }.abi_encode()),
        ("pin_firmware", pinFirmwareCall { fwid: Bytes::new(), pinned: true }.abi_encode()),
        (
            "pin_golden_set",
            pinGoldenSetCall { tuple: B256::ZERO, mask: 0, digest: B256::ZERO, pinned: true }.abi_encode(),
        ),
        ("revoke_device", revokeDeviceCall { deviceId: DEVICE, revoked: true }.abi_encode()),
        ("set_minimum_driver", setMinimumDriverCall { driver: "x".into() }.abi_encode()),
    ];
    decisions
        .into_iter()
        .map(|(name, input)| {
            Scenario::new(build::call_by(RELAYER, input)).reverts(
                "NotGovernor",
                &format!("{name}_by_a_stranger"),
                "Anyone else, before anything is said about the arguments.",
            )
        })
        .collect()
}

fn intermediates() -> Vec<Vector> {
    let own = || spki(&OWN_ICA_KEY);
    let mut vectors = vec![
        by_governor(set_ica(2, "GB202", own()))
            .succeeds("set_ica", "An architecture that genesis does not know, under the next index: 2."),
        by_governor(set_ica(4, "A1234567", spki(&[1; 96]))).after(block(0), pin_own_ica()).succeeds(
            "set_ica_once_more",
            "Index 3, a name of eight; that the point is on the curve is not checked.",
        ),
        by_governor(set_ica(3, "GH100", own())).after(block(0), pin_own_ica()).reverts(
            "IcaAlreadySet",
            "ica_already_set",
            "A key has one index that counts.",
        ),
        by_governor(set_ica(4, "GB100", own()))
            .after(block(0), pin_own_ica())
            .after(block(0), govern(revoke(OWN_ICA, true)))
            .succeeds("set_ica_again", "A key whose index is revoked gets another one, under other words."),
        by_governor(revoke(OWN_ICA, false))
            .after(block(0), pin_own_ica())
            .after(block(0), govern(revoke(OWN_ICA, true)))
            .after(block(0), govern(set_ica(4, "GB100", own())))
            .reverts("IcaAlreadySet", "restore_superseded_ica", "It has a later index since."),
        by_governor(set_ica(3, "GH100", spki(&GENESIS_ICAS[0].public_key))).reverts(
            "IcaAlreadySet",
            "ica_of_genesis",
            "Genesis pinned it.",
        ),
        by_governor(set_ica(0, "gh100", Bytes::new())).reverts(
            "UnknownTier",
            "tier_before_architecture",
            "Arguments are judged from left to right.",
        ),
        by_governor(set_ica(3, "gh100", Bytes::new())).reverts(
            "InvalidArchitecture",
            "architecture_before_key",
            "Arguments are judged from left to right.",
        ),
        by_governor(setIcaCall {
            tier: 3,
            architecture: ascii("GH100") | B256::with_last_byte(1),
            spki: own(),
        })
        .reverts("InvalidArchitecture", "architecture_with_a_tail", "Something behind the padding."),
        by_governor(revoke(0, true)).succeeds("revoke_ica", "A flag; key and index stay."),
        by_governor(revoke(0, true))
            .after(block(0), govern(revoke(0, true)))
            .succeeds("revoke_ica_twice", "An event although nothing changes."),
        by_governor(revoke(0, false))
            .after(block(0), govern(revoke(0, true)))
            .succeeds("restore_ica", "The flag is taken back."),
        by_governor(revoke(2, true)).reverts("UnknownIca", "revoke_unknown_ica", "Nothing is pinned there."),
        by_governor(revoke(254, true)).reverts(
            "UnknownIca",
            "revoke_simulated_ica",
            "Reserved indices are not governance's.",
        ),
    ];
    for tier in [0, 1, 5, 255] {
        vectors.push(by_governor(set_ica(tier, "GH100", own())).reverts(
            "UnknownTier",
            &format!("ica_of_tier_{tier}"),
            "Attested tiers are 2 to 4.",
        ));
    }
    for (name, text) in [
        ("empty", ""),
        ("lower_case", "gh100"),
        ("two_words", "GH 100"),
        ("digit_first", "0GH100"),
        ("nine_characters", "GH1000000"),
    ] {
        vectors.push(by_governor(set_ica(3, text, own())).reverts(
            "InvalidArchitecture",
            &format!("architecture_{name}"),
            "One to eight upper-case letters and digits, a letter first.",
        ));
    }
    let compressed = [&hex!("3046301006072a8648ce3d020106052b81040022033200")[..], &[2; 49]].concat();
    let p256 = [&hex!("3059301306072a8648ce3d020106082a8648ce3d030107034200")[..], &[4; 65]].concat();
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("short", own()[..119].to_vec()),
        ("long", [&own()[..], &[0]].concat()),
        ("without_prefix", OWN_ICA_KEY.to_vec()),
        ("prefix_alone", SPKI_PREFIX.to_vec()),
        ("compressed", compressed),
        ("p256", p256),
    ] {
        vectors.push(by_governor(set_ica(3, "GH100", bytes.into())).reverts(
            "InvalidSpki",
            &format!("spki_{name}"),
            "120 bytes: the prefix of an uncompressed P-384 key, then x ‖ y.",
        ));
    }
    vectors.extend(never_pinned());
    vectors.push(too_many());
    vectors
}

fn never_pinned() -> Vec<Vector> {
    let key = |der: &[u8]| spki(Certificate::parse(der).expect("a certificate").public_key());
    let root = include_bytes!("../../../../src/nvtrust/tests/fixtures/h100_root.der");
    let identity = include_bytes!("../../../../src/nvtrust/tests/fixtures/h100_identity.der");
    [
        ("simulated_gh100", spki(&SIMULATED_ICAS[0].public_key), "The simulated intermediate of index 254."),
        ("simulated_gb100", spki(&SIMULATED_ICAS[1].public_key), "The simulated intermediate of index 255."),
        ("nvidia_root", key(root), "NVIDIA's root: an NVSwitch hangs under it as well."),
        ("nvidia_identity", key(identity), "NVIDIA's GH100 Identity CA, likewise."),
    ]
    .map(|(name, spki, about)| {
        by_governor(set_ica(3, "GH100", spki)).reverts(
            "IcaNotAllowed",
            &format!("never_pinned_{name}"),
            about,
        )
    })
    .into()
}

/// Every index below the reserved ones is taken.
fn too_many() -> Vector {
    let ica = |number: u8| set_ica(3, "GH100", spki(&[number; 96]));
    let mut scenario = by_governor(ica(MOST_ICAS));
    for number in 2..MOST_ICAS {
        scenario = scenario.after(block(0), govern(ica(number)));
    }
    scenario.reverts("TooManyIcas", "too_many_icas", "Indices 0 to 253 are taken; 254 is reserved.")
}

fn firmware() -> Vec<Vector> {
    let deny = |denied| denyFirmwareCall { fwid: FWID, denied };
    let pin = |pinned| pinFirmwareCall { fwid: FWID, pinned };
    let mut vectors = vec![
        by_governor(deny(true)).succeeds("deny_firmware", "The flag of that firmware id."),
        by_governor(deny(false))
            .after(block(0), govern(deny(true)))
            .succeeds("allow_firmware", "The flag is taken back."),
        by_governor(deny(false)).succeeds("allow_firmware_that_was_not_denied", "An event, no change."),
        by_governor(pin(true))
            .after(block(0), govern(deny(true)))
            .succeeds("pin_firmware", "Another flag; the denial stays."),
        by_governor(pin(false)).after(block(0), govern(pin(true))).succeeds("unpin_firmware", "Taken back."),
        by_governor(revokeDeviceCall { deviceId: DEVICE, revoked: true })
            .succeeds("revoke_device", "Any device id, known or not."),
        by_governor(revokeDeviceCall { deviceId: DEVICE, revoked: false })
            .after(block(0), govern(revokeDeviceCall { deviceId: DEVICE, revoked: true }))
            .succeeds("restore_device", "The flag is taken back."),
        Scenario::new(govern(revokeDeviceCall { deviceId: DEVICE, revoked: true }))
            .but(|call| {
                let mut input = call.input.own().to_vec();
                *input.last_mut().expect("not empty") = 2;
                call.input = crate::suite::format::Shared::Own(input.into());
            })
            .reverts("MalformedInput", "flag_of_2", "A flag is 0 or 1."),
    ];
    for length in [0, 32, 47, 49] {
        let fwid = Bytes::from(vec![1; length]);
        vectors.push(by_governor(denyFirmwareCall { fwid: fwid.clone(), denied: true }).reverts(
            "InvalidFwid",
            &format!("deny_firmware_of_{length}_bytes"),
            "A firmware id has 48.",
        ));
        vectors.push(by_governor(pinFirmwareCall { fwid, pinned: true }).reverts(
            "InvalidFwid",
            &format!("pin_firmware_of_{length}_bytes"),
            "A firmware id has 48.",
        ));
    }
    vectors
}

fn golden_sets() -> Vec<Vector> {
    let [tuple, other, one, two] = [1, 2, 3, 4].map(B256::repeat_byte);
    let set = |tuple, mask, digest, pinned| pinGoldenSetCall { tuple, mask, digest, pinned };
    let first = || govern(set(tuple, 6, one, true));
    let second = || govern(set(tuple, 6, two, true));
    let invalid =
        |question, name: &str, about: &str| by_governor(question).reverts("InvalidGoldenSet", name, about);
    let mask = |question, name: &str| {
        by_governor(question).after(block(0), first()).reverts(
            "GoldenMaskMismatch",
            name,
            "All sets of a tuple compare the same blocks.",
        )
    };
    vec![
        by_governor(set(tuple, 6, one, true))
            .succeeds("pin_golden_set", "The tuple's first: its mask stands now."),
        Scenario::new(second()).after(block(0), first()).succeeds("pin_second_golden_set", "Another digest."),
        Scenario::new(first())
            .after(block(0), first())
            .succeeds("pin_golden_set_twice", "Twice is once; an event all the same."),
        by_governor(set(tuple, 6, one, false))
            .after(block(0), first())
            .after(block(0), second())
            .succeeds("unpin_golden_set", "The other one stays, and the mask with it."),
        by_governor(set(tuple, 6, one, false))
            .after(block(0), first())
            .succeeds("unpin_last_golden_set", "Nothing is left, not even the mask."),
        by_governor(set(tuple, 7, two, true))
            .after(block(0), first())
            .after(block(0), govern(set(tuple, 6, one, false)))
            .succeeds("pin_under_a_new_mask", "The mask is free once the last set is gone."),
        by_governor(set(tuple, 6, two, false))
            .after(block(0), first())
            .succeeds("unpin_what_was_never_pinned", "An event, no change."),
        by_governor(set(tuple, 6, two, false))
            .succeeds("unpin_of_an_unknown_tuple", "An event, no change; no mask is left behind."),
        mask(set(tuple, 7, two, true), "pin_under_another_mask"),
        mask(set(tuple, 7, one, false), "unpin_under_another_mask"),
        invalid(set(B256::ZERO, 1, one, true), "golden_set_of_tuple_zero", "A zero tuple."),
        invalid(set(tuple, 0, one, true), "golden_set_of_mask_zero", "A mask of no block."),
        invalid(set(tuple, 1, B256::ZERO, true), "golden_set_of_digest_zero", "A zero digest."),
        by_governor(set(other, 6, one, true)).after(block(0), first()).reverts(
            "InvalidGoldenSet",
            "golden_set_of_another_tuple",
            "A digest covers its tuple.",
        ),
        by_governor(set(other, 6, one, false)).after(block(0), first()).reverts(
            "InvalidGoldenSet",
            "unpin_golden_set_of_another_tuple",
            "It cannot be taken away there either.",
        ),
    ]
}

fn drivers() -> Vec<Vector> {
    let minimum = |driver: &str| setMinimumDriverCall { driver: driver.into() };
    let mut vectors = vec![
        by_governor(minimum("550.90.07")).succeeds("set_minimum_driver", "Four numbers in one word."),
        by_governor(minimum("535.1"))
            .after(block(0), govern(minimum("550.90.07")))
            .succeeds("lower_the_minimum_driver", "In any direction; old and new in the event's text form."),
        by_governor(minimum(""))
            .after(block(0), govern(minimum("550.90.07")))
            .succeeds("take_the_minimum_driver_away", "The empty string: none."),
    ];
    for (name, text) in [
        ("word", "x"),
        ("dot_last", "1."),
        ("dot_first", ".1"),
        ("two_dots", "1..2"),
        ("five_numbers", "1.2.3.4.5"),
        ("blank", " 1"),
        ("sign", "-1"),
        ("2_64", "18446744073709551616"),
    ] {
        vectors.push(by_governor(minimum(text)).reverts(
            "InvalidDriverVersion",
            &format!("driver_{name}"),
            "One to four decimal numbers below 2^64 between dots.",
        ));
    }
    vectors
}

pub(crate) fn file() -> File {
    build::file(
        "attestation-governance",
        "setIca, revokeIca, denyFirmware, pinFirmware, pinGoldenSet, revokeDevice, setMinimumDriver.",
        [strangers(), intermediates(), firmware(), golden_sets(), drivers()].concat(),
    )
}
