//! `eth_*`, `net_*`, `web3_*` and `txpool_*` methods that only read.

use std::collections::BTreeMap;

use alloy_eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U64, U256, keccak256};
use alloy_rpc_types_eth::{
    AccountInfo, EIP1186AccountProofResponse, EIP1186StorageProof, Filter, FilterBlockOption, Log,
};
use alloy_serde::JsonStorageKey;
use alloy_trie::TrieAccount;
use serde_json::{Value, json};

use super::{
    Rpc,
    error::{LIMIT_EXCEEDED, RpcError, RpcResult},
    params::Params,
    types,
};
use crate::chain::{Chain, Entry, Target, UnknownBlock, dev_accounts::DEV_ACCOUNTS, fees::SUGGESTED_TIP};

/// Blocks one log query may span.
pub(super) const MAX_LOG_RANGE: u64 = 100_000;
/// Logs one query may return.
pub(super) const MAX_LOG_RESULTS: usize = 10_000;
/// Slots one `eth_getProof` may ask for.
pub(super) const MAX_PROOF_SLOTS: usize = 1024;

/// Name and version.
pub fn client_version() -> String {
    format!("pars-devnet/v{}/{}-{}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH)
}

pub(super) fn web3_client_version(_: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(client_version()))
}

pub(super) fn web3_sha3(_: &Rpc, params: &Params) -> RpcResult {
    Ok(json!(keccak256(params.required::<Bytes>(0)?)))
}

pub(super) fn net_version(rpc: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(rpc.chain.chain_id().to_string()))
}

pub(super) fn net_listening(_: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(true))
}

pub(super) fn net_peer_count(_: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(U64::ZERO))
}

pub(super) fn rpc_modules(_: &Rpc, _: &Params) -> RpcResult {
    let names =
        ["aimining", "anvil", "eth", "evm", "hardhat", "net", "pars", "personal", "rpc", "txpool", "web3"];
    Ok(Value::Object(names.into_iter().map(|name| (name.to_owned(), json!("1.0"))).collect()))
}

pub(super) fn chain_id(rpc: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(U64::from(rpc.chain.chain_id())))
}

pub(super) fn syncing(_: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(false))
}

pub(super) fn accounts(_: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(DEV_ACCOUNTS.map(|account| account.address)))
}

pub(super) fn coinbase(rpc: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(rpc.chain.coinbase()))
}

pub(super) fn block_number(rpc: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(U64::from(rpc.chain.height())))
}

pub(super) fn gas_price(rpc: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(U256::from(rpc.chain.gas_price())))
}

pub(super) fn max_priority_fee_per_gas(_: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(U256::from(SUGGESTED_TIP)))
}

pub(super) fn blob_base_fee(_: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(U64::from(1)))
}

pub(super) fn fee_history(rpc: &Rpc, params: &Params) -> RpcResult {
    let percentiles: Option<Vec<f64>> = params.optional(2)?;
    let count = params.required_quantity(0)?;
    let history = rpc.chain.fee_history(count, params.block(1)?, percentiles.as_deref())?;
    Ok(serde_json::to_value(history)?)
}

pub(super) fn get_balance(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    Ok(json!(rpc.chain.state(params.block(1)?)?.balance(&address)))
}

pub(super) fn get_transaction_count(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    let nonce = match params.block(1)? {
        BlockId::Number(BlockNumberOrTag::Pending) => rpc.chain.pending_nonce(&address),
        id => rpc.chain.state(id)?.nonce(&address),
    };
    Ok(json!(U64::from(nonce)))
}

pub(super) fn get_code(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    Ok(json!(rpc.chain.state(params.block(1)?)?.code(&address)))
}

pub(super) fn get_storage_at(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    let slot: JsonStorageKey = params.required(1)?;
    let value = rpc.chain.state(params.block(2)?)?.storage(&address, slot.as_b256().into());
    Ok(json!(B256::from(value)))
}

pub(super) fn get_account_info(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    let state = rpc.chain.state(params.block(1)?)?;
    let info = state.account(&address).map(|account| AccountInfo {
        balance: account.balance,
        nonce: account.nonce,
        code: account.code.bytes(),
    });
    Ok(serde_json::to_value(info.unwrap_or_default())?)
}

pub(super) fn get_account(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    let state = rpc.chain.state(params.block(1)?)?;
    let account = state.account(&address).map(|account| TrieAccount {
        nonce: account.nonce,
        balance: account.balance,
        storage_root: account.storage.root(),
        code_hash: account.code.hash(),
    });
    Ok(serde_json::to_value(account)?)
}

pub(super) fn get_proof(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    let keys: Vec<JsonStorageKey> = params.optional(1)?.unwrap_or_default();
    if keys.len() > MAX_PROOF_SLOTS {
        return Err(RpcError::new(LIMIT_EXCEEDED, format!("at most {MAX_PROOF_SLOTS} slots can be proved")));
    }
    let state = rpc.chain.state(params.block(2)?)?;
    let slots: Vec<U256> = keys.iter().map(|key| key.as_b256().into()).collect();
    let proof = state.proof(&address, &slots);
    let account = proof.account.unwrap_or_default();
    let storage_proof = keys
        .into_iter()
        .zip(proof.storage)
        .map(|(key, (value, proof))| EIP1186StorageProof { key, value, proof })
        .collect();
    Ok(serde_json::to_value(EIP1186AccountProofResponse {
        address,
        balance: account.balance,
        code_hash: if account.is_empty() { KECCAK256_EMPTY } else { account.code.hash() },
        nonce: account.nonce,
        storage_hash: proof.storage_root,
        account_proof: proof.proof,
        storage_proof,
    })?)
}

/// The block a request means, the pending one built on the spot.
fn find_block(chain: &Chain, id: BlockId) -> Result<Option<Entry>, RpcError> {
    match chain.resolve(id) {
        Ok(Target::Block(entry)) => Ok(Some(entry)),
        Ok(Target::Pending(_)) => Ok(Some(chain.preview()?)),
        Err(UnknownBlock) => Ok(None),
    }
}

/// Runs `read` on the block that parameter 0 names; `null` when there is none.
fn with_block(
    rpc: &Rpc,
    params: &Params,
    read: impl FnOnce(&crate::chain::block::Block) -> RpcResult,
) -> RpcResult {
    if params.raw(0).is_none() {
        return Err(RpcError::params("missing value for required argument 0"));
    }
    match find_block(&rpc.chain, params.block(0)?)? {
        Some(entry) => read(&entry.block),
        None => Ok(Value::Null),
    }
}

pub(super) fn get_block(rpc: &Rpc, params: &Params) -> RpcResult {
    let full = params.optional(1)?.unwrap_or(false);
    with_block(rpc, params, |block| types::block(block, full))
}

pub(super) fn get_block_transaction_count(rpc: &Rpc, params: &Params) -> RpcResult {
    with_block(rpc, params, |block| Ok(json!(U64::from(block.transactions.len()))))
}

pub(super) fn get_uncle_count(rpc: &Rpc, params: &Params) -> RpcResult {
    with_block(rpc, params, |_| Ok(json!(U64::ZERO)))
}

pub(super) fn get_transaction_in_block(rpc: &Rpc, params: &Params) -> RpcResult {
    let index = usize::try_from(params.required_quantity(1)?).unwrap_or(usize::MAX);
    with_block(rpc, params, |block| types::mined_transaction(block, index))
}

pub(super) fn get_block_receipts(rpc: &Rpc, params: &Params) -> RpcResult {
    with_block(rpc, params, |block| Ok(serde_json::to_value(&block.receipts)?))
}

pub(super) fn get_transaction_by_hash(rpc: &Rpc, params: &Params) -> RpcResult {
    let hash: B256 = params.required(0)?;
    if let Some((block, index)) = rpc.chain.transaction(&hash) {
        return types::mined_transaction(&block, index);
    }
    match rpc.chain.with_pool(|pool| pool.get(&hash).cloned()) {
        Some(tx) => types::pending_transaction(&tx),
        None => Ok(Value::Null),
    }
}

pub(super) fn get_raw_transaction_by_hash(rpc: &Rpc, params: &Params) -> RpcResult {
    let hash: B256 = params.required(0)?;
    let raw = match rpc.chain.transaction(&hash) {
        Some((block, index)) => block.transactions.get(index).map(|tx| Bytes::from(tx.encoded_2718())),
        None => rpc.chain.with_pool(|pool| pool.get(&hash).map(|tx| Bytes::from(tx.encoded_2718()))),
    };
    Ok(json!(raw))
}

pub(super) fn get_transaction_receipt(rpc: &Rpc, params: &Params) -> RpcResult {
    let hash: B256 = params.required(0)?;
    let found = rpc.chain.transaction(&hash);
    let receipt = found.as_ref().and_then(|(block, index)| block.receipts.get(*index));
    Ok(serde_json::to_value(receipt)?)
}

pub(super) fn get_logs(rpc: &Rpc, params: &Params) -> RpcResult {
    let filter: Filter = params.optional(0)?.unwrap_or_default();
    Ok(serde_json::to_value(logs(&rpc.chain, &filter)?)?)
}

/// First and last block that `filter` spans.
fn log_range(chain: &Chain, filter: &Filter) -> Result<(u64, u64), RpcError> {
    let head = chain.height();
    let number = |tag: Option<BlockNumberOrTag>| match tag.unwrap_or_default() {
        BlockNumberOrTag::Number(number) => number,
        BlockNumberOrTag::Earliest => 0,
        _ => head,
    };
    match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => {
            let block = chain.block_by_hash(&hash).ok_or(UnknownBlock)?.block;
            Ok((block.number(), block.number()))
        }
        FilterBlockOption::Range { from_block, to_block } => {
            let (from, to) = (number(from_block), number(to_block));
            if from > to && from_block.is_some() && to_block.is_some() {
                return Err(RpcError::params("invalid block range params: fromBlock is after toBlock"));
            }
            Ok((from, to.min(head)))
        }
    }
}

/// The logs that match `filter`.
///
/// # Errors
/// Unknown block, a range that is upside down, or too much of either.
pub(super) fn logs(chain: &Chain, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    let (from, to) = log_range(chain, filter)?;
    if to.saturating_sub(from) >= MAX_LOG_RANGE {
        let message = format!("query exceeds the limit of {MAX_LOG_RANGE} blocks");
        return Err(RpcError::new(LIMIT_EXCEEDED, message));
    }
    let mut found = Vec::new();
    for block in chain.blocks(from, to) {
        if !filter.matches_bloom(block.header.logs_bloom) {
            continue;
        }
        found.extend(block.logs().filter(|log| filter.matches(&log.inner)).cloned());
        if found.len() > MAX_LOG_RESULTS {
            let message = format!("query returned more than {MAX_LOG_RESULTS} results");
            return Err(RpcError::new(LIMIT_EXCEEDED, message));
        }
    }
    Ok(found)
}

pub(super) fn txpool_status(rpc: &Rpc, _: &Params) -> RpcResult {
    let state = rpc.chain.head().state;
    let (pending, queued) = rpc.chain.with_pool(|pool| pool.content(&state));
    Ok(json!({ "pending": U64::from(pending.len()), "queued": U64::from(queued.len()) }))
}

pub(super) fn txpool_content(rpc: &Rpc, _: &Params) -> RpcResult {
    use alloy_consensus::Transaction as _;
    let state = rpc.chain.head().state;
    let (pending, queued) = rpc.chain.with_pool(|pool| pool.content(&state));
    let by_sender = |transactions: Vec<_>| -> RpcResult {
        let mut senders: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        for tx in transactions {
            let value = types::pending_transaction(&tx)?;
            senders.entry(tx.signer().to_string()).or_default().insert(tx.nonce().to_string(), value);
        }
        Ok(serde_json::to_value(senders)?)
    };
    Ok(json!({ "pending": by_sender(pending)?, "queued": by_sender(queued)? }))
}
