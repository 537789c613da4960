//! `pars_miner*`: what a miner does away from the chain, for tests in Solidity, which can neither sign with ML-DSA nor
//! hash with BLAKE3. Pure functions of their parameters. Keys are given as seeds and nothing is kept: a seed that comes
//! over RPC is a test's, never a miner's.

use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolValue;
use pars_mldsa::ParameterSet;
use pars_nvtrust::{Architecture, simulated::SimulatedDevice};
use pars_protocol::{TeleportMessage, WORK_SIGNATURE_CONTEXT, WorkContext, ids};
use serde::Deserialize;
use serde_json::json;

use super::{
    Rpc,
    error::{RpcError, RpcResult},
    params::Params,
};
use crate::miner::MinerKey;

/// Longest message that is signed: `verifyMLDSA` takes no longer one.
const MAX_MESSAGE: usize = 65_536;

/// The key of the first two parameters, seed and parameter set.
fn key(params: &Params) -> Result<MinerKey, RpcError> {
    let set = params.required_quantity(1)?;
    let set = u8::try_from(set)
        .ok()
        .and_then(ParameterSet::from_id)
        .ok_or_else(|| RpcError::params(format!("{set} is not an ML-DSA parameter set (44, 65, 87)")))?;
    Ok(MinerKey::from_seed(set, params.required(0)?))
}

/// `pars_minerKey(seed, set)`: hex of `abi.encode(bytes publicKey, bytes32 softwareDeviceId, address miner)`.
pub(super) fn miner_key(_: &Rpc, params: &Params) -> RpcResult {
    let key = key(params)?;
    let public_key = Bytes::copy_from_slice(key.public_key());
    Ok(json!(Bytes::from((public_key, key.device_id(), key.address()).abi_encode_params())))
}

/// `pars_minerSign(seed, set, message, context)`: the FIPS 204 signature over any bytes. Without a context the one of
/// `verifyMLDSA`, which is empty; a context of text names a purpose, as `pars.aimining.work.v1`.
pub(super) fn miner_sign(_: &Rpc, params: &Params) -> RpcResult {
    let message: Bytes = params.required(2)?;
    if message.len() > MAX_MESSAGE {
        return Err(RpcError::params(format!("the message has more than {MAX_MESSAGE} bytes")));
    }
    let context: Option<String> = params.optional(3)?;
    let signature = key(params)?
        .sign(&message, context.unwrap_or_default().as_bytes())
        .map_err(|error| RpcError::params(error.to_string()))?;
    Ok(json!(Bytes::from(signature)))
}

/// A simulated GPU.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Gpu {
    architecture: String,
    seed: B256,
    epoch_seed: B256,
    #[serde(default)]
    registered: bool,
}

/// `pars_minerAttest(seed, set, context, gpu)`: hex of `abi.encode(bytes32 deviceId, bytes attestation, bytes32
/// attestationHash)`. The GPU answers for the work of `context` (172 bytes, its device id replaced by the GPU's) and of
/// the miner's key. `gpu`: `{architecture: "GH100" | "GB100", seed, epochSeed, registered}`.
pub(super) fn miner_attest(_: &Rpc, params: &Params) -> RpcResult {
    let key = key(params)?;
    let context: Bytes = params.required(2)?;
    let mut context =
        WorkContext::decode(&context).map_err(|error| RpcError::params(format!("the context: {error}")))?;
    let gpu: Gpu = params.required(3)?;
    let architecture = match gpu.architecture.as_str() {
        "GH100" => Architecture::GH100,
        "GB100" => Architecture::GB100,
        _ => return Err(RpcError::params("the architectures to simulate are GH100 and GB100")),
    };
    let device = SimulatedDevice::new(architecture, &gpu.seed.0);
    context.device_id = ids::attested_device_id(&device.spki());
    let nonce = ids::attestation_nonce(&context, key.public_key(), gpu.epoch_seed).0;
    let attestation = if gpu.registered {
        device.registered(&context.device_id.0, &nonce)
    } else {
        device.attestation(&nonce)
    };
    let hash = ids::blake3(&attestation);
    Ok(json!(Bytes::from((context.device_id, Bytes::from(attestation), hash).abi_encode_params())))
}

/// `pars_minerProof(seed, set, statement)`: a whole proof over 290 bytes that are signed as they are, valid or not.
pub(super) fn miner_proof(_: &Rpc, params: &Params) -> RpcResult {
    let key = key(params)?;
    let statement: Bytes = params.required(2)?;
    if statement.len() > MAX_MESSAGE {
        return Err(RpcError::params(format!("the statement has more than {MAX_MESSAGE} bytes")));
    }
    let signature =
        key.sign(&statement, WORK_SIGNATURE_CONTEXT).map_err(|error| RpcError::params(error.to_string()))?;
    Ok(json!(Bytes::from([&statement, key.public_key(), &signature].concat())))
}

/// `pars_teleportId(srcChain, dstChain, nonce, sender, recipient, amount)`: the id of a message.
pub(super) fn teleport_id(_: &Rpc, params: &Params) -> RpcResult {
    let chain = |index| {
        u32::try_from(params.required_quantity(index)?)
            .map_err(|_| RpcError::params(format!("invalid argument {index}: not a chain id below 2^32")))
    };
    let message = TeleportMessage {
        src_chain: chain(0)?,
        dst_chain: chain(1)?,
        nonce: params.required_quantity(2)?,
        sender: params.required(3)?,
        recipient: params.required(4)?,
        amount: params.required::<U256>(5)?,
    };
    Ok(json!(ids::teleport_id(&message)))
}
