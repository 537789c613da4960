//! What a call will ask, before it is answered.

use parking_lot::Mutex;
use pars_mldsa::{ParameterSet, Verifier};

use crate::OwnedJob;

/// A verifier that takes every signature for valid and keeps what it was asked.
///
/// For finding out which signatures a call rests on, and whether anything *else* speaks against it. Only a call whose
/// outcome is thrown away may run with it.
#[derive(Debug, Default)]
pub struct Collector(Mutex<Vec<OwnedJob>>);

impl Collector {
    /// Everything it was asked since the last time, in order.
    #[must_use]
    pub fn take(&self) -> Vec<OwnedJob> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Verifier for Collector {
    fn verify(
        &self,
        set: ParameterSet,
        public_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool {
        self.0.lock().push(OwnedJob {
            set,
            public_key: public_key.to_vec(),
            message: message.to_vec(),
            context: context.to_vec(),
            signature: signature.to_vec(),
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_kept_as_it_was_asked() {
        let collector = Collector::default();
        assert!(collector.verify(ParameterSet::MlDsa44, b"key", b"message", b"context", b"signature"));
        assert!(collector.verify(ParameterSet::MlDsa87, b"", b"", b"", b""));
        let jobs = collector.take();
        let first = OwnedJob {
            set: ParameterSet::MlDsa44,
            public_key: b"key".to_vec(),
            message: b"message".to_vec(),
            context: b"context".to_vec(),
            signature: b"signature".to_vec(),
        };
        assert_eq!((jobs.len(), &jobs[0], jobs[1].set), (2, &first, ParameterSet::MlDsa87));
        assert!(collector.take().is_empty());
    }
}
