//! Sampling from hash output: entries of the matrix (FIPS 204 Algorithms 14 and 30) and the challenge (Algorithm 29).

use pars_keccak::{Block, State4};

use super::parameters::RHO_LEN;
use super::ring::{N, Poly, Q};

/// Bytes that SHAKE128 takes and gives between permutations.
const SHAKE128_RATE: usize = 168;

/// The one block that an entry's sponge absorbs, into an empty lane: ρ ‖ s ‖ r (Algorithm 32 lines 3 and 4: the
/// column byte comes first), SHAKE's 0x1f, and the last bit of the rate.
pub(super) fn absorb_entry(states: &mut State4, lane: usize, rho: &[u8; RHO_LEN], row: u8, column: u8) {
    states.absorb(lane, rho);
    states.xor_word(lane, RHO_LEN / 8, u64::from_le_bytes([column, row, 0x1f, 0, 0, 0, 0, 0]));
    states.xor_word(lane, SHAKE128_RATE / 8 - 1, 1 << 63);
}

/// Algorithm 14, CoeffFromThreeBytes: 23 bits of the three, if they are below q.
#[inline(always)]
pub(super) const fn coefficient_from_three_bytes([b0, b1, b2]: [u8; 3]) -> Option<i32> {
    let z = i32::from_le_bytes([b0, b1, b2 & 0x7f, 0]); // lines 1–5
    if z < Q { Some(z) } else { None } // lines 6, 7
}

/// Algorithm 30, RejNTTPoly, lines 4–10 for one squeezed block: fills `poly` from `filled` on and returns how far.
pub(super) fn sample_block(block: &Block, poly: &mut Poly, filled: usize) -> usize {
    let Some(room) = poly.0.get_mut(filled..) else { return N };
    let (words, _) = block.0.as_chunks::<3>();
    let mut room = room.iter_mut();
    // 21 of the 24 words are the rate: 7 times 24 bytes, 8 candidates each.
    for [a, b, c] in words.iter().take(7) {
        let mut bytes = [0; 24];
        for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip([a, b, c]) {
            *bytes = word.to_le_bytes();
        }
        for &candidate in bytes.as_chunks::<3>().0 {
            let Some(value) = coefficient_from_three_bytes(candidate) else { continue };
            let Some(coefficient) = room.next() else { return N };
            *coefficient = value;
        }
    }
    N.saturating_sub(room.len())
}

/// FIPS 204 Algorithm 29, SampleInBall, from the bytes of H(c̃): τ of c's coefficients are ±1, the others 0.
///
/// `None` if the bytes end too soon. One block of SHAKE256 has 8 bytes of signs and 128 candidates for at most 60
/// places, which sufficed for every seed seen so far; the caller goes on squeezing should it not.
pub(super) fn sample_in_ball(mut bytes: impl Iterator<Item = u8>, tau: usize, c: &mut Poly) -> Option<()> {
    *c = Poly::ZERO; // line 1
    let mut signs = 0_u64; // lines 4, 5
    for shift in (0..64).step_by(8) {
        signs |= u64::from(bytes.next()?) << shift;
    }
    // Line 6.
    for i in N.saturating_sub(tau)..N {
        let j = bytes.by_ref().map(usize::from).find(|&j| j <= i)?; // lines 7–10
        let moved = c.0.get(j).copied()?;
        *c.0.get_mut(i)? = moved; // line 11
        *c.0.get_mut(j)? = if signs & 1 == 1 { -1 } else { 1 }; // line 12
        signs >>= 1;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_23_bits_below_q() {
        assert_eq!(coefficient_from_three_bytes([0, 0, 0]), Some(0));
        assert_eq!(coefficient_from_three_bytes([0, 0, 0x80]), Some(0), "the top bit does not count");
        let [b0, b1, b2, _] = (Q - 1).to_le_bytes();
        assert_eq!(coefficient_from_three_bytes([b0, b1, b2]), Some(Q - 1));
        assert_eq!(coefficient_from_three_bytes([b0, b1, b2 | 0x80]), Some(Q - 1));
        let [b0, b1, b2, _] = Q.to_le_bytes();
        assert_eq!(coefficient_from_three_bytes([b0, b1, b2]), None);
        assert_eq!(coefficient_from_three_bytes([0xff; 3]), None);
    }

    /// A block of 56 candidates, of which those that the closure names are q and so refused.
    fn block(refused: impl Fn(usize) -> bool) -> Block {
        let bytes: Vec<u8> = (0..64)
            .flat_map(|i| {
                let value = if refused(i) { Q } else { i as i32 };
                let [b0, b1, b2, _] = value.to_le_bytes();
                [b0, b1, b2 | if i % 2 == 0 { 0x80 } else { 0 }]
            })
            .collect();
        Block(std::array::from_fn(|i| u64::from_le_bytes(bytes[8 * i..8 * i + 8].try_into().unwrap())))
    }

    /// Any number of blocks, any of them with refused candidates, and nothing past the 256th coefficient.
    #[test]
    fn an_entry_fills_up_whatever_is_refused() {
        for backend_block in [block(|_| false), block(|i| i % 7 == 3), block(|i| i < 55), block(|i| i == 55)]
        {
            let expected: Vec<i32> = (0..56)
                .filter_map(|i| {
                    let byte = |n: usize| (backend_block.0[n / 8] >> (8 * (n % 8))) as u8;
                    coefficient_from_three_bytes([byte(3 * i), byte(3 * i + 1), byte(3 * i + 2)])
                })
                .collect();
            let mut poly = Poly([-1; N]);
            let (mut filled, mut blocks) = (0, 0);
            while filled < N {
                filled = sample_block(&backend_block, &mut poly, filled);
                blocks += 1;
                assert!(poly.0[filled..].iter().all(|&c| c == -1));
            }
            assert_eq!(filled, N);
            assert_eq!(blocks, N.div_ceil(expected.len()));
            assert!(poly.0.iter().zip(expected.iter().cycle()).all(|(a, b)| a == b));
        }
        let mut poly = Poly([-1; N]);
        assert_eq!(sample_block(&block(|_| true), &mut poly, 0), 0, "all refused");
        assert_eq!(poly, Poly([-1; N]));
    }

    #[test]
    fn a_challenge_has_tau_signs_and_says_when_bytes_run_out() {
        let mut c = Poly([7; N]);
        for tau in [39, 49, 60] {
            let bytes = (0..=255_u8).map(|b| b.wrapping_mul(167));
            assert_eq!(sample_in_ball(bytes, tau, &mut c), Some(()));
            assert_eq!(c.0.iter().filter(|c| c.abs() == 1).count(), tau);
            assert_eq!(c.0.iter().filter(|&&c| c == 0).count(), N - tau);
        }
        // Only candidates above 195 = 256 − 60 − 1: refused at first, so the bytes do not suffice.
        assert_eq!(sample_in_ball([0xff; 136].into_iter(), 60, &mut c), None);
        assert_eq!(sample_in_ball([0; 7].into_iter(), 60, &mut c), None);
        // Each place needs one byte at least; j = 0 is always legal.
        assert_eq!(sample_in_ball([0; 67].into_iter(), 60, &mut c), None);
        assert_eq!(sample_in_ball([0; 68].into_iter(), 60, &mut c), Some(()));
    }
}
