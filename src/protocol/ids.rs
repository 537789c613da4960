//! Ids and hashes. Each comes from meaning, never from the bytes of a signature or of evidence: both are malleable.
//!
//! All are BLAKE3; where a tag is named, BLAKE3's `derive_key` mode separates the purpose.

use crate::{TeleportMessage, WorkContext};
use alloy_primitives::{Address, B256};
use blake3::hazmat::{HasherExt, hash_derive_key_context};

/// `derive_key` context of [`job_mark`].
pub const JOB_TAG: &str = "pars.aimining.job.v1";
/// `derive_key` context of [`software_device_id`].
pub const SOFTWARE_DEVICE_TAG: &str = "pars.aimining.software-device.v1";
/// `derive_key` context of [`attested_device_id`].
pub const NVTRUST_DEVICE_TAG: &str = "pars.aimining.nvtrust-device.v1";
/// `derive_key` context of [`attestation_nonce`].
pub const NVTRUST_NONCE_TAG: &str = "pars.aimining.nvtrust-nonce.v1";
/// `derive_key` context of [`initial_epoch_seed`] and [`next_epoch_seed`].
pub const EPOCH_SEED_TAG: &str = "pars.aimining.epoch-seed.v1";
/// `derive_key` context of [`teleport_id`].
pub const TELEPORT_TAG: &str = "pars.aimining.teleport.v1";

fn hash(parts: &[&[u8]]) -> B256 {
    finish(blake3::Hasher::new(), parts)
}

fn derive_key(tag: &str, parts: &[&[u8]]) -> B256 {
    finish(blake3::Hasher::new_derive_key(tag), parts)
}

fn finish(mut hasher: blake3::Hasher, parts: &[&[u8]]) -> B256 {
    for part in parts {
        hasher.update(part);
    }
    B256::from(*hasher.finalize().as_bytes())
}

/// BLAKE3 of a byte string: the hash of models, inputs, outputs and attestations.
pub fn blake3(bytes: &[u8]) -> B256 {
    hash(&[bytes])
}

/// The miner's address: `BLAKE3(public key)[0..20]`. Nobody holds its private key; it names, it never owns.
pub fn miner_address(public_key: &[u8]) -> Address {
    let [address @ .., _, _, _, _, _, _, _, _, _, _, _, _] = blake3(public_key).0;
    Address::from(address)
}

/// The id under which work is spent: `BLAKE3(device_id ‖ nonce ‖ chain_id u32 little-endian)`, the formula of HIP-006
/// and LP-5200.
pub fn work_id(device_id: B256, nonce: B256, chain_id: u32) -> B256 {
    hash(&[device_id.as_slice(), nonce.as_slice(), &chain_id.to_le_bytes()])
}

/// The mark that a device was paid for a job: `derive_key(tag, device_id ‖ job_id)`.
pub fn job_mark(device_id: B256, job_id: B256) -> B256 {
    derive_key(JOB_TAG, &[device_id.as_slice(), job_id.as_slice()])
}

/// [`job_mark`] of many pairs of a device and a job, in their order: the tag, half of the work, is hashed once.
pub fn job_marks(jobs: impl IntoIterator<Item = (B256, B256)>) -> impl Iterator<Item = B256> {
    let tag = hash_derive_key_context(JOB_TAG);
    jobs.into_iter().map(move |(device_id, job_id)| {
        finish(blake3::Hasher::new_from_context_key(&tag), &[device_id.as_slice(), job_id.as_slice()])
    })
}

/// `BLAKE3(device_id ‖ model_hash ‖ input_hash ‖ output_hash)`: free of the chain, so that a claim of the same work on
/// two chains can be seen.
pub fn work_digest(device_id: B256, model_hash: B256, input_hash: B256, output_hash: B256) -> B256 {
    hash(&[device_id.as_slice(), model_hash.as_slice(), input_hash.as_slice(), output_hash.as_slice()])
}

/// The device id of a miner without attestation: `derive_key(tag, public key)`. It follows from the key, so nobody can
/// burn another's work id.
pub fn software_device_id(public_key: &[u8]) -> B256 {
    derive_key(SOFTWARE_DEVICE_TAG, &[public_key])
}

/// The device id of an attested GPU: `derive_key(tag, SubjectPublicKeyInfo of its identity key)`, 120 bytes.
pub fn attested_device_id(identity_key_spki: &[u8; 120]) -> B256 {
    derive_key(NVTRUST_DEVICE_TAG, &[identity_key_spki])
}

/// The 32 bytes that the GPU signs: `derive_key(tag, WorkContext ‖ BLAKE3(public key) ‖ seed)`.
pub fn attestation_nonce(context: &WorkContext, public_key: &[u8], seed: B256) -> B256 {
    derive_key(NVTRUST_NONCE_TAG, &[&context.encode(), blake3(public_key).as_slice(), seed.as_slice()])
}

/// The seed at activation: `derive_key(tag, chain_id u32 big-endian)`.
pub fn initial_epoch_seed(chain_id: u32) -> B256 {
    derive_key(EPOCH_SEED_TAG, &[&chain_id.to_be_bytes()])
}

/// The seed after a roll: `derive_key(tag, current ‖ counter after the roll u64 ‖ block number u64 ‖ block timestamp
/// u64 ‖ last work id)`, big-endian.
pub fn next_epoch_seed(
    current: B256,
    counter: u64,
    block_number: u64,
    block_timestamp: u64,
    last_work_id: B256,
) -> B256 {
    derive_key(
        EPOCH_SEED_TAG,
        &[
            current.as_slice(),
            &counter.to_be_bytes(),
            &block_number.to_be_bytes(),
            &block_timestamp.to_be_bytes(),
            last_work_id.as_slice(),
        ],
    )
}

/// The id of a teleport: `derive_key(tag, TeleportMessage)`.
pub fn teleport_id(message: &TeleportMessage) -> B256 {
    derive_key(TELEPORT_TAG, &[&message.encode()])
}
