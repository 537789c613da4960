//! The AI-mining precompile in a node on alloy-evm: reth, or whatever executes blocks with alloy-evm's `BlockExecutor`.
//!
//! [`ParsChain`] is a chain's configuration, and makes everything else of it:
//!
//! | file | what it gives the node |
//! | --- | --- |
//! | `chain.rs` | [`ParsChain`]: one configuration for all of the below, so that no two parts of a node disagree |
//! | [`alloy`](pars_precompile::alloy) of pars-precompile | [`ParsEvmFactory`]: every EVM of the node has `0x…0300` |
//! | `executor.rs` | [`ParsBlockExecutorFactory`]: blocks activate `0x…0300` when it is due |
//! | `activation.rs` | [`ActivationRefused`]: why a block is not executed |
//! | `verification.rs` | [`Verification`]: who verifies signatures, and what it remembers |
//! | `lookahead.rs` | [`Lookahead`]: the signatures of a block's transactions, verified together before it is executed |
//! | `feed.rs` | from executed blocks to what the ledger is told (feature `ledger`, on by default) |
//! | `follower.rs` | `LedgerFollower`: applies that, or heals (the same feature) |
//!
//! The sources compile on alloy-evm 0.39 with revm 43 and on alloy-evm 0.38 with revm 42; `compat-0.38/` runs the same
//! tests there. The first three rows are consensus; without the others a chain is the same, only slower, and without
//! history.

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

mod activation;
mod chain;
mod executor;
#[cfg(feature = "ledger")]
pub mod feed;
#[cfg(feature = "ledger")]
mod follower;
mod lookahead;
mod verification;

pub use activation::ActivationRefused;
pub use chain::ParsChain;
pub use executor::{ParsBlockExecutor, ParsBlockExecutorFactory};
#[cfg(feature = "ledger")]
pub use follower::{FollowError, Followed, LedgerFollower};
pub use lookahead::{Ground, Lookahead, Looked};
pub use pars_batch as batch;
#[cfg(feature = "ledger")]
pub use pars_ledger as ledger;
pub use pars_precompile::{ADDRESS, ActivationError, Genesis, alloy::ParsEvmFactory};
pub use verification::Verification;

/// Key of the configuration in the `config` of a chain's genesis JSON.
pub const CONFIG_KEY: &str = "parsAiMiningConfig";
