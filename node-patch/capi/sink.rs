//! Bytes going out: to the caller's callback, once, before the function returns.

use crate::{ParsStatus, boundary::Misuse};
use alloy_primitives::Bytes;
use std::{
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Takes what a function has to say: a result, or a text (UTF-8, without a NUL at its end). It is called at most once, on the
/// calling thread, before the function returns; it copies what it wants to keep, and must return: no exception,
/// no longjmp. `data` is never null, also where `length` is 0.
pub type ParsSink = Option<unsafe extern "C-unwind" fn(context: *mut c_void, data: *const u8, length: usize)>;

/// A sink and its context.
pub(crate) struct Sink {
    pub(crate) to: ParsSink,
    pub(crate) context: *mut c_void,
}

/// How a function ends: the status, and what goes to the sink.
pub(crate) struct Reply {
    pub(crate) status: ParsStatus,
    body: Body,
}

enum Body {
    Nothing,
    Bytes(Bytes),
    Text(String),
}

impl Reply {
    /// A status with nothing to say.
    pub(crate) const fn bare(status: ParsStatus) -> Self {
        Self { status, body: Body::Nothing }
    }

    /// A status with a result.
    pub(crate) const fn bytes(status: ParsStatus, bytes: Bytes) -> Self {
        Self { status, body: Body::Bytes(bytes) }
    }

    /// A status with a sentence, or with JSON.
    pub(crate) const fn text(status: ParsStatus, text: String) -> Self {
        Self { status, body: Body::Text(text) }
    }

    /// A success with JSON.
    pub(crate) fn json(value: &impl serde::Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(text) => Self::text(ParsStatus::Success, text),
            Err(error) => Self::text(ParsStatus::Fatal, format!("cannot be written as JSON: {error}")),
        }
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Nothing => None,
            Body::Bytes(bytes) => Some(bytes),
            Body::Text(text) => Some(text.as_bytes()),
        }
    }
}

impl From<Misuse> for Reply {
    fn from(misuse: Misuse) -> Self {
        Self::text(ParsStatus::Misuse, misuse.to_string())
    }
}

impl Sink {
    /// Must be there: without it the result would be lost.
    pub(crate) const fn required(&self, what: &'static str) -> Result<(), Misuse> {
        if self.to.is_none() { Err(Misuse::Null(what)) } else { Ok(()) }
    }

    /// Hands over what a reply has to say, and answers its status.
    pub(crate) fn send(self, reply: &Reply) -> ParsStatus {
        let (Some(to), Some(bytes)) = (self.to, reply.as_bytes()) else { return reply.status };
        // SAFETY: the caller gave function and context together; the bytes live until `send` returns.
        let sent =
            catch_unwind(AssertUnwindSafe(|| unsafe { to(self.context, bytes.as_ptr(), bytes.len()) }));
        if sent.is_ok() { reply.status } else { ParsStatus::Fatal }
    }
}
