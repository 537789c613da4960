//! The ledger: what the state trie cannot answer. Who spent this work id, when, for how much; what did this miner earn;
//! which teleports were claimed.
//!
//! It follows the canonical chain from committed blocks and is never asked by consensus: deleted, late or full of lies,
//! it changes no answer of the precompile. `precompile-spec/ledger.md` has the schema and the rules.
//!
//! | room | what is in it |
//! | --- | --- |
//! | [`block`] | what the ledger is told: committed blocks, three notifications |
//! | [`delta`] | what a block changes, read from its receipts and checked against its state changes |
//! | [`ledger`] | `apply`, `revert_to`, `finalize`, `notify`: one atomic synced batch a block |
//! | [`query`], [`answers`] | the answers, each of one block; as JSON, for all who are asked |
//! | [`open`], `migrate` | opening: whose it is, what it understands |
//! | [`heal`] | making it equal to a chain again |
//! | [`audit`], [`interchange`] | proving it right; taking it elsewhere |
//! | `beside` | two things at the same time |
//! | [`rows`], `change`, `schema`, `store` | rows as bytes, from a delta to rows, column families and their tuning, RocksDB |

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )
)]

pub mod answers;
pub mod audit;
mod beside;
pub mod block;
mod change;
pub mod delta;
mod error;
pub mod heal;
pub mod interchange;
pub mod ledger;
mod migrate;
pub mod open;
pub mod query;
pub mod rows;
mod schema;
mod store;
#[cfg(any(test, feature = "testing"))]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
pub mod testing;
#[cfg(test)]
mod tests;

pub use block::{BlockId, CommittedBlock, Notification, Receipt, Segment, SlotChange};
pub use change::DIGEST_TAG;
pub use error::{Error, Gap, Inconsistency, Reach};
pub use heal::{ChainView, Healed};
pub use ledger::{Applied, Ledger, Metrics, Step};
pub use open::Identity;
pub use query::{Lookup, Unknown};
pub use schema::{Column, SCHEMA};
