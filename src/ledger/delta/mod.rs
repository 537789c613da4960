//! What a block changes: read from its receipts, checked against its state changes. Nothing comes from inside execution,
//! so the ledger can be computed again from what every node keeps.

mod check;
mod events;
pub(crate) mod slots;

use crate::{
    block::CommittedBlock,
    open::Identity,
    rows::{Claim, Delivery, DeviceEvent, Field, Item, Kind, Place, Work},
};
use alloy_primitives::{B256, U256};
use serde::{Deserialize, Serialize};

pub use check::Counts;

/// Everything that one block brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// In the order of the chain: deliveries of an activation first, then by log index.
    pub entries: Vec<Entry>,
    /// AI created, by the `Transfer` events.
    pub minted: U256,
    /// AI destroyed.
    pub burnt: U256,
}

/// One thing that a block brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Entry {
    /// A proof was accepted.
    Work {
        /// Work id.
        id: B256,
        /// Its row.
        row: Work,
    },
    /// A teleport arrived.
    Delivery {
        /// Teleport id.
        id: B256,
        /// Its place in the list of the chain's configuration.
        index: u32,
        /// Its row.
        row: Delivery,
    },
    /// A teleport was claimed.
    Claim {
        /// Teleport id.
        id: B256,
        /// Its row.
        row: Claim,
    },
    /// Something became of a device.
    Device {
        /// Device id.
        id: B256,
        /// Where.
        place: Place,
        /// What.
        event: DeviceEvent,
    },
}

/// A block whose receipts and state changes this ledger does not understand, or that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Zero names no block.
    #[error("its hash is zero")]
    ZeroHash,
    /// Block 0 runs no transaction.
    #[error("a genesis block has no receipts")]
    GenesisWithReceipts,
    /// More than 2^32 transactions or logs.
    #[error("it has more transactions or logs than can be counted")]
    TooLarge,
    /// What reverted leaves no logs.
    #[error("transaction {0} failed and has logs")]
    LogsOfFailure(B256),
    /// A log of `0x…0300` that this release does not know.
    #[error("log {index} of 0x0300 is of no event that this release knows: use a later release")]
    UnknownEvent {
        /// In the block.
        index: u32,
    },
    /// A field that is never zero is.
    #[error("log {index}: {field} is zero")]
    ZeroField {
        /// Of the log, or of the entry in the configuration's list.
        index: u32,
        /// Which field.
        field: &'static str,
    },
    /// A tier that does not exist.
    #[error("log {index}: no tier has the id {tier}")]
    UnknownTier {
        /// Of the log.
        index: u32,
        /// Its id.
        tier: u8,
    },
    /// AI was created, and no event before the next one says what for.
    #[error("log {index}: AI was created for no stated reason")]
    UnexplainedMint {
        /// Of the `Transfer`.
        index: u32,
    },
    /// An event that pays without the matching `Transfer` before it.
    #[error("log {index}: the payment before it is another, or missing")]
    MissingMint {
        /// Of the event.
        index: u32,
    },
    /// An id, or the mark of a paid job, twice in one block.
    #[error("{0} stands twice in the block")]
    Duplicate(B256),
    /// A slot does not hold what an event says.
    #[error("the state does not have {what} of {id} as the receipts say")]
    State {
        /// Field of the state.
        what: &'static str,
        /// Its key.
        id: B256,
    },
    /// A number of the state did not move as the events say.
    #[error("the state counts {state} of {what}, the receipts {events}")]
    Count {
        /// Field of the state.
        what: &'static str,
        /// By the receipts.
        events: U256,
        /// By the state.
        state: U256,
    },
    /// An activation on a chain whose configuration this ledger was not given, or with other results than it has.
    #[error("the activation of 0x0300 is not the one that the chain's configuration describes: {0}")]
    Activation(String),
}

impl Delta {
    /// Reads a block.
    ///
    /// # Errors
    /// [`BlockError`]: it is not understood, or contradicts itself.
    pub fn of(block: &CommittedBlock, identity: &Identity) -> Result<Self, BlockError> {
        let delta = Self::read(block, identity)?;
        delta.check(block)?;
        Ok(delta)
    }

    /// What the receipts say. Not to be believed before [`Self::check`].
    pub(crate) fn read(block: &CommittedBlock, identity: &Identity) -> Result<Self, BlockError> {
        if block.id.hash.is_zero() {
            return Err(BlockError::ZeroHash);
        }
        if block.id.number == 0 && !block.receipts.is_empty() {
            return Err(BlockError::GenesisWithReceipts);
        }
        let mut delta = Self::default();
        if check::activates(block) {
            delta.entries = check::deliveries(block, identity)?;
        }
        events::read(block, &mut delta)?;
        Ok(delta)
    }

    /// That against the state changes.
    pub(crate) fn check(&self, block: &CommittedBlock) -> Result<(), BlockError> {
        self.check_works(block)?;
        self.check_all_but_works(block)
    }

    /// The works' part of it, nearly all that there is to do.
    pub(crate) fn check_works(&self, block: &CommittedBlock) -> Result<(), BlockError> {
        check::works(block, &self.entries)
    }

    /// The rest of it.
    pub(crate) fn check_all_but_works(&self, block: &CommittedBlock) -> Result<(), BlockError> {
        check::all_but_works(block, self)
    }
}

impl Entry {
    /// Its line in the block's body.
    pub fn item(&self) -> Item {
        match self {
            Self::Work { id, row } => Item { kind: Kind::Work, index: row.place.log_index, id: *id },
            Self::Delivery { id, index, .. } => Item { kind: Kind::Delivery, index: *index, id: *id },
            Self::Claim { id, row } => Item { kind: Kind::Claim, index: row.place.log_index, id: *id },
            Self::Device { id, place, .. } => Item { kind: Kind::Device, index: place.log_index, id: *id },
        }
    }

    /// Appends its row; of a device its event.
    pub(crate) fn put_row(&self, out: &mut Vec<u8>) {
        match self {
            Self::Work { row, .. } => row.put(out),
            Self::Delivery { row, .. } => row.put(out),
            Self::Claim { row, .. } => row.put(out),
            Self::Device { place, event, .. } => {
                place.put(out);
                event.put(out);
            }
        }
    }
}
