//! Every way this crate can answer, each as a [`Verifier`], so that every test runs on each of them apart.

use std::io::Write;

use pars_mldsa::{Engine, Job, Key, ParameterSet, PreparedKey, Reference, SigningKey, Verifier};

use crate::oracles::Case;

/// Every backend by name; each runs the known answers and the boundaries separately.
pub(crate) fn backends() -> Vec<(String, Box<dyn Verifier>)> {
    let mut backends: Vec<(String, Box<dyn Verifier>)> = vec![("reference".to_owned(), Box::new(Reference))];
    for engine in engines() {
        backends.push((engine.name().to_owned(), Box::new(engine)));
        backends.push((format!("{}, prepared", engine.name()), Box::new(Prepared(engine))));
        for lane in 0..4 {
            let name = format!("{}, batch, lane {lane}", engine.name());
            backends.push((name, Box::new(Lane { engine, lane, companions: companions(engine, lane == 3) })));
        }
    }
    backends
}

/// The default is the last of those there are.
#[test]
fn c5_the_default_engine_is_the_fastest_there_is() {
    assert_eq!(engines().last().map(Engine::name), Some(Engine::new().name()));
    assert_eq!(Engine::default().name(), Engine::new().name());
    assert_eq!(Engine::portable().name(), "portable");
}

/// The engine on every backend that this machine has.
pub(crate) fn engines() -> Vec<Engine> {
    let vectors = [("avx2", Engine::avx2()), ("avx512", Engine::avx512())];
    for (name, _) in vectors.iter().filter(|(_, engine)| engine.is_none()) {
        // Not eprintln!: the harness would swallow it.
        writeln!(std::io::stderr().lock(), "\n*** NOT RUN: {name}: this processor has none ***\n")
            .expect("stderr");
    }
    [Engine::portable()].into_iter().chain(vectors.into_iter().filter_map(|(_, engine)| engine)).collect()
}

/// Verifies under a key that is prepared first.
struct Prepared(Engine);

impl Verifier for Prepared {
    fn verify(
        &self,
        set: ParameterSet,
        key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool {
        let prepared = self.0.prepare(set, key);
        assert_eq!(prepared.is_some(), key.len() == set.public_key_len());
        prepared.is_some_and(|key| self.0.verify_prepared(&key, message, context, signature))
    }
}

/// Verifies as one of four signatures: three honest ones of other sets run in the other lanes, and must be found valid
/// whatever stands beside them. Their keys are prepared, which is faster; but for one in the last lane's batch, so that
/// there the key under test shares permutations with another while its matrix is sampled.
struct Lane {
    engine: Engine,
    lane: usize,
    companions: Vec<(Case, Option<PreparedKey>)>,
}

/// An honest signature of each set, with messages of different lengths.
fn companions(engine: Engine, one_cold: bool) -> Vec<(Case, Option<PreparedKey>)> {
    ParameterSet::ALL
        .into_iter()
        .zip([0, 200, 1000])
        .map(|(set, len)| {
            let case = honest(set, &[0x4a; 32], &vec![set.id(); len], b"companion");
            let key = engine.prepare(set, &case.public_key).expect("a right length");
            (case, (set != ParameterSet::MlDsa44 || !one_cold).then_some(key))
        })
        .collect()
}

/// A signature by the key of a seed.
pub(crate) fn honest(set: ParameterSet, seed: &[u8; 32], message: &[u8], context: &[u8]) -> Case {
    let key = SigningKey::from_seed(set, seed);
    let signature = key.sign(message, context, &[0; 32]).expect("a legal context");
    Case {
        set,
        public_key: key.public_key().to_vec(),
        message: message.to_vec(),
        context: context.to_vec(),
        signature,
    }
}

impl Verifier for Lane {
    fn verify(
        &self,
        set: ParameterSet,
        key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool {
        let mut jobs: Vec<Job<'_>> =
            self.companions.iter().map(|(case, key)| case.job_under(key.as_ref())).collect();
        jobs.insert(self.lane, Job { key: Key::Encoded(set, key), message, context, signature });
        let verdicts = self.engine.verify_batch(&jobs);
        assert_eq!(verdicts.len(), 4);
        for (index, verdict) in verdicts.iter().enumerate() {
            assert!(verdict || index == self.lane, "a neighbour changed the verdict of lane {index}");
        }
        verdicts.get(self.lane).expect("four verdicts")
    }
}
