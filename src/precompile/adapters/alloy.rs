//! alloy-evm: one `DynPrecompile` that reth, anvil, forge and `pars-devnet` install, and the `EvmFactory` that does.

use super::finish;
use crate::{ADDRESS, Fatal, Host, OutOfGas, Precompile};
use alloy_evm::{
    Database, Evm, EvmEnv, EvmFactory, EvmInternals,
    eth::{EthEvmContext, EthEvmFactory},
    precompiles::{DynPrecompile, PrecompileInput, PrecompilesMap},
};
use alloy_primitives::{Address, Log, LogData, U256};
use revm::{
    Inspector,
    context::{
        BlockEnv, DBErrorMarker, TxEnv,
        result::{EVMError, HaltReason},
    },
    context_interface::{cfg::gas::GasTracker, journaled_state::account::JournaledAccountTr},
    inspector::NoOpInspector,
    precompile::{PrecompileId, PrecompileResult},
    primitives::hardfork::SpecId,
};

/// The journal of one call, seen through alloy-evm.
struct AlloyHost<'a> {
    internals: EvmInternals<'a>,
    gas: GasTracker,
    caller: Address,
    value: Option<U256>,
    is_static: bool,
    is_direct: bool,
}

fn fatal(error: impl std::fmt::Display) -> Fatal {
    Fatal::Host(error.to_string())
}

impl Host for AlloyHost<'_> {
    fn sload(&mut self, slot: U256) -> Result<U256, Fatal> {
        Ok(self.internals.sload(ADDRESS, slot).map_err(fatal)?.data)
    }

    fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Fatal> {
        self.internals.sstore(ADDRESS, slot, value).map_err(fatal)?;
        Ok(())
    }

    fn log(&mut self, log: LogData) -> Result<(), Fatal> {
        self.internals.log(Log { address: ADDRESS, data: log });
        Ok(())
    }

    fn charge(&mut self, gas: u64) -> Result<(), OutOfGas> {
        if self.gas.record_regular_cost(gas) { Ok(()) } else { Err(OutOfGas) }
    }

    fn ensure_alive(&mut self) -> Result<(), Fatal> {
        let mut account = self.internals.load_account_mut(ADDRESS).map_err(fatal)?;
        if account.nonce() == 0 {
            account.set_nonce(1);
        }
        Ok(())
    }

    fn mint_native(&mut self, to: Address, amount: U256) -> Result<bool, Fatal> {
        let mut account = self.internals.load_account_mut(to).map_err(fatal)?;
        Ok(account.incr_balance(amount))
    }

    fn block_number(&self) -> u64 {
        self.internals.block_number().saturating_to()
    }

    fn block_timestamp(&self) -> u64 {
        self.internals.block_timestamp().saturating_to()
    }

    fn chain_id(&self) -> u64 {
        self.internals.chain_id()
    }

    fn caller(&self) -> Address {
        self.caller
    }

    fn value(&self) -> Option<U256> {
        self.value
    }

    fn is_static(&self) -> bool {
        self.is_static
    }

    fn is_direct(&self) -> bool {
        self.is_direct
    }
}

/// The precompile as a `DynPrecompile`. It is stateful: hosts that cache results by calldata must not cache these
/// (`supports_caching()` is false).
pub fn dyn_precompile(precompile: Precompile) -> DynPrecompile {
    DynPrecompile::new_stateful(PrecompileId::Custom("AIMining".into()), move |input| run(&precompile, input))
}

fn run(precompile: &Precompile, input: PrecompileInput<'_>) -> PrecompileResult {
    let mut host = AlloyHost {
        gas: GasTracker::new(input.gas, input.gas, input.reservoir),
        caller: input.caller,
        value: precompile.profile().value_visible.then_some(input.value),
        is_static: input.is_static,
        is_direct: precompile.profile().is_direct(input.target_address, input.caller),
        internals: input.internals,
    };
    let outcome = precompile.call(&mut host, input.data);
    finish(outcome, host.gas)
}

/// Installs the precompile into an EVM for a block of this timestamp; before activation, nothing.
///
/// With a warm profile the address enters the warm set (`apply_precompile`); with a cold one it is found by look-up and
/// pays EIP-2929's cold price; the host's own look-up is asked for every other address.
pub fn install(map: &mut PrecompilesMap, precompile: &Precompile, timestamp: u64) {
    if !precompile.profile().is_active(timestamp) {
        return;
    }
    if precompile.profile().warm {
        map.apply_precompile(&ADDRESS, |_| Some(dyn_precompile(precompile.clone())));
    } else {
        let precompile = precompile.clone();
        map.map_precompile_lookup(move |address, hosts_own| {
            if *address == ADDRESS {
                return Some(dyn_precompile(precompile.clone()));
            }
            hosts_own.and_then(|lookup| lookup.lookup(address))
        });
    }
}

/// What a node builder needs: every EVM it creates (execution, payload building, RPC, tracing) has the precompile.
#[derive(Clone, Debug)]
pub struct ParsEvmFactory {
    precompile: Precompile,
}

impl ParsEvmFactory {
    /// A factory of EVMs with this precompile.
    pub fn new(precompile: Precompile) -> Self {
        Self { precompile }
    }

    /// The precompile installed.
    pub fn precompile(&self) -> &Precompile {
        &self.precompile
    }
}

impl EvmFactory for ParsEvmFactory {
    type Evm<DB: Database, I: Inspector<EthEvmContext<DB>>> = <EthEvmFactory as EvmFactory>::Evm<DB, I>;
    type Context<DB: Database> = EthEvmContext<DB>;
    type Tx = TxEnv;
    type Error<E: DBErrorMarker> = EVMError<E>;
    type HaltReason = HaltReason;
    type Spec = SpecId;
    type BlockEnv = BlockEnv;
    type Precompiles = PrecompilesMap;

    fn create_evm<DB: Database>(&self, db: DB, env: EvmEnv) -> Self::Evm<DB, NoOpInspector> {
        let timestamp = env.block_env.timestamp.saturating_to();
        let mut evm = EthEvmFactory::default().create_evm(db, env);
        install(evm.precompiles_mut(), &self.precompile, timestamp);
        evm
    }

    fn create_evm_with_inspector<DB: Database, I: Inspector<Self::Context<DB>>>(
        &self,
        db: DB,
        env: EvmEnv,
        inspector: I,
    ) -> Self::Evm<DB, I> {
        let timestamp = env.block_env.timestamp.saturating_to();
        let mut evm = EthEvmFactory::default().create_evm_with_inspector(db, env, inspector);
        install(evm.precompiles_mut(), &self.precompile, timestamp);
        evm
    }
}
