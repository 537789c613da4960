//! `pars_simulatePrecompile`: one call straight into 0x0300, with everything a foreign EVM needs to replay it.

use alloy_eips::BlockId;
use alloy_evm::{
    EvmInternals,
    overrides::{apply_block_overrides, apply_state_overrides},
    precompiles::{Precompile as _, PrecompileInput},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{BlockOverrides, state::StateOverride};
use alloy_sol_types::sol;
use pars_precompile::{ADDRESS, Verifiers, alloy::dyn_precompile};
use revm::precompile::PrecompileStatus;

use super::{
    Chain, Target,
    call::{CALL_GAS_CAP, CallError},
};
use crate::evm::{ExecutionError, Purpose};

sol! {
    /// A log of 0x0300.
    #[derive(Debug, PartialEq, Eq)]
    struct SimulatedLog {
        bytes32[] topics;
        bytes data;
    }

    /// What a call to 0x0300 did. On a revert only `ok`, `out` and `gasUsed` say something.
    #[derive(Debug, PartialEq, Eq)]
    struct Simulation {
        bool ok;
        bytes out;
        uint256 gasUsed;
        bytes32[] slots;
        bytes32[] values;
        address[] accounts;
        uint256[] balances;
        SimulatedLog[] logs;
    }
}

/// A call into 0x0300.
#[derive(Clone, Debug)]
pub struct PrecompileCall {
    /// Who calls.
    pub from: Address,
    /// Calldata.
    pub input: Bytes,
    /// Value the call carries.
    pub value: U256,
    /// Gas it may use.
    pub gas: u64,
    /// Inside a STATICCALL.
    pub is_static: bool,
    /// Neither DELEGATECALL nor CALLCODE.
    pub is_direct: bool,
    /// On which block.
    pub block: BlockId,
    /// Accounts laid over its state.
    pub state: Option<StateOverride>,
    /// Fields laid over its environment.
    pub environment: Option<BlockOverrides>,
}

impl Chain {
    /// Runs the precompile for `call` and tells everything it did.
    ///
    /// # Errors
    /// The block is unknown, an override contradicts itself, the chain has no active precompile there, or the node
    /// is broken.
    pub fn simulate_precompile(&self, call: &PrecompileCall) -> Result<Simulation, CallError> {
        self.simulate_at(&self.resolve(call.block)?, call, self.verification.verifiers())
    }

    /// The same at a place that is known already (`call.block` is not looked at), with verifiers of the caller's.
    pub(super) fn simulate_at(
        &self,
        target: &Target,
        call: &PrecompileCall,
        verifiers: Verifiers,
    ) -> Result<Simulation, CallError> {
        let ground = self.ground(target);
        let mut db = ground.state();
        let mut env = self.executor.env(&ground.context, Purpose::Call);
        if let Some(overrides) = call.environment.clone() {
            apply_block_overrides(overrides, &mut db, &mut env.block_env);
        }
        self.activate_if_due(&env, &mut db)?;
        if let Some(overrides) = call.state.clone() {
            apply_state_overrides(overrides, &mut db)
                .map_err(|error| CallError::Request(error.to_string()))?;
        }
        let timestamp: u64 = env.block_env.timestamp.saturating_to();
        let active = self.activation.as_ref().filter(|_| self.is_active(timestamp));
        let Some(activation) = active else {
            return Err(CallError::Request("the AI-mining precompile is not active at this block".into()));
        };
        let precompile = dyn_precompile(activation.precompile(verifiers));

        let mut evm = self.executor.evm(&mut db, env);
        let context = evm.ctx_mut();
        context.tx.caller = call.from;
        let mut internals = EvmInternals::from_context(context);
        // A call frame would have loaded the account before the precompile runs.
        internals.load_account(ADDRESS).map_err(|error| ExecutionError::Fatal(error.to_string()))?;
        let gas = call.gas.min(CALL_GAS_CAP);
        let output = precompile
            .call(PrecompileInput {
                data: &call.input,
                gas,
                reservoir: 0,
                caller: call.from,
                value: call.value,
                // Not the caller: where CALLCODE is not visible that would count as a call.
                target_address: if call.is_direct { ADDRESS } else { Address::repeat_byte(0xff) },
                is_static: call.is_static,
                bytecode_address: ADDRESS,
                internals,
            })
            .map_err(|error| ExecutionError::Fatal(error.to_string()))?;

        let mut simulation = Simulation {
            ok: output.status == PrecompileStatus::Success,
            gasUsed: U256::from(output.gas_used),
            out: output.bytes,
            slots: Vec::new(),
            values: Vec::new(),
            accounts: Vec::new(),
            balances: Vec::new(),
            logs: Vec::new(),
        };
        if let PrecompileStatus::Halt(_) = output.status {
            simulation.gasUsed = U256::from(gas);
            simulation.out = Bytes::new();
        }
        if !simulation.ok {
            return Ok(simulation);
        }
        let journal = &context.journaled_state;
        if let Some(account) = journal.state.get(&ADDRESS) {
            let mut changed: Vec<_> = account.changed_storage_slots().collect();
            changed.sort_unstable_by_key(|(slot, _)| **slot);
            for (slot, value) in changed {
                simulation.slots.push(B256::from(*slot));
                simulation.values.push(B256::from(value.present_value()));
            }
        }
        let mut paid: Vec<(Address, U256)> = journal
            .state
            .iter()
            .filter(|(_, account)| account.info.balance != account.original_info().balance)
            .map(|(address, account)| (*address, account.info.balance))
            .collect();
        paid.sort_unstable();
        (simulation.accounts, simulation.balances) = paid.into_iter().unzip();
        simulation.logs = journal
            .logs
            .iter()
            .map(|log| SimulatedLog { topics: log.topics().to_vec(), data: log.data.data.clone() })
            .collect();
        Ok(simulation)
    }
}
