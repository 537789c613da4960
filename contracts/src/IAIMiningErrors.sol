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
    /// @notice The device named is not the device of the key or of the evidence. Kind 1 proves its device last: there
    /// this stands behind `InvalidReportSignature`.
    error DeviceMismatch(bytes32 expected, bytes32 actual);
    /// @notice The attestation is of no version or kind that the rules know.
    error AttestationUnsupported();
    /// @notice The attestation is not its version's encoding.
    /// @param reason ASCII, left-aligned, zero-padded; so is every reason below.
    error MalformedAttestation(bytes32 reason);
    /// @notice No intermediate has this index. For kind 2 it is the device's, looked at behind `DeviceNotBound`.
    error UnknownIca(uint8 icaIndex);
    /// @notice Governance revoked the intermediate.
    error IcaRevoked(uint8 icaIndex);
    /// @notice A simulated device, on a chain whose genesis does not allow them.
    error SimulatedDeviceNotAllowed();
    /// @notice Kind 2 of a device that no accepted full evidence registered.
    error DeviceNotRegistered(bytes32 deviceId);
    /// @notice Kind 2 of a device that was not bound to the key when the job ended.
    /// @param miner BLAKE3 of the public key that signed.
    error DeviceNotBound(bytes32 deviceId, bytes32 miner);
    /// @notice The report is not an SPDM measurement report as NVIDIA's GPUs make them.
    error MalformedReport(bytes32 reason);
    /// @notice A report or certificate of an NVSwitch, which is no GPU.
    error NvSwitchNotAllowed();
    /// @notice The report lacks an entry that every GPU reports.
    /// @param entry Its type: 3 driver version, 6 VBIOS version, 11 decoder status.
    error MissingReportEntry(uint16 entry);
    /// @notice The report answers another challenge: of another chain, job, device or miner, or of a seed that is not
    /// valid now.
    /// @param reported The nonce in the report.
    error NonceMismatch(bytes32 reported);
    /// @notice A certificate does not have the profile of NVIDIA's.
    /// @param certificate `leaf` or `identity_key`: ASCII, left-aligned, zero-padded.
    error MalformedCertificate(bytes32 certificate, bytes32 reason);
    /// @notice The certificates do not belong together, below the intermediate.
    error InvalidCertificateChain(bytes32 reason);
    /// @notice Kind 2 with a report that does not name its firmware.
    error FirmwareMissing();
    /// @notice The firmware that the report names is not the leaf's, or not the registered one.
    error FirmwareMismatch();
    /// @notice The report is not signed with the leaf's key, or with the registered one.
    error InvalidReportSignature();
    /// @notice Governance revoked the device.
    error DeviceRevoked(bytes32 deviceId);
    /// @notice Governance denied the firmware.
    /// @param fwid Firmware id, 48 bytes.
    error FirmwareDenied(bytes fwid);
    /// @notice The driver is below the lowest one, or its version is no number.
    /// @param driver As reported; empty if it is no text.
    error DriverTooOld(string driver);
    /// @notice The measurements match no golden set that is pinned for the firmware tuple.
    error MeasurementsMismatch(bytes32 tuple);
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
    /// @notice Tiers are 1 to 4; an intermediate's are 2 to 4.
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
    /// @notice Not one to eight upper-case letters and digits, a letter first.
    error InvalidArchitecture(bytes32 architecture);
    /// @notice Not a SubjectPublicKeyInfo of an uncompressed P-384 key.
    error InvalidSpki();
    /// @notice A key that is never pinned: NVIDIA's root, an Identity CA's, an NVSwitch's or a simulated one.
    error IcaNotAllowed();
    /// @notice The key has an index that is not revoked; or, for taking back a revocation, a later index.
    error IcaAlreadySet(uint8 icaIndex);
    /// @notice Every index but the simulated ones', 254 and 255, is taken.
    error TooManyIcas();
    /// @notice Not 48 bytes.
    error InvalidFwid();
    /// @notice Tuple, mask or digest is zero, or the digest is pinned under another tuple.
    error InvalidGoldenSet();
    /// @notice The tuple has sets that compare other blocks.
    /// @param mask The stored one.
    error GoldenMaskMismatch(uint64 mask);
    /// @notice Not one to four decimal numbers of 64 bits between dots.
    error InvalidDriverVersion();

    /// @notice A sum would leave 256 bits. No reachable state leads here; it is refused rather than wrapped.
    error ArithmeticOverflow();
}
