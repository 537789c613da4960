//! The AVX2 backend: the same bits as the portable one, eight coefficients at a time.
//!
//! This file holds every `unsafe` of the crate, in two kinds:
//! * the calls of functions compiled for AVX2 from [`Avx2`]'s methods, allowed because an `Avx2` exists only where the
//!   processor has it;
//! * loads and stores of vectors, through references to arrays of exactly their size.
//!
//! Every function below them carries `#[target_feature]` itself: a helper without it would be compiled for the
//! baseline and called instead of inlined, which costs almost half of the speed in a default build.
#![expect(unsafe_code, reason = "see above")]

use core::arch::x86_64::*;

use pars_keccak::{Block, Keccak};

use super::backend::Backend;
use super::parameters::{Gamma1, Gamma2};
use super::ring::{N, Poly};

mod arithmetic;
mod bytes;
mod transform;

/// Proof that this processor has AVX2: the only constructors look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2 {
    keccak: Keccak,
}

impl Avx2 {
    /// The backend with a Keccak made of AVX2, where the processor has what they need.
    pub(super) fn detect() -> Option<Self> {
        Self::with(Keccak::avx2()?)
    }

    /// The backend with a faster Keccak, where the processor has AVX-512 for vectors of 256 bits as well.
    pub(super) fn detect_avx512vl() -> Option<Self> {
        Self::with(Keccak::avx512()?)
    }

    /// `avx2`, or `avx512` where Keccak uses that.
    pub(super) const fn name(self) -> &'static str {
        self.keccak.name()
    }

    fn with(keccak: Keccak) -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self { keccak })
    }
}

// SAFETY, for each call in this block: the functions need AVX2 and nothing else; `self` exists only if it was found.
impl Backend for Avx2 {
    fn keccak(self) -> Keccak {
        self.keccak
    }

    fn sample_block(self, block: &Block, poly: &mut Poly, filled: usize) -> usize {
        // SAFETY: see the block.
        unsafe { bytes::sample_block(block, poly, filled) }
    }

    fn ntt(self, poly: &mut Poly) {
        // SAFETY: see the block.
        unsafe { transform::ntt(poly) }
    }

    fn inverse_ntt(self, poly: &mut Poly) {
        // SAFETY: see the block.
        unsafe { transform::inverse_ntt(poly) }
    }

    fn multiply_row(self, row: &[Poly], z: &[Poly], c: &Poly, t1: &Poly, w: &mut Poly) {
        // SAFETY: see the block.
        unsafe { arithmetic::multiply_row(row, z, c, t1, w) }
    }

    fn unpack_z(self, gamma1: Gamma1, bytes: &[u8], poly: &mut Poly) -> i32 {
        // SAFETY: see the block.
        unsafe { bytes::unpack_z(gamma1, bytes, poly) }
    }

    fn high_bits(self, gamma2: Gamma2, w: &Poly, w1: &mut [u8; N]) {
        // SAFETY: see the block.
        unsafe { arithmetic::high_bits(gamma2, w, w1) }
    }

    fn pack_w1(self, gamma2: Gamma2, w1: &[u8; N], bytes: &mut [u8]) {
        // SAFETY: see the block.
        unsafe { bytes::pack_w1(gamma2, w1, bytes) }
    }
}

/// Eight coefficients.
#[inline]
#[target_feature(enable = "avx2")]
fn load(from: &[i32; 8]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes read; `loadu` asks for no alignment.
    unsafe { _mm256_loadu_si256(core::ptr::from_ref(from).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(to: &mut [i32; 8], vector: __m256i) {
    // SAFETY: the reference covers the 32 bytes written; `storeu` asks for no alignment.
    unsafe { _mm256_storeu_si256(core::ptr::from_mut(to).cast(), vector) }
}

/// Four words.
#[inline]
#[target_feature(enable = "avx2")]
fn load_words(from: &[u64; 4]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes read; `loadu` asks for no alignment.
    unsafe { _mm256_loadu_si256(core::ptr::from_ref(from).cast()) }
}

/// Thirty-two bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn load_bytes(from: &[u8; 32]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes read; `loadu` asks for no alignment.
    unsafe { _mm256_loadu_si256(core::ptr::from_ref(from).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_bytes(to: &mut [u8; 32], vector: __m256i) {
    // SAFETY: the reference covers the 32 bytes written; `storeu` asks for no alignment.
    unsafe { _mm256_storeu_si256(core::ptr::from_mut(to).cast(), vector) }
}

/// Sixteen bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn load_half(from: &[u8; 16]) -> __m128i {
    // SAFETY: the reference covers the 16 bytes read; `loadu` asks for no alignment.
    unsafe { _mm_loadu_si128(core::ptr::from_ref(from).cast()) }
}

#[cfg(test)]
mod tests;
