//! `pars-ledger`: looks after the ledger of a node that does not run. It is built here and not in the ledger's own crate
//! because it reads the node's chain, and imports point down only.

#![allow(unreachable_pub)]

use clap::{Args, Parser, Subcommand};
use pars_ledger::{
    Column, Error, Ledger,
    audit::audit,
    interchange::{ChainFile, export, import},
};
use pars_node::{
    ledger::view::chain_file,
    store::{CHAIN_FOLDER, ChainStore, LEDGER_FOLDER, Origin},
};
use std::{
    fs::File,
    io::{BufReader, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// Exit codes as `diff` has them: 0 equal, 1 different, 2 trouble.
const DIFFERENT: u8 = 1;
const TROUBLE: u8 = 2;
/// Between two drawings of a progress bar.
const REDRAW: Duration = Duration::from_millis(200);

type Failure = Box<dyn std::error::Error>;

/// Looks after the ledger of the AI-mining precompile in a node's data directory. The node must not run.
#[derive(Debug, Parser)]
#[command(name = "pars-ledger", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Where {
    /// A node's data directory.
    #[arg(required_unless_present = "ledger", conflicts_with_all = ["ledger", "chain"])]
    datadir: Option<PathBuf>,
    /// Instead: the ledger's folder,
    #[arg(long, requires = "chain")]
    ledger: Option<PathBuf>,
    /// and a chain file with identity, blocks, receipts and state changes of 0x0300, as `chain` writes it.
    #[arg(long, requires = "ledger")]
    chain: Option<PathBuf>,
}

/// A ledger's folder and the chain it belongs to.
struct Place {
    folder: PathBuf,
    chain: ChainFile,
    /// Open as long as anything is done here: no node starts meanwhile.
    _store: Option<ChainStore>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compute the ledger again from the chain's receipts and state changes and compare every row. Exit code 1 if one
    /// differs, 2 if it cannot be told.
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
    /// Write what a ledger is made from as a chain file: identity, blocks, receipts, state changes of 0x0300.
    Chain {
        /// A node's data directory.
        datadir: PathBuf,
        /// The file to write; must not exist.
        #[arg(long)]
        out: PathBuf,
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
            ExitCode::from(TROUBLE)
        }
    }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    |source| Error::Io { path: path.to_owned(), source }
}

impl Place {
    /// In a node's data directory. Every block is checked on the way.
    fn in_node(datadir: &Path) -> Result<Self, Failure> {
        let stored = ChainStore::read(&datadir.join(CHAIN_FOLDER), &Origin::default())?;
        let chain = chain_file(&stored.spec, &stored.entries)?;
        Ok(Self { folder: datadir.join(LEDGER_FOLDER), chain, _store: Some(stored.store) })
    }

    /// The ledger, if there is one: looking at something creates nothing.
    fn ledger(&self) -> Result<Ledger, Error> {
        std::fs::read_dir(&self.folder).map_err(io(&self.folder))?;
        Ledger::open(&self.folder, self.chain.identity.clone())
    }
}

impl Where {
    fn find(&self) -> Result<Place, Failure> {
        match (&self.datadir, &self.ledger, &self.chain) {
            (Some(datadir), _, _) => Place::in_node(datadir),
            (None, Some(ledger), Some(chain)) => {
                let lines = BufReader::new(File::open(chain).map_err(io(chain))?);
                Ok(Place { folder: ledger.clone(), chain: ChainFile::read(lines)?, _store: None })
            }
            // The arguments do not allow it.
            (None, _, _) => Err("no ledger was named".into()),
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Audit { at, scratch, json } => {
            let place = at.find()?;
            let scratch = scratch.unwrap_or_else(|| place.folder.with_extension("audit"));
            let report = audit(&place.ledger()?, &place.chain, &scratch, bar("audit"))?;
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
            let place = at.find()?;
            let ledger = place.ledger()?;
            let file = File::create_new(&out).map_err(io(&out))?;
            export(&ledger, &mut BufWriter::new(file), bar("export"))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Import { at, input } => {
            let place = at.find()?;
            let ledger = Ledger::open(&place.folder, place.chain.identity.clone())?;
            let lines = BufReader::new(File::open(&input).map_err(io(&input))?);
            let imported = import(&ledger, lines, bar("import"))?;
            println!("{} blocks new, {} there already", imported.new, imported.already);
            Ok(ExitCode::SUCCESS)
        }
        Command::Chain { datadir, out } => {
            let place = Place::in_node(&datadir)?;
            let file = File::create_new(&out).map_err(io(&out))?;
            place.chain.write(&mut BufWriter::new(file))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Stats { at } => {
            let place = at.find()?;
            let ledger = place.ledger()?;
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
            let place = at.find()?;
            let ledger = place.ledger()?;
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
