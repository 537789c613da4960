//! The library through its exported functions alone, as a host sees it.

#![allow(unreachable_pub, reason = "the modules of one test binary")]

mod c;
mod conformance;
mod faults;
mod handle;
#[cfg(feature = "ledger")]
mod ledger;
mod memory;
mod misuse;
mod threads;
mod vectors;
