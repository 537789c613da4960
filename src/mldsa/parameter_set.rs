//! The three parameter sets of FIPS 204 (tables 1 and 2).

use core::fmt;

/// A parameter set of FIPS 204, section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParameterSet {
    /// ML-DSA-44: security category 2.
    MlDsa44,
    /// ML-DSA-65: security category 3.
    MlDsa65,
    /// ML-DSA-87: security category 5.
    MlDsa87,
}

impl ParameterSet {
    /// All parameter sets, smallest first.
    pub const ALL: [Self; 3] = [Self::MlDsa44, Self::MlDsa65, Self::MlDsa87];

    /// The byte that names this set in a work proof: 44, 65 or 87.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::MlDsa44 => 44,
            Self::MlDsa65 => 65,
            Self::MlDsa87 => 87,
        }
    }

    /// The set that [`Self::id`] names, if any.
    #[must_use]
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            44 => Some(Self::MlDsa44),
            65 => Some(Self::MlDsa65),
            87 => Some(Self::MlDsa87),
            _ => None,
        }
    }

    /// The set whose public keys have `len` bytes, if any. The three lengths differ.
    #[must_use]
    pub const fn from_public_key_len(len: usize) -> Option<Self> {
        match len {
            1312 => Some(Self::MlDsa44),
            1952 => Some(Self::MlDsa65),
            2592 => Some(Self::MlDsa87),
            _ => None,
        }
    }

    /// Bytes of a public key (FIPS 204 table 2): 1312, 1952 or 2592.
    #[must_use]
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::MlDsa44 => 1312,
            Self::MlDsa65 => 1952,
            Self::MlDsa87 => 2592,
        }
    }

    /// Bytes of a signature (FIPS 204 table 2): 2420, 3309 or 4627.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        match self {
            Self::MlDsa44 => 2420,
            Self::MlDsa65 => 3309,
            Self::MlDsa87 => 4627,
        }
    }

    /// The claimed NIST security category (FIPS 204 table 1): 2, 3 or 5.
    #[must_use]
    pub const fn security_level(self) -> u8 {
        match self {
            Self::MlDsa44 => 2,
            Self::MlDsa65 => 3,
            Self::MlDsa87 => 5,
        }
    }
}

impl fmt::Display for ParameterSet {
    /// The name FIPS 204 gives the set: `ML-DSA-44`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
        })
    }
}
