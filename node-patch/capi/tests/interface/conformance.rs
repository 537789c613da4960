//! The cross-host blocks of `precompile-spec/vectors`, through the interface. There is no EVM here: the calls of 0x0300 that each
//! transaction makes are replayed in order, those that were taken back are taken back, and the account is compared after each block.

use crate::c::*;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, root::storage_root_unhashed};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct File {
    chains: Vec<Chain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chain {
    name: String,
    config: Value,
    genesis_time: u64,
    blocks: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    number: u64,
    timestamp: u64,
    transactions: Vec<Transaction>,
    account: Leaf,
    balances: BTreeMap<Address, U256>,
}

#[derive(Deserialize)]
struct Transaction {
    to: Address,
    input: Bytes,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expected {
    end: String,
    gas_used: u64,
    logs: Vec<Emitted>,
    calls: Vec<Call>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Emitted {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    caller: Address,
    running_as: Address,
    #[serde(rename = "static")]
    is_static: bool,
    input: Bytes,
    gas: u64,
    end: String,
    gas_used: u64,
    output: Bytes,
    kept: bool,
}

/// The balance of the account is the host's own affair: nothing here moves coins to it.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leaf {
    nonce: u64,
    code_hash: B256,
    storage_root: B256,
}

fn leaf(state: &State) -> Leaf {
    let slots = state.storage.iter().map(|(slot, value)| (*slot, U256::from_be_bytes(value.0)));
    Leaf {
        nonce: state.nonce,
        code_hash: if state.code.is_empty() { KECCAK_EMPTY } else { keccak256(&state.code) },
        storage_root: if state.storage.is_empty() { EMPTY_ROOT_HASH } else { storage_root_unhashed(slots) },
    }
}

/// Gas of a transaction before its call, under Cancun.
fn intrinsic(input: &[u8]) -> u64 {
    21_000 + input.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum::<u64>()
}

#[test]
fn i1_conformance_blocks_do_through_the_interface_what_they_do_everywhere() {
    let file: File = crate::vectors::read("../conformance-v1.json");
    let (mut transactions, mut calls) = (0, 0);
    for chain in &file.chains {
        let precompile = Precompile::new(&chain.config.to_string()).expect("the configuration is read");
        let id = chain.config["chainId"].as_u64().expect("a chain id");
        let mut host = Host::default();
        let activation = chain.config["blockTimestamp"].as_u64().expect("a time");
        if activation <= chain.genesis_time {
            assert_eq!(precompile.activate(&mut host, id), (SUCCESS, String::new()));
        }
        for block in &chain.blocks {
            let at = format!("{} block {}", chain.name, block.number);
            let active = precompile.is_active(block.timestamp) == 1;
            assert_eq!(active, activation <= block.timestamp, "{at}");
            if active && host.state.nonce == 0 {
                assert_eq!(precompile.activate(&mut host, id), (SUCCESS, String::new()), "{at}");
            }
            for transaction in &block.transactions {
                let mut logs = Vec::new();
                for call in &transaction.expected.calls {
                    let before = host.state.clone();
                    let frame = pars_aimining::ParsCall {
                        caller: call.caller.into(),
                        running_as: call.running_as.into(),
                        is_static: call.is_static.into(),
                        block_number: block.number,
                        ..ordinary(id, block.timestamp, call.gas)
                    };
                    let ended = precompile.execute(&mut host, &frame, &call.input);
                    let end = match ended.status {
                        SUCCESS => "success",
                        REVERT => "revert",
                        OUT_OF_GAS => "halt",
                        status => panic!("{at}: status {status}: {:?}", ended.output),
                    };
                    assert_eq!(end, call.end, "{at}");
                    assert_eq!(ended.output.unwrap_or_default(), call.output, "{at}");
                    assert_eq!(call.gas - ended.gas_left, call.gas_used, "{at}");
                    if call.kept {
                        let emitted = std::mem::take(&mut host.state.logs).into_iter();
                        logs.extend(emitted.map(|log| Emitted {
                            address: ADDRESS,
                            topics: log.topics,
                            data: log.data,
                        }));
                    } else {
                        host.state = before;
                    }
                    if transaction.to == ADDRESS {
                        let whole = intrinsic(&transaction.input) + call.gas_used;
                        assert_eq!(whole, transaction.expected.gas_used, "{at}");
                        assert_eq!(transaction.expected.end, call.end, "{at}");
                    }
                    calls += 1;
                }
                assert_eq!(logs, transaction.expected.logs, "{at}");
                transactions += 1;
            }
            assert_eq!(leaf(&host.state), block.account, "{at}");
            for (address, balance) in &block.balances {
                assert_eq!(
                    host.state.minted.get(address).copied().unwrap_or_default(),
                    *balance,
                    "{at} {address}"
                );
            }
        }
    }
    println!("C ABI: {transactions} transactions with {calls} calls agree with the file");
    assert!(transactions >= 50 && calls >= 50, "{transactions} {calls}");
}
