//! Opening: whose chain it is, and that nothing else is taken for it or overwritten.

use std::{fs, io, path::Path};

use alloy_genesis::Genesis;
use pars_ledger::rows::Field;
use rocksdb::{DB, DBCompressionType, DBRecoveryMode, Error, ErrorKind, LogLevel, Options, WriteBatch};

use super::{COLUMNS, ChainStore, FORMAT, StoreError, Stored, encoding, meta};
use crate::chain::{
    genesis::{ChainSpec, DEFAULT_CHAIN_ID, DEFAULT_GAS_LIMIT, DevGenesis, GenesisError, Hosts},
    hardfork::{Hardfork, Hardforks},
    snapshot::{Clock, unix_time},
};

/// Memory for rows on their way to files; what opening may have to read from the log.
const WRITE_BUFFER: usize = 16 << 20;
/// Log bytes after which everything is flushed.
const MAX_LOG: u64 = 64 << 20;
/// RocksDB's own diary.
const DIARY_FILES: usize = 4;
const DIARY_BYTES: usize = 1 << 20;

/// What was asked for of a chain's start. Nothing at all is a dev genesis made now, or whatever a folder holds.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// A geth-style genesis.
    pub genesis: Option<Genesis>,
    /// Chain id of a dev genesis.
    pub chain_id: Option<u64>,
    /// Rules from block 0 on.
    pub hardfork: Option<Hardfork>,
    /// Block gas limit.
    pub gas_limit: Option<u64>,
}

impl Origin {
    /// The genesis, and the hardfork that replaces its schedule.
    fn build(&self) -> Result<(Genesis, Option<Hardfork>), GenesisError> {
        let (mut genesis, hardfork) = match &self.genesis {
            Some(genesis) => (genesis.clone(), self.hardfork),
            None => {
                let dev = DevGenesis {
                    chain_id: self.chain_id.unwrap_or(DEFAULT_CHAIN_ID),
                    hardfork: self.hardfork.unwrap_or_default(),
                    gas_limit: self.gas_limit.unwrap_or(DEFAULT_GAS_LIMIT),
                    timestamp: unix_time(),
                    activation: 0,
                    dev: true,
                    hosts: Hosts::Rust,
                };
                (dev.build()?, None)
            }
        };
        if let Some(gas_limit) = self.gas_limit {
            genesis.gas_limit = gas_limit;
        }
        Ok((genesis, hardfork))
    }

    /// The start of a new chain.
    ///
    /// # Errors
    /// The genesis cannot be used.
    pub fn spec(&self) -> Result<ChainSpec, GenesisError> {
        let (genesis, hardfork) = self.build()?;
        ChainSpec::from_genesis(&genesis, hardfork)
    }

    /// Compares what was asked for with what a folder holds.
    fn check(&self, path: &Path, stored: &ChainSpec) -> Result<(), StoreError> {
        let differs = |what, stored: String, asked: String| {
            if stored == asked {
                return Ok(());
            }
            Err(StoreError::Differs { path: path.to_owned(), what, stored, asked })
        };
        if self.genesis.is_some() {
            let asked = self.spec()?;
            let config = |spec: &ChainSpec| spec.activation.as_ref().map(|active| active.config.to_string());
            let config = |spec| config(spec).unwrap_or_else(|| "none".into());
            differs("chain id", stored.chain_id.to_string(), asked.chain_id.to_string())?;
            differs("genesis", stored.header.hash().to_string(), asked.header.hash().to_string())?;
            differs("rules", format!("{:?}", stored.hardforks), format!("{:?}", asked.hardforks))?;
            // Where it becomes active later, block 0 does not commit to it.
            return differs("parsAiMiningConfig", config(stored), config(&asked));
        }
        if let Some(asked) = self.chain_id {
            differs("chain id", stored.chain_id.to_string(), asked.to_string())?;
        }
        if let Some(asked) = self.gas_limit {
            differs("gas limit", stored.header.gas_limit.to_string(), asked.to_string())?;
        }
        match self.hardfork {
            Some(asked) if stored.hardforks != Hardforks::fixed(asked) => {
                let now = stored.hardforks.at(stored.header.timestamp);
                differs("rules", format!("{now} at block 0"), asked.to_string())
            }
            _ => Ok(()),
        }
    }
}

impl ChainStore {
    /// Opens the chain in this folder and reads it, or starts one where there is nothing.
    ///
    /// # Errors
    /// It is another chain than was asked for, of a later release, damaged, in use, or no chain. Nothing was written in
    /// any of these cases.
    pub fn open(path: &Path, origin: &Origin) -> Result<Stored, StoreError> {
        if is_vacant(path)? {
            create(path, origin)?;
        }
        Self::read(path, origin)
    }

    /// Opens the chain in this folder, which must be there.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(path: &Path, origin: &Origin) -> Result<Stored, StoreError> {
        if is_vacant(path)? {
            return Err(StoreError::Absent(path.to_owned()));
        }
        check_format(path)?;
        let db = DB::open_cf(&options(false), path, COLUMNS).map_err(|error| opened(path, error))?;
        let store = Self { path: path.to_owned(), db: Some(db) };
        let spec = store.spec()?;
        origin.check(path, &spec)?;
        let entries = store.load(&spec)?;
        let clock = match store.db()?.get(meta::CLOCK)? {
            None => Clock::default(),
            Some(row) => encoding::read_clock(&row).ok_or_else(|| store.lost("clock"))?,
        };
        Ok(Stored { store, spec, entries, clock })
    }

    fn spec(&self) -> Result<ChainSpec, StoreError> {
        let row = |key: &'static [u8]| Ok::<_, StoreError>(self.db()?.get(key)?);
        let json = row(meta::GENESIS_JSON)?.ok_or_else(|| self.lost("genesis"))?;
        let genesis: Genesis = serde_json::from_slice(&json).map_err(|_| self.lost("genesis"))?;
        let hardfork = row(meta::HARDFORK)?
            .map(|name| String::from_utf8_lossy(&name).parse::<Hardfork>().map_err(|_| self.lost("hardfork")))
            .transpose()?;
        let spec = ChainSpec::from_genesis(&genesis, hardfork)?;
        let chain_id: Option<u64> = row(meta::CHAIN_ID)?.and_then(|row| Field::decode(&row));
        if chain_id != Some(spec.chain_id) {
            return Err(self.lost("chain id"));
        }
        if row(meta::GENESIS)?.as_deref() != Some(spec.header.hash().as_slice()) {
            let now = spec.header.hash();
            return Err(self.damaged(format!(
                "its genesis file makes block 0 {now}, which is not the one it began with"
            )));
        }
        Ok(spec)
    }

    fn lost(&self, what: &str) -> StoreError {
        self.damaged(format!("its {what} cannot be read"))
    }
}

fn options(create: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    options.set_error_if_exists(create);
    options.set_paranoid_checks(true);
    // Columns reach their files together: a lost log leaves the chain at an earlier block, never a mixture.
    options.set_atomic_flush(true);
    // A torn end of the log is what a crash leaves: the blocks before it stand.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options.set_compression_type(DBCompressionType::None);
    options.set_db_write_buffer_size(WRITE_BUFFER);
    options.set_max_total_wal_size(MAX_LOG);
    options.set_keep_log_file_num(DIARY_FILES);
    options.set_max_log_file_size(DIARY_BYTES);
    options.set_log_level(LogLevel::Warn);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

/// There is nothing at the path, or an empty folder.
fn is_vacant(path: &Path) -> Result<bool, StoreError> {
    let foreign = |reason: &str| StoreError::NotAChain { path: path.to_owned(), reason: reason.to_owned() };
    let mut entries = match fs::read_dir(path) {
        Ok(entries) => entries.peekable(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(foreign("it is a file")),
        Err(source) => return Err(StoreError::Io { path: path.to_owned(), source }),
    };
    if entries.peek().is_none() {
        return Ok(true);
    }
    // RocksDB would take a folder without CURRENT for a new database, and remove what it finds there.
    match path.join("CURRENT").is_file() {
        true => Ok(false),
        false => Err(foreign("the folder has files, but none named CURRENT")),
    }
}

/// Builds block 0 beside the path and moves it there: what is at the path is whole at any moment.
fn create(path: &Path, origin: &Origin) -> Result<(), StoreError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Io { path, source }
    };
    let (genesis, hardfork) = origin.build()?;
    let spec = ChainSpec::from_genesis(&genesis, hardfork)?;
    let json = serde_json::to_vec(&genesis).map_err(|error| at(path)(error.into()))?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(at(parent))?;
    let new = path.with_extension("creating");
    if new.exists() {
        // What a crash left of an earlier attempt; not, if another process is at it right now.
        DB::destroy(&options(false), &new).map_err(|_| StoreError::Locked(new.clone()))?;
        remove(&new).map_err(at(&new))?;
    }
    let db = DB::open_cf(&options(true), &new, COLUMNS).map_err(|error| opened(&new, error))?;
    let mut batch = WriteBatch::default();
    batch.put(meta::FORMAT, FORMAT.encode());
    batch.put(meta::CHAIN_ID, spec.chain_id.encode());
    batch.put(meta::GENESIS, spec.header.hash());
    batch.put(meta::GENESIS_JSON, json);
    if let Some(hardfork) = hardfork {
        batch.put(meta::HARDFORK, hardfork.to_string());
    }
    batch.put(meta::HEAD, (0u64, spec.header.hash()).encode());
    let store = ChainStore { path: new.clone(), db: Some(db) };
    store.write(batch, true)?;
    drop(store);
    fs::rename(&new, path).map_err(at(path))?;
    fs::File::open(parent).and_then(|folder| folder.sync_all()).map_err(at(parent))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Looks without writing: a later release may have columns that this one does not know.
fn check_format(path: &Path) -> Result<(), StoreError> {
    let db = DB::open_for_read_only(&options(false), path, false).map_err(|error| opened(path, error))?;
    let foreign = |reason: &str| StoreError::NotAChain { path: path.to_owned(), reason: reason.to_owned() };
    match db.get(meta::FORMAT)?.map(|row| u32::decode(&row)) {
        Some(Some(FORMAT)) => Ok(()),
        Some(Some(found)) if found > FORMAT => Err(StoreError::NewerFormat { path: path.to_owned(), found }),
        _ => Err(foreign("it is a RocksDB database, but not a chain's")),
    }
}

/// What an error at opening means.
fn opened(path: &Path, error: Error) -> StoreError {
    let text = error.to_string();
    let says = |word: &str| text.contains(word);
    if error.kind() != ErrorKind::IOError {
        return StoreError::Damaged { path: path.to_owned(), reason: text };
    }
    if says("LOCK") && says("lock ") {
        return StoreError::Locked(path.to_owned());
    }
    // A file that was there is not, or the system refuses to write.
    match says("No such file") {
        true => StoreError::Damaged { path: path.to_owned(), reason: text },
        false => StoreError::Database(error),
    }
}
