//! The pages in `hosts/` quote what is compiled, and what is compiled works; `README.md` quotes what is really said.

#[allow(dead_code, unreachable_pub)]
#[path = "../examples/anvil.rs"]
mod anvil;
#[allow(dead_code, unreachable_pub)]
#[path = "../examples/forge.rs"]
mod forge;
#[allow(dead_code, unreachable_pub)]
#[path = "../examples/reth.rs"]
mod reth;

use alloy_evm::{
    Evm, EvmEnv, EvmFactory,
    eth::{EthEvmFactory, receipt_builder::AlloyReceiptBuilder, spec::EthSpec},
    precompiles::PrecompilesMap,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use pars_evm::{ADDRESS, ActivationRefused};
use pars_precompile::{ActivationError, Fatal, Genesis};
use pars_protocol::abi::IAIMining::miningBalanceCall;
use revm::{
    context::{BlockEnv, CfgEnv, TxEnv},
    database::{CacheDB, EmptyDB},
    primitives::hardfork::SpecId,
    state::{AccountInfo, Bytecode},
};
use serde_json::{Value, json};

const README: &str = include_str!("../README.md");

fn block<'a>(page: &'a str, heading: &str, language: &str) -> &'a str {
    let after = page.split_once(heading).unwrap_or_else(|| panic!("no {heading:?}")).1;
    let fence = format!("```{language}\n");
    let code = after.split_once(&fence).unwrap_or_else(|| panic!("no code under {heading:?}")).1;
    code.split_once("```\n").expect("a closed fence").0
}

#[test]
fn pages_quote_the_examples_to_the_letter() {
    for (name, page, source) in [
        ("reth", include_str!("../hosts/reth.md"), include_str!("../examples/reth.rs")),
        ("anvil", include_str!("../hosts/anvil.md"), include_str!("../examples/anvil.rs")),
        ("forge", include_str!("../hosts/forge.md"), include_str!("../examples/forge.rs")),
    ] {
        let heading = format!("## The half that is compiled: `examples/{name}.rs`\n");
        assert_eq!(block(page, &heading, "rust"), source, "hosts/{name}.md");
        assert!(
            page.contains("| not compiled here |") && page.contains("commit `"),
            "hosts/{name}.md says what it is"
        );
    }
}

/// The genesis JSON of the README.
fn genesis() -> Value {
    let code = block(README, "## In this order", "json");
    serde_json::from_str(code.trim_end()).expect("JSON")
}

/// A database with what a genesis JSON has under 0x0300 in its alloc.
fn database(genesis: &Value) -> CacheDB<EmptyDB> {
    let mut database = CacheDB::default();
    let account = &genesis["alloc"][ADDRESS.to_string()];
    if account.is_null() {
        return database;
    }
    let code: Bytes = serde_json::from_value(account["code"].clone()).expect("code");
    let nonce: U256 = serde_json::from_value(account["nonce"].clone()).expect("a nonce");
    let code = Some(Bytecode::new_raw(code));
    database.insert_account_info(ADDRESS, AccountInfo { nonce: nonce.to(), code, ..Default::default() });
    let storage: std::collections::BTreeMap<B256, B256> =
        serde_json::from_value(account["storage"].clone()).expect("slots");
    for (slot, value) in storage {
        database.insert_account_storage(ADDRESS, slot.into(), value.into()).expect("no database below");
    }
    database
}

/// `miningBalance(0)` in an EVM of Ethereum's factory, into which `install` puts precompiles, as Foundry does.
fn call(database: CacheDB<EmptyDB>, install: impl FnOnce(&mut PrecompilesMap)) -> Result<Bytes, String> {
    let cfg = CfgEnv::new_with_spec(SpecId::PRAGUE).with_chain_id(6133);
    let block = BlockEnv { gas_limit: 30_000_000, basefee: 0, ..Default::default() };
    let mut evm = EthEvmFactory::default().create_evm(database, EvmEnv::new(cfg, block));
    install(evm.precompiles_mut());
    let data = miningBalanceCall { miner: Address::ZERO }.abi_encode().into();
    let tx = TxEnv::builder().to(ADDRESS).data(data).gas_limit(1_000_000).gas_price(0).chain_id(Some(6133));
    let done = evm.transact_raw(tx.build().expect("a transaction")).map_err(|error| error.to_string())?;
    assert!(done.result.is_success(), "{:?}", done.result);
    Ok(done.result.into_output().unwrap_or_default())
}

#[test]
fn the_readmes_genesis_works_in_each_host() {
    let mut genesis = genesis();
    let chain = reth::chain(&genesis).expect("a legal configuration");
    genesis["alloc"][ADDRESS.to_string()] = reth::alloc(&chain);
    let zero = Bytes::from(vec![0; 32]);
    let pars = anvil::Pars::from_genesis(&genesis).expect("a legal configuration");
    assert_eq!(call(database(&genesis), |map| pars.install(map)).unwrap(), zero);
    assert_eq!(call(database(&genesis), |map| map.extend_precompiles(pars.precompiles())).unwrap(), zero);
    assert_eq!(call(database(&genesis), forge::inject).unwrap(), zero);
    // Without the precompile the account says so.
    let error = std::panic::catch_unwind(|| call(database(&genesis), |_| {}));
    assert!(error.is_err(), "the marker reverts");
    // Without the account there is nothing to read.
    assert_eq!(call(CacheDB::default(), forge::inject).unwrap(), zero);
    // The block executors of the page.
    let _ = reth::executors(&chain, AlloyReceiptBuilder::default(), EthSpec::mainnet());
    assert_eq!(pars.precompiles()[0].0, ADDRESS);
}

#[test]
fn the_readme_quotes_what_is_said() {
    let refused = |change: fn(&mut Value)| {
        let mut genesis = genesis();
        change(&mut genesis);
        reth::chain(&genesis).expect_err("a mistake").to_string()
    };
    let started = [
        refused(|genesis| genesis["config"]["chainId"] = json!(1)),
        refused(|genesis| genesis["config"]["parsAiMiningConfig"]["governor"] = json!(Address::ZERO)),
    ];
    for message in started.iter().map(String::as_str).chain([Fatal::CorruptState(U256::ZERO)
        .to_string()
        .split_once("0x0 ")
        .expect("the slot")
        .1])
    {
        assert!(README.contains(message), "{message}");
    }
    let source = ActivationError::WrongChain { configured: 4242, host: 6133 };
    let late = ActivationRefused { number: 1, timestamp: 1_800_000_001, source };
    assert!(README.contains(&late.to_string()), "{late}");
    let missing = refused(|genesis| {
        genesis["config"]["parsAiMiningConfig"].as_object_mut().expect("an object").remove("governor");
    });
    let unknown = refused(|genesis| genesis["config"]["parsAiMiningConfig"]["governer"] = json!(1));
    for (message, quoted) in [(missing, "missing field `governor`"), (unknown, "unknown field `governer`")] {
        assert!(message.contains(quoted) && README.contains(quoted), "{message}");
    }
    let strict: Result<Genesis, _> =
        serde_json::from_str(r#"{"blockTimestamp": 0, "chainId": 1, "chainId": 1, "governor": "0x11"}"#);
    assert!(strict.is_err_and(|error| error.to_string().contains("duplicate")));
}
