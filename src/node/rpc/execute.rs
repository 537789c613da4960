//! `eth_*` methods that execute or send.

use alloy_consensus::{SignableTransaction, TxEnvelope, TypedTransaction};
use alloy_eips::{BlockId, eip2718::Encodable2718};
use alloy_primitives::{Address, Bytes, Signature, U64, U256, eip191_hash_message, keccak256};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use serde_json::json;

use super::{
    Rpc,
    error::{RpcError, RpcResult},
    params::Params,
};
use crate::chain::{
    block::SignedTx,
    call::Call,
    dev_accounts::{self, DevAccount},
    fees::SUGGESTED_TIP,
    pool,
};

fn call_params(params: &Params) -> Result<Call, RpcError> {
    Ok(Call {
        request: params.required(0)?,
        block: params.block(1)?,
        state: params.optional::<StateOverride>(2)?,
        environment: params.optional::<BlockOverrides>(3)?,
    })
}

pub(super) fn call(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(json!(rpc.chain.call(&call_params(params)?)?))
}

pub(super) fn estimate_gas(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(json!(U64::from(rpc.chain.estimate_gas(&call_params(params)?)?)))
}

pub(super) fn create_access_list(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(serde_json::to_value(rpc.chain.create_access_list(&call_params(params)?)?)?)
}

pub(super) fn send_raw_transaction(rpc: &Rpc, params: &Params) -> RpcResult {
    let raw: Bytes = params.required(0)?;
    Ok(json!(rpc.chain.submit(pool::decode(&raw)?, false)?))
}

pub(super) fn send_transaction(rpc: &Rpc, params: &Params) -> RpcResult {
    let request: TransactionRequest = params.required(0)?;
    // One at a time, so that two requests do not fill in the same nonce.
    let _turn = rpc.send_turn.lock();
    let (tx, trusted) = sign(rpc, request)?;
    Ok(json!(rpc.chain.submit(tx, trusted)?))
}

pub(super) fn sign_transaction(rpc: &Rpc, params: &Params) -> RpcResult {
    let (tx, _) = sign(rpc, params.required(0)?)?;
    let raw = Bytes::from(tx.encoded_2718());
    Ok(json!({ "raw": raw, "tx": tx.inner() }))
}

/// Fills in what a request leaves open and signs it with a dev key, or, for an impersonated sender, with a signature
/// that nobody could check (`true` in the answer).
fn sign(rpc: &Rpc, mut request: TransactionRequest) -> Result<(SignedTx, bool), RpcError> {
    let from = match request.from {
        Some(from) => from,
        None => rpc.chain.coinbase(),
    };
    request.from = Some(from);
    let account = dev_accounts::find(&from);
    let impersonated = rpc.chain.is_impersonated(&from);
    if account.is_none() && !impersonated {
        return Err(RpcError::refused(format!("unknown account {from}: its key is not held by this node")));
    }
    let tx = fill(rpc, request)?;
    let envelope = match account {
        Some(account) => account.sign_transaction(tx)?,
        None => unsigned(tx, &from),
    };
    Ok((SignedTx::new_unchecked(envelope, from), impersonated))
}

fn fill(rpc: &Rpc, mut request: TransactionRequest) -> Result<TypedTransaction, RpcError> {
    let chain = &rpc.chain;
    let from = request.from.unwrap_or_default();
    match request.chain_id {
        Some(id) if id != chain.chain_id() => {
            let error = pool::PoolError::WrongChain { have: id, want: chain.chain_id() };
            return Err(error.into());
        }
        _ => request.chain_id = Some(chain.chain_id()),
    }
    if request.nonce.is_none() {
        request.nonce = Some(chain.pending_nonce(&from));
    }
    let legacy = request.gas_price.is_some() || matches!(request.transaction_type, Some(0 | 1));
    if legacy {
        request.gas_price = Some(request.gas_price.unwrap_or_else(|| chain.gas_price()));
    } else {
        let tip = *request.max_priority_fee_per_gas.get_or_insert(match request.max_fee_per_gas {
            Some(cap) => SUGGESTED_TIP.min(cap),
            None => SUGGESTED_TIP,
        });
        // Twice the base fee keeps it includable for six full blocks.
        let base_fee = u128::from(chain.next_base_fee());
        request.max_fee_per_gas.get_or_insert(base_fee.saturating_mul(2).saturating_add(tip));
    }
    if request.to.is_none() {
        request.to = Some(alloy_primitives::TxKind::Create);
    }
    request.normalize_input();
    if request.gas.is_none() {
        // Without the fees: the pool says better than the estimate what cannot be paid.
        let mut free = request.clone();
        (free.gas_price, free.max_fee_per_gas, free.max_priority_fee_per_gas) = (None, None, None);
        let call = Call { request: free, block: BlockId::latest(), ..Default::default() };
        request.gas = Some(chain.estimate_gas(&call)?);
    }
    request
        .build_consensus_tx()
        .map_err(|error| RpcError::params(format!("cannot build the transaction: {}", error.error)))
}

/// A signature that nobody could check, with the sender in it: it is part of the hash, and two senders may send the
/// same.
fn unsigned(tx: TypedTransaction, from: &Address) -> TxEnvelope {
    let digest = keccak256([b"impersonated".as_slice(), from.as_slice()].concat());
    // Half is below the order of the curve, as r must be; odd is not zero.
    let r = (U256::from_be_bytes(digest.0) >> 1) | U256::ONE;
    let signature = Signature::new(r, U256::ONE, false);
    match tx {
        TypedTransaction::Legacy(tx) => tx.into_signed(signature).into(),
        TypedTransaction::Eip2930(tx) => tx.into_signed(signature).into(),
        TypedTransaction::Eip1559(tx) => tx.into_signed(signature).into(),
        TypedTransaction::Eip4844(tx) => tx.into_signed(signature).into(),
        TypedTransaction::Eip7702(tx) => tx.into_signed(signature).into(),
    }
}

fn dev_account(address: &Address) -> Result<&'static DevAccount, RpcError> {
    dev_accounts::find(address).ok_or_else(|| {
        RpcError::refused(format!("unknown account {address}: its key is not held by this node"))
    })
}

fn sign_message(address: Address, message: Bytes) -> RpcResult {
    let signature = dev_account(&address)?.sign_hash(&eip191_hash_message(&message))?;
    Ok(json!(Bytes::from(signature.as_bytes().to_vec())))
}

/// `eth_sign(address, message)`.
pub(super) fn eth_sign(_: &Rpc, params: &Params) -> RpcResult {
    sign_message(params.required(0)?, params.required(1)?)
}

/// `personal_sign(message, address)`.
pub(super) fn personal_sign(_: &Rpc, params: &Params) -> RpcResult {
    sign_message(params.required(1)?, params.required(0)?)
}
