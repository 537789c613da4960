//! Teleport: AI that arrived from another chain and waits for its recipient.

pub(crate) mod abi;
pub(crate) mod logic;
pub(crate) mod storage;

pub(crate) use abi::METHODS;
