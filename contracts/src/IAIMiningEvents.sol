// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.4;

/// @title Events of 0x0300, in the order in which one call emits them: `Transfer` first
/// @notice AI and PARS are in 10^-18.
interface IAIMiningEvents {
    /// @notice ERC-20 transfer of AI; from the zero address when AI is minted.
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// @notice A proof was accepted and paid.
    /// @param workId Spent from now on.
    /// @param recipient Who was paid: the proof's recipient, whoever submitted it.
    /// @param jobId Job; marked as paid for this device.
    /// @param deviceId Device: computed from its key, not claimed.
    /// @param miner Miner address of the key that signed.
    /// @param workDigest BLAKE3(device id ‖ model hash ‖ input hash ‖ output hash), without a chain: a claim of the same
    /// work on two chains shows.
    /// @param proofHash keccak256 of the 290 signed bytes, as `acceptedWork` answers.
    /// @param tier 1 software, 2 RTX PRO 6000, 3 GH100, 4 GB100.
    /// @param trustBps Trust in 10^-4, 6000 to 10000.
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
}
