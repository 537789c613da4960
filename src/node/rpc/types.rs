//! Blocks and transactions as JSON.

use std::sync::Arc;

use alloy_consensus::transaction::TransactionInfo;
use alloy_primitives::U256;
use alloy_rlp::Encodable;
use alloy_rpc_types_eth::{Header, Transaction};
use serde_json::{Value, json};

use super::error::RpcResult;
use crate::chain::block::{Block, SignedTx};

/// A block, with whole transactions or their hashes.
///
/// # Errors
/// Serialization fails, which would be a defect.
pub(super) fn block(block: &Block, full: bool) -> RpcResult {
    let transactions = if full {
        (0..block.transactions.len())
            .map(|index| mined_transaction(block, index))
            .collect::<Result<_, _>>()?
    } else {
        block.transactions.iter().map(|tx| serde_json::to_value(tx.tx_hash())).collect::<Result<_, _>>()?
    };
    let mut value = header(block)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("uncles".into(), json!([]));
        fields.insert("withdrawals".into(), json!([]));
        fields.insert("transactions".into(), Value::Array(transactions));
    }
    Ok(value)
}

/// A block's header.
///
/// # Errors
/// Serialization fails, which would be a defect.
pub(super) fn header(block: &Block) -> RpcResult {
    let header = Header::from_consensus(block.header.clone(), None, Some(U256::from(size(block))));
    Ok(serde_json::to_value(header)?)
}

/// Bytes of the block's RLP form.
fn size(block: &Block) -> usize {
    const EMPTY_LIST: usize = 1;
    let transactions: usize = block.transactions.iter().map(|tx| tx.inner().length()).sum();
    let transactions = transactions + alloy_rlp::length_of_length(transactions);
    // Header, transactions, no ommers, no withdrawals.
    let payload = block.header.inner().length() + transactions + EMPTY_LIST + EMPTY_LIST;
    payload + alloy_rlp::length_of_length(payload)
}

/// A transaction in a block; `null` when the block has fewer.
///
/// # Errors
/// Serialization fails, which would be a defect.
pub(super) fn mined_transaction(block: &Block, index: usize) -> RpcResult {
    let Some(tx) = block.transactions.get(index) else { return Ok(Value::Null) };
    let info = TransactionInfo {
        hash: Some(*tx.tx_hash()),
        index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.number()),
        block_timestamp: Some(block.header.timestamp),
        base_fee: Some(block.base_fee()),
    };
    Ok(serde_json::to_value(Transaction::from_transaction(tx.clone(), info))?)
}

/// A transaction that waits.
///
/// # Errors
/// Serialization fails, which would be a defect.
pub(super) fn pending_transaction(tx: &Arc<SignedTx>) -> RpcResult {
    let info = TransactionInfo { hash: Some(*tx.tx_hash()), ..Default::default() };
    Ok(serde_json::to_value(Transaction::from_transaction((**tx).clone(), info))?)
}
