//! `pars_miner*`: what these methods sign, the chain accepts.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use pars_mldsa::ParameterSet;
use pars_protocol::{WorkProof, WorkStatement, abi::IAIMining::submitWorkProofCall};
use serde_json::{Value, json};

use super::{fails, ok, start};
use crate::{
    MiningMode, NodeHandle,
    chain::{dev_accounts::DEV_ACCOUNTS, snapshot::unix_time},
    miner::{MinerKey, Work},
};

const SEED: B256 = B256::repeat_byte(7);

fn bytes(value: Value) -> Bytes {
    serde_json::from_value(value).unwrap()
}

/// A statement of valid work, unsigned.
fn statement(key: &MinerKey, node: &NodeHandle, nonce: u8) -> WorkStatement {
    let now = unix_time();
    let work = Work {
        chain_id: node.chain().chain_id().try_into().unwrap(),
        job_id: B256::repeat_byte(nonce),
        model_hash: B256::repeat_byte(2),
        input_hash: B256::repeat_byte(3),
        output_hash: B256::repeat_byte(4),
        nonce: B256::repeat_byte(nonce),
        compute_units: 1000,
        began_at: now - 1,
        completed_at: now,
        recipient: Address::repeat_byte(9),
        min_reward: 0,
    };
    work.sign(key).unwrap().statement
}

fn submit(node: &NodeHandle, proof: &Bytes, attestation: &Bytes) {
    let input = submitWorkProofCall { proof: proof.clone(), attestation: attestation.clone() }.abi_encode();
    let call = json!([{ "from": DEV_ACCOUNTS[0].address, "to": pars_precompile::ADDRESS, "input": Bytes::from(input) }]);
    let hash = ok(node, "eth_sendTransaction", call);
    assert_eq!(ok(node, "eth_getTransactionReceipt", json!([hash]))["status"], "0x1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_that_of_its_seed() {
    let node = start(MiningMode::Instant).await;
    for set in [ParameterSet::MlDsa44, ParameterSet::MlDsa65, ParameterSet::MlDsa87] {
        let answer = bytes(ok(&node, "pars_minerKey", json!([SEED, set.id()])));
        let (public_key, device_id, name) = <(Bytes, B256, Address)>::abi_decode_params(&answer).unwrap();
        let key = MinerKey::from_seed(set, SEED);
        assert_eq!(
            (public_key.as_ref(), device_id, name),
            (key.public_key(), key.device_id(), key.address())
        );

        let signature = bytes(ok(&node, "pars_minerSign", json!([SEED, set.id(), "0x1234"])));
        assert!(pars_mldsa::verify(set, &public_key, &[0x12, 0x34], b"", &signature));
        let signature = bytes(ok(&node, "pars_minerSign", json!([SEED, set.id(), "0x1234", "purpose"])));
        assert!(pars_mldsa::verify(set, &public_key, &[0x12, 0x34], b"purpose", &signature));
    }
    assert_eq!(fails(&node, "pars_minerKey", json!([SEED, 45])).0, -32602);
    assert_eq!(fails(&node, "pars_minerSign", json!([SEED, 44, "0x", "x".repeat(256)])).0, -32602);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_are_paid_with_and_without_a_gpu() {
    let node = start(MiningMode::Instant).await;
    let key = MinerKey::from_seed(ParameterSet::MlDsa44, SEED);
    let plain = statement(&key, &node, 1);
    let proof = bytes(ok(&node, "pars_minerProof", json!([SEED, 44, Bytes::from(plain.encode())])));
    assert_eq!(WorkProof::decode(&proof).unwrap().statement, plain);
    submit(&node, &proof, &Bytes::new());

    let seeds = ok(
        &node,
        "eth_call",
        json!([{ "to": pars_precompile::ADDRESS, "input": &keccak256("epochSeeds()")[..4].to_vec().into_iter().collect::<Bytes>() }]),
    );
    let (epoch_seed, _) = <(B256, B256)>::abi_decode_params(&bytes(seeds)).unwrap();
    for architecture in ["GH100", "GB100"] {
        let mut attested = statement(&key, &node, if architecture == "GH100" { 2 } else { 3 });
        let gpu = json!({ "architecture": architecture, "seed": SEED, "epochSeed": epoch_seed });
        let context = Bytes::from(attested.context.encode());
        let answer = bytes(ok(&node, "pars_minerAttest", json!([SEED, 44, context, gpu])));
        let attestation;
        (attested.context.device_id, attestation, attested.attestation_hash) =
            <(B256, Bytes, B256)>::abi_decode_params(&answer).unwrap();
        let proof = bytes(ok(&node, "pars_minerProof", json!([SEED, 44, Bytes::from(attested.encode())])));
        submit(&node, &proof, &attestation);
    }
    let gpu = json!({ "architecture": "GA100", "seed": SEED, "epochSeed": epoch_seed });
    let context = Bytes::from(plain.context.encode());
    assert_eq!(fails(&node, "pars_minerAttest", json!([SEED, 44, context, gpu])).0, -32602);
    assert_eq!(fails(&node, "pars_minerAttest", json!([SEED, 44, "0x00", gpu])).0, -32602);
    node.stop().await;
}

/// The known answer of `precompile-spec/encoding.md`.
#[tokio::test(flavor = "multi_thread")]
async fn a_teleport_has_the_id_of_the_specification() {
    let node = start(MiningMode::Instant).await;
    let recipient = Address::repeat_byte(0xbb).into_word();
    let message = json!([96369, 6133, 7, B256::repeat_byte(0xaa), recipient, "0x3e8"]);
    assert_eq!(
        ok(&node, "pars_teleportId", message),
        "0xca89d6f4138e2bc22ca13089e8eed3ab2b4d56c7b09aa2fe1e468baf965c66db"
    );
    let message = json!([1u64 << 32, 6133, 7, B256::repeat_byte(0xaa), recipient, "0x3e8"]);
    assert_eq!(fails(&node, "pars_teleportId", message).0, -32602);
    node.stop().await;
}
