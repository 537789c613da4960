//! Caches stay within their bounds, are filled by valid signatures only, and bear many threads.

use std::sync::Arc;

use pars_batch::Statement;
use pars_mldsa::ParameterSet;

use crate::{Case, ahead};

#[test]
fn c6_the_key_cache_keeps_its_bound_and_stays_useful() {
    let bytes = 200 << 10;
    let host = ahead(1, bytes, 0);
    for seed in 0..20 {
        let case = Case::honest(ParameterSet::ALL[usize::from(seed) % 3], seed, b"m", b"");
        assert!(case.verify(&host));
        assert!(host.keys().get(case.set, &case.public_key).is_some(), "the last one is there");
        assert!(host.keys().bytes() <= bytes);
    }
    assert!(host.keys().len() >= 2);
    // Keys of batches are bounded too.
    let cases: Vec<_> = (20..40).map(|seed| Case::honest(ParameterSet::MlDsa44, seed, b"m", b"")).collect();
    let jobs: Vec<_> = cases.iter().map(Case::job).collect();
    assert!(host.verify_batch(&jobs).all_valid());
    assert!(host.keys().bytes() <= bytes && host.keys().len() >= 2);
}

#[test]
fn c6_invalid_signatures_leave_nothing() {
    let host = ahead(2, 1 << 20, 1 << 10);
    for set in ParameterSet::ALL {
        let mut case = Case::honest(set, 1, b"m", b"");
        case.signature[0] ^= 1;
        assert!(!case.verify(&host));
        assert!(!host.verify_batch(&[case.job(), case.job()]).all_valid());
        assert!(host.keys().get(set, &case.public_key).is_none());
    }
    assert!(host.keys().is_empty() && host.verdicts().is_empty());
    // One valid among invalid ones under the same key is enough.
    let good = Case::honest(ParameterSet::MlDsa65, 1, b"m", b"");
    let mut bad = good.clone();
    bad.message.push(1);
    assert_eq!(Vec::from(host.verify_batch(&[bad.job(), good.job(), bad.job()])), [false, true, false]);
    assert_eq!((host.keys().len(), host.verdicts().len()), (1, 1));
}

/// The trap of keys that share ρ: found by the whole key, or by nothing.
#[test]
fn c6_keys_that_share_rho_are_different_keys() {
    for set in ParameterSet::ALL {
        let host = ahead(1, 1 << 20, 0);
        let good = Case::honest(set, 2, b"m", b"");
        assert!(good.verify(&host));
        let len = good.public_key.len();
        for place in [32, 33, len / 2, len - 1] {
            let mut twin = good.clone();
            twin.public_key[place] ^= 1;
            assert!(host.keys().get(set, &twin.public_key).is_none());
            assert!(!twin.verify(&host), "{set}: byte {place}");
        }
        for wrong in [&good.public_key[1..], &good.public_key[..31], &[]] {
            assert!(host.keys().get(set, wrong).is_none());
        }
        for other in ParameterSet::ALL.into_iter().filter(|&other| other != set) {
            assert!(host.keys().get(other, &good.public_key).is_none());
        }
    }
}

/// Other schemes keep their verdicts in the same cache, under their own names.
#[test]
fn c9_schemes_do_not_meet() {
    let host = ahead(1, 0, 1 << 10);
    let good = Case::honest(ParameterSet::MlDsa65, 2, b"m", b"");
    assert!(good.verify(&host));
    let (key, signature) = (&good.public_key[..], &good.signature[..]);
    let p384 = Statement::new("ECDSA-P384", &[key, b"m", signature]);
    assert!(!host.verdicts().holds(&p384));
    assert!(!host.verdicts().holds(&Statement::new("ML-DSA", &[key, b"m", signature])));
    host.verdicts().keep_valid(p384);
    assert!(host.verdicts().holds(&p384));
    assert!(!host.verdicts().holds(&Statement::new("ECDSA-P256", &[key, b"m", signature])));
}

/// Threads that verify, batch and evict at once all see the truth.
#[test]
fn c7_threads_share_one_host() {
    let host = Arc::new(ahead(2, 150 << 10, 64));
    let cases: Vec<_> = (0..12_u8)
        .map(|seed| {
            let mut case = Case::honest(ParameterSet::ALL[usize::from(seed) % 3], seed, &[seed], b"");
            if seed % 4 == 3 {
                case.signature[0] ^= 1;
            }
            case
        })
        .collect();
    std::thread::scope(|scope| {
        for thread in 0..4_usize {
            let (host, cases) = (Arc::clone(&host), &cases);
            scope.spawn(move || {
                for round in 0..30_usize {
                    let number = (round * 5 + thread) % cases.len();
                    assert_eq!(cases[number].verify(&host), number % 4 != 3);
                    let jobs: Vec<_> = cases.iter().cycle().skip(number).take(9).map(Case::job).collect();
                    let expected: Vec<_> = (0..9).map(|job| (number + job) % cases.len() % 4 != 3).collect();
                    assert_eq!(Vec::from(host.verify_batch(&jobs)), expected);
                }
            });
        }
    });
}
