//! Command line of `pars-devnet`. A subcommand is one variant of [`Command`], one line in [`Cli::run`], and a module
//! that holds its arguments and its `run`.

use clap::{Parser, Subcommand};

use crate::{command::CommandError, demo, genesis, keygen, prove, serve};

/// A single-node Pars EVM for development, with JSON-RPC.
#[derive(Debug, Parser)]
#[command(name = "pars-devnet", version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the node (the default).
    Serve(serve::Args),
    /// Write a genesis file.
    Genesis(genesis::Args),
    /// Make a miner's key.
    Keygen(keygen::Args),
    /// Sign a proof of work and print the calldata that submits it.
    Prove(Box<prove::Args>),
    /// Mine, verify, pay and refuse, on a node of its own.
    Demo(demo::Args),
}

impl Cli {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Result<(), CommandError> {
        match self.command.unwrap_or(Command::Serve(self.serve)) {
            Command::Serve(args) => serve::run(args).await,
            Command::Genesis(args) => genesis::run(&args),
            Command::Keygen(args) => keygen::run(&args),
            Command::Prove(args) => prove::run(&args).await,
            Command::Demo(args) => demo::run(args).await,
        }
    }
}
