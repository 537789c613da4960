//! `pars-nvtrust verify`: is this evidence a genuine GPU's?

use pars_nvtrust::Report;
use serde_json::{Map, Value, json};

use crate::{
    Failure,
    facts::{Facts, KEYS, LIMITS},
    input::{self, Evidence, Source},
    output::{self, Table, print_json},
    verdict::{Genuine, Pinned, judge},
};

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("\
Verifies what the chain verifies (report, leaf, identity key, an intermediate that genesis pins) and the whole path of \
five certificates to NVIDIA's root besides. What a governance has pinned, denied or revoked later, it cannot know.

Exit code 0: genuine. 1: refused, with the reason. 2: the command line or a file cannot be used.

Keys of --json:
  verdict   genuine or refused
  reason    null, or name (as Evidence.FwidMismatch) and message
  nonce     how freshness was checked: argument, json (whoever wrote the file chose it) or null
  evidence  null if the report cannot be read, else:
{KEYS}"))]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// The 32 bytes that the GPU was asked to sign [default: those in the JSON].
    #[arg(long, value_name = "HEX", value_parser = input::nonce)]
    nonce: Option<[u8; 32]>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Verifies and prints.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let evidence = args.source.read()?;
    let nonce = args.nonce.or(evidence.nonce);
    let source = match (args.nonce, evidence.nonce) {
        (Some(_), _) => Some("argument"),
        (None, Some(_)) => Some("json"),
        (None, None) => None,
    };
    let facts = |report: &Report<'_>, exact: &[u8]| Facts::new(report, exact, &evidence).json();
    let more = |evidence: Option<Map<String, Value>>| {
        Map::from_iter([("nonce".to_owned(), json!(source)), ("evidence".to_owned(), json!(evidence))])
    };
    match judge(&evidence.report, &evidence, nonce.as_ref(), Pinned::Genesis) {
        Ok(genuine) if args.json => {
            let mut object = more(Some(facts(&genuine.gpu.report, &evidence.report)));
            object.insert("verdict".to_owned(), json!("genuine"));
            object.insert("reason".to_owned(), Value::Null);
            Ok(print_json(object)?)
        }
        Ok(genuine) => Ok(table(&genuine, &evidence, source).print()?),
        Err(Failure::Refusal(refusal)) => {
            let exact = Report::without_padding(&evidence.report).ok();
            let evidence = exact.and_then(|exact| Some(facts(&Report::parse(exact).ok()?, exact)));
            output::refused(&refusal, args.json, more(evidence))?;
            Err(Failure::Refused)
        }
        Err(other) => Err(other),
    }
}

fn table(genuine: &Genuine<'_>, evidence: &Evidence, source: Option<&str>) -> Table {
    let report = &genuine.gpu.report;
    let facts = Facts::new(report, &evidence.report, evidence);
    let mut table = Table::default();
    let verdict = "a GPU signed this report, and its certificates lead to NVIDIA's root";
    table.row("verdict", format!("{}: {verdict}", output::good("GENUINE")));
    facts.device_rows(&mut table);
    facts.firmware_rows(&mut table);
    table.row("chain", format!("5 certificates, below {}", genuine.ica_name));
    table.row("nonce", hex::encode(report.nonce()));
    table.row(
        "",
        match source {
            Some("argument") => "the one that was asked for",
            Some(_) => {
                "the one in the JSON; whoever wrote the file chose it, so check freshness with --nonce"
            }
            None => "freshness was NOT checked: without --nonce this may be an old report, or another's",
        },
    );
    table.row("limits", LIMITS);
    table
}
