//! Damaged files: a clear error, or an earlier block and healing. Never a wrong answer.

use super::{busy, follow};
use crate::{
    Error, Identity, Ledger, Lookup,
    schema::Column,
    testing::{Chain, Folder, Random, work_id},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const HEIGHT: u64 = 40;

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn files(path: &Path, part: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().contains(part))
        .filter(|path| path.metadata().unwrap().len() > 0)
        .collect();
    found.sort();
    found
}

/// A closed ledger; its rows in tables, or still in the log.
fn closed(in_tables: bool) -> (Folder, Identity, Chain) {
    let (identity, chain) = busy(HEIGHT);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    if in_tables {
        ledger.flush().unwrap();
    }
    drop(ledger);
    (folder, identity, chain)
}

/// Whatever this ledger says of the works of the chain is true at its head, or it says nothing.
fn never_lies(ledger: &Ledger, chain: &Chain) -> u64 {
    let Some(head) = ledger.head() else { return 0 };
    assert_eq!(Some(head), chain.tips.get(head.number as usize).map(|tip| tip.id()), "a head of no chain");
    let mut unknown = 0;
    for work in 2..2 * HEIGHT + 4 {
        let spent = (2..2 * head.number + 2).contains(&work);
        match ledger.lookup(work_id(work), head) {
            Lookup::Spent(row) => assert!(spent && row.place.block == work / 2, "work {work}"),
            Lookup::Unspent => assert!(!spent, "work {work} was spent"),
            Lookup::Unknown(_) => unknown += 1,
        }
    }
    unknown
}

/// Opens a damaged copy; counts what came of it.
fn judge(path: &Path, identity: &Identity, chain: &Chain, outcomes: &mut BTreeMap<&'static str, u64>) {
    let outcome = match Ledger::open(path, identity.clone()) {
        Err(Error::Corrupt(_)) => "corrupt",
        Err(Error::NotALedger { .. }) => "not opened",
        Err(Error::Inconsistent(_)) => "inconsistent",
        Err(Error::Database(_)) => "database",
        Err(error) => panic!("{error}"),
        Ok(ledger) => {
            let unknown = never_lies(&ledger, chain);
            // If it heals, it is right in every row.
            match ledger.heal(chain, |_, _| {}) {
                Ok(_) if unknown == 0 => {
                    never_lies(&ledger, chain);
                    "healed"
                }
                Ok(_) => "unknown",
                Err(_) => "not healed",
            }
        }
    };
    *outcomes.entry(outcome).or_default() += 1;
}

fn flips(suffix: &str, in_tables: bool, count: u64, seed: u64) -> BTreeMap<&'static str, u64> {
    let (folder, identity, chain) = closed(in_tables);
    let damaged = folder.path().join("damaged");
    let mut random = Random::seeded("flips", seed);
    let mut outcomes = BTreeMap::new();
    let damageable = files(&folder.ledger(), suffix);
    assert!(!damageable.is_empty());
    for _ in 0..count {
        copy(&folder.ledger(), &damaged);
        let file = &damageable[random.below(damageable.len() as u64) as usize];
        let mut bytes = fs::read(file).unwrap();
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
        fs::write(damaged.join(file.file_name().unwrap()), bytes).unwrap();
        judge(&damaged, &identity, &chain, &mut outcomes);
    }
    println!("{suffix}: {outcomes:?}");
    outcomes
}

#[test]
fn e7_a_flipped_bit_in_a_table_is_an_error_or_nothing() {
    let outcomes = flips(".sst", true, 300, 0xf11b);
    // Most of a table is rows: most flips must be noticed.
    let noticed: u64 = outcomes.iter().filter(|(what, _)| **what != "healed").map(|(_, count)| count).sum();
    assert!(noticed > 100, "{outcomes:?}");
}

#[test]
fn e7_a_flipped_bit_in_the_log_costs_blocks_and_healing_brings_them_back() {
    let outcomes = flips(".log", false, 200, 0xf11c);
    assert!(outcomes.get("healed").copied().unwrap_or_default() > 100, "{outcomes:?}");
}

#[test]
fn e7_a_flipped_bit_in_the_manifest_is_an_error_or_costs_nothing_wrong() {
    let outcomes = flips("MANIFEST", true, 60, 0xf11d);
    assert!(outcomes.keys().any(|what| *what != "healed"), "{outcomes:?}");
}

#[test]
fn e6_a_log_cut_anywhere_leaves_a_prefix_that_heals() {
    let (folder, identity, chain) = closed(false);
    let whole = Ledger::open(folder.ledger(), identity.clone()).unwrap().dump().unwrap();
    // Opening moved the log into tables: take one that was never opened again.
    let (folder, _, _) = closed(false);
    let damaged = folder.path().join("damaged");
    let logs = files(&folder.ledger(), ".log");
    assert_eq!(logs.len(), 1);
    let length = fs::metadata(&logs[0]).unwrap().len();
    let mut random = Random::seeded("cuts", 0xc07);
    let mut heads = std::collections::BTreeSet::new();
    for cut in (0..60).map(|_| random.below(length)).chain([0, 1, length - 1]) {
        copy(&folder.ledger(), &damaged);
        let file = fs::File::options().write(true).open(damaged.join(logs[0].file_name().unwrap())).unwrap();
        file.set_len(cut).unwrap();
        drop(file);
        let ledger = Ledger::open(&damaged, identity.clone()).unwrap();
        never_lies(&ledger, &chain);
        heads.insert(ledger.head().map(|head| head.number));
        // Exactly what a ledger holds that never went further.
        if let Some(head) = ledger.head() {
            let mut short = chain.clone();
            short.truncate(head.number);
            let other = Folder::new();
            assert_eq!(ledger.dump().unwrap(), follow(&other, &identity, &short).dump().unwrap());
        }
        ledger.heal(&chain, |_, _| {}).unwrap();
        assert_eq!(ledger.dump().unwrap(), whole);
    }
    assert!(heads.len() > 10, "{heads:?}");
}

#[test]
fn e7_missing_files_are_a_clear_error_and_nothing_is_overwritten() {
    for suffix in ["CURRENT", "MANIFEST-", ".sst", "IDENTITY", "OPTIONS-", "LOCK"] {
        let (folder, identity, chain) = closed(true);
        let path = folder.ledger();
        let gone = fs::read_dir(&path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                name.contains(suffix)
            })
            .unwrap();
        fs::remove_file(&gone).unwrap();
        let tables = files(&path, ".sst");
        match Ledger::open(&path, identity.clone()) {
            // What RocksDB makes again by itself.
            Ok(ledger) if ["IDENTITY", "OPTIONS-", "LOCK"].contains(&suffix) => {
                assert_eq!(never_lies(&ledger, &chain), 0);
            }
            Err(Error::NotALedger { .. } | Error::Corrupt(_) | Error::Database(_))
                if ["CURRENT", "MANIFEST-", ".sst"].contains(&suffix) =>
            {
                assert_eq!(files(&path, ".sst"), tables, "{suffix}");
                // The way out that the message names.
                Ledger::set_aside(&path).unwrap();
                assert_eq!(never_lies(&follow(&folder, &identity, &chain), &chain), 0);
            }
            other => panic!("{suffix}: {:?}", other.map(|_| ())),
        }
    }
}

#[test]
fn e7_a_table_of_another_ledger_is_not_taken_for_its_own() {
    let (folder, identity, chain) = closed(true);
    let (other, ..) = {
        let (identity, chain) = busy(HEIGHT / 2);
        let folder = Folder::new();
        let ledger = follow(&folder, &identity, &chain);
        ledger.flush().unwrap();
        drop(ledger);
        (folder, identity, chain)
    };
    let (ours, theirs) = (files(&folder.ledger(), ".sst"), files(&other.ledger(), ".sst"));
    let mut outcomes = BTreeMap::new();
    for (to, from) in ours.iter().zip(&theirs) {
        fs::copy(from, to).unwrap();
    }
    judge(&folder.ledger(), &identity, &chain, &mut outcomes);
    assert!(!outcomes.contains_key("healed"), "{outcomes:?}");
}

#[test]
fn the_default_column_is_the_meta_column() {
    let (folder, ..) = closed(true);
    let columns = rocksdb::DB::list_cf(&rocksdb::Options::default(), folder.ledger()).unwrap();
    assert_eq!(columns.len(), Column::ALL.len());
    assert!(Column::ALL.iter().all(|column| columns.iter().any(|name| name == column.name())));
}
