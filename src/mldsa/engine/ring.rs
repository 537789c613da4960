//! The ring R_q = Z_q\[X\]/(X^256 + 1): coefficients, Montgomery reduction, products in the NTT domain.
//!
//! Coefficients are *lazy*: any i32 congruent to the value, within the bound that each function states. The bounds
//! follow from the recurrences in `ntt.rs`, are asserted at compile time, and met head on by the tests. Arithmetic wraps on purpose:
//! within the bounds nothing does, and a checked operation would be a panic that consensus must not have.

use super::ntt::{C_BOUND, T1_BOUND, Z_BOUND};
use super::parameters::MAX_L;

/// Coefficients of a polynomial.
pub(super) const N: usize = 256;

/// q = 2^23 − 2^13 + 1.
pub(super) const Q: i32 = 8_380_417;

/// q^−1 mod 2^32.
pub(super) const Q_INVERSE: i32 = 58_728_449;

/// d: bits that key generation drops from t.
pub(super) const D: u32 = 13;

/// 256 coefficients, of a polynomial or of its NTT.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub(super) struct Poly(pub(super) [i32; N]);

impl Poly {
    pub(super) const ZERO: Self = Self([0; N]);
}

/// a·2^−32 mod q, for |a| < 2^31·q: |result| ≤ |a|/2^32 + q/2 (Montgomery 1985, signed).
#[expect(clippy::cast_possible_truncation, reason = "the low half is meant; the high half fits by the bound")]
#[inline(always)]
pub(super) const fn montgomery_reduce(a: i64) -> i32 {
    let multiple = (a as i32).wrapping_mul(Q_INVERSE);
    (a.wrapping_sub((multiple as i64).wrapping_mul(Q as i64)) >> 32) as i32
}

/// The product a·b as i64, which cannot overflow.
#[inline(always)]
pub(super) const fn widening_mul(a: i32, b: i32) -> i64 {
    (a as i64).wrapping_mul(b as i64)
}

/// One row of Algorithm 8 line 9 in the NTT domain: (Σ_j row\[j\]·z\[j\] − c·t1)·2^−32.
///
/// Bounds: with |row| < q, |z| < [`Z_BOUND`], |c| < [`C_BOUND`] and |t1| < [`T1_BOUND`] the sum of
/// at most seven products and one more stays below 2^31·q, and |result| < [`ROW_BOUND`].
pub(super) fn multiply_row(row: &[Poly], z: &[Poly], c: &Poly, t1: &Poly, w: &mut Poly) {
    let mut sums = [0_i64; N];
    for (sum, (&c, &t1)) in sums.iter_mut().zip(c.0.iter().zip(&t1.0)) {
        *sum = widening_mul(c, t1).wrapping_neg();
    }
    for (a, z) in row.iter().zip(z) {
        for (sum, (&a, &z)) in sums.iter_mut().zip(a.0.iter().zip(&z.0)) {
            *sum = sum.wrapping_add(widening_mul(a, z));
        }
    }
    for (w, &sum) in w.0.iter_mut().zip(&sums) {
        *w = montgomery_reduce(sum);
    }
}

/// Bound of [`multiply_row`]'s result.
pub(super) const ROW_BOUND: i64 = 5_100_000;

/// The sum of a row with every factor at its worst.
const WORST_SUM: i64 = {
    let products = (Q as i64).wrapping_mul(Z_BOUND).wrapping_mul(MAX_L as i64);
    products.wrapping_add(C_BOUND.wrapping_mul(T1_BOUND))
};
const _: () = assert!(WORST_SUM < (Q as i64) << 31, "the sum of a row can be reduced");
const _: () = assert!((WORST_SUM >> 32) + ((Q / 2) as i64) + 1 < ROW_BOUND);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants() {
        assert_eq!(Q, (1 << 23) - (1 << 13) + 1);
        assert_eq!(Q.wrapping_mul(Q_INVERSE), 1);
    }

    #[test]
    fn montgomery_reduction_keeps_its_bound_and_its_class() {
        let limit = (1_i64 << 31) * i64::from(Q) - 1;
        let two_32 = (1_i128 << 32) % i128::from(Q);
        let steps = [0, 1, 2, i64::from(Q), i64::from(Q) / 2, 1 << 31, 1 << 32, 1 << 40, limit / 3, limit];
        for a in steps.into_iter().flat_map(|a| [a, -a, (a - 1).max(-limit), -(a - 1)]) {
            let r = montgomery_reduce(a);
            assert_eq!((i128::from(r) * two_32 - i128::from(a)) % i128::from(Q), 0, "{a}");
            assert!(i64::from(r).abs() <= (a.abs() >> 32) + i64::from(Q) / 2 + 1, "{a} gives {r}");
        }
    }

    #[test]
    fn a_row_at_its_worst_has_the_right_class() {
        for sign in [1, -1] {
            let row = vec![Poly([Q - 1; N]); MAX_L];
            let z = vec![Poly([sign * (Z_BOUND - 1) as i32; N]); MAX_L];
            let c = Poly([-sign * (C_BOUND - 1) as i32; N]);
            let t1 = Poly([(T1_BOUND - 1) as i32; N]);
            let mut w = Poly::ZERO;
            multiply_row(&row, &z, &c, &t1, &mut w);
            let exact = MAX_L as i128 * i128::from(Q - 1) * i128::from(Z_BOUND - 1)
                + i128::from(C_BOUND - 1) * i128::from(T1_BOUND - 1);
            let exact = exact * i128::from(sign);
            assert!(w.0.iter().all(|&w| ((i128::from(w) << 32) - exact) % i128::from(Q) == 0));
            assert!(w.0.iter().all(|&w| i64::from(w).abs() < ROW_BOUND));
        }
    }
}
