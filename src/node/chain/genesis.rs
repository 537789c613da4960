//! Where a chain starts: hardfork schedule, genesis JSON, genesis block.

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header, Sealable, Sealed};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, Bytes, U256, address, bytes};
use alloy_trie::EMPTY_ROOT_HASH;
use pars_precompile::HostProfile;

use super::{
    activation::{Activation, ActivationError, CONFIG_KEY},
    dev_accounts::DEV_ACCOUNTS,
    hardfork::{Hardfork, Hardforks},
    snapshot::MAX_TIMESTAMP,
    state::{AccountState, Code, StateError, StateView},
};

/// Pars' chain id.
pub const DEFAULT_CHAIN_ID: u64 = 6133;
/// Gas of a block.
pub const DEFAULT_GAS_LIMIT: u64 = 30_000_000;
/// Lowest gas limit a chain may have; below it not even a precompile call fits.
pub const MIN_GAS_LIMIT: u64 = 100_000;
/// Highest gas limit a chain may have: with more, one call runs for minutes.
pub const MAX_GAS_LIMIT: u64 = 1_000_000_000;
/// Base fee of the genesis block: 1 gwei.
pub const INITIAL_BASE_FEE: u64 = 1_000_000_000;
/// Balance of each dev account in whole PARS.
pub const DEV_BALANCE_PARS: u64 = 10_000;
/// The deterministic CREATE2 factory that Foundry scripts look for.
pub const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
/// Its code.
pub const CREATE2_FACTORY_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// A genesis that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// Chain ids are 1 to 2^32 − 1 (the AI-mining work context carries 32 bits).
    #[error("chain id {0} is not between 1 and 4294967295")]
    ChainId(u64),
    /// The block gas limit is too low to do anything.
    #[error("gas limit {0} is below the minimum of {MIN_GAS_LIMIT}")]
    GasLimit(u64),
    /// The block gas limit is so high that execution would not end in time.
    #[error("gas limit {0} is above the maximum of {MAX_GAS_LIMIT}")]
    GasLimitTooHigh(u64),
    /// Later blocks could not have later timestamps.
    #[error("genesis timestamp {0} is after {MAX_TIMESTAMP}, the end of the year 9999")]
    Timestamp(u64),
    /// The first block is block 0 here.
    #[error("genesis block number {0} is not supported, only 0")]
    Number(u64),
    /// Older rules are not supported.
    #[error("the genesis must have shanghaiTime at or before its timestamp; older rules are not supported")]
    BeforeShanghai,
    /// Newer rules are not supported.
    #[error("the genesis schedules {0}, which this node does not know")]
    UnknownFork(&'static str),
    /// The base fee does not fit.
    #[error("base fee {0} is too large")]
    BaseFee(u128),
    /// An account's code is malformed.
    #[error("code of account {address}: {source}")]
    Code {
        /// Whose code.
        address: Address,
        /// What is wrong.
        source: StateError,
    },
    /// `parsAiMiningConfig` cannot be used.
    #[error(transparent)]
    Activation(#[from] ActivationError),
    /// Gas would differ between hosts that believe different things.
    #[error("{CONFIG_KEY} says evmRevision {config}, but at its activation the chain is at {chain}")]
    EvmRevision {
        /// In the configuration.
        config: Hardfork,
        /// By the schedule.
        chain: Hardfork,
    },
    /// The alloc's account at 0x0300 is not the one that activation writes.
    #[error(
        "the alloc entry of {0} differs from what its {CONFIG_KEY} generates; `pars-devnet genesis` writes a right one"
    )]
    PrecompileAccount(Address),
    /// The alloc lacks it: filled in here, hosts that read the alloc as it is would compute another genesis hash.
    #[error(
        "the alloc has no entry for {0}, though {CONFIG_KEY} is active from genesis on; the alloc must contain the \
         account exactly as activation writes it, as in the file that `pars-devnet genesis` writes"
    )]
    PrecompileMissing(Address),
    /// Storage that lies there before activation would be state that nobody decided: a registered device, a balance.
    #[error(
        "the alloc gives {0} a nonce, code or storage, though {CONFIG_KEY} becomes active only later; coins alone may lie there"
    )]
    PrecompileTooEarly(Address),
}

/// Everything a chain needs to start.
#[derive(Clone, Debug)]
pub struct ChainSpec {
    /// Chain id.
    pub chain_id: u64,
    /// Hardfork schedule.
    pub hardforks: Hardforks,
    /// The AI-mining precompile, if this chain has it.
    pub activation: Option<Activation>,
    /// Block 0.
    pub header: Sealed<Header>,
    /// State after block 0.
    pub state: StateView,
}

impl ChainSpec {
    /// Reads a geth-style genesis. `hardfork`, where given, replaces the file's schedule.
    pub fn from_genesis(genesis: &Genesis, hardfork: Option<Hardfork>) -> Result<Self, GenesisError> {
        let config = &genesis.config;
        let chain_id = config.chain_id;
        if chain_id == 0 || u32::try_from(chain_id).is_err() {
            return Err(GenesisError::ChainId(chain_id));
        }
        if genesis.gas_limit < MIN_GAS_LIMIT {
            return Err(GenesisError::GasLimit(genesis.gas_limit));
        }
        if genesis.gas_limit > MAX_GAS_LIMIT {
            return Err(GenesisError::GasLimitTooHigh(genesis.gas_limit));
        }
        if genesis.timestamp > MAX_TIMESTAMP {
            return Err(GenesisError::Timestamp(genesis.timestamp));
        }
        if let Some(number) = genesis.number.filter(|number| *number != 0) {
            return Err(GenesisError::Number(number));
        }
        let hardforks = match hardfork {
            Some(fork) => Hardforks::fixed(fork),
            None => {
                if config.shanghai_time.is_none_or(|time| time > genesis.timestamp) {
                    return Err(GenesisError::BeforeShanghai);
                }
                if config.amsterdam_time.is_some() {
                    return Err(GenesisError::UnknownFork("amsterdamTime"));
                }
                Hardforks::scheduled(config.cancun_time, config.prague_time, config.osaka_time)
            }
        };
        let activation = match config.extra_fields.get(CONFIG_KEY) {
            Some(value) => Some(Activation::from_json(value, chain_id)?),
            None => None,
        };
        if let Some(activation) = &activation {
            let chain = hardforks.at(activation.timestamp.max(genesis.timestamp));
            if chain != activation.revision {
                return Err(GenesisError::EvmRevision { config: activation.revision, chain });
            }
        }
        let state = genesis_state(genesis, activation.as_ref())?;
        let header = genesis_header(genesis, &hardforks, &state)?.seal_slow();
        Ok(Self { chain_id, hardforks, activation, header, state })
    }
}

fn genesis_state(genesis: &Genesis, activation: Option<&Activation>) -> Result<StateView, GenesisError> {
    let mut state = StateView::default();
    for (address, account) in &genesis.alloc {
        let code = Code::new(account.code.clone().unwrap_or_default())
            .map_err(|source| GenesisError::Code { address: *address, source })?;
        let mut entry = AccountState {
            nonce: account.nonce.unwrap_or_default(),
            balance: account.balance,
            code,
            ..Default::default()
        };
        for (slot, value) in account.storage_slots() {
            entry.set_storage(slot.into(), value);
        }
        state.set_account(address, entry);
    }
    if let Some(activation) = activation {
        let later = activation.timestamp > genesis.timestamp;
        match state.account(&activation.address) {
            None if later => {}
            None => return Err(GenesisError::PrecompileMissing(activation.address)),
            Some(found) if later => {
                let empty = AccountState::default();
                let untouched = found.nonce == empty.nonce
                    && found.code == empty.code
                    && found.storage.root() == empty.storage.root();
                if !untouched {
                    return Err(GenesisError::PrecompileTooEarly(activation.address));
                }
            }
            Some(found) => {
                // Coins may lie at the address (any transfer can put them there); the rest must be exact.
                let same = found.nonce == activation.account.nonce
                    && found.code == activation.account.code
                    && found.storage.root() == activation.account.storage.root();
                if !same {
                    return Err(GenesisError::PrecompileAccount(activation.address));
                }
            }
        }
    }
    Ok(state)
}

fn genesis_header(
    genesis: &Genesis,
    hardforks: &Hardforks,
    state: &StateView,
) -> Result<Header, GenesisError> {
    let base_fee = genesis.base_fee_per_gas.unwrap_or(u128::from(INITIAL_BASE_FEE));
    let fork = hardforks.at(genesis.timestamp);
    let cancun = fork >= Hardfork::Cancun;
    Ok(Header {
        parent_hash: genesis.parent_hash.unwrap_or_default(),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: genesis.coinbase,
        state_root: state.root(),
        gas_limit: genesis.gas_limit,
        timestamp: genesis.timestamp,
        extra_data: genesis.extra_data.clone(),
        difficulty: genesis.difficulty,
        mix_hash: genesis.mix_hash,
        nonce: genesis.nonce.into(),
        base_fee_per_gas: Some(u64::try_from(base_fee).map_err(|_| GenesisError::BaseFee(base_fee))?),
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        blob_gas_used: cancun.then_some(genesis.blob_gas_used.unwrap_or_default()),
        excess_blob_gas: cancun.then_some(genesis.excess_blob_gas.unwrap_or_default()),
        parent_beacon_block_root: cancun.then_some(B256::ZERO),
        requests_hash: (fork >= Hardfork::Prague).then_some(EMPTY_REQUESTS_HASH),
        ..Default::default()
    })
}

/// What `pars-devnet genesis` writes and a devnet without `--genesis` uses.
#[derive(Clone, Debug)]
pub struct DevGenesis {
    /// Chain id.
    pub chain_id: u64,
    /// Rules from block 0 on.
    pub hardfork: Hardfork,
    /// Block gas limit.
    pub gas_limit: u64,
    /// Timestamp of block 0.
    pub timestamp: u64,
    /// When the AI-mining precompile becomes active; at or before `timestamp` means from the start.
    pub activation: u64,
    /// Are simulated GPUs accepted? Their keys are public knowledge, so a chain of value never does.
    pub dev: bool,
    /// Which nodes the chain is for.
    pub hosts: Hosts,
}

/// The nodes that a chain is for: they decide its host profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Hosts {
    /// Rust nodes alone (alloy-evm, revm).
    #[default]
    Rust,
    /// luxfi/evm nodes, and any other that follows what they do.
    Luxfi,
}

impl Hosts {
    fn profile(self, activation: u64, hardfork: Hardfork) -> HostProfile {
        match self {
            Self::Rust => HostProfile::rust(activation, hardfork),
            Self::Luxfi => HostProfile::luxfi(activation, hardfork),
        }
    }
}

impl DevGenesis {
    /// Builds the genesis: funded dev accounts, the CREATE2 factory, the precompile's account.
    pub fn build(&self) -> Result<Genesis, GenesisError> {
        let mut genesis = Genesis {
            timestamp: self.timestamp,
            gas_limit: self.gas_limit,
            base_fee_per_gas: Some(u128::from(INITIAL_BASE_FEE)),
            ..Default::default()
        };
        let config = &mut genesis.config;
        config.chain_id = self.chain_id;
        for block in [
            &mut config.homestead_block,
            &mut config.eip150_block,
            &mut config.eip155_block,
            &mut config.eip158_block,
            &mut config.byzantium_block,
            &mut config.constantinople_block,
            &mut config.petersburg_block,
            &mut config.istanbul_block,
            &mut config.berlin_block,
            &mut config.london_block,
        ] {
            *block = Some(0);
        }
        config.terminal_total_difficulty = Some(U256::ZERO);
        config.terminal_total_difficulty_passed = true;
        config.shanghai_time = Some(0);
        config.cancun_time = (self.hardfork >= Hardfork::Cancun).then_some(0);
        config.prague_time = (self.hardfork >= Hardfork::Prague).then_some(0);
        config.osaka_time = (self.hardfork >= Hardfork::Osaka).then_some(0);

        let profile = self.hosts.profile(self.activation, self.hardfork);
        let activation = Activation::dev(self.chain_id, profile, self.dev)?;
        genesis.config.extra_fields.insert(CONFIG_KEY.to_owned(), activation.config.clone());
        if activation.timestamp <= self.timestamp {
            genesis.alloc.insert(activation.address, activation.genesis_account());
        }

        let balance = U256::from(DEV_BALANCE_PARS) * U256::from(10u64).pow(U256::from(18u64));
        for account in DEV_ACCOUNTS {
            genesis.alloc.insert(account.address, GenesisAccount::default().with_balance(balance));
        }
        genesis.alloc.insert(
            CREATE2_FACTORY,
            GenesisAccount::default().with_nonce(Some(1)).with_code(Some(CREATE2_FACTORY_CODE)),
        );
        Ok(genesis)
    }
}
