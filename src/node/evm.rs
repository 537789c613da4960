//! The one seam to the EVM: which factory makes it, and how block and configuration become its environment.

use alloy_evm::{Database, Evm as _, EvmEnv, EvmFactory};
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    context::{
        BlockEnv, CfgEnv, TxEnv,
        result::{EVMError, HaltReason, InvalidTransaction, ResultAndState},
    },
    primitives::{
        eip4844::{BLOB_BASE_FEE_UPDATE_FRACTION_CANCUN, BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE},
        hardfork::SpecId,
    },
};

use crate::chain::hardfork::{Hardforks, spec_id};

/// The factory of every EVM in this node.
pub type Factory = pars_precompile::alloy::ParsEvmFactory;

/// What a transaction did, not yet committed.
pub type Outcome = ResultAndState<HaltReason>;

/// Block fields that execution sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockContext {
    /// Height.
    pub number: u64,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Gas that all its transactions may use.
    pub gas_limit: u64,
    /// EIP-1559 base fee in wei.
    pub base_fee: u64,
    /// PREVRANDAO.
    pub prevrandao: B256,
    /// Who receives the tips.
    pub coinbase: Address,
    /// EIP-4844 accounting; zero where blobs do not exist.
    pub excess_blob_gas: u64,
}

/// What the execution is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A transaction in a block: every rule holds that admission has not settled.
    Block,
    /// `eth_call` and its kin: nonce, balance, fee and gas-cap rules are off.
    Call,
}

/// Why a transaction could not be executed at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ExecutionError {
    /// The transaction may not stand in this block; others may.
    #[error("{0}")]
    Invalid(#[from] InvalidTransaction),
    /// The node is broken (a database or a precompile failed fatally): nothing may be built on this.
    #[error("fatal error during execution: {0}")]
    Fatal(String),
}

/// Makes EVMs.
#[derive(Clone, Debug)]
pub struct Executor {
    factory: Factory,
    chain_id: u64,
    hardforks: Hardforks,
}

impl Executor {
    /// An executor for one chain.
    pub fn new(factory: Factory, chain_id: u64, hardforks: Hardforks) -> Self {
        Self { factory, chain_id, hardforks }
    }

    /// The chain's id.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Hardfork schedule.
    pub fn hardforks(&self) -> &Hardforks {
        &self.hardforks
    }

    /// The rules in force at `timestamp`.
    pub fn spec_at(&self, timestamp: u64) -> SpecId {
        spec_id(self.hardforks.at(timestamp))
    }

    /// The environment of `block` for `purpose`.
    pub fn env(&self, block: &BlockContext, purpose: Purpose) -> EvmEnv {
        let spec = self.spec_at(block.timestamp);
        let mut cfg_env = CfgEnv::new_with_spec(spec).with_chain_id(self.chain_id);
        // EIP-3607 is checked at admission, which knows who is impersonated; no later transaction can break it, since
        // nobody can deploy code at an address whose key exists.
        cfg_env.disable_eip3607 = true;
        if purpose == Purpose::Call {
            cfg_env.disable_nonce_check = true;
            cfg_env.disable_balance_check = true;
            cfg_env.disable_base_fee = true;
            cfg_env.disable_block_gas_limit = true;
            cfg_env.disable_fee_charge = true;
            cfg_env.tx_gas_limit_cap = Some(u64::MAX);
        }
        let mut block_env = BlockEnv {
            number: U256::from(block.number),
            beneficiary: block.coinbase,
            timestamp: U256::from(block.timestamp),
            gas_limit: block.gas_limit,
            basefee: block.base_fee,
            difficulty: U256::ZERO,
            prevrandao: Some(block.prevrandao),
            ..Default::default()
        };
        if spec.is_enabled_in(SpecId::CANCUN) {
            let fraction = if spec.is_enabled_in(SpecId::PRAGUE) {
                BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE
            } else {
                BLOB_BASE_FEE_UPDATE_FRACTION_CANCUN
            };
            block_env.set_blob_excess_gas_and_price(block.excess_blob_gas, fraction);
        }
        EvmEnv { cfg_env, block_env }
    }

    /// Executes one transaction over `db`, committing nothing.
    pub fn transact<DB: Database>(&self, db: DB, env: EvmEnv, tx: TxEnv) -> Result<Outcome, ExecutionError> {
        self.evm(db, env).transact_raw(tx).map_err(from_evm_error)
    }

    /// Executes a system call (EIP-4788, EIP-2935) over `db`, committing nothing.
    pub fn system_call<DB: Database>(
        &self,
        db: DB,
        env: EvmEnv,
        contract: Address,
        data: Bytes,
    ) -> Result<Outcome, ExecutionError> {
        self.evm(db, env)
            .transact_system_call(alloy_eips::eip4788::SYSTEM_ADDRESS, contract, data)
            .map_err(from_evm_error)
    }

    /// Addresses of all precompiles in `block`.
    pub fn precompile_addresses(&self, block: &BlockContext) -> Vec<Address> {
        let evm = self.evm(revm::database::EmptyDB::default(), self.env(block, Purpose::Call));
        evm.precompiles().addresses().copied().collect()
    }

    /// An EVM with this node's precompiles.
    pub fn evm<DB: Database>(
        &self,
        db: DB,
        env: EvmEnv,
    ) -> <Factory as EvmFactory>::Evm<DB, revm::inspector::NoOpInspector> {
        #[allow(unused_mut)]
        let mut evm = self.factory.create_evm(db, env);
        #[cfg(test)]
        fault::install(evm.precompiles_mut());
        evm
    }
}

fn from_evm_error<E: std::fmt::Display>(error: EVMError<E>) -> ExecutionError {
    match error {
        EVMError::Transaction(invalid) => ExecutionError::Invalid(invalid),
        other => ExecutionError::Fatal(other.to_string()),
    }
}

/// A precompile that fails fatally, so that tests can break a node on purpose.
#[cfg(test)]
pub(crate) mod fault {
    use alloy_evm::precompiles::{DynPrecompile, PrecompilesMap};
    use alloy_primitives::{Address, address};
    use revm::precompile::{PrecompileError, PrecompileId};

    /// Calling this address is fatal.
    pub(crate) const FATAL: Address = address!("00000000000000000000000000000000000fa7a1");

    pub(super) fn install(map: &mut PrecompilesMap) {
        map.apply_precompile(&FATAL, |_| {
            Some(DynPrecompile::new_stateful(PrecompileId::Custom("fatal".into()), |_| {
                Err(PrecompileError::Fatal("broken on purpose".into()))
            }))
        });
    }
}
