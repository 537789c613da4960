//! Which core verifies what.

use std::collections::BTreeMap;

use pars_mldsa::{Job, Key, ParameterSet};

/// Work in units of about a microsecond; only the proportions matter.
fn key_cost(set: ParameterSet) -> usize {
    match set {
        ParameterSet::MlDsa44 => 12,
        ParameterSet::MlDsa65 => 20,
        ParameterSet::MlDsa87 => 40,
    }
}

/// A signature under a prepared key; its message costs a permutation for every 136 bytes, four of them for a microsecond.
fn job_cost(job: &Job<'_>) -> usize {
    6_usize.saturating_add(job.message.len() / 1024)
}

/// Less than this is not worth a thread.
const WORTH_A_THREAD: usize = 200;

/// Splits jobs (by their numbers) into at most `workers` parts of about the same cost. Jobs of one encoded key stay
/// together, so that it is prepared once, unless there are more of them than one part may hold.
pub(crate) fn split(
    jobs: &[Job<'_>],
    numbers: impl IntoIterator<Item = usize>,
    workers: usize,
) -> Vec<Vec<usize>> {
    let mut groups = BTreeMap::<_, Vec<(usize, usize)>>::new();
    let mut total = 0_usize;
    for number in numbers {
        let Some(job) = jobs.get(number) else { continue };
        let (key, cost) = match job.key {
            Key::Encoded(set, public_key) => (Some((set, public_key)), key_cost(set)),
            Key::Prepared(_) => (None, 0),
        };
        let group = groups.entry(key).or_default();
        total = total.saturating_add(job_cost(job));
        if group.is_empty() {
            total = total.saturating_add(cost);
        }
        group.push((number, job_cost(job)));
    }
    let parts = workers.min(total / WORTH_A_THREAD).max(1);
    // Greedy: a part is filled up to its share, then the next one begins. Costs of single jobs are small beside it.
    let share = total.div_ceil(parts);
    let mut plan = Vec::new();
    let (mut part, mut weight) = (Vec::new(), 0_usize);
    for (key, group) in groups {
        weight = weight.saturating_add(key.map_or(0, |(set, _)| key_cost(set)));
        for (number, cost) in group {
            if weight >= share && plan.len().saturating_add(1) < parts {
                plan.push(std::mem::take(&mut part));
                weight = 0;
            }
            part.push(number);
            weight = weight.saturating_add(cost);
        }
    }
    plan.push(part);
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job<'a>(key: &'a [u8], message: &'a [u8]) -> Job<'a> {
        Job { key: Key::Encoded(ParameterSet::MlDsa65, key), message, context: b"", signature: b"" }
    }

    /// Every job stands in exactly one part, whatever the sizes.
    #[test]
    fn c7_a_plan_has_every_job_once() {
        let keys: Vec<[u8; 4]> = (0..40_u32).map(u32::to_be_bytes).collect();
        for size in [0, 1, 3, 4, 5, 31, 32, 33, 1024] {
            for distinct in [1, 2, 7, 40] {
                let jobs: Vec<_> = (0..size).map(|n| job(&keys[n % distinct], &[])).collect();
                for workers in [1, 2, 3, 64] {
                    let plan = split(&jobs, 0..size, workers);
                    assert!(!plan.is_empty() && plan.len() <= workers);
                    let mut all = plan.concat();
                    all.sort_unstable();
                    assert_eq!(all, (0..size).collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn parts_are_even_and_small_batches_stay_on_one_core() {
        let keys: Vec<[u8; 4]> = (0..1000_u32).map(u32::to_be_bytes).collect();
        let jobs: Vec<_> = keys.iter().map(|key| job(key, &[])).collect();
        let sizes: Vec<_> = split(&jobs, 0..1000, 4).iter().map(Vec::len).collect();
        assert_eq!(sizes.len(), 4);
        assert!(sizes.iter().all(|size| (240..=260).contains(size)), "{sizes:?}");
        assert_eq!(split(&jobs, 0..8, 4).len(), 1);
        // One key's thousand signatures are split as well.
        let jobs: Vec<_> = keys.iter().map(|_| job(b"", &[])).collect();
        assert_eq!(split(&jobs, 0..1000, 4).len(), 4);
        let numbers = split(&jobs, [5, 900], 4);
        assert_eq!(numbers, [[5, 900]]);
    }
}
