//! Healing: whatever the ledger missed, it ends where the chain stands.

use crate::{
    block::{BlockId, CommittedBlock},
    error::{Error, Inconsistency},
    ledger::Ledger,
};
use alloy_primitives::B256;
use std::sync::Arc;

/// Blocks between two synced writes while the ledger catches up: a crash costs at most that many to be read again.
const SYNC_EVERY: u64 = 256;
/// Blocks between two calls of [`Ledger::finalize`] while it catches up: what can be taken back is dropped in time.
const FINALIZE_EVERY: u64 = 1024;

/// The chain as the ledger reads it; the node implements it on its database.
pub trait ChainView {
    /// What reading can end in.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The head of the canonical chain.
    ///
    /// # Errors
    /// The chain cannot be read.
    fn head(&self) -> Result<BlockId, Self::Error>;

    /// Hash of the canonical block at a height; `None` above the head.
    ///
    /// # Errors
    /// The chain cannot be read.
    fn canonical_hash(&self, number: u64) -> Result<Option<B256>, Self::Error>;

    /// The canonical block at a height, with receipts and state changes; `None` above the head.
    ///
    /// # Errors
    /// The chain cannot be read.
    fn block(&self, number: u64) -> Result<Option<Arc<CommittedBlock>>, Self::Error>;

    /// Height of the last block that the chain will never take back.
    ///
    /// # Errors
    /// The chain cannot be read.
    fn finalized(&self) -> Result<u64, Self::Error>;
}

/// What healing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Healed {
    /// Blocks taken back: the ledger was ahead, or on another branch.
    pub unwound: u64,
    /// Blocks applied: it was behind.
    pub replayed: u64,
}

impl Ledger {
    /// Makes the ledger equal to a chain: unwinds to the last block that both have, then applies what is missing.
    /// `progress` hears the height reached and the height to reach.
    ///
    /// # Errors
    /// [`Error::PastFinality`]: the chains part below the ledger's finalized block; [`Error::Inconsistent`]: the ledger
    /// is wrong: [`Self::rebuild`] it. [`Error::Chain`]: the chain cannot be read.
    pub fn heal<C: ChainView>(&self, chain: &C, mut progress: impl FnMut(u64, u64)) -> Result<Healed, Error> {
        let mut healed = Healed::default();
        // The chain may go on meanwhile, or turn.
        while self.head() != Some(read(chain.head())?) {
            self.follow(chain, &mut healed, &mut progress)?;
        }
        if let Some(head) = self.head() {
            self.finalize(read(chain.finalized())?.min(head.number))?;
        }
        if healed != Healed::default() {
            self.count_heal();
        }
        Ok(healed)
    }

    /// Throws everything away and builds the ledger again.
    ///
    /// # Errors
    /// As [`Self::heal`].
    pub fn rebuild<C: ChainView>(&self, chain: &C, progress: impl FnMut(u64, u64)) -> Result<Healed, Error> {
        self.reset()?;
        self.heal(chain, progress)
    }

    fn follow<C: ChainView>(
        &self,
        chain: &C,
        healed: &mut Healed,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<(), Error> {
        if let Some(head) = self.head() {
            let ancestor = self.common_ancestor(chain, head)?;
            self.revert_to(ancestor.hash)?;
            healed.unwound = healed.unwound.saturating_add(head.number.saturating_sub(ancestor.number));
        }
        let target = read(chain.head())?.number;
        let mut next = self.head().map_or(0, |head| head.number.saturating_add(1));
        while next <= target {
            // A reorganisation may have taken it meanwhile: start over.
            let Some(block) = read(chain.block(next))? else { return Ok(()) };
            let on_top = self.head().is_none_or(|head| block.follows(head));
            if !on_top {
                return Ok(());
            }
            if next == target || next.is_multiple_of(SYNC_EVERY) {
                self.apply(&block)?;
            } else {
                self.apply_later(&block)?;
            }
            if next.is_multiple_of(FINALIZE_EVERY) {
                self.finalize(read(chain.finalized())?.min(next))?;
            }
            healed.replayed = healed.replayed.saturating_add(1);
            progress(next, target);
            next = next.saturating_add(1);
        }
        Ok(())
    }

    /// The highest block that is canonical and that the ledger has.
    fn common_ancestor<C: ChainView>(&self, chain: &C, head: BlockId) -> Result<BlockId, Error> {
        let finalized = self.finalized().ok_or(Inconsistency::Contents(head)).map_err(Error::from)?;
        let mut number = head.number.min(read(chain.head())?.number);
        loop {
            let hash = if number == head.number { head.hash } else { self.block_row(number)?.hash };
            if read(chain.canonical_hash(number))? == Some(hash) {
                if number < finalized.number {
                    return Err(Error::PastFinality { height: number.saturating_add(1), finalized });
                }
                return Ok(BlockId { number, hash });
            }
            if number <= finalized.number {
                return Err(Error::PastFinality { height: number, finalized });
            }
            number = number.saturating_sub(1);
        }
    }
}

fn read<T, E: std::error::Error + Send + Sync + 'static>(result: Result<T, E>) -> Result<T, Error> {
    result.map_err(|error| Error::Chain(Box::new(error)))
}
