//! What a backend computes. Everything else is written once, over this trait.

use pars_keccak::{Block, Keccak};

use super::encoding;
use super::hint;
use super::ntt;
use super::parameters::{Gamma1, Gamma2};
use super::ring::{self, N, Poly};
use super::sample;

/// The inner loops. The default bodies are the portable ones; a backend that replaces one gives the same bits.
pub(super) trait Backend: Copy {
    /// Keccak-f\[1600\] of one state and of four.
    fn keccak(self) -> Keccak {
        Keccak::portable()
    }

    /// See [`sample::sample_block`].
    fn sample_block(self, block: &Block, poly: &mut Poly, filled: usize) -> usize {
        sample::sample_block(block, poly, filled)
    }

    /// See [`ntt::ntt`].
    fn ntt(self, poly: &mut Poly) {
        ntt::ntt(poly);
    }

    /// See [`ntt::inverse_ntt`].
    fn inverse_ntt(self, poly: &mut Poly) {
        ntt::inverse_ntt(poly);
    }

    /// See [`ring::multiply_row`].
    fn multiply_row(self, row: &[Poly], z: &[Poly], c: &Poly, t1: &Poly, w: &mut Poly) {
        ring::multiply_row(row, z, c, t1, w);
    }

    /// See [`encoding::unpack_z`].
    fn unpack_z(self, gamma1: Gamma1, bytes: &[u8], poly: &mut Poly) -> i32 {
        encoding::unpack_z(gamma1, bytes, poly)
    }

    /// See [`hint::high_bits_of_poly`].
    fn high_bits(self, gamma2: Gamma2, w: &Poly, w1: &mut [u8; N]) {
        hint::high_bits_of_poly(gamma2, w, w1);
    }

    /// See [`encoding::pack_w1`].
    fn pack_w1(self, gamma2: Gamma2, w1: &[u8; N], bytes: &mut [u8]) {
        encoding::pack_w1(gamma2, w1, bytes);
    }
}

/// Plain Rust, on any machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable;

impl Backend for Portable {}
