//! What every function does at the boundary: no panic goes out, no argument is taken on trust.

use crate::{
    ParsStatus,
    sink::{Reply, Sink},
};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    slice,
};

/// An argument that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misuse {
    #[error("{0} is null")]
    Null(&'static str),
    #[error("{0} is not aligned")]
    Unaligned(&'static str),
    #[error("{0} is longer than half of the address space")]
    TooLong(&'static str),
    #[error(
        "{what} has size {size}: this library needs {needed} at least, the caller was compiled for another one"
    )]
    Size { what: &'static str, size: usize, needed: usize },
    #[error("the callback {0} is null")]
    NoCallback(&'static str),
    #[cfg(feature = "ledger")]
    #[error("{0}")]
    Text(String),
}

/// Runs the body of a function that answers with a status. A panic becomes [`ParsStatus::Fatal`] with its text.
pub(crate) fn guard(sink: Sink, body: impl FnOnce() -> Result<Reply, Reply>) -> i32 {
    let reply = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(reply) | Err(reply)) => reply,
        Err(panic) => Reply::text(ParsStatus::Fatal, panicked(panic.as_ref())),
    };
    sink.send(&reply) as i32
}

/// Runs the body of a function that makes a handle; null if there is none, and the sink says why.
pub(crate) fn create<T>(sink: Sink, body: impl FnOnce() -> Result<T, Reply>) -> *mut T {
    let reply = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(made)) => return Box::into_raw(Box::new(made)),
        Ok(Err(reply)) => reply,
        Err(panic) => Reply::text(ParsStatus::Fatal, panicked(panic.as_ref())),
    };
    sink.send(&reply);
    std::ptr::null_mut()
}

/// Frees a handle.
///
/// # Safety
/// It is null or came from [`create`], and nobody uses it any more.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: the caller says that `create` made it, with `Box::into_raw`, and that it is not freed yet. A panic while
        // dropping is swallowed: what is left of the handle is gone either way.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(unsafe { Box::from_raw(handle) })));
    }
}

fn panicked(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("a bug: {}", text.unwrap_or("a panic without a text"))
}

/// What a pointer points to.
///
/// # Safety
/// Unless null or misaligned, it points to a `T` that nobody changes during `'a`.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T, what: &'static str) -> Result<&'a T, Misuse> {
    if !pointer.is_aligned() {
        return Err(Misuse::Unaligned(what));
    }
    // SAFETY: aligned; the caller says the rest.
    unsafe { pointer.as_ref() }.ok_or(Misuse::Null(what))
}

/// A structure whose first field, a `size_t`, is the size that its writer knew. A longer one is of a later version, which may
/// only add fields: its beginning is read.
///
/// # Safety
/// As [`reference`]; it is readable for as many bytes as that field says, for eight at least.
pub(crate) unsafe fn versioned<'a, T>(pointer: *const T, what: &'static str) -> Result<&'a T, Misuse> {
    // SAFETY: the caller says so.
    let size = *unsafe { reference(pointer.cast::<usize>(), what) }?;
    let needed = size_of::<T>();
    if size < needed {
        return Err(Misuse::Size { what, size, needed });
    }
    // SAFETY: there is room for a `T`; the caller says the rest.
    unsafe { reference(pointer, what) }
}

/// Bytes by pointer and length. Null is an empty string.
///
/// # Safety
/// Unless the length is 0, they can be read and nobody changes them during `'a`.
pub(crate) unsafe fn bytes<'a>(
    pointer: *const u8,
    length: usize,
    what: &'static str,
) -> Result<&'a [u8], Misuse> {
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(Misuse::Null(what));
    }
    if isize::try_from(length).is_err() {
        return Err(Misuse::TooLong(what));
    }
    // SAFETY: not null, not longer than an object can be; the caller says the rest.
    Ok(unsafe { slice::from_raw_parts(pointer, length) })
}
