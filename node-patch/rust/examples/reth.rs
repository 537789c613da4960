//! A node's half that needs published crates alone. `hosts/reth.md` has the half that needs reth.

use alloy_evm::eth::EthBlockExecutorFactory;
use pars_evm::{CONFIG_KEY, ParsBlockExecutorFactory, ParsChain, ParsEvmFactory};
use serde_json::{Value, json};

/// The chain's configuration out of its genesis JSON, checked.
pub fn chain(genesis: &Value) -> Result<ParsChain, Box<dyn std::error::Error>> {
    let config = &genesis["config"];
    let chain_id = config["chainId"].as_u64().ok_or("config.chainId is missing")?;
    Ok(ParsChain::new(serde_json::from_value(config[CONFIG_KEY].clone())?, chain_id)?)
}

/// Executors of blocks that activate 0x0300. `R` makes receipts, `S` knows the hardforks: reth has its own of both.
pub type Executors<R, S> = ParsBlockExecutorFactory<EthBlockExecutorFactory<R, S, ParsEvmFactory>>;

/// The executors of a chain.
pub fn executors<R, S>(chain: &ParsChain, receipts: R, spec: S) -> Executors<R, S> {
    chain.block_executor_factory(EthBlockExecutorFactory::new(receipts, spec, chain.evm_factory()))
}

/// What stands under 0x0300 in the `alloc` of a genesis JSON.
pub fn alloc(chain: &ParsChain) -> Value {
    let account = chain.account();
    let storage = account
        .storage
        .iter()
        .map(|(slot, value)| (format!("{slot:#066x}"), json!(format!("{value:#066x}"))));
    let storage: serde_json::Map<_, _> = storage.collect();
    json!({ "balance": "0x0", "nonce": format!("{:#x}", account.nonce), "code": account.code, "storage": storage })
}

/// Prints the genesis JSON in the file that it is given with 0x0300 in its `alloc`.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which genesis.json?")?;
    let mut genesis: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    genesis["alloc"][pars_evm::ADDRESS.to_string()] = alloc(&chain(&genesis)?);
    println!("{genesis:#}");
    Ok(())
}
