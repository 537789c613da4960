//! The receipts against the state changes: every row has its slot, and the state's own counters moved as far as the
//! events say. Slots are hashes, so it is the counters that tell of an acceptance without its event.

use super::{
    BlockError, Delta, Entry,
    slots::{self, field, number, of},
};
use crate::{
    block::{CommittedBlock, SlotChange},
    open::Identity,
    rows::{Delivery, DeviceEvent, Kind, Work},
};
use alloy_primitives::{Address, B256, U256};
use pars_protocol::{Pool, ids};
use std::collections::{BTreeMap, BTreeSet};

/// The block in which `0x…0300` came to life: its version leaves zero.
pub(super) fn activates(block: &CommittedBlock) -> bool {
    block.change(field(slots::VERSION)).is_some_and(|change| change.before.is_zero())
}

/// The teleports that activation delivers, as the chain's configuration lists them in clear, each found in the state.
pub(super) fn deliveries(block: &CommittedBlock, identity: &Identity) -> Result<Vec<Entry>, BlockError> {
    let refuse = |reason: &str| BlockError::Activation(reason.to_owned());
    let config = identity.config.as_ref().ok_or_else(|| refuse("there is none"))?;
    if block.id.number == 0 {
        let account = config
            .account(u64::from(identity.chain_id))
            .map_err(|error| BlockError::Activation(error.to_string()))?;
        let same = account.storage.len() == block.changes.len()
            && account.storage.iter().all(|(slot, value)| {
                block.change(*slot).is_some_and(|change| change.before.is_zero() && change.after == *value)
            });
        if !same {
            return Err(refuse("block 0 has other slots, or more, or fewer"));
        }
    }
    let mut entries = Vec::new();
    for (index, message) in config.pending_teleports.iter().enumerate() {
        let index = u32::try_from(index).map_err(|_| BlockError::TooLarge)?;
        let id = ids::teleport_id(message);
        let recipient =
            message.recipient_address().ok_or_else(|| refuse("a recipient is not an EVM address"))?;
        for (slot, what, value) in [
            (slots::TELEPORT_SOURCE, "teleportSource", U256::from(message.src_chain)),
            (slots::TELEPORT_NONCE, "teleportNonce", U256::from(message.nonce)),
            (slots::TELEPORT_SENDER, "teleportSender", message.sender.into()),
            (slots::TELEPORT_RECIPIENT, "teleportRecipient", recipient.into_word().into()),
            (slots::TELEPORT_AMOUNT, "teleportAmount", message.amount),
        ] {
            // A slot that stays zero is no change.
            let (before, after) = block
                .change(of(slot, id))
                .map_or_else(Default::default, |change| (change.before, change.after));
            if !before.is_zero() || after != value {
                return Err(BlockError::State { what, id });
            }
        }
        let row = Delivery {
            block: block.id.number,
            source: message.src_chain,
            nonce: message.nonce,
            sender: message.sender,
            recipient,
            amount: message.amount,
        };
        entries.push(Entry::Delivery { id, index, row });
    }
    Ok(entries)
}

/// A slot that the block left at `after`.
fn expect(
    block: &CommittedBlock,
    slot: U256,
    after: U256,
    what: &'static str,
    id: B256,
) -> Result<SlotChange, BlockError> {
    match block.change(slot) {
        Some(change) if change.after == after => Ok(change),
        _ => Err(BlockError::State { what, id }),
    }
}

/// The works among these entries, each against its two slots: nearly all that a check has to do.
pub(super) fn works(block: &CommittedBlock, entries: &[Entry]) -> Result<(), BlockError> {
    let works = entries.iter().filter_map(|entry| match entry {
        Entry::Work { id, row } => Some((*id, row)),
        _ => None,
    });
    let (ids, rows): (Vec<B256>, Vec<&Work>) = works.unzip();
    let proofs = rows.iter().map(|row| row.proof_hash.into());
    filled(block, slots::ACCEPTED_WORK, "acceptedWork", &ids, proofs)?;
    let marks: Vec<B256> = ids::job_marks(rows.iter().map(|row| (row.device_id, row.job_id))).collect();
    filled(block, slots::JOB_PAID, "jobPaid", &marks, std::iter::repeat(U256::from(1)))
}

/// The entries of a mapping under these keys, which the block left at these values and found at zero. No key stands twice.
fn filled(
    block: &CommittedBlock,
    mapping: u64,
    what: &'static str,
    keys: &[B256],
    values: impl Iterator<Item = U256>,
) -> Result<(), BlockError> {
    let mut expected: Vec<_> =
        slots::of_each(mapping, keys).into_iter().zip(keys.iter().zip(values)).collect();
    // The changes are sorted, too: one walk along both takes a third of the time of as many searches.
    expected.sort_unstable_by_key(|(slot, _)| *slot);
    let mut neighbours = expected.iter().zip(expected.iter().skip(1));
    if let Some(((_, (id, _)), _)) = neighbours.find(|(a, b)| a.0 == b.0) {
        return Err(BlockError::Duplicate(**id));
    }
    let mut changes = block.changes.iter().peekable();
    for (slot, (id, after)) in expected {
        while changes.next_if(|(at, _)| **at < slot).is_some() {}
        let change = changes.peek().filter(|(at, _)| **at == slot);
        if change.is_none_or(|(_, change)| !change.before.is_zero() || change.after != after) {
            return Err(BlockError::State { what, id: *id });
        }
    }
    Ok(())
}

/// All that [`works`] leaves: the other entries against their slots, of which no two share an id, and the counters of the state.
pub(super) fn all_but_works(block: &CommittedBlock, delta: &Delta) -> Result<(), BlockError> {
    let mut seen = BTreeSet::new();
    let mut counts = Counts::default();
    // Teleport id → its status before and after the block.
    let mut teleports: BTreeMap<B256, (u64, u64)> = BTreeMap::new();
    // Device id → the last thing of each kind that the block says of it.
    let mut devices: BTreeMap<(u8, B256), (&'static str, U256, U256)> = BTreeMap::new();
    for entry in &delta.entries {
        match entry {
            Entry::Work { id, row } => {
                counts.work(row.tier.0.pool(), *id);
            }
            Entry::Delivery { id, row, .. } => {
                duplicate(seen.insert((Kind::Delivery, *id)), *id)?;
                teleports.insert(*id, (0, slots::PENDING));
                counts.pending(row.recipient, 1);
            }
            Entry::Claim { id, row } => {
                duplicate(seen.insert((Kind::Claim, *id)), *id)?;
                teleports.entry(*id).or_insert((slots::PENDING, 0)).1 = slots::CLAIMED;
                counts.pending(row.recipient, -1);
            }
            Entry::Device { id, event, .. } => {
                let (kind, what, slot, value) = match event {
                    DeviceEvent::Registered { ica_index, .. } => {
                        let index = U256::from(*ica_index).saturating_add(U256::from(1));
                        (0, "deviceIca", of(slots::DEVICE_ICA, *id), index)
                    }
                    DeviceEvent::Bound { miner, .. } => {
                        let newest = slots::entry(of(slots::DEVICE_MINER, *id), number(0));
                        (1, "deviceMiner", newest, (*miner).into())
                    }
                    DeviceEvent::Revocation { revoked } => {
                        (2, "deviceRevoked", of(slots::DEVICE_REVOKED, *id), U256::from(*revoked))
                    }
                };
                devices.insert((kind, *id), (what, slot, value));
            }
        }
    }
    for (id, (before, after)) in teleports {
        let what = "teleportStatus";
        let change = expect(block, of(slots::TELEPORT_STATUS, id), U256::from(after), what, id)?;
        if change.before != U256::from(before) {
            return Err(BlockError::State { what, id });
        }
    }
    for ((_, id), (what, slot, value)) in devices {
        // An event that repeats what stood there changes no slot.
        if block.change(slot).is_some_and(|change| change.after != value) {
            return Err(BlockError::State { what, id });
        }
    }
    counts.against_state(block, delta)
}

fn duplicate(new: bool, id: B256) -> Result<(), BlockError> {
    if new { Ok(()) } else { Err(BlockError::Duplicate(id)) }
}

/// What the events of a block sum to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    works: BTreeMap<u8, u64>,
    last_work: Option<B256>,
    pending: BTreeMap<Address, i64>,
}

impl Counts {
    fn work(&mut self, pool: Pool, id: B256) {
        let count = self.works.entry(pool.id()).or_default();
        *count = count.saturating_add(1);
        self.last_work = Some(id);
    }

    fn pending(&mut self, recipient: Address, by: i64) {
        let count = self.pending.entry(recipient).or_default();
        *count = count.saturating_add(by);
    }

    fn against_state(&self, block: &CommittedBlock, delta: &Delta) -> Result<(), BlockError> {
        let count = |what, events: U256, state: U256| {
            if events == state { Ok(()) } else { Err(BlockError::Count { what, events, state }) }
        };
        for pool in Pool::ALL {
            let slot = of(slots::POOL_PROOFS, number(pool.id().into()));
            let state = block.growth(slot).unwrap_or(U256::MAX);
            count("poolProofs", U256::from(self.works.get(&pool.id()).copied().unwrap_or_default()), state)?;
        }
        if let Some(id) = self.last_work {
            let last = block.change(field(slots::LAST_WORK_ID)).map(|change| change.after);
            if last != Some(id.into()) {
                return Err(BlockError::State { what: "lastWorkId", id });
            }
        }
        // Additions wrap together, so equal sums are equal numbers.
        let supply = block.change(field(slots::TOTAL_SUPPLY));
        let (before, after) = supply.map_or_else(Default::default, |change| (change.before, change.after));
        let events = before.wrapping_add(delta.minted).wrapping_sub(delta.burnt);
        count("totalSupply", events, after)?;
        for (recipient, by) in &self.pending {
            let slot = of(slots::TELEPORT_PENDING, recipient.into_word());
            let (before, after) =
                block.change(slot).map_or_else(Default::default, |change| (change.before, change.after));
            let moved = U256::from(by.unsigned_abs());
            let events = if *by < 0 { before.wrapping_sub(moved) } else { before.wrapping_add(moved) };
            count("teleportPending", events, after)?;
        }
        Ok(())
    }
}
