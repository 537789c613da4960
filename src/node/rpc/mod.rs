//! JSON-RPC over HTTP and WebSocket on one port.

mod aimining;
mod error;
mod eth;
mod evm_dev;
mod execute;
mod filters;
mod metrics;
mod miner;
mod origin;
mod params;
mod pars;
mod subscribe;
mod types;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jsonrpsee::{
    RpcModule,
    server::{
        BatchRequestConfig, PingConfig, RegisterMethodError, ServerBuilder, ServerConfig, ServerHandle,
        middleware::http::HostFilterLayer,
    },
    types::ErrorObjectOwned,
};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Semaphore;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

pub use self::{
    error::{RpcError, RpcResult},
    eth::client_version,
};
use self::{
    filters::Filters,
    metrics::MetricsLayer,
    origin::{OriginLayer, is_local_origin},
    params::Params,
};
use crate::{chain::Chain, ledger::LedgerService};

/// Largest request body: 5 MiB.
pub const MAX_REQUEST_BYTES: u32 = 5 << 20;
/// Largest answer: 64 MiB.
pub const MAX_RESPONSE_BYTES: u32 = 64 << 20;
/// Requests in one batch.
pub const MAX_BATCH: u32 = 1000;
/// Connections at once.
pub const MAX_CONNECTIONS: u32 = 256;
/// Subscriptions of one connection.
pub const MAX_SUBSCRIPTIONS: u32 = 128;
/// Notifications that wait for one slow connection before the node waits for it.
pub const MESSAGE_BUFFER: u32 = 1024;
/// Requests that execute at the same time; the others wait their turn.
pub const MAX_CONCURRENT_REQUESTS: usize = 64;
/// A WebSocket client that does not answer pings is dropped after two of them.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// What the methods work on.
#[derive(Debug)]
pub struct Rpc {
    pub(crate) chain: Arc<Chain>,
    pub(crate) ledger: Arc<LedgerService>,
    filters: Filters,
    send_turn: Mutex<()>,
    turns: Arc<Semaphore>,
}

impl Rpc {
    fn new(chain: Arc<Chain>, ledger: Arc<LedgerService>) -> Self {
        Self {
            chain,
            ledger,
            filters: Filters::default(),
            send_turn: Mutex::new(()),
            turns: Arc::new(Semaphore::new(MAX_CONCURRENT_REQUESTS)),
        }
    }
}

type Method = fn(&Rpc, &Params) -> RpcResult;

/// Every method that answers once.
const METHODS: &[(&str, Method)] = &[
    ("web3_clientVersion", eth::web3_client_version),
    ("web3_sha3", eth::web3_sha3),
    ("net_version", eth::net_version),
    ("net_listening", eth::net_listening),
    ("net_peerCount", eth::net_peer_count),
    ("rpc_modules", eth::rpc_modules),
    ("eth_chainId", eth::chain_id),
    ("eth_syncing", eth::syncing),
    ("eth_accounts", eth::accounts),
    ("eth_coinbase", eth::coinbase),
    ("eth_blockNumber", eth::block_number),
    ("eth_gasPrice", eth::gas_price),
    ("eth_maxPriorityFeePerGas", eth::max_priority_fee_per_gas),
    ("eth_blobBaseFee", eth::blob_base_fee),
    ("eth_feeHistory", eth::fee_history),
    ("eth_getBalance", eth::get_balance),
    ("eth_getTransactionCount", eth::get_transaction_count),
    ("eth_getCode", eth::get_code),
    ("eth_getStorageAt", eth::get_storage_at),
    ("eth_getAccountInfo", eth::get_account_info),
    ("eth_getAccount", eth::get_account),
    ("eth_getProof", eth::get_proof),
    ("eth_getBlockByNumber", eth::get_block),
    ("eth_getBlockByHash", eth::get_block),
    ("eth_getBlockTransactionCountByNumber", eth::get_block_transaction_count),
    ("eth_getBlockTransactionCountByHash", eth::get_block_transaction_count),
    ("eth_getUncleCountByBlockNumber", eth::get_uncle_count),
    ("eth_getUncleCountByBlockHash", eth::get_uncle_count),
    ("eth_getTransactionByHash", eth::get_transaction_by_hash),
    ("eth_getTransactionByBlockNumberAndIndex", eth::get_transaction_in_block),
    ("eth_getTransactionByBlockHashAndIndex", eth::get_transaction_in_block),
    ("eth_getRawTransactionByHash", eth::get_raw_transaction_by_hash),
    ("eth_getTransactionReceipt", eth::get_transaction_receipt),
    ("eth_getBlockReceipts", eth::get_block_receipts),
    ("eth_getLogs", eth::get_logs),
    ("eth_call", execute::call),
    ("eth_estimateGas", execute::estimate_gas),
    ("eth_createAccessList", execute::create_access_list),
    ("eth_sendRawTransaction", execute::send_raw_transaction),
    ("eth_sendTransaction", execute::send_transaction),
    ("eth_signTransaction", execute::sign_transaction),
    ("eth_sign", execute::eth_sign),
    ("personal_sign", execute::personal_sign),
    ("eth_newFilter", filters::new_filter),
    ("eth_newBlockFilter", filters::new_block_filter),
    ("eth_newPendingTransactionFilter", filters::new_pending_transaction_filter),
    ("eth_getFilterChanges", filters::get_filter_changes),
    ("eth_getFilterLogs", filters::get_filter_logs),
    ("eth_uninstallFilter", filters::uninstall_filter),
    ("txpool_status", eth::txpool_status),
    ("txpool_content", eth::txpool_content),
    ("pars_config", pars::config),
    ("pars_simulatePrecompile", pars::simulate_precompile),
    ("aimining_getWork", aimining::get_work),
    ("aimining_getHistory", aimining::get_history),
    ("aimining_getTeleport", aimining::get_teleport),
    ("aimining_getDevice", aimining::get_device),
    ("aimining_stats", aimining::stats),
    ("aimining_syncStatus", aimining::sync_status),
    ("pars_setProofAdmission", pars::set_proof_admission),
    ("pars_minerKey", miner::miner_key),
    ("pars_minerSign", miner::miner_sign),
    ("pars_minerAttest", miner::miner_attest),
    ("pars_minerProof", miner::miner_proof),
    ("pars_teleportId", miner::teleport_id),
    ("evm_snapshot", evm_dev::snapshot),
    ("evm_revert", evm_dev::revert),
    ("evm_mine", evm_dev::mine),
    ("evm_increaseTime", evm_dev::increase_time),
    ("evm_setNextBlockTimestamp", evm_dev::set_next_block_timestamp),
    ("evm_setAutomine", evm_dev::set_automine),
    ("evm_setIntervalMining", evm_dev::set_interval_mining),
];

/// Methods of dev nodes that exist under two prefixes.
const DEV_METHODS: &[(&str, &str, Method)] = &[
    ("anvil_snapshot", "hardhat_snapshot", evm_dev::snapshot),
    ("anvil_revert", "hardhat_revert", evm_dev::revert),
    ("anvil_mine", "hardhat_mine", evm_dev::mine_many),
    ("anvil_setBalance", "hardhat_setBalance", evm_dev::set_balance),
    ("anvil_setNonce", "hardhat_setNonce", evm_dev::set_nonce),
    ("anvil_setCode", "hardhat_setCode", evm_dev::set_code),
    ("anvil_setStorageAt", "hardhat_setStorageAt", evm_dev::set_storage_at),
    ("anvil_setCoinbase", "hardhat_setCoinbase", evm_dev::set_coinbase),
    ("anvil_impersonateAccount", "hardhat_impersonateAccount", evm_dev::impersonate_account),
    (
        "anvil_stopImpersonatingAccount",
        "hardhat_stopImpersonatingAccount",
        evm_dev::stop_impersonating_account,
    ),
    ("anvil_autoImpersonateAccount", "hardhat_autoImpersonateAccount", evm_dev::auto_impersonate_account),
    ("anvil_dropTransaction", "hardhat_dropTransaction", evm_dev::drop_transaction),
    ("anvil_dropAllTransactions", "hardhat_dropAllTransactions", evm_dev::drop_all_transactions),
    ("anvil_getAutomine", "hardhat_getAutomine", evm_dev::get_automine),
];

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Two methods have one name: a defect.
    #[error(transparent)]
    Register(#[from] RegisterMethodError),
}

/// Runs one method where it may block: it executes EVM code and waits for locks.
async fn answer(
    rpc: Arc<Rpc>,
    method: Method,
    params: jsonrpsee::types::Params<'static>,
) -> Result<Value, ErrorObjectOwned> {
    let internal = || ErrorObjectOwned::from(RpcError::new(error::INTERNAL, "internal error"));
    let turn = rpc.turns.clone().acquire_owned().await.map_err(|_| internal())?;
    let answer = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let params = Params::parse(params.as_str())?;
        method(&rpc, &params)
    });
    match answer.await {
        Ok(answer) => answer.map_err(Into::into),
        Err(error) => {
            tracing::error!(%error, "a method panicked");
            Err(internal())
        }
    }
}

fn module(chain: Arc<Chain>, ledger: Arc<LedgerService>) -> Result<RpcModule<Rpc>, RegisterMethodError> {
    let mut module = RpcModule::new(Rpc::new(chain, ledger));
    let methods = METHODS.iter().copied();
    let dev =
        DEV_METHODS.iter().flat_map(|(anvil, hardhat, method)| [(*anvil, *method), (*hardhat, *method)]);
    for (name, method) in methods.chain(dev) {
        module.register_async_method(name, move |params, rpc, _| answer(rpc, method, params))?;
    }
    subscribe::register(&mut module)?;
    Ok(module)
}

/// Starts the server.
///
/// # Errors
/// The address cannot be bound.
pub async fn serve(
    chain: Arc<Chain>,
    ledger: Arc<LedgerService>,
    address: SocketAddr,
) -> Result<(ServerHandle, SocketAddr), ServerError> {
    let config = ServerConfig::builder()
        .max_request_body_size(MAX_REQUEST_BYTES)
        .max_response_body_size(MAX_RESPONSE_BYTES)
        .max_connections(MAX_CONNECTIONS)
        .max_subscriptions_per_connection(MAX_SUBSCRIPTIONS)
        .set_batch_request_config(BatchRequestConfig::Limit(MAX_BATCH))
        .set_message_buffer_capacity(MESSAGE_BUFFER)
        .set_id_provider(subscribe::HexIds)
        .enable_ws_ping(PingConfig::new().ping_interval(PING_INTERVAL))
        .build();
    // A foreign name in the Host header means DNS rebinding: a web page that reaches for the loopback address.
    let local_hosts = ["localhost:*", "127.0.0.1:*", "[::1]:*"];
    let hosts = match HostFilterLayer::new(local_hosts) {
        Ok(filter) if address.ip().is_loopback() => filter,
        _ => HostFilterLayer::disable(),
    };
    let origins = OriginLayer { enabled: address.ip().is_loopback() };
    let local = AllowOrigin::predicate(|origin, _| origin.to_str().is_ok_and(is_local_origin));
    let cors = CorsLayer::new().allow_origin(local).allow_methods(Any).allow_headers(Any);
    let metrics = MetricsLayer { chain: chain.clone(), ledger: ledger.clone() };
    let middleware = tower::ServiceBuilder::new().layer(origins).layer(cors).layer(hosts).layer(metrics);
    let server = ServerBuilder::with_config(config)
        .set_http_middleware(middleware)
        .build(address)
        .await
        .map_err(|source| ServerError::Bind { address, source })?;
    let bound = server.local_addr().map_err(|source| ServerError::Bind { address, source })?;
    Ok((server.start(module(chain, ledger)?), bound))
}
