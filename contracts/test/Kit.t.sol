// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {DelegateProxy} from "../harness/DelegateProxy.sol";
import {Reverter} from "../harness/Reverter.sol";
import {StaticCaller} from "../harness/StaticCaller.sol";
import {ValueForwarder} from "../harness/ValueForwarder.sol";
import {ParsVm} from "../kit/ParsVm.sol";
import {AIMining, AI_MINING, AI_MINING_ADDRESS, AI_MINING_GOVERNANCE, AI_MINING_INSPECTOR} from "../src/AIMining.sol";
import {IAIMiningErrors} from "../src/IAIMiningErrors.sol";
import {IAIMiningEvents} from "../src/IAIMiningEvents.sol";
import {Base} from "./Base.sol";

/// @title 0x0300 in a fork behaves as on the chain: state, coins, logs, reverts, contexts
contract KitTest is Base {
    address private constant PAYEE = address(0xabcd1);

    Miner private miner;
    Reverter private reverter;

    function setUp() public {
        forkAIMining();
        miner = makeMiner("alice");
        reverter = new Reverter();
    }

    // State.

    function test_work_is_paid_and_adds_up() public {
        (uint256 quote, uint256 nativeQuote) = AI_MINING_INSPECTOR.quoteReward(AIMining.TIER_SOFTWARE, 5_000);
        uint256 coins = PAYEE.balance;
        vm.assertEq(mine(miner, PAYEE, 5_000), quote);
        vm.assertEq(mine(miner, PAYEE, 5_000), quote);
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 2 * quote);
        vm.assertEq(PAYEE.balance, coins + 2 * nativeQuote);
        vm.assertGt(nativeQuote, 0);
    }

    function test_nothing_is_left_of_another_test() public view {
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 0);
    }

    function test_coins_that_this_evm_moved_are_counted() public {
        vm.deal(PAYEE, 77 ether);
        (, uint256 nativeQuote) = AI_MINING_INSPECTOR.quoteReward(AIMining.TIER_SOFTWARE, 5_000);
        mine(miner, PAYEE, 5_000);
        vm.assertEq(PAYEE.balance, 77 ether + nativeQuote);
        vm.prank(PAYEE);
        (bool sent,) = address(0xbeef).call{value: 70 ether}("");
        vm.assertTrue(sent);
        mine(miner, PAYEE, 5_000);
        vm.assertEq(PAYEE.balance, 7 ether + 2 * nativeQuote);
    }

    function test_the_same_proof_is_paid_once() public {
        bytes memory proof = mineProof(miner, PAYEE, 5_000);
        AI_MINING.submitWorkProof(proof, "");
        bytes32 id = AIMining.workId(AIMining.decodeStatement(AIMining.signedPart(proof)));
        vm.assertTrue(AIMining.isAccepted(AIMining.signedPart(proof)));
        vm.expectRevert(abi.encodeWithSelector(IAIMiningErrors.WorkAlreadySpent.selector, id));
        AI_MINING.submitWorkProof(proof, "");
    }

    function test_work_of_the_devnet_is_known_here() public {
        // It stays there after this run, so the next one needs another miner.
        bytes32 seed = keccak256(abi.encode("on the devnet", block.number, block.timestamp));
        bytes memory proof = mineProof(makeMiner(seed, AIMining.ML_DSA_44), address(0xd00d1), 5_000);
        string memory from = vm.toString(address(0x70997970C51812dc3A010C7d01b50e0d17dc79C8));
        bytes memory data = abi.encodeCall(AI_MINING.submitWorkProof, (proof, ""));
        vm.rpc(
            "eth_sendTransaction",
            string.concat(
                '[{"from":"', from, '","to":"', vm.toString(AI_MINING_ADDRESS), '","input":"', vm.toString(data), '"}]'
            )
        );
        vm.assertFalse(AIMining.isAccepted(AIMining.signedPart(proof)), "the fork stays at its block");
        rollAIMining(block.number + 1);
        vm.assertTrue(AIMining.isAccepted(AIMining.signedPart(proof)), "one block later it is there");
    }

    function test_forks_do_not_know_of_each_other() public {
        uint256 first = vm.activeFork();
        uint256 reward = mine(miner, PAYEE, 5_000);
        forkAIMining();
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 0);
        mine(miner, PAYEE, 10_000);
        vm.selectFork(first);
        vm.assertEq(AI_MINING.miningBalance(PAYEE), reward);
        vm.assertEq(mine(miner, PAYEE, 5_000), reward);
    }

    function test_a_mocked_call_stands_before_the_precompile() public {
        vm.mockCall(AI_MINING_ADDRESS, abi.encodeCall(AI_MINING.miningBalance, (PAYEE)), abi.encode(uint256(42)));
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 42);
        vm.clearMockedCalls();
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 0);
    }

    // Reverts and snapshots.

    function test_b1_what_a_caller_undoes_is_undone() public {
        bytes[5] memory p;
        for (uint256 i = 0; i < 5; i++) {
            p[i] = mineProof(miner, PAYEE, 5_000);
        }
        uint256 coins = PAYEE.balance;
        (uint256 quote, uint256 nativeQuote) = AI_MINING_INSPECTOR.quoteReward(AIMining.TIER_SOFTWARE, 5_000);
        vm.assertEq(reverter.beforeInsideAfter(p[0], p[1], p[2]), 1);
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 2 * quote);
        vm.assertEq(PAYEE.balance, coins + 2 * nativeQuote);
        vm.assertEq(reverter.undoneIsUnspent(p[1]), 1);
        vm.assertEq(reverter.spentStaysSpent(p[3]), 2);
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 4 * quote);
        vm.assertEq(reverter.outOfGasInside(p[4], mineProof(miner, PAYEE, 5_000), 2_000_000), 1);
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 5 * quote);
        vm.assertEq(PAYEE.balance, coins + 5 * nativeQuote);
        vm.assertFalse(AIMining.isAccepted(AIMining.signedPart(p[4])));
    }

    function test_a_snapshot_takes_everything_back() public {
        uint256 coins = PAYEE.balance;
        uint256 snapshot = vm.snapshotState();
        bytes memory proof = mineProof(miner, PAYEE, 5_000);
        AI_MINING.submitWorkProof(proof, "");
        vm.assertTrue(vm.revertToState(snapshot));
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 0);
        vm.assertEq(PAYEE.balance, coins);
        AI_MINING.submitWorkProof(proof, "");
    }

    // Logs.

    function test_events_are_the_precompiles() public {
        AIMining.WorkStatement memory work = makeWork(miner, PAYEE, 5_000);
        bytes memory proof = signWork(miner, work);
        (uint256 quote,) = AI_MINING_INSPECTOR.quoteReward(AIMining.TIER_SOFTWARE, 5_000);
        vm.recordLogs();
        AI_MINING.submitWorkProof(proof, "");
        ParsVm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 2);
        vm.assertEq(logs[0].topics[0], IAIMiningEvents.Transfer.selector);
        vm.assertEq(logs[1].topics[0], IAIMiningEvents.WorkAccepted.selector);
        vm.assertEq(logs[1].topics[1], AIMining.workId(work));
        vm.assertEq(logs[1].topics[2], bytes32(uint256(uint160(PAYEE))));
        vm.assertEq(logs[1].topics[3], work.context.jobId);
        vm.assertEq(logs[1].emitter, AI_MINING_ADDRESS);

        proof = mineProof(miner, PAYEE, 5_000);
        vm.expectEmit(AI_MINING_ADDRESS);
        emit IAIMiningEvents.Transfer(address(0), PAYEE, quote);
        AI_MINING.submitWorkProof(proof, "");
    }

    // Contexts.

    function test_prank_is_the_caller() public {
        address governor = AI_MINING_GOVERNANCE.governor();
        vm.expectRevert(abi.encodeWithSelector(IAIMiningErrors.NotGovernor.selector, address(this)));
        AI_MINING_GOVERNANCE.setParameter(AIMining.BASE, 0);
        vm.prank(governor);
        AI_MINING_GOVERNANCE.setParameter(AIMining.BASE, 0);
        bytes memory proof = mineProof(miner, PAYEE, 5_000);
        vm.expectRevert(IAIMiningErrors.ZeroReward.selector);
        AI_MINING.submitWorkProof(proof, "");
        vm.startPrank(governor);
        AI_MINING_GOVERNANCE.setParameter(AIMining.BASE, 10_000_000_000);
        vm.stopPrank();
        AI_MINING.submitWorkProof(proof, "");
    }

    function test_a3_coins_go_back() public {
        ValueForwarder forwarder = new ValueForwarder();
        vm.deal(address(forwarder), 5 ether);
        (bool ok, bytes memory output, uint256 rest) =
            forwarder.tryForward(AI_MINING_ADDRESS, 1 ether, abi.encodeCall(AI_MINING.miningBalance, (PAYEE)));
        vm.assertFalse(ok);
        vm.assertEq(output, abi.encodeWithSelector(IAIMiningErrors.ValueNotAllowed.selector));
        vm.assertEq(rest, 5 ether);
        vm.assertEq(AI_MINING_ADDRESS.balance, 0);
    }

    function test_a5_a_static_call_writes_nothing() public {
        StaticCaller caller = new StaticCaller();
        bytes memory call = abi.encodeCall(AI_MINING.submitWorkProof, (mineProof(miner, PAYEE, 5_000), ""));
        bytes memory refusal = abi.encodeWithSelector(IAIMiningErrors.StaticCallNotAllowed.selector);
        (bool ok,, bytes memory output) = caller.staticCall(AI_MINING_ADDRESS, call);
        vm.assertFalse(ok);
        vm.assertEq(output, refusal);
        (ok,, output) = caller.callInsideStatic(AI_MINING_ADDRESS, call);
        vm.assertFalse(ok);
        vm.assertEq(output, refusal);
        (ok,, output) = caller.callInsideStatic(AI_MINING_ADDRESS, abi.encodeCall(AI_MINING_INSPECTOR.version, ()));
        vm.assertTrue(ok);
        vm.assertEq(output, abi.encode(uint256(1)));
    }

    function test_a1_delegatecall_and_callcode_are_refused() public {
        DelegateProxy proxy = new DelegateProxy();
        bytes memory call = abi.encodeCall(AI_MINING.miningBalance, (PAYEE));
        bytes memory refusal = abi.encodeWithSelector(IAIMiningErrors.DelegateCallNotAllowed.selector);
        (bool ok, bytes memory output) = proxy.delegate(AI_MINING_ADDRESS, call);
        vm.assertFalse(ok);
        vm.assertEq(output, refusal);
        (ok, output) = proxy.callCode(AI_MINING_ADDRESS, 0, call);
        vm.assertFalse(ok);
        vm.assertEq(output, refusal);
    }

    function test_unknown_and_empty_input() public {
        (bool ok, bytes memory output) = AI_MINING_ADDRESS.call("");
        vm.assertFalse(ok);
        vm.assertEq(output, abi.encodeWithSelector(IAIMiningErrors.UnknownSelector.selector));
        (ok, output) = AI_MINING_ADDRESS.call(hex"12345678");
        vm.assertFalse(ok);
        vm.assertEq(output, abi.encodeWithSelector(IAIMiningErrors.UnknownSelector.selector));
    }

    // Helpers.

    function test_time_and_epochs() public {
        mine(miner, PAYEE, 5_000);
        (uint64 counter,,) = AI_MINING_INSPECTOR.epochInfo();
        warpEpochs(3);
        (uint64 later, uint64 start, uint64 length) = AI_MINING_INSPECTOR.epochInfo();
        vm.assertEq(later, counter + 3);
        vm.assertEq(start, block.timestamp);
        vm.warp(start + length - 1);
        (later,,) = AI_MINING_INSPECTOR.epochInfo();
        vm.assertEq(later, counter + 3);
        mine(miner, PAYEE, 5_000);
        (, uint128 units,,,) = AI_MINING_INSPECTOR.poolInfo(AIMining.POOL_SOFTWARE);
        vm.assertEq(units, 5_000);
    }

    function test_a_simulated_gpu_attests_in_full_and_registered() public {
        Gpu memory gpu = Gpu("GH100", keccak256("gpu"));
        (bytes memory proof, bytes memory attestation) = mineAttested(miner, gpu, PAYEE, 5_000);
        AI_MINING.submitWorkProof(proof, attestation);
        bytes32 device = AIMining.decodeStatement(AIMining.signedPart(proof)).context.deviceId;
        (bool registered,, uint8 tier,,,,, uint64 from,,) = AI_MINING_INSPECTOR.deviceInfo(device);
        vm.assertTrue(registered);
        vm.assertEq(tier, AIMining.TIER_GH100);

        vm.warp(from);
        AIMining.WorkStatement memory work = makeWork(miner, PAYEE, 5_000);
        (work, attestation) = attest(miner, work, gpu, true);
        AI_MINING.submitWorkProof(signWork(miner, work), attestation);
        vm.assertEq(work.context.deviceId, device);
    }

    function test_a_seeded_teleport_is_claimed() public {
        bytes32 first = seedTeleport(96_369, 0, bytes32(uint256(0xaa)), PAYEE, 5 ether);
        bytes32 second = seedTeleport(96_369, 1, bytes32(uint256(0xaa)), PAYEE, 6 ether);
        bytes32[] memory pending = AI_MINING.pendingTeleports(PAYEE);
        vm.assertEq(pending.length, 2);
        vm.assertEq(pending[0], first);
        vm.assertEq(AI_MINING.claimTeleport(first), 5 ether);
        vm.assertEq(AI_MINING.pendingTeleports(PAYEE)[0], second);
        vm.assertEq(AI_MINING.claimTeleport(second), 6 ether);
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 11 ether);
        vm.expectRevert(abi.encodeWithSelector(IAIMiningErrors.TeleportAlreadyClaimed.selector, first));
        AI_MINING.claimTeleport(first);
        (uint32 src, uint64 nonce,,,, uint8 status) = AI_MINING_INSPECTOR.getTeleportDetails(second);
        vm.assertEq(src, 96_369);
        vm.assertEq(nonce, 1);
        vm.assertEq(status, AIMining.TELEPORT_CLAIMED);
    }

    function test_the_known_teleport_id_of_the_specification() public {
        bytes32 sender = hex"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        address to = address(bytes20(hex"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"));
        bytes32 id = seedTeleport(96_369, 7, sender, to, 1000);
        vm.assertEq(id, 0xca89d6f4138e2bc22ca13089e8eed3ab2b4d56c7b09aa2fe1e468baf965c66db);
    }

    function test_a_parameter_is_set_at_once() public {
        setParameterNow(AIMining.PROOF_CAP, 1);
        bytes memory proof = mineProof(miner, PAYEE, 5_000);
        (uint256 quote,) = AI_MINING_INSPECTOR.quoteReward(AIMining.TIER_SOFTWARE, 5_000);
        vm.expectRevert(abi.encodeWithSelector(IAIMiningErrors.ProofCapReached.selector, quote, 1));
        AI_MINING.submitWorkProof(proof, "");
    }

    function test_mldsa_signatures_of_all_sets_verify() public {
        uint8[3] memory sets = [AIMining.ML_DSA_44, AIMining.ML_DSA_65, AIMining.ML_DSA_87];
        for (uint256 i = 0; i < 3; i++) {
            Miner memory one = makeMiner(keccak256("set"), sets[i]);
            bytes memory signature = signMLDSA(one, "message");
            vm.assertEq(one.publicKey.length, AIMining.publicKeyLength(sets[i]));
            vm.assertEq(signature.length, AIMining.signatureLength(sets[i]));
            vm.assertTrue(AIMining.verify(one.publicKey, "message", signature));
            vm.assertFalse(AIMining.verify(one.publicKey, "messagf", signature));
            bytes memory proof = mineProof(one, PAYEE, 5_000);
            vm.assertEq(proof.length, AIMining.proofLength(sets[i]));
            AI_MINING.submitWorkProof(proof, "");
        }
    }

    // Fuzz.

    function testFuzz_h2_the_reward_is_the_quote(uint64 units, address recipient) public {
        units = uint64(bound(units, 1, 209_500 * 3_600));
        recipient = address(uint160(bound(uint160(recipient), 0x10_000, type(uint160).max)));
        if (recipient == miner.name) return; // it is refused as a payee, and the fuzzer finds it
        (uint256 quote, uint256 nativeQuote) = AI_MINING_INSPECTOR.quoteReward(AIMining.TIER_SOFTWARE, units);
        uint256 coins = recipient.balance;
        vm.assertEq(mine(miner, recipient, units), quote);
        vm.assertEq(AI_MINING.miningBalance(recipient), quote);
        vm.assertEq(recipient.balance, coins + nativeQuote);
    }

    function testFuzz_a7_no_input_breaks_the_shim(bytes calldata input) public {
        (bool ok, bytes memory output) = AI_MINING_ADDRESS.call(input);
        vm.assertTrue(ok || output.length >= 4);
    }
}
