// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.4;

/// @title Typed errors of 0x0300, in the order in which the checks run
/// @notice Revert data is one of these and never a library's text. Only running out of gas halts. AI and PARS are in
/// 10^-18, times in Unix seconds.
interface IAIMiningErrors {
    // How the precompile was called.

    /// @notice DELEGATECALL or CALLCODE.
    error DelegateCallNotAllowed();
    /// @notice The call carries coins. They go back.
    error ValueNotAllowed();
    /// @notice The input, or a part of it, is longer than any valid one.
    error InputTooLarge();
    /// @notice No function has this selector, or the input is shorter than a selector.
    error UnknownSelector();
    /// @notice A function that writes was called in a static call.
    error StaticCallNotAllowed();
    /// @notice The arguments are not the canonical ABI encoding; bytes after them count as malformed.
    error MalformedInput();

    // The proof.

    /// @notice The first byte of the proof is not 1.
    error UnsupportedProofVersion(uint8 version);
    /// @notice The second byte is not 44, 65 or 87.
    error UnsupportedParameterSet(uint8 parameterSet);
    /// @notice The length is not that of the parameter set.
    error MalformedProof();
    /// @notice The proof is for another chain.
    error WrongChain(uint64 expected, uint32 actual);
    /// @notice A field that must not be zero is.
    /// @param name ASCII, left-aligned, zero-padded.
    error ZeroField(bytes32 name);
    /// @notice The signed hash is not that of the attestation.
    error AttestationHashMismatch();
    /// @notice Zero, 0x0300 or the miner address of the key: nobody could move what is paid there.
    error InvalidRecipient(address recipient);
    /// @notice The job ended before it began.
    error TimestampOrder(uint64 context, uint64 completion);
    /// @notice The job ends in the future.
    error TimestampInFuture(uint64 completion, uint64 latest);
    /// @notice The job took longer than a job may.
    error JobTooLong(uint64 duration, uint64 maximum);
    /// @notice The proof came too late.
    error TimestampTooOld(uint64 completion, uint64 oldest);
    /// @notice A proof with this work id was accepted before.
    error WorkAlreadySpent(bytes32 workId);
    /// @notice The device was paid for this job before.
    error JobAlreadyPaid(bytes32 deviceId, bytes32 jobId);
    /// @notice The public key has t1 = 0: anyone can sign under it.
    error WeakPublicKey();
    /// @notice The signature does not verify: any signed byte, the key or the signature was changed.
    error InvalidSignature();
    /// @notice The device named is not the device of the key or of the evidence.
    error DeviceMismatch(bytes32 expected, bytes32 actual);
    /// @notice Attestations are not verified by this version of the rules.
    error AttestationUnsupported();
    /// @notice No work is claimed.
    error ZeroUnits();
    /// @notice More units than the tier can compute in the time of the job.
    error UnitsAboveCeiling(uint64 units, uint256 ceiling);
    /// @notice More units than the tier can compute in an epoch.
    /// @param units Units of the device in this epoch, with this proof.
    error DeviceUnitsReached(uint256 units, uint256 ceiling);
    /// @notice The proof would be paid nothing; so it is while mining is paused.
    error ZeroReward();
    /// @notice Less than the miner asked for.
    error RewardBelowMinimum(uint256 reward, uint256 minimum);
    /// @notice More than one proof may be paid.
    error ProofCapReached(uint256 reward, uint256 cap);
    /// @notice More than one device may be paid in an epoch.
    /// @param paid AI of the device in this epoch, with this proof.
    error DeviceCapReached(uint256 paid, uint256 cap);
    /// @notice More than the pool may pay in an epoch.
    /// @param paid AI of the pool in this epoch, with this proof.
    error EpochCapReached(uint256 paid, uint256 cap);
    /// @notice More PARS than the pool may pay in an epoch.
    /// @param paid PARS of the pool in this epoch, with this proof.
    error NativeCapReached(uint256 paid, uint256 cap);

    // Teleport.

    /// @notice No such message was delivered.
    error TeleportUnknown(bytes32 teleportId);
    /// @notice The message was paid before.
    error TeleportAlreadyClaimed(bytes32 teleportId);

    // Views.

    /// @notice Chain ids have 32 bits here.
    error ChainIdTooLarge(uint64 chainId);
    /// @notice Tiers are 1 to 4.
    error UnknownTier(uint8 tier);
    /// @notice Pools are 0 and 1.
    error UnknownPool(uint8 pool);

    // Governance.

    /// @notice Only the governor may.
    error NotGovernor(address caller);
    /// @notice Only the pending governor may.
    error NotPendingGovernor(address caller);
    /// @notice Nobody could accept as this address.
    error InvalidGovernor(address proposed);
    /// @notice No parameter has this name.
    error UnknownParameter(bytes32 name);
    /// @notice Outside the bounds that are fixed in code.
    error ParameterOutOfBounds(bytes32 name, uint256 value, uint256 minimum, uint256 maximum);
    /// @notice The parameter moved less than an epoch length ago.
    error ParameterStepTooSoon(bytes32 name, uint64 earliest);
    /// @notice Further than one step.
    error ParameterStepTooLarge(bytes32 name, uint256 value, uint256 least, uint256 most);
    /// @notice The parameters would break a bound that ties several together.
    /// @param bound Which: ASCII, left-aligned, zero-padded.
    error JointBoundViolated(bytes32 bound);

    /// @notice A sum would leave 256 bits. No reachable state leads here; it is refused rather than wrapped.
    error ArithmeticOverflow();
}
