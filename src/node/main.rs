//! `pars-devnet`: a single-node Pars EVM for development.

mod cli;
mod command;
mod demo;
mod genesis;
mod keygen;
mod prove;
mod serve;

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;

/// How long the process waits for calls that still run when everything else has ended.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pars-devnet: cannot start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(cli.run());
    // Dropping the runtime would wait for blocking calls without end.
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pars-devnet: {error}");
            ExitCode::FAILURE
        }
    }
}
