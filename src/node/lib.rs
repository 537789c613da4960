//! `pars-devnet`: a single-node Pars EVM with JSON-RPC, and the library behind it.
//!
//! ```no_run
//! # async fn run() -> Result<(), pars_node::NodeError> {
//! let node = pars_node::Node::start(pars_node::Config { port: 0, ..Default::default() }).await?;
//! println!("{}", node.url());
//! node.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! | room | what is in it |
//! | --- | --- |
//! | [`chain`] | blocks, state, pool, block production, calls |
//! | [`evm`] | the one seam to revm and the precompile |
//! | [`rpc`] | JSON-RPC over HTTP and WebSocket |
//! | [`revert`] | why a call reverted, in words |
//! | [`store`] | the chain on disk: one synced batch a block, read back and checked at the start |
//! | [`ledger`] | the ledger beside the chain: it follows, mends itself, decides nothing |
//! | [`node`] | chain, ledger and server put together, start and stop |
//! | [`miner`] | a miner's key, the GPUs that attest its work, and the proofs it signs |
//! | [`reference_job`] | the work that the demo does |
//!
//! Where this node differs from an Ethereum client, on purpose:
//! * State and blocks are kept in memory, all of them. With a data directory they are on disk, too, and read back at the
//!   start; without, they are gone when the node stops. Of what dev methods set, the clock's offset and edits of state are
//!   kept; pool, filters, snapshots, impersonation, coinbase and mining mode are not.
//! * There is one producer and no fork choice: `finalized` is 64 blocks below the head (`--finality`), `safe` half as
//!   many, both block 0 on a younger chain. Only `evm_revert` takes blocks back, final ones too.
//! * Blob transactions are refused. Execution-layer requests (EIP-7002, EIP-7251) are not collected; the system calls
//!   of EIP-4788 and EIP-2935 are made when the genesis holds their contracts, which the dev genesis does not.
//! * `eth_estimateGas` on `latest` (or nothing) estimates for the next block, at the present time: on an idle chain the
//!   head's timestamp may be hours old, and a fresh proof would look like one from the future. For the same reason
//!   `eth_call` and `eth_createAccessList` on `latest` run on the head's state and number at the present time. A block
//!   named by number or hash has its own timestamp; `pending` is the next block, with what waits in the pool executed.
//! * A transaction whose fee cap is below the next base fee is refused instead of waiting; one that the base fee
//!   overtakes while it waits keeps waiting.
//! * Dev methods that edit state (`anvil_setBalance` and its kin) change the head's state without a block, so the
//!   head's header no longer commits to it; the next block does. `evm_setIntervalMining` counts seconds.

pub mod chain;
pub mod evm;
pub mod ledger;
pub mod miner;
pub mod node;
pub mod reference_job;
pub mod revert;
pub mod rpc;
pub mod store;

pub use chain::{Chain, hardfork::Hardfork, produce::MiningMode};
pub use node::{Config, Node, NodeError, NodeHandle};
