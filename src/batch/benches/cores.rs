//! Batches on one core and on more: `cargo bench -p pars-batch`.
//!
//! A batch of 2,048 ML-DSA-65 signatures by 512 keys, cold (no caches), warm (keys cached) and known (verdicts cached), on 1, 2, …
//! workers in turn, round after round. Time is the wall's, the figure the fastest round: with neighbours on the other
//! cores the median says how busy they are. `scaling CASE WORKERS TIMES` says how many times faster than one worker.
#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use pars_batch::{Ahead, Config};
use pars_mldsa::{Engine, Job, Key, ParameterSet, SigningKey};

const JOBS: usize = 2048;
/// Distinct keys: what a busy hour of miners would bring, and 18 MiB when prepared.
const KEYS: u32 = 512;
const ROUNDS: usize = 40;

fn main() {
    let set = ParameterSet::MlDsa65;
    let signed: Vec<_> = (0..JOBS as u32)
        .map(|number| {
            let seed = |number: u32| std::array::from_fn(|i| if i < 4 { number.to_be_bytes()[i] } else { 0 });
            let key = SigningKey::from_seed(set, &seed(number % KEYS));
            let message: [u8; 32] = seed(number);
            let signature = key.sign(&message, b"", &[0; 32]).expect("a legal context");
            (key.public_key().to_vec(), message, signature)
        })
        .collect();
    let jobs: Vec<_> = signed
        .iter()
        .map(|(key, message, signature)| Job {
            key: Key::Encoded(set, key),
            message,
            context: b"",
            signature,
        })
        .collect();
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    println!("engine: {}; {JOBS} ML-DSA-65 jobs of {KEYS} keys; {cores} cores", Engine::new().name());
    for (case, key_bytes, verdicts) in [("cold", 0, 0), ("warm", 256 << 20, 0), ("known", 0, 1 << 16)] {
        let hosts: Vec<_> = (1..=cores)
            .map(|workers| {
                let workers = NonZeroUsize::new(workers).expect("at least one");
                Ahead::new(Engine::new(), Config { key_bytes, verdicts, workers })
            })
            .collect();
        let mut best = vec![f64::MAX; hosts.len()];
        for _ in 0..ROUNDS {
            for (host, best) in hosts.iter().zip(&mut best) {
                let start = Instant::now();
                assert!(host.verify_batch(black_box(&jobs)).all_valid());
                *best = best.min(start.elapsed().as_secs_f64() * 1e6 / JOBS as f64);
            }
        }
        for (workers, time) in best.iter().enumerate() {
            println!("{case}, {} workers: {time:.2} µs a job", workers + 1);
            println!("scaling {case} {} {:.2}", workers + 1, best[0] / time);
        }
    }
}
