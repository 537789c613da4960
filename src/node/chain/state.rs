//! World state: accounts and storage at one block, and its face towards revm.
//!
//! A [`StateView`] is immutable and cheap to clone. This is the seam for persistence: whoever stores blocks needs
//! only [`StateView::apply`] and what a block changed, a [`StateDiff`].

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use revm::{
    DatabaseRef,
    context::DBErrorMarker,
    primitives::{StorageKey, StorageValue},
    state::{AccountInfo, Bytecode},
};

use super::{
    diff::{AccountChange, AccountDiff, StateDiff},
    trie::{Leaf, Trie},
};

/// One account, with its code and its storage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountState {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Balance in wei.
    pub balance: U256,
    /// Code; empty for an ordinary account.
    pub code: Code,
    /// Storage, keyed by keccak256 of the slot.
    pub storage: Trie<U256>,
}

/// Code with its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    hash: B256,
    bytecode: Bytecode,
}

impl Default for Code {
    fn default() -> Self {
        Self { hash: KECCAK256_EMPTY, bytecode: Bytecode::default() }
    }
}

impl Code {
    /// Code from its bytes. Bytes that start like an EIP-7702 delegation but are not one are refused.
    pub fn new(bytes: Bytes) -> Result<Self, StateError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let hash = keccak256(&bytes);
        let bytecode = Bytecode::new_raw_checked(bytes).map_err(|_| StateError::BadCode)?;
        Ok(Self { hash, bytecode })
    }

    /// Code that was checked before, with its hash.
    pub(super) fn from_parts(hash: B256, bytecode: Bytecode) -> Self {
        Self { hash, bytecode }
    }

    /// keccak256 of the bytes.
    pub fn hash(&self) -> B256 {
        self.hash
    }

    /// The bytes as deployed.
    pub fn bytes(&self) -> Bytes {
        self.bytecode.original_bytes()
    }

    /// As revm runs it.
    pub fn bytecode(&self) -> &Bytecode {
        &self.bytecode
    }

    /// True for code that is an EIP-7702 delegation.
    pub fn is_delegation(&self) -> bool {
        self.bytecode.is_eip7702()
    }
}

impl Leaf for AccountState {
    fn encode_leaf(&self, out: &mut Vec<u8>) {
        TrieAccount {
            nonce: self.nonce,
            balance: self.balance,
            storage_root: self.storage.root(),
            code_hash: self.code.hash,
        }
        .encode(out);
    }
}

impl AccountState {
    /// Empty in the sense of EIP-161: such an account does not exist.
    pub fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code.hash == KECCAK256_EMPTY
    }

    /// Sets one slot; zero removes it.
    pub fn set_storage(&mut self, slot: U256, value: U256) {
        let key = keccak256(B256::from(slot));
        if value.is_zero() {
            self.storage.remove(&key);
        } else {
            self.storage.insert(&key, value);
        }
    }

    /// Applies a change.
    pub fn change(&mut self, change: &AccountChange) {
        if change.wiped {
            self.storage = Trie::default();
        }
        self.nonce = change.nonce;
        self.balance = change.balance;
        if let Some(code) = &change.code {
            self.code = code.clone();
        }
        for (slot, value) in &change.slots {
            self.set_storage(*slot, value.after);
        }
    }

    /// Reads one slot.
    pub fn storage_at(&self, slot: U256) -> U256 {
        self.storage.get(&keccak256(B256::from(slot))).copied().unwrap_or_default()
    }
}

/// State cannot be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StateError {
    /// Execution asked for code that no account has.
    #[error("code {0} is not known")]
    UnknownCode(B256),
    /// Code that no account may have.
    #[error("not valid as code: a malformed EIP-7702 delegation")]
    BadCode,
}

impl DBErrorMarker for StateError {}

/// The state after one block.
#[derive(Clone, Debug, Default)]
pub struct StateView {
    accounts: Trie<AccountState>,
}

/// A Merkle proof of one account and some of its slots.
#[derive(Clone, Debug)]
pub struct AccountProof {
    /// The account, if it exists.
    pub account: Option<AccountState>,
    /// Root of its storage trie.
    pub storage_root: B256,
    /// Nodes that prove the account (or its absence) against the state root.
    pub proof: Vec<Bytes>,
    /// For each slot asked for: value, and the nodes that prove it against `storage_root`.
    pub storage: Vec<(U256, Vec<Bytes>)>,
}

impl StateView {
    /// The account at `address`.
    pub fn account(&self, address: &Address) -> Option<&AccountState> {
        self.accounts.get(&keccak256(address))
    }

    /// Balance of `address`.
    pub fn balance(&self, address: &Address) -> U256 {
        self.account(address).map(|account| account.balance).unwrap_or_default()
    }

    /// Nonce of `address`.
    pub fn nonce(&self, address: &Address) -> u64 {
        self.account(address).map(|account| account.nonce).unwrap_or_default()
    }

    /// Code of `address`.
    pub fn code(&self, address: &Address) -> Bytes {
        self.account(address).map(|account| account.code.bytes()).unwrap_or_default()
    }

    /// One storage slot of `address`.
    pub fn storage(&self, address: &Address, slot: U256) -> U256 {
        self.account(address).map(|account| account.storage_at(slot)).unwrap_or_default()
    }

    /// The state root.
    pub fn root(&self) -> B256 {
        self.accounts.root()
    }

    /// Proves one account and some of its slots.
    pub fn proof(&self, address: &Address, slots: &[U256]) -> AccountProof {
        let key = keccak256(address);
        let account = self.accounts.get(&key).cloned();
        let storage = slots
            .iter()
            .map(|slot| match &account {
                Some(account) => {
                    (account.storage_at(*slot), account.storage.proof(&keccak256(B256::from(*slot))))
                }
                None => (U256::ZERO, Vec::new()),
            })
            .collect();
        let storage_root = account.as_ref().map_or(EMPTY_ROOT_HASH, |account| account.storage.root());
        AccountProof { account, storage_root, proof: self.accounts.proof(&key), storage }
    }

    /// Replaces the account at `address`; one with nothing in it is removed.
    pub fn set_account(&mut self, address: &Address, account: AccountState) {
        let key = keccak256(address);
        if account.is_empty() && account.storage.is_empty() {
            self.accounts.remove(&key);
        } else {
            self.accounts.insert(&key, account);
        }
    }

    /// The state after the changes of `diff`.
    pub fn apply(&self, diff: &StateDiff) -> Self {
        let mut accounts = self.accounts.clone();
        for (address, diff) in &diff.accounts {
            let key = keccak256(address);
            match diff {
                AccountDiff::Removed => accounts.remove(&key),
                AccountDiff::Changed(change) => {
                    let mut account = accounts.get(&key).cloned().unwrap_or_default();
                    account.change(change);
                    accounts.insert(&key, account);
                }
            }
        }
        Self { accounts }
    }
}

/// A [`StateView`] with the recent block hashes, as revm reads it.
#[derive(Clone, Debug)]
pub struct StateDb {
    view: StateView,
    /// Hashes of consecutive blocks, the last one belonging to block `last`.
    hashes: Arc<[B256]>,
    last: u64,
}

impl StateDb {
    /// `hashes` are those of the blocks that end with block `last`.
    pub fn new(view: StateView, hashes: Arc<[B256]>, last: u64) -> Self {
        Self { view, hashes, last }
    }
}

impl DatabaseRef for StateDb {
    type Error = StateError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.view.account(&address).map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code.hash,
            code: Some(account.code.bytecode.clone()),
            ..Default::default()
        }))
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, StateError> {
        // Accounts carry their code, so revm has no reason to come here.
        if code_hash == KECCAK256_EMPTY {
            Ok(Bytecode::default())
        } else {
            Err(StateError::UnknownCode(code_hash))
        }
    }

    fn storage_ref(&self, address: Address, slot: StorageKey) -> Result<StorageValue, StateError> {
        Ok(self.view.storage(&address, slot))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, StateError> {
        let hash = self.last.checked_sub(number).and_then(|back| {
            let index = (self.hashes.len() as u64).checked_sub(back + 1)?;
            self.hashes.get(usize::try_from(index).ok()?).copied()
        });
        Ok(hash.unwrap_or_default())
    }
}
