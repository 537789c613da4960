//! Prepared keys of signers who have signed before.

use std::sync::Arc;

use parking_lot::Mutex;
use pars_mldsa::{ParameterSet, PreparedKey};

use crate::generations::Generations;

/// Prepared keys by their whole public key, within a bound of bytes.
///
/// The *whole* key: Â depends on ρ alone and tr on everything, and two keys may well share ρ. A set is told by the
/// length. Only keys under which a signature was valid are put in ([`Ahead`](crate::Ahead) sees to it): a key costs
/// tens of kilobytes, and a stranger who could fill the cache with arbitrary bytes would empty it of the others.
pub struct KeyCache {
    keys: Mutex<Generations<Box<[u8]>, Arc<PreparedKey>>>,
}

/// Bytes that an entry takes beside the prepared key and the public key: map, box, counters.
const OVERHEAD: usize = 128;

impl KeyCache {
    /// Holds at most `bytes` of keys; 0 keeps none.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { keys: Mutex::new(Generations::new(bytes / 2)) }
    }

    /// The prepared key, if it is there.
    #[must_use]
    pub fn get(&self, set: ParameterSet, public_key: &[u8]) -> Option<Arc<PreparedKey>> {
        // No key of a wrong length is ever put in; asked for under another set's name, a right one is wrong too.
        if public_key.len() != set.public_key_len() {
            return None;
        }
        self.keys.lock().get(public_key)
    }

    /// Keeps a key under which a signature was valid.
    pub(crate) fn insert(&self, public_key: &[u8], key: Arc<PreparedKey>) {
        let weight = key.size().saturating_add(public_key.len()).saturating_add(OVERHEAD);
        self.keys.lock().insert(public_key.into(), key, weight);
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.keys.lock().weight()
    }

    /// Keys held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.lock().len()
    }

    /// Is there no key?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
