//! No parameters make a method panic.

use std::sync::Arc;

use alloy_primitives::{B256, U256};
use serde_json::{Value, json};

use crate::{
    MiningMode,
    chain::{
        dev_accounts::DEV_ACCOUNTS,
        tests::{Seeded, chain},
    },
    rpc::{DEV_METHODS, METHODS, params::Params, tests::rpc_of},
};

const SEED: u64 = 0x6d69_6e65;
const ROUNDS: u64 = 300;

fn values() -> Vec<Value> {
    let address = DEV_ACCOUNTS[0].address;
    let precompile = pars_precompile::ADDRESS;
    let max = U256::MAX;
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("0x"),
        json!("0x0"),
        json!("0x1"),
        json!("0xffffffffffffffff"),
        json!(max),
        json!("18446744073709551615"),
        json!("latest"),
        json!("pending"),
        json!("earliest"),
        json!("\u{0}é"),
        json!(address),
        json!(precompile),
        json!(B256::ZERO),
        json!(format!("0x02{}", "ff".repeat(300))),
        json!(format!("0xef0100{}", "11".repeat(20))),
        json!([]),
        json!([null, [], {}]),
        json!([0.0, 50.0, 100.0]),
        json!(["0x0", max]),
        json!({}),
        json!({ "from": address, "to": address, "value": "0x1" }),
        json!({ "from": address, "to": precompile, "gas": "0xffffffffffffffff", "data": "0xd3d7bc64" }),
        json!({ "from": address, "gasPrice": max, "value": max, "nonce": "0xffffffffffffffff" }),
        json!({ "from": address, "maxFeePerGas": "0x0", "maxPriorityFeePerGas": "0x1", "gas": "0x0" }),
        json!({ "from": address, "type": "0x3", "blobVersionedHashes": [B256::ZERO], "maxFeePerBlobGas": "0x1" }),
        json!({ "from": address, "type": "0x4", "authorizationList": [] }),
        json!({ "from": address, "input": format!("0x{}", "5b".repeat(50_000)) }),
        json!({ "from": precompile, "input": "0x54fd4d50", "isStatic": true, "isDirect": false, "value": max }),
        json!({ "blockHash": B256::ZERO }),
        json!({ "blockNumber": "0xffffffffffffffff" }),
        json!({ "fromBlock": "0x0", "toBlock": "0xffffffffffffffff", "topics": [null, [B256::ZERO], null, null] }),
        json!({ "address": [], "topics": [[], [], [], [], []] }),
        json!({ precompile.to_string(): { "state": {}, "balance": max, "nonce": "0xffffffffffffffff", "code": "0xfe" } }),
        json!({ precompile.to_string(): { "stateDiff": { B256::ZERO.to_string(): B256::repeat_byte(0xff) } } }),
        json!({ "time": u64::MAX, "number": max, "baseFee": max, "gasLimit": "0x0", "coinbase": precompile }),
        json!({ "blocks": 3, "timestamp": "0xfffffffffffffffe" }),
        json!({ "blocks": u64::MAX }),
    ]
}

#[test]
fn no_parameters_make_a_method_panic() {
    println!("seed {SEED:#x}");
    let mut random = Seeded(SEED);
    let values = values();
    let names = METHODS.iter().copied().chain(DEV_METHODS.iter().map(|(name, _, method)| (*name, *method)));
    let (mut answered, mut refused) = (0u32, 0u32);
    for (name, method) in names {
        // Mining modes change under way; each method starts from a fresh chain that has a little history.
        let mode = if random.below(2) == 0 { MiningMode::Instant } else { MiningMode::Manual };
        let chain = Arc::new(chain(mode));
        chain.mine(3, None, None).unwrap();
        let rpc = rpc_of(chain);
        for round in 0..ROUNDS {
            let count = if round == 0 { 0 } else { 1 + random.below(4) };
            let params: Vec<&Value> =
                (0..count).map(|_| &values[random.below(values.len() as u64) as usize]).collect();
            let text = serde_json::to_string(&params).unwrap();
            let params = Params::parse(Some(&text)).unwrap();
            match method(&rpc, &params) {
                Ok(_) => answered += 1,
                Err(_) => refused += 1,
            }
        }
        assert!(rpc.chain.height() >= 3 || name.ends_with("revert"), "{name}");
    }
    println!("{answered} answered, {refused} refused");
    assert!(answered > 1000 && refused > 1000);
}
