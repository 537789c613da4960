//! From many threads' questions to batches.

use std::sync::{Arc, OnceLock};

use parking_lot::{Condvar, Mutex};
use pars_mldsa::{Job, Key, ParameterSet, Verdicts, Verifier};

use crate::Ahead;

/// Jobs that one batch takes; more wait for the next. A batch of so many takes some 15 ms on one core.
const BATCH: usize = 1_024;

/// What one verification needs, owned: it waits for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedJob {
    /// Parameter set.
    pub set: ParameterSet,
    /// Public key, encoded (FIPS 204 Algorithm 22).
    pub public_key: Vec<u8>,
    /// Message.
    pub message: Vec<u8>,
    /// Context string.
    pub context: Vec<u8>,
    /// Signature, encoded (FIPS 204 Algorithm 26).
    pub signature: Vec<u8>,
}

impl OwnedJob {
    /// The same, borrowed.
    #[must_use]
    pub fn job(&self) -> Job<'_> {
        Job {
            key: Key::Encoded(self.set, &self.public_key),
            message: &self.message,
            context: &self.context,
            signature: &self.signature,
        }
    }
}

/// One caller's jobs and, in the end, their answers; `None` when the batch they were in was broken off.
#[derive(Debug)]
struct Ticket {
    jobs: Vec<OwnedJob>,
    answer: OnceLock<Option<Vec<bool>>>,
}

#[derive(Debug, Default)]
struct Desk {
    waiting: Vec<Arc<Ticket>>,
    running: bool,
}

/// Makes batches of what many threads ask at the same time.
///
/// Nobody waits for a batch to fill: whoever finds none running starts one with all that waits, and what comes in
/// meanwhile makes up the next. Alone, a caller is served at once; under load batches grow by themselves.
pub struct Gather {
    ahead: Arc<Ahead>,
    desk: Mutex<Desk>,
    turn: Condvar,
}

impl Gather {
    /// Batches over `ahead`, whose verdicts are there for whoever asks it afterwards.
    #[must_use]
    pub fn new(ahead: Arc<Ahead>) -> Self {
        Self { ahead, desk: Mutex::default(), turn: Condvar::new() }
    }

    /// Answers all jobs in their order, exactly as [`Verifier::verify`] would one by one.
    #[must_use]
    pub fn verify(&self, jobs: Vec<OwnedJob>) -> Verdicts {
        self.verify_with(jobs, |jobs| self.ahead.verify_batch(jobs))
    }

    fn verify_with(&self, jobs: Vec<OwnedJob>, run: impl Fn(&[Job<'_>]) -> Verdicts) -> Verdicts {
        let ticket = Arc::new(Ticket { jobs, answer: OnceLock::new() });
        let mut desk = self.desk.lock();
        desk.waiting.push(ticket.clone());
        while ticket.answer.get().is_none() {
            if desk.running {
                self.turn.wait(&mut desk);
                continue;
            }
            desk.running = true;
            let tickets = next_batch(&mut desk.waiting);
            drop(desk);
            let batch = Running { gather: self, tickets };
            let jobs: Vec<_> =
                batch.tickets.iter().flat_map(|ticket| &ticket.jobs).map(OwnedJob::job).collect();
            let verdicts = run(&jobs);
            let mut verdicts = verdicts.iter();
            for ticket in &batch.tickets {
                let own: Vec<_> = verdicts.by_ref().take(ticket.jobs.len()).collect();
                // Only the leader of the batch sets it.
                let _ = ticket.answer.set((own.len() == ticket.jobs.len()).then_some(own));
            }
            drop(batch);
            desk = self.desk.lock();
        }
        drop(desk);
        match ticket.answer.get() {
            Some(Some(answer)) => Verdicts::from(answer.clone()),
            _ => Verdicts::from(ticket.jobs.iter().map(|job| self.alone(job)).collect::<Vec<_>>()),
        }
    }

    fn alone(&self, job: &OwnedJob) -> bool {
        self.ahead.verify(job.set, &job.public_key, &job.message, &job.context, &job.signature)
    }
}

impl std::fmt::Debug for Gather {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gather").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

/// The first tickets, as many as fit into a batch; one at least, however large.
fn next_batch(waiting: &mut Vec<Arc<Ticket>>) -> Vec<Arc<Ticket>> {
    let mut jobs = 0_usize;
    let fit = waiting
        .iter()
        .take_while(|ticket| {
            jobs = jobs.saturating_add(ticket.jobs.len());
            jobs <= BATCH
        })
        .count();
    waiting.drain(..fit.max(1).min(waiting.len())).collect()
}

/// A batch under way. However it ends, the next one may begin, and nobody waits for answers that will not come.
struct Running<'a> {
    gather: &'a Gather,
    tickets: Vec<Arc<Ticket>>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        for ticket in &self.tickets {
            // No effect where an answer stands.
            let _ = ticket.answer.set(None);
        }
        self.gather.desk.lock().running = false;
        self.gather.turn.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use pars_mldsa::{Engine, SigningKey};
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::atomic::{AtomicUsize, Ordering},
    };

    fn gather() -> Gather {
        Gather::new(Arc::new(Ahead::new(Engine::new(), Config::default())))
    }

    /// Job `number`, valid where the number is even.
    fn job(number: u8) -> OwnedJob {
        let set = ParameterSet::ALL[usize::from(number) % 3];
        let key = SigningKey::from_seed(set, &[number; 32]);
        let message = vec![number; usize::from(number)];
        let mut signature = key.sign(&message, b"gather", &[0; 32]).unwrap().to_vec();
        signature[0] ^= number & 1;
        OwnedJob {
            set,
            public_key: key.public_key().to_vec(),
            message,
            context: b"gather".to_vec(),
            signature,
        }
    }

    /// Waits until so many tickets stand in the queue.
    fn until_waiting(gather: &Gather, tickets: usize) {
        while gather.desk.lock().waiting.len() < tickets {
            std::thread::yield_now();
        }
    }

    #[test]
    fn c7_everybody_gets_their_own_answers_and_waiting_jobs_share_a_batch() {
        const CALLERS: u8 = 12;
        let (gather, batches) = (gather(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            // The first batch does not end before all others wait.
            let first = scope.spawn(|| {
                gather.verify_with(vec![job(0)], |jobs| {
                    batches.fetch_add(1, Ordering::SeqCst);
                    until_waiting(&gather, usize::from(CALLERS) - 1);
                    gather.ahead.verify_batch(jobs)
                })
            });
            while batches.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            let callers: Vec<_> = (1..CALLERS)
                .map(|caller| {
                    let (gather, batches) = (&gather, &batches);
                    scope.spawn(move || {
                        // One to three jobs each, and one caller with none.
                        let jobs: Vec<_> = (0..caller % 4).map(|index| job(caller * 4 + index)).collect();
                        let expected: Vec<_> = (0..caller % 4).map(|index| index % 2 == 0).collect();
                        let verdicts = gather.verify_with(jobs, |jobs| {
                            batches.fetch_add(1, Ordering::SeqCst);
                            gather.ahead.verify_batch(jobs)
                        });
                        assert_eq!(verdicts.iter().collect::<Vec<_>>(), expected, "caller {caller}");
                    })
                })
                .collect();
            assert!(first.join().unwrap().all_valid());
            callers.into_iter().for_each(|caller| caller.join().unwrap());
        });
        assert_eq!(batches.into_inner(), 2, "all that waited for the first went together");
        assert!(gather.ahead.verdicts().len() > 1, "execution finds what was found valid");
    }

    #[test]
    fn c7_a_batch_that_breaks_leaves_nobody_without_an_answer() {
        let gather = gather();
        std::thread::scope(|scope| {
            let broken = scope.spawn(|| {
                let run = |_: &[Job<'_>]| -> Verdicts {
                    until_waiting(&gather, 1);
                    panic!("broken on purpose");
                };
                catch_unwind(AssertUnwindSafe(|| gather.verify_with(vec![job(1)], run))).is_err()
            });
            while !gather.desk.lock().running {
                std::thread::yield_now();
            }
            assert!(gather.verify(vec![job(2)]).all_valid());
            assert!(broken.join().unwrap());
        });
        // A batch with too few answers is settled one by one.
        let too_few = gather.verify_with(vec![job(4), job(5)], |_| Verdicts::from(vec![false]));
        assert_eq!(too_few.iter().collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_batch_is_bounded_and_takes_one_caller_at_least() {
        let tickets = |sizes: &[usize]| -> Vec<Arc<Ticket>> {
            let empty = OwnedJob {
                set: ParameterSet::MlDsa44,
                public_key: Vec::new(),
                message: Vec::new(),
                context: Vec::new(),
                signature: Vec::new(),
            };
            let ticket = |&size: &usize| Ticket { jobs: vec![empty.clone(); size], answer: OnceLock::new() };
            sizes.iter().map(ticket).map(Arc::new).collect()
        };
        let mut waiting = tickets(&[1_000, 24, 1, 5_000, 0, 1]);
        let sizes: Vec<_> = std::iter::from_fn(|| {
            let batch = next_batch(&mut waiting);
            (!batch.is_empty()).then(|| batch.iter().map(|ticket| ticket.jobs.len()).collect::<Vec<_>>())
        })
        .collect();
        assert_eq!(sizes, [vec![1_000, 24], vec![1], vec![5_000], vec![0, 1]]);
    }
}
