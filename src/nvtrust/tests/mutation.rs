//! One bit at every byte of report, leaf and identity key: nothing that is signed may change, nothing else may matter.

use super::{
    device::Device,
    support::{Evidence, Known, Random, not_run, real, twin},
};
use crate::{Architecture, Report};

const SEED: u64 = 0xB17;

#[derive(Clone, Copy, Debug)]
enum Part {
    Report,
    Leaf,
    IdentityKey,
}

fn part(evidence: &mut Evidence, part: Part) -> &mut Vec<u8> {
    match part {
        Part::Report => &mut evidence.report,
        Part::Leaf => &mut evidence.chain[0],
        Part::IdentityKey => &mut evidence.chain[1],
    }
}

/// Every byte of a part with one bit flipped (or each of its eight): refused, all of them. Nothing in these bytes
/// stands outside the signatures but the signatures' own encoding, and that is strict.
fn mutate(evidence: &Evidence, which: Part, all_bits: bool) {
    println!("{} {which:?}, seed {SEED:#x}", evidence.id);
    let known = Known::of(evidence);
    let mut random = Random(SEED);
    let nonce = evidence.nonce();
    let mut broken = evidence.clone();
    for at in 0..part(&mut broken, which).len() {
        let drawn = random.below(8);
        for bit in if all_bits { 0..8 } else { drawn..drawn + 1 } {
            part(&mut broken, which)[at] ^= 1 << bit;
            let verdict = crate::verify_evidence(&broken.full(), &broken.ica, &[nonce], &known);
            assert!(verdict.is_err(), "{} {which:?} byte {at} bit {bit}", evidence.id);
            part(&mut broken, which)[at] ^= 1 << bit;
        }
    }
    assert!(broken.verdict_with(&known).is_ok());
}

/// The fixture.
fn fixture() -> Evidence {
    Evidence::h100()
}

/// A Blackwell, in the other form of certificate. Where no real one is at hand, a device of our own stands in.
fn blackwell() -> Evidence {
    real_or_own("b200-590.48.01-mpt-gpu0", Architecture::GB100)
}

/// A Hopper with a newer driver; likewise.
fn hopper() -> Evidence {
    real_or_own("h100-580.159.03-dev-e23d", Architecture::GH100)
}

fn real_or_own(id: &str, architecture: Architecture) -> Evidence {
    real(id).unwrap_or_else(|| {
        not_run(&format!("mutation of {id} (a device of our own stands in)"));
        Device::new(architecture).evidence()
    })
}

#[test]
fn d2_one_bit_at_every_byte_of_the_fixtures_report() {
    mutate(&fixture(), Part::Report, false);
}

#[test]
fn d2_one_bit_at_every_byte_of_a_blackwells_report() {
    mutate(&blackwell(), Part::Report, false);
}

#[test]
fn d2_one_bit_at_every_byte_of_a_third_report() {
    mutate(&hopper(), Part::Report, false);
}

#[test]
fn d2_one_bit_at_every_byte_of_leafs_and_identity_keys() {
    for evidence in [fixture(), blackwell(), hopper()] {
        mutate(&evidence, Part::Leaf, false);
        mutate(&evidence, Part::IdentityKey, false);
    }
}

#[test]
#[ignore = "takes minutes: make long"]
fn long_d2_every_bit_of_report_leaf_and_identity_key() {
    for evidence in [fixture(), blackwell(), hopper()] {
        for which in [Part::Report, Part::Leaf, Part::IdentityKey] {
            mutate(&evidence, which, true);
        }
    }
}

#[test]
fn d4_the_twin_of_a_real_signature_is_valid_and_the_same_device() {
    for evidence in [fixture(), blackwell(), hopper()] {
        let mut other = evidence.clone();
        let signature = twin(Report::parse(&evidence.report).expect("a report").signature());
        let at = other.report.len() - 96;
        other.report[at..].copy_from_slice(&signature);
        assert_ne!(other.report, evidence.report);
        assert_eq!(other.verdict(), Ok(evidence.verdict().expect("genuine")));
    }
}
