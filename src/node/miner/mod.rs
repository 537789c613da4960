//! What a miner needs before its work reaches a node: a key, and the proof that the key signs.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`key`] | [`MinerKey`]: made, kept in a file, read back |
//! | [`device`] | [`EvidenceSource`]: the GPU that attests the work, simulated or real |
//! | [`proof`] | [`Work`] in, [`SignedWork`] out: `bytes proof`, `bytes attestation`, calldata of `submitWorkProof` |

pub mod device;
pub mod key;
pub mod proof;
#[cfg(test)]
mod tests;

pub use device::{DeviceError, EvidenceSource, GivenEvidence, SimulatedGpu};
pub use key::{KeyError, MinerKey};
pub use proof::{ProveError, SignedWork, Work};

use alloy_primitives::B256;

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gives no randomness: {0}")]
pub struct NoRandomness(getrandom::Error);

/// 32 bytes from the operating system's randomness.
///
/// # Errors
/// It has none to give.
pub fn random() -> Result<B256, NoRandomness> {
    let mut bytes = B256::ZERO;
    getrandom::fill(bytes.as_mut_slice()).map_err(NoRandomness)?;
    Ok(bytes)
}
