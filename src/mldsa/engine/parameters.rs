//! What a verifier needs of FIPS 204 tables 1 and 2.

use crate::ParameterSet;

use super::ring::{N, Q};

/// Rows of the largest matrix (k of ML-DSA-87).
pub(super) const MAX_K: usize = 8;
/// Columns of the largest matrix (ℓ of ML-DSA-87).
pub(super) const MAX_L: usize = 7;
/// Bytes of the longest c̃.
pub(super) const MAX_CHALLENGE_LEN: usize = 64;
/// Bytes of ρ.
pub(super) const RHO_LEN: usize = crate::RHO_LEN;
/// Bytes of one encoded polynomial of t1: 256 coefficients of bitlen(q − 1) − d = 10 bits.
pub(super) const T1_LEN: usize = N * 10 / 8;

/// γ2: which of the two, and with it how many steps HighBits has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gamma2 {
    /// (q − 1)/88 of ML-DSA-44: 44 steps, 6 bits in w1Encode.
    Over88,
    /// (q − 1)/32 of ML-DSA-65 and -87: 16 steps, 4 bits.
    Over32,
}

impl Gamma2 {
    /// 2γ2, the width of a step.
    pub(super) const fn width(self) -> i32 {
        match self {
            Self::Over88 => (Q - 1) / 44,
            Self::Over32 => (Q - 1) / 16,
        }
    }

    /// m = (q − 1)/(2γ2), the number of steps (Algorithm 40 line 1).
    pub(super) const fn steps(self) -> i32 {
        match self {
            Self::Over88 => 44,
            Self::Over32 => 16,
        }
    }

    /// Bytes of one polynomial of w1: 256 · bitlen(m − 1)/8.
    pub(super) const fn w1_len(self) -> usize {
        match self {
            Self::Over88 => N * 6 / 8,
            Self::Over32 => N * 4 / 8,
        }
    }
}

/// γ1: which of the two, and with it how z is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gamma1 {
    /// 2^17 of ML-DSA-44: 18 bits a coefficient.
    Bits17,
    /// 2^19 of ML-DSA-65 and -87: 20 bits.
    Bits19,
}

impl Gamma1 {
    pub(super) const fn value(self) -> i32 {
        match self {
            Self::Bits17 => 1 << 17,
            Self::Bits19 => 1 << 19,
        }
    }

    /// Bytes of one polynomial of z: 32 · (1 + bitlen(γ1 − 1)).
    pub(super) const fn z_len(self) -> usize {
        match self {
            Self::Bits17 => 32 * 18,
            Self::Bits19 => 32 * 20,
        }
    }
}

/// One column of table 1, as far as verification needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) set: ParameterSet,
    /// Rows of A.
    pub(super) k: usize,
    /// Columns of A.
    pub(super) l: usize,
    pub(super) gamma1: Gamma1,
    pub(super) gamma2: Gamma2,
    /// Ones in c.
    pub(super) tau: usize,
    /// β = τ·η.
    pub(super) beta: i32,
    /// Most ones in a hint.
    pub(super) omega: usize,
    /// Bytes of c̃: λ/4.
    pub(super) challenge_len: usize,
}

impl Parameters {
    pub(super) const fn of(set: ParameterSet) -> Self {
        match set {
            ParameterSet::MlDsa44 => Self {
                set,
                k: 4,
                l: 4,
                gamma1: Gamma1::Bits17,
                gamma2: Gamma2::Over88,
                tau: 39,
                beta: 78,
                omega: 80,
                challenge_len: 32,
            },
            ParameterSet::MlDsa65 => Self {
                set,
                k: 6,
                l: 5,
                gamma1: Gamma1::Bits19,
                gamma2: Gamma2::Over32,
                tau: 49,
                beta: 196,
                omega: 55,
                challenge_len: 48,
            },
            ParameterSet::MlDsa87 => Self {
                set,
                k: 8,
                l: 7,
                gamma1: Gamma1::Bits19,
                gamma2: Gamma2::Over32,
                tau: 60,
                beta: 120,
                omega: 75,
                challenge_len: 64,
            },
        }
    }

    /// ‖z‖∞ must be below this: γ1 − β.
    pub(super) const fn norm_bound(&self) -> i32 {
        self.gamma1.value().wrapping_sub(self.beta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of table 2 follow from table 1, so neither can be wrong alone.
    #[test]
    fn the_tables_agree_with_each_other() {
        for set in ParameterSet::ALL {
            let p = Parameters::of(set);
            assert_eq!(p.set, set);
            assert_eq!(set.public_key_len(), RHO_LEN + p.k * T1_LEN);
            assert_eq!(set.signature_len(), p.challenge_len + p.l * p.gamma1.z_len() + p.omega + p.k);
            assert!(p.k <= MAX_K && p.l <= MAX_L && p.challenge_len <= MAX_CHALLENGE_LEN);
            // η is 2, 4, 2.
            let eta = if set == ParameterSet::MlDsa65 { 4 } else { 2 };
            assert_eq!(p.beta, p.tau as i32 * eta);
            assert_eq!(p.gamma2.width() * p.gamma2.steps(), Q - 1);
        }
    }
}
