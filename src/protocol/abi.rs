//! The ABI of `0x…0300`: functions, events and typed errors, declared once.
//!
//! [`IAIMining`] holds PIP-6's five functions to the letter. Whatever goes beyond PIP-6 stands in interfaces of its
//! own at the same address, so that a contract written against PIP-6 never sees a changed interface.

#![allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated: `sol!` copies the documentation below onto part of what it makes"
)]

use alloy_sol_types::sol;

sol! {
    /// PIP-6, "AI Mining Precompile".
    #[derive(Debug, PartialEq, Eq)]
    interface IAIMining {
        /// Mining balance of an address, in 10^-18 AI.
        function miningBalance(address miner) external view returns (uint256);
        /// FIPS 204 verification with the empty context; the parameter set follows from the length of `pk`.
        function verifyMLDSA(bytes calldata pk, bytes calldata msg, bytes calldata sig) external view returns (bool);
        /// Pays a pending teleport to the recipient its message names, whoever calls. Returns the amount.
        function claimTeleport(bytes32 teleportId) external returns (uint256);
        /// Ids of the pending teleports of a recipient.
        function pendingTeleports(address recipient) external view returns (bytes32[] memory);
        /// Verifies a proof of AI work and pays the recipient it names. Returns the reward in 10^-18 AI.
        function submitWorkProof(bytes calldata proof, bytes calldata attestation) external returns (uint256 reward);
    }

    /// Views beyond PIP-6.
    #[derive(Debug, PartialEq, Eq)]
    interface IAIMiningInspector {
        function isSpent(bytes32 workId) external view returns (bool);
        function acceptedWork(bytes32 workId) external view returns (bytes32 proofHash);
        function isJobPaid(bytes32 deviceId, bytes32 jobId) external view returns (bool);
        function computeWorkId(bytes32 deviceId, bytes32 nonce, uint64 chainId) external view returns (bytes32);
        function deriveAddress(bytes calldata publicKey) external view returns (address);
        function getSecurityLevel(bytes calldata publicKey) external view returns (uint8);
        function getTeleportDetails(bytes32 teleportId) external view returns (uint32 src, uint64 nonce, bytes32 sender, address recipient, uint256 amount, uint8 status);
        function quoteReward(uint8 tier, uint64 units) external view returns (uint256 reward, uint256 nativeReward);
        function poolInfo(uint8 pool) external view returns (uint256 d, uint128 units, uint256 paid, uint256 cap, uint256 target);
        function epochInfo() external view returns (uint64 counter, uint64 start, uint64 length);
        function epochSeeds() external view returns (bytes32 current, bytes32 previous);
        function verifyNVTrust(bytes calldata attestation, bytes32 nonce) external view returns (uint8 tier, bytes32 deviceId);
        function deviceInfo(bytes32 deviceId) external view returns (bool registered, bool revoked, uint8 tier, uint8 icaIndex, bytes memory fwid, bytes32 miner, bytes32 nextMiner, uint64 nextFrom, uint128 units, uint256 paid);
        function icaCount() external view returns (uint8);
        function icaInfo(uint8 icaIndex) external view returns (uint8 tier, bytes32 architecture, bytes memory spki, bool revoked);
        function firmwareInfo(bytes calldata fwid) external view returns (bool denied, bool pinned);
        function goldenSetInfo(bytes32 tuple, bytes32 digest) external view returns (uint64 mask, uint64 digests, bool pinned);
        function minimumDriver() external view returns (string memory driver);
        function parameter(bytes32 name) external view returns (uint256);
        function version() external view returns (uint16);
    }

    /// Governance of the parameters and of what attestation trusts. The governor is normally a timelock contract.
    #[derive(Debug, PartialEq, Eq)]
    interface IAIMiningGovernance {
        function setParameter(bytes32 name, uint256 value) external;
        function proposeGovernor(address proposed) external;
        function acceptGovernor() external;
        function governor() external view returns (address);
        function pendingGovernor() external view returns (address);
        function setIca(uint8 tier, bytes32 architecture, bytes calldata spki) external returns (uint8 icaIndex);
        function revokeIca(uint8 icaIndex, bool revoked) external;
        function denyFirmware(bytes calldata fwid, bool denied) external;
        function pinFirmware(bytes calldata fwid, bool pinned) external;
        function pinGoldenSet(bytes32 tuple, uint64 mask, bytes32 digest, bool pinned) external;
        function revokeDevice(bytes32 deviceId, bool revoked) external;
        function setMinimumDriver(string calldata driver) external;
    }

    /// Events. What an accepted proof changes of a device comes first, then `Transfer`, then `WorkAccepted`.
    #[derive(Debug, PartialEq, Eq)]
    interface IAIMiningEvents {
        /// ERC-20 transfer of AI; from the zero address when AI is minted.
        event Transfer(address indexed from, address indexed to, uint256 value);
        event WorkAccepted(bytes32 indexed workId, address indexed recipient, bytes32 indexed jobId, bytes32 deviceId, address miner, bytes32 workDigest, bytes32 proofHash, uint8 tier, uint16 trustBps, uint64 computeUnits, uint256 reward, uint256 nativeReward, uint64 epoch);
        event TeleportClaimed(bytes32 indexed teleportId, address indexed recipient, uint256 amount);
        event ParameterChanged(bytes32 indexed name, uint256 oldValue, uint256 newValue);
        event GovernorProposed(address indexed governor, address indexed proposed);
        event GovernorChanged(address indexed oldGovernor, address indexed newGovernor);
        event DeviceRegistered(bytes32 indexed deviceId, uint8 tier, uint8 icaIndex, bytes8 pdi, bytes fwid);
        event DeviceBound(bytes32 indexed deviceId, bytes32 indexed miner, uint64 from);
        event IcaSet(uint8 indexed icaIndex, uint8 tier, bytes32 architecture, bytes spki);
        event IcaRevocationChanged(uint8 indexed icaIndex, bool oldValue, bool newValue);
        event FirmwareDenialChanged(bytes fwid, bool oldValue, bool newValue);
        event FirmwarePinChanged(bytes fwid, bool oldValue, bool newValue);
        event GoldenSetChanged(bytes32 indexed tuple, bytes32 indexed digest, uint64 mask, bool oldValue, bool newValue);
        event DeviceRevocationChanged(bytes32 indexed deviceId, bool oldValue, bool newValue);
        event MinimumDriverChanged(string oldDriver, string newDriver);
    }

    /// Typed errors. Revert data never carries a library's text.
    #[derive(Debug, PartialEq, Eq)]
    interface IAIMiningErrors {
        // How the precompile was called.
        error DelegateCallNotAllowed();
        error ValueNotAllowed();
        error InputTooLarge();
        error UnknownSelector();
        error StaticCallNotAllowed();
        error MalformedInput();

        // The proof, in the order in which the checks run.
        error UnsupportedProofVersion(uint8 version);
        error UnsupportedParameterSet(uint8 parameterSet);
        error MalformedProof();
        error WrongChain(uint64 expected, uint32 actual);
        error ZeroField(bytes32 name);
        error AttestationHashMismatch();
        error InvalidRecipient(address recipient);
        error TimestampOrder(uint64 context, uint64 completion);
        error TimestampInFuture(uint64 completion, uint64 latest);
        error JobTooLong(uint64 duration, uint64 maximum);
        error TimestampTooOld(uint64 completion, uint64 oldest);
        error WorkAlreadySpent(bytes32 workId);
        error JobAlreadyPaid(bytes32 deviceId, bytes32 jobId);
        error WeakPublicKey();
        error InvalidSignature();
        error DeviceMismatch(bytes32 expected, bytes32 actual);
        error AttestationUnsupported();
        error MalformedAttestation(bytes32 reason);
        error UnknownIca(uint8 icaIndex);
        error IcaRevoked(uint8 icaIndex);
        error SimulatedDeviceNotAllowed();
        error DeviceNotRegistered(bytes32 deviceId);
        error DeviceNotBound(bytes32 deviceId, bytes32 miner);
        error MalformedReport(bytes32 reason);
        error NvSwitchNotAllowed();
        error MissingReportEntry(uint16 entry);
        error NonceMismatch(bytes32 reported);
        error MalformedCertificate(bytes32 certificate, bytes32 reason);
        error InvalidCertificateChain(bytes32 reason);
        error FirmwareMissing();
        error FirmwareMismatch();
        error InvalidReportSignature();
        error DeviceRevoked(bytes32 deviceId);
        error FirmwareDenied(bytes fwid);
        error DriverTooOld(string driver);
        error MeasurementsMismatch(bytes32 tuple);
        error ZeroUnits();
        error UnitsAboveCeiling(uint64 units, uint256 ceiling);
        error DeviceUnitsReached(uint256 units, uint256 ceiling);
        error ZeroReward();
        error RewardBelowMinimum(uint256 reward, uint256 minimum);
        error ProofCapReached(uint256 reward, uint256 cap);
        error DeviceCapReached(uint256 paid, uint256 cap);
        error EpochCapReached(uint256 paid, uint256 cap);
        error NativeCapReached(uint256 paid, uint256 cap);

        // Teleport.
        error TeleportUnknown(bytes32 teleportId);
        error TeleportAlreadyClaimed(bytes32 teleportId);

        // Views.
        error ChainIdTooLarge(uint64 chainId);
        error UnknownTier(uint8 tier);
        error UnknownPool(uint8 pool);

        // Governance.
        error NotGovernor(address caller);
        error NotPendingGovernor(address caller);
        error InvalidGovernor(address proposed);
        error UnknownParameter(bytes32 name);
        error ParameterOutOfBounds(bytes32 name, uint256 value, uint256 minimum, uint256 maximum);
        error ParameterStepTooSoon(bytes32 name, uint64 earliest);
        error ParameterStepTooLarge(bytes32 name, uint256 value, uint256 least, uint256 most);
        error JointBoundViolated(bytes32 bound);
        error InvalidArchitecture(bytes32 architecture);
        error InvalidSpki();
        error IcaNotAllowed();
        error IcaAlreadySet(uint8 icaIndex);
        error TooManyIcas();
        error InvalidFwid();
        error InvalidGoldenSet();
        error GoldenMaskMismatch(uint64 mask);
        error InvalidDriverVersion();

        /// A sum would leave 256 bits. No reachable state leads here; it is refused rather than wrapped.
        error ArithmeticOverflow();
    }
}
