//! The answers. Each holds for one block, which it names; what the ledger cannot know, it does not say.

use crate::{
    block::BlockId,
    change::{device_event_key, index_key},
    error::{Error, Inconsistency},
    ledger::{Ledger, meta},
    rows::{Block, Claim, Delivery, Device, DeviceEvent, Kind, Place, Totals, Work},
    schema::{ADDRESS_BYTES, Column, ID_BYTES, SCHEMA},
    store::{View, decode},
};
use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// Entries of a page at most.
pub const MAX_PAGE: usize = 1_000;

/// Was this work spent at this block? Three answers, of which no two are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Lookup {
    /// No block up to the asked one accepted it.
    Unspent,
    /// Accepted, there.
    Spent(Box<Work>),
    /// The ledger cannot say: ask the state.
    Unknown(Unknown),
}

/// Why the ledger cannot say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// It has no block yet.
    #[error("the ledger is empty")]
    Empty,
    /// It stands at another block than the asked one.
    #[error("the ledger stands at block {ledger}, not at {asked}")]
    ElsewhereThan {
        /// Its head.
        ledger: BlockId,
        /// The asked one.
        asked: BlockId,
    },
    /// It is wrong and waits to be built again.
    #[error("the ledger is wrong and is being built again: {0}")]
    Inconsistent(Inconsistency),
    /// It cannot be read.
    #[error("the ledger cannot be read: {0}")]
    Unreadable(String),
}

/// An answer and the block it holds for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct At<T> {
    /// The ledger's head when it was asked.
    pub head: BlockId,
    /// The answer; `None` = as of that block there is no such thing.
    pub value: T,
}

/// Whose history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum By {
    /// Who was paid.
    Recipient,
    /// Whose key signed.
    Miner,
}

/// A place in a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// From this block on.
    pub block: u64,
    /// In it, from this log on.
    pub log_index: u32,
}

/// Something in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Earning {
    /// A proof was paid.
    Work {
        /// Work id.
        id: B256,
        /// Its row.
        row: Work,
    },
    /// A teleport was claimed.
    Claim {
        /// Teleport id.
        id: B256,
        /// Its row.
        row: Claim,
    },
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// In the order of the chain.
    pub entries: Vec<T>,
    /// Where the next page begins; `None` = this was the last one, as of the answer's block.
    pub next: Option<Cursor>,
}

/// A teleport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teleport {
    /// Its arrival.
    pub delivery: Delivery,
    /// Its claim; `None` = it waits.
    pub claim: Option<Claim>,
}

/// A device and its latest events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceHistory {
    /// What is known of it now.
    pub device: Device,
    /// What became of it, oldest first.
    pub events: Page<(Place, DeviceEvent)>,
}

/// Figures of a span of blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// First block counted.
    pub from: u64,
    /// Last block counted.
    pub to: u64,
    /// Time of the first.
    pub from_timestamp: u64,
    /// Time of the last.
    pub to_timestamp: u64,
    /// What they brought; the supply is that after the last.
    pub totals: Totals,
}

/// Where the ledger stands beside the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    /// Version of its rows.
    pub schema: u32,
    /// Its chain.
    pub chain_id: u32,
    /// That chain's start.
    pub genesis: B256,
    /// Its head.
    pub head: Option<BlockId>,
    /// Its last block that cannot be taken back.
    pub finalized: Option<BlockId>,
    /// Digest over everything up to its head: two ledgers with the same digest hold the same.
    pub digest: Option<B256>,
    /// The chain's head.
    pub chain_head: BlockId,
    /// The distance.
    pub sync: Sync,
}

/// The distance of the ledger's head from the chain's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sync {
    /// None.
    InSync,
    /// The chain is that many blocks higher. (Whether on the same branch, only healing tells.)
    Behind(u64),
    /// The ledger is that many blocks higher.
    Ahead(u64),
    /// The same height, another block.
    Forked,
    /// The ledger is wrong and waits to be built again.
    Inconsistent,
}

impl Ledger {
    /// Was this work spent at block `at`? Answers for the ledger's head only; for any other block, while a write is
    /// under way, and after any error: unknown.
    pub fn lookup(&self, work_id: B256, at: BlockId) -> Lookup {
        match self.try_lookup(work_id, at) {
            Ok(lookup) => lookup,
            Err(error) => Lookup::Unknown(Unknown::Unreadable(error.to_string())),
        }
    }

    fn try_lookup(&self, work_id: B256, at: BlockId) -> Result<Lookup, Error> {
        let before = self.position();
        if let Some(unknown) = self.trouble(&before) {
            return Ok(Lookup::Unknown(unknown));
        }
        if !before.moving {
            let row = self.store.row::<Work>(Column::Spent, work_id.as_slice())?;
            if self.stands_at(&before) {
                return Ok(judge(row, before.head, at));
            }
        }
        // A write crossed the way: one consistent view, for the price of a second read.
        let view = self.store.view();
        let head = view.row::<BlockId>(Column::Meta, meta::HEAD)?;
        Ok(judge(view.row::<Work>(Column::Spent, work_id.as_slice())?, head, at))
    }

    /// Runs a question on one consistent view.
    fn ask<T>(&self, question: impl FnOnce(&View<'_>, BlockId) -> Result<T, Error>) -> Result<At<T>, Error> {
        if let Some(unknown) = self.trouble(&self.position()) {
            return Err(Error::Unavailable(unknown));
        }
        let view = self.store.view();
        let head = view.row::<BlockId>(Column::Meta, meta::HEAD)?;
        let head = head.ok_or(Error::Unavailable(Unknown::Empty))?;
        Ok(At { head, value: self.suspect(question(&view, head))? })
    }

    /// The accepted proof with this work id.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or the ledger cannot be read.
    pub fn get_work(&self, work_id: B256) -> Result<At<Option<Work>>, Error> {
        self.ask(|view, _| view.row(Column::Spent, work_id.as_slice()))
    }

    /// The teleport with this id.
    ///
    /// # Errors
    /// As [`Self::get_work`].
    pub fn get_teleport(&self, id: B256) -> Result<At<Option<Teleport>>, Error> {
        self.ask(|view, _| {
            let delivery = view.row(Column::Deliveries, id.as_slice())?;
            let claim = view.row(Column::Claims, id.as_slice())?;
            Ok(delivery.map(|delivery| Teleport { delivery, claim }))
        })
    }

    /// A device with its events from `from` on, `limit` at most.
    ///
    /// # Errors
    /// As [`Self::get_work`]; [`Error::BadQuery`] for a limit of 0 or above [`MAX_PAGE`].
    pub fn get_device(
        &self,
        id: B256,
        from: Cursor,
        limit: usize,
    ) -> Result<At<Option<DeviceHistory>>, Error> {
        check_limit(limit)?;
        self.ask(|view, _| {
            let Some(device) = view.row(Column::Devices, id.as_slice())? else { return Ok(None) };
            let start = device_event_key(id, from.block, from.log_index);
            let events =
                page(view, Column::DeviceEvents, ID_BYTES, start.as_slice(), limit, |key, value| {
                    decode(Column::DeviceEvents, key, value)
                })?;
            Ok(Some(DeviceHistory { device, events }))
        })
    }

    /// What an address was paid, or what a miner's proofs earned, from `from` on, `limit` at most.
    ///
    /// # Errors
    /// As [`Self::get_work`]; [`Error::BadQuery`] for a limit of 0 or above [`MAX_PAGE`].
    pub fn history(
        &self,
        address: Address,
        by: By,
        from: Cursor,
        limit: usize,
    ) -> Result<At<Page<Earning>>, Error> {
        check_limit(limit)?;
        let column = match by {
            By::Recipient => Column::ByRecipient,
            By::Miner => Column::ByMiner,
        };
        let start = index_key(address, from.block, from.log_index);
        self.ask(|view, _| {
            page(view, column, ADDRESS_BYTES, start.as_slice(), limit, |key, value| {
                let (kind, id) = match by {
                    By::Recipient => decode::<(Kind, B256)>(column, key, value)?,
                    By::Miner => (Kind::Work, decode(column, key, value)?),
                };
                match kind {
                    Kind::Work => Ok(Earning::Work { id, row: view.must(Column::Spent, id.as_slice())? }),
                    Kind::Claim => Ok(Earning::Claim { id, row: view.must(Column::Claims, id.as_slice())? }),
                    Kind::Delivery | Kind::Device => Err(malformed(column, key)),
                }
            })
        })
    }

    /// What the blocks `from` to `to` brought, both included.
    ///
    /// # Errors
    /// As [`Self::get_work`]; [`Error::BadQuery`] for a span that is empty or not there.
    pub fn stats(&self, from: u64, to: u64) -> Result<At<Stats>, Error> {
        if from > to {
            return Err(Error::BadQuery("the span ends before it begins"));
        }
        self.ask(|view, head| {
            if to > head.number {
                return Err(Error::BadQuery("the span ends above the ledger's head"));
            }
            let first: Block = view.must(Column::Blocks, &from.to_be_bytes())?;
            let last: Block = view.must(Column::Blocks, &to.to_be_bytes())?;
            let before = match from.checked_sub(1) {
                Some(number) => view.must::<Block>(Column::Blocks, &number.to_be_bytes())?.totals,
                None => Totals::ZERO,
            };
            let totals = last.totals.since(&before);
            Ok(Stats {
                from,
                to,
                from_timestamp: first.timestamp,
                to_timestamp: last.timestamp,
                totals: totals.ok_or_else(|| malformed(Column::Blocks, &to.to_be_bytes()))?,
            })
        })
    }

    /// The block that the ledger holds at this height.
    ///
    /// # Errors
    /// As [`Self::get_work`].
    pub fn block(&self, number: u64) -> Result<At<Option<Block>>, Error> {
        self.ask(|view, _| view.row(Column::Blocks, &number.to_be_bytes()))
    }

    /// Where the ledger stands beside a chain with this head.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn sync_status(&self, chain_head: BlockId) -> Result<SyncStatus, Error> {
        let view = self.store.view();
        let head = view.row::<BlockId>(Column::Meta, meta::HEAD)?;
        let digest = match head {
            Some(head) => Some(view.must::<Block>(Column::Blocks, &head.number.to_be_bytes())?.digest),
            None => None,
        };
        let sync = match head {
            _ if self.position().suspect.is_some() => Sync::Inconsistent,
            None => Sync::Behind(chain_head.number.saturating_add(1)),
            Some(head) if head == chain_head => Sync::InSync,
            Some(head) => match chain_head.number.checked_sub(head.number) {
                Some(0) => Sync::Forked,
                Some(behind) => Sync::Behind(behind),
                None => Sync::Ahead(head.number.saturating_sub(chain_head.number)),
            },
        };
        Ok(SyncStatus {
            schema: SCHEMA,
            chain_id: self.identity.chain_id,
            genesis: self.identity.genesis_hash,
            head,
            finalized: view.row(Column::Meta, meta::FINALIZED)?,
            digest,
            chain_head,
            sync,
        })
    }
}

fn judge(row: Option<Work>, head: Option<BlockId>, at: BlockId) -> Lookup {
    match (head, row) {
        (None, _) => Lookup::Unknown(Unknown::Empty),
        (Some(ledger), _) if ledger != at => Lookup::Unknown(Unknown::ElsewhereThan { ledger, asked: at }),
        (Some(_), Some(work)) => Lookup::Spent(Box::new(work)),
        (Some(_), None) => Lookup::Unspent,
    }
}

fn check_limit(limit: usize) -> Result<(), Error> {
    if limit == 0 || limit > MAX_PAGE {
        return Err(Error::BadQuery("a page has 1 to 1000 entries"));
    }
    Ok(())
}

fn malformed(column: Column, key: &[u8]) -> Error {
    Inconsistency::Malformed { column, key: alloy_primitives::hex::encode(key) }.into()
}

/// Rows of one prefix from a key on. Keys are `prefix ‖ block u64 ‖ log index u32`.
fn page<T>(
    view: &View<'_>,
    column: Column,
    prefix: usize,
    start: &[u8],
    limit: usize,
    mut read: impl FnMut(&[u8], &[u8]) -> Result<T, Error>,
) -> Result<Page<T>, Error> {
    let mut page = Page { entries: Vec::new(), next: None };
    view.scan(column, start.get(..prefix).unwrap_or(start), start, |key, value| {
        if page.entries.len() == limit {
            let place = key.get(prefix..).and_then(<(u64, u32) as crate::rows::Field>::decode);
            let (block, log_index) = place.ok_or_else(|| malformed(column, key))?;
            page.next = Some(Cursor { block, log_index });
            return Ok(false);
        }
        page.entries.push(read(key, value)?);
        Ok(true)
    })?;
    Ok(page)
}
