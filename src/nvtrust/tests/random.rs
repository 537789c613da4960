//! Bytes that nobody meant: no parser panics, and none allocates.

use super::support::{Believes, H100_IK, H100_LEAF, H100_REPORT};
use crate::{
    Architecture, Attestation, Certificate, GENESIS_ICAS, IdentityKey, Leaf, PinnedIca, Report,
    firmware_tuple, golden_set, verify_evidence, verify_registered,
};
use proptest::prelude::*;

/// Everything that reads bytes.
fn read_all(bytes: &[u8]) {
    if let Ok(report) = Report::parse(bytes) {
        let tuple = firmware_tuple(report.opaque());
        let _ = golden_set(&tuple, u64::MAX, &report);
        let opaque = report.opaque();
        let _ = (opaque.driver(), opaque.vbios(), opaque.nvdec0(), opaque.version(), opaque.feature_flag());
    }
    let _ = Report::without_padding(bytes);
    let _ = Certificate::parse(bytes);
    let _ = Leaf::parse(bytes);
    let _ = IdentityKey::parse(bytes);
    let _ = PinnedIca::from_certificate(Architecture::GB100, bytes);
    match Attestation::decode(bytes) {
        Ok(Attestation::Full(full)) => {
            let _ = verify_evidence(&full, &GENESIS_ICAS[0], &[[0; 32]], &Believes);
        }
        Ok(Attestation::Registered(registered)) => {
            let registration = crate::Registration { leaf_public_key: &[0; 96], fwid: &[0; 48] };
            let _ = verify_registered(registered.report, registration, &[[0; 32]], &Believes);
        }
        Err(_) => {}
    }
}

fn edited(start: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 0..12);
    edits.prop_map(move |edits| {
        let mut bytes = start.to_vec();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(0xD4),
        ..ProptestConfig::default()
    })]

    #[test]
    fn d4_random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read_all(&bytes);
    }

    #[test]
    fn d4_edited_reports_never_panic(bytes in edited(H100_REPORT)) {
        read_all(&bytes);
    }

    #[test]
    fn d4_edited_certificates_never_panic(leaf in edited(H100_LEAF), ik in edited(H100_IK)) {
        read_all(&leaf);
        read_all(&ik);
        let full = crate::FullEvidence { ica_index: 0, report: H100_REPORT, leaf: &leaf, ik: &ik };
        if let Ok(bytes) = Attestation::Full(full).encode() {
            read_all(&bytes);
        }
    }
}

#[test]
fn d4_parsers_allocate_nothing() {
    let full = crate::FullEvidence { ica_index: 0, report: H100_REPORT, leaf: H100_LEAF, ik: H100_IK };
    let bytes = Attestation::Full(full).encode().expect("within the caps");
    let nonce = H100_REPORT[4..36].try_into().expect("32 bytes");
    let info = allocation_counter::measure(|| {
        let Ok(Attestation::Full(full)) = Attestation::decode(&bytes) else { panic!("kind 1") };
        let gpu = verify_evidence(&full, &GENESIS_ICAS[0], &[nonce], &Believes).expect("genuine");
        let tuple = firmware_tuple(gpu.report.opaque());
        golden_set(&tuple, u64::MAX, &gpu.report).expect("64 blocks");
    });
    assert_eq!(info.count_total, 0, "{} bytes", info.bytes_total);
}
