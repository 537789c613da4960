//! What verification computes from a public key alone.

use crate::ParameterSet;

use super::backend::Backend;
use super::encoding::{split_public_key, unpack_t1};
use super::lanes::{Input, Message, Task, run};
use super::parameters::{Parameters, RHO_LEN, T1_LEN};
use super::ring::Poly;

/// A public key with everything that depends on it alone: Â, NTT(t1·2^d) and tr.
///
/// Computing it is most of the work of a verification (FIPS 204 Algorithm 8 lines 1, 5 and 6). It depends on *every*
/// byte of the key: whoever keeps prepared keys finds them by the whole key, never by ρ, which keys may share.
#[derive(Clone, PartialEq, Eq)]
pub struct PreparedKey {
    pub(super) parameters: Parameters,
    /// Â, row after row: k·ℓ polynomials in the NTT domain, coefficients in [0, q).
    pub(super) matrix: Vec<Poly>,
    /// NTT(t1·2^d): k polynomials, lazy.
    pub(super) t1: Vec<Poly>,
    /// H(pk, 64).
    pub(super) tr: [u8; 64],
}

impl PreparedKey {
    /// The parameter set of the key.
    #[must_use]
    pub const fn parameter_set(&self) -> ParameterSet {
        self.parameters.set
    }

    /// Bytes that this key takes in memory, for whoever bounds a cache: 20, 36 and 64 KiB, and a little.
    #[must_use]
    pub fn size(&self) -> usize {
        let polys = self.matrix.capacity().saturating_add(self.t1.capacity());
        polys.saturating_mul(size_of::<Poly>()).saturating_add(size_of::<Self>())
    }

    /// Without polynomials, for [`Preparation::over`].
    pub(super) const fn empty() -> Self {
        let parameters = Parameters::of(ParameterSet::MlDsa44);
        Self { parameters, matrix: Vec::new(), t1: Vec::new(), tr: [0; 64] }
    }

    /// The rows of Â with their polynomial of NTT(t1·2^d).
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[Poly], &Poly)> {
        self.matrix.chunks_exact(self.parameters.l).zip(&self.t1)
    }
}

/// Prints the set and nothing else.
impl core::fmt::Debug for PreparedKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PreparedKey").field("parameter_set", &self.parameters.set).finish_non_exhaustive()
    }
}

/// A key whose bytes are split and whose polynomials are still empty.
pub(super) struct Preparation<'a> {
    public_key: &'a [u8],
    rho: &'a [u8; RHO_LEN],
    t1: &'a [[u8; T1_LEN]],
    key: PreparedKey,
}

impl<'a> Preparation<'a> {
    /// `None` for a wrong length.
    pub(super) fn new(set: ParameterSet, public_key: &'a [u8]) -> Option<Self> {
        Self::over(set, public_key, PreparedKey::empty())
    }

    /// [`Self::new`] in the memory of a key that is done with. Every coefficient is written again.
    pub(super) fn over(set: ParameterSet, public_key: &'a [u8], mut key: PreparedKey) -> Option<Self> {
        key.parameters = Parameters::of(set);
        let (rho, t1) = split_public_key(&key.parameters, public_key)?;
        key.matrix.resize(key.parameters.k.checked_mul(key.parameters.l)?, Poly::ZERO);
        key.t1.resize(key.parameters.k, Poly::ZERO);
        Some(Self { public_key, rho, t1, key })
    }

    /// The sponges of Algorithm 8 lines 5 (Algorithm 32, ExpandA) and 6, and line 7 in the same lane as line 6 if the
    /// message is at hand.
    pub(super) fn tasks<'t>(
        &'t mut self,
        message: Option<(Message<'t>, &'t mut [u8; 64])>,
    ) -> impl Iterator<Item = Task<'t>> {
        let (rho, tr) = (self.rho, &mut self.key.tr);
        let hash = match message {
            Some((message, mu)) => Task::KeyThenMessage { public_key: self.public_key, tr, message, mu },
            None => Task::Hash { input: Input::new(&[], [self.public_key, &[]]), output: tr },
        };
        let rows = self.key.matrix.chunks_exact_mut(self.key.parameters.l).zip(0..);
        let entries = rows.flat_map(move |(polys, row)| {
            polys.iter_mut().zip(0..).map(move |(poly, column)| Task::Entry { rho, row, column, poly })
        });
        core::iter::once(hash).chain(entries)
    }

    /// After the tasks: NTT(t1·2^d) of Algorithm 8 line 9.
    pub(super) fn finish<B: Backend>(mut self, backend: B) -> PreparedKey {
        for (poly, bytes) in self.key.t1.iter_mut().zip(self.t1) {
            unpack_t1(bytes, poly);
            backend.ntt(poly);
        }
        self.key
    }
}

/// Prepares keys of right length together, so that their sponges share permutations.
pub(super) fn prepare<B: Backend>(backend: B, mut keys: Vec<Preparation<'_>>) -> Vec<PreparedKey> {
    run(backend, keys.iter_mut().flat_map(|key| key.tasks(None)));
    keys.into_iter().map(|key| key.finish(backend)).collect()
}
