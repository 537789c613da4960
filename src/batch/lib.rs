//! Signature verification ahead of execution.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `ahead.rs` | [`Ahead`]: batches over all cores, and a [`Verifier`](pars_mldsa::Verifier) that reads their verdicts |
//! | `gather.rs` | [`Gather`]: batches made of what many threads ask at the same time |
//! | `collector.rs` | [`Collector`]: what a call will ask |
//! | `plan.rs` | which core verifies what |
//! | `remembered.rs` | [`Remembered`]: P-384 verification that remembers what was valid |
//! | `key_cache.rs` | [`KeyCache`]: prepared keys, bounded in bytes |
//! | `verdict_cache.rs` | [`VerdictCache`]: what was found valid |
//! | `generations.rs` | the bounded map under both |
//!
//! **This crate only saves time.** A verdict is kept if it is "valid", and found again only for the very same scheme,
//! key, context, message and signature; whatever is not found is verified. So with these caches full, empty, of any
//! size, or without this crate, every answer is the same. Nothing here is part of consensus: there are locks and
//! threads, which consensus crates may not have, and no node agrees with another on what is cached.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

mod ahead;
mod collector;
mod gather;
mod generations;
mod key_cache;
mod plan;
mod remembered;
mod verdict_cache;

pub use ahead::{Ahead, Config};
pub use collector::Collector;
pub use gather::{Gather, OwnedJob};
pub use key_cache::KeyCache;
pub use remembered::Remembered;
pub use verdict_cache::{Statement, VerdictCache};
