//! Spent work, the epoch clock, the pools, and what each device did in the current epoch.

use crate::{
    context::{Context, overflow},
    outcome::Stop,
    storage::layout::{
        DEVICE_EPOCH, DEVICE_PAID, DEVICE_UNITS, EPOCH_COUNTER, EPOCH_LENGTH, EPOCH_START, POOL_DIFFICULTY,
        POOL_NATIVE_PAID, POOL_PAID, POOL_PROOFS, POOL_UNITS, SEED_CURRENT, SEED_PREVIOUS,
    },
};
use alloy_primitives::{B256, U256};
use pars_protocol::{
    Parameters, Pool,
    economics::{EconomicsError, EpochState, PoolState, Roll, effective_epoch},
};

pub(crate) use crate::storage::layout::{ACCEPTED_WORK, JOB_PAID, LAST_WORK_ID};

/// The epoch as stored.
pub(crate) fn load_epoch(context: &mut Context<'_>) -> Result<EpochState, Stop> {
    Ok(EpochState {
        start: EPOCH_START.get(context)?,
        counter: EPOCH_COUNTER.get(context)?,
        length: EPOCH_LENGTH.get(context)?,
        software: load_pool(context, Pool::Software)?,
        attested: load_pool(context, Pool::Attested)?,
    })
}

/// The stored epoch, rolled to the block's time. Stores nothing.
pub(crate) fn load_effective_epoch(
    context: &mut Context<'_>,
    parameters: &Parameters,
) -> Result<(EpochState, Roll), Stop> {
    let stored = load_epoch(context)?;
    effective_epoch(&stored, parameters, context.block_timestamp()).map_err(|error| match error {
        EconomicsError::Overflow => overflow(),
        EconomicsError::ZeroEpochLength => Stop::Fatal(crate::Fatal::NotActivated),
    })
}

pub(crate) fn store_clock(context: &mut Context<'_>, epoch: &EpochState) -> Result<(), Stop> {
    EPOCH_START.set(context, epoch.start)?;
    EPOCH_COUNTER.set(context, epoch.counter)?;
    EPOCH_LENGTH.set(context, epoch.length)
}

fn load_pool(context: &mut Context<'_>, pool: Pool) -> Result<PoolState, Stop> {
    let id = pool.id();
    Ok(PoolState {
        difficulty: POOL_DIFFICULTY.at(id).get(context)?,
        units: POOL_UNITS.at(id).get(context)?,
        paid: POOL_PAID.at(id).get(context)?,
        native_paid: POOL_NATIVE_PAID.at(id).get(context)?,
        proofs: POOL_PROOFS.at(id).get(context)?,
    })
}

/// Stores what an acceptance changes of its pool.
pub(crate) fn store_pool(context: &mut Context<'_>, pool: Pool, state: &PoolState) -> Result<(), Stop> {
    store_rolled_pool(context, pool, state)?;
    POOL_PROOFS.at(pool.id()).set(context, state.proofs)
}

/// Stores what a roll changes of a pool: everything but the count of proofs ever accepted.
pub(crate) fn store_rolled_pool(
    context: &mut Context<'_>,
    pool: Pool,
    state: &PoolState,
) -> Result<(), Stop> {
    let id = pool.id();
    POOL_DIFFICULTY.at(id).set(context, state.difficulty)?;
    POOL_UNITS.at(id).set(context, state.units)?;
    POOL_PAID.at(id).set(context, state.paid)?;
    POOL_NATIVE_PAID.at(id).set(context, state.native_paid)
}

/// The two seeds: (current, previous).
pub(crate) fn load_seeds(context: &mut Context<'_>) -> Result<(B256, B256), Stop> {
    Ok((SEED_CURRENT.get(context)?, SEED_PREVIOUS.get(context)?))
}

/// The seeds that evidence may answer, as stored before this call's roll: once a whole epoch has passed, the current
/// one only. Zero is none.
pub(crate) fn valid_seeds(
    context: &mut Context<'_>,
    roll: Roll,
) -> Result<impl Iterator<Item = B256> + use<>, Stop> {
    let (current, previous) = load_seeds(context)?;
    let previous = if matches!(roll, Roll::Passed(_)) { B256::ZERO } else { previous };
    Ok([current, previous].into_iter().filter(|seed| !seed.is_zero()))
}

pub(crate) fn store_seeds(context: &mut Context<'_>, current: B256, previous: B256) -> Result<(), Stop> {
    SEED_PREVIOUS.set(context, previous)?;
    SEED_CURRENT.set(context, current)
}

/// What a device did in one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeviceState {
    pub(crate) units: u128,
    pub(crate) paid: U256,
}

/// What a device did in epoch `counter`: zero if its counters belong to an earlier one.
pub(crate) fn load_device(
    context: &mut Context<'_>,
    device: B256,
    counter: u64,
) -> Result<DeviceState, Stop> {
    if DEVICE_EPOCH.at(device).get(context)? != counter {
        return Ok(DeviceState::default());
    }
    Ok(DeviceState {
        units: DEVICE_UNITS.at(device).get(context)?,
        paid: DEVICE_PAID.at(device).get(context)?,
    })
}

pub(crate) fn store_device(
    context: &mut Context<'_>,
    device: B256,
    counter: u64,
    state: DeviceState,
) -> Result<(), Stop> {
    DEVICE_EPOCH.at(device).set(context, counter)?;
    DEVICE_UNITS.at(device).set(context, state.units)?;
    DEVICE_PAID.at(device).set(context, state.paid)
}
