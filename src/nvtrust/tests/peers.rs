//! Other projects' verifiers: their bad inputs, and what none of them tests.
//!
//! | untested elsewhere | here |
//! | --- | --- |
//! | (r, n − s) | `d4_the_twin_of_…` in `verdict.rs` and `mutation.rs` |
//! | a byte behind the signature | `d4_a_report_cut_anywhere_or_continued_is_refused`, `d1_every_real_report_says_…` |
//! | an opaque type or a block index twice | `d4_opaque_entries_neither_overrun_nor_repeat_…`, `d4_every_field_of_every_block` |
//! | an NVSwitch's chain for a GPU's | `d2_a_switch_poses_as_a_gpu`, `d2_a_switch_chain_never_passes_for_a_gpu_…` |
//! | one RIM id with two contents | `d6_one_rim_id_with_two_contents_is_two_golden_sets` |
//! | another leaf below the same identity key | `d1_a_new_leaf_under_the_same_identity_key_is_the_same_device` |
//! | a high s refused by mistake | `d1_high_s_and_low_s_are_both_genuine` |
//! | a compressed key | `d4_a_compressed_key_is_refused_wherever_it_stands` |
//! | r or s of 0, of n and above | `d4_r_and_s_out_of_range_are_refused_in_all_three_signatures` |

use super::{
    device::{Device, FWID, composite, der, extension, fwid, sign, signature_der},
    support::{self, Believes, Evidence, Unasked, not_run},
};
use crate::{
    Architecture, Attestation, AttestationError, Certificate, CertificateError, ChainError, DerError,
    EvidenceError, GOLDEN_SET_TAG, Leaf, NVIDIA_DEVICE_ROOT, PathError, PinnedIca, Reference, Report,
    ReportError, SPKI_PREFIX, certificate::COMPOSITE_DEVICE_ID, firmware_tuple, golden_set, verify_path,
};
use p384::elliptic_curve::sec1::ToSec1Point;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Why a file is bad.
enum Bad {
    /// Evidence: the verdict, which needs no signature.
    Evidence(EvidenceError),
    /// A chain: how many certificates it has instead of five, and why the first one is no leaf.
    Chain(usize, Option<ChainError>),
    /// A certificate that nobody may pin.
    Authority(CertificateError),
    /// A reference manifest. Whoever reads those judges it; here it is nothing.
    Manifest,
}

/// The path of every file below `negative/`, with its reason.
fn bad_files(shared: &Path) -> BTreeMap<String, Bad> {
    let mut files = BTreeMap::from(
        [
            ("report-wrong-gpu-hopper", Bad::Evidence(EvidenceError::FwidMismatch)),
            ("report-wrong-switch", Bad::Evidence(EvidenceError::NvSwitch)),
            // The root alone.
            ("chain_case2.pem", Bad::Chain(1, Some(ChainError::LeafIsAuthority))),
            // Leaf and identity key stand; what is missing is above them.
            ("chain_case3.pem", Bad::Chain(4, None)),
            // No leaf.
            ("chain_case4.pem", Bad::Chain(4, Some(ChainError::LeafIsAuthority))),
            ("rims-nvat/incorrect_rim_root.crt", Bad::Authority(CertificateError::NotAfter)),
            ("rims-nvat/NV_GPU_DRIVER_GH100_535.86.09_measurement_mismatch.xml", Bad::Manifest),
            ("rims-nvat/NV_GPU_DRIVER_GH100_570.124.03_expired.xml", Bad::Manifest),
            ("rims-nvat/NV_GPU_VBIOS_1010_0200_882_96005E0001_measurement_mismatch.xml", Bad::Manifest),
            ("rims-nvat/NV_SWITCH_BIOS_5612_0002_890_9610550001_invalid_signature.xml", Bad::Manifest),
            ("rims-nvat/NV_SWITCH_BIOS_5612_0002_890_9610550001_measurement_mismatch.xml", Bad::Manifest),
            ("rims-nvat/incorrect_cert_chain_driver_rim.xml", Bad::Manifest),
            ("rims-nvat/incorrect_signature_driver_rim.xml", Bad::Manifest),
        ]
        .map(|(file, bad)| (file.to_owned(), bad)),
    );
    for what in [
        "duplicate_index",
        "empty_payload",
        "hash_empty_namespace",
        "invalid_alternatives",
        "invalid_base64_cert",
        "invalid_cert_bytes",
        "invalid_index",
        "invalid_pem_data",
        "invalid_size",
        "missing_alternatives",
        "missing_colloquial_version",
        "missing_hash",
        "missing_index",
        "missing_meta",
        "missing_size",
        "missing_x509_certificate",
        "missing_x509_data",
        "no_payload",
    ] {
        files.insert(format!("rims-google/failure_{what}.xml"), Bad::Manifest);
    }
    // Every file is in the table, and the table has no other.
    let mut found = BTreeSet::new();
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let negative = shared.join("negative");
    for name in names(&negative) {
        if name.starts_with("rims-") {
            found.extend(names(&negative.join(&name)).into_iter().map(|file| format!("{name}/{file}")));
        } else {
            found.insert(name);
        }
    }
    assert_eq!(found, files.keys().cloned().collect());
    files
}

#[test]
fn d2_every_bad_input_of_other_projects_is_refused_with_its_reason() {
    let Some(shared) = support::shared() else { return not_run("d2, other projects' bad inputs") };
    let manifest = support::manifest(&shared);
    let facts = manifest["negative"].as_array().expect("a list");
    for (file, bad) in bad_files(&shared) {
        let path = shared.join("negative").join(&file);
        match bad {
            Bad::Evidence(reason) => {
                let facts = facts.iter().find(|facts| facts["id"] == *file).expect("in the manifest");
                let evidence = support::load(&shared, facts);
                assert_eq!(evidence.verdict_with(&Unasked), Err(reason), "{file}");
                // Nor does the signature hold, were the other rule not there.
                let report = Report::parse(&evidence.report).expect("a report");
                let leaf = Leaf::parse(&evidence.chain[0]).expect("a leaf");
                let (key, signature) = (leaf.public_key(), report.signature());
                assert!(
                    !crate::P384Verifier::verify(&Reference, key, report.signed_bytes(), signature),
                    "{file}"
                );
            }
            Bad::Chain(length, leaf) => {
                let chain = support::pem(path);
                let certificates: Vec<_> = chain.iter().map(Vec::as_slice).collect();
                let path = verify_path(&certificates, Architecture::GH100, &NVIDIA_DEVICE_ROOT, &Unasked);
                assert_eq!(path, Err(PathError::Length(length)), "{file}");
                assert_eq!(Leaf::parse(&chain[0]).err(), leaf, "{file}");
            }
            Bad::Authority(reason) => {
                let chain = support::pem(path);
                let refused = PinnedIca::from_certificate(Architecture::GH100, &chain[0]);
                assert_eq!(refused, Err(ChainError::Ica(reason)), "{file}");
            }
            Bad::Manifest => {
                let bytes = support::read(path);
                assert_eq!(Attestation::decode(&bytes), Err(AttestationError::Version(b'<')), "{file}");
                let refused = Report::parse(&bytes).expect_err("no report");
                let too_long = ReportError::TooLong(bytes.len());
                assert!(
                    [too_long, ReportError::RequestVersion(b'<')].contains(&refused),
                    "{file}: {refused}"
                );
                assert!(Certificate::parse(&bytes).is_err(), "{file}");
            }
        }
    }
}

const ORDER: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

#[test]
fn d4_r_and_s_out_of_range_are_refused_in_all_three_signatures() {
    let device = Device::new(Architecture::GH100);
    let good = device.evidence();
    assert!(good.verdict().is_ok());
    let order = hex::decode(ORDER).expect("hex");
    let mut above = order.clone();
    above[47] += 1;
    for part in [&[0; 48][..], &order, &above, &[0xFF; 48]] {
        for at in [0, 48] {
            let broken = |key, message: &[u8]| {
                let mut signature = sign(key, message);
                signature[at..at + 48].copy_from_slice(part);
                signature
            };
            let signed = Report::parse(&good.report).expect("a report").signed_bytes();
            let mut evidence = good.clone();
            evidence.report[signed.len()..].copy_from_slice(&broken(&device.leaf_key, signed));
            assert_eq!(evidence.verdict(), Err(EvidenceError::ReportSignature));
            for (which, parts, issuer, reason) in [
                (0, &device.leaf, &device.ik_key, ChainError::LeafSignature),
                (1, &device.ik, &device.ica_key, ChainError::IdentityKeySignature),
            ] {
                let mut evidence = good.clone();
                let signature = signature_der(&broken(issuer, &parts.body()));
                evidence.chain[which] = parts.with_signature(&signature);
                assert_eq!(evidence.verdict(), Err(EvidenceError::Chain(reason)), "{}", hex::encode(part));
            }
        }
    }
}

#[test]
fn d1_high_s_and_low_s_are_both_genuine() {
    // Both halves, from one device: the nonce decides.
    let mut device = Device::new(Architecture::GB100);
    let mut own = [0, 0];
    for round in 0..20 {
        device.nonce = [round; 32];
        let evidence = device.evidence();
        assert!(evidence.verdict().is_ok());
        own[usize::from(is_low(&evidence))] += 1;
    }
    assert!(own[0] > 0 && own[1] > 0, "{own:?}");
    let Some(all) = support::all_real() else { return not_run("d1, high and low s of real GPUs") };
    let mut real = [0, 0];
    for mut evidence in all.into_iter().filter(|evidence| !evidence.id.starts_with("ls10")) {
        evidence.report = Report::without_padding(&evidence.report).expect("a report").to_vec();
        assert!(evidence.verdict().is_ok(), "{}", evidence.id);
        assert_eq!(is_low(&evidence), evidence.facts["low_s"] == true, "{}", evidence.id);
        real[usize::from(is_low(&evidence))] += 1;
    }
    assert!(real[0] > 0 && real[1] > 0, "{real:?}");
}

fn is_low(evidence: &Evidence) -> bool {
    let signature = Report::parse(&evidence.report).expect("a report").signature();
    signature[48..] <= support::twin(signature)[48..]
}

#[test]
fn d4_a_compressed_key_is_refused_wherever_it_stands() {
    let compress = |key: &p384::ecdsa::SigningKey| {
        let point = key.verifying_key().as_affine().to_sec1_point(true);
        der(0x30, &[&SPKI_PREFIX[2..20], &der(0x03, &[&[0], point.as_bytes()])])
    };
    let device = Device::new(Architecture::GH100);
    let mut leaf = device.clone();
    leaf.leaf.spki = compress(&leaf.leaf_key);
    let reason = ChainError::Leaf(CertificateError::PublicKey);
    assert_eq!(leaf.evidence().verdict_with(&Unasked), Err(EvidenceError::Chain(reason)));
    let mut ik = device.clone();
    ik.ik.spki = compress(&ik.ik_key);
    let reason = ChainError::IdentityKey(CertificateError::PublicKey);
    assert_eq!(ik.evidence().verdict_with(&Unasked), Err(EvidenceError::Chain(reason)));
    let mut inside = device.clone();
    let value = composite(&compress(&inside.ik_key), &fwid(&FWID));
    inside.leaf.extensions[1] = extension(COMPOSITE_DEVICE_ID, false, &value);
    let reason = ChainError::Leaf(CertificateError::Fwid(crate::FwidError::PublicKey));
    assert_eq!(inside.evidence().verdict_with(&Unasked), Err(EvidenceError::Chain(reason)));
    // A pinned intermediate has no other form either.
    let mut ica = device.ik.clone();
    ica.spki = compress(&device.ica_key);
    let refused = PinnedIca::from_certificate(Architecture::GH100, &ica.signed_by(&device.ica_key));
    assert_eq!(refused, Err(ChainError::Ica(CertificateError::PublicKey)));
}

/// What a reference manifest says: its id, and by RIM index the values that have no alternative.
fn rim(path: impl AsRef<Path>) -> (String, BTreeMap<u32, Vec<u8>>) {
    let text = String::from_utf8(support::read(path)).expect("XML is text");
    let attribute = |element: &str, name: &str| {
        let start = element.find(&format!("{name}=\"")).expect(name) + name.len() + 2;
        element[start..].split('"').next().expect("an end").to_owned()
    };
    let values = text
        .split("<ns0:Resource ")
        .skip(1)
        .filter(|element| attribute(element, "active") == "True" && attribute(element, "alternatives") == "1")
        .map(|element| {
            let index = attribute(element, " index").parse().expect("a number");
            (index, hex::decode(attribute(element, "Hash0")).expect("hex"))
        });
    (attribute(&text, "tagId"), values.collect())
}

#[test]
fn d6_one_rim_id_with_two_contents_is_two_golden_sets() {
    let Some(shared) = support::shared() else { return not_run("d6, two RIMs of one id") };
    let file = |kind: &str| rim(shared.join(format!("rims/1010_0200_882_96005E0001_{kind}.swidtag")));
    let ((id, production), (other_id, test)) = (file("PROD"), file("test_no_gpu"));
    assert_eq!(id, other_id, "both are validly signed under one id");
    assert_eq!(production.keys().collect::<Vec<_>>(), test.keys().collect::<Vec<_>>());
    let differing: Vec<_> = test.keys().filter(|index| production[index] != test[index]).collect();
    assert_eq!(differing, [&1, &2, &3, &9]);
    // A golden set is pinned by its content, so the two are not each other's.
    let evidence = support::real("h100-545.00").expect("at hand");
    let report = Report::parse(&evidence.report).expect("a report");
    let tuple = firmware_tuple(report.opaque());
    let mask = test.keys().fold(0u64, |mask, index| mask | 1 << index);
    let digest = |values: &BTreeMap<u32, Vec<u8>>| {
        let values = values.values().flatten().copied();
        let preimage: Vec<u8> = tuple.into_iter().chain(mask.to_be_bytes()).chain(values).collect();
        blake3::derive_key(GOLDEN_SET_TAG, &preimage)
    };
    let reported = golden_set(&tuple, mask, &report).expect("64 blocks");
    assert_eq!(reported, digest(&test));
    assert_ne!(reported, digest(&production));
}

/// What a lenient reader answers to a chain that lacks a certificate is "valid": ours needs each of them.
#[test]
fn d2_a_chain_without_its_identity_key_is_no_evidence() {
    let good = Evidence::h100();
    let mut evidence = good.clone();
    evidence.chain[1] = good.chain[2].clone();
    assert_eq!(evidence.verdict_with(&Believes), Err(EvidenceError::Chain(ChainError::SerialNumber)));
    let mut evidence = good.clone();
    evidence.chain[1] = good.chain[0].clone();
    assert_eq!(evidence.verdict_with(&Believes), Err(EvidenceError::Chain(ChainError::IssuerIsNoAuthority)));
    let mut evidence = good;
    evidence.chain[1].truncate(300);
    let reason = ChainError::IdentityKey(CertificateError::Der(DerError::Truncated));
    assert_eq!(evidence.verdict_with(&Believes), Err(EvidenceError::Chain(reason)));
}
