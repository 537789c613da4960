//! Four states on vectors of 256 bits: the same bits as in plain Rust.
//!
//! This file holds every `unsafe` of the crate, in two kinds:
//! * the calls of functions compiled for AVX2 and AVX-512 from [`Avx2`]'s methods, allowed because an `Avx2` exists only where the
//!   processor has them;
//! * loads and stores of vectors, through references to arrays of exactly their size.
//!
//! Every function below them carries `#[target_feature]` itself: a helper without it would be compiled for the
//! baseline and called instead of inlined, which costs almost half of the speed in a default build.
#![expect(unsafe_code, reason = "see above")]

mod permutation;

use crate::states::{Block, LANES, State, State4};
use core::arch::x86_64::*;

/// Proof that this processor has AVX2, BMI1 and BMI2, and AVX-512F and VL where it says so: the only constructors look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2 {
    avx512vl: bool,
}

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
        found.then_some(Self { avx512vl: false })
    }

    pub(super) fn detect_avx512vl() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
        Self::detect().filter(|_| found).map(|_| Self { avx512vl: true })
    }

    pub(super) const fn has_avx512vl(self) -> bool {
        self.avx512vl
    }

    pub(super) fn permute(self, state: &mut State) {
        // SAFETY: it needs AVX2, BMI1 and BMI2; `self` exists only if they were found.
        unsafe { permute(state) }
    }

    pub(super) fn permute4(self, states: &mut State4) {
        if self.avx512vl {
            // SAFETY: `avx512vl` is true only if `detect_avx512vl` found AVX-512F and VL.
            unsafe { permutation::permute4_with_avx512vl(states) }
        } else {
            // SAFETY: it needs AVX2; `self` exists only if it was found.
            unsafe { permutation::permute4(states) }
        }
    }

    pub(super) fn blocks(self, states: &State4, blocks: &mut [Block; LANES]) {
        // SAFETY: it needs AVX2; `self` exists only if it was found.
        unsafe { permutation::blocks(states, blocks) }
    }
}

/// The permutation in plain Rust, compiled with `andn` and `rorx`.
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn permute(state: &mut State) {
    crate::permutation::permute(state);
}

/// Four words.
#[inline]
#[target_feature(enable = "avx2")]
fn load_words(from: &[u64; 4]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes read; `loadu` asks for no alignment.
    unsafe { _mm256_loadu_si256(core::ptr::from_ref(from).cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_words(to: &mut [u64; 4], vector: __m256i) {
    // SAFETY: the reference covers the 32 bytes written; `storeu` asks for no alignment.
    unsafe { _mm256_storeu_si256(core::ptr::from_mut(to).cast(), vector) }
}
