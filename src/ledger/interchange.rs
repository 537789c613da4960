//! The ledger as JSON lines: one head line, then one line for each block. What one release exports, another imports;
//! importing twice changes nothing.
//!
//! A second form, [`ChainFile`], holds the blocks that a ledger is made from, with receipts and state changes.

use crate::{
    block::{BlockId, CommittedBlock},
    change::{Arrival, device_event_key},
    delta::{Delta, Entry},
    error::Error,
    heal::ChainView,
    ledger::{Applied, Ledger},
    open::Identity,
    rows::{Block, DeviceEvent, Item, Kind, Place},
    schema::Column,
};
use alloy_primitives::{B256, U256};
use pars_precompile::Genesis;
use serde::{Deserialize, Serialize};
use std::{
    io::{BufRead, Write},
    sync::Arc,
};

/// `format` of an export's head line.
const FORMAT: &str = "pars-ledger";
/// `format` of a chain file's head line.
const CHAIN_FORMAT: &str = "pars-ledger-chain";
/// `version` of both.
const VERSION: u32 = 1;

/// The first line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    format: String,
    version: u32,
    chain_id: u32,
    genesis: B256,
    /// The last block of the export.
    pub head: BlockId,
    /// The last one that cannot be taken back.
    pub finalized: u64,
    /// Digest over everything up to the head: what the importing ledger must arrive at.
    pub digest: B256,
}

/// A line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    id: BlockId,
    parent: B256,
    timestamp: u64,
    /// AI in existence after the block.
    supply: U256,
    entries: Vec<Entry>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Blocks that were new.
    pub new: u64,
    /// Blocks that were there.
    pub already: u64,
}

/// Writes everything that the ledger holds, as of one moment.
///
/// # Errors
/// The ledger is empty or cannot be read, or the output cannot be written.
pub fn export(
    ledger: &Ledger,
    out: &mut impl Write,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), Error> {
    let view = ledger.store.view();
    let empty = || Error::Unavailable(crate::query::Unknown::Empty);
    let head: BlockId = view.row(Column::Meta, crate::ledger::meta::HEAD)?.ok_or_else(empty)?;
    let finalized: BlockId = view.must(Column::Meta, crate::ledger::meta::FINALIZED)?;
    let tip: Block = view.must(Column::Blocks, &head.number.to_be_bytes())?;
    let head_line = Head {
        format: FORMAT.into(),
        version: VERSION,
        chain_id: ledger.identity().chain_id,
        genesis: ledger.identity().genesis_hash,
        head,
        finalized: finalized.number,
        digest: tip.digest,
    };
    write_line(out, &head_line)?;
    for number in 0..=head.number {
        let key = number.to_be_bytes();
        let row: Block = view.must(Column::Blocks, &key)?;
        let items: Vec<Item> = view.row(Column::Bodies, &key)?.unwrap_or_default();
        let mut entries = Vec::with_capacity(items.len());
        for Item { kind, index, id } in items {
            entries.push(match kind {
                Kind::Work => Entry::Work { id, row: view.must(Column::Spent, id.as_slice())? },
                Kind::Delivery => {
                    Entry::Delivery { id, index, row: view.must(Column::Deliveries, id.as_slice())? }
                }
                Kind::Claim => Entry::Claim { id, row: view.must(Column::Claims, id.as_slice())? },
                Kind::Device => {
                    let key = device_event_key(id, number, index);
                    let (place, event): (Place, DeviceEvent) =
                        view.must(Column::DeviceEvents, key.as_slice())?;
                    Entry::Device { id, place, event }
                }
            });
        }
        let id = BlockId { number, hash: row.hash };
        let supply = row.totals.supply;
        write_line(out, &Line { id, parent: row.parent, timestamp: row.timestamp, supply, entries })?;
        progress(number, head.number);
    }
    out.flush().map_err(output)
}

/// Adds the blocks of an export to a ledger of the same chain that is empty or stands on one of them.
///
/// # Errors
/// [`Error::Interchange`]: a line is malformed, the export is of another chain, or what came out is not what its head
/// line promises; blocks up to there are in the ledger. Else as [`Ledger::apply`].
pub fn import(
    ledger: &Ledger,
    input: impl BufRead,
    mut progress: impl FnMut(u64, u64),
) -> Result<Imported, Error> {
    let mut lines = Lines::new(input);
    let head: Head = lines.must()?;
    let identity = ledger.identity();
    if head.format != FORMAT || head.version != VERSION {
        return Err(lines.refuse(format!("not {FORMAT} version {VERSION}")));
    }
    if (head.chain_id, head.genesis) != (identity.chain_id, identity.genesis_hash) {
        return Err(lines.refuse(format!("of chain {} with genesis {}", head.chain_id, head.genesis)));
    }
    let mut imported = Imported::default();
    let mut supply = U256::ZERO;
    while let Some(line) = lines.next::<Line>()? {
        if line.entries.iter().any(|entry| !belongs(entry, line.id.number)) {
            return Err(lines.refuse(format!("an entry is not of block {}", line.id)));
        }
        let delta = Delta {
            entries: line.entries,
            minted: line.supply.saturating_sub(supply),
            burnt: supply.saturating_sub(line.supply),
        };
        supply = line.supply;
        let arrival = Arrival {
            id: line.id,
            parent: line.parent,
            timestamp: line.timestamp,
            delta: &delta,
            block: None,
        };
        match ledger.import(&arrival)? {
            Applied::New => imported.new = imported.new.saturating_add(1),
            Applied::Already => imported.already = imported.already.saturating_add(1),
        }
        progress(line.id.number, head.head.number);
    }
    let there = ledger.block_row(head.head.number).ok();
    if there.is_none_or(|row| (row.hash, row.digest) != (head.head.hash, head.digest)) {
        return Err(lines.refuse("the blocks do not lead to the head and digest of the first line".into()));
    }
    // Synced by the next block at the latest; here there may be none.
    ledger.store.flush()?;
    ledger.finalize(head.finalized)?;
    Ok(imported)
}

/// An entry says itself which block it is of.
fn belongs(entry: &Entry, number: u64) -> bool {
    number
        == match entry {
            Entry::Work { row, .. } => row.place.block,
            Entry::Delivery { row, .. } => row.block,
            Entry::Claim { row, .. } => row.place.block,
            Entry::Device { place, .. } => place.block,
        }
}

/// The first line of a chain file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChainHead {
    format: String,
    version: u32,
    chain_id: u32,
    genesis: B256,
    finalized: u64,
    config: Option<Genesis>,
}

/// A chain in a file of JSON lines, from block 0 on: what a ledger can be built from and audited against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainFile {
    /// Whose chain it is.
    pub identity: Identity,
    /// Height of the last final block.
    pub finalized: u64,
    blocks: Vec<Arc<CommittedBlock>>,
}

impl ChainFile {
    /// A chain of these blocks.
    ///
    /// # Errors
    /// They do not follow each other from block 0 on.
    pub fn new(
        identity: Identity,
        finalized: u64,
        blocks: Vec<Arc<CommittedBlock>>,
    ) -> Result<Self, crate::block::BrokenSegment> {
        let blocks = crate::block::Segment::new(blocks)?.blocks().to_vec();
        match blocks.first() {
            Some(first) if first.id == identity.genesis() => Ok(Self { identity, finalized, blocks }),
            _ => Err(crate::block::BrokenSegment::Empty),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Interchange`]: a line is malformed, or a block does not follow the one before it.
    pub fn read(input: impl BufRead) -> Result<Self, Error> {
        let mut lines = Lines::new(input);
        let head: ChainHead = lines.must()?;
        if head.format != CHAIN_FORMAT || head.version != VERSION {
            return Err(lines.refuse(format!("not {CHAIN_FORMAT} version {VERSION}")));
        }
        let mut blocks = Vec::new();
        while let Some(block) = lines.next::<CommittedBlock>()? {
            blocks.push(Arc::new(block));
        }
        let identity = Identity { chain_id: head.chain_id, genesis_hash: head.genesis, config: head.config };
        Self::new(identity, head.finalized, blocks).map_err(|error| lines.refuse(error.to_string()))
    }

    /// Writes it.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write(&self, out: &mut impl Write) -> Result<(), Error> {
        let head = ChainHead {
            format: CHAIN_FORMAT.into(),
            version: VERSION,
            chain_id: self.identity.chain_id,
            genesis: self.identity.genesis_hash,
            finalized: self.finalized,
            config: self.identity.config.clone(),
        };
        write_line(out, &head)?;
        for block in &self.blocks {
            write_line(out, &**block)?;
        }
        out.flush().map_err(output)
    }
}

impl ChainView for ChainFile {
    type Error = std::convert::Infallible;

    fn head(&self) -> Result<BlockId, Self::Error> {
        Ok(self.blocks.last().map_or(self.identity.genesis(), |block| block.id))
    }

    fn canonical_hash(&self, number: u64) -> Result<Option<B256>, Self::Error> {
        Ok(self.block(number)?.map(|block| block.id.hash))
    }

    fn block(&self, number: u64) -> Result<Option<Arc<CommittedBlock>>, Self::Error> {
        Ok(usize::try_from(number).ok().and_then(|number| self.blocks.get(number)).cloned())
    }

    fn finalized(&self) -> Result<u64, Self::Error> {
        Ok(self.finalized)
    }
}

/// JSON lines with their numbers.
struct Lines<R> {
    input: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    fn new(input: R) -> Self {
        Self { input, number: 0 }
    }

    fn next<T: for<'a> Deserialize<'a>>(&mut self) -> Result<Option<T>, Error> {
        let mut text = String::new();
        self.number = self.number.saturating_add(1);
        match self.input.read_line(&mut text) {
            Err(error) => Err(self.refuse(error.to_string())),
            Ok(0) => Ok(None),
            Ok(_) => serde_json::from_str(&text).map(Some).map_err(|error| self.refuse(error.to_string())),
        }
    }

    fn must<T: for<'a> Deserialize<'a>>(&mut self) -> Result<T, Error> {
        self.next()?.ok_or_else(|| self.refuse("the file is empty".into()))
    }

    fn refuse(&self, reason: String) -> Error {
        Error::Interchange { line: self.number, reason }
    }
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> Result<(), Error> {
    serde_json::to_writer(&mut *out, line).map_err(|error| output(error.into()))?;
    out.write_all(b"\n").map_err(output)
}

fn output(source: std::io::Error) -> Error {
    Error::Io { path: "the output".into(), source }
}
