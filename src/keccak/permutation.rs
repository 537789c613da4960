//! Keccak-f\[1600\] (FIPS 202 section 3) in plain Rust.

use crate::State;

/// ι's constants (FIPS 202 Algorithm 5).
pub(crate) const ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// A round of θ, ρ, π, χ, ι over 25 named values: `$xor`, `$rotate` (by a constant) and `$chi` (a ⊕ (¬b ∧ c)) say
/// what a value is. Written once for words and for vectors.
macro_rules! keccak_round {
    ($a:ident, $constant:expr, $xor:ident, $rotate:ident, $chi:ident) => {{
        // θ: column parities and what each column takes up.
        let c0 = $xor!($a[0], $a[5], $a[10], $a[15], $a[20]);
        let c1 = $xor!($a[1], $a[6], $a[11], $a[16], $a[21]);
        let c2 = $xor!($a[2], $a[7], $a[12], $a[17], $a[22]);
        let c3 = $xor!($a[3], $a[8], $a[13], $a[18], $a[23]);
        let c4 = $xor!($a[4], $a[9], $a[14], $a[19], $a[24]);
        let d0 = $xor!(c4, $rotate!(c1, 1));
        let d1 = $xor!(c0, $rotate!(c2, 1));
        let d2 = $xor!(c1, $rotate!(c3, 1));
        let d3 = $xor!(c2, $rotate!(c4, 1));
        let d4 = $xor!(c3, $rotate!(c0, 1));
        // ρ and π: row by row of the result, with the word that moves there. Then χ along the row.
        let (b0, b1, b2, b3, b4) = (
            $xor!($a[0], d0),
            $rotate!($xor!($a[6], d1), 44),
            $rotate!($xor!($a[12], d2), 43),
            $rotate!($xor!($a[18], d3), 21),
            $rotate!($xor!($a[24], d4), 14),
        );
        let e0 = $xor!($chi!(b0, b1, b2), $constant);
        let (e1, e2, e3, e4) = ($chi!(b1, b2, b3), $chi!(b2, b3, b4), $chi!(b3, b4, b0), $chi!(b4, b0, b1));
        let (b0, b1, b2, b3, b4) = (
            $rotate!($xor!($a[3], d3), 28),
            $rotate!($xor!($a[9], d4), 20),
            $rotate!($xor!($a[10], d0), 3),
            $rotate!($xor!($a[16], d1), 45),
            $rotate!($xor!($a[22], d2), 61),
        );
        let (e5, e6, e7, e8, e9) =
            ($chi!(b0, b1, b2), $chi!(b1, b2, b3), $chi!(b2, b3, b4), $chi!(b3, b4, b0), $chi!(b4, b0, b1));
        let (b0, b1, b2, b3, b4) = (
            $rotate!($xor!($a[1], d1), 1),
            $rotate!($xor!($a[7], d2), 6),
            $rotate!($xor!($a[13], d3), 25),
            $rotate!($xor!($a[19], d4), 8),
            $rotate!($xor!($a[20], d0), 18),
        );
        let (e10, e11, e12, e13, e14) =
            ($chi!(b0, b1, b2), $chi!(b1, b2, b3), $chi!(b2, b3, b4), $chi!(b3, b4, b0), $chi!(b4, b0, b1));
        let (b0, b1, b2, b3, b4) = (
            $rotate!($xor!($a[4], d4), 27),
            $rotate!($xor!($a[5], d0), 36),
            $rotate!($xor!($a[11], d1), 10),
            $rotate!($xor!($a[17], d2), 15),
            $rotate!($xor!($a[23], d3), 56),
        );
        let (e15, e16, e17, e18, e19) =
            ($chi!(b0, b1, b2), $chi!(b1, b2, b3), $chi!(b2, b3, b4), $chi!(b3, b4, b0), $chi!(b4, b0, b1));
        let (b0, b1, b2, b3, b4) = (
            $rotate!($xor!($a[2], d2), 62),
            $rotate!($xor!($a[8], d3), 55),
            $rotate!($xor!($a[14], d4), 39),
            $rotate!($xor!($a[15], d0), 41),
            $rotate!($xor!($a[21], d1), 2),
        );
        let (e20, e21, e22, e23, e24) =
            ($chi!(b0, b1, b2), $chi!(b1, b2, b3), $chi!(b2, b3, b4), $chi!(b3, b4, b0), $chi!(b4, b0, b1));
        $a = [
            e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14, e15, e16, e17, e18, e19, e20,
            e21, e22, e23, e24,
        ];
    }};
}

#[cfg(target_arch = "x86_64")]
pub(crate) use keccak_round;

macro_rules! xor {
    ($first:expr $(, $next:expr)+) => { $first $(^ $next)+ };
}
macro_rules! rotate {
    ($word:expr, $by:literal) => {
        u64::rotate_left($word, $by)
    };
}
macro_rules! chi {
    ($a:expr, $b:expr, $c:expr) => {
        $a ^ (!$b & $c)
    };
}

/// Keccak-f\[1600\] (FIPS 202 section 3.3). Inlined, so that it takes on its caller's instruction set.
#[inline(always)]
pub(crate) fn permute(state: &mut State) {
    let mut a = *state;
    for constant in ROUND_CONSTANTS {
        keccak_round!(a, constant, xor, rotate, chi);
    }
    *state = a;
}
