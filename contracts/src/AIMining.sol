// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.13;

import {IAIMining} from "./IAIMining.sol";
import {IAIMiningGovernance} from "./IAIMiningGovernance.sol";
import {IAIMiningInspector} from "./IAIMiningInspector.sol";

/// @dev The precompile's address, all 20 bytes.
address constant AI_MINING_ADDRESS = 0x0000000000000000000000000000000000000300;

/// @dev The interfaces at that address.
IAIMining constant AI_MINING = IAIMining(AI_MINING_ADDRESS);
IAIMiningInspector constant AI_MINING_INSPECTOR = IAIMiningInspector(AI_MINING_ADDRESS);
IAIMiningGovernance constant AI_MINING_GOVERNANCE = IAIMiningGovernance(AI_MINING_ADDRESS);

/// @title Work with 0x0300: submit, settle, encode, decode
/// @notice Every function is internal. Those that call 0x0300 let its typed errors (`IAIMiningErrors`) through as they
/// came. Encodings are those of precompile-spec/encoding.md, version 1: big-endian, of exact length.
library AIMining {
    /// @notice Chain id of Pars. The id in force is always `block.chainid`.
    uint32 internal constant DEFAULT_CHAIN_ID = 6133;

    /// @notice The only version of a proof.
    uint8 internal constant PROOF_VERSION = 1;
    /// @notice Bytes of an encoded `WorkContext`.
    uint256 internal constant CONTEXT_LENGTH = 172;
    /// @notice Bytes that the miner signs: the front of a proof.
    uint256 internal constant SIGNED_LENGTH = 290;
    /// @notice FIPS 204 context string of the signature over them. That of `verifyMLDSA` is empty.
    string internal constant WORK_SIGNATURE_CONTEXT = "pars.aimining.work.v1";

    /// @notice ML-DSA parameter sets.
    uint8 internal constant ML_DSA_44 = 44;
    uint8 internal constant ML_DSA_65 = 65;
    uint8 internal constant ML_DSA_87 = 87;

    /// @notice Longest message of `verifyMLDSA`.
    uint256 internal constant MAX_MESSAGE = 65_536;

    /// @notice Tiers, by what attested the work.
    uint8 internal constant TIER_SOFTWARE = 1;
    uint8 internal constant TIER_RTX_PRO_6000 = 2;
    uint8 internal constant TIER_GH100 = 3;
    uint8 internal constant TIER_GB100 = 4;

    /// @notice Pools. Each has its own cap, target, counters and difficulty.
    uint8 internal constant POOL_SOFTWARE = 0;
    uint8 internal constant POOL_ATTESTED = 1;

    /// @notice Version and kinds of `bytes attestation`.
    uint8 internal constant ATTESTATION_VERSION = 1;
    uint8 internal constant ATTESTATION_FULL = 1;
    uint8 internal constant ATTESTATION_REGISTERED = 2;

    /// @notice Status of a teleport.
    uint8 internal constant TELEPORT_UNKNOWN = 0;
    uint8 internal constant TELEPORT_PENDING = 1;
    uint8 internal constant TELEPORT_CLAIMED = 2;

    /// @notice Names of the governed parameters, for `parameter` and `setParameter`.
    bytes32 internal constant BASE = "base";
    bytes32 internal constant NATIVE_BASE = "native_base";
    bytes32 internal constant D_MIN = "d_min";
    bytes32 internal constant D_MAX = "d_max";
    bytes32 internal constant TARGET_ATTESTED = "target_attested";
    bytes32 internal constant TARGET_SOFTWARE = "target_software";
    bytes32 internal constant POOL_CAP_ATTESTED = "pool_cap_attested";
    bytes32 internal constant POOL_CAP_SOFTWARE = "pool_cap_software";
    bytes32 internal constant NATIVE_CAP_ATTESTED = "native_cap_attested";
    bytes32 internal constant NATIVE_CAP_SOFTWARE = "native_cap_software";
    bytes32 internal constant PROOF_CAP = "proof_cap";
    bytes32 internal constant DEVICE_CAP = "device_cap";
    bytes32 internal constant EPOCH_LENGTH = "epoch_length";
    bytes32 internal constant MAX_JOB = "max_job";
    bytes32 internal constant MAX_AGE = "max_age";
    bytes32 internal constant FUTURE_DRIFT = "future_drift";

    /// @notice What the work was bound to before it ran.
    /// @param chainId Chain that pays.
    /// @param jobId Job; a device is paid once for it.
    /// @param modelHash BLAKE3 of the model.
    /// @param inputHash BLAKE3 of the input.
    /// @param deviceId Device: of the miner's key, or of the evidence.
    /// @param nonce Unique for each piece of work of a device.
    /// @param timestamp When the work began, Unix seconds.
    struct WorkContext {
        uint32 chainId;
        bytes32 jobId;
        bytes32 modelHash;
        bytes32 inputHash;
        bytes32 deviceId;
        bytes32 nonce;
        uint64 timestamp;
    }

    /// @notice What the miner signs, 290 bytes.
    /// @param parameterSet ML-DSA parameter set of the key.
    /// @param context What the work was bound to.
    /// @param outputHash BLAKE3 of the output.
    /// @param computeUnits Claimed work; a unit is 10^9 operations.
    /// @param completedAt When the work was completed, Unix seconds.
    /// @param recipient Who is paid, whoever submits.
    /// @param minReward Less than this, in 10^-18 AI, is refused.
    /// @param attestationHash BLAKE3 of the attestation; zero for a software proof.
    struct WorkStatement {
        uint8 parameterSet;
        WorkContext context;
        bytes32 outputHash;
        uint64 computeUnits;
        uint64 completedAt;
        address recipient;
        uint128 minReward;
        bytes32 attestationHash;
    }

    /// @notice A message from another chain; its id is BLAKE3's, which only the precompile and tools compute.
    struct TeleportMessage {
        uint32 srcChain;
        uint32 dstChain;
        uint64 nonce;
        bytes32 sender;
        bytes32 recipient;
        uint256 amount;
    }

    /// @notice The bytes have not the length of what they should be.
    error WrongLength(uint256 expected, uint256 actual);
    /// @notice The bytes are of a version or kind that this library does not know.
    error UnknownVersion(uint8 version);
    /// @notice 44, 65 and 87 are the parameter sets.
    error UnknownParameterSet(uint8 parameterSet);
    /// @notice This work is not accepted, or another statement is under its work id.
    error NotAccepted(bytes32 workId);

    // Calls.

    /// @notice Submits a proof. Anyone may; the recipient it names is paid.
    function submit(bytes memory proof, bytes memory attestation) internal returns (uint256 reward) {
        return AI_MINING.submitWorkProof(proof, attestation);
    }

    /// @notice Submits a proof unless it was accepted before, so that somebody who relays it first stops nothing.
    /// @return reward What this call paid; zero if the proof had been accepted before.
    function submitUnlessAccepted(bytes memory proof, bytes memory attestation) internal returns (uint256 reward) {
        return isAccepted(signedPart(proof)) ? 0 : AI_MINING.submitWorkProof(proof, attestation);
    }

    /// @notice Submits a proof and catches a refusal.
    /// @return ok Whether it was paid.
    /// @return reward AI paid.
    /// @return reason The refusal's data, for `selectorOf` and `bubble`; empty if the call ran out of gas.
    function trySubmit(bytes memory proof, bytes memory attestation)
        internal
        returns (bool ok, uint256 reward, bytes memory reason)
    {
        try AI_MINING.submitWorkProof(proof, attestation) returns (uint256 paid) {
            return (true, paid, "");
        } catch (bytes memory why) {
            return (false, 0, why);
        }
    }

    /// @notice Work id of a statement: what is spent.
    function workId(WorkStatement memory statement) internal view returns (bytes32) {
        WorkContext memory context = statement.context;
        return AI_MINING_INSPECTOR.computeWorkId(context.deviceId, context.nonce, context.chainId);
    }

    /// @notice Whether exactly these 290 signed bytes were accepted and paid, whoever submitted them.
    function isAccepted(bytes memory signed) internal view returns (bool) {
        return AI_MINING_INSPECTOR.acceptedWork(workId(decodeStatement(signed))) == keccak256(signed);
    }

    /// @notice The statement of accepted work: what escrows, markets and pools settle on.
    /// @dev Reverts with `NotAccepted`. The caller still checks job, recipient, chain and whatever else it pays for.
    function requireAccepted(bytes memory signed) internal view returns (bytes32 id, WorkStatement memory statement) {
        statement = decodeStatement(signed);
        id = workId(statement);
        if (AI_MINING_INSPECTOR.acceptedWork(id) != keccak256(signed)) revert NotAccepted(id);
    }

    /// @notice FIPS 204 verification, empty context string. Lengths that fit no parameter set answer false.
    function verify(bytes memory publicKey, bytes memory message, bytes memory signature) internal view returns (bool) {
        return AI_MINING.verifyMLDSA(publicKey, message, signature);
    }

    // Errors.

    /// @notice The error's selector in revert data; zero if there is none.
    function selectorOf(bytes memory reason) internal pure returns (bytes4) {
        // The first four bytes are what is wanted.
        // forge-lint: disable-next-line(unsafe-typecast)
        return reason.length < 4 ? bytes4(0) : bytes4(reason);
    }

    /// @notice Reverts with data that was caught before.
    function bubble(bytes memory reason) internal pure {
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }

    // Lengths.

    /// @notice Bytes of a public key.
    function publicKeyLength(uint8 parameterSet) internal pure returns (uint256) {
        if (parameterSet == ML_DSA_44) return 1312;
        if (parameterSet == ML_DSA_65) return 1952;
        if (parameterSet == ML_DSA_87) return 2592;
        revert UnknownParameterSet(parameterSet);
    }

    /// @notice Bytes of a signature.
    function signatureLength(uint8 parameterSet) internal pure returns (uint256) {
        if (parameterSet == ML_DSA_44) return 2420;
        if (parameterSet == ML_DSA_65) return 3309;
        if (parameterSet == ML_DSA_87) return 4627;
        revert UnknownParameterSet(parameterSet);
    }

    /// @notice Bytes of a proof.
    function proofLength(uint8 parameterSet) internal pure returns (uint256) {
        return SIGNED_LENGTH + publicKeyLength(parameterSet) + signatureLength(parameterSet);
    }

    // Encodings.

    /// @notice The 172 bytes of a context.
    function encodeContext(WorkContext memory c) internal pure returns (bytes memory) {
        return abi.encodePacked(c.chainId, c.jobId, c.modelHash, c.inputHash, c.deviceId, c.nonce, c.timestamp);
    }

    /// @notice Reads 172 bytes.
    function decodeContext(bytes memory encoded) internal pure returns (WorkContext memory) {
        if (encoded.length != CONTEXT_LENGTH) revert WrongLength(CONTEXT_LENGTH, encoded.length);
        return _context(encoded, 0);
    }

    /// @notice The 290 bytes that a miner signs.
    function encodeStatement(WorkStatement memory s) internal pure returns (bytes memory) {
        return bytes.concat(
            abi.encodePacked(PROOF_VERSION, s.parameterSet),
            encodeContext(s.context),
            abi.encodePacked(s.outputHash, s.computeUnits, s.completedAt, s.recipient, s.minReward, s.attestationHash)
        );
    }

    /// @notice Reads 290 bytes.
    function decodeStatement(bytes memory signed) internal pure returns (WorkStatement memory) {
        if (signed.length != SIGNED_LENGTH) revert WrongLength(SIGNED_LENGTH, signed.length);
        return _statement(signed);
    }

    /// @notice A whole proof of its parts.
    function encodeProof(WorkStatement memory statement, bytes memory publicKey, bytes memory signature)
        internal
        pure
        returns (bytes memory)
    {
        uint256 keyLength = publicKeyLength(statement.parameterSet);
        if (publicKey.length != keyLength) revert WrongLength(keyLength, publicKey.length);
        uint256 length = signatureLength(statement.parameterSet);
        if (signature.length != length) revert WrongLength(length, signature.length);
        return bytes.concat(encodeStatement(statement), publicKey, signature);
    }

    /// @notice The parts of a proof.
    function decodeProof(bytes memory proof)
        internal
        pure
        returns (WorkStatement memory statement, bytes memory publicKey, bytes memory signature)
    {
        if (proof.length < SIGNED_LENGTH) revert WrongLength(SIGNED_LENGTH, proof.length);
        statement = _statement(proof);
        uint256 length = proofLength(statement.parameterSet);
        if (proof.length != length) revert WrongLength(length, proof.length);
        uint256 keyLength = publicKeyLength(statement.parameterSet);
        publicKey = _slice(proof, SIGNED_LENGTH, keyLength);
        signature = _slice(proof, SIGNED_LENGTH + keyLength, signatureLength(statement.parameterSet));
    }

    /// @notice The front of a proof: what `acceptedWork` remembers the hash of.
    function signedPart(bytes memory proof) internal pure returns (bytes memory) {
        if (proof.length < SIGNED_LENGTH) revert WrongLength(SIGNED_LENGTH, proof.length);
        return _slice(proof, 0, SIGNED_LENGTH);
    }

    /// @notice `bytes attestation`, kind 1: full evidence of a GPU.
    /// @param icaIndex Index of the intermediate that certified it.
    /// @param report SPDM report.
    /// @param leaf Certificate of the key that signed it, DER.
    /// @param identityKey Certificate of the device's identity key, DER.
    function encodeFullAttestation(uint8 icaIndex, bytes memory report, bytes memory leaf, bytes memory identityKey)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            ATTESTATION_VERSION,
            ATTESTATION_FULL,
            icaIndex,
            _length16(report),
            report,
            _length16(leaf),
            leaf,
            _length16(identityKey),
            identityKey
        );
    }

    /// @notice `bytes attestation`, kind 2: a report of a device that is registered.
    function encodeRegisteredAttestation(bytes32 deviceId, bytes memory report) internal pure returns (bytes memory) {
        return abi.encodePacked(ATTESTATION_VERSION, ATTESTATION_REGISTERED, deviceId, _length16(report), report);
    }

    /// @notice The 113 bytes of a teleport message.
    function encodeTeleport(TeleportMessage memory m) internal pure returns (bytes memory) {
        return abi.encodePacked(PROOF_VERSION, m.srcChain, m.dstChain, m.nonce, m.sender, m.recipient, m.amount);
    }

    /// @notice Reads 113 bytes.
    function decodeTeleport(bytes memory encoded) internal pure returns (TeleportMessage memory m) {
        if (encoded.length != 113) revert WrongLength(113, encoded.length);
        if (uint8(encoded[0]) != PROOF_VERSION) revert UnknownVersion(uint8(encoded[0]));
        m.srcChain = uint32(_number(encoded, 1, 4));
        m.dstChain = uint32(_number(encoded, 5, 4));
        m.nonce = uint64(_number(encoded, 9, 8));
        m.sender = _word(encoded, 17);
        m.recipient = _word(encoded, 49);
        m.amount = uint256(_word(encoded, 81));
    }

    // Reading.

    function _statement(bytes memory b) private pure returns (WorkStatement memory s) {
        if (uint8(b[0]) != PROOF_VERSION) revert UnknownVersion(uint8(b[0]));
        s.parameterSet = uint8(b[1]);
        s.context = _context(b, 2);
        s.outputHash = _word(b, 174);
        s.computeUnits = uint64(_number(b, 206, 8));
        s.completedAt = uint64(_number(b, 214, 8));
        s.recipient = address(uint160(_number(b, 222, 20)));
        s.minReward = uint128(_number(b, 242, 16));
        s.attestationHash = _word(b, 258);
    }

    function _context(bytes memory b, uint256 offset) private pure returns (WorkContext memory c) {
        c.chainId = uint32(_number(b, offset, 4));
        c.jobId = _word(b, offset + 4);
        c.modelHash = _word(b, offset + 36);
        c.inputHash = _word(b, offset + 68);
        c.deviceId = _word(b, offset + 100);
        c.nonce = _word(b, offset + 132);
        c.timestamp = uint64(_number(b, offset + 164, 8));
    }

    /// @dev Callers have checked the length: what is read beyond a field of a short type is shifted out.
    function _word(bytes memory b, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(b, 32), offset))
        }
    }

    function _number(bytes memory b, uint256 offset, uint256 size) private pure returns (uint256) {
        return uint256(_word(b, offset)) >> (256 - 8 * size);
    }

    function _slice(bytes memory b, uint256 offset, uint256 size) private pure returns (bytes memory part) {
        part = new bytes(size);
        for (uint256 i = 0; i < size; i += 32) {
            bytes32 word = _word(b, offset + i);
            if (size - i < 32) {
                // The rest of the last word is not ours to write.
                for (uint256 j = i; j < size; j++) {
                    part[j] = b[offset + j];
                }
                break;
            }
            assembly ("memory-safe") {
                mstore(add(add(part, 32), i), word)
            }
        }
    }

    function _length16(bytes memory part) private pure returns (uint16) {
        if (part.length > type(uint16).max) revert WrongLength(type(uint16).max, part.length);
        return uint16(part.length);
    }
}
