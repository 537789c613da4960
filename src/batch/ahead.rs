//! Verification over all cores, with what was learnt before.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use pars_mldsa::{Engine, Job, Key, ParameterSet, PreparedKey, Verdicts, Verifier};

use crate::{KeyCache, Statement, VerdictCache, plan};

/// Keys that one worker holds prepared at a time: 512 KiB at most, which stay in its core's cache. With 4 MiB two workers
/// were 1.45 times as fast as one instead of 1.85: allocators give such amounts back, and every page came anew.
const KEYS_AT_A_TIME: usize = 8;

/// How much an [`Ahead`] may take.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Bytes of prepared keys: 36 KiB for an ML-DSA-65 key.
    pub key_bytes: usize,
    /// Verdicts kept: about 100 bytes each.
    pub verdicts: usize,
    /// Threads that verify a batch, the caller's among them. Small batches take fewer.
    pub workers: NonZeroUsize,
}

impl Default for Config {
    /// 64 MiB of keys (1,800 of ML-DSA-65), 65,536 verdicts, all cores.
    fn default() -> Self {
        let workers = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { key_bytes: 64 << 20, verdicts: 1 << 16, workers }
    }
}

/// Verifies ahead of execution: batches go in, and execution asks the same object as a [`Verifier`].
///
/// It may be shared between threads. It has no threads of its own: a batch borrows some while it runs and gives them
/// back, so that batches inside batches, or inside another pool, do not wait for each other.
pub struct Ahead {
    engine: Engine,
    keys: KeyCache,
    verdicts: VerdictCache,
    workers: NonZeroUsize,
}

/// A job whose answer is not known yet.
#[derive(Clone, Copy)]
struct Open<'a> {
    job: Job<'a>,
    statement: Statement,
}

/// The open jobs of one key, with their numbers.
type Group<'a> = ((ParameterSet, &'a [u8]), Vec<(usize, Open<'a>)>);

impl Ahead {
    /// Empty caches over an engine.
    #[must_use]
    pub fn new(engine: Engine, config: Config) -> Self {
        let (keys, verdicts) = (KeyCache::new(config.key_bytes), VerdictCache::new(config.verdicts));
        Self { engine, keys, verdicts, workers: config.workers }
    }

    /// The prepared keys.
    #[must_use]
    pub fn keys(&self) -> &KeyCache {
        &self.keys
    }

    /// The verdicts; other schemes may keep theirs here as well.
    #[must_use]
    pub fn verdicts(&self) -> &VerdictCache {
        &self.verdicts
    }

    /// Answers all jobs, in their order, as [`Verifier::verify`] would one by one; what is valid is remembered.
    ///
    /// Verdicts of jobs with [`Key::Prepared`] are not remembered: such a job does not say its key's bytes.
    #[must_use]
    pub fn verify_batch(&self, jobs: &[Job<'_>]) -> Verdicts {
        let parts = plan::split(jobs, 0..jobs.len(), self.workers.get());
        let mut verdicts = vec![false; jobs.len()];
        let answers = match parts.as_slice() {
            [part] => vec![self.verify_part(jobs, part)],
            parts => std::thread::scope(|scope| {
                let (last, others) = match parts.split_last() {
                    Some((last, others)) => (last.as_slice(), others),
                    None => (&[][..], parts),
                };
                let threads: Vec<_> =
                    others.iter().map(|part| (part, scope.spawn(|| self.verify_part(jobs, part)))).collect();
                let mut answers = vec![self.verify_part(jobs, last)];
                for (part, thread) in threads {
                    // A worker that died has answered nothing: its part is verified here.
                    answers.push(thread.join().unwrap_or_else(|_| self.verify_part(jobs, part)));
                }
                answers
            }),
        };
        for (number, answer) in answers.into_iter().flatten() {
            if let Some(verdict) = verdicts.get_mut(number) {
                *verdict = answer;
            }
        }
        Verdicts::from(verdicts)
    }

    /// Answers the jobs of these numbers, each with its number.
    fn verify_part(&self, jobs: &[Job<'_>], numbers: &[usize]) -> Vec<(usize, bool)> {
        let mut answers = Vec::new();
        let mut prepared = Vec::new();
        let mut by_key = BTreeMap::<_, Vec<(usize, Open<'_>)>>::new();
        for &number in numbers {
            let Some(&job) = jobs.get(number) else { continue };
            match job.key {
                Key::Prepared(_) => prepared.push((number, job)),
                Key::Encoded(set, key) => {
                    let statement = Statement::ml_dsa(set, key, job.message, job.context, job.signature);
                    if self.verdicts.holds(&statement) {
                        answers.push((number, true));
                    } else {
                        by_key.entry((set, key)).or_default().push((number, Open { job, statement }));
                    }
                }
            }
        }
        let (numbers, jobs): (Vec<_>, Vec<_>) = prepared.into_iter().unzip();
        answers.extend(numbers.into_iter().zip(self.engine.verify_batch(&jobs).iter()));
        let mut groups = by_key.into_iter();
        loop {
            let groups: Vec<_> = groups.by_ref().take(KEYS_AT_A_TIME).collect();
            if groups.is_empty() {
                return answers;
            }
            self.verify_groups(&groups, &mut answers);
        }
    }

    /// Answers open jobs, grouped by key.
    fn verify_groups(&self, groups: &[Group<'_>], answers: &mut Vec<(usize, bool)>) {
        let mut keys: Vec<Option<Arc<PreparedKey>>> =
            groups.iter().map(|((set, key), _)| self.keys.get(*set, key)).collect();
        let hits: Vec<bool> = keys.iter().map(Option::is_some).collect();
        let missing: Vec<_> =
            groups.iter().zip(&hits).filter(|(_, hit)| !**hit).map(|((key, _), _)| *key).collect();
        let mut new = self.engine.prepare_batch(&missing).into_iter();
        for key in keys.iter_mut().filter(|key| key.is_none()) {
            *key = new.next().flatten().map(Arc::new);
        }
        // A key of a wrong length has no valid signature, and no job below.
        let open: Vec<_> = groups
            .iter()
            .zip(&keys)
            .filter_map(|((_, group), key)| Some((group, key.as_deref()?)))
            .flat_map(|(group, key)| {
                group.iter().map(move |(_, open)| Job { key: Key::Prepared(key), ..open.job })
            })
            .collect();
        let verdicts = self.engine.verify_batch(&open);
        let mut verdicts = verdicts.iter();
        for (((_, public_key), group), (key, hit)) in groups.iter().zip(keys.iter().zip(hits)) {
            let mut any = false;
            for (number, open) in group {
                let valid = key.is_some() && verdicts.next().unwrap_or(false);
                answers.push((*number, valid));
                if valid {
                    any = true;
                    self.verdicts.keep_valid(open.statement);
                }
            }
            if let (true, false, Some(key)) = (any, hit, key) {
                self.keys.insert(public_key, Arc::clone(key));
            }
        }
    }
}

impl Verifier for Ahead {
    fn verify(
        &self,
        set: ParameterSet,
        public_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool {
        let statement = Statement::ml_dsa(set, public_key, message, context, signature);
        if self.verdicts.holds(&statement) {
            return true;
        }
        let known = self.keys.get(set, public_key);
        let new = known.is_none();
        let Some(key) = known.or_else(|| self.engine.prepare(set, public_key).map(Arc::new)) else {
            return false;
        };
        let valid = self.engine.verify_prepared(&key, message, context, signature);
        if valid {
            self.verdicts.keep_valid(statement);
            if new {
                self.keys.insert(public_key, key);
            }
        }
        valid
    }
}

impl std::fmt::Debug for Ahead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ahead")
            .field("engine", &self.engine)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}
