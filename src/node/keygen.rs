//! `pars-devnet keygen`: makes a miner's key.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use alloy_primitives::B256;
use pars_mldsa::ParameterSet;
use pars_node::miner::MinerKey;

use crate::command::CommandError;

/// Arguments of `keygen`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// ML-DSA parameter set of FIPS 204: 44, 65 or 87.
    #[arg(long, default_value = "65", value_parser = parameter_set)]
    set: ParameterSet,
    /// File to write; it must not exist yet.
    #[arg(long, value_name = "FILE", default_value = "pars-miner-key.json")]
    out: PathBuf,
    /// Seed instead of the operating system's randomness, 32 bytes in hex. For tests only: a command line is no secret.
    #[arg(long, value_name = "HEX")]
    seed: Option<B256>,
}

/// The set with this number.
pub(crate) fn parameter_set(text: &str) -> Result<ParameterSet, String> {
    let id = text.parse().ok().and_then(ParameterSet::from_id);
    id.ok_or_else(|| "the parameter sets are 44, 65 and 87".to_owned())
}

/// Makes the key and writes the file.
pub(crate) fn run(args: &Args) -> Result<(), CommandError> {
    let key = match args.seed {
        Some(seed) => MinerKey::from_seed(args.set, seed),
        None => MinerKey::generate(args.set)?,
    };
    key.create(&args.out)?;
    let mut out = io::stdout();
    writeln!(out, "wrote   {} ({}; whoever reads it can sign as you)", args.out.display(), args.set)?;
    writeln!(out, "miner   {}", key.address())?;
    writeln!(out, "device  {}", key.device_id())?;
    Ok(())
}
