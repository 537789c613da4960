//! The bytes of each row, frozen with schema 1.

use super::{busy, follow};
use crate::{
    Column, DIGEST_TAG, Ledger, SCHEMA,
    change::Replaced,
    rows::{self, DeviceEvent, Field, TierId},
    testing::Folder,
};
use alloy_primitives::{B256, hex};
use pars_protocol::Tier;

#[test]
fn each_row_has_one_length_and_decodes_exactly() {
    let (identity, chain) = busy(6);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    for ((column, key), value) in ledger.dump().unwrap() {
        let exact =
            |length: usize, keys: usize| assert_eq!((value.len(), key.len()), (length, keys), "{column}");
        match column {
            Column::Meta => assert!([4, 32, 40].contains(&value.len())),
            Column::Blocks => exact(104 + 2 * 88 + 2 * 8 + 3 * 32, 8),
            Column::Bodies => assert_eq!((value.len() - 4) % 37, 0),
            Column::Spent => exact(48 + 40 + 5 * 32 - 32 + 3 + 8 + 64 + 8, 32),
            Column::Deliveries => exact(128 - 24, 32),
            Column::Claims => exact(100, 32),
            Column::ByMiner => exact(32, 32),
            Column::ByRecipient => exact(33, 32),
            Column::Devices => assert!(key.len() == 32 && value.len() >= 2 + 1 + 8 + 16 + 64 + 16),
            Column::DeviceEvents => assert_eq!(key.len(), 44),
            Column::Undo => assert!(!value.is_empty()),
        }
        // One byte more or less is no row.
        let (short, mut long) = (&value[..value.len() - 1], value.clone());
        long.push(0);
        let decodes = |bytes: &[u8]| match column {
            Column::Meta => true,
            Column::Blocks => rows::Block::decode(bytes).is_some(),
            Column::Bodies => Vec::<rows::Item>::decode(bytes).is_some(),
            Column::Spent => rows::Work::decode(bytes).is_some(),
            Column::Deliveries => rows::Delivery::decode(bytes).is_some(),
            Column::Claims => rows::Claim::decode(bytes).is_some(),
            Column::ByMiner => B256::decode(bytes).is_some(),
            Column::ByRecipient => <(rows::Kind, B256)>::decode(bytes).is_some(),
            Column::Devices => rows::Device::decode(bytes).is_some(),
            Column::DeviceEvents => <(rows::Place, DeviceEvent)>::decode(bytes).is_some(),
            Column::Undo => Vec::<Replaced>::decode(bytes).is_some(),
        };
        assert!(decodes(&value), "{column}");
        assert!(column == Column::Meta || (!decodes(short) && !decodes(&long)), "{column}");
    }
}

#[test]
fn impossible_values_are_no_rows() {
    assert_eq!(bool::decode(&[2]), None);
    assert_eq!(Option::<u8>::decode(&[2, 0]), None);
    assert_eq!(TierId::decode(&[0]), None);
    assert_eq!(TierId::decode(&[5]), None);
    assert_eq!(rows::Kind::decode(&[4]), None);
    assert_eq!(DeviceEvent::decode(&[3]), None);
    // A count that its bytes cannot hold allocates nothing.
    assert_eq!(Vec::<u8>::decode(&[0xff; 4]), None);
    assert_eq!(Replaced::take(&mut &[11, 0, 0][..]), None);
    for tier in Tier::ALL {
        assert_eq!(TierId::decode(&[tier.id()]), Some(TierId(tier)));
    }
}

/// A digest over everything: whatever changes of a row or of the digest's rule shows here. It is the code's own output,
/// kept: a golden value of schema 1.
#[test]
fn golden_digest_of_schema_1() {
    assert_eq!((SCHEMA, DIGEST_TAG), (1, "pars.aimining.ledger-block.v1"));
    let (identity, chain) = busy(6);
    let folder = Folder::new();
    let ledger = follow(&folder, &identity, &chain);
    let mut all = Vec::new();
    for ((column, key), value) in ledger.dump().unwrap() {
        all.push(column.id());
        all.extend([key, value].concat());
    }
    let digest = ledger.block_row(6).unwrap().digest;
    let golden = [digest, pars_protocol::ids::blake3(&all)].map(hex::encode);
    assert_eq!(
        golden,
        [
            "4a4766be8d66d708c9c0e8873ed2c47e0cda80c8df4c44c6182b36005b8c4648",
            "169439852b2da9b8314ade1c170e3762362ba30b504e5737b9c00efb8a9b9a46",
        ]
    );
}

/// A column that only grows gets a file from every flush. They are merged: a ledger keeps all of its files open.
#[test]
fn files_of_columns_that_only_grow_stay_few() {
    const FLUSHES: u64 = 48;
    let (identity, chain) = busy(FLUSHES);
    let folder = Folder::new();
    let ledger = Ledger::open(folder.ledger(), identity).unwrap();
    for tip in &chain.tips {
        ledger.apply(&tip.block).unwrap();
        ledger.finalize(tip.id().number).unwrap();
        ledger.flush().unwrap();
    }
    let files = std::fs::read_dir(folder.ledger()).unwrap();
    let tables =
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|end| end == "sst"));
    let tables = tables.count() as u64;
    assert!((1..FLUSHES).contains(&tables), "{tables} files after {FLUSHES} flushes");
}
