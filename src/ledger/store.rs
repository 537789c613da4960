//! RocksDB behind words of this crate: typed rows, one kind of error.

use crate::{
    error::{Error, Inconsistency},
    rows::Field,
    schema::{Column, database_options, descriptors},
};
use alloy_primitives::{B256, FixedBytes, hex};
use rocksdb::{
    ColumnFamily, DB, Env, IteratorMode, Options, ReadOptions, Snapshot, WriteBatch, WriteOptions,
};
use std::path::Path;

/// An id that is there, with its row.
pub(crate) type Present = ([u8; 32], Vec<u8>);

/// An open database.
pub(crate) struct Store {
    db: DB,
}

/// Whether a write waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It does: what was acknowledged survives a power cut.
    Synced,
    /// It does not. A later synced write makes it durable; until then a crash may take it back, and everything after.
    Later,
}

/// Changes that happen together or not at all.
pub(crate) struct Batch<'a> {
    store: &'a Store,
    batch: WriteBatch,
}

/// A key, with no memory of its own.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    /// An id, or a place of an address.
    Id(B256),
    /// A place of a device.
    Event(FixedBytes<44>),
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Id(id) => id.as_slice(),
            Self::Event(place) => place.as_slice(),
        }
    }
}

/// What a key begins with, as numbers, which compare faster: as many bytes as an address has.
pub(crate) fn start(key: &[u8]) -> (u128, u32) {
    let (first, rest) =
        key.split_first_chunk().map_or((0, key), |(first, rest)| (u128::from_be_bytes(*first), rest));
    (first, rest.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes)))
}

/// A value.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    /// Bytes that stand elsewhere.
    Part(&'a [u8]),
    /// A kind and an id.
    Named(FixedBytes<33>),
}

impl AsRef<[u8]> for Value<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Part(bytes) => bytes,
            Self::Named(name) => name.as_slice(),
        }
    }
}

impl Store {
    /// Creates a database where none is.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, &database_options(true))
    }

    /// Opens one that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, &database_options(false))
    }

    /// Creates one in memory, which ends with it.
    pub(crate) fn in_memory() -> Result<Self, Error> {
        let mut options = database_options(true);
        options.set_env(&Env::mem_env()?);
        Self::open_with(Path::new("/ledger"), &options)
    }

    fn open_with(path: &Path, options: &Options) -> Result<Self, Error> {
        let db =
            DB::open_cf_descriptors(options, path, descriptors()).map_err(|error| locked(path, error))?;
        Ok(Self { db })
    }

    fn column(&self, column: Column) -> Result<&ColumnFamily, Error> {
        self.db
            .cf_handle(column.name())
            .ok_or_else(|| Error::Database(format!("column family {} is not there", column.name())))
    }

    pub(crate) fn get(&self, column: Column, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.db.get_cf(self.column(column)?, key)?)
    }

    /// A row in its form.
    pub(crate) fn row<T: Field>(&self, column: Column, key: &[u8]) -> Result<Option<T>, Error> {
        let found = self.db.get_pinned_cf(self.column(column)?, key)?;
        found.map(|bytes| decode(column, key, &bytes)).transpose()
    }

    /// Which of these keys are there; with the row of the first.
    pub(crate) fn first_present<'k>(
        &self,
        column: Column,
        keys: impl IntoIterator<Item = &'k [u8; 32]>,
    ) -> Result<Option<Present>, Error> {
        let mut keys: Vec<_> = keys.into_iter().map(|key| (start(key), key)).collect();
        keys.sort_unstable();
        let sorted = keys.iter().map(|(_, key)| *key);
        let found = self.db.batched_multi_get_cf(self.column(column)?, sorted, true);
        for ((_, key), row) in keys.into_iter().zip(found) {
            if let Some(row) = row? {
                return Ok(Some((*key, row.to_vec())));
            }
        }
        Ok(None)
    }

    pub(crate) fn batch(&self) -> Batch<'_> {
        Batch { store: self, batch: WriteBatch::default() }
    }

    /// One with room for so many bytes.
    pub(crate) fn batch_for(&self, bytes: usize) -> Batch<'_> {
        Batch { store: self, batch: WriteBatch::with_capacity_bytes(bytes) }
    }

    /// A view that later writes do not touch.
    pub(crate) fn view(&self) -> View<'_> {
        View { store: self, snapshot: self.db.snapshot() }
    }

    /// Number of the latest write: stays while nothing is written.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn sequence(&self) -> u64 {
        self.db.latest_sequence_number()
    }

    /// Merges the files of every column into as few as possible.
    pub(crate) fn compact(&self, column: Column) -> Result<(), Error> {
        self.db.compact_range_cf(self.column(column)?, None::<&[u8]>, None::<&[u8]>);
        Ok(())
    }

    /// Rows and bytes in files of a column, as RocksDB estimates them.
    pub(crate) fn estimate(&self, column: Column) -> Result<(u64, u64), Error> {
        let column = self.column(column)?;
        let figure = |name| Ok::<_, Error>(self.db.property_int_value_cf(column, name)?.unwrap_or_default());
        Ok((figure("rocksdb.estimate-num-keys")?, figure("rocksdb.total-sst-files-size")?))
    }

    /// Puts what is in memory into files.
    pub(crate) fn flush(&self) -> Result<(), Error> {
        let columns = Column::ALL.map(|column| self.column(column));
        let columns = columns.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(self.db.flush_cfs_opt(&columns, &rocksdb::FlushOptions::default())?)
    }

    /// Waits until no files wait to be merged.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn merged(&self) -> Result<(), Error> {
        Ok(self.db.wait_for_compact(&rocksdb::WaitForCompactOptions::default())?)
    }
}

fn locked(path: &Path, error: rocksdb::Error) -> Error {
    let text = error.to_string();
    // The system's lock on the file LOCK, or RocksDB's own list of what this process has open.
    if error.kind() == rocksdb::ErrorKind::IOError && text.contains("LOCK") && text.contains("lock ") {
        return Error::Locked(path.to_owned());
    }
    error.into()
}

pub(crate) fn decode<T: Field>(column: Column, key: &[u8], bytes: &[u8]) -> Result<T, Error> {
    T::decode(bytes).ok_or_else(|| Inconsistency::Malformed { column, key: hex::encode(key) }.into())
}

impl Batch<'_> {
    pub(crate) fn put(&mut self, column: Column, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.batch.put_cf(self.store.column(column)?, key, value);
        Ok(())
    }

    pub(crate) fn delete(&mut self, column: Column, key: &[u8]) -> Result<(), Error> {
        self.batch.delete_cf(self.store.column(column)?, key);
        Ok(())
    }

    /// Rows of one column.
    pub(crate) fn put_all<'v>(
        &mut self,
        column: Column,
        rows: impl IntoIterator<Item = Result<(Key, Value<'v>), Error>>,
    ) -> Result<(), Error> {
        let column = self.store.column(column)?;
        for row in rows {
            let (key, value) = row?;
            self.batch.put_cf(column, key, value);
        }
        Ok(())
    }

    /// Every row of a column.
    pub(crate) fn clear(&mut self, column: Column) -> Result<(), Error> {
        // No key is as long as this one, and none is above it.
        self.batch.delete_range_cf(self.store.column(column)?, &[][..], &[0xff; 64][..]);
        Ok(())
    }

    /// All of it, at once.
    pub(crate) fn write(self, durability: Durability) -> Result<(), Error> {
        let mut options = WriteOptions::default();
        options.set_sync(durability == Durability::Synced);
        Ok(self.store.db.write_opt(self.batch, &options)?)
    }
}

/// Key and value.
pub(crate) type Pair = (Box<[u8]>, Box<[u8]>);

/// The database as it was at one moment.
pub(crate) struct View<'a> {
    store: &'a Store,
    snapshot: Snapshot<'a>,
}

impl View<'_> {
    pub(crate) fn row<T: Field>(&self, column: Column, key: &[u8]) -> Result<Option<T>, Error> {
        let found = self.snapshot.get_pinned_cf(self.store.column(column)?, key)?;
        found.map(|bytes| decode(column, key, &bytes)).transpose()
    }

    /// A row that must be there.
    pub(crate) fn must<T: Field>(&self, column: Column, key: &[u8]) -> Result<T, Error> {
        self.row(column, key)?.ok_or_else(|| Inconsistency::Missing { column, key: hex::encode(key) }.into())
    }

    /// Every row of a column, in the order of the keys.
    pub(crate) fn rows(&self, column: Column) -> Result<impl Iterator<Item = Result<Pair, Error>>, Error> {
        let mut options = ReadOptions::default();
        // A column with prefixes would else be read one prefix at a time.
        options.set_total_order_seek(true);
        let column = self.store.column(column)?;
        let rows = self.snapshot.iterator_cf_opt(column, options, IteratorMode::Start);
        Ok(rows.map(|row| row.map_err(Error::from)))
    }

    /// Rows with this prefix from `from` on, in the order of their keys, while `visit` wants more.
    pub(crate) fn scan(
        &self,
        column: Column,
        prefix: &[u8],
        from: &[u8],
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut options = ReadOptions::default();
        options.set_prefix_same_as_start(true);
        let mut rows = self.snapshot.raw_iterator_cf_opt(self.store.column(column)?, options);
        rows.seek(from);
        while let Some((key, value)) = rows.item() {
            if !key.starts_with(prefix) || !visit(key, value)? {
                return Ok(());
            }
            rows.next();
        }
        // The end, or an error: only the status tells.
        Ok(rows.status()?)
    }
}
