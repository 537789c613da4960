//! Keccak-f\[1600\] of four states: word i of all four is one vector.

use core::arch::x86_64::*;

use super::{load_words, store_words};
use crate::{
    permutation::{ROUND_CONSTANTS, keccak_round},
    states::{Block, LANES, State4, WORDS},
};

macro_rules! xor {
    ($a:expr, $b:expr) => { _mm256_xor_si256($a, $b) };
    ($a:expr, $b:expr $(, $next:expr)+) => { xor!(_mm256_xor_si256($a, $b) $(, $next)+) };
}
/// Rotations by whole bytes are one shuffle; the others two shifts and an or.
macro_rules! rotate {
    ($vector:expr, 8) => {
        _mm256_shuffle_epi8($vector, rotate_8())
    };
    ($vector:expr, 56) => {
        _mm256_shuffle_epi8($vector, rotate_56())
    };
    ($vector:expr, $by:literal) => {{
        let vector = $vector;
        _mm256_or_si256(_mm256_slli_epi64::<$by>(vector), _mm256_srli_epi64::<{ 64 - $by }>(vector))
    }};
}
macro_rules! chi {
    ($a:expr, $b:expr, $c:expr) => {
        _mm256_xor_si256($a, _mm256_andnot_si256($b, $c))
    };
}

/// Bytes of each word, moved up by one.
#[inline]
#[target_feature(enable = "avx2")]
fn rotate_8() -> __m256i {
    _mm256_setr_epi64x(
        0x0605_0403_0201_0007,
        0x0e0d_0c0b_0a09_080f,
        0x0605_0403_0201_0007,
        0x0e0d_0c0b_0a09_080f,
    )
}

/// Bytes of each word, moved down by one.
#[inline]
#[target_feature(enable = "avx2")]
fn rotate_56() -> __m256i {
    _mm256_setr_epi64x(
        0x0007_0605_0403_0201,
        0x080f_0e0d_0c0b_0a09,
        0x0007_0605_0403_0201,
        0x080f_0e0d_0c0b_0a09,
    )
}

/// The body of both permutations: compiled twice, for two instruction sets.
macro_rules! permute {
    ($states:ident) => {
        let mut a = [_mm256_setzero_si256(); WORDS];
        for (vector, words) in a.iter_mut().zip(&$states.0) {
            *vector = load_words(words);
        }
        for constant in ROUND_CONSTANTS {
            keccak_round!(a, _mm256_set1_epi64x(constant.cast_signed()), xor, rotate, chi);
        }
        for (vector, words) in a.iter().zip(&mut $states.0) {
            store_words(words, *vector);
        }
    };
}

/// See [`permute`](crate::permutation::permute).
#[target_feature(enable = "avx2")]
pub(super) fn permute4(states: &mut State4) {
    permute!(states);
}

/// The same where vectors of 256 bits have AVX-512's rotation, three-way logic and 32 registers: the compiler makes
/// one instruction of two or three, and nothing is spilled.
#[target_feature(enable = "avx2,avx512f,avx512vl")]
pub(super) fn permute4_with_avx512vl(states: &mut State4) {
    permute!(states);
}

/// See [`State4::blocks`]: six transpositions of four by four words.
#[target_feature(enable = "avx2")]
pub(super) fn blocks(states: &State4, blocks: &mut [Block; LANES]) {
    let [out0, out1, out2, out3] = blocks;
    let outs = out0.0.as_chunks_mut::<4>().0.iter_mut().zip(out1.0.as_chunks_mut::<4>().0);
    let outs = outs.zip(out2.0.as_chunks_mut::<4>().0.iter_mut().zip(out3.0.as_chunks_mut::<4>().0));
    for ([a, b, c, d], ((out0, out1), (out2, out3))) in states.0.as_chunks::<4>().0.iter().zip(outs) {
        let (a, b, c, d) = (load_words(a), load_words(b), load_words(c), load_words(d));
        // Words of lanes 0 and 2, then 1 and 3.
        let (ab_even, ab_odd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        let (cd_even, cd_odd) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
        store_words(out0, _mm256_permute2x128_si256::<0x20>(ab_even, cd_even));
        store_words(out1, _mm256_permute2x128_si256::<0x20>(ab_odd, cd_odd));
        store_words(out2, _mm256_permute2x128_si256::<0x31>(ab_even, cd_even));
        store_words(out3, _mm256_permute2x128_si256::<0x31>(ab_odd, cd_odd));
    }
}
