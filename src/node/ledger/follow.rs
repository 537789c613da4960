//! Following the chain, and mending what cannot follow.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use pars_ledger::{BlockId, Error, Healed, Ledger, Notification, Segment};
use tokio::sync::{broadcast::error::RecvError, watch};

use super::{LedgerService, Phase, view::committed};
use crate::chain::{Event, block::Block};

/// Until a ledger that stalled tries again by itself.
const RETRY: Duration = Duration::from_secs(5);
/// Blocks between two reports of progress.
const REPORT_EVERY: u64 = 1_000;

impl LedgerService {
    /// Follows the chain until told to stop. Every step is on disk before the next begins, so stopping loses nothing.
    pub(crate) async fn follow(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let Some(mut events) = self.events.lock().take() else { return };
        self.run(|this, ledger| this.mend(ledger, None)).await;
        loop {
            let mut arrived = Vec::new();
            let mut lost = false;
            tokio::select! {
                _ = stopped.changed() => return,
                event = events.recv() => match event {
                    Ok(event) => arrived.push(event),
                    Err(RecvError::Lagged(_)) => lost = true,
                    Err(RecvError::Closed) => return,
                },
                () = self.poke.notified() => lost = true,
                () = tokio::time::sleep(RETRY), if matches!(self.phase(), Phase::Stalled(_)) => lost = true,
            }
            while let Ok(event) = events.try_recv() {
                arrived.push(event);
            }
            self.run(move |this, ledger| {
                if lost {
                    this.mend(ledger, None);
                }
                arrived.into_iter().for_each(|event| this.take(ledger, event));
            })
            .await;
        }
    }

    /// Runs a step where it may block: it waits for the disk.
    async fn run(self: &Arc<Self>, step: impl FnOnce(&Self, &Ledger) + Send + 'static) {
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            if let Ok(ledger) = this.get() {
                step(&this, &ledger.0);
            }
        });
        if let Err(error) = done.await {
            tracing::error!(%error, "the ledger panicked");
        }
    }

    /// Follows once, without a runtime.
    #[cfg(test)]
    pub(crate) fn catch_up(&self) {
        if let Ok(ledger) = self.get() {
            self.mend(&ledger.0, None);
        }
    }

    fn take(&self, ledger: &Ledger, event: Event) {
        let notification = match event {
            Event::Block(block) => self.segment([&block]).map(|new| Notification::Committed { new }),
            // Newest first; a revert to the head takes nothing back.
            Event::Reverted(blocks) => {
                self.segment(blocks.iter().rev()).map(|old| Notification::Reverted { old })
            }
            Event::Pending(_) => None,
        };
        let Some(notification) = notification else { return };
        if self.refuses() {
            return;
        }
        if ledger.inconsistency().is_some() {
            return self.mend(ledger, None);
        }
        match ledger.notify(&notification).and_then(|()| self.finalize(ledger)) {
            Ok(()) => self.enter(Phase::Following),
            Err(error) => self.mend(ledger, Some(error)),
        }
    }

    fn segment<'a>(&self, blocks: impl IntoIterator<Item = &'a Arc<Block>>) -> Option<Segment> {
        let activation = self.chain.activation();
        Segment::new(blocks.into_iter().map(|block| Arc::new(committed(block, activation))).collect()).ok()
    }

    fn finalize(&self, ledger: &Ledger) -> Result<(), Error> {
        match ledger.head() {
            Some(head) => ledger.finalize(self.chain.finalized().min(head.number)),
            None => Ok(()),
        }
    }

    /// True while the chain has a block that the ledger could not take, even built from nothing: then nothing that
    /// comes after helps.
    fn refuses(&self) -> bool {
        let refused = self.state.lock().refused;
        refused.is_some_and(|refused| self.has(refused))
    }

    /// Makes the ledger equal to the chain, whatever it missed; if that is not enough, from nothing.
    fn mend(&self, ledger: &Ledger, cause: Option<Error>) {
        if self.refuses() {
            return;
        }
        let wrong = match cause {
            Some(error @ Error::Inconsistent(_)) => Some(error),
            other => {
                if let Some(error) = other {
                    tracing::warn!(%error, "the ledger cannot follow and heals");
                }
                ledger.inconsistency().map(Error::Inconsistent)
            }
        };
        let healed = match wrong {
            Some(error) => self.rebuild(ledger, &error),
            None => match ledger.heal(&*self.chain, self.progress()) {
                Err(error @ (Error::Inconsistent(_) | Error::PastFinality { .. })) => {
                    self.rebuild(ledger, &error)
                }
                other => other,
            },
        };
        match healed {
            Ok(healed) => {
                if healed != Healed::default() {
                    let Healed { unwound, replayed } = healed;
                    tracing::info!(unwound, replayed, "the ledger is at the chain's head");
                }
                self.state.lock().refused = None;
                self.enter(Phase::Following);
            }
            Err(error) => {
                tracing::error!(%error, "the ledger stays behind; the chain goes on without it");
                self.state.lock().refused = self.culprit(ledger, &error);
                self.enter(Phase::Stalled(error.to_string()));
            }
        }
    }

    fn rebuild(&self, ledger: &Ledger, reason: &Error) -> Result<Healed, Error> {
        tracing::warn!(%reason, "the ledger is built again from the chain");
        self.rebuilds.fetch_add(1, Ordering::Relaxed);
        ledger.rebuild(&*self.chain, self.progress())
    }

    /// The block that cannot be taken, if it is a block's fault or a dev method's, and not the disk's.
    fn culprit(&self, ledger: &Ledger, error: &Error) -> Option<BlockId> {
        match error {
            Error::Block { block, .. } => Some(*block),
            Error::Inconsistent(_) => {
                let next = ledger.head().map_or(0, |head| head.number.saturating_add(1));
                let entry = self.chain.block(next)?;
                Some(BlockId { number: next, hash: entry.block.hash() })
            }
            _ => None,
        }
    }

    fn progress(&self) -> impl FnMut(u64, u64) {
        |at, of| {
            if at.is_multiple_of(REPORT_EVERY) {
                self.enter(Phase::Healing { at, of });
                tracing::info!("the ledger is at block {at} of {of}");
            }
        }
    }
}
