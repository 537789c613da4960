//! Tests of evidence: real where there is some, of our own making where there is none.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `real.rs` | every real report at hand, and other projects' bad inputs |
//! | `mutation.rs` | one bit at every byte; the twin of a signature |
//! | `report.rs`, `certificate.rs` | each rule of the two parsers, broken alone |
//! | `verdict.rs` | chains and verdicts, on devices of our own |
//! | `encoding.rs` | `bytes attestation`, firmware tuples, golden sets |
//! | `driver.rs`, `pins.rs`, `names.rs` | driver versions; what may be pinned; the names of reasons |
//! | `ecdsa.rs` | Wycheproof, and a second library |
//! | `simulated.rs` | the simulated device |
//! | `random.rs` | bytes that nobody meant |
//! | `device.rs`, `support.rs` | a device of our own; what the others share |

mod certificate;
mod device;
mod driver;
mod ecdsa;
mod encoding;
mod mutation;
mod names;
mod pins;
mod random;
mod real;
mod report;
mod simulated;
mod support;
mod verdict;
