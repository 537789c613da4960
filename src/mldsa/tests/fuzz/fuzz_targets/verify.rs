//! Every backend of the engine, `fips204` and AWS-LC give one answer to a changed honest signature, or to none at all.
#![no_main]

use std::sync::LazyLock;

use aws_lc_rs::signature::{ML_DSA_44, ML_DSA_65, ML_DSA_87, UnparsedPublicKey};
use libfuzzer_sys::fuzz_target;
use pars_mldsa::{Engine, Job, Key, ParameterSet, Reference, SigningKey, Verifier};

const MESSAGE: &[u8] = b"fuzz";

/// Public key and signature of each set.
static HONEST: LazyLock<Vec<(ParameterSet, Vec<u8>, Vec<u8>)>> = LazyLock::new(|| {
    ParameterSet::ALL
        .into_iter()
        .map(|set| {
            let key = SigningKey::from_seed(set, &[set.id(); 32]);
            let signature = key.sign(MESSAGE, b"", &[0; 32]).expect("a legal context");
            (set, key.public_key().to_vec(), signature)
        })
        .collect()
});

/// The first byte chooses set and kind. Kind 0: edits of three bytes, a place and a value. Kind 1: the bytes are the end
/// of the signature, where the hint stands. Kind 2: the bytes are the signature.
fn changed(data: &[u8]) -> Option<(ParameterSet, Vec<u8>, Vec<u8>)> {
    let (&kind, data) = data.split_first()?;
    let (set, mut key, mut signature) = HONEST[usize::from(kind % 3)].clone();
    match kind / 3 % 3 {
        0 => {
            for &[high, low, value] in data.as_chunks::<3>().0 {
                let place = usize::from(u16::from_be_bytes([high, low])) % (key.len() + signature.len());
                match key.get_mut(place) {
                    Some(byte) => *byte = value,
                    None => signature[place - key.len()] = value,
                }
            }
        }
        1 => {
            let len = data.len().min(signature.len());
            let start = signature.len() - len;
            signature[start..].copy_from_slice(&data[data.len() - len..]);
        }
        _ => signature = data.to_vec(),
    }
    Some((set, key, signature))
}

fuzz_target!(|data: &[u8]| {
    let Some((set, key, signature)) = changed(data) else { return };
    let expected = Reference.verify(set, &key, MESSAGE, b"", &signature);
    let algorithm = match set {
        ParameterSet::MlDsa44 => &ML_DSA_44,
        ParameterSet::MlDsa65 => &ML_DSA_65,
        ParameterSet::MlDsa87 => &ML_DSA_87,
    };
    assert_eq!(UnparsedPublicKey::new(algorithm, &key).verify(MESSAGE, &signature).is_ok(), expected, "aws-lc");
    let (_, honest_key, honest_signature) = &HONEST[set as usize];
    for engine in [Some(Engine::portable()), Engine::avx2(), Engine::avx512()].into_iter().flatten() {
        assert_eq!(engine.verify(set, &key, MESSAGE, b"", &signature), expected, "{}", engine.name());
        let job = |key, signature| Job { key: Key::Encoded(set, key), message: MESSAGE, context: b"", signature };
        let jobs = [job(&key, &signature), job(honest_key, honest_signature), job(&key, &signature)];
        let verdicts = Vec::from(engine.verify_batch(&jobs));
        assert_eq!(verdicts, [expected, true, expected], "{}, batch", engine.name());
    }
});
