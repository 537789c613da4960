//! Keccak-f\[1600\] (FIPS 202), one state or four side by side, and keccak256 of many short messages.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `permutation.rs` | the permutation in plain Rust, and its round, written once for words and for vectors |
//! | `states.rs` | [`State`], and [`State4`]: the states of four sponges |
//! | `avx2/` | the permutation of four states on vectors of 256 bits; the only `unsafe` of the crate |
//!
//! The ML-DSA engine hashes with it, and the ledger finds the slots of a block's proofs. This is a consensus crate: every
//! function is a pure function of its arguments, and [`Keccak`] changes speed only. All of it is public data: nothing here
//! needs to take the same time for different inputs.
//!
//! ```
//! use pars_keccak::Keccak;
//!
//! // The slot of an entry of a Solidity mapping: keccak256(key ‖ slot).
//! let slots = Keccak::new().keccak256_each(&[[0; 64], [1; 64]]);
//! assert_eq!(slots[0][..4], [0xad, 0x32, 0x28, 0xb6]);
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod permutation;
mod states;
#[cfg(test)]
mod tests;

pub use states::{Block, LANES, State, State4, WORDS};

/// Bytes that keccak256 takes between permutations: its rate, 1088 bits.
const RATE: usize = 136;

/// Whatever computes the permutation. Copied freely; has no state.
#[derive(Clone, Copy, Debug)]
pub struct Keccak(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
}

impl Keccak {
    /// The fastest one of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self::avx512().or(Self::avx2()).unwrap_or(Self::portable())
    }

    /// Plain Rust, whatever the machine offers.
    #[must_use]
    pub const fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// Vectors of 256 bits; `None` where the processor has no AVX2, BMI1 and BMI2.
    #[must_use]
    pub fn avx2() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        return avx2::Avx2::detect().map(|found| Self(Kind::Avx2(found)));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// [`Self::avx2`] with AVX-512's instructions for such vectors; `None` where the processor has no AVX-512F and VL.
    #[must_use]
    pub fn avx512() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        return avx2::Avx2::detect_avx512vl().map(|found| Self(Kind::Avx2(found)));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// What computes: `portable`, `avx2` or `avx512`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(found) if found.has_avx512vl() => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
        }
    }

    /// Keccak-f\[1600\] (FIPS 202 section 3.3).
    #[inline]
    pub fn permute(self, state: &mut State) {
        match self.0 {
            Kind::Portable => permutation::permute(state),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(found) => found.permute(state),
        }
    }

    /// The same of four states.
    #[inline]
    pub fn permute4(self, states: &mut State4) {
        match self.0 {
            Kind::Portable => {
                for lane in 0..LANES {
                    let mut state = states.lane(lane);
                    permutation::permute(&mut state);
                    states.set_lane(lane, &state);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(found) => found.permute4(states),
        }
    }

    /// The first 24 words of each of four states.
    #[inline]
    pub fn blocks(self, states: &State4, blocks: &mut [Block; LANES]) {
        match self.0 {
            Kind::Portable => states.blocks(blocks),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(found) => found.blocks(states, blocks),
        }
    }

    /// keccak256 (Keccak\[c = 512\] with Ethereum's padding, `0x01`) of each message, in their order. Messages are shorter than a
    /// block of 136 bytes, so that each needs one permutation.
    #[must_use]
    pub fn keccak256_each<const LEN: usize>(self, messages: &[[u8; LEN]]) -> Vec<[u8; 32]> {
        const { assert!(LEN < RATE, "one block holds message and padding") };
        #[expect(clippy::disallowed_methods, reason = "one for each message that is there already")]
        let mut digests = Vec::with_capacity(messages.len());
        for messages in messages.chunks(LANES) {
            let mut states = State4::ZERO;
            for (lane, message) in messages.iter().enumerate() {
                states.absorb(lane, &padded(message));
            }
            if messages.len() == 1 {
                // Less work than four.
                let mut state = states.lane(0);
                self.permute(&mut state);
                states.set_lane(0, &state);
            } else {
                self.permute4(&mut states);
            }
            for lane in 0..messages.len() {
                let mut digest = [0; 32];
                states.squeeze(lane, &mut digest);
                digests.push(digest);
            }
        }
        digests
    }
}

impl Default for Keccak {
    fn default() -> Self {
        Self::new()
    }
}

/// A message as the only block: pad10*1 (FIPS 202 section 5.1) without SHA-3's suffix.
fn padded<const LEN: usize>(message: &[u8; LEN]) -> [u8; RATE] {
    let mut block = [0; RATE];
    for (to, &byte) in block.iter_mut().zip(message) {
        *to = byte;
    }
    if let Some(first_free) = block.get_mut(LEN) {
        *first_free = 0x01;
    }
    if let Some(last) = block.last_mut() {
        *last |= 0x80;
    }
    block
}
