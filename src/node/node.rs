//! A running node: chain, server, and the clock that makes blocks.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use alloy_genesis::Genesis;
use alloy_primitives::Address;
use jsonrpsee::server::ServerHandle;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    chain::{
        Chain, DEFAULT_FINALITY, dev_accounts::DEV_ACCOUNTS, genesis::GenesisError, hardfork::Hardfork,
        produce::MiningMode,
    },
    ledger::LedgerService,
    rpc::{self, ServerError},
    store::{CHAIN_FOLDER, ChainStore, LEDGER_FOLDER, Origin, StoreError},
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
    /// Where chain and ledger are kept, and from where they go on. `None`: in memory.
    pub datadir: Option<PathBuf>,
    /// Blocks after which a block is final.
    pub finality: u64,
    /// Chain id of a dev genesis; a given genesis has its own. `None`: 6133.
    pub chain_id: Option<u64>,
    /// Rules from block 0 on. `None`: those of the given genesis, else Prague.
    pub hardfork: Option<Hardfork>,
    /// Block gas limit. `None`: that of the given genesis, else 30,000,000.
    pub gas_limit: Option<u64>,
    /// A geth-style genesis. `None`: a dev genesis made now, or the one in the data directory.
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
            datadir: None,
            finality: DEFAULT_FINALITY,
            chain_id: None,
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
    /// The chain in the data directory cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    ledger: Arc<LedgerService>,
    address: SocketAddr,
    server: ServerHandle,
    stop: watch::Sender<bool>,
    ticker: JoinHandle<()>,
    follower: JoinHandle<()>,
}

impl Config {
    /// The chain this configuration describes, and its ledger: new ones, or those in the data directory.
    ///
    /// # Errors
    /// The genesis cannot be used, or the chain in the directory cannot be opened.
    pub fn open(&self) -> Result<(Arc<Chain>, LedgerService), NodeError> {
        let origin = Origin {
            genesis: self.genesis.clone(),
            chain_id: self.chain_id,
            hardfork: self.hardfork,
            gas_limit: self.gas_limit,
        };
        let chain = match &self.datadir {
            None => Chain::new(origin.spec()?, self.mining, self.coinbase),
            Some(folder) => {
                let stored = ChainStore::open(&folder.join(CHAIN_FOLDER), &origin)?;
                Chain::resume(stored, self.mining, self.coinbase)
            }
        };
        let chain = Arc::new(chain.with_finality(self.finality));
        let folder = self.datadir.as_ref().map(|folder| folder.join(LEDGER_FOLDER));
        Ok((chain.clone(), LedgerService::open(chain, folder.as_deref())))
    }
}

impl Node {
    /// Starts a node and returns when it answers.
    ///
    /// # Errors
    /// The genesis cannot be used, or the address cannot be bound.
    pub async fn start(config: Config) -> Result<NodeHandle, NodeError> {
        let (chain, ledger) = config.open()?;
        let ledger = Arc::new(ledger);
        chain.set_proof_admission(config.proof_admission);
        let (stop, stopped) = watch::channel(false);
        // Before the first request can make a block.
        let follower = tokio::spawn(ledger.clone().follow(stopped.clone()));
        let address = SocketAddr::new(config.host, config.port);
        let (server, address) = rpc::serve(chain.clone(), ledger.clone(), address).await?;
        let ticker = tokio::spawn(tick(chain.clone(), stopped));
        Ok(NodeHandle { chain, ledger, address, server, stop, ticker, follower })
    }
}

impl NodeHandle {
    /// The chain.
    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// The ledger that follows it.
    pub fn ledger(&self) -> &Arc<LedgerService> {
        &self.ledger
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

    /// Stops taking requests, lets those in progress finish (for a few seconds), closes the data directory, and ends.
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
        match tokio::time::timeout(STOP_TIMEOUT, self.follower).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the ledger ended badly"),
            // Whatever it does, it goes on from there at the next start.
            Err(_) => tracing::warn!("the ledger was still being written after {} s", STOP_TIMEOUT.as_secs()),
        }
        self.ledger.close();
        self.chain.close();
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
