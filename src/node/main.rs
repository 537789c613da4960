//! `pars-devnet`: a single-node Pars EVM for development.

mod cli;
mod command;
mod demo;
mod genesis;
mod keygen;
mod prove;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pars-devnet: {error}");
            ExitCode::FAILURE
        }
    }
}
