//! Following the chain: `apply`, `revert_to`, `finalize`, and `notify`, which is made of them.

use crate::{
    beside::beside,
    block::{BlockId, CommittedBlock, Notification, Segment, follows},
    change::{Arrival, Change, Encoded, Replaced, next_row, totals_match_state},
    delta::{Delta, Entry},
    error::{Error, Gap, Inconsistency, Reach},
    open::Identity,
    query::Unknown,
    rows::{self, Claim, Delivery, Field, Kind, Work},
    schema::Column,
    store::{Batch, Durability, Store, decode},
};
use alloy_primitives::B256;
use parking_lot::{Mutex, MutexGuard, RwLock};
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// Entries from which on a block is checked on a second thread: where a processor is free, that saves more than half a microsecond an
/// entry; starting a thread costs one or two hundred.
pub(crate) const BESIDE: usize = 256;

/// Keys of the column `meta`.
pub(crate) mod meta {
    pub(crate) const SCHEMA: &[u8] = b"schema";
    pub(crate) const CHAIN_ID: &[u8] = b"chain_id";
    pub(crate) const GENESIS: &[u8] = b"genesis";
    pub(crate) const HEAD: &[u8] = b"head";
    pub(crate) const FINALIZED: &[u8] = b"finalized";
}

/// An open ledger. Readers never wait for the disk; writers take turns.
pub struct Ledger {
    pub(crate) store: Store,
    pub(crate) identity: Identity,
    path: PathBuf,
    writer: Mutex<()>,
    position: RwLock<Position>,
    metrics: Counters,
    /// Called at each step of a write, by tests that break off there.
    pub(crate) hook: Option<Hook>,
}

pub(crate) type Hook = Box<dyn Fn(Step) + Send + Sync>;

/// Where the ledger stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) head: Option<BlockId>,
    pub(crate) finalized: Option<BlockId>,
    /// A write is under way: rows may be those before or those after it.
    pub(crate) moving: bool,
    /// The ledger was found to be wrong.
    pub(crate) suspect: Option<Inconsistency>,
    /// Raised by every write.
    pub(crate) generation: u64,
}

/// How a block stands to the head.
enum Turn {
    /// It is there already, with the same contents.
    Already,
    /// It is the next one, after the block with this row; block 0 after none.
    Next(Option<Box<rows::Block>>),
}

/// What [`Ledger::apply`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The block is the new head.
    New,
    /// It was there already, with the same contents. Nothing was written.
    Already,
}

/// Steps of a write, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Nothing is done yet.
    Begin,
    /// Everything was checked and collected, nothing written.
    Prepared,
    /// The batch is written, the ledger in memory still stands before it.
    Written,
    /// The same, and on disk; not of writes that a later one makes durable.
    Synced,
    /// Done.
    Settled,
}

/// Figures for monitoring, since opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Blocks applied.
    pub applied: u64,
    /// Blocks taken back.
    pub reverted: u64,
    /// Times the ledger differed from the chain and was made equal.
    pub heals: u64,
    /// Times it was found inconsistent.
    pub inconsistencies: u64,
    /// Duration of the last commit in microseconds.
    pub last_commit_micros: u64,
    /// Of all commits together.
    pub commit_micros: u64,
}

#[derive(Debug, Default)]
struct Counters {
    applied: AtomicU64,
    reverted: AtomicU64,
    heals: AtomicU64,
    inconsistencies: AtomicU64,
    last_commit: AtomicU64,
    commits: AtomicU64,
}

impl Ledger {
    pub(crate) fn new(
        path: &Path,
        store: Store,
        identity: Identity,
        head: Option<BlockId>,
        finalized: Option<BlockId>,
    ) -> Self {
        Self {
            store,
            identity,
            path: path.to_owned(),
            writer: Mutex::default(),
            position: RwLock::new(Position { head, finalized, ..Default::default() }),
            metrics: Counters::default(),
            hook: None,
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whose ledger it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The last block applied; `None` before block 0.
    pub fn head(&self) -> Option<BlockId> {
        self.position.read().head
    }

    /// The last block that cannot be taken back.
    pub fn finalized(&self) -> Option<BlockId> {
        self.position.read().finalized
    }

    pub(crate) fn position(&self) -> Position {
        self.position.read().clone()
    }

    /// Nothing was written since.
    pub(crate) fn stands_at(&self, position: &Position) -> bool {
        *self.position.read() == *position
    }

    /// Figures for monitoring.
    pub fn metrics(&self) -> Metrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            applied: read(&self.metrics.applied),
            reverted: read(&self.metrics.reverted),
            heals: read(&self.metrics.heals),
            inconsistencies: read(&self.metrics.inconsistencies),
            last_commit_micros: read(&self.metrics.last_commit),
            commit_micros: read(&self.metrics.commits),
        }
    }

    pub(crate) fn count_heal(&self) {
        self.metrics.heals.fetch_add(1, Ordering::Relaxed);
    }

    /// Follows the chain. On an error the ledger stands at the blocks that were done.
    ///
    /// # Errors
    /// As [`Self::revert_to`] and [`Self::apply`].
    pub fn notify(&self, notification: &Notification) -> Result<(), Error> {
        let writer = self.writer.lock();
        if let Some(old) = notification.reverted() {
            let holds =
                |segment: &Segment| segment.blocks().iter().any(|block| Some(block.id) == self.head());
            if holds(old) {
                self.unwind(&writer, old.parent())?;
            } else if self.head().map(|head| head.hash) != Some(old.parent())
                && !notification.committed().is_some_and(holds)
            {
                // Neither before nor after this notification: the ledger follows something else, and has to heal.
                return Err(gap(self.head(), old.tip(), old.parent()));
            }
        }
        if let Some(new) = notification.committed() {
            let mut blocks = new.blocks().iter().peekable();
            while let Some(block) = blocks.next() {
                let durability = if blocks.peek().is_some() { Durability::Later } else { Durability::Synced };
                self.commit(&writer, block, durability)?;
            }
        }
        Ok(())
    }

    /// Makes the child of the head the new head: one atomic batch over all columns, on disk when this returns. A block
    /// that is there already is left alone.
    ///
    /// # Errors
    /// [`Error::NotContinuous`], [`Error::Block`]: another block is asked for. [`Error::Inconsistent`]: the ledger is
    /// wrong. Nothing was written in any case.
    pub fn apply(&self, block: &CommittedBlock) -> Result<Applied, Error> {
        self.commit(&self.writer.lock(), block, Durability::Synced)
    }

    /// The same; a crash may take it back until a later [`Self::apply`].
    pub(crate) fn apply_later(&self, block: &CommittedBlock) -> Result<Applied, Error> {
        self.commit(&self.writer.lock(), block, Durability::Later)
    }

    /// Takes back the blocks above the one with this hash, newest first. To the head itself changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfReach`]: it is none of the blocks from the finalized one to the head.
    pub fn revert_to(&self, hash: B256) -> Result<(), Error> {
        self.unwind(&self.writer.lock(), hash)
    }

    /// Drops what could take back the blocks up to `number`. Lower than before changes nothing.
    ///
    /// # Errors
    /// [`Error::NotThere`]: it is above the head.
    pub fn finalize(&self, number: u64) -> Result<(), Error> {
        let _writer = self.writer.lock();
        let position = self.position();
        let (Some(head), Some(finalized)) = (position.head, position.finalized) else {
            return Err(Error::NotThere { number, head: None });
        };
        if number <= finalized.number {
            return Ok(());
        }
        if number > head.number {
            return Err(Error::NotThere { number, head: Some(head) });
        }
        self.step(Step::Begin);
        let hash = self.block_row(number)?.hash;
        let finalized_now = BlockId { number, hash };
        let mut batch = self.store.batch();
        for passed in finalized.number..=number {
            batch.delete(Column::Undo, &passed.to_be_bytes())?;
        }
        batch.put(Column::Meta, meta::FINALIZED, &finalized_now.encode())?;
        self.step(Step::Prepared);
        // Lost in a crash, it costs nothing but a few rows: the next call repeats it.
        self.write(batch, Durability::Later, |position| position.finalized = Some(finalized_now))
    }

    /// Removes every row: the ledger is as new. For the rebuilding of one that is [`Error::Inconsistent`].
    ///
    /// # Errors
    /// The database fails.
    pub fn reset(&self) -> Result<(), Error> {
        let _writer = self.writer.lock();
        self.step(Step::Begin);
        let mut batch = self.store.batch();
        for column in Column::ALL {
            if column == Column::Meta {
                batch.delete(column, meta::HEAD)?;
                batch.delete(column, meta::FINALIZED)?;
            } else {
                batch.clear(column)?;
            }
        }
        self.step(Step::Prepared);
        self.write(batch, Durability::Synced, |position| {
            (position.head, position.finalized, position.suspect) = (None, None, None);
        })
    }

    /// Merges the files of a column into as few as possible.
    ///
    /// # Errors
    /// The database fails.
    pub fn compact(&self, column: Column) -> Result<(), Error> {
        self.store.compact(column)
    }

    /// Rows of a column and its bytes in files, as RocksDB estimates them.
    ///
    /// # Errors
    /// The database fails.
    pub fn size(&self, column: Column) -> Result<(u64, u64), Error> {
        self.store.estimate(column)
    }

    /// Writes a batch and moves the position with it, so that no reader takes rows of one block for those of another.
    fn write(
        &self,
        batch: Batch<'_>,
        durability: Durability,
        then: impl FnOnce(&mut Position),
    ) -> Result<(), Error> {
        self.position.write().moving = true;
        let written = batch.write(durability);
        if written.is_ok() {
            self.step(Step::Written);
            if durability == Durability::Synced {
                self.step(Step::Synced);
            }
        }
        let mut position = self.position.write();
        position.moving = false;
        position.generation = position.generation.wrapping_add(1);
        if written.is_ok() {
            then(&mut position);
            drop(position);
            self.step(Step::Settled);
        }
        written
    }

    fn step(&self, step: Step) {
        if let Some(hook) = &self.hook {
            hook(step);
        }
    }

    pub(crate) fn block_row(&self, number: u64) -> Result<rows::Block, Error> {
        let key = number.to_be_bytes();
        self.store.row(Column::Blocks, &key)?.ok_or_else(|| missing(Column::Blocks, &key))
    }

    /// Remembers that the ledger is wrong: from then on nothing it holds is an answer.
    pub(crate) fn suspect<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Inconsistent(reason)) = &result {
            let earlier = self.position.write().suspect.replace(reason.clone());
            if earlier.is_none() {
                self.metrics.inconsistencies.fetch_add(1, Ordering::Relaxed);
            }
        }
        result
    }

    /// A block of which only the delta is known, from an export.
    pub(crate) fn import(&self, arrival: &Arrival<'_>) -> Result<Applied, Error> {
        let _writer = self.writer.lock();
        let apply = || {
            let Turn::Next(parent) = self.turn(arrival)? else { return Ok(Applied::Already) };
            self.check_absent(arrival.delta)?;
            let batch = self.prepare(arrival, parent.as_deref())?;
            self.settle(arrival.id, batch, Durability::Later)
        };
        self.suspect(apply())
    }

    fn commit(
        &self,
        _writer: &MutexGuard<'_, ()>,
        block: &CommittedBlock,
        durability: Durability,
    ) -> Result<Applied, Error> {
        let start = Instant::now();
        self.step(Step::Begin);
        let CommittedBlock { id, parent, timestamp, .. } = *block;
        // A block that contradicts itself says nothing of the ledger, whatever was met there: its error goes before others.
        let refuse = |source| Error::Block { block: id, source: Box::new(source) };
        let delta = Delta::read(block, &self.identity).map_err(refuse)?;
        let arrival = Arrival { id, parent, timestamp, delta: &delta, block: Some(block) };
        let parent = match self.turn(&arrival) {
            Ok(Turn::Next(parent)) => parent,
            other => {
                delta.check(block).map_err(refuse)?;
                return self.suspect(other.map(|_| Applied::Already));
            }
        };
        let works = || (delta.check_works(block), self.check_absent(&delta));
        let rest = || (delta.check_all_but_works(block), self.prepare(&arrival, parent.as_deref()));
        let ((works, absent), (rest, batch)) =
            if delta.entries.len() < BESIDE { (works(), rest()) } else { beside(works, rest) };
        works.and(rest).map_err(refuse)?;
        let settle = |batch| self.settle(id, batch, durability);
        let applied = self.suspect(absent.and(batch).and_then(settle))?;
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.metrics.applied.fetch_add(1, Ordering::Relaxed);
        self.metrics.last_commit.store(micros, Ordering::Relaxed);
        self.metrics.commits.fetch_add(micros, Ordering::Relaxed);
        Ok(applied)
    }

    /// How a block stands to the head. An error, too, if it is there already with other contents.
    fn turn(&self, block: &Arrival<'_>) -> Result<Turn, Error> {
        let position = self.position();
        if let Some(reason) = position.suspect {
            return Err(reason.into());
        }
        let refused = || gap(position.head, block.id, block.parent);
        match position.head {
            None if block.id == self.identity.genesis() => Ok(Turn::Next(None)),
            None => Err(refused()),
            Some(head) if block.id.number <= head.number => {
                self.again(block, refused).map(|()| Turn::Already)
            }
            Some(head) if follows(block.parent, block.id, head) => {
                Ok(Turn::Next(Some(Box::new(self.block_row(head.number)?))))
            }
            Some(_) => Err(refused()),
        }
    }

    /// What makes the next block the head, if nothing of it is there already. Writes nothing.
    fn prepare(&self, block: &Arrival<'_>, parent: Option<&rows::Block>) -> Result<Batch<'_>, Error> {
        let entries = Encoded::of(block.delta);
        let row = next_row(block, &entries, parent)?;
        if let Some(block) = block.block {
            totals_match_state(block, &row.totals)?;
        }
        let change = Change::of(&self.store, block.delta, &entries)?;
        // Nothing stands below block 0 to go back to.
        let mut batch = change.into_batch(block.id.number, &row, parent.is_some())?;
        batch.put(Column::Meta, meta::HEAD, &block.id.encode())?;
        if parent.is_none() {
            batch.put(Column::Meta, meta::FINALIZED, &block.id.encode())?;
        }
        Ok(batch)
    }

    /// Writes what [`Self::prepare`] made.
    fn settle(&self, block: BlockId, batch: Batch<'_>, durability: Durability) -> Result<Applied, Error> {
        self.step(Step::Prepared);
        self.write(batch, durability, |position| {
            position.head = Some(block);
            position.finalized = position.finalized.or(Some(block));
        })?;
        Ok(Applied::New)
    }

    /// A block at a height that the ledger has: the same one, or one that does not belong here.
    fn again(&self, block: &Arrival<'_>, refused: impl Fn() -> Error) -> Result<(), Error> {
        let there = self.block_row(block.id.number)?;
        if there.hash != block.id.hash {
            return Err(refused());
        }
        let parent = match block.id.number.checked_sub(1) {
            None => None,
            Some(number) => Some(self.block_row(number)?),
        };
        if next_row(block, &Encoded::of(block.delta), parent.as_ref())? == there {
            Ok(())
        } else {
            Err(Inconsistency::Contents(block.id).into())
        }
    }

    /// Ids of a new block stand nowhere yet, and what it claims was delivered. If not, the ledger is wrong: execution
    /// has checked the state already.
    fn check_absent(&self, delta: &Delta) -> Result<(), Error> {
        let ids = |kind| {
            let items = delta.entries.iter().map(Entry::item).filter(move |item| item.kind == kind);
            items.map(|item| item.id.0).collect::<Vec<_>>()
        };
        for (kind, column) in
            [(Kind::Work, Column::Spent), (Kind::Delivery, Column::Deliveries), (Kind::Claim, Column::Claims)]
        {
            if let Some((id, row)) = self.store.first_present(column, &ids(kind))? {
                let there = match kind {
                    Kind::Work => decode::<Work>(column, &id, &row)?.place.block,
                    Kind::Claim => decode::<Claim>(column, &id, &row)?.place.block,
                    Kind::Delivery | Kind::Device => decode::<Delivery>(column, &id, &row)?.block,
                };
                return Err(Inconsistency::Present { column, id: id.into(), there }.into());
            }
        }
        for entry in &delta.entries {
            if let Entry::Claim { id, row } = entry {
                let here = delta.entries.iter().find_map(|other| match other {
                    Entry::Delivery { id: delivered, row, .. } if delivered == id => Some(*row),
                    _ => None,
                });
                let delivery = match here {
                    Some(delivery) => Some(delivery),
                    None => self.store.row::<Delivery>(Column::Deliveries, id.as_slice())?,
                };
                let fits = |delivery: &Delivery| {
                    delivery.recipient == row.recipient && delivery.amount == row.amount
                };
                if !delivery.as_ref().is_some_and(fits) {
                    return Err(Inconsistency::Claim(*id).into());
                }
            }
        }
        Ok(())
    }

    fn unwind(&self, _writer: &MutexGuard<'_, ()>, target: B256) -> Result<(), Error> {
        self.suspect(self.try_unwind(target))
    }

    fn try_unwind(&self, target: B256) -> Result<(), Error> {
        let position = self.position();
        let out_of_reach = || {
            let Position { head, finalized, .. } = position;
            Error::OutOfReach(Box::new(Reach { target, finalized, head }))
        };
        let (Some(head), Some(finalized)) = (position.head, position.finalized) else {
            return Err(out_of_reach());
        };
        let mut number = head.number;
        while self.block_row(number)?.hash != target {
            if number <= finalized.number {
                return Err(out_of_reach());
            }
            number = number.saturating_sub(1);
        }
        while let Some(head) = self.head().filter(|head| head.number > number) {
            // Only the last one waits for the disk: a crash on the way leaves a later block as head, and healing
            // goes on from there.
            let last = head.number.saturating_sub(1) == number;
            self.undo(head, if last { Durability::Synced } else { Durability::Later })?;
            self.metrics.reverted.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Takes back the head.
    fn undo(&self, head: BlockId, durability: Durability) -> Result<(), Error> {
        self.step(Step::Begin);
        let key = head.number.to_be_bytes();
        let mut undo: Vec<Replaced> =
            self.store.row(Column::Undo, &key)?.ok_or_else(|| missing(Column::Undo, &key))?;
        let row = self.block_row(head.number)?;
        let parent = BlockId { number: head.number.saturating_sub(1), hash: row.parent };
        let mut batch = self.store.batch();
        // Sorted, as they were put.
        undo.sort_unstable_by(|a, b| (a.column, &a.key).cmp(&(b.column, &b.key)));
        for replaced in &undo {
            match &replaced.value {
                Some(value) => batch.put(replaced.column, &replaced.key, value)?,
                None => batch.delete(replaced.column, &replaced.key)?,
            }
        }
        for column in [Column::Blocks, Column::Bodies, Column::Undo] {
            batch.delete(column, &key)?;
        }
        batch.put(Column::Meta, meta::HEAD, &parent.encode())?;
        self.step(Step::Prepared);
        self.write(batch, durability, |position| position.head = Some(parent))
    }

    /// What was found to be wrong, if anything: then nothing is answered until the ledger is built again.
    pub fn inconsistency(&self) -> Option<Inconsistency> {
        self.position.read().suspect.clone()
    }

    /// Why nothing can be said, if so.
    pub(crate) fn trouble(&self, position: &Position) -> Option<Unknown> {
        match (&position.suspect, position.head) {
            (Some(reason), _) => Some(Unknown::Inconsistent(reason.clone())),
            (None, None) => Some(Unknown::Empty),
            (None, Some(_)) => None,
        }
    }
}

pub(crate) fn missing(column: Column, key: &[u8]) -> Error {
    Inconsistency::Missing { column, key: alloy_primitives::hex::encode(key) }.into()
}

fn gap(head: Option<BlockId>, block: BlockId, parent: B256) -> Error {
    Error::NotContinuous(Box::new(Gap { head, block, parent }))
}
