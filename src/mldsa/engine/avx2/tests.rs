//! Each function against the portable one, bit by bit, at random and at the ends of its domain.

use pars_keccak::Block;

use super::super::backend::{Backend, Portable};
use super::super::ntt::{C_BOUND, T1_BOUND, Z_BOUND};
use super::super::parameters::{Gamma1, Gamma2};
use super::super::ring::{N, Poly, Q, ROW_BOUND};
use super::Avx2;

/// The backend, or a loud word that nothing ran: not `eprintln!`, which the harness would swallow.
fn avx2(test: &str) -> Option<Avx2> {
    use std::io::Write;
    let backend = Avx2::detect();
    if backend.is_none() {
        writeln!(std::io::stderr().lock(), "\n*** NOT RUN: {test}: this processor has no AVX2 ***\n")
            .unwrap();
    }
    backend
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Coefficients below `bound` in absolute value; now and then the bound itself, everywhere or in patterns.
    fn poly(&mut self, bound: i64) -> Poly {
        let top = (bound - 1) as i32;
        match self.next() % 8 {
            0 => Poly([top; N]),
            1 => Poly([-top; N]),
            2 => Poly(std::array::from_fn(|i| if i % 2 == 0 { top } else { -top })),
            3 => Poly(std::array::from_fn(|i| if i.count_ones() % 2 == 0 { top } else { -top })),
            _ => Poly(std::array::from_fn(|_| (self.next() as i64 % bound) as i32)),
        }
    }

    fn bytes<const LEN: usize>(&mut self) -> [u8; LEN] {
        let fill = self.next() % 6;
        std::array::from_fn(|_| match fill {
            0 => 0,
            1 => 0xff,
            _ => self.next() as u8,
        })
    }
}

const ROUNDS: usize = 64;

#[test]
fn c5_transforms() {
    let Some(backend) = avx2("c5_transforms") else { return };
    let mut random = Random(2);
    for _ in 0..ROUNDS {
        for bound in [2, 1 << 17, (1 << 19) + 1, i64::from(Q)] {
            let mut one = random.poly(bound);
            let mut other = one.clone();
            backend.ntt(&mut one);
            Portable.ntt(&mut other);
            assert_eq!(one, other);
        }
        let mut one = random.poly(ROW_BOUND);
        let mut other = one.clone();
        backend.inverse_ntt(&mut one);
        Portable.inverse_ntt(&mut other);
        assert_eq!(one, other);
    }
}

#[test]
fn c5_rows() {
    let Some(backend) = avx2("c5_rows") else { return };
    let mut random = Random(3);
    for _ in 0..ROUNDS {
        for l in [4, 5, 7] {
            let row: Vec<_> =
                (0..l).map(|_| Poly(random.poly(i64::from(Q)).0.map(|c| c.rem_euclid(Q)))).collect();
            let z: Vec<_> = (0..l).map(|_| random.poly(Z_BOUND)).collect();
            let (c, t1) = (random.poly(C_BOUND), random.poly(T1_BOUND));
            let (mut one, mut other) = (Poly::ZERO, Poly::ZERO);
            backend.multiply_row(&row, &z, &c, &t1, &mut one);
            Portable.multiply_row(&row, &z, &c, &t1, &mut other);
            assert_eq!(one, other);
        }
    }
}

/// Blocks in which none, some, or all candidates are refused, at every fill level.
#[test]
fn c5_sampling() {
    let Some(backend) = avx2("c5_sampling") else { return };
    let mut random = Random(4);
    for round in 0..4 * ROUNDS {
        let mut bytes: [u8; 192] = random.bytes();
        if round % 2 == 0 {
            // q − 1, q, q + 1 and the largest candidate, with either top bit, somewhere.
            for _ in 0..1 + random.next() % 20 {
                let value = [Q - 1, Q, Q + 1, 0x7f_ffff][(random.next() % 4) as usize];
                let [b0, b1, b2, _] = (value | ((random.next() & 1) as i32) << 23).to_le_bytes();
                let at = 3 * (random.next() % 56) as usize;
                bytes[at..at + 3].copy_from_slice(&[b0, b1, b2]);
            }
        }
        let block = Block(std::array::from_fn(|i| u64::from_le_bytes(bytes.as_chunks::<8>().0[i])));
        for filled in [0, 1, 55, 56, 199, 200, 201, 207, 208, 240, 247, 248, 249, 250, 255, 256] {
            let (mut one, mut other) = (Poly([-7; N]), Poly([-7; N]));
            let now = backend.sample_block(&block, &mut one, filled);
            assert_eq!(now, Portable.sample_block(&block, &mut other, filled));
            assert_eq!(one, other);
            assert!(now >= filled && one.0[now..].iter().all(|&c| c == -7));
        }
    }
}

#[test]
fn c5_packing() {
    let Some(backend) = avx2("c5_packing") else { return };
    let mut random = Random(5);
    for _ in 0..ROUNDS {
        for (gamma1, bytes) in
            [(Gamma1::Bits17, &random.bytes::<576>()[..]), (Gamma1::Bits19, &random.bytes::<640>()[..])]
        {
            let (mut one, mut other) = (Poly::ZERO, Poly::ZERO);
            let norm = backend.unpack_z(gamma1, bytes, &mut one);
            assert_eq!(norm, Portable.unpack_z(gamma1, bytes, &mut other));
            assert_eq!(one, other);
        }
        for gamma2 in [Gamma2::Over88, Gamma2::Over32] {
            let w1 = random.bytes().map(|byte: u8| byte % gamma2.steps() as u8);
            let (mut one, mut other) = ([1; 192], [2; 192]);
            let len = gamma2.w1_len();
            backend.pack_w1(gamma2, &w1, &mut one[..len]);
            Portable.pack_w1(gamma2, &w1, &mut other[..len]);
            assert_eq!(one[..len], other[..len]);
        }
    }
}

/// The norm is found in every place, on both sides.
#[test]
fn c2_c5_the_norm_sees_every_coefficient() {
    let Some(backend) = avx2("c2_c5_the_norm_sees_every_coefficient") else { return };
    for (gamma1, bits) in [(Gamma1::Bits17, 18), (Gamma1::Bits19, 20)] {
        let g = gamma1.value();
        for place in 0..N {
            for value in [g, g - 1, 1 - g, 5] {
                // γ1 − 0 = γ1 everywhere would hide it, so all others are zero: packed γ1.
                let mut bytes = vec![0_u8; gamma1.z_len()];
                for i in 0..N {
                    let packed = if i == place { g - value } else { g };
                    for bit in (0..bits).filter(|bit| packed >> bit & 1 == 1) {
                        bytes[(i * bits + bit) / 8] |= 1 << ((i * bits + bit) % 8);
                    }
                }
                let mut poly = Poly::ZERO;
                assert_eq!(backend.unpack_z(gamma1, &bytes, &mut poly), value.abs(), "{place}");
                assert_eq!(Portable.unpack_z(gamma1, &bytes, &mut poly), value.abs(), "{place}");
            }
        }
    }
}

/// Every coefficient there is.
#[test]
fn c5_high_bits_of_everything() {
    let Some(backend) = avx2("c5_high_bits_of_everything") else { return };
    for gamma2 in [Gamma2::Over88, Gamma2::Over32] {
        for start in (0..Q).step_by(N) {
            let w = Poly(std::array::from_fn(|i| (start + i as i32).min(Q - 1)));
            let (mut one, mut other) = ([0; N], [0; N]);
            backend.high_bits(gamma2, &w, &mut one);
            Portable.high_bits(gamma2, &w, &mut other);
            assert_eq!(one, other, "{gamma2:?} from {start}");
        }
    }
}
