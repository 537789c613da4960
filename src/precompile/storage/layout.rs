//! The storage layout, declared once. Append-only: a released slot keeps its number and meaning for ever.
//!
//! `contracts/harness/StorageTwin.sol` declares the same in Solidity; a test compares this table with what solc says
//! of it.

use super::slot::{Array, Mapping, Place, Slot};
use alloy_primitives::{Address, B256, U256};

/// One row of the layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name in the Solidity twin and in `precompile-spec/state.md`.
    pub name: &'static str,
    /// Slot number.
    pub slot: u64,
    /// Solidity type.
    pub solidity: String,
}

macro_rules! layout {
    ($($(#[$doc:meta])* $slot:literal $constant:ident $name:literal: $kind:ty;)*) => {
        $($(#[$doc])* pub(crate) const $constant: $kind = <$kind>::new($slot);)*

        /// Every field, in the order of its slot.
        pub fn fields() -> Vec<Field> {
            vec![$(Field { name: $name, slot: $slot, solidity: <$kind as Place>::solidity() }),*]
        }
    };
}

layout! {
    /// Rule set in force at activation; 0 on a state that was never activated.
    0 VERSION "version": Slot<u16>;
    1 GOVERNOR "governor": Slot<Address>;
    2 PENDING_GOVERNOR "pendingGovernor": Slot<Address>;
    /// Set by a dev genesis only: simulated devices are accepted.
    3 DEV "dev": Slot<bool>;
    4 TOTAL_SUPPLY "totalSupply": Slot<U256>;
    5 BALANCES "balances": Mapping<Address, Slot<U256>>;
    /// work id → keccak256 of the signed bytes; zero = not spent.
    6 ACCEPTED_WORK "acceptedWork": Mapping<B256, Slot<B256>>;
    /// job mark → 1.
    7 JOB_PAID "jobPaid": Mapping<B256, Slot<bool>>;
    8 LAST_WORK_ID "lastWorkId": Slot<B256>;
    9 EPOCH_START "epochStart": Slot<u64>;
    10 EPOCH_COUNTER "epochCounter": Slot<u64>;
    11 EPOCH_LENGTH "epochLength": Slot<u64>;
    12 SEED_CURRENT "seedCurrent": Slot<B256>;
    13 SEED_PREVIOUS "seedPrevious": Slot<B256>;
    /// Pool id → its field.
    14 POOL_DIFFICULTY "poolDifficulty": Mapping<u8, Slot<u128>>;
    15 POOL_UNITS "poolUnits": Mapping<u8, Slot<u128>>;
    16 POOL_PAID "poolPaid": Mapping<u8, Slot<U256>>;
    17 POOL_NATIVE_PAID "poolNativePaid": Mapping<u8, Slot<U256>>;
    18 POOL_PROOFS "poolProofs": Mapping<u8, Slot<u64>>;
    /// Device id → epoch its two counters belong to; in any later epoch they count as zero.
    19 DEVICE_EPOCH "deviceEpoch": Mapping<B256, Slot<u64>>;
    20 DEVICE_UNITS "deviceUnits": Mapping<B256, Slot<u128>>;
    21 DEVICE_PAID "devicePaid": Mapping<B256, Slot<U256>>;
    /// Parameter name → value.
    22 PARAMETER_VALUE "parameterValue": Mapping<B256, Slot<u128>>;
    /// Parameter name → timestamp of its last step.
    23 PARAMETER_MOVED_AT "parameterMovedAt": Mapping<B256, Slot<u64>>;
    /// `base` before governance paused mining by setting it to zero.
    24 BASE_BEFORE_PAUSE "baseBeforePause": Slot<u128>;
    /// Teleport id → 0 unknown, 1 pending, 2 claimed.
    25 TELEPORT_STATUS "teleportStatus": Mapping<B256, Slot<u8>>;
    26 TELEPORT_SOURCE "teleportSource": Mapping<B256, Slot<u32>>;
    27 TELEPORT_NONCE "teleportNonce": Mapping<B256, Slot<u64>>;
    28 TELEPORT_SENDER "teleportSender": Mapping<B256, Slot<B256>>;
    29 TELEPORT_RECIPIENT "teleportRecipient": Mapping<B256, Slot<Address>>;
    30 TELEPORT_AMOUNT "teleportAmount": Mapping<B256, Slot<U256>>;
    /// Recipient → ids in delivery order, but a claim moves the last entry into the gap.
    31 TELEPORT_PENDING "teleportPending": Mapping<Address, Array<B256>>;
    /// Teleport id → its index in the recipient's list.
    32 TELEPORT_INDEX "teleportIndex": Mapping<B256, Slot<u64>>;
    /// Source chain → nonce → teleport id: a reorganised source cannot deliver two messages under one nonce.
    33 TELEPORT_BY_NONCE "teleportByNonce": Mapping<u32, Mapping<u64, Slot<B256>>>;
    /// Intermediates ever pinned; indices are permanent.
    34 ICA_COUNT "icaCount": Slot<u8>;
    35 ICA_TIER "icaTier": Mapping<u8, Slot<u8>>;
    /// ICA index → name of its architecture, ASCII, left-aligned.
    36 ICA_ARCHITECTURE "icaArchitecture": Mapping<u8, Slot<B256>>;
    /// ICA index → word 0, 1, 2 of its public key x ‖ y.
    37 ICA_KEY "icaKey": Mapping<u8, Mapping<u8, Slot<B256>>>;
    38 ICA_REVOKED "icaRevoked": Mapping<u8, Slot<bool>>;
    /// keccak256 of a public key → ICA index plus one.
    39 ICA_BY_KEY "icaByKey": Mapping<B256, Slot<u8>>;
    /// keccak256 of a firmware id → its flag.
    40 FIRMWARE_DENIED "firmwareDenied": Mapping<B256, Slot<bool>>;
    41 FIRMWARE_PINNED "firmwarePinned": Mapping<B256, Slot<bool>>;
    /// Firmware tuple → blocks that its golden sets compare; zero = no set is pinned.
    42 GOLDEN_MASK "goldenMask": Mapping<B256, Slot<u64>>;
    /// Firmware tuple → how many sets are pinned.
    43 GOLDEN_COUNT "goldenCount": Mapping<B256, Slot<u64>>;
    /// Digest of a golden set → its tuple; zero = not pinned.
    44 GOLDEN_SET "goldenSet": Mapping<B256, Slot<B256>>;
    45 DEVICE_REVOKED "deviceRevoked": Mapping<B256, Slot<bool>>;
    /// Four numbers of 64 bits, the first one highest; zero = none.
    46 MINIMUM_DRIVER "minimumDriver": Slot<U256>;
    /// Device id → ICA index plus one; zero = not registered.
    47 DEVICE_ICA "deviceIca": Mapping<B256, Slot<u16>>;
    /// Device id → word 0, 1, 2 of the public key x ‖ y that signs its reports.
    48 DEVICE_KEY "deviceKey": Mapping<B256, Mapping<u8, Slot<B256>>>;
    /// Device id → word 0, 1 of its firmware id.
    49 DEVICE_FWID "deviceFwid": Mapping<B256, Mapping<u8, Slot<B256>>>;
    /// Device id → 0 newest binding, 1, 2 → BLAKE3 of the miner's public key.
    50 DEVICE_MINER "deviceMiner": Mapping<B256, Mapping<u8, Slot<B256>>>;
    /// Device id → 0 newest binding, 1, 2 → timestamp it takes force at.
    51 DEVICE_BOUND_FROM "deviceBoundFrom": Mapping<B256, Mapping<u8, Slot<u64>>>;
}
