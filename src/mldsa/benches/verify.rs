//! The engine beside other people's verifiers, in one interleaved run.
//!
//! `cargo bench -p pars-mldsa` takes every contestant of a cell in turn, round after round, so that a change of clock
//! or a neighbour's load touches all alike. Time is the thread's own processor time, a figure the median over the
//! rounds; the spread column is (third quartile − first quartile)/median. A cell has 32 keys with a signature each.
//!
//! | case | ours | peers |
//! | --- | --- | --- |
//! | `cold_one_shot` | `Engine::verify` from bytes | from bytes |
//! | `cold_batch` | `verify_batch` of 32 encoded keys | from bytes, one by one |
//! | `warm_one_shot` | `verify_prepared` | their decoded key where they have one |
//! | `warm_batch` | `verify_batch` of 32 prepared keys | as `warm_one_shot` |
//!
//! `PARS_BENCH_ROUNDS` (default 25) sets the rounds, an argument keeps only cells whose name contains it
//! (`65 warm_batch 274`).
#![allow(missing_docs, clippy::expect_used)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a benchmark measures time")]

use std::{collections::BTreeMap, hint::black_box, time::Duration};

use aws_lc_rs::signature::{self as aws, ParsedPublicKey, UnparsedPublicKey};
use fips204::traits::{SerDes, Verifier as _};
use ml_dsa::{EncodedVerifyingKey, MlDsaParams, Signature, VerifyingKey};
use pars_mldsa::{Engine, Job, Key, ParameterSet, PreparedKey, SigningKey, Verifier};
use rustix::time::{ClockId, clock_gettime};

const CASES: [&str; 4] = ["cold_one_shot", "cold_batch", "warm_one_shot", "warm_batch"];
const MESSAGES: [usize; 3] = [32, 274, 1024];
const KEYS: usize = 32;
/// Time of one contestant in one round: many passes over its keys, which thus lie in its caches.
const SLICE: Duration = Duration::from_millis(20);

/// One key with one signature.
struct Sample {
    set: ParameterSet,
    public_key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

fn samples(set: ParameterSet, message_len: usize) -> Vec<Sample> {
    (0..KEYS as u8)
        .map(|number| {
            let key = SigningKey::from_seed(set, &[number; 32]);
            let message = vec![number; message_len];
            let signature = key.sign(&message, b"", &[0; 32]).expect("a legal context");
            Sample { set, public_key: key.public_key().to_vec(), message, signature }
        })
        .collect()
}

/// Verifies all samples once, and says whether each was valid.
type Contestant<'a> = Box<dyn Fn() -> bool + 'a>;

/// One by one.
fn each<'a, K>(
    samples: &'a [Sample],
    keys: Vec<K>,
    verify: impl Fn(&K, &Sample) -> bool + 'a,
) -> Contestant<'a>
where
    K: 'a,
{
    Box::new(move || samples.iter().zip(&keys).all(|(sample, key)| verify(key, black_box(sample))))
}

fn job<'a>(key: Key<'a>, sample: &'a Sample) -> Job<'a> {
    Job { key, message: &sample.message, context: b"", signature: &sample.signature }
}

fn ours<'a>(engine: Engine, case: &str, samples: &'a [Sample]) -> Contestant<'a> {
    let prepare = |sample: &Sample| engine.prepare(sample.set, &sample.public_key).expect("a right length");
    match case {
        "cold_one_shot" => each(samples, vec![(); KEYS], move |(), sample| {
            engine.verify(sample.set, &sample.public_key, &sample.message, b"", &sample.signature)
        }),
        "cold_batch" => Box::new(move || {
            let jobs: Vec<_> = samples
                .iter()
                .map(|sample| job(Key::Encoded(sample.set, &sample.public_key), sample))
                .collect();
            engine.verify_batch(black_box(&jobs)).all_valid()
        }),
        "warm_one_shot" => each(samples, samples.iter().map(prepare).collect(), move |key, sample| {
            engine.verify_prepared(key, &sample.message, b"", &sample.signature)
        }),
        "warm_batch" => {
            let keys: Vec<PreparedKey> = samples.iter().map(prepare).collect();
            Box::new(move || {
                let jobs: Vec<_> =
                    samples.iter().zip(&keys).map(|(sample, key)| job(Key::Prepared(key), sample)).collect();
                engine.verify_batch(black_box(&jobs)).all_valid()
            })
        }
        _ => unreachable!("no such case"),
    }
}

fn aws_lc_rs<'a>(warm: bool, samples: &'a [Sample]) -> Contestant<'a> {
    let algorithm = |set| match set {
        ParameterSet::MlDsa44 => &aws::ML_DSA_44,
        ParameterSet::MlDsa65 => &aws::ML_DSA_65,
        ParameterSet::MlDsa87 => &aws::ML_DSA_87,
    };
    if warm {
        let keys = samples.iter().map(|sample| {
            ParsedPublicKey::new(algorithm(sample.set), &sample.public_key).expect("a right length")
        });
        return each(samples, keys.collect(), |key, sample| {
            key.verify_sig(&sample.message, &sample.signature).is_ok()
        });
    }
    each(samples, vec![(); KEYS], move |(), sample| {
        UnparsedPublicKey::new(algorithm(sample.set), &sample.public_key)
            .verify(&sample.message, &sample.signature)
            .is_ok()
    })
}

fn libcrux<'a>(samples: &'a [Sample]) -> Contestant<'a> {
    use libcrux_ml_dsa::{MLDSASignature, MLDSAVerificationKey, ml_dsa_44, ml_dsa_65, ml_dsa_87};
    macro_rules! verify {
        ($module:ident, $sample:ident) => {{
            let key = MLDSAVerificationKey::new($sample.public_key.as_slice().try_into().expect("a length"));
            let signature = MLDSASignature::new($sample.signature.as_slice().try_into().expect("a length"));
            $module::avx2::verify(&key, &$sample.message, b"", &signature).is_ok()
        }};
    }
    each(samples, vec![(); KEYS], |(), sample| match sample.set {
        ParameterSet::MlDsa44 => verify!(ml_dsa_44, sample),
        ParameterSet::MlDsa65 => verify!(ml_dsa_65, sample),
        ParameterSet::MlDsa87 => verify!(ml_dsa_87, sample),
    })
}

fn fips204<'a>(warm: bool, samples: &'a [Sample]) -> Contestant<'a> {
    macro_rules! contestant {
        ($module:ident) => {{
            use fips204::$module::PublicKey;
            let decode = |sample: &Sample| {
                PublicKey::try_from_bytes(sample.public_key.as_slice().try_into().expect("a length"))
                    .expect("a key")
            };
            let verify = |key: &PublicKey, sample: &Sample| {
                key.verify(&sample.message, sample.signature.as_slice().try_into().expect("a length"), b"")
            };
            if warm {
                each(samples, samples.iter().map(decode).collect(), verify)
            } else {
                each(samples, vec![(); KEYS], move |(), sample| verify(&decode(sample), sample))
            }
        }};
    }
    match samples.first().expect("samples").set {
        ParameterSet::MlDsa44 => contestant!(ml_dsa_44),
        ParameterSet::MlDsa65 => contestant!(ml_dsa_65),
        ParameterSet::MlDsa87 => contestant!(ml_dsa_87),
    }
}

fn rust_crypto<'a>(warm: bool, samples: &'a [Sample]) -> Contestant<'a> {
    fn with<'a, P: MlDsaParams + 'a>(warm: bool, samples: &'a [Sample]) -> Contestant<'a> {
        let decode = |sample: &Sample| {
            let key = EncodedVerifyingKey::<P>::try_from(sample.public_key.as_slice()).expect("a length");
            VerifyingKey::<P>::decode(&key)
        };
        let verify = |key: &VerifyingKey<P>, sample: &Sample| {
            let signature = Signature::<P>::try_from(sample.signature.as_slice()).expect("it decodes");
            key.verify_with_context(&sample.message, b"", &signature)
        };
        if warm {
            each(samples, samples.iter().map(decode).collect(), verify)
        } else {
            each(samples, vec![(); KEYS], move |(), sample| verify(&decode(sample), sample))
        }
    }
    match samples.first().expect("samples").set {
        ParameterSet::MlDsa44 => with::<ml_dsa::MlDsa44>(warm, samples),
        ParameterSet::MlDsa65 => with::<ml_dsa::MlDsa65>(warm, samples),
        ParameterSet::MlDsa87 => with::<ml_dsa::MlDsa87>(warm, samples),
    }
}

/// Processor time of this thread.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Microseconds a verification, over the rounds: median and interquartile range by the median.
fn measure(contestants: &[(&'static str, Contestant<'_>)], rounds: usize) -> Vec<(f64, f64)> {
    let mut times = vec![Vec::new(); contestants.len()];
    for (name, contestant) in contestants {
        assert!(contestant(), "{name} refuses an honest signature"); // and warms up
    }
    for round in 0..rounds {
        for step in 0..contestants.len() {
            // A different one begins in every round.
            let index = (step + round) % contestants.len();
            let (name, contestant) = &contestants[index];
            let (start, mut passes) = (now(), 0);
            let time = loop {
                assert!(contestant(), "{name}");
                passes += 1;
                let time = now() - start;
                if time >= SLICE {
                    break time;
                }
            };
            times[index].push(time.as_secs_f64() * 1e6 / f64::from(passes) / KEYS as f64);
        }
    }
    times
        .into_iter()
        .map(|mut times| {
            times.sort_by(f64::total_cmp);
            let quartile = |n: usize| times[(times.len() - 1) * n / 4];
            (quartile(2), (quartile(3) - quartile(1)) / quartile(2))
        })
        .collect()
}

fn main() {
    let rounds = std::env::var("PARS_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    // The fastest first: what a default build chooses on this machine.
    let engines: Vec<Engine> =
        [Engine::avx512(), Engine::avx2(), Some(Engine::portable())].into_iter().flatten().collect();
    let names: Vec<_> = engines.iter().map(Engine::name).collect();
    println!("engines: {names:?}; {rounds} rounds of {SLICE:?} each, {KEYS} keys in turn\n");
    let mut ratios = BTreeMap::new();
    for case in CASES {
        println!("{}: µs a verification (spread in %)\n", case);
        let contestants = names.iter().copied().chain(["aws-lc-rs", "libcrux", "fips204", "ml-dsa"]);
        println!("| set, message | {} |", contestants.collect::<Vec<_>>().join(" | "));
        println!("| --- |{}", " ---: |".repeat(names.len() + 4));
        for set in ParameterSet::ALL {
            for message in MESSAGES {
                if !format!("{} {case} {message}", set.id()).contains(&filter) {
                    continue;
                }
                let samples = samples(set, message);
                let warm = case.starts_with("warm");
                let mut contestants: Vec<_> =
                    engines.iter().map(|&engine| (engine.name(), ours(engine, case, &samples))).collect();
                contestants.push(("aws-lc-rs", aws_lc_rs(warm, &samples)));
                // libcrux's AVX2 functions may be called only where there is AVX2.
                if Engine::avx2().is_some() {
                    contestants.push(("libcrux", libcrux(&samples)));
                }
                contestants.push(("fips204", fips204(warm, &samples)));
                contestants.push(("ml-dsa", rust_crypto(warm, &samples)));
                let figures = measure(&contestants, rounds);
                let cells: Vec<_> = figures
                    .iter()
                    .map(|(time, spread)| format!("{time:.1} ({:.0})", spread * 100.0))
                    .collect();
                println!("| {}, {message} B | {} |", set.id(), cells.join(" | "));
                for (index, name) in names.iter().enumerate() {
                    for ((peer, _), (time, _)) in contestants.iter().zip(&figures).skip(names.len()) {
                        ratios.insert((index, *name, message, set, case, *peer), time / figures[index].0);
                    }
                }
            }
        }
        println!();
    }
    // `ratio`: the default engine of this machine at 32 bytes; the others with their names and sizes.
    for ((index, name, message, set, case, peer), ratio) in ratios {
        match (index, message) {
            (0, 32) => println!("ratio {} {case} {peer} {ratio:.2}", set.id()),
            _ => println!("ratio[{name}, {message} B] {} {case} {peer} {ratio:.2}", set.id()),
        }
    }
}
