//! `pars-devnet prove`: signs a proof of work and prints the calldata of `submitWorkProof`.

mod device;

use std::{
    fs::File,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    str::FromStr as _,
};

use alloy_primitives::{Address, B256, hex};
use pars_node::{
    chain::snapshot::unix_time,
    miner::{MinerKey, Work, key::readable_by_others, random},
    reference_job::ReferenceJob,
};
use pars_protocol::DEFAULT_CHAIN_ID;
use serde_json::{Value, json};

use self::device::{Attested, DeviceArgs};
use crate::command::CommandError;

/// Bytes of a file read at once.
const CHUNK: usize = 64 << 10;

/// Arguments of `prove`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Without --output and --output-hash the reference job runs over the input and its result is the output. That job is \
not an AI model; it stands in until the inference runner does. --model then defaults to it, and --units to what it \
counted.

On success the calldata goes to standard output: send it to 0x0000000000000000000000000000000000000300 from any \
account; the recipient is paid.

A GPU's attestation raises the trust, and so the reward. A simulated one (--device) answers at once; its keys are \
public knowledge, so it is paid only by chains whose dev flag stands. A real one is asked by other tools: \
--print-nonce --device-id tells what it must sign, which can be done while the job runs, and --attestation signs over \
the answer after checking it. Both need the epoch's seed, from --seed or from a node (--rpc).

Exit code 2: the command line is wrong. Exit code 1: refused, and nothing was signed.")]
pub(crate) struct Args {
    /// Key file that `keygen` wrote.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Who is paid: an ordinary account of yours, not the miner's address.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    recipient: Address,
    /// The model: its BLAKE3 hash, or file:PATH to hash a file [default: the reference job].
    #[arg(long, value_name = "HASH", value_parser = model)]
    model: Option<Model>,
    /// What the model was given.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Claimed units of 10^9 operations [default: what the reference job counted].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    units: Option<u64>,
    /// What the model answered.
    #[arg(long, value_name = "FILE", requires_all = ["model", "units"])]
    output: Option<PathBuf>,
    /// BLAKE3 of what the model answered.
    #[arg(long, value_name = "HASH", value_parser = hash, conflicts_with = "output", requires_all = ["model", "units"])]
    output_hash: Option<B256>,
    /// The job's id; a device is paid once for a job [default: BLAKE3(model ‖ input ‖ nonce), a job of its own].
    #[arg(long, value_name = "HASH", value_parser = hash)]
    job: Option<B256>,
    /// Nonce, unique for each piece of work of a key [default: random].
    #[arg(long, value_name = "HASH", value_parser = hash)]
    nonce: Option<B256>,
    /// The chain that shall pay.
    #[arg(long, default_value_t = DEFAULT_CHAIN_ID, value_parser = clap::value_parser!(u32).range(1..))]
    chain_id: u32,
    /// When the work began, Unix seconds [default: a second before --completed, or when the reference job did].
    #[arg(long, value_name = "TIME")]
    began: Option<u64>,
    /// When it was completed, Unix seconds [default: now].
    #[arg(long, value_name = "TIME")]
    completed: Option<u64>,
    /// Refuse a reward below this, in 10^-18 AI.
    #[arg(long, default_value_t = 0)]
    min_reward: u128,
    /// Print everything as JSON instead of the calldata alone.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    device: DeviceArgs,
}

#[derive(Clone, Debug)]
enum Model {
    Hash(B256),
    File(PathBuf),
}

/// What was done, wherever the output comes from.
struct Done {
    model_hash: B256,
    input_hash: B256,
    output_hash: B256,
    units: u64,
    began_at: Option<u64>,
}

fn hash(text: &str) -> Result<B256, String> {
    let hash = B256::from_str(text).map_err(|_| "expected 32 bytes in hex".to_owned())?;
    if hash.is_zero() { Err("zero stands for nothing and is refused".to_owned()) } else { Ok(hash) }
}

/// An address; where upper and lower case are mixed, EIP-55's checksum must hold.
fn address(text: &str) -> Result<Address, String> {
    let address = Address::from_str(text).map_err(|_| "expected 20 bytes in hex".to_owned())?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mixed =
        digits.bytes().any(|b| b.is_ascii_uppercase()) && digits.bytes().any(|b| b.is_ascii_lowercase());
    if mixed && address.to_checksum(None).strip_prefix("0x") != Some(digits) {
        return Err("the checksum (EIP-55) does not hold; is a digit mistyped?".to_owned());
    }
    Ok(address)
}

fn model(text: &str) -> Result<Model, String> {
    match text.strip_prefix("file:") {
        Some("") => Err("expected a path after file:".to_owned()),
        Some(path) => Ok(Model::File(path.into())),
        None => hash(text).map(Model::Hash).map_err(|error| format!("{error}, or file:PATH")),
    }
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the {what} {}: {source}", .path.display())]
pub(crate) struct FileError {
    what: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// Opens a file and does something with its content.
pub(crate) fn with_file<T>(
    what: &'static str,
    path: &Path,
    read: impl FnOnce(File) -> io::Result<T>,
) -> Result<T, FileError> {
    File::open(path).and_then(read).map_err(|source| FileError { what, path: path.to_owned(), source })
}

fn hash_file(what: &'static str, path: &Path) -> Result<B256, FileError> {
    with_file(what, path, |mut file| {
        let mut hasher = blake3::Hasher::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(B256::from(*hasher.finalize().as_bytes())),
                Ok(read) => _ = hasher.update(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    })
}

impl Args {
    fn model_hash(&self) -> Result<Option<B256>, CommandError> {
        Ok(match &self.model {
            Some(Model::Hash(hash)) => Some(*hash),
            Some(Model::File(path)) => Some(hash_file("model", path)?),
            None => None,
        })
    }

    /// Work that may still be to do: hashes what its device is asked to answer for, and begins now.
    fn bound(&self) -> Result<Done, CommandError> {
        Ok(Done {
            model_hash: self.model_hash()?.unwrap_or_else(|| ReferenceJob::new().model_hash()),
            input_hash: hash_file("input", &self.input)?,
            output_hash: B256::ZERO,
            units: 0,
            began_at: Some(unix_time()),
        })
    }

    /// Hashes what was given, or runs the reference job.
    fn done(&self) -> Result<Done, CommandError> {
        let model_hash = self.model_hash()?;
        let output_hash = match &self.output {
            Some(path) => Some(hash_file("output", path)?),
            None => self.output_hash,
        };
        // The command line's rules give a model and units to every output.
        if let (Some(output_hash), Some(model_hash), Some(units)) = (output_hash, model_hash, self.units) {
            let input_hash = hash_file("input", &self.input)?;
            return Ok(Done { model_hash, input_hash, output_hash, units, began_at: None });
        }
        let job = ReferenceJob::new();
        if model_hash.is_some_and(|hash| hash != job.model_hash()) {
            eprintln!(
                "pars-devnet: note: the output is the reference job's, not that of the model you name; give --output"
            );
        }
        let began_at = Some(unix_time());
        let result = with_file("input", &self.input, |file| job.run(file))?;
        Ok(Done {
            model_hash: model_hash.unwrap_or_else(|| job.model_hash()),
            input_hash: result.input_hash,
            output_hash: result.output_hash(),
            units: self.units.unwrap_or_else(|| result.compute_units()),
            began_at,
        })
    }
}

/// Signs and prints.
pub(crate) async fn run(args: &Args) -> Result<(), CommandError> {
    let key = MinerKey::load(&args.key)?;
    if readable_by_others(&args.key) {
        eprintln!("pars-devnet: note: others can read {}; chmod 600 it", args.key.display());
    }
    let done = if args.device.only_nonce() { args.bound()? } else { args.done()? };
    let Done { model_hash, input_hash, output_hash, units, began_at } = done;
    let nonce = match args.nonce {
        Some(nonce) => nonce,
        None => random()?,
    };
    let completed_at = args.completed.unwrap_or_else(unix_time);
    let second_before = completed_at.saturating_sub(1);
    // The reference job's own clock counts only where the user names no other time.
    let began_at = began_at.filter(|_| args.completed.is_none());
    let work = Work {
        chain_id: args.chain_id,
        job_id: args.job.unwrap_or_else(|| Work::own_job_id(model_hash, input_hash, nonce)),
        model_hash,
        input_hash,
        output_hash,
        nonce,
        compute_units: units,
        began_at: args.began.unwrap_or_else(|| began_at.map_or(second_before, |at| at.min(second_before))),
        completed_at,
        recipient: args.recipient,
        min_reward: args.min_reward,
    };
    if args.device.only_nonce() {
        return args.device.print_nonce(&work, &key, args.json).await;
    }
    let attested = args.device.sign(&work, &key).await?;
    let text = match args.json {
        true => serde_json::to_string_pretty(&facts(&attested, &key))?,
        false => attested.signed.calldata().to_string(),
    };
    writeln!(io::stdout(), "{text}")?;
    Ok(())
}

fn facts(attested: &Attested, key: &MinerKey) -> Value {
    let signed = &attested.signed;
    let statement = &signed.statement;
    let work = &statement.context;
    let mut facts = json!({
        "calldata": signed.calldata(),
        "proof": signed.proof,
        "attestation": signed.attestation,
        "attestation_hash": statement.attestation_hash,
        "signed": hex::encode_prefixed(signed.signed()),
        "proof_hash": signed.proof_hash(),
        "work_id": signed.work_id(),
        "chain_id": work.chain_id,
        "job_id": work.job_id,
        "model_hash": work.model_hash,
        "input_hash": work.input_hash,
        "output_hash": statement.output_hash,
        "device_id": work.device_id,
        "nonce": work.nonce,
        "began_at": work.timestamp,
        "completed_at": statement.completed_at,
        "compute_units": statement.compute_units,
        "recipient": statement.recipient.to_string(),
        "min_reward": statement.min_reward.to_string(),
        "miner": key.address().to_string(),
        "parameter_set": statement.parameter_set.id(),
    });
    facts.as_object_mut().into_iter().for_each(|facts| attested.add_to(facts));
    facts
}
