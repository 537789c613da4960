//! A host in memory: genesis, tools, and the third implementation that the adapters are compared with.

use crate::{ActivationHost, Fatal, Host, OutOfGas, Outcome, Precompile};
use alloy_primitives::{Address, Bytes, LogData, U256};
use std::collections::BTreeMap;

/// The account `0x…0300`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Nonce; 1 once active.
    pub nonce: u64,
    /// Marker code.
    pub code: Bytes,
    /// Storage without zero values.
    pub storage: BTreeMap<U256, U256>,
}

/// A call to run on a [`MemoryHost`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who calls.
    pub caller: Address,
    /// Calldata.
    pub input: Bytes,
    /// Gas limit.
    pub gas: u64,
    /// Apparent value; `None` = the host cannot see it.
    pub value: Option<U256>,
    /// Inside a static call.
    pub is_static: bool,
    /// Not under DELEGATECALL or CALLCODE.
    pub is_direct: bool,
}

impl Call {
    /// An ordinary call without value.
    pub fn new(caller: Address, input: impl Into<Bytes>, gas: u64) -> Self {
        Self { caller, input: input.into(), gas, value: Some(U256::ZERO), is_static: false, is_direct: true }
    }
}

/// How a call on a [`MemoryHost`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The outcome.
    pub outcome: Outcome,
    /// Gas charged; the whole limit when it ran out.
    pub gas_used: u64,
    /// Logs of a success.
    pub logs: Vec<LogData>,
}

/// A host whose state is a map.
#[derive(Clone, Debug)]
pub struct MemoryHost {
    /// The account `0x…0300`.
    pub account: Account,
    /// Native coins minted.
    pub native: BTreeMap<Address, U256>,
    /// The chain's id.
    pub chain_id: u64,
    /// Block number.
    pub block_number: u64,
    /// Block timestamp.
    pub block_timestamp: u64,
    /// Fault injection: the n-th write from now on (0 = the next) fails as a broken database would.
    pub fail_on_sstore: Option<u64>,
    call: Call,
    gas_left: u64,
    logs: Vec<LogData>,
    /// What the running call changed, oldest first.
    journal: Vec<Change>,
}

/// A value that a call replaced.
#[derive(Clone, Copy, Debug)]
enum Change {
    Slot(U256, Option<U256>),
    Native(Address, Option<U256>),
    Nonce(u64),
}

impl MemoryHost {
    /// An empty state of a chain.
    pub fn new(chain_id: u64) -> Self {
        Self {
            account: Account::default(),
            native: BTreeMap::new(),
            chain_id,
            block_number: 0,
            block_timestamp: 0,
            fail_on_sstore: None,
            call: Call::new(Address::ZERO, Bytes::new(), u64::MAX),
            gas_left: u64::MAX,
            logs: Vec::new(),
            journal: Vec::new(),
        }
    }

    /// Runs a call as an EVM frame does: whatever does not succeed leaves no trace.
    pub fn execute(&mut self, precompile: &Precompile, call: Call) -> Executed {
        self.gas_left = call.gas;
        self.logs.clear();
        self.journal.clear();
        self.call = call;
        let input = self.call.input.clone();
        let outcome = precompile.call(self, &input);
        let gas_used = match outcome {
            Outcome::OutOfGas => self.call.gas,
            _ => self.call.gas.saturating_sub(self.gas_left),
        };
        let logs = std::mem::take(&mut self.logs);
        if let Outcome::Success(_) = outcome {
            return Executed { outcome, gas_used, logs };
        }
        self.undo();
        Executed { outcome, gas_used, logs: Vec::new() }
    }

    /// Takes back what the call changed, newest first.
    fn undo(&mut self) {
        while let Some(change) = self.journal.pop() {
            match change {
                Change::Slot(slot, Some(value)) => drop(self.account.storage.insert(slot, value)),
                Change::Slot(slot, None) => drop(self.account.storage.remove(&slot)),
                Change::Native(address, Some(balance)) => drop(self.native.insert(address, balance)),
                Change::Native(address, None) => drop(self.native.remove(&address)),
                Change::Nonce(nonce) => self.account.nonce = nonce,
            }
        }
    }
}

impl Host for MemoryHost {
    fn sload(&mut self, slot: U256) -> Result<U256, Fatal> {
        Ok(self.account.storage.get(&slot).copied().unwrap_or_default())
    }

    fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Fatal> {
        if let Some(left) = self.fail_on_sstore {
            self.fail_on_sstore = left.checked_sub(1);
            if left == 0 {
                return Err(Fatal::Host("injected write failure".into()));
            }
        }
        let before = if value.is_zero() {
            self.account.storage.remove(&slot)
        } else {
            self.account.storage.insert(slot, value)
        };
        self.journal.push(Change::Slot(slot, before));
        Ok(())
    }

    fn log(&mut self, log: LogData) -> Result<(), Fatal> {
        self.logs.push(log);
        Ok(())
    }

    fn charge(&mut self, gas: u64) -> Result<(), OutOfGas> {
        self.gas_left = self.gas_left.checked_sub(gas).ok_or(OutOfGas)?;
        Ok(())
    }

    fn ensure_alive(&mut self) -> Result<(), Fatal> {
        self.journal.push(Change::Nonce(self.account.nonce));
        self.account.nonce = self.account.nonce.max(1);
        Ok(())
    }

    fn mint_native(&mut self, to: Address, amount: U256) -> Result<bool, Fatal> {
        let balance = self.native.get(&to).copied().unwrap_or_default();
        let Some(balance) = balance.checked_add(amount) else {
            return Ok(false);
        };
        let before = self.native.insert(to, balance);
        self.journal.push(Change::Native(to, before));
        Ok(true)
    }

    fn block_number(&self) -> u64 {
        self.block_number
    }

    fn block_timestamp(&self) -> u64 {
        self.block_timestamp
    }

    fn chain_id(&self) -> u64 {
        self.chain_id
    }

    fn caller(&self) -> Address {
        self.call.caller
    }

    fn value(&self) -> Option<U256> {
        self.call.value
    }

    fn is_static(&self) -> bool {
        self.call.is_static
    }

    fn is_direct(&self) -> bool {
        self.call.is_direct
    }
}

impl ActivationHost for MemoryHost {
    fn set_nonce(&mut self, nonce: u64) -> Result<(), Fatal> {
        self.account.nonce = nonce;
        Ok(())
    }

    fn set_code(&mut self, code: Bytes) -> Result<(), Fatal> {
        self.account.code = code;
        Ok(())
    }
}
