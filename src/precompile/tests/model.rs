//! The specification once more, as a model: sets, maps and U256, nothing of `economics` or of the storage types.

use super::*;
use crate::storage::layout::*;
use alloy_primitives::keccak256;
use pars_protocol::{ADDRESS, WorkStatement, abi::IAIMiningErrors::*, ids};
use std::collections::BTreeSet;

/// A pool within the epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    pub(super) d: U256,
    pub(super) units: U256,
    pub(super) paid: U256,
    pub(super) native_paid: U256,
    pub(super) proofs: u64,
}

/// What the precompile should remember, and what it should answer.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) parameters: BTreeMap<&'static str, u128>,
    moved_at: BTreeMap<&'static str, u64>,
    pub(super) before_pause: u128,
    pub(super) spent: BTreeMap<B256, B256>,
    jobs: BTreeSet<(B256, B256)>,
    last_work: B256,
    start: u64,
    counter: u64,
    length: u64,
    /// Software, attested.
    pub(super) pools: [Pool; 2],
    devices: BTreeMap<B256, (u64, U256, U256)>,
    seeds: (B256, B256),
    pub(super) balances: BTreeMap<Address, U256>,
    pub(super) native: BTreeMap<Address, U256>,
    pub(super) rewards: U256,
    pub(super) claimed: U256,
    /// Id, message, whether claimed; and the list of the recipient.
    pub(super) teleports: BTreeMap<B256, (TeleportMessage, bool)>,
    pending: BTreeMap<Address, Vec<B256>>,
}

/// AI and PARS, or the typed error.
pub(super) type Answer = Result<(U256, U256), Vec<u8>>;

fn fail<T>(error: impl SolError) -> Result<T, Vec<u8>> {
    Err(error.abi_encode())
}

fn u(value: impl Into<u128>) -> U256 {
    U256::from(value.into())
}

fn id(message: &TeleportMessage) -> B256 {
    B256::from(blake3::derive_key("pars.aimining.teleport.v1", &message.encode()))
}

fn seed(parts: &[&[u8]]) -> B256 {
    B256::from(blake3::derive_key("pars.aimining.epoch-seed.v1", &parts.concat()))
}

fn recipient(message: &TeleportMessage) -> Address {
    Address::from_word(message.recipient)
}

impl Model {
    pub(super) fn new(genesis: &Genesis) -> Self {
        let parameters: BTreeMap<_, _> = Parameter::ALL
            .into_iter()
            .map(|parameter| (parameter.spec().name, genesis.parameters.get(parameter)))
            .collect();
        let pool = Pool { d: u(ONE), ..Pool::default() };
        let mut pending: BTreeMap<Address, Vec<B256>> = BTreeMap::new();
        for message in &genesis.pending_teleports {
            pending.entry(recipient(message)).or_default().push(id(message));
        }
        Self {
            length: u64::try_from(parameters["epoch_length"]).unwrap(),
            parameters,
            moved_at: BTreeMap::new(),
            before_pause: 0,
            spent: BTreeMap::new(),
            jobs: BTreeSet::new(),
            last_work: B256::ZERO,
            start: 0,
            counter: 0,
            pools: [pool.clone(), pool],
            devices: BTreeMap::new(),
            seeds: (seed(&[&genesis.chain_id.to_be_bytes()]), B256::ZERO),
            balances: BTreeMap::new(),
            native: BTreeMap::new(),
            rewards: U256::ZERO,
            claimed: U256::ZERO,
            teleports: genesis
                .pending_teleports
                .iter()
                .map(|message| (id(message), (*message, false)))
                .collect(),
            pending,
        }
    }

    fn get(&self, name: &str) -> U256 {
        u(self.parameters[name])
    }

    /// The clock and both pools at a time: (epochs passed or opening, counter, start, length, pools).
    fn rolled(&self, now: u64) -> (bool, u64, u64, u64, [Pool; 2]) {
        if self.start == 0 {
            return (true, 1, now, self.length, self.pools.clone());
        }
        let n = now.saturating_sub(self.start) / self.length;
        if n == 0 {
            return (false, self.counter, self.start, self.length, self.pools.clone());
        }
        let pools = [("software", 0), ("attested", 1)].map(|(name, index)| {
            let pool = &self.pools[index];
            let mut d = pool.d;
            if pool.proofs > 0 {
                let target = self.get(&format!("target_{name}"));
                let mut t =
                    (u(ONE) * target / pool.units.max(U256::ONE)).min(d + d / u(4_u8)).max(d / u(4_u8));
                if pool.paid + self.get("proof_cap") > self.get(&format!("pool_cap_{name}")) {
                    t = t.min(d);
                }
                d = t.min(self.get("d_max")).max(self.get("d_min"));
            }
            Pool { d, proofs: pool.proofs, ..Pool::default() }
        });
        let length = u64::try_from(self.parameters["epoch_length"]).unwrap();
        (true, self.counter + n, self.start + n * self.length, length, pools)
    }

    /// submitWorkProof of a software proof.
    pub(super) fn submit(
        &mut self,
        statement: &WorkStatement,
        public_key: &[u8],
        valid: bool,
        number: u64,
        now: u64,
    ) -> Answer {
        let work = &statement.context;
        let name = Address::from_slice(&blake3::hash(public_key).as_bytes()[..20]);
        if [Address::ZERO, ADDRESS, name].contains(&statement.recipient) {
            return fail(InvalidRecipient { recipient: statement.recipient });
        }
        let (began, completion) = (work.timestamp, statement.completed_at);
        let seconds = |name: &str| u64::try_from(self.parameters[name]).unwrap();
        if began > completion {
            return fail(TimestampOrder { context: began, completion });
        }
        if completion > now + seconds("future_drift") {
            return fail(TimestampInFuture { completion, latest: now + seconds("future_drift") });
        }
        if completion - began > seconds("max_job") {
            return fail(JobTooLong { duration: completion - began, maximum: seconds("max_job") });
        }
        if completion + seconds("max_age") < now {
            return fail(TimestampTooOld { completion, oldest: now - seconds("max_age") });
        }
        let work_id =
            [work.device_id.as_slice(), work.nonce.as_slice(), &work.chain_id.to_le_bytes()].concat();
        let work_id = B256::from(*blake3::hash(&work_id).as_bytes());
        if self.spent.contains_key(&work_id) {
            return fail(WorkAlreadySpent { workId: work_id });
        }
        if self.jobs.contains(&(work.device_id, work.job_id)) {
            return fail(JobAlreadyPaid { deviceId: work.device_id, jobId: work.job_id });
        }
        if !valid {
            return fail(InvalidSignature {});
        }

        let units = u(statement.compute_units);
        if units.is_zero() {
            return fail(ZeroUnits {});
        }
        let ceiling = u(209_500_u32) * u(completion - began + 1);
        if units > ceiling {
            return fail(UnitsAboveCeiling { units: statement.compute_units, ceiling });
        }
        let (roll, counter, start, length, mut pools) = self.rolled(now);
        let (of, mut device_units, mut device_paid) =
            self.devices.get(&work.device_id).copied().unwrap_or_default();
        if of != counter {
            (device_units, device_paid) = (U256::ZERO, U256::ZERO);
        }
        device_units += units;
        if device_units > u(209_500_u32) * u(length) {
            return fail(DeviceUnitsReached { units: device_units, ceiling: u(209_500_u32) * u(length) });
        }
        let scale = u(10_000_u16) * u(ONE);
        let earn = |rate: &str| self.get(rate) * units * pools[0].d * u(6_000_u16) / scale;
        let (reward, native) = (earn("base"), earn("native_base"));
        if reward.is_zero() {
            return fail(ZeroReward {});
        }
        if reward < u(statement.min_reward) {
            return fail(RewardBelowMinimum { reward, minimum: u(statement.min_reward) });
        }
        if reward > self.get("proof_cap") {
            return fail(ProofCapReached { reward, cap: self.get("proof_cap") });
        }
        device_paid += reward;
        if device_paid > self.get("device_cap") {
            return fail(DeviceCapReached { paid: device_paid, cap: self.get("device_cap") });
        }
        let pool = &mut pools[0];
        pool.units += units;
        pool.paid += reward;
        pool.native_paid += native;
        pool.proofs += 1;
        if pool.paid > self.get("pool_cap_software") {
            return fail(EpochCapReached { paid: pool.paid, cap: self.get("pool_cap_software") });
        }
        if pool.native_paid > self.get("native_cap_software") {
            return fail(NativeCapReached { paid: pool.native_paid, cap: self.get("native_cap_software") });
        }

        if roll {
            let parts: [&[u8]; 5] = [
                self.seeds.0.as_slice(),
                &counter.to_be_bytes(),
                &number.to_be_bytes(),
                &now.to_be_bytes(),
                self.last_work.as_slice(),
            ];
            self.seeds = (seed(&parts), self.seeds.0);
        }
        (self.counter, self.start, self.length, self.pools) = (counter, start, length, pools);
        self.devices.insert(work.device_id, (counter, device_units, device_paid));
        self.spent.insert(work_id, keccak256(statement.encode()));
        self.jobs.insert((work.device_id, work.job_id));
        self.last_work = work_id;
        *self.balances.entry(statement.recipient).or_default() += reward;
        if !native.is_zero() {
            *self.native.entry(statement.recipient).or_default() += native;
        }
        self.rewards += reward;
        Ok((reward, native))
    }

    /// claimTeleport.
    pub(super) fn claim(&mut self, id: B256) -> Answer {
        let Some((message, claimed)) = self.teleports.get_mut(&id) else {
            return fail(TeleportUnknown { teleportId: id });
        };
        if *claimed {
            return fail(TeleportAlreadyClaimed { teleportId: id });
        }
        *claimed = true;
        let list = self.pending.get_mut(&recipient(message)).unwrap();
        let index = list.iter().position(|entry| *entry == id).unwrap();
        list.swap_remove(index);
        *self.balances.entry(recipient(message)).or_default() += message.amount;
        self.claimed += message.amount;
        Ok((message.amount, U256::ZERO))
    }

    /// setParameter by the governor.
    pub(super) fn set(&mut self, parameter: Parameter, value: u128, now: u64) -> Answer {
        let spec = parameter.spec();
        let (key, name) = (spec.name, parameter.name());
        if value < spec.min || value > spec.max {
            let (minimum, maximum) = (u(spec.min), u(spec.max));
            return fail(ParameterOutOfBounds { name, value: u(value), minimum, maximum });
        }
        let old = self.parameters[key];
        if key == "base" && value == 0 && old != 0 {
            self.before_pause = old;
        } else if !(key == "base" && old == 0 && value != 0 && value == self.before_pause) {
            let from = if key == "base" && old == 0 { self.before_pause } else { old };
            let earliest = self.moved_at.get(key).map_or(0, |at| at + self.rolled(now).3);
            if now < earliest {
                return fail(ParameterStepTooSoon { name, earliest });
            }
            let change = (from / 4).max(spec.step.floor);
            let (least, most) = (from.saturating_sub(change).max(spec.min), (from + change).min(spec.max));
            if value < least || value > most {
                let (least, most) = (u(least), u(most));
                return fail(ParameterStepTooLarge { name, value: u(value), least, most });
            }
            let mut after = self.parameters.clone();
            after.insert(key, value);
            if after["base"] == 0 {
                after.insert("base", self.before_pause);
            }
            if let Some(bound) = broken(&after) {
                return fail(JointBoundViolated { bound: pars_protocol::parameters::ascii(bound) });
            }
            self.moved_at.insert(key, now);
        }
        self.parameters.insert(key, value);
        Ok((U256::ZERO, U256::ZERO))
    }

    /// The whole storage that follows from the model, genesis' constants included.
    pub(super) fn storage(&self) -> BTreeMap<U256, U256> {
        let (mut all, word) = (BTreeMap::new(), |bytes: B256| U256::from_be_bytes(bytes.0));
        let mut put = |slot: U256, value: U256| {
            if !value.is_zero() {
                all.insert(slot, value);
            }
        };
        super::genesis_icas().into_iter().for_each(|(slot, value)| put(slot, value));
        put(VERSION.key(), U256::ONE);
        put(crate::storage::layout::GOVERNOR.key(), U256::from_be_slice(crate::testing::GOVERNOR.as_slice()));
        put(DEV.key(), U256::ONE);
        put(TOTAL_SUPPLY.key(), self.rewards + self.claimed);
        self.balances.iter().for_each(|(holder, balance)| put(BALANCES.at(*holder).key(), *balance));
        self.spent.iter().for_each(|(id, hash)| put(ACCEPTED_WORK.at(*id).key(), word(*hash)));
        for (device, job) in &self.jobs {
            put(JOB_PAID.at(ids::job_mark(*device, *job)).key(), U256::ONE);
        }
        put(LAST_WORK_ID.key(), word(self.last_work));
        put(EPOCH_START.key(), u(self.start));
        put(EPOCH_COUNTER.key(), u(self.counter));
        put(EPOCH_LENGTH.key(), u(self.length));
        put(SEED_CURRENT.key(), word(self.seeds.0));
        put(SEED_PREVIOUS.key(), word(self.seeds.1));
        for (id, pool) in [0, 1].into_iter().zip(&self.pools) {
            put(POOL_DIFFICULTY.at(id).key(), pool.d);
            put(POOL_UNITS.at(id).key(), pool.units);
            put(POOL_PAID.at(id).key(), pool.paid);
            put(POOL_NATIVE_PAID.at(id).key(), pool.native_paid);
            put(POOL_PROOFS.at(id).key(), u(pool.proofs));
        }
        for (device, (epoch, units, paid)) in &self.devices {
            put(DEVICE_EPOCH.at(*device).key(), u(*epoch));
            put(DEVICE_UNITS.at(*device).key(), *units);
            put(DEVICE_PAID.at(*device).key(), *paid);
        }
        for parameter in Parameter::ALL {
            let name = parameter.spec().name;
            put(PARAMETER_VALUE.at(parameter.name()).key(), u(self.parameters[name]));
            let moved_at = self.moved_at.get(name).copied().unwrap_or_default();
            put(PARAMETER_MOVED_AT.at(parameter.name()).key(), u(moved_at));
        }
        put(BASE_BEFORE_PAUSE.key(), u(self.before_pause));
        for (id, (message, claimed)) in &self.teleports {
            put(TELEPORT_STATUS.at(*id).key(), u(1 + u8::from(*claimed)));
            put(TELEPORT_SOURCE.at(*id).key(), u(message.src_chain));
            put(TELEPORT_NONCE.at(*id).key(), u(message.nonce));
            put(TELEPORT_SENDER.at(*id).key(), word(message.sender));
            put(TELEPORT_RECIPIENT.at(*id).key(), word(message.recipient));
            put(TELEPORT_AMOUNT.at(*id).key(), message.amount);
            put(TELEPORT_BY_NONCE.at(message.src_chain).at(message.nonce).key(), word(*id));
        }
        for (recipient, list) in &self.pending {
            let place = TELEPORT_PENDING.at(*recipient);
            // The length lies at keccak256(recipient . 31).
            let length = [recipient.into_word(), B256::with_last_byte(31)].concat();
            put(word(keccak256(length)), U256::from(list.len()));
            for (index, id) in (0_u64..).zip(list) {
                put(place.at(index).key(), word(*id));
                put(TELEPORT_INDEX.at(*id).key(), u(index));
            }
        }
        all
    }
}

/// The first joint bound that parameters break, in the order of the specification.
fn broken(after: &BTreeMap<&'static str, u128>) -> Option<&'static str> {
    let get = |name: &str| u(after[name]);
    let emission =
        |rate: &str, pool: &str| get(rate) * get(&format!("target_{pool}")) * get("d_max") / u(ONE);
    let ten_22 = u(10_000_u16) * u(ONE);
    let unit = get("base") * get("d_min") * u(6_000_u16);
    [
        ("pool_cap_attested", emission("base", "attested") <= get("pool_cap_attested")),
        ("pool_cap_software", emission("base", "software") <= get("pool_cap_software")),
        ("native_cap_attested", emission("native_base", "attested") <= get("native_cap_attested")),
        ("native_cap_software", emission("native_base", "software") <= get("native_cap_software")),
        ("unit_worth", after["base"] == 0 || unit >= ten_22),
        ("software_share", get("pool_cap_software") * u(4_u8) <= get("pool_cap_attested")),
        ("max_age", get("max_age") >= u(2_u8) * get("epoch_length")),
    ]
    .into_iter()
    .find_map(|(name, holds)| (!holds).then_some(name))
}
