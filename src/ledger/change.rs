//! From a block's delta to rows: what is written, what it replaces, what it sums to.

use crate::{
    block::{BlockId, CommittedBlock},
    delta::{Delta, Entry, slots},
    error::{Error, Inconsistency},
    rows::{self, Device, DeviceEvent, Field, Item, Totals, Work},
    schema::Column,
    store::{Batch, Store},
};
use alloy_primitives::{Address, B256, U128, U256};
use pars_protocol::Pool;
use std::collections::BTreeMap;

/// `derive_key` context of a block's digest.
pub const DIGEST_TAG: &str = "pars.aimining.ledger-block.v1";

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

/// The block's row: totals and digest go on from its parent's.
pub(crate) fn next_row(block: &Arrival<'_>, parent: Option<&rows::Block>) -> Result<rows::Block, Error> {
    let delta = block.delta;
    let mut totals = parent.map_or(Totals::ZERO, |row| row.totals);
    add(&mut totals, delta).ok_or(Inconsistency::Contents(block.id)).map_err(Error::from)?;
    let mut bytes = parent.map_or(B256::ZERO, |row| row.digest).encode();
    block.id.put(&mut bytes);
    block.parent.put(&mut bytes);
    block.timestamp.put(&mut bytes);
    delta.entries.iter().for_each(|entry| entry.put(&mut bytes));
    let digest = blake3::derive_key(DIGEST_TAG, &bytes).into();
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

/// `column u8 | key length u8 | key | 0, or 1 | value length u32 | value`.
impl Field for Replaced {
    fn put(&self, out: &mut Vec<u8>) {
        self.column.id().put(out);
        // Keys have 52 bytes at most, values 350.
        u8::try_from(self.key.len()).unwrap_or(u8::MAX).put(out);
        out.extend_from_slice(&self.key);
        self.value.is_some().put(out);
        if let Some(value) = &self.value {
            u32::try_from(value.len()).unwrap_or(u32::MAX).put(out);
            out.extend_from_slice(value);
        }
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
pub(crate) fn index_key(address: Address, block: u64, log_index: u32) -> Vec<u8> {
    let mut key = address.encode();
    block.put(&mut key);
    log_index.put(&mut key);
    key
}

/// Key of the device events.
pub(crate) fn device_event_key(id: B256, block: u64, log_index: u32) -> Vec<u8> {
    let mut key = id.encode();
    block.put(&mut key);
    log_index.put(&mut key);
    key
}

/// The rows of a block on their way into a batch, and how to take them back.
pub(crate) struct Change<'a> {
    store: &'a Store,
    pub(crate) batch: Batch<'a>,
    pub(crate) undo: Vec<Replaced>,
    pub(crate) items: Vec<Item>,
    /// Device id → its row before the block and after it.
    devices: BTreeMap<B256, (Option<Device>, Device)>,
}

impl<'a> Change<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, batch: store.batch(), undo: Vec::new(), items: Vec::new(), devices: BTreeMap::new() }
    }

    /// A row where none was.
    fn insert(&mut self, column: Column, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.undo.push(Replaced { column, key: key.to_vec(), value: None });
        self.batch.put(column, key, value)
    }

    pub(crate) fn entry(&mut self, entry: &Entry) -> Result<(), Error> {
        let item = entry.item();
        self.items.push(item);
        match entry {
            Entry::Work { id, row } => {
                let Work { place, miner, recipient, device_id, .. } = *row;
                self.insert(Column::Spent, id.as_slice(), &row.encode())?;
                let key = index_key(miner, place.block, place.log_index);
                self.insert(Column::ByMiner, &key, id.as_slice())?;
                let key = index_key(recipient, place.block, place.log_index);
                self.insert(Column::ByRecipient, &key, &(item.kind, *id).encode())?;
                let device = self.device(device_id, place.block)?;
                device.proofs = device.proofs.saturating_add(1);
                device.units = device.units.saturating_add(U128::from(row.compute_units));
                device.reward = device.reward.saturating_add(row.reward);
                device.native_reward = device.native_reward.saturating_add(row.native_reward);
                Ok(())
            }
            Entry::Delivery { id, row, .. } => self.insert(Column::Deliveries, id.as_slice(), &row.encode()),
            Entry::Claim { id, row } => {
                self.insert(Column::Claims, id.as_slice(), &row.encode())?;
                let key = index_key(row.recipient, row.place.block, row.place.log_index);
                self.insert(Column::ByRecipient, &key, &(item.kind, *id).encode())
            }
            Entry::Device { id, place, event } => {
                let key = device_event_key(*id, place.block, place.log_index);
                self.insert(Column::DeviceEvents, &key, &(*place, *event).encode())?;
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
                Ok(())
            }
        }
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

    pub(crate) fn devices(&mut self) -> Result<(), Error> {
        for (id, (before, after)) in std::mem::take(&mut self.devices) {
            let value = before.map(|device| device.encode());
            self.undo.push(Replaced { column: Column::Devices, key: id.to_vec(), value });
            self.batch.put(Column::Devices, id.as_slice(), &after.encode())?;
        }
        Ok(())
    }
}
