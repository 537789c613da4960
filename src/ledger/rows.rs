//! Rows: what is stored, and its bytes. Big-endian, fixed width, fields in the order of declaration, nothing between
//! them; `precompile-spec/ledger.md` lists them. A row of any other length or with an impossible value is malformed.

use alloy_primitives::{Address, B256, FixedBytes, U128, U256};
use pars_protocol::{Pool, Tier};
use serde::{Deserialize, Serialize};

/// Something with one binary form.
pub trait Field: Sized {
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);
    /// Takes it from the front; `None` if it is not there.
    fn take(input: &mut &[u8]) -> Option<Self>;

    /// Its bytes.
    fn encode(&self) -> Vec<u8> {
        // Longer than most rows, so that it grows once at most.
        let mut out = Vec::with_capacity(400);
        self.put(&mut out);
        out
    }

    /// From exactly these bytes.
    fn decode(mut input: &[u8]) -> Option<Self> {
        Self::take(&mut input).filter(|_| input.is_empty())
    }
}

impl<const N: usize> Field for [u8; N] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        let (first, rest) = input.split_first_chunk::<N>()?;
        *input = rest;
        Some(*first)
    }
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Field for $t {
            fn put(&self, out: &mut Vec<u8>) {
                self.to_be_bytes().put(out);
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                Field::take(input).map(<$t>::from_be_bytes)
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64);

impl Field for U256 {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_be_bytes::<32>().put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Field::take(input).map(Self::from_be_bytes::<32>)
    }
}

impl Field for U128 {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_be_bytes::<16>().put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Field::take(input).map(Self::from_be_bytes::<16>)
    }
}

impl<const N: usize> Field for FixedBytes<N> {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Field::take(input).map(Self)
    }
}

impl Field for Address {
    fn put(&self, out: &mut Vec<u8>) {
        self.into_array().put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Field::take(input).map(|bytes: [u8; 20]| Self::from(bytes))
    }
}

impl Field for bool {
    fn put(&self, out: &mut Vec<u8>) {
        u8::from(*self).put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        match u8::take(input)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// A byte that says whether the rest follows.
impl<T: Field> Field for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        if bool::take(input)? { T::take(input).map(Some) } else { Some(None) }
    }
}

/// A count of 32 bits, then that many.
impl<T: Field> Field for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        // No block has 2^32 entries; were it so, decoding would refuse the row.
        u32::try_from(self.len()).unwrap_or(u32::MAX).put(out);
        self.iter().for_each(|item| item.put(out));
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        let count = u32::take(input)?;
        // Every item takes a byte at least, so a false count allocates nothing.
        let mut items = Self::with_capacity(usize::try_from(count).ok()?.min(input.len()));
        for _ in 0..count {
            items.push(T::take(input)?);
        }
        Some(items)
    }
}

/// A tier as its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct TierId(pub Tier);

impl From<TierId> for u8 {
    fn from(tier: TierId) -> Self {
        tier.0.id()
    }
}

impl TryFrom<u8> for TierId {
    type Error = &'static str;
    fn try_from(id: u8) -> Result<Self, Self::Error> {
        Tier::from_id(id).map(Self).ok_or("no tier has this id")
    }
}

impl Field for TierId {
    fn put(&self, out: &mut Vec<u8>) {
        u8::from(*self).put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Self::try_from(u8::take(input)?).ok()
    }
}

/// Declares a row: the struct, its JSON, its bytes.
macro_rules! row {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* pub $field:ident: $kind:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name { $($(#[$doc])* pub $field: $kind,)* }

        impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: Field::take(input)?,)* })
            }
        }
    )*};
}

row! {
    /// Where on the chain something happened.
    pub struct Place {
        /// Block number; its hash stands in the block's row.
        pub block: u64,
        /// Index of the transaction in the block.
        pub transaction_index: u32,
        /// Index of the log in the block.
        pub log_index: u32,
        /// Hash of the transaction.
        pub transaction: B256,
    }

    /// Column `spent`: an accepted proof, under its work id.
    pub struct Work {
        /// Where.
        pub place: Place,
        /// BLAKE3 name of the miner's key.
        pub miner: Address,
        /// Who was paid.
        pub recipient: Address,
        /// The job.
        pub job_id: B256,
        /// The device.
        pub device_id: B256,
        /// Free of the chain: tells the same work on two chains.
        pub work_digest: B256,
        /// keccak256 of the signed bytes, as the state holds it.
        pub proof_hash: B256,
        /// Tier of the device.
        pub tier: TierId,
        /// Trust in 10^-4.
        pub trust_bps: u16,
        /// Claimed and paid units.
        pub compute_units: u64,
        /// In 10^-18 AI.
        pub reward: U256,
        /// In 10^-18 PARS.
        pub native_reward: U256,
        /// Effective epoch.
        pub epoch: u64,
    }

    /// Column `deliveries`: a teleport that arrived, under its id.
    pub struct Delivery {
        /// Block of its arrival.
        pub block: u64,
        /// Source chain.
        pub source: u32,
        /// Nonce of the lane.
        pub nonce: u64,
        /// Account on the source chain.
        pub sender: B256,
        /// Who may claim it.
        pub recipient: Address,
        /// In 10^-18 AI.
        pub amount: U256,
    }

    /// Column `claims`: a teleport that was claimed, under its id.
    pub struct Claim {
        /// Where.
        pub place: Place,
        /// Who was paid.
        pub recipient: Address,
        /// In 10^-18 AI.
        pub amount: U256,
    }

    /// What full evidence last registered of a device.
    pub struct Registration {
        /// Block.
        pub block: u64,
        /// Tier.
        pub tier: TierId,
        /// Intermediate that certified it.
        pub ica_index: u8,
        /// Alias in its certificate.
        pub pdi: FixedBytes<8>,
        /// Firmware id of the key that signs its reports.
        pub fwid: FixedBytes<48>,
    }

    /// The miner that full evidence last bound a device to.
    pub struct Binding {
        /// Block.
        pub block: u64,
        /// BLAKE3 of the miner's public key.
        pub miner: B256,
        /// Time from which it holds.
        pub from: u64,
    }

    /// Column `devices`: what is known of a device, under its id. The one kind of row that changes.
    pub struct Device {
        /// Of attested devices.
        pub registration: Option<Registration>,
        /// Of attested devices; the newest, in force or not yet.
        pub binding: Option<Binding>,
        /// Governance's flag.
        pub revoked: bool,
        /// Proofs accepted.
        pub proofs: u64,
        /// Their units.
        pub units: U128,
        /// Their rewards in AI.
        pub reward: U256,
        /// Their rewards in PARS.
        pub native_reward: U256,
        /// Block that first named it.
        pub first_block: u64,
        /// Block that last named it.
        pub last_block: u64,
    }

    /// Proofs of one pool, from the first block on.
    pub struct PoolTotals {
        /// Accepted proofs.
        pub proofs: u64,
        /// Their units.
        pub units: U128,
        /// Their rewards in AI.
        pub reward: U256,
        /// Their rewards in PARS.
        pub native_reward: U256,
    }

    /// Everything from the first block on. A span's figures are the difference of two.
    pub struct Totals {
        /// Software.
        pub software: PoolTotals,
        /// Attested.
        pub attested: PoolTotals,
        /// Teleports that arrived.
        pub deliveries: u64,
        /// Their amounts.
        pub delivered: U256,
        /// Teleports claimed.
        pub claims: u64,
        /// Their amounts.
        pub claimed: U256,
        /// AI in existence, by the `Transfer` events.
        pub supply: U256,
    }

    /// Column `blocks`: a block, under its number.
    pub struct Block {
        /// Its hash.
        pub hash: B256,
        /// Its parent's.
        pub parent: B256,
        /// Its time.
        pub timestamp: u64,
        /// Hash over everything the ledger holds up to here: `ledger.md`.
        pub digest: B256,
        /// Everything up to here.
        pub totals: Totals,
    }

    /// One of the things in column `bodies` that a block brought.
    pub struct Item {
        /// Which column its row is in.
        pub kind: Kind,
        /// Index of its log in the block; of a delivery its index among them.
        pub index: u32,
        /// Work id, teleport id or device id.
        pub id: B256,
    }
}

macro_rules! tagged {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $tag:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Its byte.
            pub(crate) const fn tag(self) -> u8 {
                match self { $(Self::$variant => $tag,)* }
            }
        }

        impl Field for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(self.tag());
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                match u8::take(input)? { $($tag => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

tagged! {
    /// What an [`Item`] is.
    pub enum Kind {
        /// An accepted proof.
        Work = 0,
        /// A teleport that arrived.
        Delivery = 1,
        /// A teleport that was claimed.
        Claim = 2,
        /// Something about a device.
        Device = 3,
    }
}

/// Column `device_events`: what became of a device, under its id, block and log index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum DeviceEvent {
    /// Full evidence registered it, or changed what it registers.
    Registered {
        /// Tier.
        tier: TierId,
        /// Intermediate that certified it.
        ica_index: u8,
        /// Alias in its certificate.
        pdi: FixedBytes<8>,
        /// Firmware id.
        fwid: FixedBytes<48>,
    },
    /// Full evidence bound it to another key.
    Bound {
        /// BLAKE3 of the miner's public key.
        miner: B256,
        /// Time from which it holds.
        from: u64,
    },
    /// Governance set its flag.
    Revocation {
        /// The flag.
        revoked: bool,
    },
}

impl Field for DeviceEvent {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Registered { tier, ica_index, pdi, fwid } => {
                out.push(0);
                tier.put(out);
                ica_index.put(out);
                pdi.put(out);
                fwid.put(out);
            }
            Self::Bound { miner, from } => {
                out.push(1);
                miner.put(out);
                from.put(out);
            }
            Self::Revocation { revoked } => {
                out.push(2);
                revoked.put(out);
            }
        }
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Some(match u8::take(input)? {
            0 => Self::Registered {
                tier: Field::take(input)?,
                ica_index: Field::take(input)?,
                pdi: Field::take(input)?,
                fwid: Field::take(input)?,
            },
            1 => Self::Bound { miner: Field::take(input)?, from: Field::take(input)? },
            2 => Self::Revocation { revoked: Field::take(input)? },
            _ => return None,
        })
    }
}

impl PoolTotals {
    /// Nothing.
    pub const ZERO: Self =
        Self { proofs: 0, units: U128::ZERO, reward: U256::ZERO, native_reward: U256::ZERO };

    fn minus(&self, earlier: &Self) -> Option<Self> {
        Some(Self {
            proofs: self.proofs.checked_sub(earlier.proofs)?,
            units: self.units.checked_sub(earlier.units)?,
            reward: self.reward.checked_sub(earlier.reward)?,
            native_reward: self.native_reward.checked_sub(earlier.native_reward)?,
        })
    }
}

impl Totals {
    /// Nothing.
    pub const ZERO: Self = Self {
        software: PoolTotals::ZERO,
        attested: PoolTotals::ZERO,
        deliveries: 0,
        delivered: U256::ZERO,
        claims: 0,
        claimed: U256::ZERO,
        supply: U256::ZERO,
    };

    /// The totals of a pool.
    pub const fn pool_mut(&mut self, pool: Pool) -> &mut PoolTotals {
        match pool {
            Pool::Software => &mut self.software,
            Pool::Attested => &mut self.attested,
        }
    }

    /// What was added after `earlier`; the supply stays what it is. `None` if these are not later.
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        Some(Self {
            software: self.software.minus(&earlier.software)?,
            attested: self.attested.minus(&earlier.attested)?,
            deliveries: self.deliveries.checked_sub(earlier.deliveries)?,
            delivered: self.delivered.checked_sub(earlier.delivered)?,
            claims: self.claims.checked_sub(earlier.claims)?,
            claimed: self.claimed.checked_sub(earlier.claimed)?,
            supply: self.supply,
        })
    }
}

impl Device {
    /// A device that `block` names for the first time.
    pub const fn new(block: u64) -> Self {
        Self {
            registration: None,
            binding: None,
            revoked: false,
            proofs: 0,
            units: U128::ZERO,
            reward: U256::ZERO,
            native_reward: U256::ZERO,
            first_block: block,
            last_block: block,
        }
    }
}

impl<A: Field, B: Field> Field for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Some((A::take(input)?, B::take(input)?))
    }
}
