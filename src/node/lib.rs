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
//! | [`node`] | chain and server put together, start and stop |
//! | [`miner`] | a miner's key, and the proofs it signs |
//! | [`reference_job`] | the work that the demo does |

pub mod chain;
pub mod evm;
pub mod miner;
pub mod node;
pub mod reference_job;
pub mod rpc;

pub use chain::{Chain, genesis::Hardfork, produce::MiningMode};
pub use node::{Config, Node, NodeError, NodeHandle};
