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
        ParameterSet::MlDsa44 => 8_000,
        ParameterSet::MlDsa65 => 13_000,
        ParameterSet::MlDsa87 => 21_000,
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
        MESSAGE_WORD, NEW_ACCOUNT, ParameterSet, READ, READ_SHARED, WRITE, WRITE_NEW, log, verification,
        words,
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

    /// submitWorkProof: one verification and its effects.
    pub const fn submit_work_proof(set: ParameterSet) -> u64 {
        SUBMIT.saturating_add(verification(set))
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
    /// setParameter: parameters and clock read; value, time of the step and value before a pause written.
    pub const SET_PARAMETER: u64 = READ + 13 * READ + 16 * READ_SHARED + 3 * WRITE_NEW + log(2, 64);
    /// proposeGovernor.
    pub const PROPOSE_GOVERNOR: u64 = READ + WRITE_NEW + log(3, 0);
    /// acceptGovernor.
    pub const ACCEPT_GOVERNOR: u64 = READ + 2 * WRITE + log(3, 0);
}
