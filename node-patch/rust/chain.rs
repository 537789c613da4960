//! One configuration for every part of a node.

use std::sync::Arc;

use pars_precompile::{ActivationError, Genesis, Precompile, alloy::ParsEvmFactory, memory::Account};

use crate::{Lookahead, ParsBlockExecutorFactory, Verification};

/// A chain's `parsAiMiningConfig`, checked for the node that runs it, and the verifiers that all parts of the node share.
#[derive(Clone, Debug)]
pub struct ParsChain {
    genesis: Arc<Genesis>,
    account: Arc<Account>,
    verification: Verification,
}

impl ParsChain {
    /// Checks a configuration, once, when the node starts: everything that could keep `0x…0300` from being activated
    /// later shows here.
    ///
    /// # Errors
    /// [`ActivationError`]: it is for another chain than `host_chain_id`, or breaks a rule.
    pub fn new(genesis: Genesis, host_chain_id: u64) -> Result<Self, ActivationError> {
        Self::with(genesis, host_chain_id, Verification::default())
    }

    /// The same with verifiers of its own size.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(
        genesis: Genesis,
        host_chain_id: u64,
        verification: Verification,
    ) -> Result<Self, ActivationError> {
        let account = Arc::new(genesis.account(host_chain_id)?);
        Ok(Self { genesis: Arc::new(genesis), account, verification })
    }

    /// The configuration.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The account `0x…0300` as activation writes it: for a genesis alloc.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The shared verifiers.
    pub fn verification(&self) -> &Verification {
        &self.verification
    }

    /// The precompile.
    pub fn precompile(&self) -> Precompile {
        Precompile::new(self.genesis.profile.clone(), self.verification.verifiers())
    }

    /// For every EVM of the node.
    pub fn evm_factory(&self) -> ParsEvmFactory {
        ParsEvmFactory::new(self.precompile())
    }

    /// Around the factory of the node's block executors, whose EVM factory should be [`Self::evm_factory`]: what it makes
    /// activates `0x…0300`, and looks ahead where whole blocks are executed.
    pub fn block_executor_factory<F>(&self, inner: F) -> ParsBlockExecutorFactory<F> {
        ParsBlockExecutorFactory::new(inner, self.genesis.clone(), Some(self.lookahead()))
    }

    /// Looks ahead of pools, payloads and blocks.
    pub fn lookahead(&self) -> Lookahead {
        Lookahead::new(self.genesis.profile.clone(), self.verification.clone())
    }

    /// Which chain a ledger is of.
    #[cfg(feature = "ledger")]
    pub fn identity(&self, genesis_hash: alloy_primitives::B256) -> pars_ledger::Identity {
        pars_ledger::Identity {
            chain_id: self.genesis.chain_id,
            genesis_hash,
            config: Some(Genesis::clone(&self.genesis)),
        }
    }
}
