//! The ledger beside raw RocksDB (one column family, the same bytes) and beside redb, all on disk in one run.
//!
//! `cargo bench -p pars-ledger` runs the three in turn, round after round, so that a change of the machine touches all
//! alike, and prints medians; of commits the fastest round as well, which other work on the machine touches least.
//! `-- commits`, `-- turns`, `-- ROWS,ROWS…` runs one part alone; ROWS are the sizes for look-ups.

#![allow(missing_docs, clippy::unwrap_used)]

use pars_ledger::{
    Applied, Column, CommittedBlock, Ledger, Lookup, Notification, Segment,
    delta::Delta,
    testing::{Action, CAST, Chain, Folder, Random, Rows, Tip, identity, work_id},
};
use redb::{ReadableDatabase, TableDefinition};
use std::{
    collections::BTreeMap,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

const ROUNDS: usize = 15;
/// Of commits: a disk shared with others needs more.
const COMMITS: u64 = 41;
const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");
/// Works in a block while the ledger is filled.
const FILL: u64 = 1_000;
/// Rows at which look-ups are measured: about 12 GB on disk.
const SIZES: [u64; 3] = [100_000, 1_000_000, 10_000_000];
/// Look-ups of one sample.
const LOOKUPS: u64 = 2_000;

type Changed = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// The fastest and the median.
fn best_and_median(mut samples: Vec<f64>) -> [f64; 2] {
    let median = median(&mut samples);
    [samples[0], median]
}

fn micros(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

fn works(first: u64, count: u64) -> Vec<Action> {
    (first..first + count)
        .map(|work| Action::Work { work, device: work % CAST, recipient: work % CAST })
        .collect()
}

/// What a block changes of the ledger, with the column in front of the key.
fn changed(before: &Rows, after: &Rows) -> Changed {
    let flat = |(column, key): &(Column, Vec<u8>)| [&[*column as u8], &key[..]].concat();
    let mut rows = Changed::new();
    for (key, value) in after.iter().filter(|(key, value)| before.get(*key) != Some(value)) {
        rows.insert(flat(key), Some(value.clone()));
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        rows.insert(flat(key), None);
    }
    rows
}

struct Rivals {
    raw: rocksdb::DB,
    redb: redb::Database,
}

impl Rivals {
    fn new(folder: &Folder) -> Self {
        let mut options = rocksdb::Options::default();
        options.create_if_missing(true);
        options.set_compression_type(rocksdb::DBCompressionType::None);
        let mut table = rocksdb::BlockBasedOptions::default();
        table.set_bloom_filter(10.0, false);
        options.set_block_based_table_factory(&table);
        let raw = rocksdb::DB::open(&options, folder.path().join("raw")).unwrap();
        let redb = redb::Database::create(folder.path().join("redb")).unwrap();
        let transaction = redb.begin_write().unwrap();
        transaction.open_table(TABLE).unwrap();
        transaction.commit().unwrap();
        Self { raw, redb }
    }

    fn raw(&self, rows: &Changed, sync: bool) {
        let mut batch = rocksdb::WriteBatch::default();
        for (key, value) in rows {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        let mut options = rocksdb::WriteOptions::default();
        options.set_sync(sync);
        self.raw.write_opt(batch, &options).unwrap();
    }

    fn redb(&self, rows: &Changed) {
        let transaction = self.redb.begin_write().unwrap();
        {
            let mut table = transaction.open_table(TABLE).unwrap();
            for (key, value) in rows {
                match value {
                    Some(value) => drop(table.insert(&key[..], &value[..]).unwrap()),
                    None => drop(table.remove(&key[..]).unwrap()),
                }
            }
        }
        transaction.commit().unwrap();
    }
}

/// One synced commit of a block, three ways. The ledger is told receipts and state changes; the others get its rows.
fn commits() {
    println!("commit, µs: fastest / median of {COMMITS}; the delta is part of the ledger's");
    println!(
        "{:<12} {:>8} {:>15} {:>13} {:>15} {:>15} {:>13} {:>13}",
        "", "bytes", "ledger", "its delta", "raw", "redb", "of raw", "less delta"
    );
    for count in [1, 100, 1_000] {
        let (folder, identity) = (Folder::on_disk(), identity(0));
        let ledger = Ledger::open(folder.ledger(), identity.clone()).unwrap();
        let mut chain = Chain::new(&identity);
        chain.extend(0, &works(0, 1_000));
        ledger.heal(&chain, |_, _| {}).unwrap();
        let rivals = Rivals::new(&folder);
        let mut samples = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        let mut bytes = 0;
        for round in 0..COMMITS {
            let before = ledger.dump().unwrap();
            let block = chain.extend(round, &works((round + 1) * 10_000, count));
            samples[0].push(micros(|| assert_eq!(ledger.apply(&block).unwrap(), Applied::New)));
            // Part of the above: receipts to rows, each checked against its slots.
            samples[1].push(micros(|| drop(black_box(Delta::of(&block, &identity).unwrap()))));
            let rows = changed(&before, &ledger.dump().unwrap());
            bytes = rows.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum();
            samples[2].push(micros(|| rivals.raw(&rows, true)));
            samples[3].push(micros(|| rivals.redb(&rows)));
        }
        let [ours, delta, raw, redb] = samples.map(best_and_median);
        let pair = |[best, median]: [f64; 2]| format!("{best:.0} / {median:.0}");
        let ratio = |ours: [f64; 2]| format!("{:.2} / {:.2}", ours[0] / raw[0], ours[1] / raw[1]);
        println!(
            "{:<12} {bytes:>8} {:>15} {:>13} {:>15} {:>15} {:>13} {:>13}",
            format!("{count} proofs"),
            pair(ours),
            pair(delta),
            pair(raw),
            pair(redb),
            ratio(ours),
            ratio([ours[0] - delta[0], ours[1] - delta[1]]),
        );
    }
}

/// Fills the three in turn: what one holds is then as long ago as what another does, for every cache of the machine.
/// Blocks are not kept: each stands on the one before it. The time is the ledger's.
fn fill(ledger: &Ledger, rivals: &Rivals, tip: &mut Tip, from: u64, to: u64) -> Duration {
    let mut elapsed = Duration::ZERO;
    for first in (from..to).step_by(FILL as usize) {
        let last = to.min(first + FILL);
        *tip = tip.child(0, &works(first, last - first));
        let start = Instant::now();
        ledger.apply_unsynced(&tip.block).unwrap();
        ledger.finalize(tip.id().number).unwrap();
        elapsed += start.elapsed();
        // Look-ups need the keys and values as long as the ledger's, no more.
        let rows = (first..last).map(|work| (work_id(work).to_vec(), Some(vec![work as u8; 299]))).collect();
        rivals.raw(&rows, false);
        rivals.redb(&rows);
    }
    elapsed
}

fn lookups(sizes: &[u64]) {
    let (folder, identity) = (Folder::on_disk(), identity(0));
    let ledger = Ledger::open(folder.ledger(), identity.clone()).unwrap();
    let mut tip = Tip::genesis(&identity);
    ledger.apply(&tip.block).unwrap();
    let rivals = Rivals::new(&folder);
    let (mut there, mut random) = (0, Random::new(7));
    println!("{:<28} {:>10} {:>10} {:>10} {:>14}", "look-up, µs", "ledger", "raw", "redb", "fill µs/row");
    for &rows in sizes {
        let fill = fill(&ledger, &rivals, &mut tip, there, rows).as_secs_f64() * 1e6 / (rows - there) as f64;
        there = rows;
        // At rest: merging goes on for a while behind a fill.
        ledger.flush().unwrap();
        rivals.raw.flush().unwrap();
        rivals.raw.wait_for_compact(&rocksdb::WaitForCompactOptions::default()).unwrap();
        for hit in [true, false] {
            let mut samples = [Vec::new(), Vec::new(), Vec::new()];
            for _ in 0..ROUNDS {
                let first = if hit { 0 } else { 1 << 40 };
                let ids: Vec<_> = (0..LOOKUPS).map(|_| work_id(first + random.below(rows))).collect();
                let each = |total: f64| total / LOOKUPS as f64;
                samples[0].push(each(micros(|| {
                    for id in &ids {
                        let found = ledger.lookup(*id, tip.id());
                        assert_eq!(matches!(found, Lookup::Spent(_)), hit);
                        black_box(&found);
                    }
                })));
                samples[1].push(each(micros(|| {
                    for id in &ids {
                        assert_eq!(rivals.raw.get_pinned(id).unwrap().is_some(), hit);
                    }
                })));
                samples[2].push(each(micros(|| {
                    let table = rivals.redb.begin_read().unwrap().open_table(TABLE).unwrap();
                    for id in &ids {
                        assert_eq!(redb::ReadableTable::get(&table, id.as_slice()).unwrap().is_some(), hit);
                    }
                })));
            }
            let [ours, raw, redb] = samples.map(|mut samples| median(&mut samples));
            let name = format!("{} at {rows} rows", if hit { "hit" } else { "miss" });
            let fill = if hit { format!("{fill:.1}") } else { String::new() };
            println!("{name:<28} {ours:>10.2} {raw:>10.2} {redb:>10.2} {fill:>14}");
        }
    }
}

/// 64 blocks of 100 proofs each leave, 64 others come; opening; catching up.
fn turns() {
    let (folder, identity) = (Folder::on_disk(), identity(0));
    let ledger = Ledger::open(folder.ledger(), identity.clone()).unwrap();
    let mut chain = Chain::new(&identity);
    ledger.heal(&chain, |_, _| {}).unwrap();
    let branch = |chain: &mut Chain, salt: u64| {
        chain.truncate(0);
        let blocks: Vec<Arc<CommittedBlock>> =
            (0..64).map(|height| chain.extend(salt, &works(height * 100, 100))).collect();
        Segment::new(blocks).unwrap()
    };
    let (one, two) = (branch(&mut chain, 1), branch(&mut chain, 2));
    ledger.notify(&Notification::Committed { new: one.clone() }).unwrap();
    let mut turn = Notification::Reorged { old: one, new: two };
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        samples.push(micros(|| ledger.notify(&turn).unwrap()) / 1e3);
        turn = turn.into_inverted();
    }
    println!("reorganisation of 64 blocks of 100 proofs: {:.1} ms", median(&mut samples));
    let stands = branch(&mut chain, if ROUNDS % 2 == 1 { 2 } else { 1 });
    assert_eq!(ledger.head(), Some(stands.tip()));
    drop(ledger);
    let (mut opens, mut heals) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut ledger = None;
        opens.push(micros(|| ledger = Some(Ledger::open(folder.ledger(), identity.clone()).unwrap())) / 1e3);
        let ledger = ledger.unwrap();
        ledger.revert_to(chain.tips[0].id().hash).unwrap();
        heals.push(micros(|| assert_eq!(ledger.heal(&chain, |_, _| {}).unwrap().replayed, 64)) / 1e3);
    }
    println!(
        "open: {:.1} ms; heal 64 blocks of 100 proofs: {:.1} ms",
        median(&mut opens),
        median(&mut heals)
    );
}

fn main() {
    // `cargo test --benches` builds this and passes `--test`: nothing to measure then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let part = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    match part.as_deref() {
        None => {
            commits();
            turns();
            lookups(&SIZES);
        }
        Some("commits") => commits(),
        Some("turns") => turns(),
        Some(sizes) => {
            let sizes: Vec<u64> =
                sizes.split(',').map(|size| size.parse().expect("a number of rows")).collect();
            lookups(&sizes);
        }
    }
}
