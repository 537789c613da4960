//! The engine: FIPS 204 verification of our own, made for verifying a great deal.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `parameters.rs` | tables 1 and 2 as far as a verifier needs them |
//! | `encoding.rs` | pkDecode, sigDecode, HintBitUnpack, w1Encode |
//! | `ring.rs` | coefficients, Montgomery reduction, a row of the matrix product |
//! | `ntt.rs` | NTT and its inverse |
//! | `lanes.rs` | sponges four at a time |
//! | `sample.rs` | ExpandA, SampleInBall |
//! | `hint.rs` | Decompose, UseHint |
//! | `key.rs` | [`PreparedKey`] |
//! | `verify.rs` | Verify_internal |
//! | `batch.rs` | [`Job`], [`Verdicts`] |
//! | `backend.rs` | what a backend computes, and the portable one |
//! | `avx2/` | the AVX2 one; the only `unsafe` of the crate |
//!
//! Keccak stands in `pars-keccak`. All of it is public data: nothing here needs to take the same time for different inputs.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod backend;
mod batch;
mod encoding;
mod hint;
mod key;
mod lanes;
mod ntt;
mod parameters;
mod ring;
mod sample;
mod verify;

pub use batch::{Job, Key, Verdicts};
pub use key::PreparedKey;

use crate::{ParameterSet, Verifier};
use backend::Portable;
use key::Preparation;
use verify::Claim;

/// Verifies with this crate's own code, four hashes at a time.
///
/// Which backend computes is chosen at [`Engine::new`] and changes speed only. An engine has no state: it is copied
/// freely, and it never locks, allocates beyond the keys at hand, or remembers.
#[derive(Clone, Copy, Debug)]
pub struct Engine(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
}

/// Runs `$body` with `$backend` bound to the engine's backend.
macro_rules! with_backend {
    ($engine:expr, $backend:ident => $body:expr) => {
        match $engine.0 {
            Kind::Portable => {
                let $backend = Portable;
                $body
            }
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2($backend) => $body,
        }
    };
}

impl Engine {
    /// The fastest backend of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self::avx512().or(Self::avx2()).unwrap_or(Self::portable())
    }

    /// Plain Rust, whatever the machine offers.
    #[must_use]
    pub const fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// Vectors of 256 bits; `None` where the processor has none.
    #[must_use]
    pub fn avx2() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        return avx2::Avx2::detect().map(|backend| Self(Kind::Avx2(backend)));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// [`Self::avx2`] with a Keccak that uses AVX-512's instructions for such vectors; `None` where there are none.
    #[must_use]
    pub fn avx512() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        return avx2::Avx2::detect_avx512vl().map(|backend| Self(Kind::Avx2(backend)));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// What computes: `portable`, `avx2` or `avx512`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(backend) => backend.name(),
        }
    }

    /// Computes what depends on a public key alone; `None` if its length is not the set's.
    #[must_use]
    pub fn prepare(&self, set: ParameterSet, public_key: &[u8]) -> Option<PreparedKey> {
        let preparation = Preparation::new(set, public_key)?;
        with_backend!(self, backend => key::prepare(backend, vec![preparation]).pop())
    }

    /// [`Self::prepare`] for many keys, in their order. Faster than one by one.
    #[must_use]
    pub fn prepare_batch(&self, keys: &[(ParameterSet, &[u8])]) -> Vec<Option<PreparedKey>> {
        let preparations = keys.iter().map(|&(set, public_key)| Preparation::new(set, public_key));
        let (right, preparations): (Vec<bool>, Vec<_>) = preparations.map(|key| (key.is_some(), key)).unzip();
        let preparations = preparations.into_iter().flatten().collect();
        let mut prepared = with_backend!(self, backend => key::prepare(backend, preparations)).into_iter();
        right.into_iter().map(|right| if right { prepared.next() } else { None }).collect()
    }

    /// [`Verifier::verify`] under a prepared key: same answers, a fraction of the time.
    #[must_use]
    pub fn verify_prepared(
        &self,
        key: &PreparedKey,
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool {
        let Some(claim) = Claim::decode(key.parameter_set(), message, context, signature) else {
            return false;
        };
        with_backend!(self, backend => verify::verify_prepared(backend, key, &claim))
    }

    /// Answers every job as [`Verifier::verify`] would, in the order of the jobs.
    ///
    /// Jobs under one encoded key prepare it once. Memory: four prepared keys and a few words for each job.
    #[must_use]
    pub fn verify_batch(&self, jobs: &[Job<'_>]) -> Verdicts {
        with_backend!(self, backend => batch::verify_batch(backend, jobs))
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier for Engine {
    fn verify(
        &self,
        set: ParameterSet,
        public_key: &[u8],
        message: &[u8],
        context: &[u8],
        signature: &[u8],
    ) -> bool {
        let Some(claim) = Claim::decode(set, message, context, signature) else { return false };
        with_backend!(self, backend => verify::verify(backend, set, public_key, &claim))
    }
}

/// The interfaces of FIPS 204 that nothing but test vectors calls.
#[cfg(feature = "testing")]
impl Engine {
    /// Algorithm 8 with µ given (ACVP's "external µ").
    #[must_use]
    pub fn verify_mu(&self, set: ParameterSet, public_key: &[u8], mu: &[u8; 64], signature: &[u8]) -> bool {
        with_backend!(self, backend => verify::verify_mu(backend, set, public_key, mu, signature))
    }

    /// Algorithm 8 with M' given: the internal interface, and HashML-DSA for who builds its M'.
    #[must_use]
    pub fn verify_internal(
        &self,
        set: ParameterSet,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        with_backend!(self, backend => verify::verify_internal(backend, set, public_key, message, signature))
    }
}
