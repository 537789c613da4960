//! Column families and how RocksDB is set for each. `precompile-spec/ledger.md` describes the rows.

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompactionStyle, DBCompressionType, DBRecoveryMode,
    LogLevel, Options, SliceTransform,
};
use std::fmt;

/// Version of the rows' format. A change of any row raises it and comes with a migration.
pub const SCHEMA: u32 = 1;

/// Filter bits a key: a look-up for an absent id asks up to five filters at 10^7 rows (the files of level 0, one of each level below),
/// and with 14 bits one such look-up in 140 reads a block; with 10 it would be one in twenty. 1.75 bytes of memory a row.
const FILTER_BITS: f64 = 14.0;
/// Bytes of the first level below level 0, of a column in which keys are asked for that are often absent: twice RocksDB's. Up to 1.5
/// million rows there is one level then, up to 15 million two, and a look-up asks as many filters. New files are merged into twice as
/// much for that, and one time less.
const FIRST_LEVEL: u64 = 512 << 20;
/// Memory that collects rows of one column before they go to a file: ten thousand proofs, a few seconds of the fullest
/// blocks.
const WRITE_BUFFER: usize = 16 << 20;
/// The same over all columns: what opening may have to replay from the log, and what a crash may cost in memory.
const ALL_WRITE_BUFFERS: usize = 64 << 20;
/// Log bytes after which everything is flushed: bounds the time to open.
const MAX_LOG: u64 = 64 << 20;
/// Share of a write buffer for a filter of its own: a miss then does not search the buffer. Ids are random, so the
/// search would be a walk through cold memory.
const BUFFER_FILTER: f64 = 0.02;
/// Cache of data blocks, shared by all columns. Filters and indices are held outside, by the open files.
const BLOCK_CACHE: usize = 64 << 20;
/// Room taken at once for RocksDB's list of files, which every opening writes anew: a few kilobytes here, 4 MiB by
/// default, and where memory serves as a disk that is cleared and given back each time.
const MANIFEST_BYTES: usize = 64 << 10;
/// RocksDB's own diary: a few small files.
const DIARY_FILES: usize = 4;
const DIARY_BYTES: usize = 1 << 20;
/// Bytes of an address, the prefix of the two indices by address.
pub(crate) const ADDRESS_BYTES: usize = 20;
/// Bytes of a device id, the prefix of the index of device events.
pub(crate) const ID_BYTES: usize = 32;

/// A column family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Schema, identity, head, finalized block. RocksDB's default column family.
    Meta,
    /// Number → hash, parent, time, digest, totals.
    Blocks,
    /// Number → list of what the block brought.
    Bodies,
    /// Work id → accepted proof.
    Spent,
    /// Teleport id → arrival.
    Deliveries,
    /// Teleport id → claim.
    Claims,
    /// Miner ‖ block ‖ log index → work id.
    ByMiner,
    /// Recipient ‖ block ‖ log index → kind and id of what it was paid for.
    ByRecipient,
    /// Device id → device.
    Devices,
    /// Device id ‖ block ‖ log index → event.
    DeviceEvents,
    /// Number → what the block replaced.
    Undo,
}

impl Column {
    /// All, in the order of their ids.
    pub const ALL: [Self; 11] = [
        Self::Meta,
        Self::Blocks,
        Self::Bodies,
        Self::Spent,
        Self::Deliveries,
        Self::Claims,
        Self::ByMiner,
        Self::ByRecipient,
        Self::Devices,
        Self::DeviceEvents,
        Self::Undo,
    ];

    /// Name in RocksDB.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => rocksdb::DEFAULT_COLUMN_FAMILY_NAME,
            Self::Blocks => "blocks",
            Self::Bodies => "bodies",
            Self::Spent => "spent",
            Self::Deliveries => "deliveries",
            Self::Claims => "claims",
            Self::ByMiner => "by_miner",
            Self::ByRecipient => "by_recipient",
            Self::Devices => "devices",
            Self::DeviceEvents => "device_events",
            Self::Undo => "undo",
        }
    }

    /// Number in undo rows.
    pub(crate) const fn id(self) -> u8 {
        match self {
            Self::Meta => 0,
            Self::Blocks => 1,
            Self::Bodies => 2,
            Self::Spent => 3,
            Self::Deliveries => 4,
            Self::Claims => 5,
            Self::ByMiner => 6,
            Self::ByRecipient => 7,
            Self::Devices => 8,
            Self::DeviceEvents => 9,
            Self::Undo => 10,
        }
    }

    pub(crate) fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.id() == id)
    }

    /// Length of the prefix that is asked for as a whole, where there is one.
    pub(crate) const fn prefix(self) -> Option<usize> {
        match self {
            Self::ByMiner | Self::ByRecipient => Some(ADDRESS_BYTES),
            Self::DeviceEvents => Some(ID_BYTES),
            _ => None,
        }
    }

    /// Keys are numbers of blocks, which stay.
    const fn is_appended(self) -> bool {
        matches!(self, Self::Blocks | Self::Bodies)
    }

    /// Keys are asked for that are often absent.
    const fn is_looked_up(self) -> bool {
        matches!(self, Self::Spent | Self::Deliveries | Self::Claims | Self::Devices)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Meta { "meta" } else { self.name() })
    }
}

/// Settings of the whole database. Never creates one unless told.
pub(crate) fn database_options(create: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    options.set_error_if_exists(create);
    // Every row has a checksum; a wrong one is an error at once, not a missing row.
    options.set_paranoid_checks(true);
    // Columns reach their files together, so that a lost log leaves the state after an earlier block, never a mixture.
    options.set_atomic_flush(true);
    // A torn or damaged log ends the replay there: what stands before is a prefix of the blocks, and healing adds the
    // rest. Refusing to open instead would turn every power cut into a manual repair.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options.set_db_write_buffer_size(ALL_WRITE_BUFFERS);
    options.set_max_total_wal_size(MAX_LOG);
    options.set_manifest_preallocation_size(MANIFEST_BYTES);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(DIARY_FILES);
    options.set_max_log_file_size(DIARY_BYTES);
    options.set_log_level(LogLevel::Warn);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

/// Every column with its settings.
pub(crate) fn descriptors() -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(BLOCK_CACHE);
    Column::ALL
        .into_iter()
        .map(|column| ColumnFamilyDescriptor::new(column.name(), column_options(column, &cache)))
        .collect()
}

fn column_options(column: Column, cache: &Cache) -> Options {
    let mut options = Options::default();
    // Ids, addresses and digests are random bytes: compressing them costs time and saves nothing.
    options.set_compression_type(DBCompressionType::None);
    options.set_write_buffer_size(WRITE_BUFFER);
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    if column.is_looked_up() {
        table.set_bloom_filter(FILTER_BITS, false);
        options.set_max_bytes_for_level_base(FIRST_LEVEL);
        options.set_memtable_prefix_bloom_ratio(BUFFER_FILTER);
        options.set_memtable_whole_key_filtering(true);
    }
    if column.is_appended() {
        // A flush makes a small file here, and no two overlap: level by level they would be moved and never merged, ten thousand
        // files of 16 KiB in the end, all of them open.
        options.set_compaction_style(DBCompactionStyle::Universal);
    }
    if let Some(length) = column.prefix() {
        options.set_prefix_extractor(SliceTransform::create_fixed_prefix(length));
        table.set_bloom_filter(FILTER_BITS, false);
        table.set_whole_key_filtering(false);
        options.set_memtable_prefix_bloom_ratio(BUFFER_FILTER);
    }
    options.set_block_based_table_factory(&table);
    options
}
