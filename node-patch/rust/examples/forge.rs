//! Foundry's half that needs published crates alone. `hosts/forge.md` has the half that needs Foundry.

use alloy_evm::precompiles::PrecompilesMap;
use pars_precompile::{ADDRESS, Genesis, Precompile, Verifiers, alloy};
use std::sync::LazyLock;

/// Its name in traces.
pub const LABEL: &str = "AIMining";

/// One for the process: Foundry's configuration is `Copy` and cannot hold it. Its profile is that of a development
/// chain (warm, value visible); who governs is the state's to say.
static PRECOMPILE: LazyLock<Precompile> =
    LazyLock::new(|| Precompile::new(Genesis::dev(6133, ADDRESS).profile, Verifiers::default()));

/// For an EVM. The account is in the fork or in the allocs that a test loads, so the precompile is there at any time.
pub fn inject(precompiles: &mut PrecompilesMap) {
    alloy::install(precompiles, &PRECOMPILE, u64::MAX);
}

/// Prints what `forge test -vvvv` calls it.
pub fn main() {
    println!("{ADDRESS} {LABEL}");
}
