//! What was found valid.

use parking_lot::Mutex;
use pars_mldsa::ParameterSet;

use crate::generations::Generations;

/// The hash of everything that a verdict depends on, with the scheme's name.
///
/// BLAKE3 of the name and every part, each behind its length, under a context of its own: no two lists of parts give
/// the same bytes, and no hash made elsewhere is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Statement([u8; 32]);

impl Statement {
    /// That `parts` verify under `scheme`. The parts are *all* inputs of the verification, always in the same order:
    /// key, message and signature at least.
    #[must_use]
    pub fn new(scheme: &str, parts: &[&[u8]]) -> Self {
        // Joined first: BLAKE3 hashes several kilobytes of one slice in parallel, and part by part it could not.
        let mut bytes = Vec::new();
        for part in [scheme.as_bytes()].iter().chain(parts) {
            bytes.extend_from_slice(&part.len().to_be_bytes());
            bytes.extend_from_slice(part);
        }
        Self(blake3::derive_key("pars.batch.statement.v1", &bytes))
    }

    /// That `signature` is one of `message` under an ML-DSA key and a context.
    #[must_use]
    pub fn ml_dsa(
        set: ParameterSet,
        public_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> Self {
        Self::new("ML-DSA", &[&[set.id()], public_key, message, context, signature])
    }
}

/// Shards, each behind its own lock: a power of two, more than a machine has cores at work here.
const SHARDS: usize = 16;

/// Statements that were found true. There is no way to keep that one was found false: "not here" means "verify".
pub struct VerdictCache {
    shards: [Mutex<Generations<Statement, ()>>; SHARDS],
}

impl VerdictCache {
    /// Holds at most `statements`, rounded down to a multiple of 32; each takes about 100 bytes.
    #[must_use]
    pub fn new(statements: usize) -> Self {
        let half = statements / SHARDS / 2;
        Self { shards: std::array::from_fn(|_| Mutex::new(Generations::new(half))) }
    }

    /// Was the statement found true? `false` says nothing about it.
    #[must_use]
    pub fn holds(&self, statement: &Statement) -> bool {
        self.shard(statement).is_some_and(|shard| shard.lock().get(statement).is_some())
    }

    /// Keeps a statement. The caller has just verified it: whatever stands here is believed.
    pub fn keep_valid(&self, statement: Statement) {
        if let Some(shard) = self.shard(&statement) {
            shard.lock().insert(statement, (), 1);
        }
    }

    /// Statements held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// Is there no statement?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, statement: &Statement) -> Option<&Mutex<Generations<Statement, ()>>> {
        let [first, ..] = statement.0;
        self.shards.get(usize::from(first) % SHARDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c6_parts_do_not_run_together() {
        let statements = [
            Statement::new("A", &[b"bc", b"d"]),
            Statement::new("A", &[b"b", b"cd"]),
            Statement::new("A", &[b"bcd"]),
            Statement::new("A", &[b"bc", b"d", b""]),
            Statement::new("A", &[b"", b"bc", b"d"]),
            Statement::new("Ab", &[b"c", b"d"]),
            Statement::new("", &[b"A", b"bc", b"d"]),
        ];
        for (index, one) in statements.iter().enumerate() {
            assert!(statements.iter().skip(index + 1).all(|other| one != other), "{index}");
        }
        assert_eq!(statements[0], Statement::new("A", &[b"bc", b"d"]));
    }

    #[test]
    fn c6_only_what_was_kept_holds_and_the_number_is_bounded() {
        let cache = VerdictCache::new(1024);
        let statement = |number: u32| Statement::new("test", &[&number.to_be_bytes()]);
        for number in 0..10_000 {
            assert!(!cache.holds(&statement(number)));
            cache.keep_valid(statement(number));
            assert!(cache.holds(&statement(number)));
            assert!(cache.len() <= 1024);
        }
        assert!(cache.len() > 256);
        let none = VerdictCache::new(31);
        none.keep_valid(statement(1));
        assert!(!none.holds(&statement(1)) && none.is_empty());
    }
}
