//! `pars-devnet` without a subcommand: runs the node until it is told to stop.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use alloy_genesis::Genesis;
use alloy_primitives::{Address, hex};
use pars_node::{
    Config, Hardfork, MiningMode, Node, NodeHandle,
    chain::{DEFAULT_FINALITY, dev_accounts::DEV_ACCOUNTS, genesis::DEV_BALANCE_PARS},
    rpc::client_version,
};

use crate::command::CommandError;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep chain and ledger in this directory, and go on from there [default: in memory, gone when the node stops].
    #[arg(long, value_name = "DIR")]
    datadir: Option<PathBuf>,
    /// Blocks after which a block is final.
    #[arg(long, value_name = "BLOCKS", default_value_t = DEFAULT_FINALITY)]
    finality: u64,
    /// Chain id [default: 6133, or the data directory's].
    #[arg(long, conflicts_with = "genesis")]
    chain_id: Option<u64>,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, short, default_value_t = 8545)]
    port: u16,
    /// Address to listen on. Anything but loopback opens the node, dev keys included, to the network.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Rules from block 0 on: shanghai, cancun, prague or osaka [default: the genesis file's, else prague].
    #[arg(long)]
    hardfork: Option<Hardfork>,
    /// Block gas limit [default: the genesis file's, else 30000000].
    #[arg(long)]
    gas_limit: Option<u64>,
    /// Genesis file (geth's format, with `config.parsAiMiningConfig`).
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// Make a block every so many seconds instead of one at once for every transaction.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    block_time: Option<u64>,
    /// Make blocks only on `evm_mine`.
    #[arg(long, conflicts_with = "block_time")]
    no_mining: bool,
    /// Who receives tips [default: the first dev account].
    #[arg(long)]
    coinbase: Option<Address>,
    /// Let proofs that fail at the head's state into the pool. They fail in a block then, at their sender's cost.
    #[arg(long)]
    no_proof_admission: bool,
    /// Print nothing but errors.
    #[arg(long, short)]
    quiet: bool,
}

impl Args {
    fn config(&self) -> Result<Config, CommandError> {
        let genesis = match &self.genesis {
            None => None,
            Some(path) => {
                let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
                let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
                Some(serde_json::from_str::<Genesis>(&text).map_err(|error| named(&error))?)
            }
        };
        let mining = match self.block_time {
            Some(seconds) => MiningMode::Interval(Duration::from_secs(seconds)),
            None if self.no_mining => MiningMode::Manual,
            None => MiningMode::Instant,
        };
        let default = Config::default();
        Ok(Config {
            host: self.host,
            port: self.port,
            datadir: self.datadir.clone(),
            finality: self.finality,
            chain_id: self.chain_id,
            hardfork: self.hardfork,
            gas_limit: self.gas_limit,
            genesis,
            mining,
            coinbase: self.coinbase.unwrap_or(default.coinbase),
            proof_admission: !self.no_proof_admission,
        })
    }
}

/// Runs the node until SIGINT or SIGTERM.
pub(crate) async fn run(args: Args) -> Result<(), CommandError> {
    init_logs(args.quiet);
    // Listening for signals first: one that comes early must not kill the node half-started.
    let told = shutdown_signal()?;
    let node = Node::start(args.config()?).await?;
    if !args.quiet {
        // Nobody may be reading; the node runs all the same.
        let _ = std::io::Write::write_all(
            &mut std::io::stdout(),
            banner(&node, args.genesis.is_none(), args.datadir.as_deref()).as_bytes(),
        );
        let _ = std::io::Write::flush(&mut std::io::stdout());
    }
    let signal = told.await;
    tracing::info!("{signal}: stopping");
    node.stop().await;
    Ok(())
}

fn init_logs(quiet: bool) {
    use tracing_subscriber::EnvFilter;
    let default = if quiet { "error" } else { "pars_node=info,pars_devnet=info,warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_target(false)
        .init();
}

#[cfg(unix)]
fn shutdown_signal() -> Result<impl Future<Output = &'static str>, std::io::Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        }
    })
}

#[cfg(not(unix))]
fn shutdown_signal() -> Result<impl Future<Output = &'static str>, std::io::Error> {
    Ok(async {
        // Without a way to be told, the node runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    })
}

fn banner(node: &NodeHandle, dev_genesis: bool, folder: Option<&Path>) -> String {
    use std::fmt::Write as _;
    let chain = node.chain();
    let head = chain.head().block;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let mut line = |line: std::fmt::Arguments<'_>| {
        let _ = writeln!(text, "{line}");
    };
    line(format_args!(""));
    line(format_args!("  {}", client_version()));
    let kept = if chain.is_persistent() { "kept in the data directory" } else { "kept in memory only" };
    line(format_args!("  A DEVELOPMENT NODE. State is {kept}, and anybody who reaches this port"));
    line(format_args!(
        "  can move the coins below. It carries Pars' own chain id, or the one you chose: never use a real key,"
    ));
    line(format_args!("  since what you sign for this chain is valid on the real one."));
    line(format_args!(""));
    if dev_genesis {
        line(format_args!(
            "  Accounts ({DEV_BALANCE_PARS} PARS each; these private keys are public knowledge)"
        ));
        for account in DEV_ACCOUNTS {
            line(format_args!("    {}  0x{}", account.address, hex::encode(account.key)));
        }
        line(format_args!("  from \"test test test test test test test test test test test junk\""));
        line(format_args!(""));
    }
    line(format_args!("  Chain id      {}", chain.chain_id()));
    line(format_args!("  Hardfork      {}", chain.executor().hardforks().at(head.header.timestamp)));
    line(format_args!("  Gas limit     {}", head.header.gas_limit));
    line(format_args!("  Genesis       {}", head.hash()));
    line(format_args!("  Blocks        {}", mining(chain.mode())));
    if let Some(folder) = folder {
        line(format_args!("  Data          {}, at block {}", folder.display(), head.number()));
    }
    match chain.activation() {
        Some(active) if active.timestamp <= head.header.timestamp => {
            line(format_args!("  AI mining     {} active from genesis", active.address));
        }
        Some(later) => {
            line(format_args!("  AI mining     {} active from timestamp {}", later.address, later.timestamp));
        }
        None => line(format_args!("  AI mining     none: the genesis has no parsAiMiningConfig")),
    }
    line(format_args!(""));
    line(format_args!("  JSON-RPC      {}  {}", node.url(), node.ws_url()));
    line(format_args!("  Prometheus    {}/metrics", node.url()));
    line(format_args!(""));
    text
}

fn mining(mode: MiningMode) -> String {
    match mode {
        MiningMode::Instant => "at once for every transaction".into(),
        MiningMode::Interval(interval) => format!("every {} s", interval.as_secs()),
        MiningMode::Manual => "only on evm_mine".into(),
    }
}
