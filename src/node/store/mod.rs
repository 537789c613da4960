//! The chain on disk: a RocksDB database of which each block is one synced batch (header, transactions, receipts, state
//! changes), written before anybody sees the block. The node still keeps everything in memory; opening reads it back.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `open.rs` | whose folder it is: chain, genesis, format |
//! | `load.rs` | reading a chain back, every block checked against its header |
//! | `encoding.rs` | the rows as bytes |
//!
//! `DIR/chain` is this database, `DIR/ledger` the ledger that follows it.

mod encoding;
mod load;
mod open;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use alloy_consensus::ReceiptEnvelope;
use alloy_primitives::B256;
use pars_ledger::rows::Field;
use rocksdb::{ColumnFamily, DB, WriteBatch, WriteOptions};

pub use self::open::Origin;
use crate::chain::{
    Entry,
    block::Block,
    diff::StateDiff,
    genesis::{ChainSpec, GenesisError},
    snapshot::Clock,
    state::StateView,
};

/// Version of the rows. A release refuses a later one.
pub const FORMAT: u32 = 1;
/// Folder of the chain in a data directory.
pub const CHAIN_FOLDER: &str = "chain";
/// Folder of the ledger in a data directory.
pub const LEDGER_FOLDER: &str = "ledger";

/// Columns, but for RocksDB's default one, which holds [`meta`].
const HEADERS: &str = "headers";
const BODIES: &str = "bodies";
const RECEIPTS: &str = "receipts";
const STATES: &str = "states";
const EDITS: &str = "edits";
const COLUMNS: [&str; 5] = [HEADERS, BODIES, RECEIPTS, STATES, EDITS];

/// Keys of the default column.
mod meta {
    pub(super) const FORMAT: &[u8] = b"format";
    pub(super) const CHAIN_ID: &[u8] = b"chain_id";
    /// Hash of block 0.
    pub(super) const GENESIS: &[u8] = b"genesis";
    /// The genesis file.
    pub(super) const GENESIS_JSON: &[u8] = b"genesis_json";
    /// The hardfork that replaced the file's schedule, if one did.
    pub(super) const HARDFORK: &[u8] = b"hardfork";
    /// `number u64 | hash 32`.
    pub(super) const HEAD: &[u8] = b"head";
    pub(super) const CLOCK: &[u8] = b"clock";
}

/// The chain cannot be kept or read back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("{} is in use: one process at a time opens a chain", .0.display())]
    Locked(PathBuf),
    /// Something else lies there.
    #[error("{} is no chain of this node: {reason}. Nothing was changed", path.display())]
    NotAChain {
        /// The folder.
        path: PathBuf,
        /// What speaks against it.
        reason: String,
    },
    /// There is none.
    #[error("{} holds no chain", .0.display())]
    Absent(PathBuf),
    /// Written by a later release.
    #[error(
        "{} has format {found}, this release knows format {FORMAT}: use a later release, or another directory",
        path.display()
    )]
    NewerFormat {
        /// The folder.
        path: PathBuf,
        /// In the folder.
        found: u32,
    },
    /// The chain in the folder is not the one that was asked for.
    #[error(
        "{} holds a chain with {what} {stored}, asked for is {asked}: use another directory, or ask for nothing and it \
         goes on as it is",
        path.display()
    )]
    Differs {
        /// The folder.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// In the folder.
        stored: String,
        /// Asked for.
        asked: String,
    },
    /// The genesis cannot be used.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// What was read is not what was written.
    #[error("the chain in {} is damaged: {reason}", path.display())]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// Where and how.
        reason: String,
    },
    /// The disk or RocksDB refused.
    #[error("the chain cannot be kept: {0}")]
    Database(#[from] rocksdb::Error),
    /// A file system operation around the database.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The node is stopping.
    #[error("the chain is closed")]
    Closed,
}

/// An open chain database.
pub struct ChainStore {
    path: PathBuf,
    db: Option<DB>,
}

/// A chain as it was read back.
#[derive(Debug)]
pub struct Stored {
    /// Goes on writing.
    pub store: ChainStore,
    /// Where it starts.
    pub spec: ChainSpec,
    /// Every block with its state, from 0 on.
    pub entries: Vec<Entry>,
    /// The clock as it last was.
    pub clock: Clock,
}

impl std::fmt::Debug for ChainStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainStore").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Key of an edit: all of a block together, in order.
fn edit_key(number: u64, index: u32) -> Vec<u8> {
    let mut key = number.encode();
    index.put(&mut key);
    key
}

impl ChainStore {
    /// The folder of the chain.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a block: on disk when this returns.
    ///
    /// # Errors
    /// The disk refuses: the block must not be shown to anybody. (Where writing went well and syncing did not, the next
    /// opening may find it all the same.)
    pub fn append(&self, block: &Block, clock: Clock) -> Result<(), StoreError> {
        let receipts: Vec<ReceiptEnvelope> =
            block.receipts.iter().map(|receipt| receipt.inner.clone().map_logs(|log| log.inner)).collect();
        let rows = encoding::Rows {
            header: encoding::header(&block.header),
            body: encoding::body(&block.transactions),
            receipts: encoding::receipts(&receipts),
            diff: encoding::diff(&block.diff),
        };
        let key = block.number().to_be_bytes();
        let mut head = rows.seal().encode();
        head.extend_from_slice(&rows.header);
        let mut batch = WriteBatch::default();
        batch.put_cf(self.column(HEADERS)?, key, head);
        batch.put_cf(self.column(BODIES)?, key, rows.body);
        batch.put_cf(self.column(RECEIPTS)?, key, rows.receipts);
        batch.put_cf(self.column(STATES)?, key, rows.diff);
        batch.put(meta::HEAD, (block.number(), block.hash()).encode());
        batch.put(meta::CLOCK, encoding::clock(clock));
        self.write(batch, true)
    }

    /// Keeps an edit of the head's state, the `index`th.
    ///
    /// # Errors
    /// The disk refuses: the edit is not kept.
    pub fn edit(
        &self,
        number: u64,
        index: u32,
        diff: &StateDiff,
        after: &StateView,
    ) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.column(EDITS)?, edit_key(number, index), encoding::edit(after.root(), diff));
        self.write(batch, true)
    }

    /// Removes every block above `head`, and all but the first `edits` edits of it.
    ///
    /// # Errors
    /// The disk refuses: nothing is removed.
    pub fn truncate(&self, head: u64, edits: u32, clock: Clock) -> Result<(), StoreError> {
        let (number, hash) = self.head()?;
        let mut batch = WriteBatch::default();
        for removed in head.saturating_add(1)..=number {
            for column in [HEADERS, BODIES, RECEIPTS, STATES] {
                batch.delete_cf(self.column(column)?, removed.to_be_bytes());
            }
        }
        // Edits above all belong to what goes.
        batch.delete_range_cf(self.column(EDITS)?, edit_key(head, edits), edit_key(u64::MAX, u32::MAX));
        let hash = if head == number { hash } else { self.parent_of(head.saturating_add(1))? };
        batch.put(meta::HEAD, (head, hash).encode());
        batch.put(meta::CLOCK, encoding::clock(clock));
        self.write(batch, true)
    }

    /// Keeps the clock. Not synced: the next block is.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn set_clock(&self, clock: Clock) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.put(meta::CLOCK, encoding::clock(clock));
        self.write(batch, false)
    }

    /// Closes the database: another process may open it.
    pub fn close(&mut self) {
        self.db = None;
    }

    fn db(&self) -> Result<&DB, StoreError> {
        self.db.as_ref().ok_or(StoreError::Closed)
    }

    fn column(&self, name: &str) -> Result<&ColumnFamily, StoreError> {
        self.db()?.cf_handle(name).ok_or_else(|| self.damaged(format!("it has no column {name}")))
    }

    fn write(&self, batch: WriteBatch, synced: bool) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(synced);
        Ok(self.db()?.write_opt(batch, &options)?)
    }

    fn head(&self) -> Result<(u64, B256), StoreError> {
        let row = self.db()?.get(meta::HEAD)?;
        row.and_then(|row| Field::decode(&row)).ok_or_else(|| self.damaged("its head is not there".into()))
    }

    /// Hash of the block before this one.
    fn parent_of(&self, number: u64) -> Result<B256, StoreError> {
        Ok(self.header(number)?.1.parent_hash)
    }

    fn damaged(&self, reason: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), reason }
    }
}
