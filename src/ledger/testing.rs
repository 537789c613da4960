//! Made-up chains for tests and benchmarks: blocks whose receipts and state changes fit each other as real ones do.
//! Behind the feature `testing`.

use crate::{
    block::{BlockId, CommittedBlock, Receipt, SlotChange},
    delta::slots::{self, field, number, of},
    error::Error,
    heal::ChainView,
    ledger::{Ledger, Step},
    open::{Identity, Known},
    schema::{Column, SCHEMA},
};
use alloy_primitives::{Address, B256, FixedBytes, Log, LogData, U256};
use alloy_sol_types::SolEvent;
use pars_precompile::Genesis;
use pars_protocol::{
    ADDRESS, Pool, TeleportMessage, Tier,
    abi::IAIMiningEvents::{
        DeviceBound, DeviceRegistered, DeviceRevocationChanged, TeleportClaimed, Transfer, WorkAccepted,
    },
    ids,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Chain of the fixtures.
pub const CHAIN_ID: u32 = 6133;
/// How many of each there are: recipients, devices, miners.
pub const CAST: u64 = 6;

/// SplitMix64. `PARS_SEED` replaces the seed of every test that prints one.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a test; prints its seed.
    pub fn seeded(test: &str, seed: u64) -> Self {
        let seed =
            std::env::var("PARS_SEED").map_or(seed, |text| text.parse().expect("PARS_SEED is a number"));
        println!("{test}: PARS_SEED={seed}");
        Self(seed)
    }

    /// A generator that prints nothing.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `0..bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.any() % bound
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A folder that is gone when this is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// In memory where the system has such a place, else on disk.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        Self::below(&base)
    }

    /// On disk.
    pub fn on_disk() -> Self {
        Self::below(&std::env::temp_dir())
    }

    fn below(base: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let unique = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("pars-ledger-{}-{unique}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A ledger's place in it.
    pub fn ledger(&self) -> PathBuf {
        self.0.join("ledger")
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Column and key → value.
pub type Rows = BTreeMap<(Column, Vec<u8>), Vec<u8>>;

/// What a transaction of a made-up block does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Work number `work` of a device (attested if odd) is paid to a recipient.
    Work {
        /// Names the work; the same number is the same work.
        work: u64,
        /// Which device.
        device: u64,
        /// Which recipient.
        recipient: u64,
    },
    /// Teleport number `.0` of genesis is claimed.
    Claim(u64),
    /// A device registers and is bound to a miner.
    Register {
        /// Which device.
        device: u64,
        /// Which miner.
        miner: u64,
    },
    /// Governance sets a device's flag.
    Revoke {
        /// Which device.
        device: u64,
        /// The flag.
        revoked: bool,
    },
    /// A log of another contract.
    Noise,
    /// A transaction that reverts.
    Failure,
}

/// A recipient.
pub fn recipient(which: u64) -> Address {
    Address::left_padding_from(&(0xb000 + which).to_be_bytes())
}

/// A miner's address.
pub fn miner(which: u64) -> Address {
    Address::left_padding_from(&(0xa000 + which).to_be_bytes())
}

/// A device id.
pub fn device(which: u64) -> B256 {
    tag("device", which)
}

/// A work id.
pub fn work_id(work: u64) -> B256 {
    tag("work", work)
}

/// Reward of a work.
pub fn reward(work: u64) -> U256 {
    U256::from(1_000 + work % 997)
}

/// Units of a work.
pub const fn units(work: u64) -> u64 {
    1 + work % 101
}

/// Tier of a device.
pub const fn tier(which: u64) -> Tier {
    if which % 2 == 1 { Tier::Gh100 } else { Tier::Software }
}

fn tag(what: &str, which: u64) -> B256 {
    ids::blake3(format!("{what} {which}").as_bytes())
}

/// Teleport number `which` of genesis.
pub fn teleport(which: u64) -> TeleportMessage {
    TeleportMessage {
        src_chain: 1,
        dst_chain: CHAIN_ID,
        nonce: which,
        sender: tag("sender", which),
        recipient: recipient(which % CAST).into_word(),
        amount: U256::from(10_000 + which),
    }
}

/// A block and what later ones depend on.
#[derive(Clone, Debug)]
pub struct Tip {
    /// The block.
    pub block: Arc<CommittedBlock>,
    /// What it did: the transaction's index, the log index of its last event, the action.
    pub facts: Vec<(u32, u32, Action)>,
    state: BTreeMap<U256, U256>,
}

/// The chain's identity, with that many teleports in genesis.
pub fn identity(teleports: u64) -> Identity {
    let mut config = Genesis::dev(CHAIN_ID, Address::repeat_byte(0xaa));
    config.pending_teleports = (0..teleports).map(teleport).collect();
    let genesis_hash = tag("genesis", teleports);
    Identity { chain_id: CHAIN_ID, genesis_hash, config: Some(config) }
}

impl Tip {
    /// Block 0 of [`identity`].
    pub fn genesis(identity: &Identity) -> Self {
        let config = identity.config.as_ref().expect("a configuration");
        let account = config.account(identity.chain_id.into()).expect("a legal one");
        let changes = account
            .storage
            .iter()
            .map(|(slot, value)| (*slot, SlotChange { before: U256::ZERO, after: *value }))
            .collect();
        let block = CommittedBlock {
            id: identity.genesis(),
            parent: B256::ZERO,
            timestamp: 1_000,
            receipts: Vec::new(),
            changes,
        };
        // What later blocks change again; the rest of the storage stays as it is.
        let mut state = BTreeMap::new();
        for message in &config.pending_teleports {
            let to = message.recipient_address().expect("an address");
            for slot in [
                of(slots::TELEPORT_STATUS, ids::teleport_id(message)),
                of(slots::TELEPORT_PENDING, to.into_word()),
            ] {
                state.insert(slot, account.storage[&slot]);
            }
        }
        Self { block: Arc::new(block), facts: Vec::new(), state }
    }

    /// Number and hash.
    pub fn id(&self) -> BlockId {
        self.block.id
    }

    /// A child with these transactions. `salt` tells twins apart.
    pub fn child(&self, salt: u64, actions: &[Action]) -> Self {
        let id = self.id();
        let hash =
            ids::blake3(format!("{} {salt} {actions:?} {}", id.hash, id.number.wrapping_add(1)).as_bytes());
        let mut builder = Builder { state: self.state.clone(), changes: BTreeMap::new(), logs: Vec::new() };
        let (mut receipts, mut facts, mut log_index) = (Vec::new(), Vec::new(), 0);
        for (index, action) in (0u32..).zip(actions) {
            builder.act(action);
            let logs = std::mem::take(&mut builder.logs);
            log_index += u32::try_from(logs.len()).expect("few");
            facts.push((index, log_index.saturating_sub(1), *action));
            let transaction = ids::blake3(format!("{hash} {index}").as_bytes());
            receipts.push(Receipt { transaction, success: *action != Action::Failure, logs });
        }
        let block = CommittedBlock {
            id: BlockId { number: id.number + 1, hash },
            parent: id.hash,
            timestamp: self.block.timestamp + 2,
            receipts,
            changes: builder.changes,
        };
        Self { block: Arc::new(block), facts, state: builder.state }
    }
}

struct Builder {
    state: BTreeMap<U256, U256>,
    changes: BTreeMap<U256, SlotChange>,
    logs: Vec<Log>,
}

impl Builder {
    fn get(&self, slot: U256) -> U256 {
        self.state.get(&slot).copied().unwrap_or_default()
    }

    fn set(&mut self, slot: U256, after: U256) {
        let before = self.state.insert(slot, after).unwrap_or_default();
        self.change(slot, before, after);
    }

    /// A slot that no later block asks for.
    fn mark(&mut self, slot: U256, after: U256) {
        self.change(slot, U256::ZERO, after);
    }

    fn change(&mut self, slot: U256, before: U256, after: U256) {
        let change = self.changes.entry(slot).or_insert(SlotChange { before, after });
        change.after = after;
        if change.before == change.after {
            self.changes.remove(&slot);
        }
    }

    fn log(&mut self, event: &impl SolEvent) {
        self.logs.push(Log { address: ADDRESS, data: event.encode_log_data() });
    }

    fn mint(&mut self, to: Address, value: U256) {
        let supply = field(slots::TOTAL_SUPPLY);
        self.set(supply, self.get(supply) + value);
        self.log(&Transfer { from: Address::ZERO, to, value });
    }

    fn act(&mut self, action: &Action) {
        match *action {
            Action::Work { work, device: which, recipient: to } => self.work(work, which, recipient(to)),
            Action::Claim(which) => {
                let message = teleport(which);
                let (id, to) = (ids::teleport_id(&message), recipient(which % CAST));
                self.set(of(slots::TELEPORT_STATUS, id), U256::from(slots::CLAIMED));
                let pending = of(slots::TELEPORT_PENDING, to.into_word());
                self.set(pending, self.get(pending) - U256::from(1));
                self.mint(to, message.amount);
                self.log(&TeleportClaimed { teleportId: id, recipient: to, amount: message.amount });
            }
            Action::Register { device: which, miner: by } => {
                let (id, key) = (device(which), tag("key", by));
                self.set(of(slots::DEVICE_ICA, id), U256::from(1));
                self.set(slots::entry(of(slots::DEVICE_MINER, id), number(0)), key.into());
                self.log(&DeviceRegistered {
                    deviceId: id,
                    tier: tier(1).id(),
                    icaIndex: 0,
                    pdi: FixedBytes([7; 8]),
                    fwid: vec![8; 48].into(),
                });
                self.log(&DeviceBound { deviceId: id, miner: key, from: 3_600 });
            }
            Action::Revoke { device: which, revoked } => {
                let slot = of(slots::DEVICE_REVOKED, device(which));
                let old = !self.get(slot).is_zero();
                self.set(slot, U256::from(revoked));
                self.log(&DeviceRevocationChanged {
                    deviceId: device(which),
                    oldValue: old,
                    newValue: revoked,
                });
            }
            Action::Noise => {
                let data = LogData::new_unchecked(vec![Transfer::SIGNATURE_HASH], vec![1; 32].into());
                self.logs.push(Log { address: Address::repeat_byte(9), data });
            }
            Action::Failure => {}
        }
    }

    fn work(&mut self, work: u64, which: u64, to: Address) {
        let (id, job, tier) = (work_id(work), tag("job", work), tier(which));
        self.mark(of(slots::ACCEPTED_WORK, id), tag("proof", work).into());
        self.mark(of(slots::JOB_PAID, ids::job_mark(device(which), job)), U256::from(1));
        self.set(field(slots::LAST_WORK_ID), id.into());
        let proofs = of(slots::POOL_PROOFS, number(tier.pool().id().into()));
        self.set(proofs, self.get(proofs) + U256::from(1));
        self.mint(to, reward(work));
        self.log(&WorkAccepted {
            workId: id,
            recipient: to,
            jobId: job,
            deviceId: device(which),
            miner: miner(which),
            workDigest: tag("digest", work),
            proofHash: tag("proof", work),
            tier: tier.id(),
            trustBps: tier.trust_bps(),
            computeUnits: units(work),
            reward: reward(work),
            nativeReward: U256::from(u64::from(tier.pool() == Pool::Attested)),
            epoch: 1,
        });
    }
}

/// The path from block 0 to a head, as the authority that a ledger follows.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Block 0 first.
    pub tips: Vec<Tip>,
    /// Height of the last final block.
    pub finalized: u64,
}

impl Chain {
    /// Block 0 alone.
    pub fn new(identity: &Identity) -> Self {
        Self { tips: vec![Tip::genesis(identity)], finalized: 0 }
    }

    /// The head.
    pub fn tip(&self) -> &Tip {
        self.tips.last().expect("block 0 at least")
    }

    /// Adds a block.
    pub fn extend(&mut self, salt: u64, actions: &[Action]) -> Arc<CommittedBlock> {
        let child = self.tip().child(salt, actions);
        self.tips.push(child);
        self.tip().block.clone()
    }

    /// Takes blocks back, newest last.
    pub fn truncate(&mut self, height: u64) -> Vec<Arc<CommittedBlock>> {
        let keep = usize::try_from(height).expect("small") + 1;
        self.tips.split_off(keep).into_iter().map(|tip| tip.block).collect()
    }
}

impl ChainView for Chain {
    type Error = std::convert::Infallible;

    fn head(&self) -> Result<BlockId, Self::Error> {
        Ok(self.tip().id())
    }
    fn canonical_hash(&self, number: u64) -> Result<Option<B256>, Self::Error> {
        Ok(self.block(number)?.map(|block| block.id.hash))
    }
    fn block(&self, number: u64) -> Result<Option<Arc<CommittedBlock>>, Self::Error> {
        Ok(self.tips.get(usize::try_from(number).expect("small")).map(|tip| tip.block.clone()))
    }
    fn finalized(&self) -> Result<u64, Self::Error> {
        Ok(self.finalized)
    }
}

impl Ledger {
    /// [`Self::open`], calling `hook` at each step of each write.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with_hook(
        path: &Path,
        identity: Identity,
        hook: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let known = Known { schema: SCHEMA, migrations: crate::migrate::MIGRATIONS };
        Self::open_as(path, identity, &known, Some(Box::new(hook)))
    }

    /// Every row of every column.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn dump(&self) -> Result<Rows, Error> {
        let view = self.store.view();
        let mut rows = Rows::new();
        for column in Column::ALL {
            for row in view.rows(column)? {
                let (key, value) = row?;
                rows.insert((column, key.into_vec()), value.into_vec());
            }
        }
        Ok(rows)
    }

    /// Puts a row where the rules would not.
    ///
    /// # Errors
    /// The database fails.
    pub fn lie(&self, column: Column, key: &[u8], value: Option<&[u8]>) -> Result<(), Error> {
        let mut batch = self.store.batch();
        match value {
            Some(value) => batch.put(column, key, value)?,
            None => batch.delete(column, key)?,
        }
        batch.write(crate::store::Durability::Synced)
    }

    /// [`Self::apply`] without waiting for the disk.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn apply_unsynced(&self, block: &CommittedBlock) -> Result<(), Error> {
        self.apply_later(block).map(|_| ())
    }

    /// Number of the latest write: stays while nothing is written.
    pub fn sequence(&self) -> u64 {
        self.store.sequence()
    }

    /// Puts what is in memory into files, and waits until those are merged.
    ///
    /// # Errors
    /// The database fails.
    pub fn flush(&self) -> Result<(), Error> {
        self.store.flush()?;
        self.store.merged()
    }
}
