//! Chains and verdicts, on devices of our own: each rule broken alone, everything signed all the same.

use super::{
    device::{
        BASIC_CONSTRAINTS, COMMON_NAME, Device, FWID, KEY_USAGE, SERIAL_NUMBER, composite, dice, extension,
        fwid, key, name, public_key, spki,
    },
    support::{Believes, Unasked, twin},
};
use crate::{
    Architecture, ChainError as C, EvidenceError as E, GENESIS_ICAS, IdentityKey, PinnedIca, Reference,
    Registration, Report, tlv, verify_evidence, verify_registered,
};

/// What the rules alone say, before any signature.
fn refused(device: &Device) -> E {
    let verdict = device.evidence().verdict_with(&Unasked);
    verdict.expect_err("broken")
}

#[test]
fn d1_devices_of_our_own_pass_below_our_own_intermediate_and_never_below_nvidias() {
    for (architecture, nvidias) in Architecture::ALL.into_iter().zip(GENESIS_ICAS) {
        let mut evidence = Device::new(architecture).evidence();
        let verdict = evidence.verdict().expect("genuine");
        assert_eq!((verdict.architecture, verdict.fwid), (architecture, FWID));
        assert_eq!(verdict.device_id, blake3::derive_key("pars.aimining.nvtrust-device.v1", &spki(&key(2))));
        assert_eq!(verdict.pdi, [1, 2, 3, 4, 5, 6, 7, 0xA8]);
        evidence.ica = nvidias;
        assert_eq!(evidence.verdict(), Err(E::Chain(C::IdentityKeySignature)));
    }
}

#[test]
fn an_architecture_is_a_word_that_certificates_could_carry() {
    for name in ["GH100", "GB100", "GB202", "G", "ABCDEFG8"] {
        let architecture = Architecture::from_name(name.as_bytes()).expect("a name");
        assert_eq!((architecture.name(), format!("{architecture:?}").as_str()), (name, name));
    }
    assert_eq!(
        Architecture::ALL.map(|known| Architecture::from_name(known.name().as_bytes()).unwrap()),
        Architecture::ALL
    );
    for name in ["", "gh100", "100", "GH 100", "GH100\0", "GH-100", "ABCDEFGH9", "\u{c4}"] {
        assert_eq!(Architecture::from_name(name.as_bytes()), None, "{name:?}");
    }
}

#[test]
fn d1_an_architecture_that_no_sample_shows_needs_no_other_rule() {
    // A device by the same layout under another chip's name passes below an intermediate pinned for that name only.
    let other = Architecture::from_name(b"GB202").expect("a name");
    let mut evidence = Device::new(other).evidence();
    assert_eq!(evidence.verdict().expect("genuine").architecture, other);
    evidence.ica.architecture = Architecture::GB100;
    assert_eq!(evidence.verdict(), Err(E::Chain(C::Architecture(Architecture::GB100))));
}

#[test]
fn d2_the_identity_keys_rules() {
    let device = Device::new(Architecture::GH100);
    let with = |change: &dyn Fn(&mut Device)| {
        let mut device = device.clone();
        change(&mut device);
        refused(&device)
    };
    let end_entity =
        |device: &mut Device| device.ik.extensions[0] = extension(BASIC_CONSTRAINTS, true, &[0x30, 0]);
    assert_eq!(with(&end_entity), E::Chain(C::IssuerIsNoAuthority));
    assert_eq!(with(&|device| drop(device.ik.extensions.remove(0))), E::Chain(C::IssuerIsNoAuthority));
    let signs = |device: &mut Device| device.ik.extensions[1] = extension(KEY_USAGE, true, &[3, 2, 7, 0x80]);
    assert_eq!(with(&signs), E::Chain(C::IssuerKeyUsage));
    assert_eq!(with(&|device| drop(device.ik.extensions.remove(1))), E::Chain(C::IssuerKeyUsage));
    for serial in [&[0x42, 1, 2, 3, 4, 5, 6, 7, 8][..], &[0x41, 1, 2, 3, 4, 5, 6, 7], &[0x41; 10], &[0x41]] {
        let bytes = [&[2, u8::try_from(serial.len()).expect("few")], serial].concat();
        assert_eq!(with(&|device| device.ik.serial.clone_from(&bytes)), E::Chain(C::SerialNumber));
    }
    for text in ["4101020304050607A9", "4101020304050607a8", "4101020304050607A", "4101020304050607A80", ""] {
        let subject = name(&[(SERIAL_NUMBER, text), (COMMON_NAME, "GH100 A01 GSP BROM")]);
        let other = |device: &mut Device| {
            device.ik.subject.clone_from(&subject);
            device.leaf.issuer.clone_from(&subject);
        };
        assert_eq!(with(&other), E::Chain(C::SubjectSerialNumber), "{text}");
    }
    // A path length, and one more usage, forbid nothing.
    let mut allowed = device.clone();
    allowed.ik.extensions[0] = extension(BASIC_CONSTRAINTS, true, &[0x30, 6, 1, 1, 0xFF, 2, 1, 0]);
    allowed.ik.extensions[1] = extension(KEY_USAGE, true, &[3, 2, 1, 0x06]);
    assert!(allowed.evidence().verdict().is_ok());
}

#[test]
fn d2_a_switch_poses_as_a_gpu() {
    let mut switch = Device::new(Architecture::GH100);
    switch.ik.serial[2] = 0x50;
    switch.ik.subject = name(&[(SERIAL_NUMBER, "5001020304050607A8"), (COMMON_NAME, "LS_10 A01 FSP BROM")]);
    switch.leaf.issuer.clone_from(&switch.ik.subject);
    let bytes = switch.ik.signed_by(&switch.ica_key);
    assert_eq!(IdentityKey::parse(&bytes).expect("a switch's").kind(), crate::DeviceKind::NvSwitch);
    // Even below an intermediate that is pinned for GPUs, and with 64 blocks in its report.
    assert_eq!(refused(&switch), E::Chain(C::NvSwitch));
    // With a GPU's serial number, its name gives it away.
    switch.ik.serial[2] = 0x41;
    switch.ik.subject = name(&[(SERIAL_NUMBER, "4101020304050607A8"), (COMMON_NAME, "LS_10 A01 FSP BROM")]);
    switch.leaf.issuer.clone_from(&switch.ik.subject);
    assert_eq!(refused(&switch), E::Chain(C::Architecture(Architecture::GH100)));
    // With a GPU's names but a switch's report.
    let mut switch = Device::new(Architecture::GH100);
    switch.blocks.truncate(31);
    switch.set(tlv::VBIOS_VERSION, b"96.10.55.00.01");
    assert_eq!(refused(&switch), E::NvSwitch);
    // Its intermediate is not pinned for a GPU.
    let mut ica = Device::new(Architecture::GH100).ik;
    ica.subject = name(&[(COMMON_NAME, "NVIDIA LS_10 Provisioner ICA 1")]);
    let refused = PinnedIca::from_certificate(Architecture::GH100, &ica.signed_by(&key(9)));
    assert_eq!(refused, Err(C::Architecture(Architecture::GH100)));
}

#[test]
fn d2_names_say_the_architecture_of_the_intermediate() {
    for (architecture, other) in
        [(Architecture::GH100, Architecture::GB100), (Architecture::GB100, Architecture::GH100)]
    {
        let mut evidence = Device::new(architecture).evidence();
        evidence.ica.architecture = other;
        assert_eq!(evidence.verdict_with(&Unasked), Err(E::Chain(C::Architecture(other))));
        let wrong = E::Chain(C::Architecture(architecture));
        let mut device = Device::new(architecture);
        device.ik.issuer = name(&[(COMMON_NAME, &format!("NVIDIA {} Provisioner ICA 1", other.name()))]);
        assert_eq!(refused(&device), wrong);
        device.ik.issuer =
            name(&[(COMMON_NAME, &format!("NVIDIA {}X Provisioner ICA 1", architecture.name()))]);
        assert_eq!(refused(&device), wrong);
        let mut device = Device::new(architecture);
        device.leaf.subject = name(&[(COMMON_NAME, &format!("{} A01 GSP FMC LF", other.name()))]);
        assert_eq!(refused(&device), wrong);
        device.leaf.subject = name(&[]);
        assert_eq!(refused(&device), wrong);
    }
}

#[test]
fn d2_the_leafs_rules() {
    let device = Device::new(Architecture::GH100);
    let with = |change: &dyn Fn(&mut Device)| {
        let mut device = device.clone();
        change(&mut device);
        refused(&device)
    };
    let authority = extension(BASIC_CONSTRAINTS, true, &[0x30, 3, 1, 1, 0xFF]);
    assert_eq!(with(&|device| device.leaf.extensions.push(authority.clone())), E::Chain(C::LeafIsAuthority));
    for bits in [[3, 2, 2, 0x04], [3, 2, 2, 0x84], [3, 2, 6, 0x40]] {
        let usage = extension(KEY_USAGE, true, &bits);
        assert_eq!(with(&|device| device.leaf.extensions[0].clone_from(&usage)), E::Chain(C::LeafKeyUsage));
    }
    assert_eq!(with(&|device| drop(device.leaf.extensions.remove(0))), E::Chain(C::LeafKeyUsage));
    assert_eq!(with(&|device| drop(device.leaf.extensions.remove(1))), E::Chain(C::FwidMissing));
    let other = name(&[(SERIAL_NUMBER, "4101020304050607A8"), (COMMON_NAME, "GH100 A01 GSP BROM ")]);
    assert_eq!(with(&|device| device.leaf.issuer.clone_from(&other)), E::Chain(C::Issuer));
    let foreign = extension(&[0x67, 0x81, 5, 5, 4, 1], false, &composite(&spki(&key(7)), &fwid(&FWID)));
    assert_eq!(with(&|device| device.leaf.extensions[1].clone_from(&foreign)), E::Chain(C::CompositeKey));
}

#[test]
fn d2_each_link_of_the_chain_needs_its_own_signature() {
    let device = Device::new(Architecture::GB100);
    let mut evidence = device.evidence();
    evidence.chain[1] = device.ik.signed_by(&key(9));
    assert_eq!(evidence.verdict(), Err(E::Chain(C::IdentityKeySignature)));
    let mut evidence = device.evidence();
    evidence.chain[0] = device.leaf.signed_by(&key(9));
    assert_eq!(evidence.verdict(), Err(E::Chain(C::LeafSignature)));
    // Another GPU's report: same firmware, same nonce, another key.
    let mut other = device.clone();
    other.leaf_key = key(9);
    let mut evidence = device.evidence();
    evidence.report = other.report();
    assert_eq!(evidence.verdict(), Err(E::ReportSignature));
    // A leaf that another leaf signed: a leaf is no authority.
    let mut evidence = device.evidence();
    evidence.chain[1] = device.leaf.signed_by(&device.ica_key);
    assert_eq!(evidence.verdict_with(&Believes), Err(E::Chain(C::IssuerIsNoAuthority)));
    // The identity key as its own leaf.
    let mut evidence = device.evidence();
    evidence.chain[0] = evidence.chain[1].clone();
    assert_eq!(evidence.verdict_with(&Believes), Err(E::Chain(C::LeafIsAuthority)));
    // The intermediate as identity key.
    let mut posing = device.clone();
    posing.ik_key = device.ica_key.clone();
    posing.leaf_key = key(9);
    let mut evidence = posing.evidence();
    evidence.chain[1] = device.evidence().chain[1].clone();
    assert_eq!(evidence.verdict(), Err(E::Chain(C::LeafSignature)));
}

#[test]
fn d4_the_nonce_is_all_32_bytes() {
    let device = Device::new(Architecture::GH100);
    let evidence = device.evidence();
    for at in 0..32 {
        let mut nonce = device.nonce;
        nonce[at] ^= 1;
        let verdict = verify_evidence(&evidence.full(), &evidence.ica, &[nonce], &Unasked);
        assert_eq!(verdict.expect_err("another nonce"), E::Nonce);
    }
}

#[test]
fn d3_one_of_the_nonces_must_be_answered_and_none_answers_no_nonce() {
    let device = Device::new(Architecture::GH100);
    let evidence = device.evidence();
    let leaf = public_key(&device.leaf_key);
    let registration = Registration { leaf_public_key: &leaf, fwid: &FWID };
    let (this, last, other) = (device.nonce, [1; 32], [2; 32]);
    for (nonces, expected) in [
        (&[this][..], Ok(())),
        (&[this, last], Ok(())),
        (&[last, this], Ok(())),
        (&[this, this], Ok(())),
        (&[last, other], Err(E::Nonce)),
        (&[other], Err(E::Nonce)),
        (&[], Err(E::Nonce)),
    ] {
        let full = verify_evidence(&evidence.full(), &evidence.ica, nonces, &Reference).map(drop);
        let registered = verify_registered(&evidence.report, registration, nonces, &Reference).map(drop);
        assert_eq!((full, registered), (expected, expected), "{nonces:?}");
        if expected.is_err() {
            let full = verify_evidence(&evidence.full(), &evidence.ica, nonces, &Unasked).map(drop);
            let registered = verify_registered(&evidence.report, registration, nonces, &Unasked).map(drop);
            assert_eq!((full, registered), (expected, expected), "before any signature");
        }
    }
}

#[test]
fn d2_firmware_ids_of_report_and_leaf() {
    for architecture in Architecture::ALL {
        let mut device = Device::new(architecture);
        device.set(tlv::FWID, &[0xF2; 48]);
        assert_eq!(refused(&device), E::FwidMismatch);
        // Drivers 535 and 545 report none: the leaf's counts.
        device.unset(tlv::FWID);
        assert_eq!(device.evidence().verdict().expect("genuine").fwid, FWID);
    }
    // The first one of DiceTcbInfo counts, not any of them.
    let mut device = Device::new(Architecture::GB100);
    let list = [fwid(&[0; 48]), fwid(&FWID)];
    device.leaf.extensions[1] = extension(&[0x67, 0x81, 5, 5, 4, 1, 1], false, &dice(&list));
    assert_eq!(refused(&device), E::FwidMismatch);
}

#[test]
fn d2_entries_that_policy_reads_must_stand() {
    for kind in [tlv::DRIVER_VERSION, tlv::VBIOS_VERSION, tlv::NVDEC0_STATUS] {
        let mut device = Device::new(Architecture::GH100);
        device.unset(kind);
        assert_eq!(refused(&device), E::MissingEntry(kind));
    }
}

#[test]
fn d1_a_new_leaf_under_the_same_identity_key_is_the_same_device() {
    let mut device = Device::new(Architecture::GH100);
    let before = device.evidence().verdict().expect("genuine");
    device.leaf_key = key(4);
    device.leaf.spki = spki(&device.leaf_key).to_vec();
    let after = device.evidence().verdict().expect("genuine");
    assert_eq!(before.device_id, after.device_id);
    assert_ne!(before.leaf, after.leaf);
}

#[test]
fn d5_kind_2_repeats_every_check_of_the_report() {
    let mut device = Device::new(Architecture::GB100);
    let leaf = public_key(&device.leaf_key);
    let registration = Registration { leaf_public_key: &leaf, fwid: &FWID };
    let ask = |bytes: &[u8]| verify_registered(bytes, registration, &[[0x5A; 32]], &Reference).map(|_| ());
    assert_eq!(ask(&device.report()), Ok(()));
    let bytes = device.report();
    let other = verify_registered(&bytes, registration, &[[0x5B; 32]], &Unasked);
    assert_eq!(other.expect_err("another nonce"), E::Nonce);
    device.leaf_key = key(9);
    assert_eq!(ask(&device.report()), Err(E::ReportSignature), "a foreign report");
    device.set(tlv::FWID, &[0xF2; 48]);
    assert_eq!(ask(&device.report()), Err(E::FwidMismatch), "a change of firmware");
    device.unset(tlv::FWID);
    assert_eq!(ask(&device.report()), Err(E::FwidMissing), "firmware that does not say what it is");
    device.unset(tlv::NVDEC0_STATUS);
    assert_eq!(ask(&device.report()), Err(E::MissingEntry(tlv::NVDEC0_STATUS)));
    device.blocks.truncate(31);
    device.set(tlv::VBIOS_VERSION, b"96.10.55.00.01");
    assert_eq!(ask(&device.report()), Err(E::NvSwitch));
    assert!(matches!(ask(&[]), Err(E::Report(_))));
}

#[test]
fn d4_the_twin_of_every_signature_is_valid_and_the_same_device() {
    for architecture in Architecture::ALL {
        let device = Device::new(architecture);
        let evidence = device.evidence();
        let verdict = evidence.verdict().expect("genuine");
        let mut twins = evidence.clone();
        for (certificate, parts, issuer) in
            [(0, &device.leaf, &device.ik_key), (1, &device.ik, &device.ica_key)]
        {
            let signature = twin(&super::device::sign(issuer, &parts.body()));
            twins.chain[certificate] = parts.with_signature(&super::device::signature_der(&signature));
            assert_ne!(twins.chain[certificate], evidence.chain[certificate]);
        }
        let signature = twin(Report::parse(&evidence.report).expect("a report").signature());
        let at = twins.report.len() - 96;
        twins.report[at..].copy_from_slice(&signature);
        assert_eq!(twins.verdict(), Ok(verdict));
    }
}
