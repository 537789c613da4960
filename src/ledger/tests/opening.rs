//! Opening: only its own ledger, only what it understands, one process at a time; and healing afterwards.

use super::{WORK, busy, follow};
use crate::{
    Column, Error, Healed, Ledger, SCHEMA,
    ledger::meta,
    migrate::Migration,
    open::Known,
    query::Sync,
    rows::Field,
    testing::{Folder, identity},
};
use alloy_primitives::B256;
use std::{collections::BTreeMap, fs, path::Path};

/// Name → length and content hash of every file that holds rows: a refusal may leave RocksDB's diary, nothing else.
fn files(path: &Path) -> BTreeMap<String, (u64, B256)> {
    fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let bytes = fs::read(&path).unwrap_or_default();
            (name, (bytes.len() as u64, pars_protocol::ids::blake3(&bytes)))
        })
        .filter(|(name, _)| !name.starts_with("LOG"))
        .collect()
}

fn refused(path: &Path, identity: crate::Identity) -> Error {
    let before = files(path);
    let Err(error) = Ledger::open(path, identity) else { panic!("it was opened") };
    assert_eq!(files(path), before, "a refusal changed files: {error}");
    error
}

#[test]
fn e5_the_ledger_of_another_chain_is_refused() {
    let (identity, chain) = busy(3);
    let folder = Folder::new();
    drop(follow(&folder, &identity, &chain));
    let mut other = identity.clone();
    other.chain_id = 7070;
    let error = refused(&folder.ledger(), other);
    assert!(matches!(error, Error::WrongChain { ledger: 6133, chain: 7070 }), "{error}");
    assert_eq!(error.to_string(), "the ledger is of chain 6133, the node runs chain 7070");
    let mut other = identity.clone();
    other.genesis_hash = B256::repeat_byte(1);
    assert!(matches!(refused(&folder.ledger(), other), Error::WrongGenesis { .. }));
    // Its own chain still finds everything.
    let ledger = Ledger::open(folder.ledger(), identity).unwrap();
    assert_eq!(ledger.heal(&chain, |_, _| {}).unwrap(), Healed::default());
}

#[test]
fn e5_a_newer_schema_is_refused() {
    let (identity, chain) = busy(1);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    ledger.lie(Column::Meta, meta::SCHEMA, Some(&(SCHEMA + 1).encode())).unwrap();
    drop(ledger);
    let error = refused(&folder.ledger(), identity.clone());
    assert!(matches!(error, Error::NewerSchema { found: 2, known: 1 }), "{error}");
    assert!(error.to_string().contains("use a later release"), "{error}");
    // Nor one that is older than any known.
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    ledger.lie(Column::Meta, meta::SCHEMA, Some(&0u32.encode())).unwrap();
    drop(ledger);
    assert!(matches!(refused(&folder.ledger(), identity), Error::NoMigration(0)));
}

#[test]
fn e5_what_is_no_ledger_is_left_alone() {
    let (identity, _) = busy(1);
    let folder = Folder::new();
    // Somebody's files.
    fs::create_dir(folder.ledger()).unwrap();
    fs::write(folder.ledger().join("000007.sst"), "precious").unwrap();
    assert!(matches!(refused(&folder.ledger(), identity.clone()), Error::NotALedger { .. }));
    // A file.
    let folder = Folder::new();
    fs::write(folder.ledger(), "precious").unwrap();
    assert!(matches!(Ledger::open(folder.ledger(), identity.clone()), Err(Error::NotALedger { .. })));
    assert_eq!(fs::read(folder.ledger()).unwrap(), b"precious");
    // Another program's RocksDB database.
    let folder = Folder::new();
    let db = rocksdb::DB::open_default(folder.ledger()).unwrap();
    db.put("key", "value").unwrap();
    drop(db);
    let error = refused(&folder.ledger(), identity.clone());
    assert!(error.to_string().contains("`schema` is not a ledger's"), "{error}");
    // An empty folder is free to take.
    let folder = Folder::new();
    fs::create_dir(folder.ledger()).unwrap();
    Ledger::open(folder.ledger(), identity).unwrap();
}

#[test]
fn e5_one_at_a_time() {
    let (identity, chain) = busy(1);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let error = Ledger::open(folder.ledger(), identity.clone()).err().unwrap();
    assert!(matches!(error, Error::Locked(_)), "{error}");
    assert!(matches!(Ledger::set_aside(folder.ledger()), Err(Error::Locked(_))));
    drop(ledger);
    Ledger::open(folder.ledger(), identity.clone()).unwrap();
    let aside = Ledger::set_aside(folder.ledger()).unwrap();
    assert!(aside.join("CURRENT").exists() && !folder.ledger().exists());
    // Aside is a whole ledger, and a second one takes its place.
    drop(Ledger::open(&aside, identity.clone()).unwrap());
    drop(Ledger::open(folder.ledger(), identity).unwrap());
    Ledger::set_aside(folder.ledger()).unwrap();
}

#[test]
fn e5_an_interrupted_creation_is_made_again() {
    let (identity, chain) = busy(2);
    let folder = Folder::new();
    let new = folder.path().join("ledger.creating");
    drop(follow(&folder, &identity, &chain));
    fs::rename(folder.ledger(), &new).unwrap();
    let ledger = follow(&folder, &identity, &chain);
    assert!(!new.exists());
    assert_eq!(ledger.head(), Some(chain.tip().id()));
}

#[test]
fn e7_ahead_is_unwound_behind_is_replayed_a_fork_is_left_at_the_ancestor() {
    let (identity, chain) = busy(10);
    let mut forked = chain.clone();
    forked.truncate(6);
    for salt in 1..6 {
        forked.extend(salt, &[WORK(100 + salt)]);
    }
    let mut lower = chain.clone();
    lower.truncate(7);
    let mut same_height = chain.clone();
    same_height.truncate(9);
    same_height.extend(3, &[WORK(300)]);
    for (name, authority, unwound, replayed, sync) in [
        ("in sync", &chain, 0, 0, Sync::InSync),
        ("ahead", &lower, 3, 0, Sync::Ahead(3)),
        ("fork", &forked, 4, 5, Sync::Behind(1)),
        ("same height", &same_height, 1, 1, Sync::Forked),
    ] {
        let folder = Folder::new();
        let ledger = follow(&folder, &identity, &chain);
        assert_eq!(ledger.sync_status(authority.tip().id()).unwrap().sync, sync, "{name}");
        drop(ledger);
        let ledger = Ledger::open(folder.ledger(), identity.clone()).unwrap();
        assert_eq!(ledger.heal(authority, |_, _| {}).unwrap(), Healed { unwound, replayed }, "{name}");
        let other = Folder::new();
        assert_eq!(ledger.dump().unwrap(), follow(&other, &identity, authority).dump().unwrap(), "{name}");
        assert_eq!(ledger.sync_status(authority.tip().id()).unwrap().sync, Sync::InSync, "{name}");
    }
    // Behind, by everything and by a part.
    let folder = Folder::new();
    let ledger = Ledger::open(folder.ledger(), identity.clone()).unwrap();
    assert_eq!(ledger.sync_status(chain.tip().id()).unwrap().sync, Sync::Behind(11));
    ledger.heal(&lower, |_, _| {}).unwrap();
    let mut heights = Vec::new();
    let healed = ledger.heal(&chain, |height, target| heights.push((height, target))).unwrap();
    assert_eq!(healed, Healed { unwound: 0, replayed: 3 });
    assert_eq!(heights, [(8, 10), (9, 10), (10, 10)]);
}

#[test]
fn e7_a_fork_below_finality_is_refused() {
    let (identity, mut chain) = busy(10);
    chain.finalized = 6;
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let rows = ledger.dump().unwrap();
    let mut forked = chain.clone();
    forked.finalized = 5;
    forked.truncate(5);
    (1..9).for_each(|salt| drop(forked.extend(salt, &[])));
    let mut short = chain.clone();
    short.truncate(5);
    for authority in [&forked, &short] {
        let error = ledger.heal(authority, |_, _| {}).unwrap_err();
        assert!(matches!(error, Error::PastFinality { height: 6, .. }), "{error}");
        assert_eq!(ledger.dump().unwrap(), rows);
    }
    // The node decides; built again it follows.
    ledger.rebuild(&forked, |_, _| {}).unwrap();
    assert_eq!(ledger.head(), Some(forked.tip().id()));
}

/// Column, key, value.
type Lie<'a> = (Column, &'a [u8], Option<&'a [u8]>);

#[test]
fn e7_rows_that_do_not_fit_each_other_are_found_when_opening() {
    let (identity, mut chain) = busy(8);
    chain.finalized = 3;
    let zero = crate::BlockId { number: 8, hash: B256::repeat_byte(9) }.encode();
    let lies: [Lie<'_>; 6] = [
        (Column::Meta, meta::HEAD, Some(&zero)),
        (Column::Meta, meta::HEAD, None),
        (Column::Meta, meta::FINALIZED, None),
        (Column::Blocks, &6u64.to_be_bytes(), None),
        (Column::Blocks, &8u64.to_be_bytes(), Some(b"short")),
        (Column::Undo, &5u64.to_be_bytes(), None),
    ];
    for (column, key, value) in lies {
        let folder = Folder::new();
        let ledger = follow(&folder, &identity, &chain);
        ledger.lie(column, key, value).unwrap();
        drop(ledger);
        let error = Ledger::open(folder.ledger(), identity.clone()).err().unwrap();
        assert!(matches!(error, Error::Inconsistent(_)), "{column}: {error}");
        Ledger::set_aside(folder.ledger()).unwrap();
        assert_eq!(follow(&folder, &identity, &chain).head(), Some(chain.tip().id()));
    }
}

#[test]
fn e7_catching_up_drops_what_finality_passed() {
    let identity = identity(0);
    let mut chain = crate::testing::Chain::new(&identity);
    (0..2_500).for_each(|n| drop(chain.extend(n, &[])));
    chain.finalized = 2_436;
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let undo = ledger.dump().unwrap().keys().filter(|(column, _)| *column == Column::Undo).count();
    assert_eq!((undo, ledger.finalized().unwrap().number), (64, 2_436));
}

/// A schema that never was: 1 lacked the totals' last field, so to say. Raises every block's time by one.
const TEST_MIGRATIONS: &[Migration] = &[
    Migration {
        from: 1,
        run: |store, batch| {
            for row in store.view().rows(Column::Blocks)? {
                let (key, value) = row?;
                let mut block: crate::rows::Block = crate::store::decode(Column::Blocks, &key, &value)?;
                block.timestamp += 1;
                batch.put(Column::Blocks, &key, &block.encode())?;
            }
            Ok(())
        },
    },
    Migration { from: 2, run: |_, batch| batch.put(Column::Meta, b"third", b"yes") },
];

#[test]
fn an_older_schema_is_migrated_step_by_step_and_once() {
    let (identity, chain) = busy(4);
    let folder = Folder::new();
    drop(follow(&folder, &identity, &chain));
    let open = |schema, migrations| {
        Ledger::open_as(&folder.ledger(), identity.clone(), &Known { schema, migrations }, None)
    };
    // A missing step: refused before anything is written.
    assert!(matches!(open(4, TEST_MIGRATIONS), Err(Error::NoMigration(1))));
    for _ in 0..2 {
        let ledger = open(3, TEST_MIGRATIONS).unwrap();
        assert_eq!(ledger.block_row(2).unwrap().timestamp, chain.tips[2].block.timestamp + 1);
        let rows = ledger.dump().unwrap();
        assert_eq!(rows[&(Column::Meta, meta::SCHEMA.to_vec())], 3u32.encode());
        assert_eq!(rows[&(Column::Meta, b"third".to_vec())], b"yes");
    }
    // And the release that knows only schema 1 refuses it from then on.
    assert!(matches!(refused(&folder.ledger(), identity.clone()), Error::NewerSchema { found: 3, known: 1 }));
}
