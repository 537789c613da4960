//! FIPS 204 Algorithm 8, ML-DSA.Verify_internal, over any backend.

use crate::ParameterSet;

use super::backend::Backend;
use super::encoding::Signature;
use super::hint::use_hint_at;
use super::key::{Preparation, PreparedKey};
use super::lanes::{Input, Message, SHAKE256_RATE, Stream, Task, run};
use super::parameters::{MAX_CHALLENGE_LEN, MAX_L, Parameters};
use super::ring::{N, Poly};
use super::sample::sample_in_ball;

/// Bytes of the longest w1Encode: ML-DSA-87, 8 · 128.
const MAX_W1_LEN: usize = 1024;

/// A signature that decodes, with the message it is said to sign.
#[derive(Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) signature: Signature<'a>,
    pub(super) message: Message<'a>,
}

impl<'a> Claim<'a> {
    /// Algorithm 3 lines 1–5 and Algorithm 8 lines 2–4: `None` where they already say false.
    pub(super) fn decode(
        set: ParameterSet,
        message: &'a [u8],
        context: &'a [u8],
        signature: &'a [u8],
    ) -> Option<Self> {
        let message = Message::pure(context, message)?;
        let signature = Signature::decode(&Parameters::of(set), signature)?;
        Some(Self { signature, message })
    }
}

/// What lies between the hashes of one verification.
pub(super) struct Work {
    /// Line 7.
    mu: [u8; 64],
    /// The first bytes of H(c̃), for line 8.
    ball: [u8; SHAKE256_RATE],
    /// w1Encode(w'_1) of line 12.
    w1: [u8; MAX_W1_LEN],
    w1_len: usize,
    /// c̃' of line 12.
    challenge: [u8; MAX_CHALLENGE_LEN],
}

impl Work {
    pub(super) const fn new() -> Self {
        Self {
            mu: [0; 64],
            ball: [0; SHAKE256_RATE],
            w1: [0; MAX_W1_LEN],
            w1_len: 0,
            challenge: [0; MAX_CHALLENGE_LEN],
        }
    }

    /// The sponges of lines 7 and 8 under a prepared key.
    pub(super) fn first_tasks<'t>(&'t mut self, key: &PreparedKey, claim: &Claim<'t>) -> [Task<'t>; 2] {
        [
            Task::Hash { input: claim.message.after(&key.tr), output: &mut self.mu },
            ball_task(claim, &mut self.ball),
        ]
    }

    /// The sponge of line 12.
    pub(super) fn last_task<'t>(&'t mut self, claim: &Claim<'_>) -> Task<'t> {
        let output = self.challenge.split_at_mut(claim.signature.challenge.len()).0;
        let w1 = self.w1.split_at(self.w1_len).0;
        Task::Hash { input: Input::new(&[&self.mu], [w1, &[]]), output }
    }

    /// Line 13, right half: \[\[c̃ = c̃'\]\].
    pub(super) fn challenge_holds(&self, claim: &Claim<'_>) -> bool {
        self.challenge.starts_with(claim.signature.challenge)
    }

    /// Lines 8–10 and the left half of 13: w1Encode(w'_1) into `self`, or `false` for ‖z‖∞ ≥ γ1 − β.
    pub(super) fn commit<B: Backend>(&mut self, backend: B, key: &PreparedKey, claim: &Claim<'_>) -> bool {
        let p = &key.parameters;
        let mut z = [const { Poly::ZERO }; MAX_L];
        for (z, bytes) in z.iter_mut().zip(claim.signature.z.chunks_exact(p.gamma1.z_len())) {
            let norm = backend.unpack_z(p.gamma1, bytes, z);
            if norm >= p.norm_bound() {
                return false; // line 13
            }
            backend.ntt(z);
        }
        let z = z.split_at(p.l).0;
        let mut c = Poly::ZERO;
        if sample_in_ball(self.ball.iter().copied(), p.tau, &mut c).is_none() {
            let input = Input::new(&[], [claim.signature.challenge, &[]]);
            // A stream never ends, so this always yields a challenge.
            let _always = sample_in_ball(Stream::new(backend, input), p.tau, &mut c);
        }
        backend.ntt(&mut c);
        let (mut w, mut high) = (Poly::ZERO, [0; N]);
        self.w1_len = p.k.saturating_mul(p.gamma2.w1_len());
        let rows = key.rows().zip(claim.signature.hint.rows());
        for (((row, t1), hint), w1) in rows.zip(self.w1.chunks_exact_mut(p.gamma2.w1_len())) {
            backend.multiply_row(row, z, &c, t1, &mut w); // line 9
            backend.inverse_ntt(&mut w);
            backend.high_bits(p.gamma2, &w, &mut high); // line 10
            use_hint_at(p.gamma2, hint, &w, &mut high);
            backend.pack_w1(p.gamma2, &high, w1); // line 12
        }
        true
    }
}

fn ball_task<'t>(claim: &Claim<'t>, ball: &'t mut [u8; SHAKE256_RATE]) -> Task<'t> {
    Task::Hash { input: Input::new(&[], [claim.signature.challenge, &[]]), output: ball }
}

/// One verification under a prepared key.
pub(super) fn verify_prepared<B: Backend>(backend: B, key: &PreparedKey, claim: &Claim<'_>) -> bool {
    let mut work = Work::new();
    run(backend, work.first_tasks(key, claim));
    finish(backend, key, claim, work)
}

/// One verification from bytes: the sponges of the key, of the message and of the challenge share permutations.
pub(super) fn verify<B: Backend>(
    backend: B,
    set: ParameterSet,
    public_key: &[u8],
    claim: &Claim<'_>,
) -> bool {
    let Some(mut preparation) = Preparation::new(set, public_key) else { return false };
    let mut work = Work::new();
    let ball = ball_task(claim, &mut work.ball);
    run(backend, preparation.tasks(Some((claim.message, &mut work.mu))).chain([ball]));
    let key = preparation.finish(backend);
    finish(backend, &key, claim, work)
}

/// Lines 9–13.
fn finish<B: Backend>(backend: B, key: &PreparedKey, claim: &Claim<'_>, mut work: Work) -> bool {
    if !work.commit(backend, key, claim) {
        return false;
    }
    run(backend, [work.last_task(claim)]);
    work.challenge_holds(claim)
}

/// One verification with µ given: FIPS 204 Algorithm 8 from line 8 on, as ACVP's external µ has it.
#[cfg(feature = "testing")]
pub(super) fn verify_mu<B: Backend>(
    backend: B,
    set: ParameterSet,
    public_key: &[u8],
    mu: &[u8; 64],
    signature: &[u8],
) -> bool {
    let Some(signature) = Signature::decode(&Parameters::of(set), signature) else { return false };
    let Some(mut preparation) = Preparation::new(set, public_key) else { return false };
    let claim = Claim { signature, message: Message::internal(&[]) };
    let mut work = Work { mu: *mu, ..Work::new() };
    let ball = ball_task(&claim, &mut work.ball);
    run(backend, preparation.tasks(None).chain([ball]));
    let key = preparation.finish(backend);
    finish(backend, &key, &claim, work)
}

/// FIPS 204 Algorithm 8 itself: M' as given.
#[cfg(feature = "testing")]
pub(super) fn verify_internal<B: Backend>(
    backend: B,
    set: ParameterSet,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Some(signature) = Signature::decode(&Parameters::of(set), signature) else { return false };
    verify(backend, set, public_key, &Claim { signature, message: Message::internal(message) })
}
