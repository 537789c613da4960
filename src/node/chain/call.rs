//! Execution that leaves nothing behind: `eth_call`, `eth_estimateGas`, `eth_createAccessList`.

use std::collections::BTreeMap;

use alloy_eips::{
    BlockId, BlockNumberOrTag,
    eip2930::{AccessList, AccessListItem, AccessListResult},
};
use alloy_evm::{
    EvmEnv,
    overrides::{apply_block_overrides, apply_state_overrides},
    rpc::TryIntoTxEnv,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use revm::{
    Database as _,
    context::result::{ExecutionResult, HaltReason},
    database::{State, WrapDatabaseRef},
    primitives::{eip7825::TX_GAS_LIMIT_CAP, hardfork::SpecId},
};

use super::{Chain, Target, UnknownBlock, state::StateDb};
use crate::evm::{BlockContext, ExecutionError, Outcome, Purpose};

/// Gas of one call at most, unless blocks hold more.
pub const CALL_GAS_CAP: u64 = 50_000_000;
/// An estimate may be this much above the exact value: 1.5 %, in thousandths.
const ESTIMATE_TOLERANCE: u64 = 15;
/// Rounds after which an access list is taken as it is.
const ACCESS_LIST_ROUNDS: usize = 4;

/// A call as JSON-RPC states it.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The transaction-like part.
    pub request: TransactionRequest,
    /// On which block.
    pub block: BlockId,
    /// Accounts laid over its state.
    pub state: Option<StateOverride>,
    /// Fields laid over its environment.
    pub environment: Option<BlockOverrides>,
}

/// A call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No such block.
    #[error(transparent)]
    UnknownBlock(#[from] UnknownBlock),
    /// The request contradicts itself.
    #[error("{0}")]
    Request(String),
    /// The sender cannot pay the value.
    #[error("insufficient funds for gas * price + value: address {from} have {have} want {want}")]
    InsufficientFunds {
        /// Who.
        from: Address,
        /// Balance.
        have: U256,
        /// Needed.
        want: U256,
    },
    /// Not executable, or the node is broken.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// The call reverted.
    #[error("execution reverted")]
    Reverted(Bytes),
    /// The call halted.
    #[error("execution halted: {0:?}")]
    Halted(HaltReason),
    /// No amount of gas below the cap is enough.
    #[error("gas required exceeds allowance ({0})")]
    GasAllowance(u64),
}

pub(super) type CallDb = State<WrapDatabaseRef<StateDb>>;

/// State and environment of a call.
pub(super) struct Ground {
    db: StateDb,
    pub(super) context: BlockContext,
}

impl Ground {
    /// A state to execute on.
    pub(super) fn state(&self) -> CallDb {
        State::builder().with_database_ref(self.db.clone()).build()
    }
}

impl Chain {
    /// Where a call at `id` stands. At `latest` it sees the head's state at the present time: with instant mining an
    /// idle chain's head is long past, and work completed since would lie in its future.
    fn ground_of(&self, id: BlockId) -> Result<Ground, UnknownBlock> {
        let target = self.resolve(id)?;
        let mut ground = self.ground(&target);
        if id.is_latest() {
            ground.context.timestamp = self.next_context(target.entry()).timestamp;
        }
        Ok(ground)
    }

    pub(super) fn ground(&self, target: &Target) -> Ground {
        let entry = target.entry();
        let context = match target {
            Target::Block(entry) => entry.block.context(),
            Target::Pending(entry) => self.next_context(entry),
        };
        Ground { db: self.database(entry), context }
    }

    /// Activates the precompile when the call runs after its activation but the state is from before it.
    pub(super) fn activate_if_due(&self, env: &EvmEnv, db: &mut CallDb) -> Result<(), ExecutionError> {
        let Some(activation) = &self.activation else {
            return Ok(());
        };
        let timestamp = env.block_env.timestamp.saturating_to();
        activation.apply_if_due(db, timestamp).map_err(|error| ExecutionError::Fatal(error.to_string()))?;
        Ok(())
    }

    fn gas_cap(&self, ground: &Ground) -> u64 {
        CALL_GAS_CAP.max(ground.context.gas_limit)
    }

    fn run(&self, ground: &Ground, call: &Call, gas: u64) -> Result<Outcome, CallError> {
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
        let mut request = call.request.clone();
        if let Some(chain_id) = request.chain_id.filter(|id| *id != self.chain_id()) {
            return Err(CallError::Request(format!(
                "chain id {chain_id} is not this chain's {}",
                self.chain_id()
            )));
        }
        let from = request.from.unwrap_or_default();
        let account = db.basic(from).map_err(|error| ExecutionError::Fatal(error.to_string()))?;
        let account = account.unwrap_or_default();
        let value = request.value.unwrap_or_default();
        if value > account.balance {
            return Err(CallError::InsufficientFunds { from, have: account.balance, want: value });
        }
        request.gas = Some(gas);
        request.nonce = Some(account.nonce);
        let tx = request.try_into_tx_env(&env).map_err(|error| CallError::Request(error.to_string()))?;
        Ok(self.executor.transact(&mut db, env, tx)?)
    }

    /// Executes a call and returns everything that came of it.
    ///
    /// # Errors
    /// The call could not be executed; a revert or halt is a result, not an error.
    pub fn simulate(&self, call: &Call) -> Result<Outcome, CallError> {
        let ground = self.ground_of(call.block)?;
        let cap = self.gas_cap(&ground);
        self.run(&ground, call, call.request.gas.unwrap_or(cap).min(cap))
    }

    /// Executes a call and returns its output.
    ///
    /// # Errors
    /// The call could not be executed, reverted or halted.
    pub fn call(&self, call: &Call) -> Result<Bytes, CallError> {
        output(self.simulate(call)?.result)
    }

    /// The least gas limit (to within 1.5 %) with which the call succeeds. `latest` means the next block: that is
    /// where the transaction will stand, and on an idle chain the head's timestamp may be long past.
    ///
    /// # Errors
    /// The call does not succeed with any gas limit, or could not be executed.
    pub fn estimate_gas(&self, call: &Call) -> Result<u64, CallError> {
        let target = match (self.resolve(call.block)?, call.block) {
            (Target::Block(entry), BlockId::Number(BlockNumberOrTag::Latest)) => Target::Pending(entry),
            (target, _) => target,
        };
        let ground = self.ground(&target);
        let spec = self.executor.spec_at(ground.context.timestamp);
        let mut cap = ground.context.gas_limit;
        if spec.is_enabled_in(SpecId::OSAKA) {
            cap = cap.min(TX_GAS_LIMIT_CAP);
        }
        if let Some(gas) = call.request.gas.filter(|gas| *gas > 0) {
            cap = cap.min(gas);
        }
        // Who names a price must be able to pay it.
        let price = call.request.max_fee_per_gas.or(call.request.gas_price).unwrap_or_default();
        if price > 0 && call.state.is_none() {
            let from = call.request.from.unwrap_or_default();
            let have = target.entry().state.balance(&from);
            let want = call.request.value.unwrap_or_default();
            let Some(left) = have.checked_sub(want) else {
                return Err(CallError::InsufficientFunds { from, have, want });
            };
            let affordable = left / U256::from(price);
            cap = cap.min(u64::try_from(affordable).unwrap_or(u64::MAX));
        }

        let full = match self.run(&ground, call, cap) {
            Err(CallError::Execution(ExecutionError::Invalid(error))) if is_gas_error(&error) => {
                return Err(CallError::GasAllowance(cap));
            }
            result => result?,
        };
        if matches!(full.result, ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. }) {
            return Err(CallError::GasAllowance(cap));
        }
        // Before refunds; the calldata floor included.
        let spent = full.result.gas().total_gas_spent().max(full.result.tx_gas_used());
        output(full.result)?;

        // What it spent with gas in plenty is the least it needs, and mostly enough: then the answer is exact. Calls
        // that leave a reserve behind (the 63/64 rule) need more.
        let (mut low, mut high) = (spent.saturating_sub(1), cap);
        let mut guess = spent;
        while high - low > 1 && is_rough(low, high) {
            if guess <= low || guess >= high {
                guess = low + (high - low) / 2;
            }
            let enough = match self.run(&ground, call, guess) {
                Ok(outcome) => outcome.result.is_success(),
                Err(CallError::Execution(ExecutionError::Invalid(_))) => false,
                Err(error) => return Err(error),
            };
            if enough {
                high = guess;
            } else {
                low = guess;
            }
            let reserve = spent.saturating_add(spent / 63).saturating_add(2300);
            guess = if low < reserve && reserve < high { reserve } else { low + (high - low) / 2 };
        }
        Ok(high)
    }

    /// The accounts and slots a call touches, and the gas it uses when it announces them.
    ///
    /// # Errors
    /// The call could not be executed; a revert or halt is told in the result.
    pub fn create_access_list(&self, call: &Call) -> Result<AccessListResult, CallError> {
        let ground = self.ground_of(call.block)?;
        let cap = self.gas_cap(&ground);
        let gas = call.request.gas.unwrap_or(cap).min(cap);
        let mut call = call.clone();
        let mut access_list = call.request.access_list.clone().unwrap_or_default();
        let mut outcome = self.run(&ground, &call, gas)?;
        for _ in 0..ACCESS_LIST_ROUNDS {
            let found = self.touched(&call.request, &ground.context, &outcome);
            if found == access_list {
                break;
            }
            access_list = found;
            call.request.access_list = Some(access_list.clone());
            outcome = self.run(&ground, &call, gas)?;
        }
        let gas_used = U256::from(outcome.result.tx_gas_used());
        let error = output(outcome.result).err().map(|error| error.to_string());
        Ok(AccessListResult { access_list, gas_used, error })
    }

    /// What the call loaded, without what is warm or paid for anyway: sender, target without slots, coinbase,
    /// precompiles.
    fn touched(&self, request: &TransactionRequest, context: &BlockContext, outcome: &Outcome) -> AccessList {
        let precompiles = self.executor.precompile_addresses(context);
        let from = request.from.unwrap_or_default();
        let to = match request.to {
            Some(TxKind::Call(to)) => to,
            _ => from.create(request.nonce.unwrap_or_default()),
        };
        let mut found: BTreeMap<Address, Vec<B256>> = BTreeMap::new();
        for (address, account) in &outcome.state {
            if precompiles.contains(address) {
                continue;
            }
            let mut slots: Vec<B256> = account.storage.keys().map(|slot| B256::from(*slot)).collect();
            slots.sort_unstable();
            let warm = [from, to, context.coinbase].contains(address);
            if !slots.is_empty() || !warm {
                found.insert(*address, slots);
            }
        }
        AccessList(
            found
                .into_iter()
                .map(|(address, storage_keys)| AccessListItem { address, storage_keys })
                .collect(),
        )
    }
}

/// True when `high` may be further above the exact value than an estimate may be.
fn is_rough(low: u64, high: u64) -> bool {
    u128::from(high - low) * 1000 > u128::from(high) * u128::from(ESTIMATE_TOLERANCE)
}

fn is_gas_error(error: &revm::context::result::InvalidTransaction) -> bool {
    use revm::context::result::InvalidTransaction as Invalid;
    matches!(error, Invalid::CallGasCostMoreThanGasLimit { .. } | Invalid::GasFloorMoreThanGasLimit { .. })
}

/// The output of a call that succeeded.
///
/// # Errors
/// It reverted or halted.
pub fn output(result: ExecutionResult) -> Result<Bytes, CallError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(CallError::Reverted(output)),
        ExecutionResult::Halt { reason, .. } => Err(CallError::Halted(reason)),
    }
}
