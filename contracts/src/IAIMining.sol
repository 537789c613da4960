// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.4;

/// @title AI mining, as PIP-6 prints it
/// @notice The five functions of the precompile at 0x0000000000000000000000000000000000000300.
/// Whatever goes beyond PIP-6 stands in interfaces of its own at the same address.
/// Refusals revert with the typed errors of `IAIMiningErrors`. These can come from every function:
/// `DelegateCallNotAllowed` (DELEGATECALL, CALLCODE), `ValueNotAllowed`, `InputTooLarge`, `UnknownSelector`,
/// `StaticCallNotAllowed` (a function that writes, in a static call), `MalformedInput` (ABI, trailing bytes included).
/// @dev Send no coins. A host that sees a call's value refuses it with `ValueNotAllowed` and the coins go back. On a
/// host that cannot see a call's value (its host profile says `valueVisible: false`) the call runs and coins sent with
/// it stay at 0x0300 for good: nobody can move them. No function is payable, so Solidity refuses `{value: …}` here;
/// low-level calls and other languages do not.
interface IAIMining {
    /// @notice Mining balance of an address.
    /// @param miner The address that was paid: a proof's recipient or a teleport's.
    /// @return Balance in 10^-18 AI.
    function miningBalance(address miner) external view returns (uint256);

    /// @notice FIPS 204 (ML-DSA) verification with the empty context string.
    /// @dev The parameter set follows from the length of `pk`. A wrong length of `pk` or `sig` answers false; it does
    /// not revert. Gas depends on the parameter set and the length of `msg`, never on the outcome.
    /// The name `msg` is PIP-6's, and part of the ABI's JSON, so it stays although it shadows a builtin. A declaration
    /// without a body has no use for the builtin and solc 0.8.37 says nothing here; a contract that implements this
    /// function gets warning 2319 and may call its own parameter something else.
    /// @param pk Public key: 1312 (ML-DSA-44), 1952 (ML-DSA-65) or 2592 bytes (ML-DSA-87).
    /// @param msg Message, at most 65,536 bytes; longer reverts with `InputTooLarge`.
    /// @param sig Signature: 2420, 3309 or 4627 bytes.
    /// @return True if and only if the signature is valid.
    function verifyMLDSA(bytes calldata pk, bytes calldata msg, bytes calldata sig) external view returns (bool);

    /// @notice Pays a pending teleport to the recipient its message names, whoever calls.
    /// @dev Emits `Transfer` from the zero address, then `TeleportClaimed`.
    /// Reverts with `TeleportUnknown` or `TeleportAlreadyClaimed`.
    /// @param teleportId Id of the message.
    /// @return Amount paid, in 10^-18 AI.
    function claimTeleport(bytes32 teleportId) external returns (uint256);

    /// @notice Ids of the pending teleports of a recipient.
    /// @dev In order of delivery; a claim moves the last entry into the gap. Gas grows with every entry and is charged
    /// before the entry is read.
    /// @param recipient Whom the messages name.
    /// @return Ids, for `claimTeleport`.
    function pendingTeleports(address recipient) external view returns (bytes32[] memory);

    /// @notice Verifies a proof of AI work and pays the recipient it names, whoever calls.
    /// @dev Emits `Transfer` from the zero address, then `WorkAccepted`; before them `DeviceRegistered` and
    /// `DeviceBound`, where full evidence changes what the state knows of its device. Where a native base rate is set,
    /// the recipient is paid PARS besides. Reverts with the first error that applies, in the order in which
    /// `IAIMiningErrors` lists them; a refused proof spends nothing and may be submitted again.
    /// @param proof Proof, version 1: 290 signed bytes, the public key, the signature.
    /// @param attestation Evidence of the device, version 1: kind 1 in full, or kind 2 of a registered device; empty
    /// for a software proof.
    /// @return reward AI paid, in 10^-18 AI.
    function submitWorkProof(bytes calldata proof, bytes calldata attestation) external returns (uint256 reward);
}
