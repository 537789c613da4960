//! Opening: whose ledger it is, whether this release understands it, and that nothing else is overwritten.

use crate::{
    block::BlockId,
    error::{Error, Inconsistency},
    ledger::{Hook, Ledger, Step, meta},
    migrate::{MIGRATIONS, Migration, migrate},
    rows::{Block, Field},
    schema::{Column, SCHEMA, database_options},
    store::{Durability, Store, decode},
};
use alloy_primitives::{B256, hex};
use pars_precompile::Genesis;
use rocksdb::DB;
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// The chain that a ledger follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Chain id.
    pub chain_id: u32,
    /// Hash of block 0.
    pub genesis_hash: B256,
    /// The chain's `parsAiMiningConfig`: it lists in clear what activation puts into the state. `None` = the chain has
    /// no precompile.
    pub config: Option<Genesis>,
}

impl Identity {
    /// Block 0.
    pub const fn genesis(&self) -> BlockId {
        BlockId { number: 0, hash: self.genesis_hash }
    }
}

/// What this release knows: its schema, and the ways up to it. Tests know others.
pub(crate) struct Known {
    pub(crate) schema: u32,
    pub(crate) migrations: &'static [Migration],
}

impl Ledger {
    /// Opens the ledger in this folder, or creates one where there is nothing. It stands where it stood: then
    /// [`Self::heal`] it.
    ///
    /// # Errors
    /// It is of another chain, of a later release, damaged, in use, or no ledger. Nothing was written in any of these
    /// cases.
    pub fn open(path: impl AsRef<Path>, identity: Identity) -> Result<Self, Error> {
        Self::open_as(path.as_ref(), identity, &Known { schema: SCHEMA, migrations: MIGRATIONS }, None)
    }

    /// A ledger in memory, for a chain that is there, too. It has no folder: [`Self::path`] is empty.
    ///
    /// # Errors
    /// RocksDB fails.
    pub fn in_memory(identity: Identity) -> Result<Self, Error> {
        let store = Store::in_memory()?;
        put_header(&store, &identity, SCHEMA)?;
        Ok(Self::new(Path::new(""), store, identity, None, None))
    }

    pub(crate) fn open_as(
        path: &Path,
        identity: Identity,
        known: &Known,
        hook: Option<Hook>,
    ) -> Result<Self, Error> {
        if is_vacant(path)? {
            create(path, &identity, known, hook.as_ref())?;
        }
        inspect(path, &identity, known)?;
        let store = Store::open(path)?;
        // Another process may have been here in between; from here on none can.
        let found = Header::read(|key| store.get(Column::Meta, key), path)?;
        found.check(&identity, known)?;
        migrate(&store, found.schema, known)?;
        let head: Option<BlockId> = store.row(Column::Meta, meta::HEAD)?;
        let finalized: Option<BlockId> = store.row(Column::Meta, meta::FINALIZED)?;
        check_position(&store, head, finalized)?;
        let mut ledger = Self::new(path, store, identity, head, finalized);
        ledger.hook = hook;
        Ok(ledger)
    }

    /// Moves the folder of a closed ledger that cannot be used to `<path>.wrong`, so that a new one can be built and the
    /// old one looked at. One that was moved there before is removed.
    ///
    /// # Errors
    /// [`Error::Locked`]: it is open somewhere. Else the file system refuses.
    pub fn set_aside(path: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let path = path.as_ref();
        let aside = sibling(path, ".wrong");
        let lock = path.join("LOCK");
        if lock.exists() && matches!(Store::open(path), Err(Error::Locked(_))) {
            return Err(Error::Locked(path.to_owned()));
        }
        remove(&aside)?;
        fs::rename(path, &aside).map_err(io(path))?;
        sync_parent(path)?;
        Ok(aside)
    }
}

/// There is nothing at the path, or an empty folder.
fn is_vacant(path: &Path) -> Result<bool, Error> {
    let foreign = |reason: &str| Error::NotALedger { path: path.to_owned(), reason: reason.to_owned() };
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(foreign("it is a file"));
        }
        Err(error) => return Err(io(path)(error)),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>();
    let names: Vec<OsString> = names.map_err(io(path))?;
    if names.is_empty() {
        return Ok(true);
    }
    // RocksDB would take a folder without CURRENT for a new database, and remove the tables it finds there.
    if !names.iter().any(|name| name == "CURRENT") {
        return Err(foreign("the folder has files, but none named CURRENT"));
    }
    Ok(false)
}

/// Builds an empty ledger beside the path and moves it there: what is at the path is whole at any moment.
fn create(path: &Path, identity: &Identity, known: &Known, hook: Option<&Hook>) -> Result<(), Error> {
    let step = |step| {
        if let Some(hook) = hook {
            hook(step);
        }
    };
    step(Step::Begin);
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(io(parent))?;
    }
    let new = sibling(path, ".creating");
    if new.exists() {
        // What a crash left of an earlier attempt; not, if another process is at it right now.
        DB::destroy(&database_options(false), &new)
            .map_err(|_| Error::Locked(new.clone()))
            .and_then(|()| remove(&new))?;
    }
    let store = Store::create(&new)?;
    put_header(&store, identity, known.schema)?;
    drop(store);
    step(Step::Prepared);
    fs::rename(&new, path).map_err(io(path))?;
    step(Step::Written);
    sync_parent(path)
}

fn put_header(store: &Store, identity: &Identity, schema: u32) -> Result<(), Error> {
    let mut batch = store.batch();
    batch.put(Column::Meta, meta::SCHEMA, &schema.encode())?;
    batch.put(Column::Meta, meta::CHAIN_ID, &identity.chain_id.encode())?;
    batch.put(Column::Meta, meta::GENESIS, &identity.genesis_hash.encode())?;
    batch.write(Durability::Synced)
}

/// Looks at a ledger without writing.
fn inspect(path: &Path, identity: &Identity, known: &Known) -> Result<(), Error> {
    let options = database_options(false);
    let columns = DB::list_cf(&options, path).map_err(|error| damaged(path, error))?;
    // The default column only: the others may have settings that this release does not know.
    let db = DB::open_for_read_only(&options, path, false).map_err(|error| damaged(path, error))?;
    Header::read(|key| Ok(db.get(key)?), path)?.check(identity, known)?;
    let wrong = |reason: String| Error::NotALedger { path: path.to_owned(), reason };
    if let Some(strange) =
        columns.iter().find(|name| Column::ALL.iter().all(|column| column.name() != **name))
    {
        return Err(wrong(format!("it has a column family {strange}, which schema {SCHEMA} has not")));
    }
    match Column::ALL.iter().find(|column| columns.iter().all(|name| column.name() != name)) {
        Some(column) => Err(wrong(format!("it has no column family {column}"))),
        None => Ok(()),
    }
}

/// What every schema has, in this form.
struct Header {
    schema: u32,
    chain_id: u32,
    genesis: B256,
}

impl Header {
    fn read(get: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, Error>, path: &Path) -> Result<Self, Error> {
        fn part<T: Field>(key: &[u8], found: Option<Vec<u8>>, path: &Path) -> Result<T, Error> {
            let name = String::from_utf8_lossy(key);
            let reason = format!("it is a RocksDB database, but its row `{name}` is not a ledger's");
            found
                .and_then(|bytes| T::decode(&bytes))
                .ok_or_else(|| Error::NotALedger { path: path.to_owned(), reason })
        }
        Ok(Self {
            schema: part(meta::SCHEMA, get(meta::SCHEMA)?, path)?,
            chain_id: part(meta::CHAIN_ID, get(meta::CHAIN_ID)?, path)?,
            genesis: part(meta::GENESIS, get(meta::GENESIS)?, path)?,
        })
    }

    fn check(&self, identity: &Identity, known: &Known) -> Result<(), Error> {
        if self.schema > known.schema {
            return Err(Error::NewerSchema { found: self.schema, known: known.schema });
        }
        if self.chain_id != identity.chain_id {
            return Err(Error::WrongChain { ledger: self.chain_id, chain: identity.chain_id });
        }
        if self.genesis != identity.genesis_hash {
            return Err(Error::WrongGenesis { ledger: self.genesis, chain: identity.genesis_hash });
        }
        if known.way_up(self.schema).is_none() {
            return Err(Error::NoMigration(self.schema));
        }
        Ok(())
    }
}

/// The rows that the next block and the next unwinding need are there and fit each other.
fn check_position(store: &Store, head: Option<BlockId>, finalized: Option<BlockId>) -> Result<(), Error> {
    let (head, finalized) = match (head, finalized) {
        (None, None) => return Ok(()),
        (Some(head), Some(finalized)) if finalized.number <= head.number => (head, finalized),
        _ => return Err(malformed_position(meta::FINALIZED)),
    };
    let mut hash = head.hash;
    for number in (finalized.number..=head.number).rev() {
        let key = number.to_be_bytes();
        let row =
            store.get(Column::Blocks, &key)?.ok_or_else(|| crate::ledger::missing(Column::Blocks, &key))?;
        let row: Block = decode(Column::Blocks, &key, &row)?;
        if row.hash != hash {
            return Err(Inconsistency::Malformed { column: Column::Blocks, key: hex::encode(key) }.into());
        }
        hash = row.parent;
        if number == finalized.number {
            return if row.hash == finalized.hash {
                Ok(())
            } else {
                Err(malformed_position(meta::FINALIZED))
            };
        }
        if store.get(Column::Undo, &key)?.is_none() {
            return Err(crate::ledger::missing(Column::Undo, &key));
        }
    }
    Ok(())
}

fn malformed_position(key: &[u8]) -> Error {
    Inconsistency::Malformed { column: Column::Meta, key: hex::encode(key) }.into()
}

/// A folder with CURRENT that RocksDB cannot open lost files or bytes.
fn damaged(path: &Path, error: rocksdb::Error) -> Error {
    match error.kind() {
        rocksdb::ErrorKind::Corruption => Error::Corrupt(error.into_string()),
        _ => Error::NotALedger { path: path.to_owned(), reason: error.into_string() },
    }
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(()),
    }
}

/// A renamed folder is on disk once its parent is.
fn sync_parent(path: &Path) -> Result<(), Error> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent).and_then(|folder| folder.sync_all()).map_err(io(parent))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    |source| Error::Io { path: path.to_owned(), source }
}
