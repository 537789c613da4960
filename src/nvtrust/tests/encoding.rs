//! `bytes attestation`, firmware tuples and golden sets.

use super::{
    device::Device,
    support::{self, H100_IK, H100_LEAF, H100_REPORT, not_run},
};
use crate::{
    Architecture, Attestation, AttestationError as E, FullEvidence, GoldenSetError, MAX_CERTIFICATE_LEN,
    MAX_REPORT_LEN, RegisteredEvidence, Report, firmware_tuple, golden_set, tlv,
};

#[test]
fn d4_kind_1_is_its_layout() {
    let parts = FullEvidence { ica_index: 7, report: H100_REPORT, leaf: H100_LEAF, ik: H100_IK };
    let bytes = Attestation::Full(parts).encode().expect("within the caps");
    let expected =
        [&[1, 1, 7, 0x10, 0x15][..], H100_REPORT, &[0x03, 0x81], H100_LEAF, &[0x02, 0x54], H100_IK].concat();
    assert_eq!(bytes, expected);
    assert_eq!(Attestation::decode(&bytes), Ok(Attestation::Full(parts)));
    let kinds_of_end = ["report", "leaf", "identity key"];
    for length in 0..bytes.len() {
        match Attestation::decode(&bytes[..length]) {
            Err(E::Truncated("version")) => assert_eq!(length, 0),
            Err(E::Truncated("kind")) => assert_eq!(length, 1),
            Err(E::Truncated("intermediate's index")) => assert_eq!(length, 2),
            Err(E::Truncated(part)) => assert!(kinds_of_end.contains(&part) && length > 2),
            other => panic!("{length}: {other:?}"),
        }
    }
    assert_eq!(Attestation::decode(&[&bytes[..], &[0]].concat()), Err(E::TrailingBytes(1)));
}

#[test]
fn d4_kind_2_is_its_layout() {
    let parts = RegisteredEvidence { device_id: &[0xD1; 32], report: H100_REPORT };
    let bytes = Attestation::Registered(parts).encode().expect("within the caps");
    assert_eq!(bytes, [&[1, 2][..], &[0xD1; 32], &[0x10, 0x15], H100_REPORT].concat());
    assert_eq!(Attestation::decode(&bytes), Ok(Attestation::Registered(parts)));
    for length in 0..bytes.len() {
        assert!(matches!(Attestation::decode(&bytes[..length]), Err(E::Truncated(_))), "{length}");
    }
    assert_eq!(Attestation::decode(&[&bytes[..], &[0; 3]].concat()), Err(E::TrailingBytes(3)));
}

#[test]
fn d4_versions_kinds_and_caps() {
    for version in [0, 2, 255] {
        assert_eq!(Attestation::decode(&[version, 1, 0]), Err(E::Version(version)));
    }
    for kind in [0, 3, 255] {
        assert_eq!(Attestation::decode(&[1, kind, 0]), Err(E::Kind(kind)));
    }
    assert_eq!(Attestation::decode(&[]), Err(E::Truncated("version")));
    // A length above its cap is refused by itself, before there is anything to read.
    assert_eq!(Attestation::decode(&[1, 1, 0, 0x20, 1]), Err(E::TooLong { part: "report", length: 8193 }));
    assert_eq!(
        Attestation::decode(&[1, 1, 0, 0xFF, 0xFF]),
        Err(E::TooLong { part: "report", length: 65_535 })
    );
    assert_eq!(
        Attestation::decode(&[1, 1, 0, 0, 1, 9, 4, 1]),
        Err(E::TooLong { part: "leaf", length: 1025 })
    );
    assert_eq!(Attestation::decode(&[1, 1, 0, 0, 0]), Err(E::Empty("report")));
    assert_eq!(Attestation::decode(&[1, 1, 0, 0, 1, 9, 0, 0]), Err(E::Empty("leaf")));
    let (report, certificate) = (vec![1; MAX_REPORT_LEN + 1], vec![2; MAX_CERTIFICATE_LEN + 1]);
    let full = |report: usize, leaf: usize, ik: usize| {
        let parts = FullEvidence {
            ica_index: 0,
            report: &self::prefix(report),
            leaf: &prefix(leaf),
            ik: &prefix(ik),
        };
        Attestation::Full(parts).encode().map(|bytes| {
            assert_eq!(Attestation::decode(&bytes), Ok(Attestation::Full(parts)));
        })
    };
    assert_eq!(full(report.len() - 1, certificate.len() - 1, certificate.len() - 1), Ok(()));
    assert_eq!(full(report.len(), 1, 1), Err(E::TooLong { part: "report", length: report.len() }));
    assert_eq!(full(1, certificate.len(), 1), Err(E::TooLong { part: "leaf", length: 1025 }));
    assert_eq!(full(1, 1, certificate.len()), Err(E::TooLong { part: "identity key", length: 1025 }));
    assert_eq!(full(1, 1, 0), Err(E::Empty("identity key")));
}

fn prefix(length: usize) -> Vec<u8> {
    vec![7; length]
}

fn tuple_of(device: &Device) -> [u8; 32] {
    let bytes = device.report();
    firmware_tuple(Report::parse(&bytes).expect("a report").opaque())
}

#[test]
fn d6_a_firmware_tuple_is_its_formula() {
    let device = Device::new(Architecture::GH100);
    let mut preimage = Vec::new();
    for (kind, data) in [
        (3u16, &b"580.95.05\0"[..]),
        (6, &[0, 0x9F, 0, 0x96, 1, 0, 0, 0]),
        (11, &[0x55]),
        (15, b"882\0"),
        (17, b"1010\0"),
        (18, b"0200\0"),
        (35, b""),
        (36, &[0, 0]),
    ] {
        preimage.extend(kind.to_be_bytes());
        preimage.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        preimage.extend(data);
    }
    let tuple = tuple_of(&device);
    assert_eq!(tuple, blake3::derive_key("pars.aimining.firmware.v1", &preimage));
    // The order of the report does not count, nor does any other entry.
    let mut other = device.clone();
    other.opaque.reverse();
    other.set(tlv::PROJECT_SKU_MOD, b"1\0");
    other.set(tlv::FWID, &[9; 48]);
    other.nonce = [1; 32];
    assert_eq!(tuple_of(&other), tuple);
    // Each of the eight does, and "absent" is not "empty text".
    for (kind, data) in [
        (3, &b"580.95.06\0"[..]),
        (6, &[1, 0x9F, 0, 0x96, 1, 0, 0, 0]),
        (11, &[0xAA]),
        (15, b"883\0"),
        (15, b"882\0\0"),
        (17, b"G520\0"),
        (18, b"0210\0"),
        (35, b"\0"),
        (36, &[1, 0]),
    ] {
        let mut other = device.clone();
        other.set(kind, data);
        assert_ne!(tuple_of(&other), tuple, "{kind}");
    }
}

#[test]
fn d6_a_golden_set_is_its_formula() {
    let mut device = Device::new(Architecture::GH100);
    let bytes = device.report();
    let report = Report::parse(&bytes).expect("a report");
    let tuple = firmware_tuple(report.opaque());
    let mask: u64 = 1 | 1 << 7 | 1 << 63;
    let preimage = [&tuple[..], &mask.to_be_bytes(), &[1; 48], &[8; 48], &[64; 48]].concat();
    let digest = blake3::derive_key("pars.aimining.golden-set.v1", &preimage);
    assert_eq!(golden_set(&tuple, mask, &report), Ok(digest));
    assert_eq!(golden_set(&tuple, 0, &report), Err(GoldenSetError::EmptyMask));
    assert_ne!(golden_set(&tuple, mask | 2, &report), Ok(digest));
    assert_ne!(golden_set(&[0; 32], mask, &report), Ok(digest));
    // A block that is not compared changes nothing; one that is changes all.
    for (block, same) in [(1, false), (2, true), (8, false), (63, true), (64, false)] {
        let mut other = device.clone();
        other.blocks[block - 1][54] ^= 1;
        let bytes = other.report();
        let report = Report::parse(&bytes).expect("a report");
        assert_eq!(golden_set(&tuple, mask, &report) == Ok(digest), same, "block {block}");
    }
    device.blocks.truncate(31);
    device.unset(tlv::VBIOS_VERSION);
    let bytes = device.report();
    let report = Report::parse(&bytes).expect("a report");
    assert!(golden_set(&tuple, 1 << 30, &report).is_ok());
    assert_eq!(golden_set(&tuple, 1 << 31, &report), Err(GoldenSetError::NoSuchBlock(32)));
}

/// Two GPUs with the same firmware measure the same, but for what the decoder and the mode change.
#[test]
fn d6_real_gpus_of_one_firmware_have_one_golden_set() {
    let pairs = [
        ["h100-590.12-node0-gpu0", "h100-590.12-node0-gpu1"],
        ["h100-590.12-node0-gpu0", "h100-590.12-node0-gpu0-nonce2"],
        ["b200-590.48.01-mpt-gpu0", "b200-590.48.01-mpt-gpu1"],
    ];
    for pair in pairs {
        let [Some(first), Some(second)] = pair.map(support::real) else {
            return not_run("d6, golden sets of real GPUs");
        };
        let digest = |bytes: &[u8]| {
            let report = Report::parse(bytes).expect("a report");
            let tuple = firmware_tuple(report.opaque());
            (tuple, golden_set(&tuple, u64::MAX, &report).expect("64 blocks"))
        };
        assert_eq!(digest(&first.report), digest(&second.report), "{pair:?}");
    }
}
