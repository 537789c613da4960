//! Export and import, the chain file, the audit.

use super::{WORK, busy, follow};
use crate::{
    Column, Error, Ledger, Lookup,
    audit::audit,
    interchange::{ChainFile, Imported, export, import},
    rows::Field,
    testing::{Folder, device, work_id},
};

fn exported(ledger: &Ledger) -> Vec<u8> {
    let mut out = Vec::new();
    export(ledger, &mut out, |_, _| {}).unwrap();
    out
}

#[test]
fn e8_export_and_import_round_trip_and_importing_twice_changes_nothing() {
    let (identity, mut chain) = busy(20);
    chain.finalized = 12;
    let (folder, other) = (Folder::new(), Folder::new());
    let ledger = follow(&folder, &identity, &chain);
    let lines = exported(&ledger);
    let copy = Ledger::open(other.ledger(), identity.clone()).unwrap();
    assert_eq!(import(&copy, &lines[..], |_, _| {}).unwrap(), Imported { new: 21, already: 0 });
    assert_eq!(copy.dump().unwrap(), ledger.dump().unwrap());
    assert_eq!(exported(&copy), lines);
    let sequence = copy.sequence();
    assert_eq!(import(&copy, &lines[..], |_, _| {}).unwrap(), Imported { new: 0, already: 21 });
    assert_eq!(copy.sequence(), sequence);
    // A part first, then all.
    let third = Folder::new();
    let mut short = chain.clone();
    short.truncate(13);
    let part = follow(&third, &identity, &short);
    assert_eq!(import(&part, &lines[..], |_, _| {}).unwrap(), Imported { new: 7, already: 14 });
    assert_eq!(part.dump().unwrap(), ledger.dump().unwrap());
}

#[test]
fn e8_a_changed_export_is_refused() {
    let (identity, chain) = busy(6);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let text = String::from_utf8(exported(&ledger)).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let try_import = |text: String| {
        let other = Folder::new();
        let copy = Ledger::open(other.ledger(), identity.clone()).unwrap();
        import(&copy, text.as_bytes(), |_, _| {})
    };
    assert!(try_import(text.clone()).is_ok());
    let without = |skip: usize| {
        lines.iter().enumerate().filter(|(n, _)| *n != skip).map(|(_, line)| format!("{line}\n")).collect()
    };
    assert!(matches!(try_import(without(0)), Err(Error::Interchange { line: 1, .. })));
    assert!(matches!(try_import(without(3)), Err(Error::NotContinuous { .. })));
    assert!(matches!(try_import(without(7)), Err(Error::Interchange { .. })));
    assert!(matches!(try_import(String::new()), Err(Error::Interchange { .. })));
    // A digit of a reward: the digest of the head line does not come out.
    let reward = text.find("\"reward\":\"0x").unwrap() + 12;
    let mut changed = text.clone().into_bytes();
    changed[reward] = if changed[reward] == b'1' { b'2' } else { b'1' };
    assert!(matches!(try_import(String::from_utf8(changed).unwrap()), Err(Error::Interchange { .. })));
    for (from, to) in [
        ("\"chainId\":6133", "\"chainId\":1"),
        ("\"version\":1", "\"version\":2"),
        ("\"block\":3", "\"block\":4"),
    ] {
        assert!(matches!(try_import(text.replacen(from, to, 1)), Err(Error::Interchange { .. })), "{from}");
    }
    // The same line twice is an id that is there already, or the same block again: never a second row.
    let doubled = format!("{}\n{}\n{}\n", lines[0], lines[1], lines[1]);
    assert!(matches!(try_import(doubled), Err(Error::Interchange { .. })));
}

#[test]
fn e8_a_chain_file_holds_all_that_a_ledger_needs() {
    let (identity, mut chain) = busy(9);
    chain.finalized = 4;
    let blocks = chain.tips.iter().map(|tip| tip.block.clone()).collect();
    let file = ChainFile::new(identity.clone(), 4, blocks).unwrap();
    let mut text = Vec::new();
    file.write(&mut text).unwrap();
    let read = ChainFile::read(&text[..]).unwrap();
    assert_eq!(read, file);
    let (folder, other) = (Folder::new(), Folder::new());
    let ledger = Ledger::open(folder.ledger(), read.identity.clone()).unwrap();
    ledger.heal(&read, |_, _| {}).unwrap();
    assert_eq!(ledger.dump().unwrap(), follow(&other, &identity, &chain).dump().unwrap());
    let cut = text.len() - 40;
    assert!(matches!(ChainFile::read(&text[..cut]), Err(Error::Interchange { line: 11, .. })));
}

#[test]
fn e9_a_ledger_full_of_lies_is_found_out_row_by_row_and_built_again() {
    let (identity, mut chain) = busy(12);
    chain.finalized = 6;
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let scratch = folder.path().join("scratch");
    let truth = ledger.dump().unwrap();
    let clean = audit(&ledger, &chain, &scratch, |_, _| {}).unwrap();
    assert!(clean.is_clean() && clean.rows == truth.len() as u64, "{clean:?}");
    // Each row in turn: taken away, changed, and one added beside it.
    let mut lies = 0;
    for (index, ((column, key), value)) in truth.iter().enumerate() {
        if *column == Column::Meta {
            continue;
        }
        let mut other = value.clone();
        other[index % value.len()] ^= 1;
        let mut beside = key.clone();
        beside.push(0);
        let (key, lie): (&[u8], Option<&[u8]>) = match index % 3 {
            0 => (key, None),
            1 => (key, Some(&other)),
            _ => (&beside, Some(value)),
        };
        ledger.lie(*column, key, lie).unwrap();
        lies += 1;
    }
    let report = audit(&ledger, &chain, &scratch, |_, _| {}).unwrap();
    assert_eq!(report.differences, lies);
    assert_eq!(report.named.len(), 100.min(lies as usize));
    // What it says of the first is what it is.
    let first = &report.named[0];
    assert_eq!(first.column, "blocks");
    ledger.rebuild(&chain, |_, _| {}).unwrap();
    assert_eq!(ledger.dump().unwrap(), truth);
    assert!(!scratch.exists());
}

#[test]
fn e9_deleted_stale_or_lying_the_ledger_never_passes_for_the_state() {
    let (identity, mut chain) = busy(5);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let head = chain.tip().id();
    // Stale: the chain is one block further, and the ledger says that it does not know.
    chain.extend(0, &[WORK(70)]);
    assert!(matches!(ledger.lookup(work_id(70), chain.tip().id()), Lookup::Unknown(_)));
    assert!(matches!(ledger.lookup(work_id(2), chain.tip().id()), Lookup::Unknown(_)));
    assert_eq!(ledger.lookup(work_id(70), head), Lookup::Unspent);
    // Lying in a way that shows: a row that is none.
    ledger.lie(Column::Spent, work_id(2).as_slice(), Some(b"lie")).unwrap();
    assert!(matches!(ledger.lookup(work_id(2), head), Lookup::Unknown(_)));
    let id = device(0);
    ledger.lie(Column::Devices, id.as_slice(), Some(&[0; 7])).unwrap();
    assert!(matches!(ledger.get_device(id, Default::default(), 1), Err(Error::Inconsistent(_))));
    drop(ledger);
    // Deleted: a new one comes of the chain alone.
    std::fs::remove_dir_all(folder.ledger()).unwrap();
    let ledger = follow(&folder, &identity, &chain);
    assert!(matches!(ledger.lookup(work_id(70), chain.tip().id()), Lookup::Spent(_)));
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let (identity, chain) = busy(3);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let miner = crate::testing::miner(1);
    for limit in [0, crate::query::MAX_PAGE + 1] {
        let by = crate::query::By::Miner;
        assert!(matches!(ledger.history(miner, by, Default::default(), limit), Err(Error::BadQuery(_))));
        assert!(matches!(ledger.get_device(device(1), Default::default(), limit), Err(Error::BadQuery(_))));
    }
    for (from, to) in [(2, 1), (0, 4), (9, 9)] {
        assert!(matches!(ledger.stats(from, to), Err(Error::BadQuery(_))));
    }
    let fresh = Folder::new();
    let empty = Ledger::open(fresh.ledger(), identity).unwrap();
    assert!(matches!(empty.get_work(work_id(1)), Err(Error::Unavailable(_))));
    assert_eq!(u64::decode(&[0; 7]), None);
}
