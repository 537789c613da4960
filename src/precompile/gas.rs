//! The gas schedule, version 1: flat, published, a pure function of input and outcome.
//!
//! Hosts of the geth family have neither warm and cold storage nor refunds for a precompile, so the price of an
//! operation assumes the dearest state it can recur in: new slots, and an epoch roll. `precompile-spec/gas.md` prints
//! the same numbers, and a test compares them.

use pars_mldsa::ParameterSet;

/// Reading a slot (EIP-2929, cold).
pub const READ: u64 = 2_100;
/// Reading a slot that every call reads, such as a parameter: it never leaves a node's cache (EIP-2929, warm).
pub const READ_SHARED: u64 = 100;
/// Writing a slot that was zero (EIP-2200 and EIP-2929).
pub const WRITE_NEW: u64 = 22_100;
/// Writing a slot that was not zero.
pub const WRITE: u64 = 5_000;
/// Crediting native coins to an account that did not exist.
pub const NEW_ACCOUNT: u64 = 25_000;
/// Longest input of any call: verifyMLDSA with the largest key, message and signature.
pub const MAX_INPUT: usize = 4 + 3 * 32 + (32 + 2_592) + (32 + MAX_MESSAGE) + (32 + 4_640);
/// Longest message of verifyMLDSA.
pub const MAX_MESSAGE: usize = 65_536;

/// Charged for every call before anything is decoded: decoding, hashing, and each read up to `JobAlreadyPaid` (16
/// parameters and two slots).
pub const INPUT_BASE: u64 = 6_000;
/// Added for each word of input, the selector counted in.
pub const INPUT_WORD: u64 = 8;

/// One ML-DSA verification with a short message.
pub const fn verification(set: ParameterSet) -> u64 {
    match set {
        ParameterSet::MlDsa44 => 7_000,
        ParameterSet::MlDsa65 => 11_000,
        ParameterSet::MlDsa87 => 18_000,
    }
}

/// One ECDSA verification on P-384, with SHA-384 of a report or a certificate.
pub const P384_VERIFICATION: u64 = 60_000;

/// What the attestation of a proof makes a node do: told by its first two bytes, before they are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// None, or bytes that are refused without a look at any evidence.
    None,
    /// Kind 1: three verifications, and a device to register.
    Full,
    /// Kind 2: one verification.
    Registered,
}

impl Evidence {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Full, Self::Registered];

    /// That of `bytes attestation`.
    pub const fn of(attestation: &[u8]) -> Self {
        match attestation {
            [1, 1, ..] => Self::Full,
            [1, 2, ..] => Self::Registered,
            _ => Self::None,
        }
    }

    /// Verifying it: signatures, what policy reads, and what the state knows of the device.
    ///
    /// | read | at |
    /// | --- | --- |
    /// | dev flag, count of intermediates, an intermediate's six slots, two seeds, lowest driver | `READ_SHARED` |
    /// | device revoked, firmware denied, firmware pinned, mask, golden set; kind 2: six slots of the device, six of its miners | `READ` |
    pub const fn verification(self) -> u64 {
        const POLICY: u64 = 11 * READ_SHARED + 5 * READ;
        match self {
            Self::None => 0,
            Self::Full => 3 * P384_VERIFICATION + POLICY,
            Self::Registered => P384_VERIFICATION + POLICY + 12 * READ,
        }
    }
}

/// Hashing a word of the message in verifyMLDSA.
pub const MESSAGE_WORD: u64 = 18;

/// Emitting a log (375 + 375 a topic + 8 a byte).
pub const fn log(topics: u64, bytes: u64) -> u64 {
    375_u64.saturating_add(topics.saturating_mul(375)).saturating_add(bytes.saturating_mul(8))
}

/// The charge before an input is looked at.
pub fn input(length: usize) -> u64 {
    INPUT_BASE.saturating_add(INPUT_WORD.saturating_mul(words(length)))
}

/// Words of 32 bytes, rounded up.
pub fn words(length: usize) -> u64 {
    u64::try_from(length.div_ceil(32)).unwrap_or(u64::MAX)
}

/// Operation gas, one number a selector.
pub mod operation {
    use super::{
        Evidence, MESSAGE_WORD, NEW_ACCOUNT, ParameterSet, READ, READ_SHARED, WRITE, WRITE_NEW, log,
        verification, words,
    };

    /// submitWorkProof without its verification.
    ///
    /// | slots | at |
    /// | --- | --- |
    /// | spent mark, job mark, balance, three of the device, three counters of the pool | `WRITE_NEW` |
    /// | supply, last work id, count of proofs, three of the clock, two seeds, two difficulties, three counters of the other pool | `WRITE` |
    ///
    /// The first acceptance in a chain's life writes six of the second row anew; that happens once. The parameters are
    /// read before this charge and belong to `INPUT_BASE`.
    pub const SUBMIT: u64 = 9 * WRITE_NEW + 13 * WRITE + NEW_ACCOUNT + log(3, 32) + log(4, 10 * 32);

    /// What full evidence leaves: six slots of the device and its first binding anew, the bindings before it moved.
    pub const REGISTER: u64 = 8 * WRITE_NEW + 4 * WRITE + log(2, 7 * 32) + log(3, 32);

    /// submitWorkProof: its verifications and its effects.
    pub const fn submit_work_proof(set: ParameterSet, evidence: Evidence) -> u64 {
        let register = match evidence {
            Evidence::Full => REGISTER,
            Evidence::None | Evidence::Registered => 0,
        };
        SUBMIT
            .saturating_add(verification(set))
            .saturating_add(evidence.verification())
            .saturating_add(register)
    }

    /// verifyNVTrust. Attestations of no kind cost as much as the cheapest.
    pub const fn verify_nvtrust(evidence: Evidence) -> u64 {
        match evidence {
            Evidence::Full => Evidence::Full.verification(),
            Evidence::None | Evidence::Registered => Evidence::Registered.verification(),
        }
    }

    /// verifyMLDSA. A key of no parameter set's length costs as much as the smallest.
    pub fn verify_mldsa(set: Option<ParameterSet>, message: usize) -> u64 {
        verification(set.unwrap_or(ParameterSet::MlDsa44))
            .saturating_add(MESSAGE_WORD.saturating_mul(words(message)))
    }

    /// claimTeleport: a new balance; supply, status and the five slots of the list; recipient and amount read.
    pub const CLAIM_TELEPORT: u64 = WRITE_NEW + 7 * WRITE + 2 * READ + log(3, 32) + log(3, 32);
    /// pendingTeleports, and as much again for each entry, charged before it is read.
    pub const PENDING_TELEPORTS: u64 = READ;
    /// A view of one slot.
    pub const ONE_SLOT: u64 = READ;
    /// A view that computes only; input gas covers it.
    pub const PURE: u64 = 0;
    /// getTeleportDetails.
    pub const TELEPORT_DETAILS: u64 = 6 * READ;
    /// A view of the effective epoch: clock, pools and parameters.
    pub const EPOCH: u64 = 13 * READ + 16 * READ_SHARED;
    /// deviceInfo: registration, tier, six slots of its miners, revoked, counters, and the epoch they belong to.
    pub const DEVICE_INFO: u64 = EPOCH + 17 * READ;
    /// icaInfo: count, tier, architecture, three words of the key, revoked.
    pub const ICA_INFO: u64 = 7 * READ;
    /// firmwareInfo.
    pub const FIRMWARE_INFO: u64 = 2 * READ;
    /// goldenSetInfo.
    pub const GOLDEN_SET_INFO: u64 = 3 * READ;
    /// setIca: the count moved; tier, architecture, three words of the key and its index written anew.
    pub const SET_ICA: u64 = 3 * READ + WRITE + 6 * WRITE_NEW + log(2, 8 * 32);
    /// revokeIca: governor, the intermediate's seven slots and the index of its key.
    pub const REVOKE_ICA: u64 = 9 * READ + WRITE_NEW + log(2, 2 * 32);
    /// denyFirmware, pinFirmware, revokeDevice.
    pub const SET_FLAG: u64 = 2 * READ + WRITE_NEW + log(2, 6 * 32);
    /// pinGoldenSet: digest, count and mask.
    pub const PIN_GOLDEN_SET: u64 = READ + 3 * WRITE_NEW + log(3, 3 * 32);
    /// setMinimumDriver. A version has 83 characters at most.
    pub const SET_MINIMUM_DRIVER: u64 = READ + WRITE_NEW + log(1, 10 * 32);
    /// setParameter: parameters and clock read; value, time of the step and value before a pause written.
    pub const SET_PARAMETER: u64 = READ + 13 * READ + 16 * READ_SHARED + 3 * WRITE_NEW + log(2, 64);
    /// proposeGovernor.
    pub const PROPOSE_GOVERNOR: u64 = READ + WRITE_NEW + log(3, 0);
    /// acceptGovernor.
    pub const ACCEPT_GOVERNOR: u64 = READ + 2 * WRITE + log(3, 0);
}
