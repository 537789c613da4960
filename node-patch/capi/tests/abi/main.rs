//! The library through its exported functions alone, as a host sees it.

mod c;
mod faults;
mod handle;
#[cfg(feature = "ledger")]
mod ledger;
mod memory;
mod misuse;
mod threads;
mod vectors;
