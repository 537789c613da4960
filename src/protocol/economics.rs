//! Rewards, difficulty and the epoch roll: pure functions, integers only, every division floors.

use crate::{Parameter, Parameters, Pool};
use alloy_primitives::{U256, U512};

/// Difficulty is a fixed-point number with 18 decimals: 10^18 pays the base rate.
pub const DIFFICULTY_ONE: u128 = 1_000_000_000_000_000_000;
/// `10^18 · 10^4`: the scales of difficulty and of trust.
const REWARD_SCALE: u128 = 10_000_000_000_000_000_000_000;

/// A result left its width. No reachable state leads here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EconomicsError {
    /// A product, sum or counter left its width.
    #[error("arithmetic overflow")]
    Overflow,
    /// The epoch length is zero: the account was never activated.
    #[error("the epoch length is zero")]
    ZeroEpochLength,
}

/// `⌊base · units · difficulty · trust_bps / (10^18 · 10^4)⌋`, the product in 512 bits.
///
/// # Errors
/// [`EconomicsError::Overflow`] if the quotient leaves 256 bits.
pub fn reward(base: u128, units: u64, difficulty: u128, trust_bps: u16) -> Result<U256, EconomicsError> {
    let product = U512::from(base)
        .checked_mul(U512::from(units))
        .and_then(|p| p.checked_mul(U512::from(difficulty)))
        .and_then(|p| p.checked_mul(U512::from(trust_bps)))
        .ok_or(EconomicsError::Overflow)?;
    narrow(product.checked_div(U512::from(REWARD_SCALE)).ok_or(EconomicsError::Overflow)?)
}

fn narrow(wide: U512) -> Result<U256, EconomicsError> {
    let [a, b, c, d, 0, 0, 0, 0] = wide.into_limbs() else {
        return Err(EconomicsError::Overflow);
    };
    Ok(U256::from_limbs([a, b, c, d]))
}

/// One pool within the current epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// `d`, see [`DIFFICULTY_ONE`].
    pub difficulty: u128,
    /// Units accepted in the epoch.
    pub units: u128,
    /// AI paid in the epoch.
    pub paid: U256,
    /// PARS paid in the epoch.
    pub native_paid: U256,
    /// Proofs ever accepted; a pool without any keeps its difficulty.
    pub proofs: u64,
}

/// The epoch clock and both pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochState {
    /// When the epoch began, Unix seconds; 0 before the first acceptance.
    pub start: u64,
    /// 1 in the first epoch; 0 before it.
    pub counter: u64,
    /// Length of this epoch in seconds. A changed parameter counts from the next roll on.
    pub length: u64,
    /// The pool of software proofs.
    pub software: PoolState,
    /// The pool of attested proofs.
    pub attested: PoolState,
}

/// What [`effective_epoch`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roll {
    /// Still the stored epoch.
    None,
    /// The first epoch opens: no difficulty step.
    Opening,
    /// So many epoch lengths passed; difficulty takes one step however many.
    Passed(u64),
}

impl EpochState {
    /// The state of a pool.
    pub const fn pool(&self, pool: Pool) -> &PoolState {
        match pool {
            Pool::Software => &self.software,
            Pool::Attested => &self.attested,
        }
    }
}

/// The epoch as it is at time `now`: the stored state, rolled as often as time demands. Views answer from it and store
/// nothing; an acceptance stores it.
///
/// # Errors
/// [`EconomicsError`] for a state that was never activated.
pub fn effective_epoch(
    state: &EpochState,
    parameters: &Parameters,
    now: u64,
) -> Result<(EpochState, Roll), EconomicsError> {
    if state.start == 0 {
        return Ok((EpochState { start: now, counter: 1, ..*state }, Roll::Opening));
    }
    // A call may be simulated at a time before the stored epoch: nothing has passed then.
    let elapsed = now.saturating_sub(state.start);
    let passed = elapsed.checked_div(state.length).ok_or(EconomicsError::ZeroEpochLength)?;
    if passed == 0 {
        return Ok((*state, Roll::None));
    }
    let span = passed.checked_mul(state.length).ok_or(EconomicsError::Overflow)?;
    let rolled = EpochState {
        counter: state.counter.checked_add(passed).ok_or(EconomicsError::Overflow)?,
        start: state.start.checked_add(span).ok_or(EconomicsError::Overflow)?,
        length: parameters.seconds(Parameter::EpochLength),
        software: close(&state.software, parameters, Pool::Software)?,
        attested: close(&state.attested, parameters, Pool::Attested)?,
    };
    Ok((rolled, Roll::Passed(passed)))
}

/// Closes a pool's epoch: one difficulty step, counters to zero.
fn close(pool: &PoolState, parameters: &Parameters, which: Pool) -> Result<PoolState, EconomicsError> {
    let difficulty = if pool.proofs == 0 { pool.difficulty } else { step(pool, parameters, which)? };
    Ok(PoolState { difficulty, units: 0, paid: U256::ZERO, native_paid: U256::ZERO, proofs: pool.proofs })
}

/// The difficulty after an epoch: towards `10^18 · target / units`, by no more than a quarter up and three quarters
/// down, never up after an epoch near its cap, within `[d_min, d_max]`.
///
/// A steady capacity S so earns `base · target` an epoch whatever S is. (The rule `d ← d · target / units` has no fixed
/// point here: units do not answer to d, so any capacity above target would drive it to zero.)
fn step(pool: &PoolState, parameters: &Parameters, which: Pool) -> Result<u128, EconomicsError> {
    let d = U256::from(pool.difficulty);
    let units = U256::from(pool.units.max(1));
    let wanted = U256::from(DIFFICULTY_ONE)
        .checked_mul(U256::from(parameters.get(Parameter::target(which))))
        .and_then(|product| product.checked_div(units))
        .ok_or(EconomicsError::Overflow)?;
    let quarter = d.wrapping_shr(2);
    let mut t = wanted.min(d.checked_add(quarter).ok_or(EconomicsError::Overflow)?);
    t = t.max(quarter);
    let room =
        pool.paid.checked_add(parameters.amount(Parameter::ProofCap)).ok_or(EconomicsError::Overflow)?;
    if room > parameters.amount(Parameter::pool_cap(which)) {
        t = t.min(d);
    }
    let d_max = U256::from(parameters.get(Parameter::DMax));
    let d_min = U256::from(parameters.get(Parameter::DMin));
    u128::try_from(t.min(d_max).max(d_min)).map_err(|_| EconomicsError::Overflow)
}
