//! Why a block is not executed.

use alloy_evm::block::{BlockExecutionError, InternalBlockExecutionError};
use pars_precompile::ActivationError;

/// A block is due to activate `0x…0300` and cannot.
///
/// Nothing that a block contains leads here, only the node's configuration or its state. So it is an internal error of
/// execution: the node stops at the block, and does not tell its consensus client that the block is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("block {number} (timestamp {timestamp}) must activate 0x0300 and cannot: {source}")]
pub struct ActivationRefused {
    /// The block.
    pub number: u64,
    /// Its time.
    pub timestamp: u64,
    /// The reason.
    pub source: ActivationError,
}

impl ActivationRefused {
    /// The reason in an error of block execution, if it is this one.
    pub fn of(error: &BlockExecutionError) -> Option<&Self> {
        error.as_internal().and_then(InternalBlockExecutionError::downcast_other)
    }
}

impl From<ActivationRefused> for BlockExecutionError {
    fn from(refused: ActivationRefused) -> Self {
        Self::other(refused)
    }
}
