//! What a block, or an edit by a dev method, changes of the state: the step from one [`StateView`] to the next, whole
//! enough to be kept on disk and made again.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, KECCAK256_EMPTY, U256};
use revm::{
    database::BundleState,
    state::{AccountInfo, Bytecode},
};

use super::state::{AccountState, Code, StateError, StateView};

/// Changed accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateDiff {
    /// Each once.
    pub accounts: BTreeMap<Address, AccountDiff>,
}

/// What becomes of an account.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountDiff {
    /// It is gone, with code and storage.
    Removed,
    /// It is there.
    Changed(AccountChange),
}

/// An account that is there afterwards.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountChange {
    /// Afterwards.
    pub nonce: u64,
    /// Afterwards.
    pub balance: U256,
    /// Afterwards; `None` = as before.
    pub code: Option<Code>,
    /// Whatever storage it had goes before the slots are written.
    pub wiped: bool,
    /// Slots that differ; of an account that was wiped, all that were written.
    pub slots: BTreeMap<U256, SlotDiff>,
}

/// A slot of storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotDiff {
    /// In the state that the change was made on.
    pub before: U256,
    /// Afterwards.
    pub after: U256,
}

/// One change of one account by a dev method.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Sets the balance.
    Balance(U256),
    /// Sets the nonce.
    Nonce(u64),
    /// Sets the code.
    Code(Bytes),
    /// Sets a slot.
    Slot(U256, U256),
}

impl StateDiff {
    /// The changes of `bundle` on top of `parent`. Deletion (EIP-161 and SELFDESTRUCT) has been decided by revm's
    /// `State`; it takes the account's storage along.
    ///
    /// # Errors
    /// An account changed to code that the bundle does not have.
    pub fn of(parent: &StateView, bundle: &BundleState) -> Result<Self, StateError> {
        let mut diff = Self::default();
        for (address, change) in &bundle.state {
            let Some(info) = &change.info else {
                diff.accounts.insert(*address, AccountDiff::Removed);
                continue;
            };
            let known = parent.account(address).map_or(KECCAK256_EMPTY, |account| account.code.hash());
            let code = match known == info.code_hash {
                true => None,
                false => Some(Code::from_parts(info.code_hash, resolve_code(bundle, info)?)),
            };
            let wiped = change.was_destroyed();
            let slots = change.storage.iter().map(|(slot, value)| {
                (*slot, SlotDiff { before: parent.storage(address, *slot), after: value.present_value })
            });
            diff.accounts.insert(
                *address,
                AccountDiff::Changed(AccountChange {
                    nonce: info.nonce,
                    balance: info.balance,
                    code,
                    wiped,
                    slots: slots.filter(|(_, slot)| wiped || slot.before != slot.after).collect(),
                }),
            );
        }
        Ok(diff)
    }

    /// One edit on top of `state`. An account that is empty afterwards is gone.
    ///
    /// # Errors
    /// Malformed EIP-7702 delegations are refused as code.
    pub fn edit(state: &StateView, address: &Address, edit: Edit) -> Result<Self, StateError> {
        let mut account: AccountState = state.account(address).cloned().unwrap_or_default();
        let mut change = AccountChange {
            nonce: account.nonce,
            balance: account.balance,
            code: None,
            wiped: false,
            slots: BTreeMap::new(),
        };
        match edit {
            Edit::Balance(balance) => change.balance = balance,
            Edit::Nonce(nonce) => change.nonce = nonce,
            Edit::Code(code) => change.code = Some(Code::new(code)?),
            Edit::Slot(slot, after) => {
                change.slots.insert(slot, SlotDiff { before: account.storage_at(slot), after });
            }
        }
        account.change(&change);
        let gone = account.is_empty() && account.storage.is_empty();
        let diff = if gone { AccountDiff::Removed } else { AccountDiff::Changed(change) };
        Ok(Self { accounts: BTreeMap::from([(*address, diff)]) })
    }

    /// The changed slots of an account that is there afterwards.
    pub fn slots(&self, address: &Address) -> impl Iterator<Item = (U256, SlotDiff)> {
        let change = match self.accounts.get(address) {
            Some(AccountDiff::Changed(change)) => Some(change),
            Some(AccountDiff::Removed) | None => None,
        };
        change.into_iter().flat_map(|change| change.slots.iter().map(|(slot, diff)| (*slot, *diff)))
    }

    /// The first slot whose value in `state` is not the one that this was made on.
    pub fn misfit(&self, state: &StateView) -> Option<(Address, U256)> {
        self.accounts.keys().find_map(|address| {
            let wrong = self.slots(address).find(|(slot, diff)| state.storage(address, *slot) != diff.before);
            wrong.map(|(slot, _)| (*address, slot))
        })
    }
}

fn resolve_code(bundle: &BundleState, info: &AccountInfo) -> Result<Bytecode, StateError> {
    if info.code_hash == KECCAK256_EMPTY {
        return Ok(Bytecode::default());
    }
    info.code
        .clone()
        .or_else(|| bundle.contracts.get(&info.code_hash).cloned())
        .ok_or(StateError::UnknownCode(info.code_hash))
}
