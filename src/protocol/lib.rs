//! The words of Pars AI mining: what is encoded, hashed, bounded and computed, free of any host.
//!
//! | room | what is in it |
//! | --- | --- |
//! | [`context`], [`proof`], [`teleport`] | the three encodings, borrowed and exact |
//! | [`ids`] | every id and hash |
//! | [`tier`] | the GPU trust table and the two pools |
//! | [`economics`] | rewards, difficulty, the epoch roll |
//! | [`parameters`] | what governance may move, and how far |
//! | [`abi`], [`strict`] | the Solidity interfaces, and the one way to encode a call |
//!
//! This is a consensus crate: pure functions of their arguments.

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

pub mod abi;
mod codec;
pub mod context;
pub mod economics;
pub mod ids;
pub mod parameters;
pub mod proof;
pub mod strict;
pub mod teleport;
#[cfg(test)]
mod tests;
pub mod tier;

use alloy_primitives::{Address, address};

pub use context::WorkContext;
pub use parameters::{Parameter, Parameters};
pub use pars_mldsa::ParameterSet;
pub use proof::{WORK_SIGNATURE_CONTEXT, WorkProof, WorkStatement};
pub use teleport::TeleportMessage;
pub use tier::{Pool, Tier};

/// The precompile: all twenty bytes, Solidity's `address(0x0300)`.
pub const ADDRESS: Address = address!("0x0000000000000000000000000000000000000300");

/// Chain id of Pars where nothing else is configured (PIP-6). The id in force is always the host's.
pub const DEFAULT_CHAIN_ID: u32 = 6133;
