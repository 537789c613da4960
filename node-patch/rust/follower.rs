//! The ledger beside the chain: it applies what it is told, and heals where it cannot.

use std::sync::Arc;

use pars_ledger::{BlockId, ChainView, Error, Healed, Ledger, Notification};

/// How the ledger got to where the chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It took what it was told.
    Applied,
    /// It compared itself with the chain, took back what the chain no longer has, and read what it missed.
    Healed(Healed),
    /// It was wrong, or the chain left blocks that were final: everything was built again from the chain.
    Rebuilt(Healed),
}

/// The ledger could not follow. The chain goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// It cannot take this block, even built from nothing, and waits until the chain takes the block back.
    #[error("the ledger waits until the chain takes back block {block}, which it refused: {reason}")]
    Waits {
        /// The block.
        block: BlockId,
        /// Why it was refused.
        reason: Arc<Error>,
    },
    /// It failed. The next event tries again.
    #[error(transparent)]
    Ledger(Arc<Error>),
}

/// Keeps a ledger where its chain is. One task owns it, and tells it what happened to the canonical chain, in order.
///
/// It may block: it waits for the disk.
pub struct LedgerFollower<C> {
    ledger: Arc<Ledger>,
    chain: C,
    /// A block that no healing helps with, and why.
    refused: Option<(BlockId, Arc<Error>)>,
    /// It failed to follow, and has to heal before it takes an event.
    behind: bool,
}

impl<C> std::fmt::Debug for LedgerFollower<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let head = self.ledger.head();
        f.debug_struct("LedgerFollower")
            .field("head", &head)
            .field("behind", &self.behind)
            .finish_non_exhaustive()
    }
}

impl<C: ChainView> LedgerFollower<C> {
    /// A follower of `chain`, which [`Self::heal`] puts at its head.
    pub fn new(ledger: Arc<Ledger>, chain: C) -> Self {
        Self { ledger, chain, refused: None, behind: true }
    }

    /// The ledger: questions go there, from any thread.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// The last block taken: what a node may prune up to, as far as the ledger is concerned.
    pub fn head(&self) -> Option<BlockId> {
        self.ledger.head()
    }

    /// Takes what happened to the chain. What the ledger cannot take so, it reads from the chain itself.
    ///
    /// # Errors
    /// [`FollowError`].
    pub fn take(&mut self, event: &Notification) -> Result<Followed, FollowError> {
        if self.behind || self.ledger.inconsistency().is_some() {
            return self.heal();
        }
        self.wait_for_refused()?;
        match self.ledger.notify(event).and_then(|()| self.finalize()) {
            Ok(()) => Ok(Followed::Applied),
            Err(error) => self.mend(Some(error)),
        }
    }

    /// Makes the ledger equal to the chain: after a start, and when events were lost or could not be read.
    ///
    /// # Errors
    /// [`FollowError`].
    pub fn heal(&mut self) -> Result<Followed, FollowError> {
        self.wait_for_refused()?;
        self.mend(None)
    }

    fn mend(&mut self, cause: Option<Error>) -> Result<Followed, FollowError> {
        let wrong = matches!(cause, Some(Error::Inconsistent(_))) || self.ledger.inconsistency().is_some();
        let mended = if wrong { self.rebuild() } else { self.heal_or_rebuild() };
        self.behind = mended.is_err();
        mended.map_err(|error| {
            let error = Arc::new(error);
            if let Some(block) = self.culprit(&error) {
                self.refused = Some((block, error.clone()));
                return FollowError::Waits { block, reason: error };
            }
            FollowError::Ledger(error)
        })
    }

    fn heal_or_rebuild(&self) -> Result<Followed, Error> {
        match self.ledger.heal(&self.chain, |_, _| {}) {
            Ok(healed) => Ok(Followed::Healed(healed)),
            Err(Error::Inconsistent(_) | Error::PastFinality { .. }) => self.rebuild(),
            Err(error) => Err(error),
        }
    }

    fn rebuild(&self) -> Result<Followed, Error> {
        self.ledger.rebuild(&self.chain, |_, _| {}).map(Followed::Rebuilt)
    }

    fn finalize(&self) -> Result<(), Error> {
        let Some(head) = self.ledger.head() else { return Ok(()) };
        let finalized = self.chain.finalized().map_err(chain)?;
        self.ledger.finalize(finalized.min(head.number))
    }

    /// An error while the chain has the block that was refused.
    fn wait_for_refused(&mut self) -> Result<(), FollowError> {
        let Some((block, reason)) = &self.refused else { return Ok(()) };
        let canonical = self.chain.canonical_hash(block.number);
        let canonical = canonical.map_err(|error| FollowError::Ledger(Arc::new(chain(error))))?;
        if canonical == Some(block.hash) {
            return Err(FollowError::Waits { block: *block, reason: reason.clone() });
        }
        self.refused = None;
        Ok(())
    }

    /// The block that cannot be taken, if it is a block's fault and not the disk's.
    fn culprit(&self, error: &Error) -> Option<BlockId> {
        match error {
            Error::Block { block, .. } => Some(*block),
            Error::Inconsistent(_) => {
                let number = self.ledger.head().map_or(0, |head| head.number.saturating_add(1));
                let hash = self.chain.canonical_hash(number).ok()??;
                Some(BlockId { number, hash })
            }
            _ => None,
        }
    }
}

fn chain<E: std::error::Error + Send + Sync + 'static>(error: E) -> Error {
    Error::Chain(Box::new(error))
}
