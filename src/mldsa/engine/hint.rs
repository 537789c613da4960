//! Decompose, HighBits and UseHint (FIPS 204 section 7.4).

use super::parameters::Gamma2;
use super::ring::{N, Poly, Q};

/// FIPS 204 Algorithm 36, Decompose: r = r1·2γ2 + r0, for r in [0, q).
pub(super) const fn decompose(gamma2: Gamma2, r: i32) -> (i32, i32) {
    let r1 = high_bits(gamma2, r);
    let mut r0 = r.wrapping_sub(r1.wrapping_mul(gamma2.width()));
    // Lines 3–5: r+ − r0 = q − 1, where r1 is 0 and r0 is −1 lower. There r0 as just computed is r itself, past q/2.
    if r0 > Q / 2 {
        r0 = r0.wrapping_sub(Q);
    }
    (r1, r0)
}

/// FIPS 204 Algorithm 37, HighBits, for r in [0, q), without a division: the constants are those of the reference
/// implementation of Dilithium, and the exhaustive test shows them equal to Algorithm 36 for every r.
#[inline(always)]
pub(super) const fn high_bits(gamma2: Gamma2, r: i32) -> i32 {
    // ⌈r/2^7⌉ has 16 bits, so the products fit.
    let r = r.wrapping_add(127) >> 7;
    match gamma2 {
        Gamma2::Over88 => {
            let r1 = r.wrapping_mul(11_275).wrapping_add(1 << 23) >> 24;
            // Line 4: 44 means r+ − r0 = q − 1.
            if r1 == 44 { 0 } else { r1 }
        }
        Gamma2::Over32 => (r.wrapping_mul(1025).wrapping_add(1 << 21) >> 22) & 15,
    }
}

/// FIPS 204 Algorithm 40, UseHint, where the hint is 1.
pub(super) const fn use_hint(gamma2: Gamma2, r: i32) -> i32 {
    let m = gamma2.steps(); // line 1
    let (r1, r0) = decompose(gamma2, r); // line 2
    let (last, next, before) = (m.wrapping_sub(1), r1.wrapping_add(1), r1.wrapping_sub(1));
    if r0 > 0 {
        if r1 == last { 0 } else { next } // line 3
    } else if r1 == 0 {
        last // line 4
    } else {
        before
    }
}

/// HighBits of a polynomial whose coefficients lie in [0, q).
#[expect(clippy::cast_possible_truncation, reason = "high bits are below 44")]
#[expect(clippy::cast_sign_loss, reason = "high bits are not negative")]
pub(super) fn high_bits_of_poly(gamma2: Gamma2, w: &Poly, w1: &mut [u8; N]) {
    for (w1, &w) in w1.iter_mut().zip(&w.0) {
        *w1 = high_bits(gamma2, w) as u8;
    }
}

/// Algorithm 40 at the places where the hint is 1: `w1` has the high bits of `w` elsewhere.
#[expect(clippy::cast_possible_truncation, reason = "high bits are below 44")]
#[expect(clippy::cast_sign_loss, reason = "high bits are not negative")]
pub(super) fn use_hint_at(gamma2: Gamma2, places: &[u8], w: &Poly, w1: &mut [u8; N]) {
    for &place in places {
        if let (Some(w1), Some(&w)) = (w1.get_mut(usize::from(place)), w.0.get(usize::from(place))) {
            *w1 = use_hint(gamma2, w) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha3::Shake128;
    use sha3::digest::{ExtendableOutput, Update, XofReader};
    use std::fmt::Write;

    /// Algorithm 36 as the standard writes it.
    fn decompose_by_the_book(gamma2: Gamma2, r: i32) -> (i32, i32) {
        let width = gamma2.width();
        let mut r0 = r % width;
        if r0 > width / 2 {
            r0 -= width;
        }
        if r - r0 == Q - 1 { (0, r0 - 1) } else { ((r - r0) / width, r0) }
    }

    /// C2SP/CCTV's hash over every r in [0, q): `r mod± q`, its absolute value, Power2Round, and for both γ2 HighBits,
    /// UseHint(1, r), LowBits and its absolute value; one decimal a line.
    #[test]
    fn c1_every_coefficient_hashes_to_the_published_value() {
        let mut hash = Shake128::default();
        let mut text = String::new();
        for r in 0..Q {
            let centred = if r > Q / 2 { r - Q } else { r };
            let mut low = r % (1 << 13);
            if low > 1 << 12 {
                low -= 1 << 13;
            }
            let (power_high, power_low) = ((r - low) >> 13, low.rem_euclid(Q));
            writeln!(text, "{centred}\n{}\n{power_high}\n{power_low}", centred.abs()).unwrap();
            for gamma2 in [Gamma2::Over88, Gamma2::Over32] {
                let (r1, r0) = decompose(gamma2, r);
                assert_eq!((r1, r0), decompose_by_the_book(gamma2, r), "{gamma2:?} {r}");
                writeln!(text, "{r1}\n{}\n{r0}\n{}", use_hint(gamma2, r), r0.abs()).unwrap();
            }
            if r % 1024 == 0 {
                hash.update(text.as_bytes());
                text.clear();
            }
        }
        hash.update(text.as_bytes());
        let mut digest = [0; 32];
        hash.finalize_xof().read(&mut digest);
        assert_eq!(hex::encode(digest), "f930663417278156ab05d940294a77210a809c924d8ab63ec72f4526247602c7");
    }
}
