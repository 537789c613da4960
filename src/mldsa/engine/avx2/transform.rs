//! NTT and its inverse. The order of coefficients is the standard's throughout, and every sum and product is the
//! portable one's, so that results are equal bit by bit and its bounds hold here.
//!
//! A polynomial is 32 vectors of eight. Levels down to len = 8 pair whole vectors; for len = 4, 2, 1 eight vectors are
//! transposed, so that they pair whole vectors again.
#![expect(clippy::indexing_slicing, reason = "constant indices into arrays of 8, 32 and 256")]
#![expect(clippy::arithmetic_side_effects, reason = "indices below 256")]

use core::arch::x86_64::*;

use super::super::ntt::{F, ZETAS};
use super::super::ring::{Poly, Q, Q_INVERSE};
use super::{load, store};

/// A factor and its multiple by q^−1 mod 2^32.
#[derive(Clone, Copy)]
#[repr(C)]
struct Factors {
    zetas: [i32; 8],
    times_q_inverse: [i32; 8],
}

impl Factors {
    const fn new(zetas: [i32; 8]) -> Self {
        let mut times_q_inverse = zetas;
        let mut i = 0;
        while i < 8 {
            times_q_inverse[i] = zetas[i].wrapping_mul(Q_INVERSE);
            i += 1;
        }
        Self { zetas, times_q_inverse }
    }
}

/// The factors of levels 4, 2 and 1 for each quarter of 64 coefficients, transposed as the coefficients are: entry r of
/// each belongs to coefficients 8r … 8r + 7 of the quarter. One vector for len = 4, two for 2, four for 1.
static INNER: [[Factors; 7]; 4] = {
    let mut inner = [[Factors::new([0; 8]); 7]; 4];
    let mut quarter = 0;
    while quarter < 4 {
        // First m of the level, blocks of the level in eight coefficients, which of these.
        let levels = [(32, 1, 0), (64, 2, 0), (64, 2, 1), (128, 4, 0), (128, 4, 1), (128, 4, 2), (128, 4, 3)];
        let mut vector = 0;
        while vector < 7 {
            let (first, blocks, which) = levels[vector];
            let mut zetas = [0; 8];
            let mut r = 0;
            while r < 8 {
                zetas[r] = ZETAS[first + (8 * quarter + r) * blocks + which];
                r += 1;
            }
            inner[quarter][vector] = Factors::new(zetas);
            vector += 1;
        }
        quarter += 1;
    }
    inner
};

/// [`INNER`] for the inverse, which counts m down: the factors of the mirrored blocks.
static INVERSE_INNER: [[Factors; 7]; 4] = {
    let mut inner = [[Factors::new([0; 8]); 7]; 4];
    let mut quarter = 0;
    while quarter < 4 {
        let levels =
            [(63, 1, 0), (127, 2, 0), (127, 2, 1), (255, 4, 0), (255, 4, 1), (255, 4, 2), (255, 4, 3)];
        let mut vector = 0;
        while vector < 7 {
            let (last, blocks, which) = levels[vector];
            let mut zetas = [0; 8];
            let mut r = 0;
            while r < 8 {
                zetas[r] = ZETAS[last - (8 * quarter + r) * blocks - which];
                r += 1;
            }
            inner[quarter][vector] = Factors::new(zetas);
            vector += 1;
        }
        quarter += 1;
    }
    inner
};

/// A factor in every lane, with its multiple by q^−1.
#[inline]
#[target_feature(enable = "avx2")]
fn broadcast(m: usize) -> (__m256i, __m256i) {
    let zeta = ZETAS[m];
    (_mm256_set1_epi32(zeta), _mm256_set1_epi32(zeta.wrapping_mul(Q_INVERSE)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn inner(factors: &Factors) -> (__m256i, __m256i) {
    (load(&factors.zetas), load(&factors.times_q_inverse))
}

/// `montgomery_reduce(a·factor)` lane by lane. The low halves of a·factor and of its multiple of q are equal, so their
/// difference has the result in its high half.
#[inline]
#[target_feature(enable = "avx2")]
fn multiply(a: __m256i, (factor, times_q_inverse): (__m256i, __m256i), q: __m256i) -> __m256i {
    let multiple = _mm256_mullo_epi32(a, times_q_inverse);
    let even = _mm256_sub_epi32(_mm256_mul_epi32(a, factor), _mm256_mul_epi32(multiple, q));
    let (a, multiple, factor) = (odd(a), odd(multiple), odd(factor));
    let odd_lanes = _mm256_sub_epi32(_mm256_mul_epi32(a, factor), _mm256_mul_epi32(multiple, q));
    _mm256_blend_epi32::<0b1010_1010>(odd(even), odd_lanes)
}

/// The odd lanes in the place of the even ones.
#[inline]
#[target_feature(enable = "avx2")]
fn odd(a: __m256i) -> __m256i {
    _mm256_shuffle_epi32::<0b11_11_01_01>(a)
}

/// Algorithm 41 lines 12–14.
macro_rules! forward {
    ($v:ident, $low:expr, $high:expr, $factors:expr, $q:ident) => {{
        let t = multiply($v[$high], $factors, $q);
        $v[$high] = _mm256_sub_epi32($v[$low], t);
        $v[$low] = _mm256_add_epi32($v[$low], t);
    }};
}

/// Algorithm 42 lines 12–15.
macro_rules! backward {
    ($v:ident, $low:expr, $high:expr, $factors:expr, $q:ident) => {{
        let t = $v[$low];
        $v[$low] = _mm256_add_epi32(t, $v[$high]);
        $v[$high] = multiply(_mm256_sub_epi32($v[$high], t), $factors, $q);
    }};
}

/// Rows become columns.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(v: [__m256i; 8]) -> [__m256i; 8] {
    let [a, b, c, d, e, f, g, h] = v;
    let (ab0, ab1) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let (cd0, cd1) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    let (ef0, ef1) = (_mm256_unpacklo_epi32(e, f), _mm256_unpackhi_epi32(e, f));
    let (gh0, gh1) = (_mm256_unpacklo_epi32(g, h), _mm256_unpackhi_epi32(g, h));
    let (ad0, ad1) = (_mm256_unpacklo_epi64(ab0, cd0), _mm256_unpackhi_epi64(ab0, cd0));
    let (ad2, ad3) = (_mm256_unpacklo_epi64(ab1, cd1), _mm256_unpackhi_epi64(ab1, cd1));
    let (eh0, eh1) = (_mm256_unpacklo_epi64(ef0, gh0), _mm256_unpackhi_epi64(ef0, gh0));
    let (eh2, eh3) = (_mm256_unpacklo_epi64(ef1, gh1), _mm256_unpackhi_epi64(ef1, gh1));
    [
        _mm256_permute2x128_si256::<0x20>(ad0, eh0),
        _mm256_permute2x128_si256::<0x20>(ad1, eh1),
        _mm256_permute2x128_si256::<0x20>(ad2, eh2),
        _mm256_permute2x128_si256::<0x20>(ad3, eh3),
        _mm256_permute2x128_si256::<0x31>(ad0, eh0),
        _mm256_permute2x128_si256::<0x31>(ad1, eh1),
        _mm256_permute2x128_si256::<0x31>(ad2, eh2),
        _mm256_permute2x128_si256::<0x31>(ad3, eh3),
    ]
}

/// See [`ntt`](super::super::ntt::ntt).
#[target_feature(enable = "avx2")]
pub(super) fn ntt(poly: &mut Poly) {
    let q = _mm256_set1_epi32(Q);
    let vectors = poly.0.as_chunks_mut::<8>().0;
    // Levels 128 and 64: vectors i, i + 8, i + 16, i + 24.
    let (m1, m2, m3) = (broadcast(1), broadcast(2), broadcast(3));
    for i in 0..8 {
        let mut v =
            [load(&vectors[i]), load(&vectors[i + 8]), load(&vectors[i + 16]), load(&vectors[i + 24])];
        forward!(v, 0, 2, m1, q);
        forward!(v, 1, 3, m1, q);
        forward!(v, 0, 1, m2, q);
        forward!(v, 2, 3, m3, q);
        for (step, v) in v.into_iter().enumerate() {
            store(&mut vectors[i + 8 * step], v);
        }
    }
    for (quarter, factors) in INNER.iter().enumerate() {
        let vectors = &mut vectors[8 * quarter..8 * quarter + 8];
        let mut v = [_mm256_setzero_si256(); 8];
        for (v, vector) in v.iter_mut().zip(&*vectors) {
            *v = load(vector);
        }
        // Levels 32, 16 and 8.
        let m = broadcast(4 + quarter);
        forward!(v, 0, 4, m, q);
        forward!(v, 1, 5, m, q);
        forward!(v, 2, 6, m, q);
        forward!(v, 3, 7, m, q);
        let (m, n) = (broadcast(8 + 2 * quarter), broadcast(9 + 2 * quarter));
        forward!(v, 0, 2, m, q);
        forward!(v, 1, 3, m, q);
        forward!(v, 4, 6, n, q);
        forward!(v, 5, 7, n, q);
        forward!(v, 0, 1, broadcast(16 + 4 * quarter), q);
        forward!(v, 2, 3, broadcast(17 + 4 * quarter), q);
        forward!(v, 4, 5, broadcast(18 + 4 * quarter), q);
        forward!(v, 6, 7, broadcast(19 + 4 * quarter), q);
        v = transpose(v);
        // Levels 4, 2 and 1.
        let m = inner(&factors[0]);
        forward!(v, 0, 4, m, q);
        forward!(v, 1, 5, m, q);
        forward!(v, 2, 6, m, q);
        forward!(v, 3, 7, m, q);
        let (m, n) = (inner(&factors[1]), inner(&factors[2]));
        forward!(v, 0, 2, m, q);
        forward!(v, 1, 3, m, q);
        forward!(v, 4, 6, n, q);
        forward!(v, 5, 7, n, q);
        forward!(v, 0, 1, inner(&factors[3]), q);
        forward!(v, 2, 3, inner(&factors[4]), q);
        forward!(v, 4, 5, inner(&factors[5]), q);
        forward!(v, 6, 7, inner(&factors[6]), q);
        for (v, vector) in transpose(v).into_iter().zip(vectors) {
            store(vector, v);
        }
    }
}

/// See [`inverse_ntt`](super::super::ntt::inverse_ntt).
#[target_feature(enable = "avx2")]
pub(super) fn inverse_ntt(poly: &mut Poly) {
    let q = _mm256_set1_epi32(Q);
    let vectors = poly.0.as_chunks_mut::<8>().0;
    // Algorithm 42 counts m down, so a level's factors stand in the reverse order of its blocks: mirrored below.
    for quarter in 0..4 {
        let factors = &INVERSE_INNER[quarter];
        let mirror = 3 - quarter;
        let vectors = &mut vectors[8 * quarter..8 * quarter + 8];
        let mut v = [_mm256_setzero_si256(); 8];
        for (v, vector) in v.iter_mut().zip(&*vectors) {
            *v = load(vector);
        }
        v = transpose(v);
        // Levels 1, 2 and 4.
        backward!(v, 0, 1, inner(&factors[3]), q);
        backward!(v, 2, 3, inner(&factors[4]), q);
        backward!(v, 4, 5, inner(&factors[5]), q);
        backward!(v, 6, 7, inner(&factors[6]), q);
        let (m, n) = (inner(&factors[1]), inner(&factors[2]));
        backward!(v, 0, 2, m, q);
        backward!(v, 1, 3, m, q);
        backward!(v, 4, 6, n, q);
        backward!(v, 5, 7, n, q);
        let m = inner(&factors[0]);
        backward!(v, 0, 4, m, q);
        backward!(v, 1, 5, m, q);
        backward!(v, 2, 6, m, q);
        backward!(v, 3, 7, m, q);
        v = transpose(v);
        // Levels 8, 16 and 32.
        backward!(v, 0, 1, broadcast(19 + 4 * mirror), q);
        backward!(v, 2, 3, broadcast(18 + 4 * mirror), q);
        backward!(v, 4, 5, broadcast(17 + 4 * mirror), q);
        backward!(v, 6, 7, broadcast(16 + 4 * mirror), q);
        let (m, n) = (broadcast(9 + 2 * mirror), broadcast(8 + 2 * mirror));
        backward!(v, 0, 2, m, q);
        backward!(v, 1, 3, m, q);
        backward!(v, 4, 6, n, q);
        backward!(v, 5, 7, n, q);
        let m = broadcast(4 + mirror);
        backward!(v, 0, 4, m, q);
        backward!(v, 1, 5, m, q);
        backward!(v, 2, 6, m, q);
        backward!(v, 3, 7, m, q);
        for (v, vector) in v.into_iter().zip(vectors) {
            store(vector, v);
        }
    }
    // Levels 64 and 128, then f (lines 21–24) and from (−q, q) to [0, q).
    let (m1, m2, m3) = (broadcast(1), broadcast(2), broadcast(3));
    let f = (_mm256_set1_epi32(F), _mm256_set1_epi32(F.wrapping_mul(Q_INVERSE)));
    for i in 0..8 {
        let mut v =
            [load(&vectors[i]), load(&vectors[i + 8]), load(&vectors[i + 16]), load(&vectors[i + 24])];
        backward!(v, 0, 1, m3, q);
        backward!(v, 2, 3, m2, q);
        backward!(v, 0, 2, m1, q);
        backward!(v, 1, 3, m1, q);
        for (step, v) in v.into_iter().enumerate() {
            let scaled = multiply(v, f, q);
            let negative = _mm256_srai_epi32::<31>(scaled);
            store(&mut vectors[i + 8 * step], _mm256_add_epi32(scaled, _mm256_and_si256(negative, q)));
        }
    }
}
