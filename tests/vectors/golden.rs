//! Checked-in files against this build.

use crate::suite::{
    self, abi,
    format::{File, Manifest},
    interface::{self, Interface},
};
use alloy_primitives::{hex, keccak256};
use pars_ai_mining::{
    precompile::dispatch::{Mutability, method_table},
    protocol::ids,
};
use std::collections::BTreeSet;

#[test]
fn i5_every_vector_runs_as_it_says() {
    let (count, failures) = suite::replay();
    assert!(failures.is_empty(), "{failures:#?}");
    // An empty or shortened folder must not pass.
    assert!(count >= 605, "{count} vectors");
}

#[test]
fn i5_the_vectors_are_what_this_build_makes() {
    let differences = suite::differences();
    assert!(differences.is_empty(), "run `make vectors` and read the difference: {differences:#?}");
}

#[test]
fn i5_selectors_topics_errors_and_gas_are_golden() {
    let golden: Interface = suite::read("interface.json");
    for function in &golden.functions {
        assert_eq!(hex::encode_prefixed(&keccak256(&function.signature)[..4]), function.selector);
    }
    for error in &golden.errors {
        assert_eq!(hex::encode_prefixed(&keccak256(&error.signature)[..4]), error.selector);
    }
    for event in &golden.events {
        assert_eq!(keccak256(&event.signature), event.topic);
    }
    assert_eq!(golden.gas, interface::gas_table());
    assert_eq!(golden.derive_key_tags, interface::tags());
    assert_eq!(golden.functions.len(), method_table().count());
    assert_eq!((golden.functions.len(), golden.events.len(), golden.errors.len()), (37, 15, 74));
}

#[test]
fn i6_the_manifest_hashes_every_vector_file() {
    let manifest: Manifest = suite::read("manifest.json");
    let folder = suite::root().join(suite::VECTORS);
    let mut named = BTreeSet::from(["manifest.json".to_owned()]);
    for entry in &manifest.files {
        let bytes = std::fs::read(folder.join(&entry.file)).expect("a file of the manifest");
        assert_eq!((bytes.len(), ids::blake3(&bytes)), (entry.bytes, entry.blake3), "{}", entry.file);
        named.insert(entry.file.clone());
    }
    let present: BTreeSet<_> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("ASCII"))
        .collect();
    assert_eq!(named, present);
}

#[test]
fn a9_the_json_abi_is_that_of_the_precompile() {
    let mut functions = BTreeSet::new();
    let mut events = BTreeSet::new();
    let mut errors = BTreeSet::new();
    for name in abi::INTERFACES {
        let path = suite::root().join(suite::ABI).join(format!("{name}.json"));
        let text = std::fs::read_to_string(path).expect("an ABI file");
        let items: Vec<abi::Item> = serde_json::from_str(&text).expect("an ABI");
        for item in items {
            let types: Vec<_> = item.inputs.iter().map(|input| input.kind.as_str()).collect();
            let signature = format!("{}({})", item.name, types.join(","));
            match item.kind.as_str() {
                "function" => {
                    functions.insert((signature, item.state_mutability == Some("nonpayable".into())))
                }
                "event" => events.insert(signature),
                "error" => errors.insert(signature),
                other => panic!("{other} in the ABI"),
            };
        }
    }
    let ours = method_table()
        .map(|(signature, _, mutability)| (signature.to_owned(), mutability == Mutability::Write))
        .collect();
    assert_eq!(functions, ours);
    assert_eq!(events, interface::event_table().map(|(signature, _)| signature.to_owned()).into());
    assert_eq!(errors, interface::error_table().map(|(signature, _)| signature.to_owned()).collect());
}

/// The rows of the check tables that have a vector, in the order of the file, with the names of their errors.
pub(crate) fn rows_with_vectors(topic: &str) -> Vec<(String, String)> {
    let file: File = suite::read(&format!("{topic}.json"));
    let mut rows: Vec<(String, String)> = Vec::new();
    for vector in file.vectors {
        let row = vector.row.expect("each vector of this file names its row");
        let error = vector.expected.error.unwrap_or_default();
        let error = error.split('(').next().unwrap_or_default().to_owned();
        if rows.last().is_none_or(|(last, _)| *last != row) {
            rows.push((row, error));
        } else {
            assert_eq!(rows.last(), Some(&(row, error)), "{}", vector.name);
        }
    }
    rows
}
