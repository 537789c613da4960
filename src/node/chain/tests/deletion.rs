//! Accounts that cease to exist: EIP-161 and SELFDESTRUCT.

use alloy_genesis::GenesisAccount;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};

use super::{COINBASE, Wallet, chain, chain_of, dev_genesis};
use crate::chain::{
    Chain,
    genesis::{CREATE2_FACTORY, ChainSpec},
    hardfork::Hardfork,
    produce::MiningMode,
};

/// With calldata: slot 5 = 1. Without: SELFDESTRUCT to the caller.
const MORTAL: &[u8] = &hex!("3660065733ff5b600160055500");

#[test]
fn a_touched_empty_account_does_not_exist() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    alice.send(&chain, Address::repeat_byte(5).into(), 0, Bytes::new());
    assert!(chain.head().state.account(&Address::repeat_byte(5)).is_none());
    assert!(chain.head().state.account(&COINBASE).is_some(), "it earned a tip");
}

#[test]
fn an_empty_account_with_storage_loses_both_when_touched() {
    let ghost = Address::repeat_byte(0x31);
    let mut genesis = dev_genesis(Hardfork::Prague).build().unwrap();
    let storage = [(B256::with_last_byte(7), B256::with_last_byte(9))].into_iter().collect();
    genesis.alloc.insert(ghost, GenesisAccount::default().with_storage(Some(storage)));
    let spec = ChainSpec::from_genesis(&genesis, None).unwrap();
    let chain = Chain::new(spec, MiningMode::Instant, COINBASE);
    let mut alice = Wallet::new(0);
    alice.send(&chain, Address::repeat_byte(5).into(), 1, Bytes::new());
    assert_eq!(chain.head().state.storage(&ghost, U256::from(7)), U256::from(9));
    alice.send(&chain, ghost.into(), 0, Bytes::new());
    let state = chain.head().state;
    assert!(state.account(&ghost).is_none());
    assert_eq!(state.storage(&ghost, U256::from(7)), U256::ZERO);
    // The past keeps it.
    assert_eq!(chain.block(1).unwrap().state.storage(&ghost, U256::from(7)), U256::from(9));
    // Alive again, it starts with nothing.
    alice.send(&chain, ghost.into(), 5, Bytes::new());
    assert_eq!(chain.head().state.storage(&ghost, U256::from(7)), U256::ZERO);
    assert_eq!(chain.head().state.balance(&ghost), U256::from(5));
}

/// The address the CREATE2 factory gives `MORTAL`, and the calldata that deploys it.
fn mortal() -> (Address, Bytes) {
    let init = super::init_code(MORTAL);
    let data = [B256::ZERO.as_slice(), &init].concat();
    (CREATE2_FACTORY.create2(B256::ZERO, keccak256(&init)), data.into())
}

#[test]
fn selfdestruct_takes_the_storage_along_and_a_successor_starts_empty() {
    let chain = chain_of(&dev_genesis(Hardfork::Shanghai), MiningMode::Instant);
    let (address, deploy) = mortal();
    let slot = U256::from(5);
    let mut alice = Wallet::new(0);
    alice.send(&chain, CREATE2_FACTORY.into(), 0, deploy.clone());
    alice.send(&chain, address.into(), 0, vec![1]);
    assert_eq!(chain.head().state.storage(&address, slot), U256::from(1));
    alice.send(&chain, address.into(), 3, Bytes::new());
    assert!(chain.head().state.account(&address).is_none());
    alice.send(&chain, CREATE2_FACTORY.into(), 0, deploy.clone());
    let state = chain.head().state;
    assert_eq!(&state.code(&address)[..], MORTAL);
    assert_eq!((state.storage(&address, slot), state.balance(&address)), (U256::ZERO, U256::ZERO));
    assert_eq!(chain.block(2).unwrap().state.storage(&address, slot), U256::from(1));

    // Destroyed and made again within one block.
    alice.send(&chain, address.into(), 0, vec![1]);
    assert_eq!(chain.head().state.storage(&address, slot), U256::from(1));
    chain.set_mode(MiningMode::Manual);
    alice.send(&chain, address.into(), 0, Bytes::new());
    alice.send(&chain, CREATE2_FACTORY.into(), 0, deploy);
    let block = chain.mine_block().unwrap();
    assert_eq!(block.transactions.len(), 2);
    assert!(block.receipts.iter().all(|receipt| receipt.status()));
    let state = chain.head().state;
    assert_eq!(&state.code(&address)[..], MORTAL);
    assert_eq!(state.storage(&address, slot), U256::ZERO);
    assert_eq!(state.account(&address).unwrap().storage.root(), alloy_trie::EMPTY_ROOT_HASH);
}

#[test]
fn since_cancun_selfdestruct_only_moves_the_balance() {
    let chain = chain_of(&dev_genesis(Hardfork::Cancun), MiningMode::Instant);
    let (address, deploy) = mortal();
    let mut alice = Wallet::new(0);
    alice.send(&chain, CREATE2_FACTORY.into(), 0, deploy);
    alice.send(&chain, address.into(), 0, vec![1]);
    alice.send(&chain, address.into(), 3, Bytes::new());
    let state = chain.head().state;
    assert_eq!(&state.code(&address)[..], MORTAL);
    assert_eq!(
        (state.storage(&address, U256::from(5)), state.balance(&address)),
        (U256::from(1), U256::ZERO)
    );
}

#[test]
fn slots_set_to_zero_leave_the_trie() {
    let chain = chain(MiningMode::Instant);
    let mut alice = Wallet::new(0);
    // SSTORE(0, calldata word 0)
    let cell = alice.deploy(&chain, &hex!("5f355f5500"));
    let empty = chain.head().state.account(&cell).unwrap().storage.root();
    alice.send(&chain, cell.into(), 0, super::word(7));
    assert_ne!(chain.head().state.account(&cell).unwrap().storage.root(), empty);
    alice.send(&chain, cell.into(), 0, super::word(0));
    assert_eq!(chain.head().state.account(&cell).unwrap().storage.root(), empty);
}
