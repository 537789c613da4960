//! From a block's delta to rows: what is written, what it replaces, what it sums to.

use crate::{
    block::{BlockId, CommittedBlock},
    delta::{Delta, Entry, slots},
    error::{Error, Inconsistency},
    rows::{self, Device, DeviceEvent, Field, Item, Place, Totals},
    schema::Column,
    store::{Batch, Key, Store, Value, start},
};
use alloy_primitives::{Address, B256, FixedBytes, U128, U256};
use pars_protocol::Pool;
use std::{collections::BTreeMap, ops::Range};

/// `derive_key` context of a block's digest.
pub const DIGEST_TAG: &str = "pars.aimining.ledger-block.v1";

/// Bytes of a work's line in the body and its row: room made beforehand.
const ENTRY: usize = 336;
/// Rows that a work becomes, and the bytes of each in `undo`: the same.
const ROWS: usize = 3;
const UNDO: usize = 35;
/// Bytes of a count.
const COUNT: usize = size_of::<u32>();

/// A block whose delta is known, from wherever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) id: BlockId,
    pub(crate) parent: B256,
    pub(crate) timestamp: u64,
    pub(crate) delta: &'a Delta,
    /// The block itself, where its state changes are at hand.
    pub(crate) block: Option<&'a CommittedBlock>,
}

/// The entries of a block as bytes, made once: the digest covers them all, the rows are parts of them.
pub(crate) struct Encoded {
    bytes: Vec<u8>,
    rows: Vec<Range<usize>>,
}

impl Encoded {
    pub(crate) fn of(delta: &Delta) -> Self {
        let count = delta.entries.len();
        let mut this =
            Self { bytes: Vec::with_capacity(count.saturating_mul(ENTRY)), rows: Vec::with_capacity(count) };
        for entry in &delta.entries {
            entry.item().put(&mut this.bytes);
            let start = this.bytes.len();
            entry.put_row(&mut this.bytes);
            this.rows.push(start..this.bytes.len());
        }
        this
    }

    /// The row of entry `index`.
    fn row(&self, index: usize) -> Option<&[u8]> {
        self.rows.get(index).and_then(|row| self.bytes.get(row.clone()))
    }
}

/// The block's row: totals and digest go on from its parent's.
pub(crate) fn next_row(
    block: &Arrival<'_>,
    entries: &Encoded,
    parent: Option<&rows::Block>,
) -> Result<rows::Block, Error> {
    let mut totals = parent.map_or(Totals::ZERO, |row| row.totals);
    add(&mut totals, block.delta).ok_or(Inconsistency::Contents(block.id)).map_err(Error::from)?;
    let mut start = parent.map_or(B256::ZERO, |row| row.digest).encode();
    block.id.put(&mut start);
    block.parent.put(&mut start);
    block.timestamp.put(&mut start);
    let mut digest = blake3::Hasher::new_derive_key(DIGEST_TAG);
    let digest = B256::from(*digest.update(&start).update(&entries.bytes).finalize().as_bytes());
    Ok(rows::Block { hash: block.id.hash, parent: block.parent, timestamp: block.timestamp, digest, totals })
}

/// `None` where a sum would leave its width, which no state reaches.
fn add(totals: &mut Totals, delta: &Delta) -> Option<()> {
    for entry in &delta.entries {
        match entry {
            Entry::Work { row, .. } => {
                let pool = totals.pool_mut(row.tier.0.pool());
                pool.proofs = pool.proofs.checked_add(1)?;
                pool.units = pool.units.checked_add(U128::from(row.compute_units))?;
                pool.reward = pool.reward.checked_add(row.reward)?;
                pool.native_reward = pool.native_reward.checked_add(row.native_reward)?;
            }
            Entry::Delivery { row, .. } => {
                totals.deliveries = totals.deliveries.checked_add(1)?;
                totals.delivered = totals.delivered.checked_add(row.amount)?;
            }
            Entry::Claim { row, .. } => {
                totals.claims = totals.claims.checked_add(1)?;
                totals.claimed = totals.claimed.checked_add(row.amount)?;
            }
            Entry::Device { .. } => {}
        }
    }
    totals.supply = totals.supply.checked_add(delta.minted)?.checked_sub(delta.burnt)?;
    Some(())
}

/// The state's own counters, where the block moved them, are the ledger's: what was missed before shows here.
pub(crate) fn totals_match_state(block: &CommittedBlock, totals: &Totals) -> Result<(), Inconsistency> {
    let mut totals = *totals;
    let supply = (slots::field(slots::TOTAL_SUPPLY), "totalSupply", totals.supply);
    let pools = Pool::ALL.map(|pool| {
        let slot = slots::of(slots::POOL_PROOFS, slots::number(pool.id().into()));
        (slot, "poolProofs", U256::from(totals.pool_mut(pool).proofs))
    });
    for (slot, what, ledger) in std::iter::once(supply).chain(pools) {
        if let Some(change) = block.change(slot).filter(|change| change.after != ledger) {
            return Err(Inconsistency::Totals {
                block: block.id,
                what,
                ledger: ledger.to_string(),
                state: change.after.to_string(),
            });
        }
    }
    Ok(())
}

/// A row that a block put in place of another, or of none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    pub(crate) column: Column,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
}

/// Appends one: `column u8 | key length u8 | key | 0, or 1 | value length u32 | value`.
fn put_replaced(out: &mut Vec<u8>, column: Column, key: &[u8], value: Option<&[u8]>) {
    column.id().put(out);
    // Keys have 44 bytes at most, values 350.
    u8::try_from(key.len()).unwrap_or(u8::MAX).put(out);
    out.extend_from_slice(key);
    value.is_some().put(out);
    if let Some(value) = value {
        u32::try_from(value.len()).unwrap_or(u32::MAX).put(out);
        out.extend_from_slice(value);
    }
}

impl Field for Replaced {
    fn put(&self, out: &mut Vec<u8>) {
        put_replaced(out, self.column, &self.key, self.value.as_deref());
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        let bytes = |input: &mut &[u8], length: usize| {
            let (bytes, rest) = input.split_at_checked(length)?;
            *input = rest;
            Some(bytes.to_vec())
        };
        let column = Column::from_id(u8::take(input)?)?;
        let length = u8::take(input)?;
        let key = bytes(input, length.into())?;
        let value = if bool::take(input)? {
            let length = u32::take(input)?;
            Some(bytes(input, usize::try_from(length).ok()?)?)
        } else {
            None
        };
        Some(Self { column, key, value })
    }
}

impl Field for BlockId {
    fn put(&self, out: &mut Vec<u8>) {
        self.number.put(out);
        self.hash.put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Some(Self { number: Field::take(input)?, hash: Field::take(input)? })
    }
}

/// Key of the indices by address: all of an address together, in the order of the chain.
pub(crate) fn index_key(address: Address, block: u64, log_index: u32) -> B256 {
    address.0.concat_const(place_key(block, log_index))
}

/// Key of the device events.
pub(crate) fn device_event_key(id: B256, block: u64, log_index: u32) -> FixedBytes<44> {
    id.concat_const(place_key(block, log_index))
}

fn place_key(block: u64, log_index: u32) -> FixedBytes<12> {
    FixedBytes(block.to_be_bytes()).concat_const(FixedBytes(log_index.to_be_bytes()))
}

/// Value of the index by recipient: what it was paid for.
fn named(item: Item) -> FixedBytes<33> {
    FixedBytes([item.kind.tag()]).concat_const(item.id)
}

/// The columns that an entry has rows in, beside `bodies` and `devices`.
const fn columns(entry: &Entry) -> &'static [Column] {
    match entry {
        Entry::Work { .. } => &[Column::Spent, Column::ByMiner, Column::ByRecipient],
        Entry::Delivery { .. } => &[Column::Deliveries],
        Entry::Claim { .. } => &[Column::Claims, Column::ByRecipient],
        Entry::Device { .. } => &[Column::DeviceEvents],
    }
}

/// The row of an entry in one of its [`columns`]; `bytes` are the entry as a row.
fn row_in<'a>(column: Column, entry: &'a Entry, bytes: &'a [u8]) -> Option<(Key, Value<'a>)> {
    let paid = |recipient, place: Place| {
        let key = index_key(recipient, place.block, place.log_index);
        (Key::Id(key), Value::Named(named(entry.item())))
    };
    Some(match (column, entry) {
        (Column::Spent, Entry::Work { id, .. })
        | (Column::Deliveries, Entry::Delivery { id, .. })
        | (Column::Claims, Entry::Claim { id, .. }) => (Key::Id(*id), Value::Part(bytes)),
        (Column::ByMiner, Entry::Work { id, row }) => {
            let key = index_key(row.miner, row.place.block, row.place.log_index);
            (Key::Id(key), Value::Part(id.as_slice()))
        }
        (Column::ByRecipient, Entry::Work { row, .. }) => paid(row.recipient, row.place),
        (Column::ByRecipient, Entry::Claim { row, .. }) => paid(row.recipient, row.place),
        (Column::DeviceEvents, Entry::Device { id, place, .. }) => {
            let key = device_event_key(*id, place.block, place.log_index);
            (Key::Event(key), Value::Part(bytes))
        }
        _ => return None,
    })
}

/// [`columns`] names no column that [`row_in`] has no row for.
fn lost(column: Column) -> Error {
    Error::Database(format!("a row of {column} was lost on its way"))
}

/// Where a row goes: its column, the first bytes of its key, and the number of its entry.
type Target = (Column, (u128, u32), usize);

/// The rows of a block on their way into a batch, and how to take them back.
pub(crate) struct Change<'a, 'r> {
    store: &'a Store,
    delta: &'r Delta,
    entries: &'r Encoded,
    /// The rows are large: they are made when it is their turn.
    targets: Vec<Target>,
    /// Room for a count, then what the rows replace, in the order of the entries: a vector of [`Replaced`], encoded.
    undo: Vec<u8>,
    replaced: u32,
    items: Vec<Item>,
    /// Device id → its row before the block and after it.
    devices: BTreeMap<B256, (Option<Device>, Device)>,
}

impl<'a, 'r> Change<'a, 'r> {
    /// The rows that these entries become.
    pub(crate) fn of(store: &'a Store, delta: &'r Delta, entries: &'r Encoded) -> Result<Self, Error> {
        let count = delta.entries.len();
        let mut this = Self {
            store,
            delta,
            entries,
            targets: Vec::with_capacity(count.saturating_mul(ROWS)),
            undo: vec![0; COUNT],
            replaced: 0,
            items: Vec::with_capacity(count),
            devices: BTreeMap::new(),
        };
        this.undo.reserve(count.saturating_mul(ROWS).saturating_mul(UNDO));
        for (index, entry) in delta.entries.iter().enumerate() {
            this.entry(index, entry)?;
        }
        Ok(this)
    }

    fn entry(&mut self, index: usize, entry: &Entry) -> Result<(), Error> {
        self.items.push(entry.item());
        for column in columns(entry) {
            let (key, _) = row_in(*column, entry, &[]).ok_or_else(|| lost(*column))?;
            // A row where none was.
            put_replaced(&mut self.undo, *column, key.as_ref(), None);
            self.replaced = self.replaced.saturating_add(1);
            self.targets.push((*column, start(key.as_ref()), index));
        }
        match entry {
            Entry::Work { row, .. } => {
                let device = self.device(row.device_id, row.place.block)?;
                device.proofs = device.proofs.saturating_add(1);
                device.units = device.units.saturating_add(U128::from(row.compute_units));
                device.reward = device.reward.saturating_add(row.reward);
                device.native_reward = device.native_reward.saturating_add(row.native_reward);
            }
            Entry::Delivery { .. } | Entry::Claim { .. } => {}
            Entry::Device { id, place, event } => {
                let block = place.block;
                let device = self.device(*id, block)?;
                match *event {
                    DeviceEvent::Registered { tier, ica_index, pdi, fwid } => {
                        device.registration = Some(rows::Registration { block, tier, ica_index, pdi, fwid });
                    }
                    DeviceEvent::Bound { miner, from } => {
                        device.binding = Some(rows::Binding { block, miner, from });
                    }
                    DeviceEvent::Revocation { revoked } => device.revoked = revoked,
                }
            }
        }
        Ok(())
    }

    fn device(&mut self, id: B256, block: u64) -> Result<&mut Device, Error> {
        let (_, after) = match self.devices.entry(id) {
            std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                let before = self.store.row::<Device>(Column::Devices, id.as_slice())?;
                vacant.insert((before, before.unwrap_or(Device::new(block))))
            }
        };
        after.last_block = block;
        Ok(after)
    }

    /// All rows of the block. `undo`: with the one that takes it back.
    pub(crate) fn into_batch(
        mut self,
        number: u64,
        row: &rows::Block,
        undo: bool,
    ) -> Result<Batch<'a>, Error> {
        let devices = std::mem::take(&mut self.devices);
        for (id, (before, _)) in &devices {
            let before = before.map(|device| device.encode());
            put_replaced(&mut self.undo, Column::Devices, id.as_slice(), before.as_deref());
            self.replaced = self.replaced.saturating_add(1);
        }
        let mut batch =
            self.store.batch_for(self.targets.len().saturating_mul(ENTRY).saturating_add(self.undo.len()));
        // Sorted by the keys, since RocksDB goes on searching for a place where it put the row before. Keys that begin alike are
        // of one address or device, and ascend with the chain.
        self.targets.sort_by_key(|(column, start, _)| (*column, *start));
        for targets in self.targets.chunk_by(|(a, ..), (b, ..)| a == b) {
            let Some((column, ..)) = targets.first() else { continue };
            let rows = targets.iter().map(|(.., index)| {
                let entry = self.delta.entries.get(*index).zip(self.entries.row(*index));
                entry.and_then(|(entry, bytes)| row_in(*column, entry, bytes)).ok_or_else(|| lost(*column))
            });
            batch.put_all(*column, rows)?;
        }
        for (id, (_, after)) in &devices {
            batch.put(Column::Devices, id.as_slice(), &after.encode())?;
        }
        let number = number.to_be_bytes();
        batch.put(Column::Blocks, &number, &row.encode())?;
        if !self.items.is_empty() {
            batch.put(Column::Bodies, &number, &self.items.encode())?;
        }
        if undo {
            if let Some(count) = self.undo.first_chunk_mut::<COUNT>() {
                *count = self.replaced.to_be_bytes();
            }
            batch.put(Column::Undo, &number, &self.undo)?;
        }
        Ok(batch)
    }
}
