//! A running node: chain, server, and the clock that makes blocks.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use alloy_genesis::Genesis;
use alloy_primitives::Address;
use jsonrpsee::server::ServerHandle;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    chain::{
        Chain,
        dev_accounts::DEV_ACCOUNTS,
        genesis::{ChainSpec, DEFAULT_CHAIN_ID, DEFAULT_GAS_LIMIT, DevGenesis, GenesisError},
        hardfork::Hardfork,
        produce::MiningMode,
        snapshot::unix_time,
    },
    rpc::{self, ServerError},
};

/// How long a stopping node waits for requests in progress.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// How a node is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Chain id of a dev genesis; a given genesis has its own.
    pub chain_id: u64,
    /// Rules from block 0 on. `None`: those of the given genesis, else Prague.
    pub hardfork: Option<Hardfork>,
    /// Block gas limit. `None`: that of the given genesis, else 30,000,000.
    pub gas_limit: Option<u64>,
    /// A geth-style genesis. `None`: a dev genesis made now.
    pub genesis: Option<Genesis>,
    /// When blocks are made.
    pub mining: MiningMode,
    /// Who receives tips.
    pub coinbase: Address,
    /// Does the pool refuse proofs that fail at the head's state?
    pub proof_admission: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8545,
            chain_id: DEFAULT_CHAIN_ID,
            hardfork: None,
            gas_limit: None,
            genesis: None,
            mining: MiningMode::Instant,
            coinbase: DEV_ACCOUNTS[0].address,
            proof_admission: true,
        }
    }
}

/// A node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The genesis cannot be used.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The server cannot start.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// Starts nodes.
#[derive(Clone, Copy, Debug)]
pub struct Node;

/// A running node. [`NodeHandle::stop`] ends it and waits for that; dropping the handle ends it without waiting.
#[derive(Debug)]
pub struct NodeHandle {
    chain: Arc<Chain>,
    address: SocketAddr,
    server: ServerHandle,
    stop: watch::Sender<bool>,
    ticker: JoinHandle<()>,
}

impl Config {
    /// The chain this configuration describes.
    ///
    /// # Errors
    /// The genesis cannot be used.
    pub fn chain_spec(&self) -> Result<ChainSpec, GenesisError> {
        let (mut genesis, hardfork) = match &self.genesis {
            Some(genesis) => (genesis.clone(), self.hardfork),
            None => {
                let timestamp = unix_time();
                let dev = DevGenesis {
                    chain_id: self.chain_id,
                    hardfork: self.hardfork.unwrap_or_default(),
                    gas_limit: self.gas_limit.unwrap_or(DEFAULT_GAS_LIMIT),
                    timestamp,
                    activation: 0,
                    dev: true,
                };
                (dev.build()?, None)
            }
        };
        if let Some(gas_limit) = self.gas_limit {
            genesis.gas_limit = gas_limit;
        }
        ChainSpec::from_genesis(&genesis, hardfork)
    }
}

impl Node {
    /// Starts a node and returns when it answers.
    ///
    /// # Errors
    /// The genesis cannot be used, or the address cannot be bound.
    pub async fn start(config: Config) -> Result<NodeHandle, NodeError> {
        let chain = Arc::new(Chain::new(config.chain_spec()?, config.mining, config.coinbase));
        chain.set_proof_admission(config.proof_admission);
        let (server, address) = rpc::serve(chain.clone(), SocketAddr::new(config.host, config.port)).await?;
        let (stop, stopped) = watch::channel(false);
        let ticker = tokio::spawn(tick(chain.clone(), stopped));
        Ok(NodeHandle { chain, address, server, stop, ticker })
    }
}

impl NodeHandle {
    /// The chain.
    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// Where the node listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// URL for HTTP.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// URL for WebSocket.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Stops taking requests, lets those in progress finish (for a few seconds), and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // An error means that it has stopped already.
        let _ = self.server.stop();
        if tokio::time::timeout(STOP_TIMEOUT, self.server.stopped()).await.is_err() {
            tracing::warn!("connections were still open after {} s", STOP_TIMEOUT.as_secs());
        }
        match tokio::time::timeout(STOP_TIMEOUT, self.ticker).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the block clock ended badly"),
            Err(_) => tracing::warn!("a block was still being made after {} s", STOP_TIMEOUT.as_secs()),
        }
    }
}

/// Makes a block per interval while the chain is in interval mode.
async fn tick(chain: Arc<Chain>, mut stopped: watch::Receiver<bool>) {
    let mut mode = chain.watch_mode();
    loop {
        let current = *mode.borrow_and_update();
        let due = async {
            match current {
                MiningMode::Interval(interval) => tokio::time::sleep(interval).await,
                MiningMode::Instant | MiningMode::Manual => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = stopped.changed() => return,
            changed = mode.changed() => if changed.is_err() { return },
            () = due => {
                let chain = chain.clone();
                // A fatal error is logged where it happens; the next tick tries again without the culprit.
                let made = tokio::task::spawn_blocking(move || chain.mine_block().map(|_| ())).await;
                if let Err(error) = made {
                    tracing::error!(%error, "block production panicked");
                }
            }
        }
    }
}
