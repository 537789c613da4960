//! submitWorkProof: the check table of `precompile-spec/work.md`, then the effects.
//!
//! Cheap checks come first, gas before work, and nothing is written before the last check.

use super::storage::{self, ACCEPTED_WORK, DeviceState, JOB_PAID, LAST_WORK_ID};
use crate::{
    attestation::{
        self,
        logic::{Claim, Verdict},
    },
    context::{Context, add, overflow},
    gas::{Evidence, operation},
    governance::storage::load_parameters,
    outcome::{Stop, require, revert},
    token,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use pars_protocol::{
    ADDRESS, Parameter, Parameters, WORK_SIGNATURE_CONTEXT, WorkProof,
    abi::{
        IAIMining::submitWorkProofCall,
        IAIMiningErrors::{
            AttestationHashMismatch, DeviceCapReached, DeviceMismatch, DeviceUnitsReached, EpochCapReached,
            InvalidRecipient, InvalidSignature, JobAlreadyPaid, JobTooLong, MalformedProof, NativeCapReached,
            ProofCapReached, RewardBelowMinimum, TimestampInFuture, TimestampOrder, TimestampTooOld,
            UnitsAboveCeiling, UnsupportedParameterSet, UnsupportedProofVersion, WeakPublicKey,
            WorkAlreadySpent, WrongChain, ZeroField, ZeroReward, ZeroUnits,
        },
        IAIMiningEvents::WorkAccepted,
    },
    economics::{EpochState, PoolState, Roll, reward},
    ids,
    parameters::ascii,
    proof::ProofError,
    strict::Reader,
};

pub(crate) fn submit_work_proof(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (proof, attestation) = (reader.bytes()?, reader.bytes()?);
    reader.finish()?;
    let proof = WorkProof::decode(proof).map_err(refuse)?;
    let parameters = load_parameters(context)?;

    let miner = ids::miner_address(proof.public_key);
    check_statement(context, &proof, attestation, miner, &parameters)?;
    let work_id = check_unspent(context, &proof)?;

    let evidence = Evidence::of(attestation);
    context.charge(operation::submit_work_proof(proof.statement.parameter_set, evidence))?;
    check_signature(context, &proof)?;
    let (epoch, roll) = storage::load_effective_epoch(context, &parameters)?;
    let verdict = check_device(context, &proof, attestation, roll)?;

    let device = storage::load_device(context, verdict.device_id, epoch.counter)?;
    let price = price(&proof, &verdict, &parameters, &epoch, device)?;

    settle(context, &proof, &verdict, work_id, miner, &epoch, roll, &price)?;
    Ok(submitWorkProofCall::abi_encode_returns(&price.reward).into())
}

fn refuse(error: ProofError) -> Stop {
    match error {
        ProofError::UnsupportedVersion(version) => revert(UnsupportedProofVersion { version }),
        ProofError::UnsupportedParameterSet(parameter_set) => {
            revert(UnsupportedParameterSet { parameterSet: parameter_set })
        }
        ProofError::Length { .. } => revert(MalformedProof {}),
    }
}

/// Everything that the signed bytes, the block and the parameters decide: WrongChain to TimestampTooOld.
fn check_statement(
    context: &Context<'_>,
    proof: &WorkProof<'_>,
    attestation: &[u8],
    miner: Address,
    parameters: &Parameters,
) -> Result<(), Stop> {
    let statement = &proof.statement;
    let work = &statement.context;

    let chain_id = context.chain_id();
    require(u64::from(work.chain_id) == chain_id, || WrongChain {
        expected: chain_id,
        actual: work.chain_id,
    })?;
    for (field, name) in [
        (work.job_id, "job_id"),
        (work.model_hash, "model_hash"),
        (work.input_hash, "input_hash"),
        (work.device_id, "device_id"),
        (work.nonce, "nonce"),
        (statement.output_hash, "output_hash"),
    ] {
        require(!field.is_zero(), || ZeroField { name: ascii(name) })?;
    }

    let expected = if attestation.is_empty() { B256::ZERO } else { ids::blake3(attestation) };
    require(statement.attestation_hash == expected, || AttestationHashMismatch {})?;

    // Nobody holds the key of the miner address, and nobody that of 0x0300.
    let recipient = statement.recipient;
    require(!recipient.is_zero() && recipient != ADDRESS && recipient != miner, || InvalidRecipient {
        recipient,
    })?;

    let (began, completed, now) = (work.timestamp, statement.completed_at, context.block_timestamp());
    let duration = completed
        .checked_sub(began)
        .ok_or_else(|| revert(TimestampOrder { context: began, completion: completed }))?;
    let latest = now.saturating_add(parameters.seconds(Parameter::FutureDrift));
    require(completed <= latest, || TimestampInFuture { completion: completed, latest })?;
    let maximum = parameters.seconds(Parameter::MaxJob);
    require(duration <= maximum, || JobTooLong { duration, maximum })?;
    let oldest = now.saturating_sub(parameters.seconds(Parameter::MaxAge));
    require(completed >= oldest, || TimestampTooOld { completion: completed, oldest })
}

/// WorkAlreadySpent and JobAlreadyPaid. Returns the work id.
fn check_unspent(context: &mut Context<'_>, proof: &WorkProof<'_>) -> Result<B256, Stop> {
    let work = &proof.statement.context;
    let work_id = ids::work_id(work.device_id, work.nonce, work.chain_id);
    let accepted = ACCEPTED_WORK.at(work_id).get(context)?;
    require(accepted.is_zero(), || WorkAlreadySpent { workId: work_id })?;
    let paid = JOB_PAID.at(ids::job_mark(work.device_id, work.job_id)).get(context)?;
    require(!paid, || JobAlreadyPaid { deviceId: work.device_id, jobId: work.job_id })?;
    Ok(work_id)
}

fn check_signature(context: &Context<'_>, proof: &WorkProof<'_>) -> Result<(), Stop> {
    let set = proof.statement.parameter_set;
    // Under t1 = 0 anyone can sign; FIPS 204 allows the key, so the refusal is ours.
    require(!pars_mldsa::is_weak_public_key(set, proof.public_key), || WeakPublicKey {})?;
    let valid = context.verify(set, proof.public_key, proof.signed, WORK_SIGNATURE_CONTEXT, proof.signature);
    require(valid, || InvalidSignature {})
}

/// Which device did the work, and how far it is trusted. Without attestation the device id must follow from the key, so
/// that nobody burns another's work id; with it, it is computed from the evidence.
fn check_device(
    context: &mut Context<'_>,
    proof: &WorkProof<'_>,
    attestation: &[u8],
    roll: Roll,
) -> Result<Verdict, Stop> {
    let work = &proof.statement.context;
    if attestation.is_empty() {
        let (expected, actual) = (ids::software_device_id(proof.public_key), work.device_id);
        require(actual == expected, || DeviceMismatch { expected, actual })?;
        return Ok(Verdict::software(actual));
    }
    let nonces: Vec<_> = storage::valid_seeds(context, roll)?
        .map(|seed| ids::attestation_nonce(work, proof.public_key, seed).0)
        .collect();
    let fresh = if roll == Roll::None { nonces.first().copied() } else { None };
    let claim = Claim {
        device_id: work.device_id,
        miner: ids::blake3(proof.public_key),
        completed_at: proof.statement.completed_at,
        fresh,
    };
    attestation::logic::verify(context, attestation, &nonces, Some(&claim))
}

/// What a proof earns, and the counters after it.
struct Price {
    reward: U256,
    native_reward: U256,
    pool: PoolState,
    device: DeviceState,
}

/// ZeroUnits to NativeCapReached: units against the ceilings, the reward, and every cap it counts against. A sum that
/// *exceeds* a cap is refused; equal is allowed.
fn price(
    proof: &WorkProof<'_>,
    verdict: &Verdict,
    parameters: &Parameters,
    epoch: &EpochState,
    device: DeviceState,
) -> Result<Price, Stop> {
    let (statement, tier) = (&proof.statement, verdict.tier);
    let units = statement.compute_units;
    require(units != 0, || ZeroUnits {})?;

    let ceiling = u128::from(tier.ceiling());
    let seconds =
        u128::from(statement.completed_at.saturating_sub(statement.context.timestamp)).saturating_add(1);
    let per_proof = ceiling.saturating_mul(seconds);
    require(u128::from(units) <= per_proof, || UnitsAboveCeiling { units, ceiling: U256::from(per_proof) })?;
    let device_units = device.units.checked_add(u128::from(units)).ok_or_else(overflow)?;
    let per_epoch = ceiling.saturating_mul(u128::from(epoch.length));
    require(device_units <= per_epoch, || DeviceUnitsReached {
        units: U256::from(device_units),
        ceiling: U256::from(per_epoch),
    })?;

    let pool = epoch.pool(tier.pool());
    let earn = |rate| {
        reward(parameters.get(rate), units, pool.difficulty, verdict.trust_bps).map_err(|_| overflow())
    };
    let reward = earn(Parameter::Base)?;
    require(!reward.is_zero(), || ZeroReward {})?;
    let minimum = U256::from(statement.min_reward);
    require(reward >= minimum, || RewardBelowMinimum { reward, minimum })?;

    let cap = parameters.amount(Parameter::ProofCap);
    require(reward <= cap, || ProofCapReached { reward, cap })?;
    let (paid, cap) = (add(device.paid, reward)?, parameters.amount(Parameter::DeviceCap));
    require(paid <= cap, || DeviceCapReached { paid, cap })?;
    let device = DeviceState { units: device_units, paid };
    let (paid, cap) = (add(pool.paid, reward)?, parameters.amount(Parameter::pool_cap(tier.pool())));
    require(paid <= cap, || EpochCapReached { paid, cap })?;
    let native_reward = earn(Parameter::NativeBase)?;
    let native_cap = parameters.amount(Parameter::native_cap(tier.pool()));
    let native_paid = add(pool.native_paid, native_reward)?;
    require(native_paid <= native_cap, || NativeCapReached { paid: native_paid, cap: native_cap })?;

    let pool = PoolState {
        difficulty: pool.difficulty,
        units: pool.units.checked_add(u128::from(units)).ok_or_else(overflow)?,
        paid,
        native_paid,
        proofs: pool.proofs.checked_add(1).ok_or_else(overflow)?,
    };
    Ok(Price { reward, native_reward, pool, device })
}

/// The effects, after the last check: the epoch roll, the spent mark, the job mark, the money, the counters, the
/// events.
#[expect(clippy::too_many_arguments, reason = "the facts of one acceptance, each used once")]
fn settle(
    context: &mut Context<'_>,
    proof: &WorkProof<'_>,
    verdict: &Verdict,
    work_id: B256,
    miner: Address,
    epoch: &EpochState,
    roll: Roll,
    price: &Price,
) -> Result<(), Stop> {
    let (statement, tier) = (&proof.statement, verdict.tier);
    let work = &statement.context;

    if roll != Roll::None {
        storage::store_clock(context, epoch)?;
        for pool in pars_protocol::Pool::ALL {
            if pool != tier.pool() {
                storage::store_rolled_pool(context, pool, epoch.pool(pool))?;
            }
        }
        let (current, _) = storage::load_seeds(context)?;
        let last = LAST_WORK_ID.get(context)?;
        let (number, now) = (context.block_number(), context.block_timestamp());
        let next = ids::next_epoch_seed(current, epoch.counter, number, now, last);
        storage::store_seeds(context, next, current)?;
    }
    storage::store_pool(context, tier.pool(), &price.pool)?;
    storage::store_device(context, work.device_id, epoch.counter, price.device)?;

    let proof_hash = keccak256(proof.signed);
    ACCEPTED_WORK.at(work_id).set(context, proof_hash)?;
    JOB_PAID.at(ids::job_mark(work.device_id, work.job_id)).set(context, true)?;
    LAST_WORK_ID.set(context, work_id)?;

    attestation::logic::settle(context, verdict, ids::blake3(proof.public_key), epoch)?;
    token::logic::mint(context, statement.recipient, price.reward)?;
    context.mint_native(statement.recipient, price.native_reward)?;
    context.emit(&WorkAccepted {
        workId: work_id,
        recipient: statement.recipient,
        jobId: work.job_id,
        deviceId: work.device_id,
        miner,
        workDigest: ids::work_digest(work.device_id, work.model_hash, work.input_hash, statement.output_hash),
        proofHash: proof_hash,
        tier: tier.id(),
        trustBps: verdict.trust_bps,
        computeUnits: statement.compute_units,
        reward: price.reward,
        nativeReward: price.native_reward,
        epoch: epoch.counter,
    })
}
