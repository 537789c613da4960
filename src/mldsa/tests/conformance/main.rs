//! Conformance of ML-DSA verification: known answers, the boundaries of every check, and other people's verifiers.
//!
//! Test names carry the id of the checklist: c1 known answers, c2 each check alone, c3 hints, c4 differential,
//! c5 every backend the same bits, c6 keys kept apart, c7 batches, c9 domain separation, c10 any input has an answer.
//! `PARS_SEED` replaces the seed of the random ones.

mod backends;
mod batch;
mod boundary;
mod differential;
mod encoding;
mod engines_agree;
mod forge;
mod interfaces;
mod known_answers;
mod oracles;
mod random;
mod sign;
mod walls;
