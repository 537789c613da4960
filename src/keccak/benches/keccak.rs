//! keccak256 of 64 bytes, which is the slot of an entry of a Solidity mapping: many at once, beside `alloy-primitives` and `sha3`,
//! which take them one by one.
//!
//! `cargo bench -p pars-keccak` takes all in turn, round after round, and prints for each the fastest round and the median in
//! nanoseconds a hash.
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a benchmark measures time")]

use pars_keccak::Keccak;
use sha3::{Digest, Keccak256};
use std::{hint::black_box, time::Instant};

const ROUNDS: usize = 101;
/// Hashes of a round: the slots of a block of a thousand proofs.
const MESSAGES: usize = 2_000;

/// Hashes all messages.
type Hash = Box<dyn Fn(&[[u8; 64]]) -> Vec<[u8; 32]>>;

fn main() {
    // `cargo test --benches` builds this and passes `--test`: nothing to measure then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let ours = [Some(Keccak::portable()), Keccak::avx2(), Keccak::avx512()];
    let mut contestants: Vec<(&str, Hash)> = Vec::new();
    for keccak in ours.into_iter().flatten() {
        contestants.push((keccak.name(), Box::new(move |messages| keccak.keccak256_each(messages))));
    }
    let each = |hash: fn(&[u8; 64]) -> [u8; 32]| -> Hash {
        Box::new(move |messages| messages.iter().map(hash).collect())
    };
    contestants.push(("alloy-primitives", each(|message| alloy_primitives::keccak256(message).0)));
    contestants.push(("sha3", each(|message| Keccak256::digest(message).into())));

    let messages: Vec<[u8; 64]> =
        (0..MESSAGES).map(|n| std::array::from_fn(|i| (n.rotate_left(i as u32 % 11) ^ i) as u8)).collect();
    let expected = contestants[0].1(&messages);
    let mut samples = vec![Vec::new(); contestants.len()];
    for _ in 0..ROUNDS {
        for ((_, hash), samples) in contestants.iter().zip(&mut samples) {
            let start = Instant::now();
            let digests = black_box(hash(black_box(&messages)));
            samples.push(start.elapsed().as_secs_f64() * 1e9 / MESSAGES as f64);
            assert_eq!(digests, expected);
        }
    }
    println!("{:<18} {:>8} {:>8}   ns a hash of 64 bytes", "", "fastest", "median");
    for ((name, _), mut samples) in contestants.into_iter().zip(samples) {
        samples.sort_by(f64::total_cmp);
        println!("{name:<18} {:>8.0} {:>8.0}", samples[0], samples[ROUNDS / 2]);
    }
}
