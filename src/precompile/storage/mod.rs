//! The storage of `0x0300`: where each field lies, and what type it has.

pub(crate) mod layout;
pub(crate) mod slot;

pub use layout::{Field, fields};
