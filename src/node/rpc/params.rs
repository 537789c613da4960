//! Positional parameters, read one by one.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::U256;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::RpcError;

/// The parameters of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Vec<Value>);

impl Params {
    /// Reads the `params` member: an array, or nothing, or `null`.
    ///
    /// # Errors
    /// Anything else.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, RpcError> {
        match text.map(str::trim) {
            None | Some("" | "null") => Ok(Self::default()),
            Some(text) if text.starts_with('[') => {
                serde_json::from_str(text).map(Self).map_err(|error| RpcError::params(error.to_string()))
            }
            Some(_) => Err(RpcError::params("params must be an array")),
        }
    }

    /// The parameter at `index`, `None` when it is absent or `null`.
    ///
    /// # Errors
    /// It is of another type.
    pub(super) fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, RpcError> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value)
                .map(Some)
                .map_err(|error| RpcError::params(format!("invalid argument {index}: {error}"))),
        }
    }

    /// The parameter at `index`.
    ///
    /// # Errors
    /// It is absent or of another type.
    pub(super) fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, RpcError> {
        self.optional(index)?
            .ok_or_else(|| RpcError::params(format!("missing value for required argument {index}")))
    }

    /// A block id: tag, number (also as a JSON number), hash, or `{blockNumber}` / `{blockHash}`; `latest` when
    /// absent.
    ///
    /// # Errors
    /// It is none of these.
    pub(super) fn block(&self, index: usize) -> Result<BlockId, RpcError> {
        if let Some(number) = self.0.get(index).and_then(Value::as_u64) {
            return Ok(BlockId::Number(BlockNumberOrTag::Number(number)));
        }
        Ok(self.optional(index)?.unwrap_or_else(BlockId::latest))
    }

    /// A quantity: hex, a JSON number, or a decimal string.
    ///
    /// # Errors
    /// It is none of these, or above 64 bits.
    pub(super) fn quantity(&self, index: usize) -> Result<Option<u64>, RpcError> {
        let invalid = || RpcError::params(format!("invalid argument {index}: not a quantity below 2^64"));
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => quantity(value).ok_or_else(invalid).map(Some),
        }
    }

    /// A quantity that must be there.
    ///
    /// # Errors
    /// As [`Params::quantity`], or it is absent.
    pub(super) fn required_quantity(&self, index: usize) -> Result<u64, RpcError> {
        self.quantity(index)?
            .ok_or_else(|| RpcError::params(format!("missing value for required argument {index}")))
    }

    /// The raw value at `index`.
    pub(super) fn raw(&self, index: usize) -> Option<&Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }
}

/// Reads a quantity out of a JSON value.
pub(super) fn quantity(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => {
            let parsed = match text.strip_prefix("0x") {
                Some(digits) if !digits.is_empty() => U256::from_str_radix(digits, 16).ok()?,
                Some(_) => return None,
                None => U256::from_str_radix(text, 10).ok().filter(|_| !text.is_empty())?,
            };
            u64::try_from(parsed).ok()
        }
        _ => None,
    }
}
