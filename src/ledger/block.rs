//! What the ledger is told: committed blocks, and the three things that can happen to the canonical chain.

use alloy_primitives::{B256, Log, U256};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// A block, by number and hash: neither alone names one across reorganisations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockId {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number, self.hash)
    }
}

/// A block that the chain has committed, as far as the ledger reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommittedBlock {
    /// Number and hash.
    pub id: BlockId,
    /// Hash of its parent; of block 0 whatever its header says.
    pub parent: B256,
    /// Block time.
    pub timestamp: u64,
    /// One for each transaction, in order, with all of its logs: log indices are counted here.
    pub receipts: Vec<Receipt>,
    /// Slots of `0x…0300` that differ between the state the block was built on and the state after it. Of block 0: the
    /// whole storage, from zero.
    pub changes: BTreeMap<U256, SlotChange>,
}

/// What a transaction left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// Hash of the transaction.
    pub transaction: B256,
    /// It did not revert or halt.
    pub success: bool,
    /// Its logs, of every address.
    pub logs: Vec<Log>,
}

/// A slot before and after a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotChange {
    /// In the state the block was built on.
    pub before: U256,
    /// In the state after it.
    pub after: U256,
}

/// Blocks that follow each other; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    blocks: Vec<Arc<CommittedBlock>>,
    parent: B256,
    tip: BlockId,
}

/// Blocks that are no [`Segment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenSegment {
    /// None at all.
    #[error("a segment has at least one block")]
    Empty,
    /// One is not the child of the one before it.
    #[error("block {child} does not follow block {parent}")]
    Gap {
        /// The earlier one.
        parent: BlockId,
        /// The later one.
        child: BlockId,
    },
}

impl Segment {
    /// Blocks in ascending order.
    ///
    /// # Errors
    /// [`BrokenSegment`]: there is none, or one does not follow another.
    pub fn new(blocks: Vec<Arc<CommittedBlock>>) -> Result<Self, BrokenSegment> {
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
            return Err(BrokenSegment::Empty);
        };
        let (parent, tip) = (first.parent, last.id);
        for (before, after) in blocks.iter().zip(blocks.iter().skip(1)) {
            if !after.follows(before.id) {
                return Err(BrokenSegment::Gap { parent: before.id, child: after.id });
            }
        }
        Ok(Self { blocks, parent, tip })
    }

    /// The blocks, ascending.
    pub fn blocks(&self) -> &[Arc<CommittedBlock>] {
        &self.blocks
    }

    /// The last block.
    pub fn tip(&self) -> BlockId {
        self.tip
    }

    /// The hash that the first block stands on.
    pub fn parent(&self) -> B256 {
        self.parent
    }
}

impl CommittedBlock {
    /// True if this block is the child of `parent`.
    pub fn follows(&self, parent: BlockId) -> bool {
        follows(self.parent, self.id, parent)
    }
}

/// True if the block `id`, which stands on `on`, is the child of `parent`.
pub(crate) fn follows(on: B256, id: BlockId, parent: BlockId) -> bool {
    on == parent.hash && parent.number.checked_add(1) == Some(id.number)
}

/// What happened to the canonical chain: exactly three shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// Blocks joined the chain.
    Committed {
        /// Which.
        new: Segment,
    },
    /// Blocks left the chain and others came in their place.
    Reorged {
        /// Which left.
        old: Segment,
        /// Which came.
        new: Segment,
    },
    /// Blocks left the chain.
    Reverted {
        /// Which.
        old: Segment,
    },
}

impl Notification {
    /// The blocks that joined.
    pub fn committed(&self) -> Option<&Segment> {
        match self {
            Self::Committed { new } | Self::Reorged { new, .. } => Some(new),
            Self::Reverted { .. } => None,
        }
    }

    /// The blocks that left.
    pub fn reverted(&self) -> Option<&Segment> {
        match self {
            Self::Reverted { old } | Self::Reorged { old, .. } => Some(old),
            Self::Committed { .. } => None,
        }
    }

    /// The notification that undoes this one.
    #[must_use]
    pub fn into_inverted(self) -> Self {
        match self {
            Self::Committed { new } => Self::Reverted { old: new },
            Self::Reorged { old, new } => Self::Reorged { old: new, new: old },
            Self::Reverted { old } => Self::Committed { new: old },
        }
    }
}
