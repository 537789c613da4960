//! The chain: blocks with their states, the pool, and everything that reads or extends them.
//!
//! Four locks, always taken in this order and never held across an await: `production` (one block, edit or revert at a
//! time), `history` (blocks and states), `settings` (clock, mode), `pool`. Whoever executes works on an immutable
//! [`StateView`] and holds at most `production`, so readers never wait for execution. With a data directory, what is
//! made is on disk before anybody sees it; `store` is a fifth lock, inside of `production` and of nothing else.

pub mod activation;
pub mod admission;
pub mod block;
pub mod call;
pub mod dev_accounts;
pub mod diff;
pub mod fees;
pub mod genesis;
pub mod hardfork;
pub mod pool;
pub mod produce;
pub mod simulate;
pub mod snapshot;
pub mod state;
pub mod trie;
mod verification;

#[cfg(test)]
pub(crate) mod tests;

use std::{collections::HashMap, sync::Arc};

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{broadcast, watch};

use self::{
    activation::Activation,
    block::{Block, next_context},
    diff::StateDiff,
    genesis::ChainSpec,
    pool::Pool,
    produce::MiningMode,
    snapshot::Settings,
    state::{StateDb, StateView},
    verification::Verification,
};
use crate::{
    evm::{BlockContext, Executor},
    store::{ChainStore, Stored},
};

/// Blocks after which a block is final, unless the node is told otherwise.
pub const DEFAULT_FINALITY: u64 = 64;

/// Events a slow subscriber may lag behind before it loses some.
const EVENT_CAPACITY: usize = 1024;
/// Hashes that execution may ask for: BLOCKHASH reaches 256 blocks back, and a call on the head stands at the head's
/// own number, one lower than the next block.
const BLOCK_HASH_WINDOW: usize = 257;

/// The asked-for block does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("block not found")]
pub struct UnknownBlock;

/// What happens on the chain, for subscriptions.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new head.
    Block(Arc<Block>),
    /// Blocks taken back, newest first.
    Reverted(Vec<Arc<Block>>),
    /// A transaction entered the pool.
    Pending(B256),
}

/// A block and the state after it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The block.
    pub block: Arc<Block>,
    /// The state; edits by dev methods (`anvil_setBalance` and its kin) change it for the head without a new block.
    pub state: StateView,
    /// How many such edits there were.
    pub edits: u32,
}

#[derive(Debug)]
pub(crate) struct History {
    entries: Vec<Entry>,
    by_hash: HashMap<B256, u64>,
    transactions: HashMap<B256, (u64, usize)>,
    /// The head after each revert so far: pollers see from it what they must read again.
    rewinds: Vec<u64>,
    /// Block 0, so that a head always exists.
    genesis: Entry,
}

/// What a block id stands for.
#[derive(Clone, Debug)]
pub enum Target {
    /// A block of the chain.
    Block(Entry),
    /// The block that comes next, on top of this one.
    Pending(Entry),
}

impl Target {
    /// The entry whose state is meant.
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Block(entry) | Self::Pending(entry) => entry,
        }
    }

    /// The same, owned.
    pub fn into_entry(self) -> Entry {
        match self {
            Self::Block(entry) | Self::Pending(entry) => entry,
        }
    }
}

/// A chain.
#[derive(Debug)]
pub struct Chain {
    executor: Executor,
    activation: Option<Activation>,
    verification: Verification,
    production: Mutex<()>,
    history: RwLock<History>,
    settings: Mutex<Settings>,
    pool: Mutex<Pool>,
    /// `None`: in memory only.
    store: Option<Mutex<ChainStore>>,
    finality: u64,
    mode: watch::Sender<MiningMode>,
    events: broadcast::Sender<Event>,
}

impl Chain {
    /// A chain that consists of its genesis block, in memory.
    pub fn new(spec: ChainSpec, mode: MiningMode, coinbase: Address) -> Self {
        let block = Block {
            header: spec.header.clone(),
            transactions: Vec::new(),
            receipts: Vec::new(),
            diff: StateDiff::default(),
        };
        let genesis = Entry { block: Arc::new(block), state: spec.state.clone(), edits: 0 };
        Self::with(spec, vec![genesis], Settings::new(coinbase), mode)
    }

    /// A chain that goes on where its folder ends.
    pub fn resume(stored: Stored, mode: MiningMode, coinbase: Address) -> Self {
        let Stored { store, spec, entries, clock } = stored;
        let mut settings = Settings::new(coinbase);
        settings.clock = clock;
        Self { store: Some(Mutex::new(store)), ..Self::with(spec, entries, settings, mode) }
    }

    /// `entries` starts with block 0.
    fn with(spec: ChainSpec, entries: Vec<Entry>, settings: Settings, mode: MiningMode) -> Self {
        let verification = Verification::default();
        let factory = activation::factory(spec.activation.as_ref(), verification.verifiers());
        let executor = Executor::new(factory, spec.chain_id, spec.hardforks);
        let mut entries = entries.into_iter();
        let genesis =
            entries.next().unwrap_or_else(|| Self::new(spec.clone(), mode, settings.coinbase).head());
        let mut history = History {
            entries: vec![genesis.clone()],
            by_hash: HashMap::from([(genesis.block.hash(), 0)]),
            transactions: HashMap::new(),
            rewinds: Vec::new(),
            genesis,
        };
        entries.for_each(|entry| history.push(entry));
        Self {
            executor,
            activation: spec.activation,
            verification,
            production: Mutex::new(()),
            history: RwLock::new(history),
            settings: Mutex::new(settings),
            pool: Mutex::default(),
            store: None,
            finality: DEFAULT_FINALITY,
            mode: watch::Sender::new(mode),
            events: broadcast::Sender::new(EVENT_CAPACITY),
        }
    }

    /// The same with another distance from head to finality.
    #[must_use]
    pub fn with_finality(mut self, blocks: u64) -> Self {
        self.finality = blocks;
        self
    }

    /// Closes the folder, if there is one: from then on nothing can be made, and another process may open it.
    pub fn close(&self) {
        let _production = self.production.lock();
        if let Some(store) = &self.store {
            store.lock().close();
        }
    }

    /// Chain id.
    pub fn chain_id(&self) -> u64 {
        self.executor.chain_id()
    }

    /// What makes EVMs.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The precompile's activation, if this chain has the precompile.
    pub fn activation(&self) -> Option<&Activation> {
        self.activation.as_ref()
    }

    /// Is the precompile there in a block of this timestamp?
    pub fn is_active(&self, timestamp: u64) -> bool {
        self.activation.as_ref().is_some_and(|activation| activation.timestamp <= timestamp)
    }

    /// New events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// The newest block.
    pub fn head(&self) -> Entry {
        self.history.read().head().clone()
    }

    /// Height of the newest block.
    pub fn height(&self) -> u64 {
        self.history.read().head().block.number()
    }

    /// Height of the last block that is final: no block below it is taken back, but by `evm_revert`.
    pub fn finalized(&self) -> u64 {
        self.height().saturating_sub(self.finality)
    }

    /// True if it is kept in a data directory.
    pub fn is_persistent(&self) -> bool {
        self.store.is_some()
    }

    /// Blocks from the head to the last final one.
    pub fn finality(&self) -> u64 {
        self.finality
    }

    /// Block by number.
    pub fn block(&self, number: u64) -> Option<Entry> {
        self.history.read().entry(number).cloned()
    }

    /// Block by hash.
    pub fn block_by_hash(&self, hash: &B256) -> Option<Entry> {
        let history = self.history.read();
        history.by_hash.get(hash).and_then(|number| history.entry(*number)).cloned()
    }

    /// The blocks from `first` to `last`, both included, as far as they exist.
    pub fn blocks(&self, first: u64, last: u64) -> Vec<Arc<Block>> {
        let history = self.history.read();
        let skip = usize::try_from(first).unwrap_or(usize::MAX);
        let take = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(usize::MAX);
        if last < first {
            return Vec::new();
        }
        history.entries.iter().skip(skip).take(take).map(|entry| entry.block.clone()).collect()
    }

    /// What `id` stands for. `finalized` is so many blocks below the head as finality takes, `safe` half as many, as
    /// where a block is justified one epoch before it is final; both are block 0 on a chain that is younger.
    pub fn resolve(&self, id: BlockId) -> Result<Target, UnknownBlock> {
        let found = match id {
            BlockId::Hash(hash) => self.block_by_hash(&hash.block_hash),
            BlockId::Number(BlockNumberOrTag::Number(number)) => self.block(number),
            BlockId::Number(BlockNumberOrTag::Earliest) => self.block(0),
            BlockId::Number(BlockNumberOrTag::Pending) => return Ok(self.pending()),
            BlockId::Number(BlockNumberOrTag::Latest) => Some(self.head()),
            BlockId::Number(BlockNumberOrTag::Safe) => self.below_head(self.finality / 2),
            BlockId::Number(BlockNumberOrTag::Finalized) => self.below_head(self.finality),
        };
        found.map(Target::Block).ok_or(UnknownBlock)
    }

    fn below_head(&self, blocks: u64) -> Option<Entry> {
        let history = self.history.read();
        history.entry(history.head().block.number().saturating_sub(blocks)).cloned()
    }

    /// The block that would be produced now, executed; with nothing to execute, the place on top of the head. So it is
    /// too when it cannot be produced, which producing it will tell.
    fn pending(&self) -> Target {
        let head = self.head();
        let base_fee = self.next_context(&head).base_fee;
        if self.pool.lock().executable(&head.state, base_fee).is_empty() {
            return Target::Pending(head);
        }
        self.preview().map_or(Target::Pending(head), Target::Block)
    }

    /// The state that `id` stands for.
    pub fn state(&self, id: BlockId) -> Result<StateView, UnknownBlock> {
        Ok(self.resolve(id)?.into_entry().state)
    }

    /// Block and index of a mined transaction.
    pub fn transaction(&self, hash: &B256) -> Option<(Arc<Block>, usize)> {
        let history = self.history.read();
        let (number, index) = history.transactions.get(hash)?;
        history.entry(*number).map(|entry| (entry.block.clone(), *index))
    }

    /// Reads the pool.
    pub fn with_pool<T>(&self, read: impl FnOnce(&Pool) -> T) -> T {
        read(&self.pool.lock())
    }

    /// Writes the pool.
    pub fn with_pool_mut<T>(&self, write: impl FnOnce(&mut Pool) -> T) -> T {
        write(&mut self.pool.lock())
    }

    /// The nonce of the next transaction of `address`, the executable ones in the pool counted.
    pub fn pending_nonce(&self, address: &Address) -> u64 {
        let nonce = self.head().state.nonce(address);
        self.pool.lock().next_nonce(address, nonce)
    }

    /// How many reverts there have been, and for each after the first `seen` the head it left.
    pub fn rewinds_since(&self, seen: usize) -> (usize, Vec<u64>) {
        let history = self.history.read();
        let new = history.rewinds.get(seen..).map(<[u64]>::to_vec).unwrap_or_default();
        (history.rewinds.len(), new)
    }

    /// revm's view of the state after `entry`.
    pub fn database(&self, entry: &Entry) -> StateDb {
        let number = entry.block.number();
        let history = self.history.read();
        let end = usize::try_from(number).unwrap_or(usize::MAX).saturating_add(1).min(history.entries.len());
        let start = end.saturating_sub(BLOCK_HASH_WINDOW);
        let hashes: Arc<[B256]> = history
            .entries
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .map(|entry| entry.block.hash())
            .collect();
        StateDb::new(entry.state.clone(), hashes, number)
    }

    /// The environment of the block after `entry`, were it produced now.
    pub fn next_context(&self, entry: &Entry) -> BlockContext {
        let (timestamp, coinbase) = {
            let settings = self.settings.lock();
            (settings.clock.next_timestamp(entry.block.header.timestamp), settings.coinbase)
        };
        next_context(&entry.block.header, entry.block.hash(), &self.executor, timestamp, coinbase)
    }

    /// Base fee of the next block.
    pub fn next_base_fee(&self) -> u64 {
        self.next_context(&self.head()).base_fee
    }
}

impl History {
    fn head(&self) -> &Entry {
        self.entries.last().unwrap_or(&self.genesis)
    }

    fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(number).ok()?)
    }

    /// Appends a block.
    fn push(&mut self, entry: Entry) {
        let number = entry.block.number();
        self.by_hash.insert(entry.block.hash(), number);
        for (index, tx) in entry.block.transactions.iter().enumerate() {
            self.transactions.insert(*tx.tx_hash(), (number, index));
        }
        self.entries.push(entry);
    }

    /// Removes every block above `head`, newest first.
    fn truncate(&mut self, head: u64) -> Vec<Arc<Block>> {
        let mut removed = Vec::new();
        while self.entries.last().is_some_and(|entry| entry.block.number() > head) {
            if let Some(entry) = self.entries.pop() {
                self.by_hash.remove(&entry.block.hash());
                for tx in &entry.block.transactions {
                    self.transactions.remove(tx.tx_hash());
                }
                removed.push(entry.block);
            }
        }
        self.rewinds.push(head);
        removed
    }

    /// Replaces the head's state, which is then that after so many edits.
    fn set_head_state(&mut self, state: StateView, edits: u32) {
        let head = self.entries.last_mut().unwrap_or(&mut self.genesis);
        (head.state, head.edits) = (state, edits);
    }
}
