// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {AIMining, AI_MINING, AI_MINING_ADDRESS, AI_MINING_INSPECTOR} from "../src/AIMining.sol";
import {IAIMiningErrors} from "../src/IAIMiningErrors.sol";
import {Base} from "./Base.sol";

/// @title The library's constants and encodings are those of the Rust side and of genesis
/// @notice Selectors, topics and errors are compared by `node build.mjs --check`, against the precompile's own ABI and
/// against precompile-spec/vectors/v1/interface.json. The files read here are what Rust writes.
contract ConstantsTest is Base {
    string private constant VECTORS = "../precompile-spec/vectors/v1/";

    function setUp() public {
        forkAIMining();
    }

    function test_a9_address_context_and_sizes() public view {
        string memory json = vm.readFile(string.concat(VECTORS, "interface.json"));
        vm.assertEq(vm.parseJsonAddress(json, ".address"), AI_MINING_ADDRESS);
        vm.assertEq(vm.parseJsonString(json, ".workSignatureContext"), AIMining.WORK_SIGNATURE_CONTEXT);
        vm.assertEq(vm.parseJsonUint(json, ".gas.max_message"), AIMining.MAX_MESSAGE);
        vm.assertEq(vm.parseJsonUint(json, ".rules"), AI_MINING_INSPECTOR.version());
    }

    function test_a9_genesis_has_the_marker_and_nonce_one() public {
        string memory json = vm.readFile(string.concat(VECTORS, "interface.json"));
        string memory who = string.concat('["', vm.toString(AI_MINING_ADDRESS), '","earliest"]');
        vm.assertEq(vm.rpc("eth_getCode", who), vm.parseJsonBytes(json, ".markers.message"));
        vm.assertEq(vm.rpc("eth_getTransactionCount", who), hex"01");
    }

    function test_a9_parameters_have_the_names_and_values_of_genesis() public view {
        string memory json = vm.readFile(string.concat(VECTORS, "work-valid.json"));
        string[] memory names = vm.parseJsonKeys(json, ".genesis.chain-00.parameters");
        bytes32[16] memory ours = [
            AIMining.BASE,
            AIMining.D_MAX,
            AIMining.D_MIN,
            AIMining.DEVICE_CAP,
            AIMining.EPOCH_LENGTH,
            AIMining.FUTURE_DRIFT,
            AIMining.MAX_AGE,
            AIMining.MAX_JOB,
            AIMining.NATIVE_BASE,
            AIMining.NATIVE_CAP_ATTESTED,
            AIMining.NATIVE_CAP_SOFTWARE,
            AIMining.POOL_CAP_ATTESTED,
            AIMining.POOL_CAP_SOFTWARE,
            AIMining.PROOF_CAP,
            AIMining.TARGET_ATTESTED,
            AIMining.TARGET_SOFTWARE
        ];
        vm.assertEq(names.length, ours.length);
        for (uint256 i = 0; i < ours.length; i++) {
            vm.assertEq(bytes32(bytes(names[i])), ours[i], names[i]);
            uint256 genesis = vm.parseJsonUint(json, string.concat(".genesis.chain-00.parameters.", names[i]));
            vm.assertEq(AI_MINING_INSPECTOR.parameter(ours[i]), genesis, names[i]);
        }
    }

    function test_tiers_and_pools_are_the_precompiles() public {
        uint256 software = _quote(AIMining.TIER_SOFTWARE);
        vm.assertEq(_quote(AIMining.TIER_RTX_PRO_6000) * 6_000, software * 8_500);
        vm.assertEq(_quote(AIMining.TIER_GH100) * 6_000, software * 9_500);
        vm.assertEq(_quote(AIMining.TIER_GB100) * 6_000, software * 10_000);
        vm.expectRevert(abi.encodeWithSelector(IAIMiningErrors.UnknownTier.selector, 5));
        AI_MINING_INSPECTOR.quoteReward(5, 1);
        (,,,, uint256 target) = AI_MINING_INSPECTOR.poolInfo(AIMining.POOL_SOFTWARE);
        vm.assertEq(target, AI_MINING_INSPECTOR.parameter(AIMining.TARGET_SOFTWARE));
        (,,,, target) = AI_MINING_INSPECTOR.poolInfo(AIMining.POOL_ATTESTED);
        vm.assertEq(target, AI_MINING_INSPECTOR.parameter(AIMining.TARGET_ATTESTED));
    }

    function test_known_answers_decode_and_encode() public view {
        string memory json = vm.readFile(string.concat(VECTORS, "work-valid.json"));
        bytes memory input = vm.parseJsonBytes(json, ".inputs.input-00");
        (bytes memory proof, bytes memory attestation) = this.split(input);
        vm.assertEq(attestation.length, 0);
        (AIMining.WorkStatement memory s, bytes memory key, bytes memory signature) = AIMining.decodeProof(proof);
        vm.assertEq(s.parameterSet, AIMining.ML_DSA_44);
        vm.assertEq(s.context.chainId, AIMining.DEFAULT_CHAIN_ID);
        vm.assertEq(s.context.timestamp, 1_799_999_940);
        vm.assertEq(s.computeUnits, 1_000_000);
        vm.assertEq(s.completedAt, 1_800_000_000);
        vm.assertEq(s.recipient, address(0xb0));
        vm.assertEq(s.minReward, 0);
        vm.assertEq(s.attestationHash, 0);
        vm.assertEq(AIMining.encodeProof(s, key, signature), proof);
        vm.assertEq(AIMining.decodeContext(AIMining.encodeContext(s.context)).nonce, s.context.nonce);
    }

    function split(bytes calldata input) external pure returns (bytes memory, bytes memory) {
        return abi.decode(input[4:], (bytes, bytes));
    }

    function testFuzz_statements_and_messages_survive(
        AIMining.WorkStatement memory s,
        AIMining.TeleportMessage memory m
    ) public pure {
        bytes memory signed = AIMining.encodeStatement(s);
        vm.assertEq(signed.length, AIMining.SIGNED_LENGTH);
        vm.assertEq(abi.encode(AIMining.decodeStatement(signed)), abi.encode(s));
        bytes memory context = AIMining.encodeContext(s.context);
        vm.assertEq(context.length, AIMining.CONTEXT_LENGTH);
        vm.assertEq(abi.encode(AIMining.decodeContext(context)), abi.encode(s.context));
        bytes memory message = AIMining.encodeTeleport(m);
        vm.assertEq(abi.encode(AIMining.decodeTeleport(message)), abi.encode(m));
    }

    function test_attestations_are_encoded_as_the_gpu_encodes_them() public {
        Miner memory miner = makeMiner("attestation");
        Gpu memory gpu = Gpu("GH100", keccak256("gpu"));
        (, bytes memory full) = attest(miner, makeWork(miner, address(this), 1), gpu, false);
        uint256 end = 5 + _u16(full, 3);
        bytes memory report = _part(full, 5, end);
        bytes memory leaf = _part(full, end + 2, end + 2 + _u16(full, end));
        end += 2 + leaf.length;
        bytes memory identity = _part(full, end + 2, full.length);
        vm.assertEq(AIMining.encodeFullAttestation(uint8(full[2]), report, leaf, identity), full);
        (AIMining.WorkStatement memory work, bytes memory brief) =
            attest(miner, makeWork(miner, address(this), 1), gpu, true);
        report = _part(brief, 36, brief.length);
        vm.assertEq(AIMining.encodeRegisteredAttestation(work.context.deviceId, report), brief);
    }

    function test_wrong_lengths_are_refused_by_name() public {
        vm.expectRevert(abi.encodeWithSelector(AIMining.WrongLength.selector, 290, 289));
        this.decode(new bytes(289));
        vm.expectRevert(abi.encodeWithSelector(AIMining.UnknownVersion.selector, 0));
        this.decode(new bytes(290));
        vm.expectRevert(abi.encodeWithSelector(AIMining.UnknownParameterSet.selector, 45));
        this.lengthOf(45);
    }

    function decode(bytes memory signed) external pure {
        AIMining.decodeStatement(signed);
    }

    function lengthOf(uint8 set) external pure returns (uint256) {
        return AIMining.proofLength(set);
    }

    function _quote(uint8 tier) private view returns (uint256 reward) {
        (reward,) = AI_MINING_INSPECTOR.quoteReward(tier, 1_000_000);
    }

    function _u16(bytes memory b, uint256 offset) private pure returns (uint256) {
        return uint256(uint8(b[offset])) << 8 | uint8(b[offset + 1]);
    }

    function _part(bytes memory b, uint256 from, uint256 to) private pure returns (bytes memory part) {
        part = new bytes(to - from);
        for (uint256 i = from; i < to; i++) {
            part[i - from] = b[i];
        }
    }
}
