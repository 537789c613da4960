//! `pars-nvtrust inspect`: what a report and its certificates say.

use pars_nvtrust::Report;

use crate::{
    Failure,
    facts::{Facts, KEYS, LIMITS},
    input::Source,
    output::{Table, print_json},
    verdict::Refusal,
};

/// Arguments of `inspect`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("\
Nothing is verified: `pars-nvtrust verify` does that. A report that cannot be read is refused with exit code 1.

Keys of --json:
{KEYS}"))]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Prints it.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let evidence = args.source.read()?;
    let exact = Report::without_padding(&evidence.report).map_err(Refusal::from)?;
    let report = Report::parse(exact).map_err(Refusal::from)?;
    let facts = Facts::new(&report, exact, &evidence);
    if args.json {
        return Ok(print_json(facts.json())?);
    }
    let mut table = Table::default();
    facts.device_rows(&mut table);
    facts.firmware_rows(&mut table);
    facts.report_rows(&mut table);
    facts.chain_rows(&mut table);
    table.row("note", "nothing is verified here; `pars-nvtrust verify` does that");
    table.row("limits", LIMITS);
    Ok(table.print()?)
}
