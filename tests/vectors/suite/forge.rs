//! A signature that verifies under a key with t1 = 0, made without a secret.
//!
//! FIPS 204 Algorithm 8 recomputes w1 from A·z − c·t1·2^d. With t1 = 0 and z = 0 that is zero whatever the challenge
//! and whatever A, so the commitment is known in advance: w1Encode gives zero bytes. The challenge over them, z = 0 and
//! an empty hint are a valid signature. That is why `submitWorkProof` refuses such keys.

use pars_ai_mining::mldsa::ParameterSet;
use sha3::{
    Shake256,
    digest::{ExtendableOutput, Update, XofReader},
};

/// The key ρ ‖ 0.
pub(crate) fn weak_key(set: ParameterSet) -> Vec<u8> {
    let mut key = vec![0x5a; 32];
    key.resize(set.public_key_len(), 0);
    key
}

/// Signs under [`weak_key`].
pub(crate) fn forge(set: ParameterSet, message: &[u8], context: &[u8]) -> Vec<u8> {
    // λ/4, l, bits of an encoded coefficient of z, k · bytes of an encoded polynomial of w1.
    let (challenge_len, l, z_bits, commitment_len) = match set {
        ParameterSet::MlDsa44 => (32, 4, 18, 4 * 192),
        ParameterSet::MlDsa65 => (48, 5, 20, 6 * 128),
        ParameterSet::MlDsa87 => (64, 7, 20, 8 * 128),
    };
    let key_hash = shake256(&[&weak_key(set)], 64);
    let context_len = [0, u8::try_from(context.len()).expect("at most 255 bytes")];
    let mu = shake256(&[&key_hash, &context_len, context, message], 64);
    let challenge = shake256(&[&mu, &vec![0; commitment_len]], challenge_len);

    let mut signature = vec![0; set.signature_len()];
    signature[..challenge_len].copy_from_slice(&challenge);
    // BitPack stores γ1 − z, little-endian: for z = 0 the one bit γ1 = 2^(z_bits − 1).
    for coefficient in 0..l * 256 {
        let bit = challenge_len * 8 + coefficient * z_bits + z_bits - 1;
        signature[bit / 8] |= 1 << (bit % 8);
    }
    signature
}

fn shake256(parts: &[&[u8]], len: usize) -> Vec<u8> {
    let mut sponge = Shake256::default();
    for part in parts {
        sponge.update(part);
    }
    let mut output = vec![0; len];
    sponge.finalize_xof().read(&mut output);
    output
}
