// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.4;

/// @title Events of 0x0300
/// @notice An accepted proof emits what it changes of its device first (`DeviceRegistered`, `DeviceBound`), then
/// `Transfer`, then `WorkAccepted`; a claim emits `Transfer`, then `TeleportClaimed`. AI and PARS are in 10^-18, times
/// in Unix seconds.
interface IAIMiningEvents {
    /// @notice ERC-20 transfer of AI; from the zero address when AI is minted.
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// @notice A proof was accepted and paid.
    /// @param workId Spent from now on.
    /// @param recipient Who was paid: the proof's recipient, whoever submitted it.
    /// @param jobId Job; marked as paid for this device.
    /// @param deviceId Device: computed from its key or its evidence, not claimed.
    /// @param miner Miner address of the key that signed.
    /// @param workDigest BLAKE3(device id ‖ model hash ‖ input hash ‖ output hash), without a chain: a claim of the same
    /// work on two chains shows.
    /// @param proofHash keccak256 of the 290 signed bytes, as `acceptedWork` answers.
    /// @param tier 1 software, 2 RTX PRO 6000, 3 GH100, 4 GB100.
    /// @param trustBps Trust in 10^-4, 6000 to 10000; at most 8000 where the measurements are not pinned.
    /// @param computeUnits Claimed units, 10^9 operations each.
    /// @param reward AI paid.
    /// @param nativeReward PARS paid.
    /// @param epoch Number of the epoch that pays.
    event WorkAccepted(
        bytes32 indexed workId,
        address indexed recipient,
        bytes32 indexed jobId,
        bytes32 deviceId,
        address miner,
        bytes32 workDigest,
        bytes32 proofHash,
        uint8 tier,
        uint16 trustBps,
        uint64 computeUnits,
        uint256 reward,
        uint256 nativeReward,
        uint64 epoch
    );

    /// @notice A pending teleport was paid, after its `Transfer`.
    event TeleportClaimed(bytes32 indexed teleportId, address indexed recipient, uint256 amount);

    /// @notice The governor moved a parameter.
    /// @param name ASCII, left-aligned, zero-padded.
    event ParameterChanged(bytes32 indexed name, uint256 oldValue, uint256 newValue);

    /// @notice The governor named the next governor.
    event GovernorProposed(address indexed governor, address indexed proposed);

    /// @notice The proposed governor accepted.
    event GovernorChanged(address indexed oldGovernor, address indexed newGovernor);

    /// @notice Full evidence registered a device, or its intermediate, key or firmware changed.
    /// @param tier 2 RTX PRO 6000, 3 GH100, 4 GB100.
    /// @param icaIndex The intermediate above it.
    /// @param pdi Per-device identifier in its certificate: a readable alias, not its id.
    /// @param fwid Firmware id of the key that signs its reports, 48 bytes.
    event DeviceRegistered(bytes32 indexed deviceId, uint8 tier, uint8 icaIndex, bytes8 pdi, bytes fwid);

    /// @notice Full evidence bound a device to another key. A later one for the same `from` replaces it.
    /// @param miner BLAKE3 of the public key; the first 20 bytes are the miner address.
    /// @param from Start of the next epoch: proofs completed then or later may use kind 2 under this key.
    event DeviceBound(bytes32 indexed deviceId, bytes32 indexed miner, uint64 from);

    /// @notice The governor pinned an intermediate. Those of genesis have no event.
    /// @param architecture ASCII, left-aligned, zero-padded.
    /// @param spki SubjectPublicKeyInfo, 120 bytes.
    event IcaSet(uint8 indexed icaIndex, uint8 tier, bytes32 architecture, bytes spki);

    /// @notice The governor revoked an intermediate, or took it back. Equal values: nothing changed; so below.
    event IcaRevocationChanged(uint8 indexed icaIndex, bool oldValue, bool newValue);

    /// @notice The governor denied a firmware, or took it back.
    /// @param fwid Firmware id, 48 bytes.
    event FirmwareDenialChanged(bytes fwid, bool oldValue, bool newValue);

    /// @notice The governor pinned a firmware, or no longer does.
    /// @param fwid Firmware id, 48 bytes.
    event FirmwarePinChanged(bytes fwid, bool oldValue, bool newValue);

    /// @notice The governor pinned a golden set, or no longer does.
    /// @param tuple Firmware tuple.
    /// @param digest Golden set.
    /// @param mask Blocks that it compares: bit i is block i + 1.
    event GoldenSetChanged(bytes32 indexed tuple, bytes32 indexed digest, uint64 mask, bool oldValue, bool newValue);

    /// @notice The governor revoked a device, or took it back.
    event DeviceRevocationChanged(bytes32 indexed deviceId, bool oldValue, bool newValue);

    /// @notice The governor set the lowest driver. Empty: none.
    event MinimumDriverChanged(string oldDriver, string newDriver);
}
