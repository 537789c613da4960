//! The slots of `0x…0300` that the receipts are checked against. A test compares the numbers with the layout.

use crate::block::{CommittedBlock, SlotChange};
use alloy_primitives::{B256, U256, keccak256};
use pars_keccak::Keccak;

pub(crate) const VERSION: u64 = 0;
pub(crate) const TOTAL_SUPPLY: u64 = 4;
pub(crate) const ACCEPTED_WORK: u64 = 6;
pub(crate) const JOB_PAID: u64 = 7;
pub(crate) const LAST_WORK_ID: u64 = 8;
pub(crate) const POOL_PROOFS: u64 = 18;
pub(crate) const TELEPORT_STATUS: u64 = 25;
pub(crate) const TELEPORT_SOURCE: u64 = 26;
pub(crate) const TELEPORT_NONCE: u64 = 27;
pub(crate) const TELEPORT_SENDER: u64 = 28;
pub(crate) const TELEPORT_RECIPIENT: u64 = 29;
pub(crate) const TELEPORT_AMOUNT: u64 = 30;
pub(crate) const TELEPORT_PENDING: u64 = 31;
pub(crate) const DEVICE_REVOKED: u64 = 45;
pub(crate) const DEVICE_ICA: u64 = 47;
pub(crate) const DEVICE_MINER: u64 = 50;

/// `teleportStatus`: waits to be claimed.
pub(crate) const PENDING: u64 = 1;
/// `teleportStatus`: was claimed.
pub(crate) const CLAIMED: u64 = 2;

/// The slot of a plain field.
pub(crate) fn field(slot: u64) -> U256 {
    U256::from(slot)
}

/// What the slot of a mapping's entry is the hash of: `key ‖ slot`.
fn preimage(slot: U256, key: B256) -> [u8; 64] {
    key.concat_const::<32, 64>(slot.into()).0
}

/// The slot of a mapping's entry: `keccak256(key ‖ slot)`.
pub(crate) fn entry(slot: U256, key: B256) -> U256 {
    keccak256(preimage(slot, key)).into()
}

/// The slot of an entry of the mapping at `slot`.
pub(crate) fn of(slot: u64, key: B256) -> U256 {
    entry(field(slot), key)
}

/// [`of`] under each of these keys, in their order: they are hashed side by side.
pub(crate) fn of_each(slot: u64, keys: &[B256]) -> Vec<U256> {
    let preimages: Vec<_> = keys.iter().map(|key| preimage(field(slot), *key)).collect();
    Keccak::new().keccak256_each(&preimages).into_iter().map(U256::from_be_bytes).collect()
}

/// A number as a key.
pub(crate) fn number(value: u64) -> B256 {
    U256::from(value).into()
}

impl CommittedBlock {
    /// How a slot changed; `None` if it did not.
    pub(crate) fn change(&self, slot: U256) -> Option<SlotChange> {
        self.changes.get(&slot).copied()
    }

    /// By how much a number grew: zero if its slot did not change, `None` if it fell.
    pub(crate) fn growth(&self, slot: U256) -> Option<U256> {
        self.change(slot).map_or(Some(U256::ZERO), |change| change.after.checked_sub(change.before))
    }
}
