//! What is known ahead changes no answer: with caches full, empty, tiny or none, on one core or many.

mod bounds;
mod known_answers;
mod shift;

use std::num::NonZeroUsize;

use pars_batch::{Ahead, Config};
use pars_mldsa::{Engine, Job, Key, ParameterSet, SigningKey, Verifier};

/// A statement and what makes it up.
#[derive(Clone, PartialEq, Eq)]
struct Case {
    set: ParameterSet,
    public_key: Vec<u8>,
    message: Vec<u8>,
    context: Vec<u8>,
    signature: Vec<u8>,
}

impl Case {
    /// A signature by the key of a seed.
    fn honest(set: ParameterSet, seed: u8, message: &[u8], context: &[u8]) -> Self {
        let key = SigningKey::from_seed(set, &[seed; 32]);
        let signature = key.sign(message, context, &[0; 32]).expect("a legal context");
        Self {
            set,
            public_key: key.public_key().to_vec(),
            message: message.to_vec(),
            context: context.to_vec(),
            signature,
        }
    }

    fn job(&self) -> Job<'_> {
        Job {
            key: Key::Encoded(self.set, &self.public_key),
            message: &self.message,
            context: &self.context,
            signature: &self.signature,
        }
    }

    fn verify(&self, ahead: &Ahead) -> bool {
        ahead.verify(self.set, &self.public_key, &self.message, &self.context, &self.signature)
    }

    /// Answers without any cache.
    fn truth(&self) -> bool {
        pars_mldsa::verify(self.set, &self.public_key, &self.message, &self.context, &self.signature)
    }
}

fn ahead(workers: usize, key_bytes: usize, verdicts: usize) -> Ahead {
    let workers = NonZeroUsize::new(workers).expect("at least one");
    Ahead::new(Engine::new(), Config { key_bytes, verdicts, workers })
}

/// Every kind of host: roomy, without caches, with room for one key and a few verdicts; on one to three cores.
fn hosts() -> Vec<(&'static str, Ahead)> {
    vec![
        ("roomy", ahead(1, 64 << 20, 1 << 16)),
        ("roomy, 3 cores", ahead(3, 64 << 20, 1 << 16)),
        ("no caches, 2 cores", ahead(2, 0, 0)),
        ("no verdicts", ahead(1, 64 << 20, 0)),
        ("no keys", ahead(1, 0, 1 << 16)),
        ("tiny, 2 cores", ahead(2, 150 << 10, 64)),
    ]
}
