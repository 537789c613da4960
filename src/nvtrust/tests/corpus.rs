//! The corpus of the fuzz target, replayed: what it found once stays found.

use super::{
    entry::{Known, seeds},
    support::{Believes, read},
};
use crate::{P384Verifier, Reference};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

fn corpus() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/attestation");
    let files: BTreeMap<_, _> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry"))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), read(entry.path())))
        .collect();
    let bytes: usize = files.values().map(Vec::len).sum();
    println!("{} files, {bytes} bytes", files.len());
    files
}

#[test]
fn d4_the_corpus_holds_the_seeds_and_each_is_accepted() {
    let (corpus, known) = (corpus(), Known::new());
    for (name, bytes) in seeds() {
        // `cargo run --example seeds` in `fuzz/` writes them.
        assert!(corpus.get(&name) == Some(&bytes), "{name} is not the seed that the code makes");
        // What carries no firmware id is refused as a registered device's, and only as that.
        assert_eq!(known.check(&bytes), 1, "{name}");
    }
}

#[test]
fn d4_the_corpus_replays_and_nothing_is_accepted_that_nobody_signed() {
    let known = Known::new();
    let mut accepted = 0;
    for (name, bytes) in corpus() {
        println!("{name}");
        accepted += known.check(&bytes);
    }
    assert!(accepted >= seeds().len());
}

/// A corpus that reaches little would replay as quietly as one that reaches all.
#[test]
fn d4_the_corpus_ends_in_many_ways() {
    let known = Known::new();
    let outcomes: BTreeSet<_> = corpus().values().map(|bytes| known.outcome(bytes)).collect();
    println!("{outcomes:#?}");
    assert!(outcomes.len() >= 70, "{}", outcomes.len());
    for signature in ["IdentityKeySignature", "LeafSignature", "ReportSignature"] {
        // Its rules are kept, and nobody signed it.
        let forged = outcomes.iter().any(|outcome| outcome.contains(signature) && outcome.contains("Ok"));
        assert!(forged, "{signature}");
    }
}

#[test]
fn d4_no_input_makes_the_entry_allocate_more_than_four_times_its_length() {
    let known = Known::new();
    let verifiers: [&dyn P384Verifier; 2] = [&Believes, &Reference];
    for (name, bytes) in corpus() {
        for verifier in verifiers {
            let info = allocation_counter::measure(|| known.judge(&bytes, verifier, |_, _| ()));
            let bound = 4 * u64::try_from(bytes.len()).expect("short");
            assert!(info.bytes_total <= bound, "{name}: {} bytes for {}", info.bytes_total, bytes.len());
        }
    }
}
