//! Raw revm: a `PrecompileProvider` around any other, and activation on a revm database.

use super::finish;
use crate::{
    ADDRESS, ActivationError, Fatal, Genesis, Host, HostProfile, OutOfGas, Precompile, gas::MAX_INPUT,
    storage::layout::VERSION,
};
use alloy_primitives::{Address, Bytes, Log, LogData, U256};
use revm::{
    Database, DatabaseCommit,
    context_interface::{
        Block, Cfg, ContextTr, JournalTr, cfg::gas::GasTracker, journaled_state::account::JournaledAccountTr,
    },
    handler::{EthPrecompiles, PrecompileProvider, precompile_output_to_interpreter_result},
    interpreter::{CallInputs, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
    state::{Account, AccountStatus, Bytecode, EvmStorageSlot},
};

/// The journal of one call.
struct RevmHost<'a, CTX> {
    context: &'a mut CTX,
    gas: GasTracker,
    caller: Address,
    value: Option<U256>,
    is_static: bool,
    is_direct: bool,
}

fn fatal(error: impl std::fmt::Display) -> Fatal {
    Fatal::Host(error.to_string())
}

impl<CTX: ContextTr> Host for RevmHost<'_, CTX> {
    fn sload(&mut self, slot: U256) -> Result<U256, Fatal> {
        // A slot can only be read from a loaded account.
        self.context.journal_mut().load_account(ADDRESS).map_err(fatal)?;
        Ok(self.context.journal_mut().sload(ADDRESS, slot).map_err(fatal)?.data)
    }

    fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Fatal> {
        self.context.journal_mut().load_account(ADDRESS).map_err(fatal)?;
        self.context.journal_mut().sstore(ADDRESS, slot, value).map_err(fatal)?;
        Ok(())
    }

    fn log(&mut self, log: LogData) -> Result<(), Fatal> {
        self.context.journal_mut().log(Log { address: ADDRESS, data: log });
        Ok(())
    }

    fn charge(&mut self, gas: u64) -> Result<(), OutOfGas> {
        if self.gas.record_regular_cost(gas) { Ok(()) } else { Err(OutOfGas) }
    }

    fn ensure_alive(&mut self) -> Result<(), Fatal> {
        let mut account = self.context.journal_mut().load_account_mut(ADDRESS).map_err(fatal)?.data;
        if account.nonce() == 0 {
            account.set_nonce(1);
        }
        Ok(())
    }

    fn mint_native(&mut self, to: Address, amount: U256) -> Result<bool, Fatal> {
        let mut account = self.context.journal_mut().load_account_mut(to).map_err(fatal)?.data;
        Ok(account.incr_balance(amount))
    }

    fn block_number(&self) -> u64 {
        self.context.block().number().saturating_to()
    }

    fn block_timestamp(&self) -> u64 {
        self.context.block().timestamp().saturating_to()
    }

    fn chain_id(&self) -> u64 {
        self.context.cfg().chain_id()
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

/// The precompiles of `P`, and `0x…0300` beside them.
#[derive(Clone, Debug)]
pub struct ParsPrecompiles<P = EthPrecompiles> {
    inner: P,
    precompile: Precompile,
    /// Whether the block has reached activation.
    active: bool,
    warm: AddressSet,
}

impl ParsPrecompiles<EthPrecompiles> {
    /// Ethereum's precompiles of a revision, and `0x…0300` if the block's timestamp has reached activation.
    pub fn new(spec: SpecId, precompile: Precompile, timestamp: u64) -> Self {
        let inner = EthPrecompiles::new(spec);
        let warm = inner.warm_addresses().clone();
        Self::beside(inner, &warm, precompile, timestamp)
    }
}

impl<P> ParsPrecompiles<P> {
    /// Another provider's precompiles, and `0x…0300` if the block's timestamp has reached activation.
    pub fn around<CTX>(inner: P, precompile: Precompile, timestamp: u64) -> Self
    where
        CTX: ContextTr,
        P: PrecompileProvider<CTX, Output = InterpreterResult>,
    {
        let warm = inner.warm_addresses().clone();
        Self::beside(inner, &warm, precompile, timestamp)
    }

    fn beside(inner: P, warm: &AddressSet, precompile: Precompile, timestamp: u64) -> Self {
        let active = precompile.profile().is_active(timestamp);
        let warm = warm_set(warm, precompile.profile(), active);
        Self { inner, precompile, active, warm }
    }
}

fn warm_set(inner: &AddressSet, profile: &HostProfile, active: bool) -> AddressSet {
    let mut warm = inner.clone();
    if active && profile.warm {
        warm.insert(ADDRESS);
    }
    warm
}

impl<CTX, P> PrecompileProvider<CTX> for ParsPrecompiles<P>
where
    CTX: ContextTr,
    P: PrecompileProvider<CTX, Output = InterpreterResult>,
{
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: <CTX::Cfg as Cfg>::Spec) -> bool {
        let changed = self.inner.set_spec(spec);
        if changed {
            self.warm = warm_set(self.inner.warm_addresses(), self.precompile.profile(), self.active);
        }
        changed
    }

    fn run(&mut self, context: &mut CTX, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        if !self.active || inputs.bytecode_address != ADDRESS {
            return self.inner.run(context, inputs);
        }
        // The input may lie in the caller's memory: an owned copy, and no larger than the core will look at. One byte
        // more than allowed is enough for it to be refused.
        let input = if inputs.input.len() > MAX_INPUT {
            Bytes::from_static(&[0; MAX_INPUT + 1])
        } else {
            inputs.input.bytes(context)
        };
        let mut host = RevmHost {
            context,
            gas: GasTracker::new(inputs.gas_limit, inputs.gas_limit, inputs.reservoir),
            caller: inputs.caller,
            value: self.precompile.profile().value_visible.then(|| inputs.call_value()),
            is_static: inputs.is_static,
            is_direct: self.precompile.profile().is_direct(inputs.target_address, inputs.caller),
        };
        let outcome = self.precompile.call(&mut host, &input);
        let output = finish(outcome, host.gas).map_err(|error| error.to_string())?;
        Ok(Some(precompile_output_to_interpreter_result(output, inputs.gas_limit)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }

    fn contains(&self, address: &Address) -> bool {
        (self.active && *address == ADDRESS) || self.inner.contains(address)
    }
}

/// Activates `0x…0300` on a revm database if the block's timestamp has reached activation and it is not active yet:
/// the pre-block hook. Returns whether it did. Coins that lie at the address stay there.
///
/// # Errors
/// [`ActivationError`]; nothing is committed then.
pub fn activate_if_due<DB>(
    database: &mut DB,
    genesis: &Genesis,
    chain_id: u64,
    timestamp: u64,
) -> Result<bool, ActivationError>
where
    DB: Database + DatabaseCommit,
{
    let database_error = |error: DB::Error| ActivationError::Host(fatal(error));
    if !genesis.profile.is_active(timestamp) {
        return Ok(false);
    }
    let before = database.basic(ADDRESS).map_err(database_error)?;
    if before.is_some() && !database.storage(ADDRESS, VERSION.key()).map_err(database_error)?.is_zero() {
        return Ok(false);
    }
    let made = genesis.account(chain_id)?;
    let code = Bytecode::new_legacy(made.code);
    let mut account = Account::from(before.unwrap_or_default());
    account.info.nonce = made.nonce;
    account.info.code_hash = code.hash_slow();
    account.info.code = Some(code);
    account.status = AccountStatus::Touched;
    for (slot, value) in made.storage {
        let entry =
            EvmStorageSlot { present_value: value, ..EvmStorageSlot::new(U256::ZERO, Default::default()) };
        account.storage.insert(slot, entry);
    }
    database.commit([(ADDRESS, account)].into_iter().collect());
    Ok(true)
}
