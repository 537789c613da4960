//! The host profile: the few things in which hosts may differ, named once in genesis and obeyed by every adapter.

use alloy_primitives::{Address, Bytes, hex};
use pars_protocol::ADDRESS;

/// Newest rule set this crate knows.
pub const RULES_VERSION: u16 = 1;

/// Code at `0x…0300`. A call to the address runs the precompile instead; the code keeps the account alive (EIP-161),
/// satisfies `extcodesize`, and speaks where a foreign EVM, or an account that delegates here (EIP-7702), executes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marker {
    /// Reverts with `Error("AIMining 0x0300 needs Pars EVM")`.
    #[default]
    Message,
    /// `0x01`, what luxfi/evm hosts set for every precompile.
    One,
}

impl Marker {
    /// The code.
    pub const fn code(self) -> Bytes {
        Bytes::from_static(match self {
            Self::Message => &hex!(
                "6308c379a060e01b5f526020600452601e6024527f41494d696e696e6720307830333030206e6565647320506172732045564d000060445260645ffd"
            ),
            Self::One => &[0x01],
        })
    }

    /// The marker with this code.
    pub fn from_code(code: &[u8]) -> Option<Self> {
        [Self::Message, Self::One].into_iter().find(|marker| *marker.code() == *code)
    }
}

/// EVM revision under which whole-transaction gas is compared between hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvmRevision {
    /// Withdrawals, PUSH0.
    Shanghai,
    /// Blobs, transient storage, parent beacon root.
    Cancun,
    /// Set-code transactions, calldata floor price.
    #[default]
    Prague,
    /// Transaction gas cap.
    Osaka,
}

impl EvmRevision {
    /// All revisions, oldest first.
    pub const ALL: [Self; 4] = [Self::Shanghai, Self::Cancun, Self::Prague, Self::Osaka];

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shanghai => "shanghai",
            Self::Cancun => "cancun",
            Self::Prague => "prague",
            Self::Osaka => "osaka",
        }
    }
}

/// No revision has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown hardfork {0:?}; known: shanghai, cancun, prague, osaka")]
pub struct UnknownRevision(pub String);

impl std::fmt::Display for EvmRevision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for EvmRevision {
    type Err = UnknownRevision;

    fn from_str(name: &str) -> Result<Self, UnknownRevision> {
        let known = Self::ALL.into_iter().find(|revision| revision.name() == name);
        known.ok_or_else(|| UnknownRevision(name.into()))
    }
}

/// When each rule set takes force: `(version, timestamp)`, both ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules(Vec<(u16, u64)>);

/// A schedule of rule sets is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The first entry is not version 1.
    #[error("rules must start with version 1")]
    First,
    /// Versions do not count up by one, or timestamps go back.
    #[error("rule versions must count up by one and their timestamps must not go back")]
    Order,
    /// A version this build does not know.
    #[error("rules version {0} is not known to this build")]
    Unknown(u16),
}

impl Rules {
    /// Version 1 from `timestamp` on.
    pub fn v1(timestamp: u64) -> Self {
        Self(vec![(1, timestamp)])
    }

    /// A schedule.
    ///
    /// # Errors
    /// [`RulesError`] unless versions count 1, 2, … up to [`RULES_VERSION`] at ascending timestamps.
    pub fn new(schedule: Vec<(u16, u64)>) -> Result<Self, RulesError> {
        let Some((1, _)) = schedule.first() else {
            return Err(RulesError::First);
        };
        if let Some((version, _)) = schedule.iter().find(|(version, _)| *version > RULES_VERSION) {
            return Err(RulesError::Unknown(*version));
        }
        let ascending = schedule
            .iter()
            .zip(schedule.iter().skip(1))
            .all(|((v, t), (next_v, next_t))| v.checked_add(1) == Some(*next_v) && t <= next_t);
        if ascending { Ok(Self(schedule)) } else { Err(RulesError::Order) }
    }

    /// The rule set in force at a time; 0 before the first.
    pub fn at(&self, timestamp: u64) -> u16 {
        self.0
            .iter()
            .take_while(|(_, from)| *from <= timestamp)
            .map(|(version, _)| *version)
            .last()
            .unwrap_or(0)
    }

    /// When the first rule set takes force: activation.
    pub fn activation(&self) -> u64 {
        self.0.first().map_or(u64::MAX, |(_, timestamp)| *timestamp)
    }

    /// The schedule.
    pub fn schedule(&self) -> &[(u16, u64)] {
        &self.0
    }
}

/// What the hosts of a chain do, all alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostProfile {
    /// Rule sets by timestamp; the first one's is the activation.
    pub rules: Rules,
    /// Code at the address.
    pub marker: Marker,
    /// Whether the address is warm at the start of a transaction (EIP-2929).
    pub warm: bool,
    /// Whether the precompile sees the value of a call. Where it does not, coins sent stay at the address for good.
    pub value_visible: bool,
    /// Whether the precompile can tell CALLCODE from CALL. luxfi/evm hosts cannot: see [`Self::is_direct`].
    pub call_code_visible: bool,
    /// EVM revision of the chain.
    pub evm_revision: EvmRevision,
}

impl HostProfile {
    /// A chain whose hosts are all Rust: alloy-evm or revm.
    pub fn rust(activation: u64, evm_revision: EvmRevision) -> Self {
        Self {
            rules: Rules::v1(activation),
            marker: Marker::Message,
            warm: true,
            value_visible: true,
            call_code_visible: true,
            evm_revision,
        }
    }

    /// A chain some of whose hosts are luxfi/evm: what that one does and sees, which any other can follow.
    pub fn luxfi(activation: u64, evm_revision: EvmRevision) -> Self {
        Self {
            rules: Rules::v1(activation),
            marker: Marker::One,
            warm: false,
            value_visible: false,
            call_code_visible: false,
            evm_revision,
        }
    }

    /// Whether the precompile answers in a block of this timestamp. Before, the address is an empty account.
    pub fn is_active(&self, timestamp: u64) -> bool {
        timestamp >= self.rules.activation()
    }

    /// Whether a frame that runs the precompile counts as a call to it. `running_as` is the account whose storage and
    /// balance the frame has (`ADDRESS` opcode): `0x…0300` under CALL and STATICCALL, another one under DELEGATECALL and
    /// CALLCODE.
    ///
    /// A luxfi/evm host says `0x…0300` under CALLCODE, too. There every frame counts in which an account speaks for
    /// itself: that is what each kind of host can tell alike, and nobody is spoken for by another.
    pub fn is_direct(&self, running_as: Address, caller: Address) -> bool {
        running_as == ADDRESS || (!self.call_code_visible && running_as == caller)
    }
}
