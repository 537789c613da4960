//! Tests of evidence: real where there is some, of our own making where there is none.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `real.rs` | every real report at hand |
//! | `peers.rs` | other projects' bad inputs, and what none of them tests |
//! | `mutation.rs` | one bit at every byte; the twin of a signature |
//! | `report.rs`, `certificate.rs` | each rule of the two parsers, broken alone |
//! | `verdict.rs` | chains and verdicts, on devices of our own |
//! | `encoding.rs` | `bytes attestation`, firmware tuples, golden sets |
//! | `driver.rs`, `pins.rs`, `names.rs` | driver versions; what may be pinned; the names of reasons |
//! | `ecdsa.rs` | Wycheproof, and a second library |
//! | `simulated.rs` | the simulated device |
//! | `random.rs` | bytes that nobody meant |
//! | `corpus.rs`, `entry.rs` | the corpus of the fuzz target, replayed; what it drives |
//! | `device.rs`, `support.rs` | a device of our own; what the others share |

mod certificate;
mod corpus;
mod device;
mod driver;
mod ecdsa;
mod encoding;
mod entry;
mod mutation;
mod names;
mod peers;
mod pins;
mod random;
mod real;
mod report;
mod simulated;
mod support;
mod verdict;
