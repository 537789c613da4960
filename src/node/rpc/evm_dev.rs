//! `evm_*`, `anvil_*` and `hardhat_*` methods: what only a dev node lets its user do.

use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_serde::JsonStorageKey;
use serde_json::{Value, json};

use super::{
    Rpc,
    error::{RpcError, RpcResult},
    params::{self, Params},
};
use crate::chain::produce::{MineError, MiningMode};

/// Longest block interval: a day.
const MAX_INTERVAL_SECONDS: u64 = 86_400;

pub(super) fn snapshot(rpc: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(U64::from(rpc.chain.snapshot())))
}

pub(super) fn revert(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(json!(rpc.chain.revert(params.required_quantity(0)?)?))
}

/// `evm_mine([timestamp])` or `evm_mine([{timestamp?, blocks?}])`.
pub(super) fn mine(rpc: &Rpc, params: &Params) -> RpcResult {
    let field = |options: &Value, name: &str| match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => params::quantity(value)
            .map(Some)
            .ok_or_else(|| RpcError::params(format!("{name}: not a quantity"))),
    };
    let (blocks, timestamp) = match params.raw(0) {
        Some(options @ Value::Object(_)) => (field(options, "blocks")?, field(options, "timestamp")?),
        _ => (None, params.quantity(0)?),
    };
    rpc.chain.mine(blocks.unwrap_or(1), None, timestamp)?;
    Ok(json!("0x0"))
}

/// `anvil_mine(blocks?, secondsBetween?)`.
pub(super) fn mine_many(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.chain.mine(params.quantity(0)?.unwrap_or(1), params.quantity(1)?, None)?;
    Ok(Value::Null)
}

pub(super) fn increase_time(rpc: &Rpc, params: &Params) -> RpcResult {
    Ok(json!(rpc.chain.increase_time(params.required_quantity(0)?)))
}

pub(super) fn set_next_block_timestamp(rpc: &Rpc, params: &Params) -> RpcResult {
    let given = params.required_quantity(0)?;
    rpc.chain.set_next_timestamp(given).map_err(MineError::from)?;
    Ok(Value::Null)
}

pub(super) fn set_automine(rpc: &Rpc, params: &Params) -> RpcResult {
    let on: bool = params.required(0)?;
    rpc.chain.set_mode(if on { MiningMode::Instant } else { MiningMode::Manual });
    if on {
        rpc.chain.mine_waiting()?;
    }
    Ok(json!(true))
}

pub(super) fn get_automine(rpc: &Rpc, _: &Params) -> RpcResult {
    Ok(json!(rpc.chain.mode() == MiningMode::Instant))
}

/// `evm_setIntervalMining(seconds)`; 0 stops it, and nothing is mined until `evm_mine`.
pub(super) fn set_interval_mining(rpc: &Rpc, params: &Params) -> RpcResult {
    let mode = match params.required_quantity(0)? {
        0 => MiningMode::Manual,
        seconds if seconds <= MAX_INTERVAL_SECONDS => MiningMode::Interval(Duration::from_secs(seconds)),
        _ => {
            return Err(RpcError::params(format!("the interval is at most {MAX_INTERVAL_SECONDS} seconds")));
        }
    };
    rpc.chain.set_mode(mode);
    Ok(json!(true))
}

pub(super) fn set_balance(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.chain.set_balance(&params.required::<Address>(0)?, params.required::<U256>(1)?)?;
    Ok(json!(true))
}

pub(super) fn set_nonce(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.chain.set_nonce(&params.required::<Address>(0)?, params.required_quantity(1)?)?;
    Ok(json!(true))
}

pub(super) fn set_code(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.chain.set_code(&params.required::<Address>(0)?, params.required::<Bytes>(1)?)?;
    Ok(json!(true))
}

pub(super) fn set_storage_at(rpc: &Rpc, params: &Params) -> RpcResult {
    let address: Address = params.required(0)?;
    let slot: JsonStorageKey = params.required(1)?;
    rpc.chain.set_storage(&address, slot.as_b256().into(), params.required::<B256>(2)?.into())?;
    Ok(json!(true))
}

pub(super) fn set_coinbase(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.chain.set_coinbase(params.required(0)?);
    Ok(json!(true))
}

pub(super) fn impersonate_account(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.chain.impersonate(params.required(0)?, true);
    Ok(json!(true))
}

pub(super) fn stop_impersonating_account(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.chain.impersonate(params.required(0)?, false);
    Ok(json!(true))
}

pub(super) fn auto_impersonate_account(rpc: &Rpc, params: &Params) -> RpcResult {
    rpc.chain.impersonate_all(params.required(0)?);
    Ok(json!(true))
}

pub(super) fn drop_transaction(rpc: &Rpc, params: &Params) -> RpcResult {
    let hash: B256 = params.required(0)?;
    let removed = rpc.chain.with_pool_mut(|pool| pool.remove(&hash));
    Ok(json!(removed.map(|_| hash)))
}

pub(super) fn drop_all_transactions(rpc: &Rpc, _: &Params) -> RpcResult {
    rpc.chain.with_pool_mut(crate::chain::pool::Pool::clear);
    Ok(Value::Null)
}
