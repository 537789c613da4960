//! What a block's transactions will ask of the verifiers, asked before.
//!
//! A transaction that calls straight into `0x…0300` is run against the state without leaving anything, under a verifier
//! that takes every signature for valid and keeps what it was asked. All that was asked then makes one batch over all
//! cores, and execution finds the verdicts in the memory that it shares with this.
//!
//! It saves time and changes no answer: what is not foreseen (calls through contracts, calls whose outcome an earlier
//! transaction changes) is verified when execution comes to it, and what is invalid is not remembered.

use std::{collections::BTreeMap, sync::Arc};

use alloy_consensus::Transaction;
use alloy_primitives::{Address, LogData, TxKind, U256};
use pars_batch::Collector;
use pars_precompile::{ADDRESS, Fatal, Host, HostProfile, OutOfGas, Outcome, Precompile};
use revm::Database;

use crate::Verification;

/// What every transaction pays before its call begins, at least. More is not counted: a call that would run out of gas
/// in a block may be looked at here with some left.
const INTRINSIC_GAS: u64 = 21_000;

/// The block that transactions are looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The node's chain id.
    pub chain_id: u64,
    /// Number of the block, or of the next one for a pool.
    pub number: u64,
    /// Its time, or about it.
    pub timestamp: u64,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Transactions that call straight into `0x…0300`.
    pub calls: usize,
    /// ML-DSA signatures that they rest on.
    pub signatures: usize,
    /// Of these, valid ones: execution will not verify them again.
    pub valid: usize,
}

/// Looks ahead of execution. Clones share the memory of what is valid.
#[derive(Clone, Debug)]
pub struct Lookahead {
    profile: HostProfile,
    verification: Verification,
}

impl Lookahead {
    /// For the verifiers of a precompile with this profile.
    pub fn new(profile: HostProfile, verification: Verification) -> Self {
        Self { profile, verification }
    }

    /// Verifies together what these transactions, in the order of their block, rest on. `database` is the state before
    /// the first of them; it is only read.
    ///
    /// A database that fails ends the looking; execution meets the failure itself.
    pub fn look<'a, DB, T>(
        &self,
        database: &mut DB,
        ground: Ground,
        transactions: impl IntoIterator<Item = (&'a T, Address)>,
    ) -> Looked
    where
        DB: Database,
        T: Transaction + 'a,
    {
        let mut looked = Looked::default();
        if !self.profile.is_active(ground.timestamp) {
            return looked;
        }
        let collector = Arc::new(Collector::default());
        let precompile =
            Precompile::new(self.profile.clone(), self.verification.collecting(collector.clone()));
        let mut jobs = Vec::new();
        let mut written = BTreeMap::new();
        for (transaction, sender) in transactions {
            if transaction.kind() != TxKind::Call(ADDRESS) {
                continue;
            }
            looked.calls = looked.calls.saturating_add(1);
            let mut host = Peek {
                database: &mut *database,
                before: &written,
                now: BTreeMap::new(),
                gas: transaction.gas_limit().saturating_sub(INTRINSIC_GAS),
                sender,
                value: self.profile.value_visible.then(|| transaction.value()),
                ground,
            };
            let outcome = precompile.call(&mut host, transaction.input());
            let now = host.now;
            jobs.extend(collector.take());
            match outcome {
                // The next one sees what this one wrote: of two copies of a proof only the first is verified.
                Outcome::Success(_) => written.extend(now),
                Outcome::Revert(_) | Outcome::OutOfGas => {}
                Outcome::Fatal(_) => break,
            }
        }
        looked.signatures = jobs.len();
        if !jobs.is_empty() {
            looked.valid = self.verification.verify_together(jobs).iter().filter(|valid| *valid).count();
        }
        looked
    }
}

/// One call on a state that it leaves alone.
struct Peek<'a, DB> {
    database: &'a mut DB,
    /// By the calls before it.
    before: &'a BTreeMap<U256, U256>,
    /// By this one.
    now: BTreeMap<U256, U256>,
    gas: u64,
    sender: Address,
    value: Option<U256>,
    ground: Ground,
}

impl<DB: Database> Host for Peek<'_, DB> {
    fn sload(&mut self, slot: U256) -> Result<U256, Fatal> {
        if let Some(value) = self.now.get(&slot).or_else(|| self.before.get(&slot)) {
            return Ok(*value);
        }
        self.database.storage(ADDRESS, slot).map_err(|error| Fatal::Host(error.to_string()))
    }

    fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Fatal> {
        self.now.insert(slot, value);
        Ok(())
    }

    fn log(&mut self, _: LogData) -> Result<(), Fatal> {
        Ok(())
    }

    fn charge(&mut self, gas: u64) -> Result<(), OutOfGas> {
        self.gas = self.gas.checked_sub(gas).ok_or(OutOfGas)?;
        Ok(())
    }

    fn ensure_alive(&mut self) -> Result<(), Fatal> {
        Ok(())
    }

    fn mint_native(&mut self, _: Address, _: U256) -> Result<bool, Fatal> {
        Ok(true)
    }

    fn block_number(&self) -> u64 {
        self.ground.number
    }

    fn block_timestamp(&self) -> u64 {
        self.ground.timestamp
    }

    fn chain_id(&self) -> u64 {
        self.ground.chain_id
    }

    fn caller(&self) -> Address {
        self.sender
    }

    fn value(&self) -> Option<U256> {
        self.value
    }

    fn is_static(&self) -> bool {
        false
    }

    fn is_direct(&self) -> bool {
        true
    }
}
