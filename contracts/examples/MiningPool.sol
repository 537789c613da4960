// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {AI_MINING, AI_MINING_INSPECTOR} from "../src/AIMining.sol";

/// @title A pool that several devices mine for
/// @notice Miners sign proofs that name the pool as recipient; the pool counts the units of each device.
/// Anyone may relay a proof, past the pool too, and the pool is paid all the same. So it counts *acceptance*, which the
/// precompile keeps, and not who called: `settle` counts a proof that somebody else has relayed.
/// @dev An example. Paying members out needs the AI token's ERC-20 functions, which are not part of PIP-6.
contract MiningPool {
    /// @notice The signed part of a proof, version 1.
    uint256 private constant SIGNED_LENGTH = 290;

    /// @notice Units accepted for this pool, by device.
    mapping(bytes32 deviceId => uint256) public unitsOf;
    /// @notice Units accepted for this pool.
    uint256 public totalUnits;
    /// @notice Proofs that are counted.
    mapping(bytes32 workId => bool) public isSettled;

    event WorkSettled(bytes32 indexed workId, bytes32 indexed deviceId, uint64 units);

    error TooShort(uint256 length);
    error WrongRecipient(address recipient);
    error NotAccepted(bytes32 workId);
    error AlreadySettled(bytes32 workId);

    /// @notice Submits a proof that pays this pool, and counts its units.
    /// @dev The precompile's typed errors (`IAIMiningErrors`) pass through.
    /// @return reward AI paid to the pool, in 10^-18 AI.
    function submit(bytes calldata proof, bytes calldata attestation) external returns (uint256 reward) {
        if (proof.length < SIGNED_LENGTH) revert TooShort(proof.length);
        reward = AI_MINING.submitWorkProof(proof, attestation);
        settle(proof[:SIGNED_LENGTH]);
    }

    /// @notice Counts a proof that was accepted, whoever submitted it.
    /// @param signedPart The proof's first 290 bytes.
    function settle(bytes calldata signedPart) public {
        if (signedPart.length != SIGNED_LENGTH) revert TooShort(signedPart.length);
        uint32 chainId = uint32(bytes4(signedPart[2:6]));
        bytes32 deviceId = bytes32(signedPart[102:134]);
        bytes32 nonce = bytes32(signedPart[134:166]);
        uint64 units = uint64(bytes8(signedPart[206:214]));
        address recipient = address(bytes20(signedPart[222:242]));
        if (recipient != address(this)) revert WrongRecipient(recipient);

        bytes32 workId = AI_MINING_INSPECTOR.computeWorkId(deviceId, nonce, chainId);
        if (AI_MINING_INSPECTOR.acceptedWork(workId) != keccak256(signedPart)) revert NotAccepted(workId);
        if (isSettled[workId]) revert AlreadySettled(workId);

        isSettled[workId] = true;
        unitsOf[deviceId] += units;
        totalUnits += units;
        emit WorkSettled(workId, deviceId, units);
    }

    /// @notice Mining balance of the pool, in 10^-18 AI.
    function balance() external view returns (uint256) {
        return AI_MINING.miningBalance(address(this));
    }
}
