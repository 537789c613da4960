//! `pars-devnet genesis`: writes a genesis file.

use std::path::PathBuf;

use pars_node::{
    Hardfork,
    chain::{
        genesis::{DEFAULT_CHAIN_ID, DEFAULT_GAS_LIMIT, DevGenesis, Hosts},
        snapshot::unix_time,
    },
};

use crate::command::CommandError;

/// Arguments of `genesis`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
`config.parsAiMiningConfig.dev` is the dev flag: while it stands, simulated GPUs (`prove --device`) are accepted, whose \
keys are public knowledge. It is written at activation, and nothing sets it later, governance included. The alloc's \
entry of 0x0300 follows from it; so choose here, and do not edit the file.")]
pub(crate) struct Args {
    /// Chain id.
    #[arg(long, default_value_t = DEFAULT_CHAIN_ID)]
    chain_id: u64,
    /// Rules from block 0 on: shanghai, cancun, prague or osaka [default: prague; cancun for luxfi hosts].
    #[arg(long)]
    hardfork: Option<Hardfork>,
    /// Nodes that the chain is for. luxfi: code 0x01 at 0x0300, the address cold, neither value nor CALLCODE visible.
    #[arg(long, value_enum, default_value_t = Hosts::Rust)]
    hosts: Hosts,
    /// Block gas limit.
    #[arg(long, default_value_t = DEFAULT_GAS_LIMIT)]
    gas_limit: u64,
    /// Timestamp of block 0 in Unix seconds [default: now].
    #[arg(long)]
    timestamp: Option<u64>,
    /// Unix time from which the AI-mining precompile is active; 0 = from block 0 on.
    #[arg(long, default_value_t = 0)]
    activation: u64,
    /// Leave the dev flag unset: simulated GPUs are refused, as on a chain of value.
    #[arg(long)]
    no_dev: bool,
    /// File to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the file.
pub(crate) fn run(args: &Args) -> Result<(), CommandError> {
    let genesis = DevGenesis {
        chain_id: args.chain_id,
        hardfork: args.hardfork.unwrap_or(match args.hosts {
            Hosts::Rust => Hardfork::default(),
            Hosts::Luxfi => Hardfork::Cancun,
        }),
        gas_limit: args.gas_limit,
        timestamp: args.timestamp.unwrap_or_else(unix_time),
        activation: args.activation,
        dev: !args.no_dev,
        hosts: args.hosts,
    }
    .build()?;
    let mut text = serde_json::to_string_pretty(&genesis)?;
    text.push('\n');
    match &args.out {
        None => std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?,
        Some(path) => {
            // Never over a file that is there: it may be the genesis of a chain in use, or a key.
            let mut file = std::fs::File::create_new(path)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
        }
    }
    Ok(())
}
