//! The simulated device: what it emits is read as real evidence is, and believed nowhere but below its own authorities.

use super::support::{self, Evidence, H100_IK, H100_LEAF, Unasked, Verdict, not_run};
use crate::{
    Architecture, Attestation, Certificate, ChainError as C, DeviceKind, DriverVersion, EvidenceError as E,
    FullEvidence, FwidForm, GENESIS_ICAS, NVIDIA_DEVICE_ROOT, PathError, PinnedIca, Reference, Registration,
    Report, SIMULATED_DEVICE_ROOT, SIMULATED_ICAS, SIMULATED_ROOT_NAME, Toggle,
    der::{Der, DerError, OID, SEQUENCE},
    firmware_tuple, golden_set,
    simulated::{SimulatedDevice, SimulatedFirmware},
    simulated_ica, verify_evidence, verify_path, verify_registered,
};
use sha2::{Digest, Sha256};

const NONCE: [u8; 32] = [0x5A; 32];

fn device(architecture: Architecture) -> SimulatedDevice {
    SimulatedDevice::new(architecture, &[1; 32])
}

fn full(bytes: &[u8]) -> FullEvidence<'_> {
    match Attestation::decode(bytes).expect("an attestation") {
        Attestation::Full(full) => full,
        Attestation::Registered(_) => panic!("kind 2"),
    }
}

fn verdict(device: &SimulatedDevice) -> Result<Verdict, E> {
    let bytes = device.attestation(&NONCE);
    let full = full(&bytes);
    let ica = simulated_ica(full.ica_index).expect("reserved");
    verify_evidence(&full, ica, &[NONCE], &Reference).map(|gpu| Verdict::new(&gpu))
}

#[test]
fn d1_simulated_evidence_passes_below_the_simulated_icas_and_never_below_those_of_genesis() {
    for (at, architecture) in Architecture::ALL.into_iter().enumerate() {
        let device = device(architecture);
        let bytes = device.attestation(&NONCE);
        let full = full(&bytes);
        assert_eq!(simulated_ica(full.ica_index), Some(&SIMULATED_ICAS[at]));
        let gpu = verify_evidence(&full, &SIMULATED_ICAS[at], &[NONCE], &Reference).expect("genuine");
        assert_eq!((gpu.architecture, gpu.ik_spki, gpu.pdi), (architecture, &device.spki(), &device.pdi()));
        assert_eq!((gpu.leaf_public_key, gpu.fwid), (&device.leaf_public_key(), &device.firmware.fwid));
        assert_eq!(full.report, device.report(&NONCE));
        // The same bytes below NVIDIA's, and below the other simulated one.
        let refused = verify_evidence(&full, &GENESIS_ICAS[at], &[NONCE], &Reference).map(drop);
        assert_eq!(refused, Err(E::Chain(C::IdentityKeySignature)));
        for icas in [GENESIS_ICAS, SIMULATED_ICAS] {
            let other = icas[1 - at];
            let refused = verify_evidence(&full, &other, &[NONCE], &Unasked).map(drop);
            assert_eq!(refused, Err(E::Chain(C::Architecture(other.architecture))));
        }
        // A real identity key below the simulated intermediate is nothing either.
        let real = Evidence { ica: SIMULATED_ICAS[0], ..Evidence::h100() };
        assert_eq!(real.verdict(), Err(E::Chain(C::IdentityKeySignature)));
    }
}

#[test]
fn d5_a_registered_simulated_device_needs_one_signature_until_its_firmware_changes() {
    for architecture in Architecture::ALL {
        let mut device = device(architecture);
        let (leaf, fwid) = (device.leaf_public_key(), device.firmware.fwid);
        let registration = Registration { leaf_public_key: &leaf, fwid: &fwid };
        let ask = |bytes: &[u8], nonces: &[[u8; 32]]| {
            let Ok(Attestation::Registered(parts)) = Attestation::decode(bytes) else { panic!("kind 2") };
            assert_eq!(parts.device_id, &[0xD1; 32]);
            verify_registered(parts.report, registration, nonces, &Reference).map(drop)
        };
        assert_eq!(ask(&device.registered(&[0xD1; 32], &NONCE), &[NONCE]), Ok(()));
        assert_eq!(ask(&device.registered(&[0xD1; 32], &NONCE), &[[0; 32]]), Err(E::Nonce));
        let other = SimulatedDevice::new(architecture, &[2; 32]);
        assert_eq!(ask(&other.registered(&[0xD1; 32], &NONCE), &[NONCE]), Err(E::ReportSignature));
        device.firmware.reports_fwid = false;
        assert_eq!(ask(&device.registered(&[0xD1; 32], &NONCE), &[NONCE]), Err(E::FwidMissing));
        device.update_firmware("600.10");
        assert_eq!(ask(&device.registered(&[0xD1; 32], &NONCE), &[NONCE]), Err(E::FwidMismatch));
        // As if the new firmware lied about itself: its key is another one.
        device.firmware.fwid = [9; 48];
        let report = device.report(&NONCE);
        let lied = Registration { leaf_public_key: &leaf, fwid: &[9; 48] };
        let refused = verify_registered(&report, lied, &[NONCE], &Reference).map(drop);
        assert_eq!(refused, Err(E::ReportSignature));
    }
}

#[test]
fn d1_a_firmware_update_changes_the_leaf_and_never_the_device() {
    for architecture in Architecture::ALL {
        let mut device = device(architecture);
        let before = verdict(&device).expect("genuine");
        let ik = device.identity_key();
        // Another driver of the same branch: the same firmware, other measurements.
        let branch = device.firmware.driver.split('.').next().expect("a number").to_owned();
        let measured = device.firmware.measurements;
        device.update_firmware(&format!("{branch}.200.01"));
        assert_eq!(verdict(&device), Ok(before));
        assert_ne!(device.firmware.measurements, measured);
        device.update_firmware("600.10");
        let after = verdict(&device).expect("genuine");
        assert_eq!((before.device_id, before.pdi), (after.device_id, after.pdi));
        assert_eq!(device.identity_key(), ik);
        assert!(before.fwid != after.fwid && before.leaf != after.leaf);
        // And back.
        device.firmware = SimulatedFirmware::new(architecture);
        assert_eq!(verdict(&device), Ok(before));
    }
}

#[test]
fn d2_a_simulated_chain_ends_in_its_own_root_and_not_in_nvidias() {
    for (at, architecture) in Architecture::ALL.into_iter().enumerate() {
        let device = device(architecture);
        let chain = device.chain();
        let chain: Vec<_> = chain.iter().map(Vec::as_slice).collect();
        let path = |root: &[u8; 32]| verify_path(&chain, architecture, root, &Reference);
        assert_eq!(hex::encode(Sha256::digest(chain[4])), hex::encode(SIMULATED_DEVICE_ROOT));
        assert_eq!(path(&SIMULATED_DEVICE_ROOT), Ok(SIMULATED_ICAS[at]));
        assert_eq!(path(&NVIDIA_DEVICE_ROOT), Err(PathError::Root));
        assert_eq!((chain[0], chain[1]), (&device.leaf()[..], &device.identity_key()[..]));
        assert_eq!(PinnedIca::from_certificate(architecture, chain[2]), Ok(SIMULATED_ICAS[at]));
        // NVIDIA's authorities above a simulated device.
        let mut posing = chain.clone();
        posing[2..].copy_from_slice(&[support::H100_ICA, support::H100_IDENTITY, support::H100_ROOT]);
        let refused = verify_path(&posing, Architecture::GH100, &NVIDIA_DEVICE_ROOT, &Reference);
        assert!(refused.is_err(), "{refused:?}");
        // What PEM says is what DER says.
        let text = device.chain_pem();
        assert_eq!(support::certificates(&text), chain);
        assert!(text.lines().all(|line| line.len() <= 64) && text.ends_with("-----END CERTIFICATE-----\n"));
    }
}

#[test]
fn d2_every_certificate_of_a_simulated_device_says_so() {
    for architecture in Architecture::ALL {
        let mut names = Vec::new();
        for der in device(architecture).chain() {
            let certificate = Certificate::parse(&der).expect("of this profile");
            for name in [certificate.issuer(), certificate.subject()] {
                names.push(name.common_name.expect("a name").to_owned());
            }
        }
        assert_eq!(names[8..], [SIMULATED_ROOT_NAME; 2]);
        for name in &names {
            assert!(name.contains("simulated"), "{name}");
            assert!(!name.contains("NVIDIA") || name.ends_with(", not NVIDIA"), "{name}");
        }
        for own in [&names[0], &names[1], &names[3]] {
            assert!(own.starts_with(&format!("{} ", architecture.name())), "{own}");
        }
    }
}

/// Where each field of a report stands, and how long it is; the types of opaque entries with their lengths.
fn layout(bytes: &[u8]) -> (usize, DeviceKind, usize, Vec<(u16, usize)>) {
    let report = Report::parse(Report::without_padding(bytes).expect("a report")).expect("a report");
    let entries = report.opaque().entries().map(|entry| (entry.kind, entry.data.len())).collect();
    (bytes.len(), report.kind(), report.signed_bytes().len(), entries)
}

#[test]
fn d1_a_simulated_report_has_the_layout_of_the_fixtures() {
    let simulated = device(Architecture::GH100).report(&NONCE);
    assert_eq!(layout(&simulated), layout(support::H100_REPORT));
    let [simulated, real] =
        [&simulated[..], support::H100_REPORT].map(|bytes| Report::parse(bytes).expect("a report"));
    let used = |report: &Report<'_>| report.measurements().map(|value| *value == [0; 48]).collect::<Vec<_>>();
    assert_eq!(used(&simulated), used(&real), "the same blocks are measured");
    assert_eq!(simulated.opaque().driver(), real.opaque().driver());
}

#[test]
fn d1_simulated_reports_have_the_layout_of_real_ones_with_newer_drivers() {
    let real = ["b200-590.48.01-mpt-gpu0", "h100-580.159.03-dev-e23d"].map(support::real);
    let [Some(blackwell), Some(hopper)] = real else { return not_run("d1, layouts of real reports") };
    assert_eq!(layout(&device(Architecture::GB100).report(&NONCE)), layout(&blackwell.report));
    let mut newer = device(Architecture::GH100);
    newer.update_firmware("580.159.03");
    assert_eq!(layout(&newer.report(&NONCE)), layout(&hopper.report));
}

/// The extensions of a certificate: OID, critical.
fn extensions(der: &[u8]) -> Vec<(&[u8], bool)> {
    let read = || -> Result<Vec<(&[u8], bool)>, DerError> {
        let mut body = Der::new(der).inside(SEQUENCE)?.inside(SEQUENCE)?;
        while body.peek() != Some(0xA3) {
            body.element()?;
        }
        let mut list = body.inside(0xA3)?.inside(SEQUENCE)?;
        let mut found = Vec::new();
        while !list.is_empty() {
            let mut extension = list.inside(SEQUENCE)?;
            found.push((extension.content(OID)?, extension.optional_true()?));
        }
        Ok(found)
    };
    read().expect("a certificate")
}

#[test]
fn d1_simulated_certificates_have_the_extensions_of_real_ones() {
    let device = device(Architecture::GH100);
    let (leaf, ik) = (device.leaf(), device.identity_key());
    assert_eq!(extensions(&leaf), extensions(H100_LEAF));
    assert_eq!(extensions(&ik), extensions(H100_IK));
    // Calldata costs about as much.
    for (own, real) in [(leaf.len(), H100_LEAF.len()), (ik.len(), H100_IK.len())] {
        assert!(own.abs_diff(real) < 40, "{own} {real}");
    }
    let blackwell = SimulatedDevice::new(Architecture::GB100, &[1; 32]).leaf();
    let leaf = Certificate::parse(&blackwell).expect("of this profile");
    assert_eq!(leaf.fwid().map(|fwid| fwid.form), Some(FwidForm::DiceTcbInfo));
}

#[test]
fn d6_two_simulated_devices_of_one_firmware_have_one_golden_set_and_two_ids() {
    let digest = |device: &SimulatedDevice| {
        let bytes = device.report(&NONCE);
        let report = Report::parse(&bytes).expect("a report");
        let tuple = firmware_tuple(report.opaque());
        (tuple, golden_set(&tuple, u64::MAX, &report).expect("64 blocks"))
    };
    for architecture in Architecture::ALL {
        let [first, second] = [[1; 32], [2; 32]].map(|seed| SimulatedDevice::new(architecture, &seed));
        let (one, two) = (verdict(&first).expect("genuine"), verdict(&second).expect("genuine"));
        assert!(one.device_id != two.device_id && one.pdi != two.pdi && one.leaf != two.leaf);
        assert_eq!(one.fwid, two.fwid);
        assert_eq!(digest(&first), digest(&second));
        // Its decoder is another tuple with another set.
        let mut decoding = first.clone();
        decoding.firmware = decoding.firmware.with_decoder(architecture, Toggle::Enabled);
        assert!(digest(&decoding).0 != digest(&first).0 && digest(&decoding).1 != digest(&first).1);
        let changed: Vec<_> = (0..64)
            .filter(|at| decoding.firmware.measurements[*at] != first.firmware.measurements[*at])
            .collect();
        assert_eq!(changed, if architecture == Architecture::GH100 { [24, 35].to_vec() } else { vec![61] });
        // One changed measurement ("debug", "confidential computing off") is another set under the same tuple.
        let mut debug = first.clone();
        debug.firmware.measurements[2] = [0xDB; 48];
        assert_eq!(digest(&debug).0, digest(&first).0);
        assert_ne!(digest(&debug).1, digest(&first).1);
        let driver = first.firmware.driver.as_bytes();
        assert!(DriverVersion::parse(driver).is_some());
    }
    // One seed is two devices, one for each architecture.
    let [hopper, blackwell] = Architecture::ALL.map(device);
    assert_ne!(hopper.spki(), blackwell.spki());
}

#[test]
fn d3_a_simulated_device_answers_each_nonce_with_bytes_of_its_own_and_always_the_same() {
    let (first, again, other) = (device(Architecture::GH100), device(Architecture::GH100), [7; 32]);
    assert_eq!(first.attestation(&NONCE), again.attestation(&NONCE));
    let (one, two) = (first.report(&NONCE), first.report(&other));
    let (one, two) = (Report::parse(&one).expect("a report"), Report::parse(&two).expect("a report"));
    assert_eq!((one.nonce(), two.nonce()), (&NONCE, &other));
    assert_ne!(one.responder_nonce(), two.responder_nonce());
    let neighbour = SimulatedDevice::new(Architecture::GH100, &[2; 32]).report(&NONCE);
    let neighbour = Report::parse(&neighbour).expect("a report");
    assert_ne!(one.responder_nonce(), neighbour.responder_nonce());
}

#[test]
fn d4_a_text_too_long_for_a_report_makes_one_that_nobody_accepts() {
    for length in [5_000, 65_535, 70_000] {
        let mut device = device(Architecture::GH100);
        device.firmware.driver = "5".repeat(length);
        let bytes = device.attestation(&NONCE);
        assert!(Attestation::decode(&bytes).is_err(), "{length}");
        assert!(Report::parse(&device.report(&NONCE)).is_err(), "{length}");
    }
}
