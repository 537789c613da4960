//! From a submitted transaction to a block.

use std::{sync::Arc, time::Duration};

use alloy_primitives::B256;

use super::{
    Chain, Entry, Event,
    admission::{ProofRefused, VetError},
    block::{Block, BlockInputs, BuildError, Dropped, SignedTx, build},
    call::CallError,
    pool::{Admission, PoolError},
    snapshot::TimestampError,
};
use crate::evm::ExecutionError;

/// Blocks one request may ask for.
pub const MAX_MINE_BLOCKS: u64 = 10_000;

/// When blocks are produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MiningMode {
    /// At once, for every transaction that becomes executable.
    #[default]
    Instant,
    /// One per interval, empty or not.
    Interval(Duration),
    /// Only on `evm_mine`.
    Manual,
}

/// A submitted transaction did not make it.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Refused before execution.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A proof that fails at the head's state.
    #[error(transparent)]
    Proof(#[from] ProofRefused),
    /// A proof could not be looked at: the node is broken.
    #[error(transparent)]
    Vetting(CallError),
    /// Admitted, then found not executable.
    #[error("{0}")]
    Execution(ExecutionError),
    /// Its block could not be produced.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl From<VetError> for SubmitError {
    fn from(error: VetError) -> Self {
        match error {
            VetError::Refused(refused) => Self::Proof(refused),
            VetError::Broken(broken) => Self::Vetting(broken),
        }
    }
}

/// Blocks could not be mined as asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MineError {
    /// Too many at once.
    #[error("at most {MAX_MINE_BLOCKS} blocks can be mined by one request")]
    TooMany,
    /// The given time cannot be a block's.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// Execution broke.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// The outcome of one attempt to produce a block.
#[derive(Debug, Default)]
struct Produced {
    block: Option<Arc<Block>>,
    dropped: Vec<Dropped>,
}

impl Chain {
    /// Admits a transaction and, in instant mode, mines it. `trusted` skips what impersonation must skip.
    ///
    /// # Errors
    /// The transaction is refused, or it was dropped when its block was built.
    pub fn submit(&self, tx: SignedTx, trusted: bool) -> Result<B256, SubmitError> {
        let head = self.head();
        let context = self.next_context(&head);
        let admission = Admission {
            state: &head.state,
            chain_id: self.chain_id(),
            fork: self.executor.hardforks().at(context.timestamp),
            base_fee: context.base_fee,
            gas_limit: context.gas_limit,
            allow_contract_sender: trusted,
        };
        // What is cheap to know comes first. No lock is held while a proof is looked at.
        if self.settings.lock().proof_admission {
            self.pool.lock().check(&tx, &admission)?;
            self.vet_proof(&tx, &head)?;
        }
        let hash = self.pool.lock().add(tx, &admission)?;
        // Nobody listening is fine.
        let _ = self.events.send(Event::Pending(hash));
        tracing::debug!(%hash, "transaction admitted");
        self.mine_executable(hash)?;
        Ok(hash)
    }

    /// In instant mode, mines what waits and is executable.
    ///
    /// # Errors
    /// Execution broke outside of any transaction.
    pub fn mine_waiting(&self) -> Result<(), SubmitError> {
        self.mine_executable(B256::ZERO)
    }

    /// In instant mode, mines until nothing executable is left. Fails only for what happened to `hash`.
    fn mine_executable(&self, hash: B256) -> Result<(), SubmitError> {
        let _production = self.production.lock();
        if self.mode() != MiningMode::Instant {
            return Ok(());
        }
        let mut fate = Ok(());
        loop {
            match self.produce(false) {
                Ok(Produced { block, dropped }) => {
                    let lost = dropped.iter().find(|dropped| dropped.hash == hash);
                    if let Some(lost) = lost {
                        fate = Err(SubmitError::Execution(lost.error.clone()));
                    }
                    if block.is_none() && dropped.is_empty() {
                        return fate;
                    }
                }
                // The culprit is out of the pool, the others get their block.
                Err(error) if error.transaction.is_some() => {
                    if error.transaction == Some(hash) {
                        fate = Err(error.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Produces one block now, empty or not.
    ///
    /// # Errors
    /// A fatal error: no block was produced, and the transaction at fault has left the pool.
    pub fn mine_block(&self) -> Result<Arc<Block>, BuildError> {
        let _production = self.production.lock();
        self.mine_one()
    }

    /// Produces `count` blocks `interval` seconds apart, the first one at `timestamp` where given.
    ///
    /// # Errors
    /// Too many blocks, a time in the past, or a fatal error.
    pub fn mine(&self, count: u64, interval: Option<u64>, timestamp: Option<u64>) -> Result<(), MineError> {
        if count > MAX_MINE_BLOCKS {
            return Err(MineError::TooMany);
        }
        let _production = self.production.lock();
        let set_next = |given: u64, latest: u64| self.settings.lock().clock.set_next(given, latest);
        if let Some(given) = timestamp {
            set_next(given, self.head().block.header.timestamp)?;
        }
        for index in 0..count {
            let latest = self.mine_one()?.header.timestamp;
            if let Some(interval) = interval.filter(|_| index + 1 < count) {
                set_next(latest.saturating_add(interval.max(1)), latest)?;
            }
        }
        Ok(())
    }

    /// One block, empty or not. The caller holds `production`.
    fn mine_one(&self) -> Result<Arc<Block>, BuildError> {
        let number = self.height();
        match self.produce(true)?.block {
            Some(block) => Ok(block),
            // Unreachable: an empty block is asked for, so one is produced.
            None => Err(BuildError {
                number,
                transaction: None,
                error: ExecutionError::Fatal("no block was produced".into()),
            }),
        }
    }

    /// Builds a block from what is executable and appends it. Without `empty`, nothing happens when no transaction
    /// gets in. The caller holds `production`.
    fn produce(&self, empty: bool) -> Result<Produced, BuildError> {
        let head = self.head();
        let parent = &head.block.header;
        let context = self.next_context(&head);
        let candidates = self.pool.lock().executable(&head.state, context.base_fee);
        if candidates.is_empty() && !empty {
            return Ok(Produced::default());
        }
        let inputs = BlockInputs {
            executor: &self.executor,
            activation: self.activation.as_ref(),
            parent,
            parent_state: &head.state,
            parent_db: self.database(&head),
            context,
        };
        let built = match build(inputs, candidates) {
            Ok(built) => built,
            Err(error) => {
                tracing::error!(number = error.number, transaction = ?error.transaction, %error, "no block");
                if let Some(hash) = &error.transaction {
                    self.pool.lock().remove(hash);
                }
                return Err(error);
            }
        };
        for dropped in &built.dropped {
            tracing::warn!(hash = %dropped.hash, error = %dropped.error, "transaction dropped");
            self.pool.lock().remove(&dropped.hash);
        }
        if built.block.transactions.is_empty() && !empty {
            return Ok(Produced { block: None, dropped: built.dropped });
        }
        let block = Arc::new(built.block);
        self.keep(&block)?;
        {
            let mut history = self.history.write();
            history.push(Entry { block: block.clone(), state: built.state.clone(), edits: 0 });
            self.pool.lock().prune(&built.state);
        }
        tracing::info!(
            number = block.number(),
            hash = %block.hash(),
            transactions = block.transactions.len(),
            gas_used = block.header.gas_used,
            base_fee = block.base_fee(),
            timestamp = block.header.timestamp,
            "block"
        );
        for (hash, reason) in &built.failed {
            tracing::info!(%hash, %reason, "transaction failed");
        }
        let _ = self.events.send(Event::Block(block.clone()));
        Ok(Produced { block: Some(block), dropped: built.dropped })
    }

    /// On disk, where there is one, before anybody sees it. The clock goes on with the block.
    fn keep(&self, block: &Block) -> Result<(), BuildError> {
        let mut clock = self.settings.lock().clock;
        clock.consumed();
        if let Some(store) = &self.store {
            store.lock().append(block, clock).map_err(|error| {
                tracing::error!(number = block.number(), %error, "the block is not kept, so it does not exist");
                BuildError {
                    number: block.number(),
                    transaction: None,
                    error: ExecutionError::Fatal(error.to_string()),
                }
            })?;
        }
        self.settings.lock().clock = clock;
        Ok(())
    }

    /// The block that would be produced now. Nothing is kept of it.
    ///
    /// # Errors
    /// A fatal error.
    pub fn preview(&self) -> Result<Entry, BuildError> {
        let head = self.head();
        let context = self.next_context(&head);
        let candidates = self.pool.lock().executable(&head.state, context.base_fee);
        let inputs = BlockInputs {
            executor: &self.executor,
            activation: self.activation.as_ref(),
            parent: &head.block.header,
            parent_state: &head.state,
            parent_db: self.database(&head),
            context,
        };
        let built = build(inputs, candidates)?;
        Ok(Entry { block: Arc::new(built.block), state: built.state, edits: 0 })
    }
}
