//! The GPU trust table: tier → trust and compute ceiling.

/// What kind of device stands behind a proof, and how much it is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// No attestation: RTX 5090, RTX 4090, anything.
    Software,
    /// RTX PRO 6000 Blackwell.
    RtxPro6000,
    /// H100 and H200: the chain sees the architecture only.
    Gh100,
    /// B100, B200 and GB200.
    Gb100,
}

/// Two pools, two epoch caps, two difficulties; neither moves the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pool {
    /// Proofs without attestation. Open to Sybils: its cap bounds that loss.
    Software,
    /// Proofs of attested GPUs.
    Attested,
}

impl Pool {
    /// Both pools, by id.
    pub const ALL: [Self; 2] = [Self::Software, Self::Attested];

    /// 0 software, 1 attested.
    pub const fn id(self) -> u8 {
        match self {
            Self::Software => 0,
            Self::Attested => 1,
        }
    }

    /// The pool with this id.
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            0 => Some(Self::Software),
            1 => Some(Self::Attested),
            _ => None,
        }
    }
}

impl Tier {
    /// All tiers, by id.
    pub const ALL: [Self; 4] = [Self::Software, Self::RtxPro6000, Self::Gh100, Self::Gb100];

    /// 1 software, 2 RTX PRO 6000, 3 GH100, 4 GB100.
    pub const fn id(self) -> u8 {
        match self {
            Self::Software => 1,
            Self::RtxPro6000 => 2,
            Self::Gh100 => 3,
            Self::Gb100 => 4,
        }
    }

    /// The tier with this id.
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            1 => Some(Self::Software),
            2 => Some(Self::RtxPro6000),
            3 => Some(Self::Gh100),
            4 => Some(Self::Gb100),
            _ => None,
        }
    }

    /// Trust multiplier in basis points (10^-4): PIP-6's 0.6 … 1.0.
    pub const fn trust_bps(self) -> u16 {
        match self {
            Self::Software => MIN_TRUST_BPS,
            Self::RtxPro6000 => 8_500,
            Self::Gh100 => 9_500,
            Self::Gb100 => 10_000,
        }
    }

    /// Trust multiplier of a genuine GPU whose measurements no golden set vouches for: `min(table, 8000)`.
    pub const fn unpinned_trust_bps(self) -> u16 {
        let table = self.trust_bps();
        if table < UNPINNED_TRUST_BPS { table } else { UNPINNED_TRUST_BPS }
    }

    /// Most compute units a device of this tier can do in a second: 10^9 operations a second of dense BF16 with FP32
    /// accumulation, of the fastest product of the row.
    ///
    /// | tier | product | TFLOP/s | source |
    /// | --- | --- | --- | --- |
    /// | software | GeForce RTX 5090 | 209.5 | NVIDIA RTX Blackwell GPU architecture, peak BF16 tensor with FP32 accumulate, dense |
    /// | RTX PRO 6000 | RTX PRO 6000 Blackwell | 503.8 | NVIDIA RTX PRO Blackwell architecture, the same line |
    /// | GH100 | H100 SXM, H200 SXM | 989.5 | NVIDIA H100 data sheet: 1,979 with sparsity, halved |
    /// | GB100 | GB200 | 2,500 | NVIDIA GB200 NVL72 data sheet: 5,000 a GPU with sparsity, halved |
    pub const fn ceiling(self) -> u64 {
        match self {
            Self::Software => 209_500,
            Self::RtxPro6000 => 503_800,
            Self::Gh100 => 989_500,
            Self::Gb100 => 2_500_000,
        }
    }

    /// The pool that pays this tier.
    pub const fn pool(self) -> Pool {
        match self {
            Self::Software => Pool::Software,
            Self::RtxPro6000 | Self::Gh100 | Self::Gb100 => Pool::Attested,
        }
    }
}

/// The lowest trust multiplier, that of software proofs.
pub const MIN_TRUST_BPS: u16 = 6_000;

/// The highest trust multiplier of a GPU whose measurements are not pinned.
pub const UNPINNED_TRUST_BPS: u16 = 8_000;
