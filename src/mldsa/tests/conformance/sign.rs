//! Key generation and signing.

use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams};
use pars_mldsa::{ParameterSet, SignError, SigningKey, Verifier, is_weak_public_key, verify};
use sha3::Shake128;
use sha3::digest::{ExtendableOutput, Update, XofReader};

use crate::backends::engines;
use crate::random::Random;

const DETERMINISTIC: [u8; 32] = [0; 32];

/// Key pair and signature of RustCrypto's `ml-dsa` from the same seed, message, context and randomness.
fn sign_with_ml_dsa<P: MlDsaParams>(
    seed: &[u8; 32],
    message: &[u8],
    context: &[u8],
    randomness: &[u8; 32],
) -> (Vec<u8>, Vec<u8>) {
    let key = ml_dsa::SigningKey::<P>::from_seed(&(*seed).into());
    let header = [0, context.len() as u8];
    let signature = key.expanded_key().sign_internal(&[&header, context, message], &(*randomness).into());
    (key.expanded_key().verifying_key().encode().to_vec(), signature.encode().to_vec())
}

#[test]
fn signatures_verify_and_equal_those_of_another_library() {
    let mut random = Random::for_test("signatures_verify_and_equal_those_of_another_library", 204);
    for set in ParameterSet::ALL {
        let other = match set {
            ParameterSet::MlDsa44 => sign_with_ml_dsa::<MlDsa44>,
            ParameterSet::MlDsa65 => sign_with_ml_dsa::<MlDsa65>,
            ParameterSet::MlDsa87 => sign_with_ml_dsa::<MlDsa87>,
        };
        for (message_len, context_len) in [(0, 0), (1, 1), (290, 21), (5000, 255)] {
            let (seed, fresh) = (random.seed(), random.seed());
            let (message, context) = (random.bytes(message_len), random.bytes(context_len));
            let key = SigningKey::from_seed(set, &seed);
            assert_eq!(key.parameter_set(), set);
            assert_eq!(key.public_key().len(), set.public_key_len());
            assert!(!is_weak_public_key(set, key.public_key()));
            for randomness in [DETERMINISTIC, fresh] {
                let signature = key.sign(&message, &context, &randomness).expect("a legal context");
                assert_eq!(signature.len(), set.signature_len());
                assert!(verify(set, key.public_key(), &message, &context, &signature), "{set}");
                let expected = other(&seed, &message, &context, &randomness);
                assert!((key.public_key().to_vec(), signature) == expected, "{set}: the libraries differ");
            }
        }
    }
}

#[test]
fn randomness_changes_the_signature_and_nothing_else_does() {
    for set in ParameterSet::ALL {
        let key = SigningKey::from_seed(set, &[3; 32]);
        let sign = |randomness: [u8; 32]| key.sign(b"message", b"", &randomness).expect("a legal context");
        assert_eq!(sign([0; 32]), sign([0; 32]));
        assert_ne!(sign([0; 32]), sign([1; 32]));
    }
}

#[test]
fn c9_a_wrong_context_fails() {
    for set in ParameterSet::ALL {
        let key = SigningKey::from_seed(set, &[5; 32]);
        let signature = key.sign(b"message", b"right", &DETERMINISTIC).expect("a legal context");
        assert!(verify(set, key.public_key(), b"message", b"right", &signature));
        for wrong in ["", "Right", "right ", "righ", "wrong"] {
            assert!(!verify(set, key.public_key(), b"message", wrong.as_bytes(), &signature), "{wrong:?}");
        }
    }
}

#[test]
fn c2_contexts_above_255_bytes_are_a_typed_error() {
    for set in ParameterSet::ALL {
        let key = SigningKey::from_seed(set, &[6; 32]);
        assert!(key.sign(b"", &[1; 255], &DETERMINISTIC).is_ok());
        for len in [256, 257, 511, 512, 100_000] {
            let error = key.sign(b"", &vec![1; len], &DETERMINISTIC);
            assert_eq!(error, Err(SignError::ContextTooLong { len }));
        }
    }
    let text = SignError::ContextTooLong { len: 256 }.to_string();
    assert_eq!(text, "the context has 256 bytes, more than the 255 that FIPS 204 allows");
}

#[test]
fn a_printed_key_shows_its_set_only() {
    let key = SigningKey::from_seed(ParameterSet::MlDsa65, &[0xab; 32]);
    assert_eq!(format!("{key:?}"), "SigningKey { parameter_set: MlDsa65, .. }");
}

/// The accumulated vectors of C2SP/CCTV (ML-DSA/accumulated): seeds are drawn from SHAKE128 of nothing, each makes a
/// key that signs the empty message deterministically, and SHAKE128 of all keys and signatures is compared.
fn accumulated(set: ParameterSet, rounds: usize) -> String {
    let mut seeds = Shake128::default().finalize_xof();
    let mut results = Shake128::default();
    let engines = engines();
    for round in 0..rounds {
        let mut seed = [0; 32];
        seeds.read(&mut seed);
        let key = SigningKey::from_seed(set, &seed);
        let signature = key.sign(b"", b"", &DETERMINISTIC).expect("a legal context");
        assert!(verify(set, key.public_key(), b"", b"", &signature), "{set} round {round}");
        for engine in &engines {
            let valid = engine.verify(set, key.public_key(), b"", b"", &signature);
            assert!(valid, "{} {set} round {round}", engine.name());
        }
        results.update(key.public_key());
        results.update(&signature);
    }
    let mut digest = [0; 32];
    results.finalize_xof().read(&mut digest);
    hex::encode(digest)
}

#[test]
fn c1_accumulated_100() {
    let digests = ParameterSet::ALL.map(|set| accumulated(set, 100));
    assert_eq!(
        digests,
        [
            "d51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4",
            "8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199",
            "8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b",
        ]
    );
}

#[test]
#[ignore = "long: run by make long"]
fn long_c1_accumulated_10000() {
    let digests = ParameterSet::ALL.map(|set| accumulated(set, 10_000));
    assert_eq!(
        digests,
        [
            "e7fd21f6a59bcba60d65adc44404bb29a7c00e5d8d3ec06a732c00a306a7d143",
            "5ff5e196f0b830c3b10a9eb5358e7c98a3a20136cb677f3ae3b90175c3ace329",
            "80a8cf39317f7d0be0e24972c51ac152bd2a3e09bc0c32ce29dd82c4e7385e60",
        ]
    );
}
