//! JSON-RPC errors: codes and texts that Ethereum clients know.

use alloy_primitives::Bytes;
use jsonrpsee::types::ErrorObjectOwned;
use pars_ledger::answers::Refusal;
use serde_json::Value;

use crate::{
    chain::{
        UnknownBlock,
        block::BuildError,
        call::CallError,
        dev_accounts::SignError,
        fees::FeeHistoryError,
        pool::PoolError,
        produce::{MineError, SubmitError},
        snapshot::EditError,
        state::StateError,
    },
    evm::ExecutionError,
    revert,
    store::StoreError,
};

/// Parameters are missing or wrong.
pub(super) const INVALID_PARAMS: i32 = -32602;
/// This node is broken.
pub(super) const INTERNAL: i32 = -32603;
/// The request is refused; the text says why.
pub(super) const SERVER_ERROR: i32 = -32000;
/// What was asked for does not exist.
pub(super) const NOT_FOUND: i32 = -32001;
/// The transaction or call cannot be executed.
pub(super) const REJECTED: i32 = -32003;
/// More than one answer may hold.
pub(super) const LIMIT_EXCEEDED: i32 = -32005;
/// The call reverted; `data` holds what it returned.
pub(super) const REVERTED: i32 = 3;

/// An error object of the JSON-RPC answer.
#[derive(Clone, Debug)]
pub struct RpcError {
    code: i32,
    message: String,
    data: Option<Bytes>,
}

/// What a method returns.
pub type RpcResult = Result<Value, RpcError>;

impl RpcError {
    /// An error without data.
    pub fn new(code: i32, message: impl ToString) -> Self {
        Self { code, message: message.to_string(), data: None }
    }

    /// Wrong parameters.
    pub fn params(message: impl ToString) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// A refusal.
    pub fn refused(message: impl ToString) -> Self {
        Self::new(SERVER_ERROR, message)
    }

    fn internal(message: impl ToString) -> Self {
        let this = Self::new(INTERNAL, message);
        tracing::error!(error = %this.message, "internal error");
        this
    }

    /// A call that reverted, with the reason spelled out where it is known.
    fn reverted(data: Bytes) -> Self {
        let message = match revert::reason(&data) {
            Some(reason) => format!("execution reverted: {reason}"),
            None => "execution reverted".to_owned(),
        };
        Self { code: REVERTED, message, data: Some(data) }
    }
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(error: RpcError) -> Self {
        Self::owned(error.code, error.message, error.data)
    }
}

impl From<Refusal> for RpcError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Request(text) => Self::params(text),
            Refusal::Unavailable(text) => Self::refused(text),
        }
    }
}

impl From<UnknownBlock> for RpcError {
    fn from(error: UnknownBlock) -> Self {
        Self::new(NOT_FOUND, error)
    }
}

impl From<ExecutionError> for RpcError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::Invalid(_) => Self::new(REJECTED, error),
            ExecutionError::Fatal(_) => Self::internal(error),
        }
    }
}

impl From<CallError> for RpcError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::UnknownBlock(unknown) => unknown.into(),
            CallError::Request(message) => Self::params(message),
            CallError::InsufficientFunds { .. } | CallError::GasAllowance(_) => Self::refused(error),
            CallError::Execution(execution) => execution.into(),
            CallError::Reverted(data) => Self::reverted(data),
            CallError::Halted(_) => Self::new(REJECTED, error),
        }
    }
}

impl From<BuildError> for RpcError {
    fn from(error: BuildError) -> Self {
        Self::internal(error)
    }
}

impl From<PoolError> for RpcError {
    fn from(error: PoolError) -> Self {
        Self::refused(error)
    }
}

impl From<SubmitError> for RpcError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Pool(error) => error.into(),
            SubmitError::Proof(refused) => {
                Self { code: REVERTED, message: refused.to_string(), data: Some(refused.data) }
            }
            SubmitError::Vetting(error) => error.into(),
            SubmitError::Execution(error) => error.into(),
            SubmitError::Build(error) => error.into(),
        }
    }
}

impl From<MineError> for RpcError {
    fn from(error: MineError) -> Self {
        match error {
            MineError::TooMany | MineError::Timestamp { .. } => Self::params(error),
            MineError::Build(error) => error.into(),
        }
    }
}

impl From<FeeHistoryError> for RpcError {
    fn from(error: FeeHistoryError) -> Self {
        match error {
            FeeHistoryError::UnknownBlock(unknown) => unknown.into(),
            FeeHistoryError::Percentiles => Self::params(error),
        }
    }
}

impl From<StateError> for RpcError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::BadCode => Self::params(error),
            StateError::UnknownCode(_) => Self::internal(error),
        }
    }
}

impl From<StoreError> for RpcError {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

impl From<EditError> for RpcError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::State(error) => error.into(),
            EditError::Store(error) => error.into(),
        }
    }
}

impl From<SignError> for RpcError {
    fn from(error: SignError) -> Self {
        Self::internal(error)
    }
}

impl From<serde_json::Error> for RpcError {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}
