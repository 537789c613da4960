//! The file's words.

use alloy_primitives::{Address, B256, Bytes, U256};
use pars_ai_mining::precompile::Genesis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    pub rules: u16,
    pub about: String,
    pub chains: Vec<ChainFile>,
}

/// One chain, from an empty state on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainFile {
    pub name: String,
    pub about: String,
    /// `parsAiMiningConfig`.
    pub config: Genesis,
    /// Timestamp of block 0.
    pub genesis_time: u64,
    pub accounts: Vec<Account>,
    pub contracts: Vec<Contract>,
    pub blocks: Vec<Block>,
}

/// Somebody who sends transactions. The key is for tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    pub name: String,
    pub secret_key: B256,
    pub address: Address,
    pub balance: U256,
}

/// Code that stands from the start, with nonce 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contract {
    pub about: String,
    pub address: Address,
    pub code: Bytes,
}

/// A block and what it leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
    pub number: u64,
    pub timestamp: u64,
    pub transactions: Vec<Transaction>,
    /// 0x0300 after it.
    pub account: Leaf,
    /// Balances of accounts that send nothing, after it.
    pub balances: BTreeMap<Address, U256>,
}

/// A transaction; its nonce is the sender's next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Transaction {
    pub about: String,
    pub from: Address,
    pub to: Address,
    pub value: U256,
    pub gas: u64,
    pub input: Bytes,
    pub expected: Expected,
}

/// How something ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    #[default]
    Success,
    Revert,
    /// All gas is gone.
    Halt,
}

/// What a transaction does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expected {
    pub end: End,
    /// Of the whole transaction.
    pub gas_used: u64,
    /// Returned or reverted.
    pub output: Bytes,
    pub logs: Vec<Log>,
    /// The calls of 0x0300 inside, in the order in which they ended: for hosts without an EVM.
    pub calls: Vec<Call>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub address: Address,
    pub topics: Vec<B256>,
    pub data: Bytes,
}

/// One call of 0x0300.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Call {
    pub caller: Address,
    /// The account that the frame runs as.
    pub running_as: Address,
    #[serde(rename = "static")]
    pub is_static: bool,
    pub input: Bytes,
    pub gas: u64,
    pub end: End,
    /// Inside 0x0300.
    pub gas_used: u64,
    pub output: Bytes,
    /// False: it left no trace, because it or a frame around it did not succeed.
    pub kept: bool,
}

/// An account in the state trie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leaf {
    pub nonce: u64,
    pub balance: U256,
    pub code_hash: B256,
    pub storage_root: B256,
}
