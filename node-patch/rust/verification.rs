//! Who verifies signatures in a node: one engine and one memory for pool, blocks and calls.

use std::{fmt, sync::Arc};

use pars_batch::{Ahead, Collector, Config, Gather, OwnedJob, Remembered};
use pars_mldsa::{Engine, Verdicts};
use pars_precompile::Verifiers;

/// Signatures on P-384 remembered as valid: some hundred devices and their latest reports, about 1.6 MB.
const REMEMBERED: usize = 16_384;

/// Verifiers that remember what they found valid. Clones share the memory.
///
/// They save time and decide nothing: what is not remembered is verified, and what is invalid leaves nothing.
#[derive(Clone)]
pub struct Verification {
    ahead: Arc<Ahead>,
    gather: Arc<Gather>,
    p384: Arc<Remembered<pars_nvtrust::Reference>>,
}

impl Default for Verification {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

impl Verification {
    /// Empty memories of this size.
    pub fn new(config: Config) -> Self {
        let ahead = Arc::new(Ahead::new(Engine::new(), config));
        Self {
            gather: Arc::new(Gather::new(ahead.clone())),
            ahead,
            p384: Arc::new(Remembered::new(pars_nvtrust::Reference, REMEMBERED)),
        }
    }

    /// For calls whose outcome counts.
    pub fn verifiers(&self) -> Verifiers {
        Verifiers { mldsa: self.ahead.clone(), p384: self.p384.clone() }
    }

    /// For calls that shall tell which ML-DSA signatures they rest on; their outcome says nothing of these.
    pub fn collecting(&self, collector: Arc<Collector>) -> Verifiers {
        Verifiers { mldsa: collector, p384: self.p384.clone() }
    }

    /// Verifies in one batch with whatever other threads ask at the same time; [`Self::verifiers`] know the valid ones
    /// from then on.
    pub fn verify_together(&self, jobs: Vec<OwnedJob>) -> Verdicts {
        self.gather.verify(jobs)
    }

    /// ML-DSA signatures remembered as valid.
    pub fn known(&self) -> usize {
        self.ahead.verdicts().len()
    }
}
