//! Signatures under public keys with t1 = 0, made without any secret.
//!
//! With t1 = 0 the verifier's w' = A·z − c·t1·2^d is A·z, whatever the challenge. So z and the hint may be *chosen*,
//! and the challenge is computed from them. Two things come of it: the reason for `is_weak_public_key`, and
//! signatures in which everything is right except the one thing a test is about (an edited honest signature is
//! wrong in its challenge as well, so it would not show that a check is missing).
//!
//! Written from FIPS 204, plainly; that the forgeries verify is its test.

use pars_mldsa::ParameterSet;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Shake128, Shake256};

use crate::oracles::Case;

const Q: i64 = 8_380_417;

/// A polynomial: 256 coefficients.
pub(crate) type Poly = [i64; 256];

/// FIPS 204 table 1, as far as a verifier needs it.
#[derive(Clone, Copy)]
pub(crate) struct Parameters {
    /// Rows of A, and polynomials of a hint.
    pub(crate) k: usize,
    /// Columns of A, and polynomials of z.
    pub(crate) l: usize,
    pub(crate) gamma1: i64,
    gamma2: i64,
    beta: i64,
    /// Most ones in a hint.
    pub(crate) omega: usize,
    /// Bytes of the challenge hash c̃, λ/4.
    pub(crate) challenge_len: usize,
    /// Bits of an encoded coefficient of z.
    z_bits: usize,
}

impl Parameters {
    pub(crate) fn of(set: ParameterSet) -> Self {
        let (k, l, gamma1_bits, gamma2_divisor, beta, omega, challenge_len) = match set {
            ParameterSet::MlDsa44 => (4, 4, 17, 88, 78, 80, 32),
            ParameterSet::MlDsa65 => (6, 5, 19, 32, 196, 55, 48),
            ParameterSet::MlDsa87 => (8, 7, 19, 32, 120, 75, 64),
        };
        let gamma2 = (Q - 1) / gamma2_divisor;
        Self { k, l, gamma1: 1 << gamma1_bits, gamma2, beta, omega, challenge_len, z_bits: gamma1_bits + 1 }
    }

    /// ‖z‖∞ must be below this: γ1 − β.
    pub(crate) fn norm_bound(&self) -> i64 {
        self.gamma1 - self.beta
    }

    /// Where the hint's ω + k bytes begin in a signature.
    pub(crate) fn hint_offset(&self) -> usize {
        self.challenge_len + self.l * self.z_len()
    }

    /// Bytes of one encoded polynomial of z.
    fn z_len(&self) -> usize {
        32 * self.z_bits
    }

    /// Writes `value` as coefficient `index` of polynomial `poly` of z (Algorithm 17, BitPack: γ1 − value).
    pub(crate) fn put_z(&self, signature: &mut [u8], poly: usize, index: usize, value: i64) {
        let first = self.challenge_len * 8 + (poly * 256 + index) * self.z_bits;
        let encoded = self.gamma1 - value;
        for bit in 0..self.z_bits {
            let (byte, mask) = ((first + bit) / 8, 1 << ((first + bit) % 8));
            if (encoded >> bit) & 1 == 1 {
                signature[byte] |= mask;
            } else {
                signature[byte] &= !mask;
            }
        }
    }
}

/// A hint as FIPS 204 encodes it (Algorithm 20): ω index bytes, then k running totals.
#[derive(Clone)]
pub(crate) struct Hint {
    /// The ω + k bytes that go into the signature, right or wrong.
    pub(crate) bytes: Vec<u8>,
    /// What a decoder that lacks the check under test takes the bytes for: (polynomial, index).
    pub(crate) read_as: Vec<(usize, u8)>,
}

impl Hint {
    /// The one correct encoding of `ones`, which come sorted by polynomial, then index.
    pub(crate) fn encode(parameters: &Parameters, ones: &[(usize, u8)]) -> Self {
        assert!(ones.is_sorted() && ones.len() <= parameters.omega);
        let mut bytes = vec![0; parameters.omega + parameters.k];
        for (position, &(_, index)) in ones.iter().enumerate() {
            bytes[position] = index;
        }
        for poly in 0..parameters.k {
            bytes[parameters.omega + poly] = ones.iter().filter(|&&(p, _)| p <= poly).count() as u8;
        }
        Self::unchecked(parameters, bytes)
    }

    /// Any bytes, read by Algorithm 21 without its checks (and past its end where a total exceeds ω).
    pub(crate) fn unchecked(parameters: &Parameters, bytes: Vec<u8>) -> Self {
        let mut read_as = Vec::new();
        let mut position = 0;
        for poly in 0..parameters.k {
            let end = usize::from(bytes[parameters.omega + poly]).min(bytes.len());
            while position < end {
                read_as.push((poly, bytes[position]));
                position += 1;
            }
        }
        Self { bytes, read_as }
    }
}

/// A public key ρ ‖ 0, and the matrix that its ρ stands for.
pub(crate) struct ZeroKey {
    pub(crate) set: ParameterSet,
    pub(crate) parameters: Parameters,
    pub(crate) public_key: Vec<u8>,
    /// Â by rows, in the NTT domain.
    matrix: Vec<Vec<Poly>>,
}

impl ZeroKey {
    pub(crate) fn new(set: ParameterSet, rho: &[u8; 32]) -> Self {
        let parameters = Parameters::of(set);
        let mut public_key = rho.to_vec();
        public_key.resize(set.public_key_len(), 0);
        let matrix = (0..parameters.k)
            .map(|row| (0..parameters.l).map(|column| sample_matrix_entry(rho, row, column)).collect())
            .collect();
        Self { set, parameters, public_key, matrix }
    }

    /// A signature over `message` with the given z and hint: valid in everything but what z and the hint's bytes
    /// get wrong.
    pub(crate) fn forge(&self, message: &[u8], context: &[u8], z: &[Poly], hint: &Hint) -> Case {
        let parameters = &self.parameters;
        let mut used_hint = vec![[false; 256]; parameters.k];
        for &(poly, index) in &hint.read_as {
            used_hint[poly][usize::from(index)] = true;
        }
        let commitment = self.commitment(z, &used_hint);

        let public_key_hash = shake256(&[&self.public_key], 64);
        let mu = shake256(&[&public_key_hash, &[0, context.len() as u8], context, message], 64);
        let challenge = shake256(&[&mu, &commitment], parameters.challenge_len);

        let mut signature = vec![0; self.set.signature_len()];
        signature[..parameters.challenge_len].copy_from_slice(&challenge);
        for (poly, coefficients) in z.iter().enumerate() {
            for (index, &value) in coefficients.iter().enumerate() {
                parameters.put_z(&mut signature, poly, index, value);
            }
        }
        signature[parameters.hint_offset()..].copy_from_slice(&hint.bytes);
        Case {
            set: self.set,
            public_key: self.public_key.clone(),
            message: message.to_vec(),
            context: context.to_vec(),
            signature,
        }
    }

    /// w1Encode(UseHint(h, A·z)) (Algorithms 28 and 40).
    fn commitment(&self, z: &[Poly], hint: &[[bool; 256]]) -> Vec<u8> {
        let Parameters { gamma2, l, .. } = self.parameters;
        let steps = (Q - 1) / (2 * gamma2);
        let width = if steps == 44 { 6 } else { 4 };
        let z_ntt: Vec<Poly> = z.iter().map(ntt).collect();
        let mut bits = Vec::new();
        for (row, hints) in self.matrix.iter().zip(hint) {
            let product = (0..l).fold([0; 256], |sum: Poly, column| {
                std::array::from_fn(|i| (sum[i] + row[column][i] * z_ntt[column][i]) % Q)
            });
            for (value, &hinted) in inverse_ntt(&product).iter().zip(hints) {
                let (high, low) = decompose(*value, gamma2);
                let high = match (hinted, low > 0) {
                    (false, _) => high,
                    (true, true) => (high + 1) % steps,
                    (true, false) => (high + steps - 1) % steps,
                };
                bits.extend((0..width).map(|bit| (high >> bit) & 1));
            }
        }
        bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, &bit| sum << 1 | bit as u8)).collect()
    }
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

/// Algorithms 30 and 32: RejNTTPoly(ρ ‖ column ‖ row).
fn sample_matrix_entry(rho: &[u8; 32], row: usize, column: usize) -> Poly {
    let mut sponge = Shake128::default();
    sponge.update(rho);
    sponge.update(&[column as u8, row as u8]);
    let mut stream = sponge.finalize_xof();
    let mut poly = [0; 256];
    let mut filled = 0;
    while filled < 256 {
        let mut candidate = [0; 3];
        stream.read(&mut candidate);
        let [low, middle, high] = candidate.map(i64::from);
        let value = low | middle << 8 | (high & 0x7f) << 16;
        if value < Q {
            poly[filled] = value;
            filled += 1;
        }
    }
    poly
}

/// Algorithm 36: r ≡ high · 2γ2 + low mod q.
fn decompose(r: i64, gamma2: i64) -> (i64, i64) {
    let mut low = r % (2 * gamma2);
    if low > gamma2 {
        low -= 2 * gamma2;
    }
    if r - low == Q - 1 { (0, low - 1) } else { ((r - low) / (2 * gamma2), low) }
}

/// ζ^BitRev8(i) mod q for ζ = 1753 (FIPS 204 section 7.5).
const ZETAS: [i64; 256] = {
    let mut powers = [1; 256];
    let mut exponent = 1;
    while exponent < 256 {
        powers[exponent] = powers[exponent - 1] * 1753 % Q;
        exponent += 1;
    }
    let mut zetas = [0; 256];
    let mut i = 0;
    while i < 256 {
        zetas[i] = powers[(i as u8).reverse_bits() as usize];
        i += 1;
    }
    zetas
};

/// Algorithm 41.
fn ntt(poly: &Poly) -> Poly {
    let mut w = poly.map(|c| c.rem_euclid(Q));
    let (mut step, mut len) = (0, 128);
    while len >= 1 {
        for start in (0..256).step_by(2 * len) {
            step += 1;
            let factor = ZETAS[step];
            for j in start..start + len {
                let t = factor * w[j + len] % Q;
                w[j + len] = (w[j] - t).rem_euclid(Q);
                w[j] = (w[j] + t) % Q;
            }
        }
        len /= 2;
    }
    w
}

/// Algorithm 42.
fn inverse_ntt(poly: &Poly) -> Poly {
    let mut w = *poly;
    let (mut step, mut len) = (256, 1);
    while len < 256 {
        for start in (0..256).step_by(2 * len) {
            step -= 1;
            let factor = Q - ZETAS[step];
            for j in start..start + len {
                let t = w[j];
                w[j] = (t + w[j + len]) % Q;
                w[j + len] = factor * (t - w[j + len]).rem_euclid(Q) % Q;
            }
        }
        len *= 2;
    }
    w.map(|c| c * 8_347_681 % Q)
}
