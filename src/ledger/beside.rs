//! Two things at the same time.

use std::thread;

/// `there` on a second thread while `here` runs on this one; afterwards, where the system refuses a thread.
pub(crate) fn beside<A: Send, B>(there: impl Fn() -> A + Sync, here: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let second = thread::Builder::new().spawn_scoped(scope, &there);
        let here = here();
        (second.ok().and_then(|second| second.join().ok()).unwrap_or_else(&there), here)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_done_on_another_thread() {
        let id = || thread::current().id();
        let (there, here) = beside(id, id);
        assert_eq!(here, id());
        assert_ne!(there, here);
    }

    /// What is done on the second thread is not lost with it.
    #[test]
    fn a_thread_that_dies_is_replaced() {
        let here = thread::current().id();
        let there = || {
            assert_eq!(thread::current().id(), here, "dies elsewhere");
            7
        };
        assert_eq!(beside(there, || 8), (7, 8));
    }
}
