//! `pars-ledger`: looks after a ledger that no node has open.

#![allow(unreachable_pub)]

use clap::{Args, Parser, Subcommand};
use pars_ledger::{
    Column, Error, Ledger,
    audit::audit,
    interchange::{ChainFile, export, import},
};
use std::{
    fs::File,
    io::{BufReader, BufWriter, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

/// Exit code when an audit found differences. 1 is any other failure.
const DIFFERENT: u8 = 2;
/// Between two drawings of a progress bar.
const REDRAW: Duration = Duration::from_millis(200);

/// Looks after a ledger of the AI-mining precompile. The node must not have it open.
///
/// Which chain it is, and what an audit compares with, comes from a chain file: JSON lines with identity, blocks,
/// receipts and state changes of 0x0300. Reading a node's own data directory instead is still to come.
#[derive(Debug, Parser)]
#[command(name = "pars-ledger", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Where {
    /// The ledger's folder.
    #[arg(long)]
    ledger: PathBuf,
    /// The chain file.
    #[arg(long)]
    chain: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compute the ledger again from the chain file and compare every row. Exit code 2 if one differs.
    Audit {
        #[command(flatten)]
        at: Where,
        /// Folder for the second ledger; must not exist. Default: beside the first.
        #[arg(long)]
        scratch: Option<PathBuf>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write everything that the ledger holds as JSON lines.
    Export {
        #[command(flatten)]
        at: Where,
        /// The file to write; must not exist.
        #[arg(long)]
        out: PathBuf,
    },
    /// Add the blocks of an export to a ledger, which is created if it is not there. Importing twice changes nothing.
    Import {
        #[command(flatten)]
        at: Where,
        /// The export.
        #[arg(long = "in")]
        input: PathBuf,
    },
    /// Print head, totals, rows and sizes as JSON.
    Stats {
        #[command(flatten)]
        at: Where,
    },
    /// Merge the database's files.
    Compact {
        #[command(flatten)]
        at: Where,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("pars-ledger: {error}");
            ExitCode::FAILURE
        }
    }
}

fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    |source| Error::Io { path: path.to_owned(), source }
}

impl Where {
    fn chain(&self) -> Result<ChainFile, Error> {
        ChainFile::read(BufReader::new(File::open(&self.chain).map_err(io(&self.chain))?))
    }

    /// The ledger, if there is one: looking at something creates nothing.
    fn open(&self) -> Result<(Ledger, ChainFile), Error> {
        std::fs::read_dir(&self.ledger).map_err(io(&self.ledger))?;
        let chain = self.chain()?;
        Ok((Ledger::open(&self.ledger, chain.identity.clone())?, chain))
    }
}

fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Audit { at, scratch, json } => {
            let (ledger, chain) = at.open()?;
            let scratch = scratch.unwrap_or_else(|| at.ledger.with_extension("audit"));
            let report = audit(&ledger, &chain, &scratch, bar("audit"))?;
            if json {
                print(&report)?;
            } else {
                println!("{} rows compared, {} differ", report.rows, report.differences);
                for difference in &report.named {
                    let part = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
                    let (expected, found) = (part(&difference.expected), part(&difference.found));
                    println!("{} {}: {found}, should be {expected}", difference.column, difference.key);
                }
            }
            Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
        }
        Command::Export { at, out } => {
            let (ledger, _) = at.open()?;
            let file = File::create_new(&out).map_err(io(&out))?;
            export(&ledger, &mut BufWriter::new(file), bar("export"))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Import { at, input } => {
            let ledger = Ledger::open(&at.ledger, at.chain()?.identity)?;
            let lines = BufReader::new(File::open(&input).map_err(io(&input))?);
            let imported = import(&ledger, lines, bar("import"))?;
            println!("{} blocks new, {} there already", imported.new, imported.already);
            Ok(ExitCode::SUCCESS)
        }
        Command::Stats { at } => {
            let (ledger, _) = at.open()?;
            let head = ledger.head().ok_or(Error::Unavailable(pars_ledger::Unknown::Empty))?;
            let columns = Column::ALL.into_iter().map(|column| {
                let (rows, bytes) = ledger.size(column)?;
                Ok((column.to_string(), serde_json::json!({ "rowsEstimated": rows, "bytes": bytes })))
            });
            let columns = columns.collect::<Result<serde_json::Map<_, _>, Error>>()?;
            let stats = ledger.stats(0, head.number)?;
            let status = ledger.sync_status(head)?;
            print(&serde_json::json!({ "status": status, "stats": stats.value, "columns": columns }))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Compact { at } => {
            let (ledger, _) = at.open()?;
            let mut bar = bar("compact");
            for (done, column) in (1..).zip(Column::ALL) {
                ledger.compact(column)?;
                bar(done, Column::ALL.len() as u64);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn print(value: &impl serde::Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::Io { path: "the output".into(), source: error.into() })?;
    println!("{text}");
    Ok(())
}

/// A progress bar on a terminal; nothing elsewhere.
fn bar(what: &'static str) -> impl FnMut(u64, u64) {
    const WIDTH: u64 = 40;
    let shown = std::io::stderr().is_terminal();
    let mut drawn: Option<Instant> = None;
    move |done, of| {
        let last = done >= of;
        if !shown || (!last && drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW)) {
            return;
        }
        drawn = Some(Instant::now());
        let full = (0..WIDTH).map(|at| if at * of.max(1) < done * WIDTH { '#' } else { '.' });
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "\r{what} [{}] {done}/{of}", full.collect::<String>());
        let _ = if last { writeln!(err) } else { err.flush() };
    }
}
