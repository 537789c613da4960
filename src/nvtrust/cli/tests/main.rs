//! The binary as its user meets it.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `evidence.rs` | `verify`, `inspect` and `pack` on the fixture |
//! | `golden.rs` | `golden` on RIMs of the fixtures |
//! | `real.rs` | all of it on what lies at `../shared/nvtrust` |
//! | `support.rs` | what they share |
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what consensus code may not do; these tests run a program"
)]

mod evidence;
mod golden;
mod real;
mod support;
