//! AI mining on the Pars EVM: the map for a reader.
//!
//! GPU owners run AI work for the chain and submit a *proof of AI work* to the precompile at
//! `0x0000000000000000000000000000000000000300`, which verifies it, refuses double spends and pays.
//!
//! | crate | folder | what it is |
//! | --- | --- | --- |
//! | [`protocol`] | `src/protocol` | the words: codecs, ids, trust table, economics, parameters, ABI |
//! | [`mldsa`] | `src/mldsa` | FIPS 204 verification behind a trait |
//! | [`nvtrust`] | `src/nvtrust` | NVIDIA GPU evidence → device, architecture, measurements |
//! | [`precompile`] | `src/precompile` | the consensus core, its storage, and adapters for alloy-evm and revm |
//! | `pars-keccak` | `src/keccak` | Keccak-f\[1600\], one state or four side by side; keccak256 of many short messages |
//! | `pars-batch` | `src/batch` | verification ahead of execution: caches of keys and verdicts, batches over cores |
//! | `pars-ledger` | `src/ledger` | the canonical chain's spent work, claims and history in RocksDB; it decides nothing |
//! | `pars-node` | `src/node` | `pars-devnet`: a single-node Pars EVM, miner tools, the demo; `pars-ledger`, which audits its ledger |
//!
//! Imports point down only: `keccak` ← `protocol`, `mldsa`, `nvtrust` ← `precompile`, `batch` ← `ledger` ← `node`. The first five are *consensus crates*: no
//! clock, randomness, float or lock in their code, no database, GPU or async runtime in their dependency trees, and tests
//! hold that.
//!
//! To put the precompile into an alloy-evm host:
//!
//! ```
//! use pars_ai_mining::precompile::{Genesis, Precompile, Verifiers, alloy::ParsEvmFactory};
//!
//! let governor = "0x1111111111111111111111111111111111111111".parse().unwrap();
//! let genesis = Genesis::dev(6133, governor);
//! let account = genesis.account(6133).unwrap(); // nonce, marker code and storage for the genesis alloc
//! assert_eq!(account.nonce, 1);
//! let factory = ParsEvmFactory::new(Precompile::new(genesis.profile, Verifiers::default()));
//! # let _ = factory;
//! ```

pub use pars_mldsa as mldsa;
pub use pars_nvtrust as nvtrust;
pub use pars_precompile as precompile;
pub use pars_protocol as protocol;
