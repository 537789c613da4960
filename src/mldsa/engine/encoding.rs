//! From bytes and back (FIPS 204 section 7.1 and 7.2). Nothing here indexes: lengths are split off or refused.

use super::parameters::{Gamma1, Gamma2, MAX_K, Parameters, RHO_LEN, T1_LEN};
use super::ring::{D, Poly};

/// Algorithm 23, pkDecode, as far as bytes go: ρ and the k encoded polynomials of t1. Only the length can be wrong.
pub(super) fn split_public_key<'a>(
    parameters: &Parameters,
    public_key: &'a [u8],
) -> Option<(&'a [u8; RHO_LEN], &'a [[u8; T1_LEN]])> {
    if public_key.len() != parameters.set.public_key_len() {
        return None;
    }
    let (rho, t1) = public_key.split_first_chunk()?; // line 1
    Some((rho, t1.as_chunks().0))
}

/// Algorithm 23 line 3, SimpleBitUnpack to ten bits, times 2^d (Algorithm 8 line 9).
pub(super) fn unpack_t1(bytes: &[u8; T1_LEN], poly: &mut Poly) {
    for (coefficients, bytes) in poly.0.as_chunks_mut::<4>().0.iter_mut().zip(bytes.as_chunks::<5>().0) {
        let [a, b, c, d, e] = bytes.map(i32::from);
        *coefficients =
            [a | b << 8, b >> 2 | c << 6, c >> 4 | d << 4, d >> 6 | e << 2].map(|t| (t & 0x3ff) << D);
    }
}

/// What Algorithm 27, sigDecode, makes of a signature.
#[derive(Clone, Copy)]
pub(super) struct Signature<'a> {
    /// c̃.
    pub(super) challenge: &'a [u8],
    /// z, packed: ℓ times [`Gamma1::z_len`] bytes. Every pattern is a polynomial; the norm is checked on unpacking.
    pub(super) z: &'a [u8],
    pub(super) hint: Hint<'a>,
}

impl<'a> Signature<'a> {
    /// Algorithm 27: `None` for a wrong length or where h = ⊥ (Algorithm 8 line 3).
    pub(super) fn decode(parameters: &Parameters, signature: &'a [u8]) -> Option<Self> {
        if signature.len() != parameters.set.signature_len() {
            return None;
        }
        let (challenge, rest) = signature.split_at_checked(parameters.challenge_len)?; // line 1
        let (z, hint) = rest.split_at_checked(parameters.l.checked_mul(parameters.gamma1.z_len())?)?;
        let hint = Hint::unpack(parameters, hint)?; // line 5
        Some(Self { challenge, z, hint })
    }
}

/// h: for each of k polynomials the places of its ones, strictly rising.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hint<'a> {
    rows: [&'a [u8]; MAX_K],
}

impl<'a> Hint<'a> {
    /// Algorithm 21, HintBitUnpack, of the ω + k bytes `y`.
    pub(super) fn unpack(parameters: &Parameters, y: &'a [u8]) -> Option<Self> {
        let (places, cuts) = y.split_at_checked(parameters.omega)?;
        let mut rows = [places.split_at(0).0; MAX_K];
        // Line 2; `unread` begins at Index.
        let (mut index, mut unread) = (0, places);
        // Line 3: for i from 0 to k − 1.
        for (row, &cut) in rows.iter_mut().zip(cuts) {
            let count = usize::from(cut).checked_sub(index)?; // line 4: y[ω + i] < Index
            let (ones, later) = unread.split_at_checked(count)?; // line 4: y[ω + i] > ω
            // Lines 7–14, 9: each place above the one before it, within this polynomial.
            if !ones.is_sorted_by(|before, place| before < place) {
                return None;
            }
            *row = ones; // line 12
            (index, unread) = (usize::from(cut), later); // line 13
        }
        // Lines 16–19: what is left over is zero.
        unread.iter().all(|&place| place == 0).then_some(Self { rows })
    }

    /// The places of the ones, polynomial by polynomial.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.rows.into_iter()
    }
}

/// Algorithm 27 line 3, BitUnpack(v, γ1 − 1, γ1), of one polynomial of z. Returns ‖z_i‖∞, at most γ1.
pub(super) fn unpack_z(gamma1: Gamma1, bytes: &[u8], poly: &mut Poly) -> i32 {
    let g = gamma1.value();
    match gamma1 {
        Gamma1::Bits17 => {
            for (coefficients, bytes) in
                poly.0.as_chunks_mut::<4>().0.iter_mut().zip(bytes.as_chunks::<9>().0)
            {
                let [b0, b1, b2, b3, b4, b5, b6, b7, b8] = bytes.map(i32::from);
                *coefficients = [
                    b0 | b1 << 8 | b2 << 16,
                    b2 >> 2 | b3 << 6 | b4 << 14,
                    b4 >> 4 | b5 << 4 | b6 << 12,
                    b6 >> 6 | b7 << 2 | b8 << 10,
                ]
                .map(|packed| g.wrapping_sub(packed & 0x3_ffff));
            }
        }
        Gamma1::Bits19 => {
            for (coefficients, bytes) in
                poly.0.as_chunks_mut::<2>().0.iter_mut().zip(bytes.as_chunks::<5>().0)
            {
                let [b0, b1, b2, b3, b4] = bytes.map(i32::from);
                *coefficients = [b0 | b1 << 8 | b2 << 16, b2 >> 4 | b3 << 4 | b4 << 12]
                    .map(|packed| g.wrapping_sub(packed & 0xf_ffff));
            }
        }
    }
    poly.0.iter().fold(0, |norm, coefficient| norm.max(coefficient.wrapping_abs()))
}

/// Algorithm 28 line 3, SimpleBitPack(w1\[i\], m − 1), of one polynomial: [`Gamma2::w1_len`] bytes.
pub(super) fn pack_w1(gamma2: Gamma2, w1: &[u8; 256], bytes: &mut [u8]) {
    match gamma2 {
        Gamma2::Over88 => {
            for (bytes, &[a, b, c, d]) in bytes.as_chunks_mut::<3>().0.iter_mut().zip(w1.as_chunks::<4>().0) {
                *bytes = [a | b << 6, b >> 2 | c << 4, c >> 4 | d << 2];
            }
        }
        Gamma2::Over32 => {
            for (byte, &[a, b]) in bytes.iter_mut().zip(w1.as_chunks::<2>().0) {
                *byte = a | b << 4;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParameterSet;

    /// Bits `width·i` and following of `bytes`, little-endian: unpacking by definition.
    fn bits(bytes: &[u8], width: usize, i: usize) -> i32 {
        (0..width).fold(0, |sum, bit| {
            let at = width * i + bit;
            sum | i32::from(bytes[at / 8] >> (at % 8) & 1) << bit
        })
    }

    fn bytes<const LEN: usize>() -> [u8; LEN] {
        std::array::from_fn(|i| (i as u32).wrapping_mul(0x9e37_79b1).to_be_bytes()[0])
    }

    #[test]
    fn unpacking_is_by_bits() {
        let mut poly = Poly::ZERO;
        let t1 = bytes::<T1_LEN>();
        unpack_t1(&t1, &mut poly);
        assert_eq!(poly.0, std::array::from_fn(|i| bits(&t1, 10, i) << 13));
        let z = bytes::<576>();
        let norm = unpack_z(Gamma1::Bits17, &z, &mut poly);
        assert_eq!(poly.0, std::array::from_fn(|i| (1 << 17) - bits(&z, 18, i)));
        assert_eq!(Some(norm), poly.0.iter().map(|c| c.abs()).max());
        let z = bytes::<640>();
        let norm = unpack_z(Gamma1::Bits19, &z, &mut poly);
        assert_eq!(poly.0, std::array::from_fn(|i| (1 << 19) - bits(&z, 20, i)));
        assert_eq!(Some(norm), poly.0.iter().map(|c| c.abs()).max());
    }

    #[test]
    fn packing_is_by_bits() {
        for gamma2 in [Gamma2::Over88, Gamma2::Over32] {
            let width = if gamma2 == Gamma2::Over88 { 6 } else { 4 };
            let w1: [u8; 256] = std::array::from_fn(|i| (i * 7 % gamma2.steps() as usize) as u8);
            let mut packed = vec![0xff; gamma2.w1_len()];
            pack_w1(gamma2, &w1, &mut packed);
            assert!((0..256).all(|i| bits(&packed, width, i) == i32::from(w1[i])));
        }
    }

    /// Algorithm 21 as the standard writes it, with Index and ⊥.
    fn unpack_hint_by_the_book(parameters: &Parameters, y: &[u8]) -> Option<Vec<Vec<u8>>> {
        let omega = parameters.omega;
        let mut h = vec![Vec::new(); parameters.k];
        let mut index = 0;
        for i in 0..parameters.k {
            let cut = usize::from(y[omega + i]);
            if cut < index || cut > omega {
                return None;
            }
            let first = index;
            while index < cut {
                if index > first && y[index - 1] >= y[index] {
                    return None;
                }
                h[i].push(y[index]);
                index += 1;
            }
        }
        y[index..omega].iter().all(|&place| place == 0).then_some(h)
    }

    /// Every cut at every value, and pairs of neighbouring places, against the standard's own words.
    #[test]
    fn c3_hints_unpack_by_the_book() {
        let (mut legal, mut illegal) = (0, 0);
        let mut check = |parameters: &Parameters, y: &[u8]| {
            let expected = unpack_hint_by_the_book(parameters, y);
            let hint = Hint::unpack(parameters, y);
            match &expected {
                Some(_) => legal += 1,
                None => illegal += 1,
            }
            let rows =
                hint.map(|hint| hint.rows().take(parameters.k).map(<[u8]>::to_vec).collect::<Vec<_>>());
            assert_eq!(rows, expected, "{y:?}");
            assert!(hint.is_none_or(|hint| hint.rows().skip(parameters.k).all(<[u8]>::is_empty)));
        };
        for set in ParameterSet::ALL {
            let parameters = &Parameters::of(set);
            let omega = parameters.omega;
            // Places that rise all through, so that every cut is legal on their account.
            let rising: Vec<u8> = (1..=omega as u8).collect();
            for i in 0..parameters.k {
                for cut in 0..=255 {
                    for (before, after) in [(0, omega), (5, omega), (5, 9), (omega, omega), (0, 0)] {
                        let mut y = rising.clone();
                        y.resize(omega + parameters.k, after as u8);
                        y[omega..omega + i].fill(before as u8);
                        y[omega + i] = cut;
                        check(parameters, &y);
                        let used = after.min(omega);
                        y[used..omega].fill(0);
                        check(parameters, &y);
                    }
                }
            }
            for (a, b) in [(0, 0), (0, 1), (1, 0), (255, 255), (254, 255), (255, 254), (255, 0), (0, 255)] {
                for at in [0, 1, omega - 2] {
                    for cut in 0..=omega {
                        let mut y = vec![0; omega + parameters.k];
                        (y[at], y[at + 1]) = (a, b);
                        y[omega] = cut as u8;
                        y[omega + 1..].fill(omega as u8);
                        check(parameters, &y);
                    }
                }
            }
        }
        assert!(legal > 1000 && illegal > 1000, "{legal} legal, {illegal} illegal");
    }
}
