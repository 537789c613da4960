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

    /// @notice What an accepted proof would be paid in this block, by the formula alone: caps are not looked at,
    /// and the tier's full trust is taken. A GPU whose measurements are not pinned earns min(trust, 8000) instead.
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

    /// @notice Judges evidence as a proof of this block would be judged, but for the nonce its caller chooses. Nobody's
    /// proof stands behind it: neither the miner nor the job is looked at, and nothing is registered or bound.
    /// @dev Reverts with the error that a proof with this evidence would, from `AttestationUnsupported` to
    /// `MeasurementsMismatch` as `IAIMiningErrors` lists them, but for `DeviceNotBound`. Gas depends on the kind of the
    /// evidence, never on the outcome.
    /// @param attestation Kind 1 or 2, as `submitWorkProof` takes it; never empty.
    /// @param nonce What the GPU was asked to sign.
    /// @return tier 2 RTX PRO 6000, 3 GH100, 4 GB100.
    /// @return deviceId Device: computed from its identity key, not claimed.
    function verifyNVTrust(bytes calldata attestation, bytes32 nonce)
        external
        view
        returns (uint8 tier, bytes32 deviceId);

    /// @notice A device: what the state knows of it, and its counters in this block's epoch. Zero or empty where the
    /// state has nothing. A software device is never registered; its counters are answered all the same.
    /// @return registered Whether full evidence of it was accepted; kind 2 needs that.
    /// @return revoked Whether governance revoked it.
    /// @return tier Tier of its intermediate; 0 if not registered.
    /// @return icaIndex Its intermediate, 254 and 255 simulated; 0 if not registered.
    /// @return fwid Firmware id of the key that signs its reports, 48 bytes; empty if not registered.
    /// @return miner BLAKE3 of the public key that it is bound to now; zero if none. The first 20 bytes are the miner
    /// address.
    /// @return nextMiner The key it is bound to from `nextFrom` on; zero if the binding stays.
    /// @return nextFrom Start of the next epoch; zero if the binding stays.
    /// @return units Units of the device in the epoch.
    /// @return paid AI of the device in the epoch, in 10^-18 AI.
    function deviceInfo(bytes32 deviceId)
        external
        view
        returns (
            bool registered,
            bool revoked,
            uint8 tier,
            uint8 icaIndex,
            bytes memory fwid,
            bytes32 miner,
            bytes32 nextMiner,
            uint64 nextFrom,
            uint128 units,
            uint256 paid
        );

    /// @notice How many intermediates were ever pinned, revoked ones included. Indices are 0 to one less and permanent.
    function icaCount() external view returns (uint8);

    /// @notice A pinned intermediate: the key that signs the certificates of an architecture's devices.
    /// @dev Reverts with `UnknownIca`, also for the simulated ones, which no state holds.
    /// @return tier Tier of the devices below it, 2 to 4.
    /// @return architecture The word that its devices' certificates carry, as GH100: ASCII, left-aligned, zero-padded.
    /// @return spki SubjectPublicKeyInfo of its P-384 key, 120 bytes.
    /// @return revoked Whether devices below it are refused.
    function icaInfo(uint8 icaIndex)
        external
        view
        returns (uint8 tier, bytes32 architecture, bytes memory spki, bool revoked);

    /// @notice What governance decided about a firmware.
    /// @dev Reverts with `InvalidFwid`.
    /// @param fwid Firmware id, SHA-384: 48 bytes.
    /// @return denied Devices that run it are refused.
    /// @return pinned The measurements that it signs are believed, where a golden set holds them.
    function firmwareInfo(bytes calldata fwid) external view returns (bool denied, bool pinned);

    /// @notice What governance pinned for a firmware tuple.
    /// @param tuple Hash of driver, VBIOS, SKU, mode and decoder status, as the precompile's specification defines it.
    /// @param digest Golden set asked about: a hash of the tuple, the mask and the masked measurements.
    /// @return mask Measurement blocks that are compared: bit i is block i + 1. Zero if no set is pinned.
    /// @return digests How many sets are pinned; a report must match one of them.
    /// @return pinned Whether `digest` is one of them.
    function goldenSetInfo(bytes32 tuple, bytes32 digest)
        external
        view
        returns (uint64 mask, uint64 digests, bool pinned);

    /// @notice The lowest driver that an attested device may run.
    /// @return driver Numbers between dots, as 550.90.07; empty if any driver may.
    function minimumDriver() external view returns (string memory driver);

    /// @notice Value of a governed parameter.
    /// @dev Reverts with `UnknownParameter`.
    /// @param name ASCII, left-aligned, zero-padded.
    function parameter(bytes32 name) external view returns (uint256);

    /// @notice Version of the rules in force.
    function version() external view returns (uint16);
}
