//! `bytes attestation` to verdict, below every intermediate that a chain can have.
#![no_main]

#[path = "../../src/nvtrust/tests/entry.rs"]
#[allow(dead_code, reason = "the replay uses the rest")]
mod entry;
mod mutator;

use entry::Known;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use std::sync::OnceLock;

static KNOWN: OnceLock<Known> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    KNOWN.get_or_init(Known::new).check(bytes);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutator::mutate(data, size, max_size, seed)
});
