// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.4;

/// @title Views beyond PIP-6
/// @notice At the address of `IAIMining`. No view changes state: epochs are answered as a proof of this block would
/// find them. AI and PARS are in 10^-18, times in Unix seconds, one unit is 10^9 operations of model arithmetic.
interface IAIMiningInspector {
    /// @notice Whether a proof with this work id was accepted.
    function isSpent(bytes32 workId) external view returns (bool);

    /// @notice What was accepted under a work id.
    /// @return proofHash keccak256 of the proof's 290 signed bytes; zero if none was accepted. A contract that is given
    /// those bytes checks them with one opcode and reads job id [6,38), device id [102,134), output hash [174,206),
    /// compute units [206,214) and recipient [222,242) from them.
    function acceptedWork(bytes32 workId) external view returns (bytes32 proofHash);

    /// @notice Whether a device was paid for a job. A device is paid once for a job.
    function isJobPaid(bytes32 deviceId, bytes32 jobId) external view returns (bool);

    /// @notice BLAKE3(deviceId ‖ nonce ‖ chainId as u32, little-endian).
    /// @dev Reverts with `ChainIdTooLarge` above 2^32 - 1.
    function computeWorkId(bytes32 deviceId, bytes32 nonce, uint64 chainId) external view returns (bytes32);

    /// @notice Miner address of a public key: the first 20 bytes of its BLAKE3 hash. It names a miner in events; nobody
    /// can send a transaction from it, and a proof that names it as its recipient is refused.
    function deriveAddress(bytes calldata publicKey) external view returns (address);

    /// @notice NIST security category by the length of an ML-DSA public key: 2, 3 or 5; 0 for any other length.
    function getSecurityLevel(bytes calldata publicKey) external view returns (uint8);

    /// @notice A teleport message and its status.
    /// @return src Chain id of the source.
    /// @return nonce Number of the message on its lane.
    /// @return sender Sender on the source chain, right-aligned if it has 20 bytes.
    /// @return recipient Who is paid.
    /// @return amount In 10^-18 AI.
    /// @return status 0 unknown (then all is zero), 1 pending, 2 claimed.
    function getTeleportDetails(bytes32 teleportId)
        external
        view
        returns (uint32 src, uint64 nonce, bytes32 sender, address recipient, uint256 amount, uint8 status);

    /// @notice What an accepted proof would be paid in this block, by the formula alone: caps are not looked at.
    /// @dev Reverts with `UnknownTier`.
    /// @param tier 1 software, 2 RTX PRO 6000, 3 GH100, 4 GB100.
    /// @param units Claimed compute units.
    /// @return reward In 10^-18 AI.
    /// @return nativeReward In 10^-18 PARS.
    function quoteReward(uint8 tier, uint64 units) external view returns (uint256 reward, uint256 nativeReward);

    /// @notice A pool in its current epoch.
    /// @dev Reverts with `UnknownPool`.
    /// @param pool 0 software, 1 attested.
    /// @return d Difficulty: 10^18 pays the base rate.
    /// @return units Units accepted in the epoch.
    /// @return paid Paid in the epoch, in 10^-18 AI.
    /// @return cap Most that an epoch pays, in 10^-18 AI.
    /// @return target Units an epoch at which the difficulty is 10^18.
    function poolInfo(uint8 pool)
        external
        view
        returns (uint256 d, uint128 units, uint256 paid, uint256 cap, uint256 target);

    /// @notice The epoch as it is at this block's time, as an acceptance now would find it.
    /// @return counter Number of the epoch. Before the first acceptance 1: the epoch it would open.
    /// @return start Its first second; before the first acceptance this block's timestamp.
    /// @return length Its length in seconds; a changed parameter counts from the next epoch on.
    function epochInfo() external view returns (uint64 counter, uint64 start, uint64 length);

    /// @notice Seeds that the evidence of a proof in this block may name.
    /// @return current The current seed.
    /// @return previous The one before; zero if only `current` is valid.
    function epochSeeds() external view returns (bytes32 current, bytes32 previous);

    /// @notice Value of a governed parameter.
    /// @dev Reverts with `UnknownParameter`.
    /// @param name ASCII, left-aligned, zero-padded.
    function parameter(bytes32 name) external view returns (uint256);

    /// @notice Version of the rules in force.
    function version() external view returns (uint16);
}
