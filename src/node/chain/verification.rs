//! Who verifies signatures in this node: one engine and one memory, shared by admission, calls and blocks.

use std::{fmt, sync::Arc};

use pars_batch::{Ahead, Collector, Config, Gather, OwnedJob, Remembered};
use pars_mldsa::{Engine, Verdicts};
use pars_precompile::Verifiers;

/// Signatures on P-384 that a node remembers as valid: some hundred devices and their latest reports, about 1.6 MB.
const REMEMBERED: usize = 16_384;

/// The node's verifiers. What one of them finds valid is not verified again: a proof is seen at admission, in
/// estimates and in its block.
#[derive(Clone)]
pub(crate) struct Verification {
    ahead: Arc<Ahead>,
    gather: Arc<Gather>,
    p384: Arc<Remembered<pars_nvtrust::Reference>>,
}

impl Default for Verification {
    fn default() -> Self {
        let ahead = Arc::new(Ahead::new(Engine::new(), Config::default()));
        Self {
            gather: Arc::new(Gather::new(ahead.clone())),
            ahead,
            p384: Arc::new(Remembered::new(pars_nvtrust::Reference, REMEMBERED)),
        }
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

impl Verification {
    /// For calls whose outcome counts.
    pub(crate) fn verifiers(&self) -> Verifiers {
        Verifiers { mldsa: self.ahead.clone(), p384: self.p384.clone() }
    }

    /// For a call that shall tell which ML-DSA signatures it rests on. Its outcome says nothing about them.
    pub(crate) fn collecting(&self, collector: Arc<Collector>) -> Verifiers {
        Verifiers { mldsa: collector, p384: self.p384.clone() }
    }

    /// Verifies in one batch with whatever other threads ask at the same time; [`Self::verifiers`] know the valid ones
    /// from then on.
    pub(crate) fn verify_together(&self, jobs: Vec<OwnedJob>) -> Verdicts {
        self.gather.verify(jobs)
    }

    /// ML-DSA signatures known to be valid.
    #[cfg(test)]
    pub(crate) fn known(&self) -> usize {
        self.ahead.verdicts().len()
    }
}
