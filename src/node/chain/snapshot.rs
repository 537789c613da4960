//! What only a dev chain can do: clock, mining mode, snapshots, edits of state, impersonation.

use std::{
    collections::{BTreeMap, HashSet},
    time::{SystemTime, UNIX_EPOCH},
};

use alloy_primitives::{Address, Bytes, U256};
use tokio::sync::watch;

use super::{
    Chain, Event,
    diff::{Edit, StateDiff},
    pool::Pool,
    produce::MiningMode,
    state::{StateError, StateView},
};
use crate::store::StoreError;

/// Snapshots kept; the oldest goes when one more is taken.
pub const MAX_SNAPSHOTS: usize = 1024;

/// Latest time a chain's clock can be set to: the last second of the year 9999.
pub const MAX_TIMESTAMP: u64 = 253_402_300_799;

/// A timestamp that the next block cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// Time does not go back.
    #[error("timestamp {given} is not after the latest block's {latest}")]
    NotLater {
        /// The timestamp asked for.
        given: u64,
        /// The head's.
        latest: u64,
    },
    /// Later blocks could not have later timestamps.
    #[error("timestamp {0} is after {MAX_TIMESTAMP}, the end of the year 9999")]
    TooLate(u64),
}

/// An edit of state that was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It makes no sense.
    #[error(transparent)]
    State(#[from] StateError),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seconds since 1970 by this machine's clock.
pub fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|elapsed| elapsed.as_secs()).unwrap_or_default()
}

/// The chain's clock: the machine's plus an offset.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    pub(crate) offset: i64,
    /// Of the next block, where it was set.
    pub(crate) next: Option<u64>,
}

impl Clock {
    fn now(&self) -> u64 {
        unix_time().saturating_add_signed(self.offset)
    }

    /// Timestamp of a block after one with timestamp `latest`: always later than it.
    pub fn next_timestamp(&self, latest: u64) -> u64 {
        self.next.unwrap_or_else(|| self.now()).max(latest.saturating_add(1))
    }

    /// Sets the timestamp of the next block, from which time goes on.
    ///
    /// # Errors
    /// It is not after `latest`, or after [`MAX_TIMESTAMP`].
    pub fn set_next(&mut self, timestamp: u64, latest: u64) -> Result<(), TimestampError> {
        if timestamp <= latest {
            return Err(TimestampError::NotLater { given: timestamp, latest });
        }
        if timestamp > MAX_TIMESTAMP {
            return Err(TimestampError::TooLate(timestamp));
        }
        self.next = Some(timestamp);
        let offset = i128::from(timestamp) - i128::from(unix_time());
        self.offset = i64::try_from(offset).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Moves the clock forward, to [`MAX_TIMESTAMP`] at most; the whole offset comes back.
    pub fn increase(&mut self, seconds: u64) -> i64 {
        let seconds = seconds.min(MAX_TIMESTAMP.saturating_sub(self.now()));
        self.offset = self.offset.saturating_add_unsigned(seconds);
        self.next = self.next.map(|next| next.saturating_add(seconds).min(MAX_TIMESTAMP));
        self.offset
    }

    /// A block took the timestamp that was set.
    pub fn consumed(&mut self) {
        self.next = None;
    }
}

#[derive(Clone, Debug)]
struct Snapshot {
    height: u64,
    state: StateView,
    edits: u32,
    pool: Pool,
    clock: Clock,
}

/// What block production depends on beside the chain.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) coinbase: Address,
    pub(crate) clock: Clock,
    pub(crate) proof_admission: bool,
    snapshots: BTreeMap<u64, Snapshot>,
    next_snapshot: u64,
    impersonated: HashSet<Address>,
    impersonate_all: bool,
}

impl Settings {
    pub(crate) fn new(coinbase: Address) -> Self {
        Self {
            coinbase,
            clock: Clock::default(),
            proof_admission: true,
            snapshots: BTreeMap::new(),
            next_snapshot: 1,
            impersonated: HashSet::new(),
            impersonate_all: false,
        }
    }
}

impl Chain {
    /// Keeps the present; the id brings it back.
    pub fn snapshot(&self) -> u64 {
        let _production = self.production.lock();
        let head = self.head();
        let mut settings = self.settings.lock();
        let snapshot = Snapshot {
            height: head.block.number(),
            state: head.state,
            edits: head.edits,
            pool: self.pool.lock().clone(),
            clock: settings.clock,
        };
        let id = settings.next_snapshot;
        settings.next_snapshot = settings.next_snapshot.saturating_add(1);
        if settings.snapshots.len() >= MAX_SNAPSHOTS {
            settings.snapshots.pop_first();
        }
        settings.snapshots.insert(id, snapshot);
        id
    }

    /// Goes back to a snapshot, which is used up with all later ones; `false` when there is none with this id. Finality
    /// does not stop it: this is a dev method, and what followed the final blocks (the ledger) is built again.
    ///
    /// # Errors
    /// The folder cannot be written: nothing happened.
    pub fn revert(&self, id: u64) -> Result<bool, StoreError> {
        let _production = self.production.lock();
        let found = self.settings.lock().snapshots.get(&id).cloned();
        let Some(snapshot) = found else { return Ok(false) };
        if let Some(store) = &self.store {
            store.lock().truncate(snapshot.height, snapshot.edits, snapshot.clock)?;
        }
        let removed;
        {
            let mut history = self.history.write();
            let mut settings = self.settings.lock();
            settings.snapshots.split_off(&id);
            settings.clock = snapshot.clock;
            removed = history.truncate(snapshot.height);
            history.set_head_state(snapshot.state, snapshot.edits);
            *self.pool.lock() = snapshot.pool;
        }
        tracing::info!(height = snapshot.height, removed = removed.len(), "reverted to snapshot {id}");
        let _ = self.events.send(Event::Reverted(removed));
        Ok(true)
    }

    /// How blocks are produced.
    pub fn mode(&self) -> MiningMode {
        *self.mode.borrow()
    }

    /// Changes how blocks are produced.
    pub fn set_mode(&self, mode: MiningMode) {
        self.mode.send_replace(mode);
    }

    /// Tells of every change of the mining mode.
    pub fn watch_mode(&self) -> watch::Receiver<MiningMode> {
        self.mode.subscribe()
    }

    /// Who receives tips.
    pub fn coinbase(&self) -> Address {
        self.settings.lock().coinbase
    }

    /// Changes who receives tips, from the next block on.
    pub fn set_coinbase(&self, coinbase: Address) {
        self.settings.lock().coinbase = coinbase;
    }

    /// Are proofs that fail at the head's state refused by the pool? Without that they fail in a block, at their sender's
    /// cost, as on a chain whose nodes do not look.
    pub fn set_proof_admission(&self, on: bool) {
        self.settings.lock().proof_admission = on;
    }

    /// Moves the clock forward; the whole offset in seconds comes back.
    pub fn increase_time(&self, seconds: u64) -> i64 {
        let _production = self.production.lock();
        let offset = self.settings.lock().clock.increase(seconds);
        self.keep_clock();
        offset
    }

    /// Sets the next block's timestamp.
    ///
    /// # Errors
    /// It is not after the head's, or after [`MAX_TIMESTAMP`].
    pub fn set_next_timestamp(&self, timestamp: u64) -> Result<(), TimestampError> {
        let _production = self.production.lock();
        let latest = self.head().block.header.timestamp;
        self.settings.lock().clock.set_next(timestamp, latest)?;
        self.keep_clock();
        Ok(())
    }

    /// The caller holds `production`. Blocks bring the clock along, so that losing it here costs little.
    fn keep_clock(&self) {
        if let Some(store) = &self.store {
            let clock = self.settings.lock().clock;
            if let Err(error) = store.lock().set_clock(clock) {
                tracing::warn!(%error, "the clock's offset was not kept");
            }
        }
    }

    /// Lets anybody send as `address` through `eth_sendTransaction`, or stops that.
    pub fn impersonate(&self, address: Address, on: bool) {
        let impersonated = &mut self.settings.lock().impersonated;
        if on {
            impersonated.insert(address);
        } else {
            impersonated.remove(&address);
        }
    }

    /// The same for every address.
    pub fn impersonate_all(&self, on: bool) {
        self.settings.lock().impersonate_all = on;
    }

    /// True when `address` may be sent from without its key.
    pub fn is_impersonated(&self, address: &Address) -> bool {
        let settings = self.settings.lock();
        settings.impersonate_all || settings.impersonated.contains(address)
    }

    /// Changes an account at the head without a block. The head's header keeps its state root; the next block's
    /// includes the edit.
    ///
    /// # Errors
    /// [`EditError`]: nothing happened.
    pub fn edit(&self, address: &Address, edit: Edit) -> Result<(), EditError> {
        let _production = self.production.lock();
        let head = self.head();
        let diff = StateDiff::edit(&head.state, address, edit)?;
        let state = head.state.apply(&diff);
        if let Some(store) = &self.store {
            store.lock().edit(head.block.number(), head.edits, &diff, &state)?;
        }
        self.history.write().set_head_state(state, head.edits.saturating_add(1));
        Ok(())
    }

    /// Sets a balance.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub fn set_balance(&self, address: &Address, balance: U256) -> Result<(), EditError> {
        self.edit(address, Edit::Balance(balance))
    }

    /// Sets a nonce.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub fn set_nonce(&self, address: &Address, nonce: u64) -> Result<(), EditError> {
        self.edit(address, Edit::Nonce(nonce))
    }

    /// Sets code.
    ///
    /// # Errors
    /// As [`Self::edit`]; malformed EIP-7702 delegations are refused.
    pub fn set_code(&self, address: &Address, code: Bytes) -> Result<(), EditError> {
        self.edit(address, Edit::Code(code))
    }

    /// Sets one storage slot.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub fn set_storage(&self, address: &Address, slot: U256, value: U256) -> Result<(), EditError> {
        self.edit(address, Edit::Slot(slot, value))
    }
}
