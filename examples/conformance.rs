//! Writes the cross-host conformance file of `precompile-spec/vectors`. The test `i5_the_conformance_file_is_what_this_build_makes`
//! compares it.
//!
//! ```text
//! cargo run --example conformance
//! ```

#![allow(dead_code, unreachable_pub, reason = "shares its modules with tests/evm")]

#[path = "../tests/evm/chain.rs"]
mod chain;
#[path = "../tests/evm/conformance/mod.rs"]
mod conformance;
#[path = "../tests/evm/contracts.rs"]
mod contracts;
#[path = "../tests/evm/recorder.rs"]
mod recorder;

fn main() -> std::io::Result<()> {
    let text = conformance::made();
    std::fs::write(conformance::path(), &text)?;
    println!("wrote {}, {} KiB", conformance::PATH, text.len() / 1024);
    Ok(())
}
