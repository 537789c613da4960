//! C7: verdicts stay with their jobs. C6: one bit makes another statement.

use pars_batch::Statement;
use pars_mldsa::{Key, ParameterSet};

use crate::{Case, ahead, hosts};

fn valid_cases(size: usize) -> Vec<Case> {
    let few: Vec<Case> = (0..size.min(24))
        .map(|number| {
            let message = vec![number as u8; [0, 32, 274][number % 3]];
            Case::honest(ParameterSet::ALL[number % 3], (number % 5) as u8, &message, b"")
        })
        .collect();
    (0..size).map(|number| few[number % few.len()].clone()).collect()
}

/// Invalid in ways that the key, the decoder, the hash or the length tell.
fn spoil(case: &mut Case, way: usize) {
    let last = case.signature.len() - 1;
    match way % 5 {
        0 => case.signature[1] ^= 4,
        1 => case.signature[last] = 255,
        2 => case.message.push(0),
        3 => case.public_key.truncate(31),
        _ => case.public_key[33] ^= 1,
    }
}

fn check(size: usize, places: impl Iterator<Item = usize>) {
    let cases = valid_cases(size);
    for (name, host) in hosts() {
        let answer = |cases: &[Case]| {
            let jobs: Vec<_> = cases.iter().map(Case::job).collect();
            Vec::from(host.verify_batch(&jobs))
        };
        assert!(answer(&cases).iter().all(|&valid| valid), "{name}: {size}");
    }
    for place in places {
        let mut spoiled = cases.clone();
        spoil(&mut spoiled[place], place);
        let expected: Vec<_> = (0..size).map(|number| number != place).collect();
        // Fresh hosts, so that the first run is cold; the second finds the good ones in its caches.
        for (name, host) in hosts() {
            for run in 0..2 {
                let jobs: Vec<_> = spoiled.iter().map(Case::job).collect();
                let verdicts = Vec::from(host.verify_batch(&jobs));
                assert_eq!(verdicts, expected, "{name}: {size} jobs, bad {place}, run {run}");
            }
        }
    }
}

#[test]
fn c7_small_batches() {
    for size in [0, 1, 3, 4, 5] {
        check(size, 0..size);
    }
    check(33, [0, 31, 32].into_iter());
}

#[test]
fn c7_a_large_batch_over_cores() {
    let mut cases = valid_cases(1024);
    for place in [0, 1, 35, 500, 511, 512, 513, 1023] {
        spoil(&mut cases[place], place);
    }
    let truth: Vec<_> = (0..1024).map(|n| ![0, 1, 35, 500, 511, 512, 513, 1023].contains(&n)).collect();
    let host = ahead(3, 64 << 20, 1 << 16);
    let jobs: Vec<_> = cases.iter().map(Case::job).collect();
    assert_eq!(Vec::from(host.verify_batch(&jobs)), truth, "cold");
    assert_eq!(Vec::from(host.verify_batch(&jobs)), truth, "from verdicts");
    assert!(cases.iter().zip(&truth).step_by(37).all(|(case, &valid)| case.verify(&host) == valid));
}

#[test]
#[ignore = "long: run by make long"]
fn long_c7_every_place() {
    for size in [31, 32, 33] {
        check(size, 0..size);
    }
    let places = (0..36).chain((0..64_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize));
    check(1024, places);
}

#[test]
fn c7_prepared_and_encoded_jobs_mix() {
    let cases = valid_cases(9);
    let engine = pars_mldsa::Engine::new();
    let keys: Vec<_> = cases.iter().map(|case| engine.prepare(case.set, &case.public_key)).collect();
    let mut bad = cases.clone();
    bad[4].signature[0] ^= 1;
    for (name, host) in hosts() {
        let mut jobs: Vec<_> = bad.iter().map(Case::job).collect();
        for (job, key) in jobs.iter_mut().zip(&keys).step_by(2) {
            job.key = Key::Prepared(key.as_ref().expect("a right length"));
        }
        let expected: Vec<_> = (0..9).map(|number| number != 4).collect();
        assert_eq!(Vec::from(host.verify_batch(&jobs)), expected, "{name}");
    }
}

/// Every bit of key, context, message, signature, and the set: a kept verdict is found for none of the others.
#[test]
fn c6_every_flipped_bit_misses_the_cache() {
    for set in ParameterSet::ALL {
        let good = Case::honest(set, 3, b"message", b"context");
        let host = ahead(1, 1 << 20, 1 << 10);
        assert!(good.verify(&host));
        let statement = |case: &Case| {
            Statement::ml_dsa(case.set, &case.public_key, &case.message, &case.context, &case.signature)
        };
        assert!(host.verdicts().holds(&statement(&good)));
        let mut flipped = 0;
        for part in 0..4 {
            let mut case = good.clone();
            let len = bytes(&mut case, part).len();
            for bit in 0..8 * len {
                bytes(&mut case, part)[bit / 8] ^= 1 << (bit % 8);
                assert!(!host.verdicts().holds(&statement(&case)), "{set}: part {part}, bit {bit}");
                bytes(&mut case, part)[bit / 8] ^= 1 << (bit % 8);
                flipped += 1;
            }
        }
        assert_eq!(flipped, 8 * (set.public_key_len() + set.signature_len() + 14));
        for other in ParameterSet::ALL.into_iter().filter(|&other| other != set) {
            assert!(!host.verdicts().holds(&statement(&Case { set: other, ..good.clone() })));
        }
        // A byte moved from one part to the next.
        let moved = Case { context: b"contextm".to_vec(), message: b"essage".to_vec(), ..good.clone() };
        assert!(!host.verdicts().holds(&statement(&moved)));
        assert!(!moved.verify(&host));
    }
}

fn bytes(case: &mut Case, part: usize) -> &mut Vec<u8> {
    match part {
        0 => &mut case.public_key,
        1 => &mut case.message,
        2 => &mut case.context,
        _ => &mut case.signature,
    }
}
