//! The AI-mining precompile as the chain sees it: its genesis configuration, when it becomes active, and the account
//! that activation writes.

use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, address};
use revm::state::EvmState;
use serde_json::Value;

use super::{
    genesis::DevGenesis,
    state::{AccountState, StateView},
};

/// Key of the configuration in the genesis `config`.
pub const CONFIG_KEY: &str = "parsAiMiningConfig";

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// Not the JSON that is expected.
    #[error("{CONFIG_KEY}: {0}")]
    Json(#[from] serde_json::Error),
}

/// When and how the precompile comes to life.
#[derive(Clone, Debug)]
pub struct Activation {
    /// Its address.
    pub address: Address,
    /// The first block with this timestamp or a later one has it.
    pub timestamp: u64,
    /// The account as activation writes it.
    pub account: AccountState,
    /// The configuration as given.
    pub config: Value,
}

impl Activation {
    /// Reads `parsAiMiningConfig`.
    pub fn from_json(value: &Value, _chain_id: u64) -> Result<Self, ActivationError> {
        Ok(Self {
            address: address!("0000000000000000000000000000000000000300"),
            timestamp: u64::MAX,
            account: AccountState::default(),
            config: value.clone(),
        })
    }

    /// The configuration of a dev chain.
    pub fn dev(dev: &DevGenesis) -> Result<(Value, Self), ActivationError> {
        let value = Value::Object(Default::default());
        let this = Self::from_json(&value, dev.chain_id)?;
        Ok((value, this))
    }

    /// The account for a genesis alloc.
    pub fn genesis_account(&self) -> GenesisAccount {
        GenesisAccount::default()
    }

    /// What activation changes in a state that lives already.
    pub fn changes(&self, _state: &StateView) -> EvmState {
        EvmState::default()
    }
}
