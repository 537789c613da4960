//! `WorkContext`: what a piece of work is bound to before it runs (PIP-6, "NVTrust Chain-Binding").

use crate::codec::{Fields, concat};
use alloy_primitives::B256;

/// Binds work to one chain, job, model, input and device.
///
/// Encoding, 172 bytes, big-endian: `chain_id u32 | job_id 32 | model_hash 32 | input_hash 32 | device_id 32 |
/// nonce 32 | timestamp u64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkContext {
    /// The only chain that may pay for this work; Pars is 6133.
    pub chain_id: u32,
    /// The job; a device is paid once for it.
    pub job_id: B256,
    /// BLAKE3 of the model.
    pub model_hash: B256,
    /// BLAKE3 of the input.
    pub input_hash: B256,
    /// The device, see [`crate::ids`].
    pub device_id: B256,
    /// Unique for each piece of work of a device.
    pub nonce: B256,
    /// When the work began, Unix seconds.
    pub timestamp: u64,
}

/// A byte string is not a [`WorkContext`]: it must be exactly 172 bytes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a work context is exactly 172 bytes, not {0}")]
pub struct ContextLength(pub usize);

impl WorkContext {
    /// Length of the encoding in bytes.
    pub const LENGTH: usize = 172;

    /// The canonical encoding.
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            &self.chain_id.to_be_bytes(),
            self.job_id.as_slice(),
            self.model_hash.as_slice(),
            self.input_hash.as_slice(),
            self.device_id.as_slice(),
            self.nonce.as_slice(),
            &self.timestamp.to_be_bytes(),
        ])
    }

    /// Decodes exactly 172 bytes; each such string is the encoding of one context.
    ///
    /// # Errors
    /// [`ContextLength`] for any other length.
    pub fn decode(bytes: &[u8]) -> Result<Self, ContextLength> {
        let mut fields = Fields(bytes);
        Self::read(&mut fields).filter(|_| fields.0.is_empty()).ok_or(ContextLength(bytes.len()))
    }

    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            chain_id: u32::from_be_bytes(fields.array()?),
            job_id: fields.array()?.into(),
            model_hash: fields.array()?.into(),
            input_hash: fields.array()?.into(),
            device_id: fields.array()?.into(),
            nonce: fields.array()?.into(),
            timestamp: u64::from_be_bytes(fields.array()?),
        })
    }
}
