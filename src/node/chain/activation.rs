//! The AI-mining precompile as the chain sees it: its genesis configuration, when it becomes active, and the account
//! that activation writes.

use std::{collections::BTreeMap, fmt};

use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, U256};
use pars_precompile::{
    Genesis, HostProfile, Precompile, Verifiers, alloy::ParsEvmFactory, profile::Rules, revm::activate_if_due,
};
use revm::{Database, DatabaseCommit};
use serde_json::Value;

use super::{
    dev_accounts::DEV_ACCOUNTS,
    hardfork::Hardfork,
    state::{AccountState, Code, StateError},
};

/// Key of the configuration in the genesis `config`.
pub const CONFIG_KEY: &str = "parsAiMiningConfig";

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// Not the JSON that is expected.
    #[error("{CONFIG_KEY}: {0}")]
    Json(#[from] serde_json::Error),
    /// Refused by the precompile.
    #[error("{CONFIG_KEY}: {0}")]
    Refused(#[from] pars_precompile::ActivationError),
    /// The marker is no code.
    #[error("{CONFIG_KEY}: marker: {0}")]
    Marker(StateError),
    /// Chain ids have 32 bits.
    #[error("{CONFIG_KEY}: chain id {0} does not fit 32 bits")]
    ChainId(u64),
}

/// When and how the precompile comes to life.
#[derive(Clone)]
pub struct Activation {
    /// Its address.
    pub address: Address,
    /// The first block with this timestamp or a later one has it.
    pub timestamp: u64,
    /// The hardfork its configuration names.
    pub revision: Hardfork,
    /// The account as activation writes it.
    pub account: AccountState,
    /// The configuration, complete.
    pub config: Value,
    genesis: Genesis,
    slots: pars_precompile::memory::Account,
}

impl fmt::Debug for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activation")
            .field("address", &self.address)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}

impl Activation {
    /// Reads `parsAiMiningConfig`.
    ///
    /// # Errors
    /// It is malformed, for another chain, or refused by the precompile.
    pub fn from_json(value: &Value, chain_id: u64) -> Result<Self, ActivationError> {
        Self::new(serde_json::from_value(value.clone())?, chain_id)
    }

    fn new(genesis: Genesis, chain_id: u64) -> Result<Self, ActivationError> {
        let slots = genesis.account(chain_id)?;
        let code = Code::new(slots.code.clone()).map_err(ActivationError::Marker)?;
        let mut account = AccountState { nonce: slots.nonce, code, ..Default::default() };
        for (slot, value) in &slots.storage {
            account.set_storage(*slot, *value);
        }
        Ok(Self {
            address: pars_precompile::ADDRESS,
            timestamp: genesis.profile.rules.activation(),
            revision: genesis.profile.evm_revision,
            account,
            config: serde_json::to_value(&genesis)?,
            genesis,
            slots,
        })
    }

    /// The configuration of a chain that the first dev account governs. `dev`: are simulated GPUs accepted?
    ///
    /// # Errors
    /// The chain id does not fit.
    pub fn dev(chain_id: u64, profile: HostProfile, dev: bool) -> Result<Self, ActivationError> {
        let id = u32::try_from(chain_id).map_err(|_| ActivationError::ChainId(chain_id))?;
        Self::new(Genesis { dev, profile, ..Genesis::dev(id, DEV_ACCOUNTS[0].address) }, chain_id)
    }

    /// The configuration as the precompile reads it.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The storage that activation writes, by slot.
    pub fn storage(&self) -> impl Iterator<Item = (U256, U256)> {
        self.slots.storage.iter().map(|(slot, value)| (*slot, *value))
    }

    /// The account for a genesis alloc.
    pub fn genesis_account(&self) -> GenesisAccount {
        let storage: BTreeMap<B256, B256> =
            self.slots.storage.iter().map(|(slot, value)| (B256::from(*slot), B256::from(*value))).collect();
        GenesisAccount::default()
            .with_nonce(Some(self.slots.nonce))
            .with_code(Some(self.slots.code.clone()))
            .with_storage(Some(storage))
    }

    /// Activates on a state that lives already, if a block of this timestamp is due to and none did before. Returns
    /// whether it did.
    ///
    /// # Errors
    /// The database fails.
    pub fn apply_if_due<DB: Database + DatabaseCommit>(
        &self,
        db: &mut DB,
        timestamp: u64,
    ) -> Result<bool, pars_precompile::ActivationError> {
        activate_if_due(db, &self.genesis, self.genesis.chain_id.into(), timestamp)
    }

    /// The precompile this configuration describes.
    pub fn precompile(&self, verifiers: Verifiers) -> Precompile {
        Precompile::new(self.genesis.profile.clone(), verifiers)
    }
}

/// The EVM factory of a chain; without activation the precompile is never installed.
pub fn factory(activation: Option<&Activation>, verifiers: Verifiers) -> ParsEvmFactory {
    ParsEvmFactory::new(match activation {
        Some(activation) => activation.precompile(verifiers),
        None => {
            let mut profile = Genesis::dev(1, Address::ZERO).profile;
            profile.rules = Rules::v1(u64::MAX);
            Precompile::new(profile, verifiers)
        }
    })
}
