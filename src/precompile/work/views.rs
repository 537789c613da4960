//! Views on spent work and on the epoch. They answer from the effective epoch and store nothing.

use super::storage::{self, ACCEPTED_WORK, JOB_PAID};
use crate::{
    context::{Context, overflow},
    gas::operation,
    governance::storage::load_parameters,
    outcome::{Stop, revert},
};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolCall;
use pars_protocol::{
    Parameter, Pool, Tier,
    abi::{
        IAIMiningErrors::{ChainIdTooLarge, UnknownPool, UnknownTier},
        IAIMiningInspector::{
            acceptedWorkCall, computeWorkIdCall, epochInfoCall, epochInfoReturn, epochSeedsCall,
            epochSeedsReturn, isJobPaidCall, isSpentCall, poolInfoCall, poolInfoReturn, quoteRewardCall,
            quoteRewardReturn,
        },
    },
    economics::reward,
    ids,
    strict::Reader,
};

pub(crate) fn is_spent(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let accepted = accepted(context, arguments)?;
    Ok(isSpentCall::abi_encode_returns(&!accepted.is_zero()).into())
}

/// keccak256 of the signed bytes of the accepted proof; zero = not accepted.
pub(crate) fn accepted_work(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let accepted = accepted(context, arguments)?;
    Ok(acceptedWorkCall::abi_encode_returns(&accepted).into())
}

fn accepted(context: &mut Context<'_>, arguments: &[u8]) -> Result<B256, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let work_id = reader.word()?;
    reader.finish()?;
    context.charge(operation::ONE_SLOT)?;
    ACCEPTED_WORK.at(work_id).get(context)
}

pub(crate) fn is_job_paid(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (device, job) = (reader.word()?, reader.word()?);
    reader.finish()?;
    context.charge(operation::ONE_SLOT)?;
    let paid = JOB_PAID.at(ids::job_mark(device, job)).get(context)?;
    Ok(isJobPaidCall::abi_encode_returns(&paid).into())
}

/// Reverts for a chain id above u32 instead of truncating it.
pub(crate) fn compute_work_id(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 3)?;
    let (device, nonce, chain_id) = (reader.word()?, reader.word()?, reader.uint::<u64>()?);
    reader.finish()?;
    context.charge(operation::PURE)?;
    let chain_id = u32::try_from(chain_id).map_err(|_| revert(ChainIdTooLarge { chainId: chain_id }))?;
    Ok(computeWorkIdCall::abi_encode_returns(&ids::work_id(device, nonce, chain_id)).into())
}

/// What `units` of a tier would earn now, AI and PARS, caps and ceilings aside.
pub(crate) fn quote_reward(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 2)?;
    let (tier, units) = (reader.uint::<u8>()?, reader.uint::<u64>()?);
    reader.finish()?;
    context.charge(operation::EPOCH)?;
    let tier = Tier::from_id(tier).ok_or_else(|| revert(UnknownTier { tier }))?;
    let parameters = load_parameters(context)?;
    let (epoch, _) = storage::load_effective_epoch(context, &parameters)?;
    let difficulty = epoch.pool(tier.pool()).difficulty;
    let earn =
        |rate| reward(parameters.get(rate), units, difficulty, tier.trust_bps()).map_err(|_| overflow());
    let quote =
        quoteRewardReturn { reward: earn(Parameter::Base)?, nativeReward: earn(Parameter::NativeBase)? };
    Ok(quoteRewardCall::abi_encode_returns(&quote).into())
}

pub(crate) fn pool_info(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let pool = reader.uint::<u8>()?;
    reader.finish()?;
    context.charge(operation::EPOCH)?;
    let pool = Pool::from_id(pool).ok_or_else(|| revert(UnknownPool { pool }))?;
    let parameters = load_parameters(context)?;
    let (epoch, _) = storage::load_effective_epoch(context, &parameters)?;
    let state = epoch.pool(pool);
    let info = poolInfoReturn {
        d: U256::from(state.difficulty),
        units: state.units,
        paid: state.paid,
        cap: parameters.amount(Parameter::pool_cap(pool)),
        target: parameters.amount(Parameter::target(pool)),
    };
    Ok(poolInfoCall::abi_encode_returns(&info).into())
}

pub(crate) fn epoch_info(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    Reader::new(arguments, 0)?.finish()?;
    context.charge(operation::EPOCH)?;
    let parameters = load_parameters(context)?;
    let (epoch, _) = storage::load_effective_epoch(context, &parameters)?;
    let info = epochInfoReturn { counter: epoch.counter, start: epoch.start, length: epoch.length };
    Ok(epochInfoCall::abi_encode_returns(&info).into())
}

/// The seeds under which evidence is valid now: once a whole epoch has passed, only the current one.
pub(crate) fn epoch_seeds(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    Reader::new(arguments, 0)?.finish()?;
    context.charge(operation::EPOCH)?;
    let parameters = load_parameters(context)?;
    let (_, roll) = storage::load_effective_epoch(context, &parameters)?;
    let mut seeds = storage::valid_seeds(context, roll)?;
    let (current, previous) = (seeds.next().unwrap_or_default(), seeds.next().unwrap_or_default());
    Ok(epochSeedsCall::abi_encode_returns(&epochSeedsReturn { current, previous }).into())
}
