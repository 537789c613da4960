//! The GPU that attests the work: simulated, or a real one that other tools ask.

use std::{
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use alloy_primitives::{B256, Bytes, U64, hex};
use clap::ArgGroup;
use pars_node::{
    chain::dev_accounts::DEV_ACCOUNTS,
    miner::{
        DeviceError, EvidenceSource, GivenEvidence, MinerKey, SignedWork, SimulatedGpu, Work,
        device::known_ica,
    },
};
use pars_nvtrust::{Architecture, PinnedIca, SPKI_PREFIX};
use pars_protocol::{
    Tier,
    abi::IAIMiningInspector::{epochSeedsCall, icaInfoCall},
};
use serde_json::{Value, json};

use super::{hash, with_file};
use crate::{command::CommandError, demo::client::Client};

/// An attestation has 10,249 bytes at most, twice that and more as hex; what exceeds this is something else.
const MAX_ATTESTATION_FILE: u64 = 64 << 10;

/// Arguments of an attested proof.
#[derive(Debug, clap::Args)]
#[command(
    next_help_heading = "Attestation by a GPU",
    group = ArgGroup::new("gpu").args(["device", "device_id", "attestation"]).multiple(true),
    group = ArgGroup::new("epoch").args(["seed", "rpc"]).multiple(true),
    group = ArgGroup::new("evidence").args(["print_nonce", "attestation"]),
)]
pub(super) struct DeviceArgs {
    /// Attest with a simulated GPU, simulated:gh100 or simulated:gb100. Only chains whose dev flag stands pay those.
    #[arg(long, value_name = "KIND", value_parser = simulated, requires = "epoch", conflicts_with_all = ["device_id", "attestation"])]
    device: Option<Architecture>,
    /// Seed of the simulated GPU, 32 bytes in hex [default: follows from the key, so that one key has one device].
    #[arg(long, value_name = "HEX", requires = "device", conflicts_with_all = ["device_id", "attestation"])]
    device_seed: Option<B256>,
    /// Let the simulated GPU send a report alone (kind 2), for a chain that has it registered and bound to the key.
    #[arg(long, requires = "device", conflicts_with_all = ["device_id", "attestation"])]
    registered: bool,
    /// The epoch's seed, as epochSeeds() tells it; evidence is valid in its epoch and the next one.
    #[arg(long, value_name = "HASH", value_parser = hash, requires = "gpu")]
    seed: Option<B256>,
    /// Ask this node, on this machine, for the epoch's seed.
    #[arg(long, value_name = "URL", value_parser = loopback, requires = "gpu")]
    rpc: Option<String>,
    /// The real GPU that shall attest: its device id. First with --print-nonce, then with --attestation.
    #[arg(long, value_name = "HASH", value_parser = hash, requires_all = ["evidence", "epoch"])]
    device_id: Option<B256>,
    /// Sign nothing; print the 32 bytes that the GPU must sign, and what repeats this work.
    #[arg(long, requires_all = ["gpu", "epoch"])]
    print_nonce: bool,
    /// Evidence of a real GPU for the printed nonce: `bytes attestation`, binary or hex.
    #[arg(long, value_name = "FILE", requires = "epoch")]
    attestation: Option<PathBuf>,
}

fn simulated(text: &str) -> Result<Architecture, String> {
    match text {
        "simulated:gh100" => Ok(Architecture::GH100),
        "simulated:gb100" => Ok(Architecture::GB100),
        _ => Err("the devices to simulate are simulated:gh100 and simulated:gb100; a real GPU is named by \
                  --device-id"
            .to_owned()),
    }
}

/// A node on this machine: what a distant one says over plain HTTP, anybody between could have said.
fn loopback(text: &str) -> Result<String, String> {
    let authority = text
        .strip_prefix("http://")
        .ok_or_else(|| "expected http://127.0.0.1:PORT or http://localhost:PORT".to_owned())?
        .trim_end_matches('/');
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    if matches!(host, "127.0.0.1" | "localhost" | "[::1]") && port.parse::<u16>().is_ok() {
        Ok(text.to_owned())
    } else {
        Err("only a node on this machine is asked: http://127.0.0.1:PORT or http://localhost:PORT".to_owned())
    }
}

/// Signed work, and what its GPU was asked.
pub(super) struct Attested {
    pub(super) signed: SignedWork,
    facts: Option<(B256, B256, Option<Tier>)>,
}

impl Attested {
    /// Seed, nonce and tier, for `--json`.
    pub(super) fn add_to(&self, facts: &mut serde_json::Map<String, Value>) {
        if let Some((seed, nonce, tier)) = &self.facts {
            facts.insert("epoch_seed".into(), json!(seed));
            facts.insert("attestation_nonce".into(), json!(nonce));
            facts.insert("tier".into(), json!(tier.map(Tier::id)));
        }
    }
}

impl DeviceArgs {
    /// Whether only the nonce is asked for.
    pub(super) fn only_nonce(&self) -> bool {
        self.print_nonce
    }

    /// Signs the work as that of its device.
    pub(super) async fn sign(&self, work: &Work, key: &MinerKey) -> Result<Attested, CommandError> {
        if self.device.is_none() && self.attestation.is_none() {
            return Ok(Attested { signed: work.sign(key)?, facts: None });
        }
        let chain = self.chain(work.chain_id).await?;
        let seeds = self.seeds(chain.as_ref()).await?;
        let (gpu, seed): (Box<dyn EvidenceSource>, B256) = match &self.attestation {
            None => (Box::new(self.simulated(key)?), first(&seeds)?),
            Some(path) => {
                let given = given(path, chain.as_ref()).await?;
                let actual = given.device_id();
                if let Some(expected) = self.device_id.filter(|expected| *expected != actual) {
                    return Err(DeviceError::Device { expected, actual }.into());
                }
                // The GPU may have answered the seed of the epoch before.
                let reported = given.nonce()?;
                let answers = |seed: &&B256| work.attestation_nonce(key, actual, **seed) == reported;
                let seed = seeds.iter().find(answers).copied();
                (Box::new(given), seed.map_or_else(|| first(&seeds), Ok)?)
            }
        };
        let nonce = work.attestation_nonce(key, gpu.device_id(), seed);
        let signed = work.sign_attested(key, gpu.as_ref(), seed)?;
        Ok(Attested { signed, facts: Some((seed, nonce, gpu.tier())) })
    }

    /// Prints what the GPU must sign, and on standard error or in JSON what repeats this work.
    pub(super) async fn print_nonce(
        &self,
        work: &Work,
        key: &MinerKey,
        as_json: bool,
    ) -> Result<(), CommandError> {
        let chain = self.chain(work.chain_id).await?;
        let seed = first(&self.seeds(chain.as_ref()).await?)?;
        let device_id = match self.device_id {
            Some(device_id) => device_id,
            None => self.simulated(key)?.device_id(),
        };
        let nonce = work.attestation_nonce(key, device_id, seed);
        let mut again: Vec<String> = [("--nonce", work.nonce), ("--job", work.job_id), ("--seed", seed)]
            .into_iter()
            .chain(self.device_id.map(|device_id| ("--device-id", device_id)))
            .flat_map(|(name, value)| [name.to_owned(), value.to_string()])
            .collect();
        again.extend(["--began".to_owned(), work.began_at.to_string()]);
        let mut out = io::stdout();
        if as_json {
            let facts = json!({
                "attestation_nonce": nonce,
                "device_id": device_id,
                "epoch_seed": seed,
                "chain_id": work.chain_id,
                "job_id": work.job_id,
                "model_hash": work.model_hash,
                "input_hash": work.input_hash,
                "nonce": work.nonce,
                "began_at": work.began_at,
                "miner": key.address().to_string(),
                "repeat": again,
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&facts)?)?;
        } else {
            writeln!(out, "{nonce}")?;
            eprintln!(
                "pars-devnet: to sign this work over the GPU's answer, repeat the command without --print-nonce, with \
                 --attestation FILE and {}",
                again.join(" ")
            );
        }
        Ok(())
    }

    fn simulated(&self, key: &MinerKey) -> Result<SimulatedGpu, CommandError> {
        // The command line's rules let nobody come here without one.
        let architecture = self.device.ok_or("name a device: --device or --device-id")?;
        let seed = self.device_seed.unwrap_or_else(|| SimulatedGpu::seed_of(key.public_key()));
        Ok(SimulatedGpu::new(architecture, seed, self.registered))
    }

    /// The node that was named, if it is one of this chain.
    async fn chain(&self, chain_id: u32) -> Result<Option<Client>, CommandError> {
        let Some(url) = &self.rpc else { return Ok(None) };
        let client = Client::new(url, DEV_ACCOUNTS[0])?;
        let found: U64 =
            client.ask("eth_chainId", vec![]).await.map_err(|error| format!("{url}: {error}"))?;
        if found.to::<u64>() != u64::from(chain_id) {
            return Err(format!("{url} is a node of chain {found}, the proof is for chain {chain_id}").into());
        }
        Ok(Some(client))
    }

    /// The seeds that count, newest first.
    async fn seeds(&self, chain: Option<&Client>) -> Result<Vec<B256>, CommandError> {
        match (self.seed, chain) {
            (Some(seed), _) => Ok(vec![seed]),
            (None, Some(chain)) => {
                let seeds = chain.view(epochSeedsCall {}).await?;
                Ok([seeds.current, seeds.previous].into_iter().filter(|seed| !seed.is_zero()).collect())
            }
            (None, None) => Err("give the epoch's seed: --seed, or --rpc to ask a node for it".into()),
        }
    }
}

fn first(seeds: &[B256]) -> Result<B256, CommandError> {
    seeds.first().copied().ok_or_else(|| "the chain has no epoch seed: is AI mining active on it?".into())
}

/// Reads evidence, and asks the chain for an intermediate that only it knows.
async fn given(path: &Path, chain: Option<&Client>) -> Result<GivenEvidence, CommandError> {
    let mut content = Vec::new();
    with_file("attestation", path, |file| file.take(MAX_ATTESTATION_FILE + 1).read_to_end(&mut content))?;
    let named = |reason: String| format!("{}: {reason}", path.display());
    if content.len() as u64 > MAX_ATTESTATION_FILE {
        return Err(named(format!("it has more than {MAX_ATTESTATION_FILE} bytes")).into());
    }
    let bytes: Bytes = hex::decode(content.trim_ascii()).unwrap_or(content).into();
    let ica = match (GivenEvidence::ica_index(&bytes).filter(|index| known_ica(*index).is_none()), chain) {
        (Some(index), Some(chain)) => Some(ask_ica(chain, index).await?),
        (Some(_), None) | (None, _) => None,
    };
    match GivenEvidence::new(bytes, ica) {
        Ok(given) => Ok(given),
        Err(error @ DeviceError::UnknownIca(_)) => {
            Err(named(format!("{error}; give --rpc to ask one")).into())
        }
        Err(error) => Err(named(error.to_string()).into()),
    }
}

/// What the chain's state holds at an index.
async fn ask_ica(chain: &Client, index: u8) -> Result<(Tier, PinnedIca), CommandError> {
    let info = chain.view(icaInfoCall { icaIndex: index }).await?;
    let name = info.architecture.split(|byte| *byte == 0).next().unwrap_or_default();
    let public_key = info.spki.strip_prefix(&SPKI_PREFIX[..]).and_then(|key| key.try_into().ok());
    match (Tier::from_id(info.tier), Architecture::from_name(name), public_key) {
        (Some(tier), Some(architecture), Some(public_key)) => {
            Ok((tier, PinnedIca { architecture, public_key }))
        }
        _ => Err(format!("the node answers nonsense for intermediate {index}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked() {
        for url in ["http://127.0.0.1:8545", "http://localhost:1/", "http://[::1]:8545", "http://localhost"] {
            assert!(loopback(url).is_ok(), "{url}");
        }
        for url in [
            "https://127.0.0.1:8545",
            "127.0.0.1:8545",
            "http://127.0.0.1.example.org:8545",
            "http://example.org",
            "http://user@127.0.0.1:8545",
            "http://127.0.0.1:x",
            "http://127.0.0.1:8545/path@example.org",
            "",
        ] {
            assert!(loopback(url).is_err(), "{url}");
        }
    }
}
