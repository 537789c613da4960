//! The number-theoretic transform and its inverse (FIPS 204 Algorithms 41 and 42), without a reduction between levels.

use super::ring::{N, Poly, Q, ROW_BOUND, montgomery_reduce, widening_mul};

/// 2^32 mod q, the factor of Montgomery form.
const MONTGOMERY: i64 = (1 << 32) % Q as i64;

/// ζ = 1753, a 512th root of unity (FIPS 204 section 2.5).
const ZETA: i64 = 1753;

/// `value` mod± q.
#[expect(clippy::cast_possible_truncation, reason = "a value mod± q has 23 bits")]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "evaluated at compile time, where an overflow does not compile"
)]
const fn centred(value: i64) -> i32 {
    let q = Q as i64;
    let value = value.rem_euclid(q);
    (if value > q / 2 { value - q } else { value }) as i32
}

/// ζ^BitRev8(m)·2^32 mod± q for m in 0..256 (appendix B), in Montgomery form. |entry| ≤ (q − 1)/2.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, as above")]
pub(super) const ZETAS: [i32; N] = {
    let mut powers = [0_i64; N];
    let (mut exponent, mut power) = (0, 1);
    while exponent < N {
        powers[exponent] = power;
        power = power * ZETA % Q as i64;
        exponent += 1;
    }
    let mut zetas = [0; N];
    let mut m = 0_u8;
    loop {
        zetas[m as usize] = centred(powers[m.reverse_bits() as usize] * MONTGOMERY);
        if m == u8::MAX {
            break zetas;
        }
        m += 1;
    }
};

/// f of Algorithm 42 line 21, 256^−1, times 2^64: one 2^32 for Montgomery form, one for what `multiply_row` took away.
pub(super) const F: i32 = {
    let inverse_of_256 = 8_347_681_i64;
    centred(centred(inverse_of_256 * MONTGOMERY) as i64 * MONTGOMERY)
};

/// A level adds ζ·b·2^−32 to a coefficient: at most b·(q/2)/2^32 + q/2 + 1 for |b| ≤ `bound`.
const fn after_level(bound: i64) -> i64 {
    let product = bound.wrapping_mul(Q as i64 / 2) >> 32;
    bound.wrapping_add(product).wrapping_add(Q as i64 / 2).wrapping_add(2)
}

/// Bound of [`ntt`]'s output for inputs of absolute value at most `bound`, level by level.
const fn ntt_bound(bound: i64) -> i64 {
    let (mut bound, mut level) = (bound, 0_u8);
    while level < 8 {
        bound = after_level(bound);
        level = level.wrapping_add(1);
    }
    bound
}

/// NTT(z) is below this: |z| ≤ γ1 ≤ 2^19 as decoded, whatever the norm check says.
pub(super) const Z_BOUND: i64 = ntt_bound(1 << 19);
/// NTT(c) is below this: |c| ≤ 1.
pub(super) const C_BOUND: i64 = ntt_bound(1);
/// NTT(t1·2^d) is below this: t1·2^d ≤ 1023·2^13 = q − 1.
pub(super) const T1_BOUND: i64 = ntt_bound(Q as i64);
const _: () = assert!(Z_BOUND < 1 << 31 && C_BOUND < 1 << 31 && T1_BOUND < 1 << 31, "each fits an i32");
// The inverse: sums double eight times.
const _: () = assert!(ROW_BOUND << 8 < 1 << 31, "the inverse's sums fit an i32");

/// FIPS 204 Algorithm 41, NTT, in place. Bounds: [`ntt_bound`]; nothing is reduced between levels.
pub(super) fn ntt(w: &mut Poly) {
    // Line 4: m ← 0; line 9 steps before the first use.
    let mut zetas = ZETAS.iter().skip(1);
    for len in [128, 64, 32, 16, 8, 4, 2, 1_usize] {
        // Lines 8, 17: blocks of 2·len.
        for (block, &zeta) in w.0.chunks_exact_mut(len << 1).zip(&mut zetas) {
            let (low, high) = block.split_at_mut(len);
            for (low, high) in low.iter_mut().zip(high) {
                let t = montgomery_reduce(widening_mul(zeta, *high)); // line 12
                *high = low.wrapping_sub(t); // line 13
                *low = low.wrapping_add(t); // line 14
            }
        }
    }
}

/// FIPS 204 Algorithm 42, NTT^−1, in place, times 2^32 (which makes good for `multiply_row`). The result lies in
/// [0, q).
///
/// Bounds: for |input| < [`ROW_BOUND`] the sums double at most eight times and stay below 2^31; a product's factor
/// w_j − w_{j+len} obeys the same bound.
pub(super) fn inverse_ntt(w: &mut Poly) {
    // Line 4: m ← 256; line 9 steps before the first use.
    let mut zetas = ZETAS.iter().rev();
    for len in [1, 2, 4, 8, 16, 32, 64, 128_usize] {
        for (block, &zeta) in w.0.chunks_exact_mut(len << 1).zip(&mut zetas) {
            let (low, high) = block.split_at_mut(len);
            for (low, high) in low.iter_mut().zip(high) {
                let t = *low; // line 12
                *low = t.wrapping_add(*high); // line 13
                // Lines 10, 14, 15: −ζ·(t − w_{j+len}) = ζ·(w_{j+len} − t).
                *high = montgomery_reduce(widening_mul(zeta, high.wrapping_sub(t)));
            }
        }
    }
    for coefficient in &mut w.0 {
        // Lines 21–24, then from (−q, q) to [0, q).
        let scaled = montgomery_reduce(widening_mul(F, *coefficient));
        *coefficient = scaled.wrapping_add((scaled >> 31) & Q);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(value: i32) -> i64 {
        i64::from(value).rem_euclid(i64::from(Q))
    }

    /// Σ w_i·X^i at the 256 odd powers of ζ, by definition (FIPS 204 section 2.5): slow and without a butterfly.
    fn ntt_by_definition(w: &Poly) -> Vec<i64> {
        let q = i64::from(Q);
        let power = |mut exponent: u64| {
            let (mut base, mut result) = (ZETA, 1);
            while exponent > 0 {
                if exponent & 1 == 1 {
                    result = result * base % q;
                }
                base = base * base % q;
                exponent >>= 1;
            }
            result
        };
        (0..=255_u8)
            .map(|i| {
                let root = power(2 * u64::from(i.reverse_bits()) + 1);
                w.0.iter().rev().fold(0, |sum, &c| (sum * root + model(c)) % q)
            })
            .collect()
    }

    fn polys() -> Vec<Poly> {
        let mut state = 0x204_u64;
        let mut random = move |bound: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) as i64 % (2 * bound - 1) - (bound - 1)) as i32
        };
        let mut polys = vec![Poly::ZERO, Poly([1; N]), Poly([-1; N]), Poly([Q - 1; N])];
        for bound in [2, 1 << 17, 1 << 19, i64::from(Q)] {
            polys.push(Poly(std::array::from_fn(|_| random(bound))));
            polys.push(Poly(std::array::from_fn(|i| (bound as i32 - 1) * (1 - 2 * (i as i32 & 1)))));
            polys.push(Poly([1 - bound as i32; N]));
        }
        for i in [0, 1, 2, 127, 128, 255] {
            let mut unit = Poly::ZERO;
            unit.0[i] = Q - 1;
            polys.push(unit);
        }
        polys
    }

    #[test]
    fn the_transform_is_the_one_of_the_standard() {
        for poly in polys() {
            let mut w = poly.clone();
            ntt(&mut w);
            assert_eq!(w.0.map(model).to_vec(), ntt_by_definition(&poly));
            assert!(w.0.iter().all(|&c| i64::from(c).abs() < T1_BOUND));
        }
    }

    #[test]
    fn the_inverse_undoes_it_times_two_to_the_32() {
        for poly in polys() {
            let mut w = poly.clone();
            ntt(&mut w);
            // Into the inverse's input bound, as multiply_row would.
            for c in &mut w.0 {
                *c = montgomery_reduce(i64::from(*c));
            }
            inverse_ntt(&mut w);
            assert!(w.0.iter().all(|c| (0..Q).contains(c)));
            assert_eq!(w.0.map(model), poly.0.map(model));
        }
    }

    /// The recurrences behind the constants: what the doc comments claim.
    #[test]
    fn lazy_reduction_stays_in_bounds() {
        assert!(ZETAS.iter().all(|zeta| zeta.abs() <= Q / 2));
        // Inverse: sums double, products are reduced below q.
        let mut bound = ROW_BOUND;
        for _ in 0..8 {
            let product = ((2 * bound * (i64::from(Q) / 2)) >> 32) + i64::from(Q) / 2 + 1;
            bound = (2 * bound).max(product);
            assert!(bound < 1 << 31, "sums and differences of the inverse fit an i32");
        }
        let scaled = ((bound * i64::from(F.abs())) >> 32) + i64::from(Q) / 2 + 1;
        assert!(scaled < i64::from(Q), "one addition of q makes it canonical");
    }

    /// Inputs at the bound in the patterns that add up: all equal (doubles in every sum) and alternating.
    #[test]
    fn the_inverse_at_its_input_bound() {
        let top = ROW_BOUND as i32 - 1;
        let patterns: [fn(usize) -> i32; 4] =
            [|_| 1, |_| -1, |i| 1 - 2 * (i as i32 & 1), |i| if i.count_ones() % 2 == 0 { 1 } else { -1 }];
        for pattern in patterns {
            let hat = Poly(std::array::from_fn(|i| top * pattern(i)));
            let mut w = hat.clone();
            inverse_ntt(&mut w);
            assert!(w.0.iter().all(|c| (0..Q).contains(c)));
            // Forward again gives the input times 2^32.
            assert_eq!(ntt_by_definition(&w), hat.0.map(|c| model(c) * MONTGOMERY % i64::from(Q)).to_vec());
        }
    }
}
