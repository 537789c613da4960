//! What can go wrong. Nothing of it is a wrong answer.

use crate::{block::BlockId, delta::BlockError, schema::Column};
use alloy_primitives::B256;
use std::path::PathBuf;

/// The ledger could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder holds something else, or a ledger that lost files. Nothing was written there.
    #[error("{} is no ledger that can be opened: {reason}. Nothing was changed; move it away to build a new one", path.display())]
    NotALedger {
        /// The folder.
        path: PathBuf,
        /// What speaks against it.
        reason: String,
    },
    /// Another process, or this one, has it open.
    #[error("{} is in use: one process at a time opens a ledger", .0.display())]
    Locked(PathBuf),
    /// Written by a later release.
    #[error(
        "the ledger has schema {found}, this release knows schemas up to {known}: use a later release, or move the ledger away"
    )]
    NewerSchema {
        /// In the ledger.
        found: u32,
        /// The latest known.
        known: u32,
    },
    /// An older schema without a way up.
    #[error(
        "the ledger has schema {0}, from which no migration leads here: move it away and it is built again from the chain"
    )]
    NoMigration(u32),
    /// The ledger of another chain.
    #[error("the ledger is of chain {ledger}, the node runs chain {chain}")]
    WrongChain {
        /// The ledger's chain id.
        ledger: u32,
        /// The chain's.
        chain: u32,
    },
    /// The ledger of a chain with the same id and another start.
    #[error("the ledger starts from genesis {ledger}, the chain from {chain}")]
    WrongGenesis {
        /// The ledger's.
        ledger: B256,
        /// The chain's.
        chain: B256,
    },
    /// Bytes are not what was written: RocksDB's checksums say so.
    #[error("the ledger is damaged: {0}. Move it away and it is built again from the chain")]
    Corrupt(String),
    /// The disk or RocksDB refused.
    #[error("the ledger's database: {0}")]
    Database(String),
    /// A file system operation around the database.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The block's receipts and state changes are not what this ledger understands. Nothing was written.
    #[error("block {block}: {source}")]
    Block {
        /// Which.
        block: BlockId,
        /// Why.
        source: Box<BlockError>,
    },
    /// The block is no child of the ledger's head.
    #[error(transparent)]
    NotContinuous(Box<Gap>),
    /// The ledger is wrong, not the block: rebuild it from the chain. Nothing was written.
    #[error("the ledger is wrong and has to be built again from the chain: {0}")]
    Inconsistent(#[from] Inconsistency),
    /// The block to go back to is not between finality and head.
    #[error(transparent)]
    OutOfReach(Box<Reach>),
    /// The chain left the ledger's blocks below the ledger's finality.
    #[error("the chain has another block at height {height}, at or below the ledger's finalized {finalized}")]
    PastFinality {
        /// First height known to differ.
        height: u64,
        /// The ledger's.
        finalized: BlockId,
    },
    /// Only blocks that are there become final.
    #[error("block {number} cannot be finalized: the head is {}", or_none(head))]
    NotThere {
        /// Asked for.
        number: u64,
        /// The head.
        head: Option<BlockId>,
    },
    /// The question cannot be answered.
    #[error("{0}")]
    Unavailable(crate::query::Unknown),
    /// The question makes no sense.
    #[error("{0}")]
    BadQuery(&'static str),
    /// The chain could not be read.
    #[error("the chain: {0}")]
    Chain(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Interchange lines that cannot be imported.
    #[error("line {line}: {reason}")]
    Interchange {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// A block that is no child of the ledger's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("block {block} with parent {parent} does not follow the ledger's head, {}", or_none(head))]
pub struct Gap {
    /// The ledger's head.
    pub head: Option<BlockId>,
    /// The block.
    pub block: BlockId,
    /// Its parent.
    pub parent: B256,
}

/// A block that cannot be gone back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{target} is not among the blocks from the finalized one, {}, to the head, {}",
    or_none(finalized),
    or_none(head)
)]
pub struct Reach {
    /// Asked for.
    pub target: B256,
    /// The last finalized block.
    pub finalized: Option<BlockId>,
    /// The head.
    pub head: Option<BlockId>,
}

fn or_none(block: &Option<BlockId>) -> String {
    block.map_or_else(|| "which is none".into(), |block| block.to_string())
}

/// Why the ledger cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistency {
    /// An id of the next block stands there already, from another block.
    #[error("{column} {id} stands there already, put there by block {there}")]
    Present {
        /// Where.
        column: Column,
        /// The id.
        id: B256,
        /// The block its row names.
        there: u64,
    },
    /// A claim of what was never delivered, or not like this.
    #[error("the chain claimed teleport {0}, which the ledger knows otherwise or not at all")]
    Claim(B256),
    /// The same block came with other contents.
    #[error("block {0} was applied with other contents")]
    Contents(BlockId),
    /// Totals of all blocks do not agree with the state.
    #[error("after block {block} the ledger counts {ledger} of {what}, the state {state}")]
    Totals {
        /// The block.
        block: BlockId,
        /// What was counted.
        what: &'static str,
        /// By the ledger.
        ledger: String,
        /// In the state.
        state: String,
    },
    /// A row that must be there is not.
    #[error("{column} has no row {key}")]
    Missing {
        /// Where.
        column: Column,
        /// Its key, in hex.
        key: String,
    },
    /// A row is not in the form that its column has.
    #[error("{column} row {key} is malformed")]
    Malformed {
        /// Where.
        column: Column,
        /// Its key, in hex.
        key: String,
    },
}

impl From<rocksdb::Error> for Error {
    fn from(error: rocksdb::Error) -> Self {
        match error.kind() {
            rocksdb::ErrorKind::Corruption => Self::Corrupt(error.into_string()),
            _ => Self::Database(error.into_string()),
        }
    }
}
