//! NVTrust: which GPU stands behind a proof, how far it is trusted, and who decides that.
//!
//! The evidence itself is `pars_nvtrust`'s. Here is what depends on state: pinned intermediates, firmware, golden sets,
//! revoked devices, registered devices and the miners they are bound to.

pub(crate) mod abi;
pub(crate) mod logic;
pub(crate) mod policy;
mod refusal;
pub(crate) mod storage;
mod views;

pub(crate) use abi::METHODS;
