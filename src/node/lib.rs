//! A single-node Pars EVM with JSON-RPC.

pub mod chain;
pub mod evm;
