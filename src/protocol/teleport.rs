//! `TeleportMessage`: AI that leaves one chain for another.

use crate::codec::{Fields, concat};
use alloy_primitives::{Address, B256, U256};

/// A transfer of AI between chains.
///
/// Encoding, 113 bytes, big-endian: `version u8 | src_chain u32 | dst_chain u32 | nonce u64 | sender 32 |
/// recipient 32 | amount u256`. Twenty-byte addresses are right-aligned; 32 bytes leave room for chains whose
/// accounts are longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeleportMessage {
    /// Chain the AI leaves.
    pub src_chain: u32,
    /// Chain the AI goes to.
    pub dst_chain: u32,
    /// Counts the messages of one lane (source, destination) without gaps.
    pub nonce: u64,
    /// Account on the source chain.
    pub sender: B256,
    /// Account on the destination chain.
    pub recipient: B256,
    /// In 10^-18 AI.
    pub amount: U256,
}

/// A byte string is not a version 1 teleport message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TeleportError {
    /// The first byte is not 1.
    #[error("teleport message version {0} is not supported")]
    UnsupportedVersion(u8),
    /// The length is not 113 bytes.
    #[error("a teleport message is exactly 113 bytes, not {0}")]
    Length(usize),
}

impl TeleportMessage {
    /// The only version there is.
    pub const VERSION: u8 = 1;
    /// Length of the encoding in bytes.
    pub const LENGTH: usize = 113;

    /// The canonical encoding.
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        concat(&[
            &[Self::VERSION],
            &self.src_chain.to_be_bytes(),
            &self.dst_chain.to_be_bytes(),
            &self.nonce.to_be_bytes(),
            self.sender.as_slice(),
            self.recipient.as_slice(),
            &self.amount.to_be_bytes::<32>(),
        ])
    }

    /// Decodes exactly 113 bytes.
    ///
    /// # Errors
    /// [`TeleportError`], in the order version, length. An empty input is a length error.
    pub fn decode(bytes: &[u8]) -> Result<Self, TeleportError> {
        let mut fields = Fields(bytes);
        let [version] = fields.array().ok_or(TeleportError::Length(0))?;
        if version != Self::VERSION {
            return Err(TeleportError::UnsupportedVersion(version));
        }
        Self::read(&mut fields).filter(|_| fields.0.is_empty()).ok_or(TeleportError::Length(bytes.len()))
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            src_chain: u32::from_be_bytes(fields.array()?),
            dst_chain: u32::from_be_bytes(fields.array()?),
            nonce: u64::from_be_bytes(fields.array()?),
            sender: fields.array()?.into(),
            recipient: fields.array()?.into(),
            amount: U256::from_be_bytes(fields.array::<32>()?),
        })
    }

    /// The recipient as an EVM address; `None` if it is an account of another kind (a high byte is set).
    pub fn recipient_address(&self) -> Option<Address> {
        crate::strict::address_of_word(self.recipient)
    }
}
