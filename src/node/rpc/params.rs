//! Positional parameters, read one by one.

use alloy_eips::{BlockId, BlockNumberOrTag};
use pars_ledger::answers;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use pars_ledger::answers::quantity;

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

    /// As the ledger's answers read them, which have the texts for what is wrong.
    pub(super) fn positional(&self) -> answers::Params<'_> {
        answers::Params(&self.0)
    }

    /// The parameter at `index`, `None` when it is absent or `null`.
    ///
    /// # Errors
    /// It is of another type.
    pub(super) fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, RpcError> {
        Ok(self.positional().optional(index)?)
    }

    /// The parameter at `index`.
    ///
    /// # Errors
    /// It is absent or of another type.
    pub(super) fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, RpcError> {
        Ok(self.positional().required(index)?)
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
        Ok(self.positional().quantity(index)?)
    }

    /// A quantity that must be there.
    ///
    /// # Errors
    /// As [`Params::quantity`], or it is absent.
    pub(super) fn required_quantity(&self, index: usize) -> Result<u64, RpcError> {
        Ok(self.positional().required_quantity(index)?)
    }

    /// The raw value at `index`.
    pub(super) fn raw(&self, index: usize) -> Option<&Value> {
        self.positional().raw(index)
    }
}
