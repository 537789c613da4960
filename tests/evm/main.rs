//! The precompile inside real EVMs, under attack: alloy-evm and raw revm, on revm's `State` database, block by block.
//!
//! Every seeded test prints its seed; `PARS_SEED` replaces it.

#![allow(unreachable_pub, reason = "the modules of one test binary")]

mod account;
mod atomicity;
mod attestation;
mod call_surface;
mod call_trees;
mod chain;
mod conformance;
mod contracts;
mod determinism;
mod differential;
mod random;
mod recorder;
mod rules;
mod work;
