//! Sampling of matrix entries, unpacking of z, packing of w1.

use core::arch::x86_64::*;

use pars_keccak::Block;

use super::super::parameters::{Gamma1, Gamma2};
use super::super::ring::{N, Poly, Q};
use super::{load_bytes, load_half, load_words, store, store_bytes};

/// See [`sample_block`](super::super::sample::sample_block): eight candidates at a time. Where all eight are below q, which fails
/// once in 128 times, and there is room for them, they are stored at once; else one by one.
#[target_feature(enable = "avx2")]
pub(super) fn sample_block(block: &Block, poly: &mut Poly, mut filled: usize) -> usize {
    // Of 24 bytes, 0–11 in the lower half and 8–23 in the upper, three of them in each lane.
    let spread = _mm256_setr_epi8(
        0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, //
        4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1,
    );
    let (mask, q) = (_mm256_set1_epi32(0x7f_ffff), _mm256_set1_epi32(Q));
    // 21 words are the rate: 7 times three, and a fourth is read with them and not used.
    for start in (0..21).step_by(3) {
        let Some(words) = block.0.get(start..).and_then(|words| words.first_chunk::<4>()) else { break };
        let halves = _mm256_permute4x64_epi64::<0b10_01_01_00>(load_words(words));
        let candidates = _mm256_and_si256(_mm256_shuffle_epi8(halves, spread), mask);
        let below_q = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(q, candidates)));
        let Some(room) = poly.0.get_mut(filled..) else { return N };
        if below_q == 0xff
            && let Some(room) = room.first_chunk_mut::<8>()
        {
            store(room, candidates);
            filled = filled.wrapping_add(8);
            continue;
        }
        let mut values = [0; 8];
        store(&mut values, candidates);
        let mut room = room.iter_mut();
        for value in values.into_iter().filter(|&value| value < Q) {
            let Some(coefficient) = room.next() else { return N };
            *coefficient = value;
        }
        filled = N.wrapping_sub(room.len());
    }
    filled
}

/// See [`unpack_z`](super::super::encoding::unpack_z).
#[target_feature(enable = "avx2")]
pub(super) fn unpack_z(gamma1: Gamma1, bytes: &[u8], poly: &mut Poly) -> i32 {
    let mut norm = _mm256_setzero_si256();
    let g = _mm256_set1_epi32(gamma1.value());
    macro_rules! each {
        ($len:literal, $spread:expr, $shifts:expr, $mask:literal) => {
            for (coefficients, bytes) in
                poly.0.as_chunks_mut::<8>().0.iter_mut().zip(bytes.as_chunks::<$len>().0)
            {
                // The first and the last 16 of the bytes hold four coefficients each.
                let (Some(low), Some(high)) = (bytes.first_chunk(), bytes.last_chunk()) else { continue };
                let halves =
                    _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(load_half(low)), load_half(high));
                let packed = _mm256_srlv_epi32(_mm256_shuffle_epi8(halves, $spread), $shifts);
                let value = _mm256_sub_epi32(g, _mm256_and_si256(packed, _mm256_set1_epi32($mask)));
                norm = _mm256_max_epi32(norm, _mm256_abs_epi32(value));
                store(coefficients, value);
            }
        };
    }
    match gamma1 {
        Gamma1::Bits17 => {
            let spread = _mm256_setr_epi8(
                0, 1, 2, -1, 2, 3, 4, -1, 4, 5, 6, -1, 6, 7, 8, -1, //
                7, 8, 9, -1, 9, 10, 11, -1, 11, 12, 13, -1, 13, 14, 15, -1,
            );
            each!(18, spread, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6), 0x3_ffff);
        }
        Gamma1::Bits19 => {
            let spread = _mm256_setr_epi8(
                0, 1, 2, -1, 2, 3, 4, -1, 5, 6, 7, -1, 7, 8, 9, -1, //
                6, 7, 8, -1, 8, 9, 10, -1, 11, 12, 13, -1, 13, 14, 15, -1,
            );
            each!(20, spread, _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4), 0xf_ffff);
        }
    }
    let mut norms = [0; 8];
    store(&mut norms, norm);
    norms.into_iter().fold(0, i32::max)
}

/// See [`pack_w1`](super::super::encoding::pack_w1).
#[target_feature(enable = "avx2")]
pub(super) fn pack_w1(gamma2: Gamma2, w1: &[u8; N], bytes: &mut [u8]) {
    match gamma2 {
        Gamma2::Over88 => {
            // 6 bits: pairs to 12 bits, pairs of those to 24, then the three bytes of each together.
            let pairs = _mm256_set1_epi16(0x4001);
            let quads = _mm256_set1_epi32(0x1000_0001);
            let gather = _mm256_setr_epi8(
                0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, //
                0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
            );
            for (bytes, w1) in bytes.as_chunks_mut::<24>().0.iter_mut().zip(w1.as_chunks::<32>().0) {
                let packed = _mm256_madd_epi16(_mm256_maddubs_epi16(load_bytes(w1), pairs), quads);
                let mut halves = [0; 32];
                store_bytes(&mut halves, _mm256_shuffle_epi8(packed, gather));
                let [low, high] = halves.as_chunks::<16>().0 else { continue };
                let (to_low, to_high) = bytes.split_at_mut(12);
                to_low.copy_from_slice(low.split_at(12).0);
                to_high.copy_from_slice(high.split_at(12).0);
            }
        }
        Gamma2::Over32 => {
            // 4 bits: pairs to bytes.
            let pairs = _mm256_set1_epi16(0x1001);
            for (bytes, [a, b]) in
                bytes.as_chunks_mut::<32>().0.iter_mut().zip(w1.as_chunks::<32>().0.as_chunks::<2>().0)
            {
                let (a, b) =
                    (_mm256_maddubs_epi16(load_bytes(a), pairs), _mm256_maddubs_epi16(load_bytes(b), pairs));
                store_bytes(bytes, _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(a, b)));
            }
        }
    }
}
