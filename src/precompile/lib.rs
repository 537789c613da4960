//! The AI-mining precompile at `0x…0300`.
//!
//! | room | what is in it |
//! | --- | --- |
//! | [`host`] | what the core knows of the machine around it |
//! | [`dispatch`] | how a call is taken in: call kind, value, size, input gas, selector |
//! | `context` | one running call: the guards that no feature can forget |
//! | [`storage`], [`gas`], [`outcome`] | layout, prices, ends of a call |
//! | `work`, `attestation`, `token`, `teleport`, `verify`, `governance` | the features: `abi` rows, `logic`, `storage` |
//! | [`genesis`], [`profile`], `config` | how the account comes into being, what hosts may differ in, and the JSON of both |
//! | [`memory`] | a host in memory |
//! | [`alloy`], [`revm`] | the adapters, features of the crate |
//!
//! This is a consensus crate: a call is a pure function of input, block and state. No lock, no clock, no randomness;
//! every write goes through the host's journal.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )
)]

mod adapters;
mod attestation;
#[cfg(feature = "serde")]
mod config;
mod context;
pub mod dispatch;
pub mod gas;
pub mod genesis;
mod governance;
pub mod host;
pub mod memory;
pub mod outcome;
pub mod profile;
pub mod storage;
mod teleport;
#[cfg(feature = "testing")]
#[allow(clippy::expect_used, clippy::panic, clippy::arithmetic_side_effects, clippy::disallowed_types)]
pub mod testing;
#[cfg(test)]
mod tests;
mod token;
mod verify;
mod work;

#[cfg(feature = "alloy")]
pub use adapters::alloy;
#[cfg(feature = "revm")]
pub use adapters::revm;
pub use dispatch::{Precompile, Verifiers};
pub use genesis::{ActivationError, Genesis, activate};
pub use host::{ActivationHost, Fatal, Host, OutOfGas};
pub use memory::MemoryHost;
pub use outcome::Outcome;
pub use pars_protocol::ADDRESS;
pub use profile::HostProfile;
