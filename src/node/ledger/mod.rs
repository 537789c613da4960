//! The ledger beside the chain: it follows committed blocks in the background, mends itself, and answers who spent what.
//! It decides nothing. Whatever happens to it, the chain goes on, and `aimining_syncStatus` says what.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `view.rs` | the chain as the ledger reads it |
//! | `follow.rs` | following and mending |
//! | `metrics.rs` | figures for monitoring |

mod follow;
pub mod metrics;
#[cfg(test)]
mod tests;
pub mod view;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use alloy_primitives::B256;
use parking_lot::{Condvar, Mutex};
use pars_ledger::{BlockId, Error, Ledger, Lookup, Unknown};
use tokio::sync::{Notify, broadcast};

use self::view::id_of;
use crate::chain::{Chain, Event};

/// How long a question waits for the ledger to reach the head that the chain had when it was asked.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the ledger is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Following the chain.
    Following,
    /// Making itself equal to the chain: what it missed, or everything.
    Healing {
        /// Height reached.
        at: u64,
        /// Height to reach.
        of: u64,
    },
    /// It cannot follow, for this reason. It tries again when the chain changes there, or some seconds later.
    Stalled(String),
    /// It is not open, for this reason; a restart tries again.
    Closed(String),
}

/// The ledger of a running node.
#[derive(Debug)]
pub struct LedgerService {
    chain: Arc<Chain>,
    ledger: Mutex<Result<Arc<Opened>, NotOpen>>,
    state: Mutex<State>,
    /// Told whenever the ledger has moved or the phase has changed.
    moved: Condvar,
    rebuilds: AtomicU64,
    /// Told when a question found the ledger to be wrong.
    poke: Notify,
    /// From before the ledger looked at the chain, so that nothing is missed in between.
    events: Mutex<Option<broadcast::Receiver<Event>>>,
}

/// For `Debug`, which RocksDB has not.
struct Opened(Ledger);

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ledger").field(&self.0.path()).finish()
    }
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// The block that the ledger refuses, with everything after it, until the chain takes it back.
    refused: Option<BlockId>,
}

/// The ledger is not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger is not available: {0}")]
pub struct NotOpen(pub String);

impl LedgerService {
    /// The ledger of this chain: in a folder, or in memory. One that cannot be opened does not keep the chain from
    /// running; one that is damaged is moved aside and built again.
    pub fn open(chain: Arc<Chain>, folder: Option<&Path>) -> Self {
        let events = Mutex::new(Some(chain.subscribe()));
        let (ledger, phase) = match open(&chain, folder) {
            Ok(ledger) => (Ok(Arc::new(Opened(ledger))), Phase::Healing { at: 0, of: 0 }),
            Err(error) => {
                tracing::error!(%error, "the node runs without its ledger");
                (Err(NotOpen(error.to_string())), Phase::Closed(error.to_string()))
            }
        };
        Self {
            chain,
            ledger: Mutex::new(ledger),
            state: Mutex::new(State { phase, refused: None }),
            moved: Condvar::new(),
            rebuilds: AtomicU64::new(0),
            poke: Notify::new(),
            events,
        }
    }

    /// What the ledger is doing.
    pub fn phase(&self) -> Phase {
        self.state.lock().phase.clone()
    }

    /// Times everything was thrown away and built again.
    pub fn rebuilds(&self) -> u64 {
        self.rebuilds.load(Ordering::Relaxed)
    }

    /// Closes it: another process may open the folder.
    pub fn close(&self) {
        let reason = "the node is stopping";
        *self.ledger.lock() = Err(NotOpen(reason.into()));
        self.enter(Phase::Closed(reason.into()));
    }

    /// Asks the ledger, once it has reached the chain's head or cannot reach it in time.
    ///
    /// # Errors
    /// It is not open.
    pub fn ask<T>(&self, question: impl FnOnce(&Ledger) -> T) -> Result<T, NotOpen> {
        let head = id_of(&self.chain.head().block);
        self.wait(Instant::now() + PATIENCE, |ledger| ledger.head() == Some(head));
        self.ask_now(question)
    }

    /// Asks the ledger as it is.
    ///
    /// # Errors
    /// It is not open.
    pub fn ask_now<T>(&self, question: impl FnOnce(&Ledger) -> T) -> Result<T, NotOpen> {
        let ledger = self.get()?;
        let answer = question(&ledger.0);
        if ledger.0.inconsistency().is_some() {
            self.poke.notify_one();
        }
        Ok(answer)
    }

    /// Was this work spent, as of the chain's head? With the block that the answer holds for.
    pub fn lookup(&self, work_id: B256) -> (BlockId, Lookup) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let head = id_of(&self.chain.head().block);
            let lookup = match self.get() {
                Ok(ledger) => ledger.0.lookup(work_id, head),
                Err(error) => Lookup::Unknown(Unknown::Unreadable(error.to_string())),
            };
            let Lookup::Unknown(why) = &lookup else { return (head, lookup) };
            if matches!(why, Unknown::Inconsistent(_)) {
                self.poke.notify_one();
            }
            // A block that came in between is worth another look.
            let late = !matches!(why, Unknown::Unreadable(_)) && Instant::now() < deadline;
            if !late || !self.wait(deadline, |ledger| ledger.head() == Some(head)) {
                return (head, lookup);
            }
        }
    }

    /// Waits until the ledger is there, and right. `false`: it is not, because time is up or it cannot follow.
    fn wait(&self, deadline: Instant, reached: impl Fn(&Ledger) -> bool) -> bool {
        let mut state = self.state.lock();
        loop {
            if self.get().is_ok_and(|ledger| reached(&ledger.0) && ledger.0.inconsistency().is_none()) {
                return true;
            }
            let hopeless = match state.phase {
                Phase::Following | Phase::Healing { .. } => false,
                // Not, if the chain has just taken back what the ledger refuses.
                Phase::Stalled(_) => state.refused.is_none_or(|refused| self.has(refused)),
                Phase::Closed(_) => true,
            };
            if hopeless || self.moved.wait_until(&mut state, deadline).timed_out() {
                return false;
            }
        }
    }

    /// True if this block is in the chain.
    fn has(&self, block: BlockId) -> bool {
        self.chain.block(block.number).is_some_and(|entry| entry.block.hash() == block.hash)
    }

    fn get(&self) -> Result<Arc<Opened>, NotOpen> {
        self.ledger.lock().clone()
    }

    fn enter(&self, phase: Phase) {
        let mut state = self.state.lock();
        if state.phase != phase {
            state.phase = phase;
        }
        drop(state);
        self.moved.notify_all();
    }
}

/// Opens the ledger. What is damaged is built again from the chain; what is not understood is left alone.
fn open(chain: &Chain, folder: Option<&Path>) -> Result<Ledger, Error> {
    let genesis = chain.block(0).map(|entry| entry.block.hash()).unwrap_or_default();
    let identity = view::identity(chain.chain_id(), genesis, chain.activation());
    let Some(folder) = folder else { return Ledger::in_memory(identity) };
    match Ledger::open(folder, identity.clone()) {
        Err(error @ (Error::Corrupt(_) | Error::Inconsistent(_))) => {
            let aside = Ledger::set_aside(folder)?;
            tracing::error!(%error, aside = %aside.display(), "the ledger is moved aside and built again");
            Ledger::open(folder, identity)
        }
        other => other,
    }
}
