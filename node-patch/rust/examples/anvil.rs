//! anvil's half that needs published crates alone. `hosts/anvil.md` has the half that needs anvil.

use alloy_evm::precompiles::{DynPrecompile, Precompile as _, PrecompilesMap};
use alloy_primitives::Address;
use pars_evm::{ADDRESS, CONFIG_KEY, ParsChain};
use pars_precompile::alloy;
use serde_json::Value;

/// The precompile of a chain, for every EVM that anvil makes.
#[derive(Clone, Debug)]
pub struct Pars(ParsChain);

impl Pars {
    /// The chain of this genesis JSON, which has 0x0300 in its alloc.
    pub fn from_genesis(genesis: &Value) -> Result<Self, Box<dyn std::error::Error>> {
        let config = &genesis["config"];
        let chain_id = config["chainId"].as_u64().ok_or("config.chainId is missing")?;
        Ok(Self(ParsChain::new(serde_json::from_value(config[CONFIG_KEY].clone())?, chain_id)?))
    }

    /// For anvil's list of precompiles.
    pub fn precompiles(&self) -> Vec<(Address, DynPrecompile)> {
        vec![(ADDRESS, alloy::dyn_precompile(self.0.precompile()))]
    }

    /// For an EVM. anvil activates nothing: the account is in its genesis, so the precompile is there at any time.
    pub fn install(&self, precompiles: &mut PrecompilesMap) {
        alloy::install(precompiles, &self.0.precompile(), u64::MAX);
    }
}

/// Prints what anvil lists for the genesis JSON in the file that it is given.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which genesis.json?")?;
    let genesis = serde_json::from_slice(&std::fs::read(path)?)?;
    for (address, precompile) in Pars::from_genesis(&genesis)?.precompiles() {
        println!("{address} {}", precompile.precompile_id().name());
    }
    Ok(())
}
