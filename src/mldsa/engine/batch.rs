//! Many verifications at once: grouped by key, their sponges four wide across signatures.

use std::collections::BTreeMap;

use pars_keccak::LANES;

use crate::ParameterSet;

use super::backend::Backend;
use super::key::{Preparation, PreparedKey, prepare};
use super::lanes::run;
use super::verify::{Claim, Work};

/// Signatures whose hashes run together: a multiple of the lanes, and few enough to stay in the first-level cache.
const TOGETHER: usize = 8;

/// The key of a [`Job`].
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// An encoded public key of a set, as in [`Verifier::verify`](crate::Verifier::verify).
    Encoded(ParameterSet, &'a [u8]),
    /// A key prepared before.
    Prepared(&'a PreparedKey),
}

/// One question of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Whose signature it is said to be.
    pub key: Key<'a>,
    /// What is said to be signed.
    pub message: &'a [u8],
    /// Under which context; at most [`MAX_CONTEXT_LEN`](crate::MAX_CONTEXT_LEN) bytes.
    pub context: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

/// The answers to a batch: one for each job, in the order of the jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(Vec<bool>);

impl Verdicts {
    /// The answer to job `index`; `None` where the batch had no such job.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<bool> {
        self.0.get(index).copied()
    }

    /// How many jobs were answered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Was the batch empty?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The answers in the order of the jobs.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = bool> + '_ {
        self.0.iter().copied()
    }

    /// Are all signatures valid? True for an empty batch.
    #[must_use]
    pub fn all_valid(&self) -> bool {
        self.0.iter().all(|&valid| valid)
    }
}

/// Answers that were put together elsewhere.
impl From<Vec<bool>> for Verdicts {
    fn from(verdicts: Vec<bool>) -> Self {
        Self(verdicts)
    }
}

impl From<Verdicts> for Vec<bool> {
    fn from(verdicts: Verdicts) -> Self {
        verdicts.0
    }
}

/// A job that decodes; `verdict` is where its answer goes, so an answer cannot go to another job.
struct Open<'a, 'v> {
    claim: Claim<'a>,
    verdict: &'v mut bool,
}

/// Answers all jobs.
pub(super) fn verify_batch<B: Backend>(backend: B, jobs: &[Job<'_>]) -> Verdicts {
    let mut verdicts = vec![false; jobs.len()];
    answer(backend, jobs, &mut verdicts);
    Verdicts(verdicts)
}

/// Answers all jobs into `verdicts`, which are as many and all false.
fn answer<B: Backend>(backend: B, jobs: &[Job<'_>], verdicts: &mut [bool]) {
    let mut prepared = Vec::new();
    let mut encoded = BTreeMap::<_, Vec<_>>::new();
    for (job, verdict) in jobs.iter().zip(verdicts) {
        let set = match job.key {
            Key::Encoded(set, _) => set,
            Key::Prepared(key) => key.parameter_set(),
        };
        let Some(claim) = Claim::decode(set, job.message, job.context, job.signature) else { continue };
        let open = Open { claim, verdict };
        match job.key {
            Key::Encoded(_, public_key) => encoded.entry((set, public_key)).or_default().push(open),
            Key::Prepared(key) => prepared.push((key, open)),
        }
    }
    verify_open(backend, prepared);
    // As many keys at a time as there are lanes: their matrices fit the second-level cache. And always in the same
    // memory: the system would take so much back and hand it out again, page by page, every time.
    let mut encoded = encoded.into_iter();
    let mut spare = Vec::new();
    loop {
        let (preparations, groups): (Vec<_>, Vec<_>) = encoded
            .by_ref()
            .filter_map(|((set, public_key), group)| {
                let memory = spare.pop().unwrap_or(PreparedKey::empty());
                Some((Preparation::over(set, public_key, memory)?, group))
            })
            .take(LANES)
            .unzip();
        if preparations.is_empty() {
            return;
        }
        let keys = prepare(backend, preparations);
        let open =
            keys.iter().zip(groups).flat_map(|(key, group)| group.into_iter().map(move |open| (key, open)));
        verify_open(backend, open.collect());
        spare = keys;
    }
}

/// Answers jobs whose keys are prepared.
fn verify_open<B: Backend>(backend: B, mut jobs: Vec<(&PreparedKey, Open<'_, '_>)>) {
    let mut works = [const { Work::new() }; TOGETHER];
    for jobs in jobs.chunks_mut(TOGETHER) {
        let tasks =
            works.iter_mut().zip(&*jobs).flat_map(|(work, (key, open))| work.first_tasks(key, &open.claim));
        run(backend, tasks);
        for (work, (key, open)) in works.iter_mut().zip(&mut *jobs) {
            *open.verdict = work.commit(backend, key, &open.claim);
        }
        let in_bounds = works.iter_mut().zip(&*jobs).filter(|(_, (_, open))| *open.verdict);
        run(backend, in_bounds.map(|(work, (_, open))| work.last_task(&open.claim)));
        for (work, (_, open)) in works.iter().zip(jobs) {
            *open.verdict = *open.verdict && work.challenge_holds(&open.claim);
        }
    }
}
