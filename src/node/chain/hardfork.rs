//! The hardforks this node knows, and when each is in force.

use revm::primitives::hardfork::SpecId;

/// A hardfork; the precompile's configuration calls it `evmRevision`.
pub use pars_precompile::profile::EvmRevision as Hardfork;

/// revm's name for a hardfork.
pub fn spec_id(fork: Hardfork) -> SpecId {
    match fork {
        Hardfork::Shanghai => SpecId::SHANGHAI,
        Hardfork::Cancun => SpecId::CANCUN,
        Hardfork::Prague => SpecId::PRAGUE,
        Hardfork::Osaka => SpecId::OSAKA,
    }
}

/// From which timestamp each hardfork holds. Shanghai always does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hardforks {
    cancun: Option<u64>,
    prague: Option<u64>,
    osaka: Option<u64>,
}

impl Hardforks {
    /// Everything up to `fork` from genesis on, nothing after it ever.
    pub fn fixed(fork: Hardfork) -> Self {
        let from_start = |this: Hardfork| (this <= fork).then_some(0);
        Self {
            cancun: from_start(Hardfork::Cancun),
            prague: from_start(Hardfork::Prague),
            osaka: from_start(Hardfork::Osaka),
        }
    }

    /// Each from its timestamp on, as geth's genesis JSON gives them.
    pub fn scheduled(cancun: Option<u64>, prague: Option<u64>, osaka: Option<u64>) -> Self {
        Self { cancun, prague, osaka }
    }

    /// The hardfork in force at `timestamp`.
    pub fn at(&self, timestamp: u64) -> Hardfork {
        let active = |from: Option<u64>| from.is_some_and(|from| timestamp >= from);
        if active(self.osaka) {
            Hardfork::Osaka
        } else if active(self.prague) {
            Hardfork::Prague
        } else if active(self.cancun) {
            Hardfork::Cancun
        } else {
            Hardfork::Shanghai
        }
    }
}
