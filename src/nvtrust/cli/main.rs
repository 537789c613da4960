//! `pars-nvtrust`: NVIDIA GPU evidence for people and scripts.
//!
//! A program, not consensus code: it reads files and, for RIMs, the clock. A subcommand is one variant of [`Command`]
//! and a module that holds its arguments and its `run`.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `input.rs` | the forms in which reports and chains are written |
//! | `verdict.rs` | the verdict that `verify`, `pack` and `golden` share |
//! | `facts.rs` | what reports and chains say, for people and as JSON |
//! | `rim/` | NVIDIA's signed reference values |
//! | `output.rs`, `time.rs` | tables and colours; dates |
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what consensus code may not do; this is the program around it"
)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod facts;
mod golden;
mod input;
mod inspect;
mod output;
mod pack;
mod rim;
#[cfg(test)]
mod testing;
mod time;
mod verdict;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{input::InputError, verdict::Refusal};

/// Reads, verifies and packs NVIDIA GPU evidence.
#[derive(Debug, Parser)]
#[command(
    name = "pars-nvtrust",
    version,
    after_help = "\
Exit code 0: done; what was asked holds. 1: refused, with the reason. 2: the command line, or a file that it names, \
cannot be used."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Is this evidence a genuine GPU's?
    Verify(verify::Args),
    /// Show what a report and its certificates say.
    Inspect(inspect::Args),
    /// Compute the digest that pins a firmware's measurements.
    Golden(golden::Args),
    /// Make the attestation bytes that a proof of work carries.
    Pack(pack::Args),
}

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The verdict, which has been printed.
    #[error("refused")]
    Refused,
    /// The command line, or a file, cannot be used.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A verdict that is still to be printed.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// Nothing can be printed.
    #[error("cannot write: {0}")]
    Output(#[from] std::io::Error),
}

fn main() -> ExitCode {
    let (result, json) = match Cli::parse().command {
        Command::Verify(args) => (verify::run(&args), args.json),
        Command::Inspect(args) => (inspect::run(&args), args.json),
        Command::Golden(args) => (golden::run(&args), args.json),
        Command::Pack(args) => (pack::run(&args), args.json),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Refused) => ExitCode::from(1),
        Err(Failure::Refusal(refusal)) => {
            // Nothing can be done for whoever closes our output.
            let _ = output::refused(&refusal, json, Default::default());
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("pars-nvtrust: {error}");
            ExitCode::from(2)
        }
    }
}
