//! `pars-nvtrust pack`: the attestation bytes that a proof of work carries.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use pars_nvtrust::{Attestation, FullEvidence, Report};
use pars_protocol::ids::{attested_device_id, blake3};
use serde_json::{Map, Value, json};

use crate::{
    Failure,
    input::{InputError, Source},
    output::{Table, print_json},
    verdict::{Pinned, Refusal, judge},
};

/// Arguments of `pack`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Packs report, leaf and identity key as kind 1, without the zeros that some tools leave behind the report. What a chain \
would refuse is refused here, with exit code 1; the nonce is not compared, because only the proof says which it is.

Without --out and --json the bytes go to standard output as hex, notes to standard error.

Keys of --json:
  attestation       the bytes, hex with 0x
  attestation_hash  BLAKE3 of them, which the proof names
  bytes             how many
  ica_index, ica    which pinned intermediate signed the identity key, and its name
  stripped_bytes    how many zeros stood behind the report
  device_id, nonce  the device, and what it signed")]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// File to write the bytes to; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The intermediate's index, where governance has pinned one that genesis has not [default: genesis's].
    #[arg(long, value_name = "N")]
    ica_index: Option<u8>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Packs and prints.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let evidence = args.source.read()?;
    let report = Report::without_padding(&evidence.report).map_err(Refusal::from)?;
    let stripped = evidence.report.len().saturating_sub(report.len());
    let pinned = if args.ica_index.is_some() { Pinned::AnyOfNvidia } else { Pinned::Genesis };
    let genuine = judge(report, &evidence, None, pinned)?;
    let [leaf, ik, ..] = evidence.chain.as_slice() else { return Err(InputError::NoChain.into()) };
    // Without an argument the verdict asked for an index.
    let ica_index = args.ica_index.or(genuine.ica_index).unwrap_or_default();
    let full = Attestation::Full(FullEvidence { ica_index, report, leaf, ik });
    let bytes = full.encode().map_err(Refusal::from)?;
    if let Some(path) = &args.out {
        create(path, &bytes).map_err(|source| InputError::Write { path: path.clone(), source })?;
    }
    let (hash, device) = (blake3(&bytes), attested_device_id(genuine.gpu.ik_spki));
    let nonce = hex::encode(genuine.gpu.report.nonce());
    if args.json {
        let value = json!({
            "attestation": format!("0x{}", hex::encode(&bytes)),
            "attestation_hash": hash.to_string(),
            "bytes": bytes.len(),
            "ica_index": ica_index,
            "ica": genuine.ica_name,
            "stripped_bytes": stripped,
            "device_id": device.to_string(),
            "nonce": nonce,
        });
        return Ok(print_json(if let Value::Object(object) = value { object } else { Map::new() })?);
    }
    let mut table = Table::default();
    if let Some(path) = &args.out {
        table.row("wrote", format!("{} ({} bytes)", path.display(), bytes.len()));
    }
    table.row("hash", format!("{hash} (BLAKE3; the proof names it)"));
    table.row(
        "ica_index",
        match genuine.ica_index {
            Some(pinned) if pinned != ica_index => {
                format!("{ica_index}, as you say; genesis pins {} at {pinned}", genuine.ica_name)
            }
            Some(_) => format!("{ica_index}: {}, pinned by genesis", genuine.ica_name),
            None => format!("{ica_index}, as you say: {}, which genesis does not pin", genuine.ica_name),
        },
    );
    match stripped {
        0 => {}
        1 => table.row("stripped", "a zero behind the report"),
        more => table.row("stripped", format!("{more} zeros behind the report")),
    }
    table.row("device id", device.to_string());
    table.row("nonce", format!("{nonce} (compare it with the proof's: nothing else does)"));
    if args.out.is_some() {
        return Ok(table.print()?);
    }
    table.print_to(&mut io::stderr().lock())?;
    Ok(writeln!(io::stdout(), "0x{}", hex::encode(&bytes))?)
}

/// Writes a file that is not there yet.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}
