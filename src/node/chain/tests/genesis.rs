use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_trie::root::state_root_unhashed;

use super::{GENESIS_TIME, dev_genesis};
use crate::chain::{
    activation::CONFIG_KEY,
    dev_accounts::DEV_ACCOUNTS,
    genesis::{ChainSpec, DevGenesis, Hosts},
    hardfork::{Hardfork, Hardforks},
    pool,
};

fn refusal(genesis: &Genesis) -> String {
    ChainSpec::from_genesis(genesis, None).expect_err("must be refused").to_string()
}

#[test]
fn dev_keys_belong_to_their_addresses() {
    use alloy_eips::eip2718::Encodable2718;
    for (index, account) in DEV_ACCOUNTS.iter().enumerate() {
        let mut wallet = super::Wallet::new(index);
        let tx = wallet.transfer(Address::ZERO, 1);
        let raw = wallet.sign(tx).encoded_2718();
        assert_eq!(pool::decode(&raw).unwrap().signer(), account.address);
    }
}

#[test]
fn genesis_survives_json_and_has_an_independent_state_root() {
    for hardfork in Hardfork::ALL {
        let genesis = dev_genesis(hardfork).build().unwrap();
        let text = serde_json::to_string(&genesis).unwrap();
        let read: Genesis = serde_json::from_str(&text).unwrap();
        let spec = ChainSpec::from_genesis(&read, None).unwrap();
        assert_eq!(spec.header.hash(), ChainSpec::from_genesis(&genesis, None).unwrap().header.hash());
        assert_eq!(spec.hardforks, Hardforks::fixed(hardfork));
        let independent = state_root_unhashed(
            genesis.alloc.iter().map(|(a, account)| (*a, account.clone().into_trie_account())),
        );
        assert_eq!(spec.header.state_root, independent);
        assert_eq!(spec.header.blob_gas_used.is_some(), hardfork >= Hardfork::Cancun);
        assert_eq!(spec.header.parent_beacon_block_root.is_some(), hardfork >= Hardfork::Cancun);
        assert_eq!(spec.header.requests_hash.is_some(), hardfork >= Hardfork::Prague);
        // Same parameters, same chain.
        let again = dev_genesis(hardfork).build().unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }
}

#[test]
fn a_genesis_for_luxfi_hosts_has_their_profile() {
    let genesis = DevGenesis { hosts: Hosts::Luxfi, ..dev_genesis(Hardfork::Cancun) }.build().unwrap();
    let profile = &genesis.config.extra_fields[CONFIG_KEY];
    assert_eq!(profile["marker"], "0x01");
    for name in ["warm", "valueVisible", "callCodeVisible"] {
        assert_eq!(profile[name], false, "{name}");
    }
    let account = &genesis.alloc[&pars_precompile::ADDRESS];
    assert_eq!(account.code, Some(Bytes::from_static(&[0x01])));
    ChainSpec::from_genesis(&genesis, None).unwrap();
    // The same storage as on a chain of Rust hosts.
    let rust = dev_genesis(Hardfork::Cancun).build().unwrap();
    assert_eq!(account.storage, rust.alloc[&pars_precompile::ADDRESS].storage);
}

#[test]
fn alloc_of_the_precompile_is_what_activation_writes() {
    let address = pars_precompile::ADDRESS;
    let genesis = dev_genesis(Hardfork::Prague).build().unwrap();
    ChainSpec::from_genesis(&genesis, None).unwrap();

    // Filling it in would make another genesis hash than a host that reads the alloc as it is.
    let mut without = genesis.clone();
    without.alloc.remove(&address);
    let error = refusal(&without);
    assert!(error.contains(&format!("no entry for {address}")), "{error}");
    assert!(error.contains("`pars-devnet genesis`"), "{error}");

    // Coins may lie there; before activation nothing needs to.
    let mut rich = genesis.clone();
    rich.alloc.get_mut(&address).unwrap().balance = U256::from(5);
    assert_eq!(ChainSpec::from_genesis(&rich, None).unwrap().state.balance(&address), U256::from(5));
    let later = DevGenesis { activation: GENESIS_TIME + 1, ..dev_genesis(Hardfork::Prague) }.build().unwrap();
    assert!(!later.alloc.contains_key(&address));
    ChainSpec::from_genesis(&later, None).unwrap();

    // A device that nobody registered, a balance that nobody earned: nothing may lie there before its time.
    let storage = [(B256::with_last_byte(34), B256::with_last_byte(9))].into();
    let account = GenesisAccount::default();
    for hidden in [
        account.clone().with_storage(Some(storage)),
        account.clone().with_nonce(Some(1)),
        account.clone().with_code(Some(Bytes::from_static(&[0x01]))),
    ] {
        let mut early = later.clone();
        early.alloc.insert(address, hidden);
        assert!(refusal(&early).contains("becomes active only later"));
    }
    let mut coins = later;
    coins.alloc.insert(address, account.with_balance(U256::from(5)));
    ChainSpec::from_genesis(&coins, None).unwrap();

    let mut wrong = genesis;
    let account: &mut GenesisAccount = wrong.alloc.get_mut(&address).unwrap();
    account.code = Some(Bytes::from_static(&[0x01]));
    assert!(refusal(&wrong).contains("differs from what its parsAiMiningConfig generates"));
}

#[test]
fn a_genesis_that_cannot_work_is_refused_with_a_reason() {
    let good = || dev_genesis(Hardfork::Prague).build().unwrap();
    let with = |change: &dyn Fn(&mut Genesis)| {
        let mut genesis = good();
        change(&mut genesis);
        refusal(&genesis)
    };
    assert!(with(&|g| g.config.chain_id = 0).contains("chain id 0"));
    assert!(with(&|g| g.config.chain_id = 1 << 32).contains("chain id 4294967296"));
    assert!(with(&|g| g.config.chain_id = 7070).contains("6133"), "the configuration names another chain");
    assert!(with(&|g| g.gas_limit = 1000).contains("gas limit 1000"));
    assert!(with(&|g| g.gas_limit = 1_000_000_001).contains("above the maximum of 1000000000"));
    assert!(with(&|g| g.gas_limit = u64::MAX).contains("above the maximum of 1000000000"));
    assert!(with(&|g| g.timestamp = 253_402_300_800).contains("timestamp 253402300800"));
    assert!(with(&|g| g.number = Some(7)).contains("block number 7"));
    assert!(with(&|g| g.config.shanghai_time = None).contains("shanghaiTime"));
    assert!(with(&|g| g.config.shanghai_time = Some(GENESIS_TIME + 1)).contains("shanghaiTime"));
    assert!(with(&|g| g.config.amsterdam_time = Some(0)).contains("amsterdamTime"));
    assert!(with(&|g| g.config.prague_time = None).contains("evmRevision"));
    assert!(with(&|g| g.base_fee_per_gas = Some(u128::MAX)).contains("base fee"));
    let config = |value| {
        move |g: &mut Genesis| {
            g.config.extra_fields.insert(CONFIG_KEY.into(), value);
        }
    };
    for broken in [serde_json::json!({}), serde_json::json!(null), serde_json::json!({"blockTimestamp": "x"})]
    {
        let mut genesis = good();
        config(broken)(&mut genesis);
        assert!(refusal(&genesis).contains(CONFIG_KEY));
    }
}

#[test]
fn a_chain_without_the_precompile_is_possible() {
    let mut genesis = dev_genesis(Hardfork::Prague).build().unwrap();
    genesis.config.extra_fields.remove(CONFIG_KEY);
    genesis.alloc.remove(&pars_precompile::ADDRESS);
    let spec = ChainSpec::from_genesis(&genesis, None).unwrap();
    assert!(spec.activation.is_none());
    assert!(spec.state.account(&pars_precompile::ADDRESS).is_none());
    assert!(spec.state.balance(&DEV_ACCOUNTS[0].address) > U256::ZERO);
}

#[test]
fn hardforks_follow_their_timestamps() {
    let mut genesis = dev_genesis(Hardfork::Prague).build().unwrap();
    genesis.config.osaka_time = Some(GENESIS_TIME + 100);
    let forks = ChainSpec::from_genesis(&genesis, None).unwrap().hardforks;
    assert_eq!(forks.at(GENESIS_TIME + 99), Hardfork::Prague);
    assert_eq!(forks.at(GENESIS_TIME + 100), Hardfork::Osaka);
    for fork in Hardfork::ALL {
        assert_eq!(fork.name().parse::<Hardfork>().unwrap(), fork);
        assert_eq!(Hardforks::fixed(fork).at(0), fork);
    }
    assert!("paris".parse::<Hardfork>().is_err());
}
