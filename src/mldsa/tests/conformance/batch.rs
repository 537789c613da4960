//! Batches: every answer goes to its own job, whatever the size, the keys and the place of a bad one.

use std::collections::BTreeMap;

use pars_mldsa::{Engine, Job, Key, ParameterSet, PreparedKey, Verdicts};

use crate::backends::{engines, honest};
use crate::oracles::Case;
use crate::random::Random;

/// Valid cases of all sets, with few keys and messages of many lengths: jobs of one key stand apart from each other.
fn valid_cases(size: usize) -> Vec<Case> {
    let few: Vec<Case> = (0..size.min(36))
        .map(|number| {
            let set = ParameterSet::ALL[number % 3];
            let message = vec![number as u8; [0, 32, 274, 7, 1024][number % 5]];
            honest(set, &[(number % 7) as u8; 32], &message, &vec![1; number % 4])
        })
        .collect();
    (0..size).map(|number| few[number % few.len()].clone()).collect()
}

/// Makes a case invalid in one of the ways that different stages find.
fn spoil(case: &mut Case, way: usize) {
    let last = case.signature.len() - 1;
    match way % 6 {
        0 => case.signature[0] ^= 1,        // c̃ differs
        1 => case.signature[last] = 255,    // the hint does not decode
        2 => case.signature.truncate(last), // the length is wrong
        3 => case.context = vec![0; 256],
        4 => case.public_key[40] ^= 1,
        // The first coefficient of z becomes γ1: the norm bound.
        _ => case.signature[[32, 48, 64][case.set as usize]..][..3].fill(0),
    }
}

/// How the jobs name their keys.
#[derive(Clone, Copy, Debug)]
enum Keys {
    Encoded,
    Prepared,
    Mixed,
}

/// Runs a batch and compares every verdict.
fn check(engine: Engine, keys: Keys, cases: &[Case], prepared: &mut Prepared, bad: &[usize]) {
    for case in cases {
        let key = (case.set, case.public_key.clone());
        prepared
            .entry(key)
            .or_insert_with_key(|(set, key)| engine.prepare(*set, key).expect("a right length"));
    }
    let jobs: Vec<Job<'_>> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| {
            let key = &prepared[&(case.set, case.public_key.clone())];
            case.job_under(match keys {
                Keys::Encoded => None,
                Keys::Prepared => Some(key),
                Keys::Mixed => (number % 3 == 1).then_some(key),
            })
        })
        .collect();
    let verdicts = engine.verify_batch(&jobs);
    let expected: Vec<bool> = (0..cases.len()).map(|number| !bad.contains(&number)).collect();
    assert_eq!(
        Vec::from(verdicts),
        expected,
        "{} {keys:?}: {} jobs, bad {bad:?}",
        engine.name(),
        cases.len()
    );
}

type Prepared = BTreeMap<(ParameterSet, Vec<u8>), PreparedKey>;

/// A batch of `size` with a bad job at each of `places`.
fn one_bad_job(engine: Engine, keys: Keys, size: usize, places: impl IntoIterator<Item = usize>) {
    let cases = valid_cases(size);
    let mut prepared = Prepared::new();
    check(engine, keys, &cases, &mut prepared, &[]);
    for place in places {
        let mut cases = cases.clone();
        spoil(&mut cases[place], place);
        check(engine, keys, &cases, &mut prepared, &[place]);
        cases[place] = honest(cases[place].set, &[99; 32], b"another", b"");
        check(engine, keys, &cases, &mut prepared, &[]);
    }
}

#[test]
fn c7_an_empty_batch_has_no_verdicts() {
    for engine in engines() {
        let verdicts = engine.verify_batch(&[]);
        assert_eq!((verdicts.len(), verdicts.get(0), verdicts.is_empty()), (0, None, true));
        assert!(verdicts.all_valid());
        assert_eq!(verdicts, Verdicts::default());
    }
}

#[test]
fn c7_verdicts_never_shift_small() {
    for engine in engines() {
        for keys in [Keys::Encoded, Keys::Prepared, Keys::Mixed] {
            for size in [1, 3, 4, 5] {
                one_bad_job(engine, keys, size, 0..size);
            }
        }
        one_bad_job(engine, Keys::Mixed, 33, [0, 7, 8, 31, 32]);
    }
}

#[test]
#[ignore = "long: run by make long"]
fn long_c7_verdicts_never_shift_at_every_place() {
    for engine in engines() {
        for keys in [Keys::Encoded, Keys::Prepared, Keys::Mixed] {
            for size in [31, 32, 33] {
                one_bad_job(engine, keys, size, 0..size);
            }
        }
    }
}

#[test]
#[ignore = "long: run by make long"]
fn long_c7_verdicts_never_shift_in_1024() {
    let mut random = Random::for_test("long_c7_verdicts_never_shift_in_1024", 1024);
    let places: Vec<usize> = (0..36).chain((0..64).map(|_| random.below(1024))).collect();
    for engine in engines() {
        for keys in [Keys::Prepared, Keys::Mixed] {
            one_bad_job(engine, keys, 1024, places.iter().copied());
        }
    }
}

/// Many bad jobs at once, and batches of nothing else.
#[test]
fn c7_many_bad_jobs() {
    let mut random = Random::for_test("c7_many_bad_jobs", 7);
    let cases = valid_cases(33);
    for engine in engines() {
        let mut prepared = Prepared::new();
        for round in 0..6 {
            let bad: Vec<usize> = (0..33).filter(|_| round == 0 || random.below(3) == 0).collect();
            let mut spoiled = cases.clone();
            for &place in &bad {
                spoil(&mut spoiled[place], random.below(6));
            }
            check(engine, Keys::Mixed, &spoiled, &mut prepared, &bad);
        }
    }
}

/// Keys that share ρ but not t1 are different keys: the matrix is the same, the answer is not.
#[test]
fn c6_keys_that_share_rho_are_kept_apart() {
    for set in ParameterSet::ALL {
        let good = honest(set, &[5; 32], b"rho", b"");
        let mut other = good.clone();
        let last = other.public_key.len() - 1;
        other.public_key[last] ^= 0x80;
        for engine in engines() {
            for order in [[&good, &other, &good, &other], [&other, &good, &other, &good]] {
                let jobs: Vec<_> = order.iter().map(|case| case.job()).collect();
                let expected: Vec<_> = order.iter().map(|case| **case == good).collect();
                assert_eq!(Vec::from(engine.verify_batch(&jobs)), expected, "{set}");
            }
            let [key, twin] =
                [&good, &other].map(|case| engine.prepare(set, &case.public_key).expect("a length"));
            assert!(key != twin);
            assert!(engine.verify_prepared(&key, b"rho", b"", &good.signature));
            assert!(!engine.verify_prepared(&twin, b"rho", b"", &good.signature));
        }
    }
}

/// A prepared key is the same on every backend, alone and among others, so that it may go from one to another.
#[test]
fn c5_prepared_keys_are_equal_on_every_backend() {
    for set in ParameterSet::ALL {
        let keys: Vec<Vec<u8>> =
            (0..6).map(|number| honest(set, &[number; 32], b"", b"").public_key).collect();
        let mut list: Vec<(ParameterSet, &[u8])> = keys.iter().map(|key| (set, key.as_slice())).collect();
        list.insert(2, (set, &keys[0][1..])); // a wrong length
        let reference: Vec<_> = keys.iter().map(|key| Engine::portable().prepare(set, key)).collect();
        for engine in engines() {
            let mut prepared = engine.prepare_batch(&list);
            assert_eq!(prepared.len(), 7);
            assert!(prepared.remove(2).is_none());
            assert!(prepared == reference, "{set}: {}", engine.name());
            for (key, prepared) in keys.iter().zip(prepared.iter().flatten()) {
                assert!(engine.prepare(set, key).as_ref() == Some(prepared), "{set}: {}", engine.name());
                assert_eq!(prepared.parameter_set(), set);
            }
        }
        // What the facts say of memory: k·ℓ + k polynomials of 1 KiB.
        let size = reference[0].as_ref().expect("a key").size();
        let polys = [20, 36, 64][set as usize];
        assert!((polys * 1024..polys * 1024 + 512).contains(&size), "{set}: {size}");
        let text = format!("{:?}", reference[0].as_ref().expect("a key"));
        assert_eq!(text, format!("PreparedKey {{ parameter_set: {set:?}, .. }}"));
    }
}

/// A job's key names its own set: the bytes of one set under the name of another are a wrong length.
#[test]
fn c6_a_job_is_of_the_set_it_names() {
    let good = honest(ParameterSet::MlDsa65, &[1; 32], b"set", b"");
    for engine in engines() {
        for set in ParameterSet::ALL {
            let job = Job { key: Key::Encoded(set, &good.public_key), ..good.job() };
            assert_eq!(engine.verify_batch(&[job]).get(0), Some(set == good.set));
        }
    }
}
