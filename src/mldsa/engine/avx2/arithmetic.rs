//! The matrix product and HighBits.

use core::arch::x86_64::*;

use super::super::parameters::Gamma2;
use super::super::ring::{N, Poly, Q, Q_INVERSE};
use super::{load, store, store_bytes};

/// See [`multiply_row`](super::super::ring::multiply_row): sums of 64 bits, even and odd lanes apart.
#[target_feature(enable = "avx2")]
pub(super) fn multiply_row(row: &[Poly], z: &[Poly], c: &Poly, t1: &Poly, w: &mut Poly) {
    let (q, q_inverse) = (_mm256_set1_epi32(Q), _mm256_set1_epi32(Q_INVERSE));
    let (c, t1) = (c.0.as_chunks::<8>().0, t1.0.as_chunks::<8>().0);
    for (i, (w, (c, t1))) in w.0.as_chunks_mut::<8>().0.iter_mut().zip(c.iter().zip(t1)).enumerate() {
        let (c, t1) = (load(c), load(t1));
        let zero = _mm256_setzero_si256();
        let mut even = _mm256_sub_epi64(zero, _mm256_mul_epi32(c, t1));
        let mut odd = _mm256_sub_epi64(zero, _mm256_mul_epi32(high(c), high(t1)));
        for (a, z) in row.iter().zip(z) {
            let (Some(a), Some(z)) = (a.0.as_chunks::<8>().0.get(i), z.0.as_chunks::<8>().0.get(i)) else {
                continue;
            };
            let (a, z) = (load(a), load(z));
            even = _mm256_add_epi64(even, _mm256_mul_epi32(a, z));
            odd = _mm256_add_epi64(odd, _mm256_mul_epi32(high(a), high(z)));
        }
        // montgomery_reduce, lane by lane: the low halves cancel, the high halves are the result.
        let even = _mm256_sub_epi64(even, _mm256_mul_epi32(_mm256_mul_epi32(even, q_inverse), q));
        let odd = _mm256_sub_epi64(odd, _mm256_mul_epi32(_mm256_mul_epi32(odd, q_inverse), q));
        store(w, _mm256_blend_epi32::<0b1010_1010>(_mm256_srli_epi64::<32>(even), odd));
    }
}

/// The odd lanes in the place of the even ones.
#[inline]
#[target_feature(enable = "avx2")]
fn high(a: __m256i) -> __m256i {
    _mm256_srli_epi64::<32>(a)
}

/// `$one` of every coefficient, as bytes.
macro_rules! each {
    ($w:ident, $w1:ident, $one:ident) => {
        for (w1, [a, b, c, d]) in
            $w1.as_chunks_mut::<32>().0.iter_mut().zip($w.0.as_chunks::<8>().0.as_chunks::<4>().0)
        {
            let ab = _mm256_packus_epi32($one(load(a)), $one(load(b)));
            let cd = _mm256_packus_epi32($one(load(c)), $one(load(d)));
            // Packing works on halves; the last permutation brings the groups of four back into order.
            let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            store_bytes(w1, _mm256_permutevar8x32_epi32(_mm256_packus_epi16(ab, cd), order));
        }
    };
}

/// ⌈r/2^7⌉, as in [`high_bits`](super::super::hint::high_bits).
#[inline]
#[target_feature(enable = "avx2")]
fn rounded(r: __m256i) -> __m256i {
    _mm256_srli_epi32::<7>(_mm256_add_epi32(r, _mm256_set1_epi32(127)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn high_bits_over_88(r: __m256i) -> __m256i {
    let product = _mm256_mullo_epi32(rounded(r), _mm256_set1_epi32(11_275));
    let r1 = _mm256_srli_epi32::<24>(_mm256_add_epi32(product, _mm256_set1_epi32(1 << 23)));
    // 44 becomes 0.
    _mm256_andnot_si256(_mm256_cmpeq_epi32(r1, _mm256_set1_epi32(44)), r1)
}

#[inline]
#[target_feature(enable = "avx2")]
fn high_bits_over_32(r: __m256i) -> __m256i {
    let product = _mm256_mullo_epi32(rounded(r), _mm256_set1_epi32(1025));
    let r1 = _mm256_srli_epi32::<22>(_mm256_add_epi32(product, _mm256_set1_epi32(1 << 21)));
    _mm256_and_si256(r1, _mm256_set1_epi32(15))
}

/// See [`high_bits_of_poly`](super::super::hint::high_bits_of_poly).
#[target_feature(enable = "avx2")]
pub(super) fn high_bits(gamma2: Gamma2, w: &Poly, w1: &mut [u8; N]) {
    match gamma2 {
        Gamma2::Over88 => each!(w, w1, high_bits_over_88),
        Gamma2::Over32 => each!(w, w1, high_bits_over_32),
    }
}
