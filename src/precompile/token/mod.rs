//! AI, the token at `0x0300`: balances and supply. The mining balance of PIP-6 *is* the token balance.

pub(crate) mod abi;
pub(crate) mod logic;
pub(crate) mod storage;

pub(crate) use abi::METHODS;
