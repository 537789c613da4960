//! The cross-host file: blocks of transactions and everything they do, under the profile of luxfi/evm hosts, which is the
//! one that every kind of host can follow. Made with alloy-evm; raw revm, the C ABI and the Go chains replay it.

pub mod file;
pub mod scenario;
#[cfg(test)]
mod tests;

use crate::{
    chain::{Chain, Engine, Receipt, Status, Tx},
    recorder::Inner,
};
use alloy_primitives::{Address, B256, TxKind, U256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, root::storage_root_unhashed};
use file::{Account, Block, Call, ChainFile, End, Expected, Leaf, Log, Transaction};
use pars_ai_mining::precompile::{ADDRESS, Precompile, Verifiers};
use revm::{
    interpreter::InstructionResult,
    primitives::hardfork::SpecId,
    state::{AccountInfo, Bytecode},
};
use std::{path::PathBuf, sync::Arc};

/// Where the file lies.
pub const PATH: &str = "precompile-spec/vectors/conformance-v1.json";

pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(PATH)
}

/// The text as this build makes it.
pub fn made() -> String {
    let mut text = serde_json::to_string_pretty(&scenario::file()).expect("plain data");
    text.push('\n');
    text
}

/// An empty chain of the file, before its first block.
fn start(engine: Arc<dyn Engine>, chain: &ChainFile) -> Chain {
    let precompile = Precompile::new(chain.config.profile.clone(), Verifiers::default());
    let mut started = Chain::with(engine, chain.config.clone(), precompile);
    assert_eq!(chain.config.profile.evm_revision.name(), "cancun");
    started.spec = SpecId::CANCUN;
    for account in &chain.accounts {
        started.disk.set(account.address, AccountInfo { balance: account.balance, ..Default::default() });
    }
    for contract in &chain.contracts {
        started.disk.set_code(contract.address, Bytecode::new_legacy(contract.code.clone()));
    }
    started
}

/// What the account 0x0300 is in the state trie.
fn leaf(chain: &Chain) -> Leaf {
    let storage = chain.disk.storage(ADDRESS);
    let info = chain.disk.account(ADDRESS).cloned().unwrap_or_default();
    Leaf {
        nonce: info.nonce,
        balance: info.balance,
        code_hash: if info.code_hash.is_zero() { KECCAK_EMPTY } else { info.code_hash },
        storage_root: if storage.is_empty() {
            EMPTY_ROOT_HASH
        } else {
            storage_root_unhashed(storage.into_iter().map(|(slot, value)| (B256::from(slot), value)))
        },
    }
}

fn call(inner: &Inner) -> Call {
    Call {
        caller: inner.caller,
        running_as: inner.running_as,
        is_static: inner.is_static,
        input: inner.input.clone(),
        gas: inner.gas_limit,
        end: match inner.result {
            InstructionResult::Revert => End::Revert,
            result if result.is_ok() => End::Success,
            _ => End::Halt,
        },
        gas_used: inner.gas_used,
        output: inner.output.clone(),
        kept: inner.kept,
    }
}

/// `active`: before activation a call of 0x0300 is one of an ordinary account.
fn expected(receipt: Receipt, active: bool) -> Expected {
    Expected {
        end: match receipt.status {
            Status::Success => End::Success,
            Status::Revert => End::Revert,
            Status::Halt => End::Halt,
        },
        gas_used: receipt.gas_used,
        output: receipt.output,
        logs: receipt
            .logs
            .into_iter()
            .map(|log| Log { address: log.address, topics: log.topics().to_vec(), data: log.data.data })
            .collect(),
        calls: receipt.inner.iter().filter(|_| active).map(call).collect(),
    }
}

/// Executes a block and says all it did.
fn execute(chain: &mut Chain, block: &Block) -> Block {
    (chain.number, chain.time) = (block.number, block.timestamp);
    let txs: Vec<_> = block
        .transactions
        .iter()
        .map(|tx| Tx {
            from: tx.from,
            to: TxKind::Call(tx.to),
            value: tx.value,
            data: tx.input.clone(),
            gas: tx.gas,
            authorizations: Vec::new(),
        })
        .collect();
    let active = chain.genesis.profile.is_active(block.timestamp);
    let receipts = chain.block(&txs);
    let done = block.transactions.iter().zip(receipts);
    Block {
        transactions: done
            .map(|(tx, receipt)| Transaction { expected: expected(receipt, active), ..tx.clone() })
            .collect(),
        account: leaf(chain),
        balances: block.balances.keys().map(|address| (*address, chain.disk.balance(*address))).collect(),
        ..block.clone()
    }
}

/// The address of a secret key.
fn address_of(secret: B256) -> Address {
    let key = secp256k1::SecretKey::from_byte_array(secret.0).expect("a valid key");
    let public = key.public_key(secp256k1::SECP256K1).serialize_uncompressed();
    Address::from_slice(&keccak256(&public[1..])[12..])
}

fn account(name: &str) -> Account {
    let secret_key = keccak256(format!("pars conformance {name}"));
    let balance = U256::from(10).pow(U256::from(24));
    Account { name: name.into(), secret_key, address: address_of(secret_key), balance }
}
