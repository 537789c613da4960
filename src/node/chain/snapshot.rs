//! What only a dev chain can do: clock, mining mode, snapshots, edits of state, impersonation.

use std::{
    collections::{BTreeMap, HashSet},
    time::{SystemTime, UNIX_EPOCH},
};

use alloy_primitives::{Address, Bytes, U256};
use tokio::sync::watch;

use super::{
    Chain, Event,
    pool::Pool,
    produce::MiningMode,
    state::{AccountState, Code, StateError, StateView},
};

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

/// Seconds since 1970 by this machine's clock.
pub fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|elapsed| elapsed.as_secs()).unwrap_or_default()
}

/// The chain's clock: the machine's plus an offset.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    offset: i64,
    next: Option<u64>,
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

    /// Goes back to a snapshot, which is used up with all later ones; `false` when there is none with this id.
    pub fn revert(&self, id: u64) -> bool {
        let _production = self.production.lock();
        let removed;
        let snapshot;
        {
            let mut history = self.history.write();
            let mut settings = self.settings.lock();
            let mut later = settings.snapshots.split_off(&id);
            snapshot = match later.remove(&id) {
                Some(snapshot) => snapshot,
                None => {
                    settings.snapshots.append(&mut later);
                    return false;
                }
            };
            settings.clock = snapshot.clock;
            removed = history.truncate(snapshot.height);
            history.set_head_state(snapshot.state);
            *self.pool.lock() = snapshot.pool;
        }
        tracing::info!(height = snapshot.height, removed = removed.len(), "reverted to snapshot {id}");
        let _ = self.events.send(Event::Reverted(removed));
        true
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
        self.settings.lock().clock.increase(seconds)
    }

    /// Sets the next block's timestamp.
    ///
    /// # Errors
    /// It is not after the head's, or after [`MAX_TIMESTAMP`].
    pub fn set_next_timestamp(&self, timestamp: u64) -> Result<(), TimestampError> {
        let latest = self.head().block.header.timestamp;
        self.settings.lock().clock.set_next(timestamp, latest)
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
    pub fn edit_account<E>(
        &self,
        address: &Address,
        edit: impl FnOnce(&mut AccountState) -> Result<(), E>,
    ) -> Result<(), E> {
        let _production = self.production.lock();
        let mut state = self.head().state;
        let mut account = state.account(address).cloned().unwrap_or_default();
        edit(&mut account)?;
        state.set_account(address, account);
        self.history.write().set_head_state(state);
        Ok(())
    }

    /// Sets a balance.
    pub fn set_balance(&self, address: &Address, balance: U256) {
        let _: Result<(), StateError> = self.edit_account(address, |account| {
            account.balance = balance;
            Ok(())
        });
    }

    /// Sets a nonce.
    pub fn set_nonce(&self, address: &Address, nonce: u64) {
        let _: Result<(), StateError> = self.edit_account(address, |account| {
            account.nonce = nonce;
            Ok(())
        });
    }

    /// Sets code.
    ///
    /// # Errors
    /// Malformed EIP-7702 delegations are refused.
    pub fn set_code(&self, address: &Address, code: Bytes) -> Result<(), StateError> {
        self.edit_account(address, |account| {
            account.code = Code::new(code)?;
            Ok(())
        })
    }

    /// Sets one storage slot.
    pub fn set_storage(&self, address: &Address, slot: U256, value: U256) {
        let _: Result<(), StateError> = self.edit_account(address, |account| {
            account.set_storage(slot, value);
            Ok(())
        });
    }
}
