//! The governed parameters: default, bounds, largest step, and the bounds that tie them together.

use crate::{
    Pool,
    economics::{DIFFICULTY_ONE, reward},
    tier::MIN_TRUST_BPS,
};
use alloy_primitives::{B256, U256, U512};

/// A governed parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parameter {
    /// AI a unit at difficulty 1 and full trust.
    Base,
    /// PARS a unit, likewise.
    NativeBase,
    /// Least difficulty.
    DMin,
    /// Greatest difficulty.
    DMax,
    /// Units an epoch at which the attested pool's difficulty is 1.
    TargetAttested,
    /// Units an epoch at which the software pool's difficulty is 1.
    TargetSoftware,
    /// AI an epoch of the attested pool.
    PoolCapAttested,
    /// AI an epoch of the software pool.
    PoolCapSoftware,
    /// PARS an epoch of the attested pool.
    NativeCapAttested,
    /// PARS an epoch of the software pool.
    NativeCapSoftware,
    /// AI a proof.
    ProofCap,
    /// AI a device and epoch.
    DeviceCap,
    /// Length of an epoch.
    EpochLength,
    /// Longest job: completion − context.
    MaxJob,
    /// Oldest completion: block − completion.
    MaxAge,
    /// How far a completion may lie after the block's timestamp.
    FutureDrift,
}

/// Largest change in one step: `max(⌊old · bps / 10^4⌋, floor)` either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Share of the old value, in 10^-4.
    pub bps: u16,
    /// What is allowed however small the old value is.
    pub floor: u128,
}

/// What code fixes about a parameter. Governance moves the value, never these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Name: ASCII, left-aligned in a `bytes32` on chain.
    pub name: &'static str,
    /// Unit, for people.
    pub unit: &'static str,
    /// Value in a default genesis.
    pub default: u128,
    /// Least value.
    pub min: u128,
    /// Greatest value.
    pub max: u128,
    /// Largest change in one step; at most one step an epoch length.
    pub step: Step,
}

const E6: u128 = 1_000_000;
const E9: u128 = 1_000_000_000;
const E12: u128 = 1_000_000_000_000;
const E15: u128 = 1_000_000_000_000_000;
const E18: u128 = 1_000_000_000_000_000_000;
const E22: u128 = 10_000_000_000_000_000_000_000;
const E24: u128 = 1_000_000_000_000_000_000_000_000;
const E27: u128 = 1_000_000_000_000_000_000_000_000_000;

const fn spec(
    name: &'static str,
    unit: &'static str,
    default: u128,
    [min, max]: [u128; 2],
    floor: u128,
) -> Spec {
    Spec { name, unit, default, min, max, step: Step { bps: 2_500, floor } }
}

impl Parameter {
    /// All parameters, in the order of the spec's table.
    pub const ALL: [Self; 16] = [
        Self::Base,
        Self::NativeBase,
        Self::DMin,
        Self::DMax,
        Self::TargetAttested,
        Self::TargetSoftware,
        Self::PoolCapAttested,
        Self::PoolCapSoftware,
        Self::NativeCapAttested,
        Self::NativeCapSoftware,
        Self::ProofCap,
        Self::DeviceCap,
        Self::EpochLength,
        Self::MaxJob,
        Self::MaxAge,
        Self::FutureDrift,
    ];

    /// Bounds, default and step.
    pub const fn spec(self) -> Spec {
        match self {
            Self::Base => spec("base", "10^-18 AI a unit", E9 * 10, [0, E18], E6),
            Self::NativeBase => spec("native_base", "10^-18 PARS a unit", E9 * 10, [0, E18], E6),
            Self::DMin => spec("d_min", "10^-18", E12, [E6, E18], E6),
            Self::DMax => spec("d_max", "10^-18", E18 * 4, [E18, E24], E15),
            Self::TargetAttested => spec("target_attested", "units an epoch", E12, [E6, E18], E6),
            Self::TargetSoftware => spec("target_software", "units an epoch", E12 / 10, [E6, E18], E6),
            Self::PoolCapAttested => {
                spec("pool_cap_attested", "10^-18 AI an epoch", E22 * 4, [E18, E27], E18)
            }
            Self::PoolCapSoftware => {
                spec("pool_cap_software", "10^-18 AI an epoch", E22 * 4 / 10, [E15, E27], E15)
            }
            Self::NativeCapAttested => {
                spec("native_cap_attested", "10^-18 PARS an epoch", E22 * 4, [0, E27], E18)
            }
            Self::NativeCapSoftware => {
                spec("native_cap_software", "10^-18 PARS an epoch", E22 * 4 / 10, [0, E27], E15)
            }
            Self::ProofCap => spec("proof_cap", "10^-18 AI a proof", E18 * 400, [E15, E24], E15),
            Self::DeviceCap => spec("device_cap", "10^-18 AI a device and epoch", E18 * 400, [E15, E24], E15),
            Self::EpochLength => spec("epoch_length", "seconds", 3_600, [60, 604_800], 60),
            Self::MaxJob => spec("max_job", "seconds", 3_600, [60, 86_400], 60),
            Self::MaxAge => spec("max_age", "seconds", 7_200, [120, 2_592_000], 120),
            Self::FutureDrift => spec("future_drift", "seconds", 60, [1, 900], 5),
        }
    }

    /// The name on chain: ASCII, left-aligned, zero-padded.
    pub fn name(self) -> B256 {
        ascii(self.spec().name)
    }

    /// The parameter with this name on chain.
    pub fn from_name(name: B256) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.name() == name)
    }

    /// Target units of a pool.
    pub const fn target(pool: Pool) -> Self {
        match pool {
            Pool::Software => Self::TargetSoftware,
            Pool::Attested => Self::TargetAttested,
        }
    }

    /// AI cap of a pool.
    pub const fn pool_cap(pool: Pool) -> Self {
        match pool {
            Pool::Software => Self::PoolCapSoftware,
            Pool::Attested => Self::PoolCapAttested,
        }
    }

    /// PARS cap of a pool.
    pub const fn native_cap(pool: Pool) -> Self {
        match pool {
            Pool::Software => Self::NativeCapSoftware,
            Pool::Attested => Self::NativeCapAttested,
        }
    }

    /// The values one step may reach from `old`, bounds included: `(least, most)`.
    pub fn reach(self, old: u128) -> (u128, u128) {
        let Spec { min, max, step, .. } = self.spec();
        // Values stay below 2^90 (E27), so the product fits; `u128::MAX` would only widen the step of a value that
        // cannot be.
        let share = old.saturating_mul(u128::from(step.bps)).checked_div(10_000).unwrap_or_default();
        let change = share.max(step.floor);
        (old.saturating_sub(change).max(min), old.saturating_add(change).min(max))
    }
}

/// ASCII, left-aligned in 32 bytes; longer text is cut, and no name is longer.
pub fn ascii(text: &str) -> B256 {
    let mut out = B256::ZERO;
    for (slot, byte) in out.iter_mut().zip(text.bytes()) {
        *slot = byte;
    }
    out
}

/// A bound that ties several parameters together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum JointBound {
    /// `base · target · d_max / 10^18 ≤ pool cap`, attested.
    #[error("base · target_attested · d_max / 10^18 exceeds pool_cap_attested")]
    PoolCapAttested,
    /// `base · target · d_max / 10^18 ≤ pool cap`, software.
    #[error("base · target_software · d_max / 10^18 exceeds pool_cap_software")]
    PoolCapSoftware,
    /// `native_base · target · d_max / 10^18 ≤ native cap`, attested.
    #[error("native_base · target_attested · d_max / 10^18 exceeds native_cap_attested")]
    NativeCapAttested,
    /// `native_base · target · d_max / 10^18 ≤ native cap`, software.
    #[error("native_base · target_software · d_max / 10^18 exceeds native_cap_software")]
    NativeCapSoftware,
    /// `base = 0` or `base · d_min · 6000 ≥ 10^22`: one unit is never worth zero.
    #[error("base · d_min · 6000 is below 10^22: a unit would be worth nothing")]
    UnitWorth,
    /// The software cap is at most a quarter of the attested cap.
    #[error("pool_cap_software exceeds a quarter of pool_cap_attested")]
    SoftwareShare,
    /// `max_age ≥ 2 · epoch_length`.
    #[error("max_age is shorter than two epochs")]
    MaxAge,
}

impl JointBound {
    /// All joint bounds, in the order in which they are checked.
    pub const ALL: [Self; 7] = [
        Self::PoolCapAttested,
        Self::PoolCapSoftware,
        Self::NativeCapAttested,
        Self::NativeCapSoftware,
        Self::UnitWorth,
        Self::SoftwareShare,
        Self::MaxAge,
    ];

    /// The name in `JointBoundViolated(bytes32)`: ASCII, left-aligned.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PoolCapAttested => "pool_cap_attested",
            Self::PoolCapSoftware => "pool_cap_software",
            Self::NativeCapAttested => "native_cap_attested",
            Self::NativeCapSoftware => "native_cap_software",
            Self::UnitWorth => "unit_worth",
            Self::SoftwareShare => "software_share",
            Self::MaxAge => "max_age",
        }
    }
}

/// Why a set of parameters is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// Outside the bounds of its own.
    #[error("{} = {value} is outside [{}, {}]", .parameter.spec().name, .parameter.spec().min, .parameter.spec().max)]
    OutOfBounds {
        /// Which.
        parameter: Parameter,
        /// The refused value.
        value: u128,
    },
    /// A joint bound does not hold.
    #[error(transparent)]
    Joint(#[from] JointBound),
}

/// A value for every parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters([u128; Parameter::ALL.len()]);

impl Default for Parameters {
    fn default() -> Self {
        Self(Parameter::ALL.map(|parameter| parameter.spec().default))
    }
}

impl Parameters {
    /// Asks `value` for each parameter in turn.
    ///
    /// # Errors
    /// The first error of `value`.
    pub fn try_from_fn<E>(mut value: impl FnMut(Parameter) -> Result<u128, E>) -> Result<Self, E> {
        let mut values = [0; Parameter::ALL.len()];
        for (slot, parameter) in values.iter_mut().zip(Parameter::ALL) {
            *slot = value(parameter)?;
        }
        Ok(Self(values))
    }

    /// The value of a parameter.
    pub fn get(&self, parameter: Parameter) -> u128 {
        Parameter::ALL
            .iter()
            .zip(self.0)
            .find_map(|(candidate, value)| (*candidate == parameter).then_some(value))
            .unwrap_or_default()
    }

    /// The same parameters with one value changed.
    #[must_use]
    pub fn with(mut self, parameter: Parameter, value: u128) -> Self {
        for (slot, candidate) in self.0.iter_mut().zip(Parameter::ALL) {
            if candidate == parameter {
                *slot = value;
            }
        }
        self
    }

    /// An amount of money.
    pub fn amount(&self, parameter: Parameter) -> U256 {
        U256::from(self.get(parameter))
    }

    /// A number of seconds. Their bounds keep these far below 2^64.
    pub fn seconds(&self, parameter: Parameter) -> u64 {
        u64::try_from(self.get(parameter)).unwrap_or(u64::MAX)
    }

    /// Checks every bound, each parameter's own and the joint ones.
    ///
    /// # Errors
    /// The first [`ParameterError`] in the order of [`Parameter::ALL`] and [`JointBound::ALL`].
    pub fn check(&self) -> Result<(), ParameterError> {
        for (parameter, value) in Parameter::ALL.into_iter().zip(self.0) {
            let spec = parameter.spec();
            if value < spec.min || value > spec.max {
                return Err(ParameterError::OutOfBounds { parameter, value });
            }
        }
        self.check_joint().map_err(Into::into)
    }

    /// Checks the joint bounds.
    ///
    /// # Errors
    /// The first [`JointBound`] that does not hold.
    pub fn check_joint(&self) -> Result<(), JointBound> {
        JointBound::ALL.into_iter().try_for_each(|bound| if self.holds(bound) { Ok(()) } else { Err(bound) })
    }

    fn holds(&self, bound: JointBound) -> bool {
        use Parameter::{Base, DMin, EpochLength, MaxAge, NativeBase, NativeCapAttested, NativeCapSoftware};
        use Parameter::{PoolCapAttested, PoolCapSoftware, TargetAttested, TargetSoftware};
        match bound {
            JointBound::PoolCapAttested => self.emission_within(Base, TargetAttested, PoolCapAttested),
            JointBound::PoolCapSoftware => self.emission_within(Base, TargetSoftware, PoolCapSoftware),
            JointBound::NativeCapAttested => {
                self.emission_within(NativeBase, TargetAttested, NativeCapAttested)
            }
            JointBound::NativeCapSoftware => {
                self.emission_within(NativeBase, TargetSoftware, NativeCapSoftware)
            }
            JointBound::UnitWorth => {
                self.get(Base) == 0
                    || reward(self.get(Base), 1, self.get(DMin), MIN_TRUST_BPS)
                        .is_ok_and(|worth| !worth.is_zero())
            }
            JointBound::SoftwareShare => {
                self.get(PoolCapSoftware).checked_mul(4).is_some_and(|cap| cap <= self.get(PoolCapAttested))
            }
            JointBound::MaxAge => {
                self.get(EpochLength).checked_mul(2).is_some_and(|least| self.get(MaxAge) >= least)
            }
        }
    }

    /// `rate · target · d_max / 10^18 ≤ cap`.
    fn emission_within(&self, rate: Parameter, target: Parameter, cap: Parameter) -> bool {
        U512::from(self.get(rate))
            .checked_mul(U512::from(self.get(target)))
            .and_then(|product| product.checked_mul(U512::from(self.get(Parameter::DMax))))
            .and_then(|product| product.checked_div(U512::from(DIFFICULTY_ONE)))
            .is_some_and(|emission| emission <= U512::from(self.get(cap)))
    }
}
