//! The storage proof of the spent mark: what a light client, another chain or a court needs, and no node's word.

use alloy_primitives::{B256, U256, keccak256};
use alloy_rpc_types_eth::{EIP1186AccountProofResponse, TransactionReceipt};
use alloy_sol_types::SolValue as _;
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use pars_node::miner::SignedWork;
use pars_protocol::ADDRESS;

use super::{
    DemoError,
    client::Client,
    ensure,
    report::Told,
    text::{short, thousands},
};

/// Slot of `acceptedWork`: work id → keccak256 of the signed bytes (`precompile-spec/state.md`).
const ACCEPTED_WORK: u64 = 6;

/// Slot of a work id's spent mark: `keccak256(workId . 6)`, as Solidity lays out a mapping.
pub(super) fn spent_slot(work_id: B256) -> B256 {
    keccak256((work_id, U256::from(ACCEPTED_WORK)).abi_encode())
}

/// Fetches the proof and follows it from the block's hash to the mark. As a control, a work id that nobody has used
/// is proven to be absent in the same way.
pub(super) async fn check(
    client: &Client,
    work: &SignedWork,
    receipt: &TransactionReceipt,
) -> Result<((), Told), DemoError> {
    let block_hash =
        receipt.block_hash.ok_or_else(|| DemoError::Unexpected("the receipt names no block".into()))?;
    let block = client.block(block_hash).await?;
    ensure(block.header.inner.hash_slow() == block_hash, || {
        format!("the header of block {block_hash} hashes to something else")
    })?;
    let unspent = keccak256(work.work_id());
    let slots = [spent_slot(work.work_id()), spent_slot(unspent)];
    let proof = client.proof(&slots, block_hash).await?;
    let state_root = block.header.state_root;
    let values = [Some(U256::from_be_bytes(work.proof_hash().0)), None];
    verify(&proof, state_root, &slots, &values)?;

    let slot = slots[0];
    let nodes = proof.account_proof.iter().chain(proof.storage_proof.iter().flat_map(|slot| &slot.proof));
    let (count, bytes) = nodes.fold((0usize, 0usize), |(count, bytes), node| (count + 1, bytes + node.len()));
    let told = Told::new(format!("the spent mark is in state root {}", short(state_root)))
        .detail(format!(
            "Checked here, not believed: {count} trie nodes ({} bytes), from the block's hash to",
            thousands(bytes)
        ))
        .detail(format!("slot keccak256(workId . 6) = {}. Another work id is proven absent.", short(slot)))
        .fact("block", block.header.number)
        .text("block_hash", block_hash)
        .text("state_root", state_root)
        .text("storage_root", proof.storage_hash)
        .text("slot", slot)
        .text("value", work.proof_hash())
        .text("absent_work_id", unspent)
        .fact("nodes", count)
        .fact("node_bytes", bytes);
    Ok(((), told))
}

/// Follows an account and its slots from the state root. `None`: the slot must be empty.
pub(super) fn verify(
    proof: &EIP1186AccountProofResponse,
    state_root: B256,
    slots: &[B256],
    values: &[Option<U256>],
) -> Result<(), DemoError> {
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let path = Nibbles::unpack(keccak256(ADDRESS));
    verify_proof(state_root, path, Some(alloy_rlp::encode(account)), &proof.account_proof)
        .map_err(|error| DemoError::Unexpected(format!("the proof of {ADDRESS} does not hold: {error}")))?;
    ensure(proof.storage_proof.len() == slots.len() && slots.len() == values.len(), || {
        format!("{} slots were asked for, {} are proven", slots.len(), proof.storage_proof.len())
    })?;
    for ((slot, value), storage) in slots.iter().zip(values).zip(&proof.storage_proof) {
        ensure(storage.key.as_b256() == *slot, || format!("slot {slot} was asked for"))?;
        ensure(storage.value == value.unwrap_or_default(), || {
            format!("slot {slot} holds {:#x} instead of {:#x}", storage.value, value.unwrap_or_default())
        })?;
        let path = Nibbles::unpack(keccak256(slot));
        verify_proof(proof.storage_hash, path, value.map(alloy_rlp::encode), &storage.proof).map_err(
            |error| DemoError::Unexpected(format!("the proof of slot {slot} does not hold: {error}")),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pars_precompile::storage;

    #[test]
    fn the_slot_is_the_layouts() {
        let field = storage::fields().into_iter().find(|field| field.name == "acceptedWork");
        assert_eq!(field.map(|field| field.slot), Some(ACCEPTED_WORK));
        let mut preimage = [7; 64];
        preimage[32..].copy_from_slice(&U256::from(6).to_be_bytes::<32>());
        assert_eq!(spent_slot(B256::repeat_byte(7)), keccak256(preimage));
    }
}
