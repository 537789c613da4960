use super::{PATH, execute, file::File, made, path, start};
use crate::chain::{AlloyEvm, Engine, RawRevm};
use std::sync::Arc;

/// The text of the checked-in file.
fn stored() -> String {
    std::fs::read_to_string(path())
        .unwrap_or_else(|error| panic!("{PATH}: {error}: cargo run --example conformance"))
}

#[test]
fn i5_the_conformance_file_is_what_this_build_makes() {
    let (stored, made) = (stored(), made());
    let line = stored.lines().zip(made.lines()).position(|(stored, made)| stored != made);
    assert!(
        stored == made,
        "line {line:?} differs: cargo run --example conformance, read the difference, and say in CHANGELOG.md what changed"
    );
}

/// Both EVMs do what the file says: whole gas, outputs, logs, calls and the account's leaf.
#[test]
fn i1_alloy_evm_and_revm_follow_the_conformance_file() {
    let file: File = serde_json::from_str(&stored()).expect("the file is well-formed");
    let mut transactions = 0;
    for engine in [Arc::new(AlloyEvm) as Arc<dyn Engine>, Arc::new(RawRevm)] {
        for chain in &file.chains {
            let mut running = start(engine.clone(), chain);
            for block in &chain.blocks {
                let done = execute(&mut running, block);
                for (tx, (want, got)) in block.transactions.iter().zip(&done.transactions).enumerate() {
                    assert_eq!(
                        got, want,
                        "{engine:?} {} block {} transaction {tx}",
                        chain.name, block.number
                    );
                    transactions += 1;
                }
                assert_eq!(done, *block, "{engine:?} {} block {}", chain.name, block.number);
            }
        }
    }
    println!("alloy-evm and revm: {transactions} transactions agree with the file");
    assert!(transactions >= 2 * 50, "{transactions}");
}
