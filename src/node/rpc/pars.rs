//! `pars_*` methods.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolValue;
use serde::Deserialize;
use serde_json::json;

use super::{
    Rpc,
    error::{RpcError, RpcResult},
    params::Params,
};
use crate::chain::{call::CALL_GAS_CAP, simulate::PrecompileCall};

/// The chain's `parsAiMiningConfig`, complete.
pub(super) fn config(rpc: &Rpc, _: &Params) -> RpcResult {
    match rpc.chain.activation() {
        Some(activation) => Ok(activation.config.clone()),
        None => Err(RpcError::refused("this chain has no AI-mining precompile")),
    }
}

/// `pars_setProofAdmission(on)`: does the pool refuse proofs that fail at the head's state? Returns what it was set to.
pub(super) fn set_proof_admission(rpc: &Rpc, params: &Params) -> RpcResult {
    let on: bool = params.required(0)?;
    rpc.chain.set_proof_admission(on);
    Ok(json!(on))
}

/// First parameter of `pars_simulatePrecompile`. `to` may be there and is ignored, so that a transaction request
/// serves as well.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    from: Address,
    #[serde(default, alias = "data")]
    input: Bytes,
    #[serde(default)]
    value: U256,
    #[serde(default)]
    is_static: bool,
    #[serde(default = "direct")]
    is_direct: bool,
    #[serde(default)]
    gas: Option<U256>,
}

fn direct() -> bool {
    true
}

/// `pars_simulatePrecompile(call, block, stateOverride, blockOverrides)`: hex of the ABI-encoded outcome, which is
/// what `vm.rpc` of a Foundry test hands to Solidity.
pub(super) fn simulate_precompile(rpc: &Rpc, params: &Params) -> RpcResult {
    let call: Call = params.required(0)?;
    let simulation = rpc.chain.simulate_precompile(&PrecompileCall {
        from: call.from,
        input: call.input,
        value: call.value,
        gas: call.gas.map_or(CALL_GAS_CAP, |gas| u64::try_from(gas).unwrap_or(u64::MAX)),
        is_static: call.is_static,
        is_direct: call.is_direct,
        block: params.block(1)?,
        state: params.optional(2)?,
        environment: params.optional(3)?,
    })?;
    Ok(json!(Bytes::from(simulation.abi_encode_params())))
}
