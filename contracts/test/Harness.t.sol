// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {CallTree} from "../harness/CallTree.sol";
import {CallInConstructor, DelegateInConstructor, DelegateProxy} from "../harness/DelegateProxy.sol";
import {GasCaller} from "../harness/GasCaller.sol";
import {OverlapCaller} from "../harness/OverlapCaller.sol";
import {Prober} from "../harness/Prober.sol";
import {Reverter} from "../harness/Reverter.sol";
import {SelfDestructTo} from "../harness/SelfDestructTo.sol";
import {StaticCaller} from "../harness/StaticCaller.sol";
import {TransferLike} from "../harness/TransferLike.sol";
import {ValueForwarder} from "../harness/ValueForwarder.sol";
import {AI_MINING, AI_MINING_ADDRESS, AI_MINING_INSPECTOR, AIMining} from "../src/AIMining.sol";
import {IAIMiningErrors} from "../src/IAIMiningErrors.sol";
import {Twin} from "./Twin.sol";

/// @title The hostile contracts of the Rust tests, in a fork and on the devnet, with the same bytes coming back
contract HarnessTest is Twin {
    address private constant PAYEE = address(0xabcd1);
    uint256 private constant PROOFS = 5;

    Miner private miner;
    bytes[] private proofs;
    bytes private view_;

    function setUp() public {
        forkAIMining();
        miner = makeMiner(keccak256("harness"), AIMining.ML_DSA_44);
        for (uint256 i = 0; i < PROOFS; i++) {
            proofs.push(mineProof(miner, PAYEE, 5_000));
        }
        view_ = abi.encodeCall(AI_MINING.miningBalance, (PAYEE));
    }

    function test_b1_reverter() public {
        twin(type(Reverter).runtimeCode);
        same(abi.encodeCall(Reverter.beforeInsideAfter, (proofs[0], proofs[1], proofs[2])));
        _accepted([true, false, true, false, false]);
        same(abi.encodeCall(Reverter.undoneIsUnspent, (proofs[1])));
        same(abi.encodeCall(Reverter.spentStaysSpent, (proofs[3])));
        _accepted([true, true, true, true, false]);
        same(abi.encodeCall(Reverter.outOfGasInside, (proofs[4], mineProof(miner, PAYEE, 5_000), 2_000_000)));
        _accepted([true, true, true, true, false]);
    }

    function test_b1_reverter_nested() public {
        twin(type(Reverter).runtimeCode);
        uint256 before = vm.snapshotState();
        same(abi.encodeCall(Reverter.nested, (proofs[0], proofs[1], proofs[2], proofs[3], proofs[4], false)));
        _accepted([true, false, false, false, true]);
        vm.revertToState(before);
        same(abi.encodeCall(Reverter.nested, (proofs[0], proofs[1], proofs[2], proofs[3], proofs[4], true)));
        _accepted([true, true, false, true, true]);
    }

    function test_b1_reverter_in_constructors_and_whole_transactions() public {
        Reverter reverter = new Reverter();
        vm.assertEq(reverter.createInside(proofs[0], false), address(0));
        _accepted([false, false, false, false, false]);
        reverter.createInside(proofs[0], true);
        _accepted([true, false, false, false, false]);
        vm.expectRevert(Reverter.Undone.selector);
        reverter.submitTwiceThenRevert(proofs[1], proofs[2]);
        _accepted([true, false, false, false, false]);
    }

    function test_a1_a2_delegate_proxy() public {
        twin(type(DelegateProxy).runtimeCode);
        bytes memory submit = abi.encodeCall(AI_MINING.submitWorkProof, (proofs[0], ""));
        _refused(same(abi.encodeCall(DelegateProxy.delegate, (AI_MINING_ADDRESS, submit))));
        _refused(same(abi.encodeCall(DelegateProxy.callCode, (AI_MINING_ADDRESS, 0, submit))));
        _refused(same(abi.encodeCall(DelegateProxy.callCode, (AI_MINING_ADDRESS, 1, view_))));
        _refused(same(abi.encodeCall(DelegateProxy.delegateTwice, (TWIN, AI_MINING_ADDRESS, submit))));
        _refused(same(abi.encodeCall(DelegateProxy.delegateThenCallCode, (TWIN, AI_MINING_ADDRESS, 0, submit))));
        _accepted([false, false, false, false, false]);
        same(abi.encodeCall(DelegateProxy.delegateThenCall, (TWIN, AI_MINING_ADDRESS, submit)));
        _accepted([true, false, false, false, false]);
    }

    function test_a2_initcode() public {
        bytes memory submit = abi.encodeCall(AI_MINING.submitWorkProof, (proofs[0], ""));
        bytes memory refusal = abi.encodeWithSelector(IAIMiningErrors.DelegateCallNotAllowed.selector);
        for (uint256 i = 0; i < 2; i++) {
            DelegateInConstructor bad = new DelegateInConstructor(AI_MINING_ADDRESS, submit, i == 1);
            vm.assertFalse(bad.ok());
            vm.assertEq(bad.output(), refusal);
        }
        _accepted([false, false, false, false, false]);
        vm.assertTrue(new CallInConstructor(AI_MINING_ADDRESS, submit).ok());
        _accepted([true, false, false, false, false]);
    }

    function test_a3_value_forwarder() public {
        twin(type(ValueForwarder).runtimeCode);
        bytes memory output = same(abi.encodeCall(ValueForwarder.tryForward, (AI_MINING_ADDRESS, 1 ether, view_)));
        (bool ok, bytes memory reason, uint256 rest) = abi.decode(output, (bool, bytes, uint256));
        vm.assertFalse(ok);
        vm.assertEq(reason, abi.encodeWithSelector(IAIMiningErrors.ValueNotAllowed.selector));
        vm.assertEq(rest, TWIN_COINS);
        same(abi.encodeCall(ValueForwarder.tryForward, (AI_MINING_ADDRESS, 0, view_)));
        // Amounts at the edges of what a host may cut.
        for (uint256 i = 0; i < 3; i++) {
            vm.deal(TWIN, type(uint256).max);
            uint256 amount = [uint256(1) << 64, (uint256(1) << 128) + 1, type(uint256).max][i];
            (ok, reason, rest) = ValueForwarder(payable(TWIN)).tryForward(AI_MINING_ADDRESS, amount, view_);
            vm.assertFalse(ok);
            vm.assertEq(rest, type(uint256).max);
        }
    }

    function test_a5_static_caller() public {
        twin(type(StaticCaller).runtimeCode);
        bytes memory submit = abi.encodeCall(AI_MINING.submitWorkProof, (proofs[0], ""));
        bytes memory refusal = abi.encodeWithSelector(IAIMiningErrors.StaticCallNotAllowed.selector);
        bytes[2] memory calls = [
            abi.encodeCall(StaticCaller.staticCall, (AI_MINING_ADDRESS, submit)),
            abi.encodeCall(StaticCaller.callInsideStatic, (AI_MINING_ADDRESS, submit))
        ];
        for (uint256 i = 0; i < 2; i++) {
            (, bytes memory output) = _both(calls[i]);
            vm.assertEq(output, refusal);
        }
        _accepted([false, false, false, false, false]);
        (bool ok, bytes memory balance) = _both(abi.encodeCall(StaticCaller.staticCall, (AI_MINING_ADDRESS, view_)));
        vm.assertTrue(ok);
        vm.assertEq(balance, abi.encode(uint256(0)));
    }

    function test_a8_overlap_caller() public {
        twin(type(OverlapCaller).runtimeCode);
        uint256[5] memory offsets = [uint256(0), 1, 4, 31, 35];
        for (uint256 i = 0; i < offsets.length; i++) {
            same(abi.encodeCall(OverlapCaller.overlap, (AI_MINING_ADDRESS, view_, offsets[i], 32)));
            same(abi.encodeCall(OverlapCaller.overlap, (AI_MINING_ADDRESS, hex"00", offsets[i], 64)));
        }
    }

    function test_a12_transfer_like() public {
        twin(type(TransferLike).runtimeCode);
        bytes memory submit = abi.encodeCall(AI_MINING.submitWorkProof, (proofs[0], ""));
        same(abi.encodeCall(TransferLike.callWith2300, (AI_MINING_ADDRESS, submit)));
        same(abi.encodeCall(TransferLike.callWith2300, (AI_MINING_ADDRESS, "")));
        bytes memory output = same(abi.encodeCall(TransferLike.sendWithStipend, (AI_MINING_ADDRESS, 1, "")));
        (bool ok,) = abi.decode(output, (bool, bytes));
        vm.assertFalse(ok);
        vm.assertEq(TWIN.balance, TWIN_COINS);
        _accepted([false, false, false, false, false]);
    }

    function test_a10_self_destruct_changes_the_balance_only() public {
        mine(miner, PAYEE, 5_000);
        uint256 balance = AI_MINING.miningBalance(PAYEE);
        new SelfDestructTo{value: 1 ether}(payable(AI_MINING_ADDRESS));
        SelfDestructTo later = new SelfDestructTo{value: 2 ether}(payable(address(0)));
        later.destroy(payable(AI_MINING_ADDRESS));
        vm.assertEq(AI_MINING_ADDRESS.balance, 3 ether);
        vm.assertEq(AI_MINING.miningBalance(PAYEE), balance);
        mine(miner, PAYEE, 5_000);
        vm.assertEq(AI_MINING.miningBalance(PAYEE), 2 * balance);
    }

    function test_a9_a11_prober() public {
        twin(type(Prober).runtimeCode);
        vm.assertEq(same(abi.encodeCall(Prober.precompile, ())), abi.encode(AI_MINING_ADDRESS));
        same(abi.encodeCall(Prober.touch, (AI_MINING_ADDRESS)));
        (uint256 size,,) = Prober(TWIN).code(AI_MINING_ADDRESS);
        vm.assertGt(size, 0);
    }

    /// @dev Trees of frames, kept, undone and static, with every way to call: results, state and balances as there.
    function testFuzz_b1_b6_call_tree(uint256 random) public {
        twin(type(CallTree).runtimeCode);
        same(abi.encodeCall(CallTree.run, (_steps(random, 0, false))));
    }

    /// @dev No coins in a static frame: CALL halts there and takes the frame's gas, of which fork and devnet have other
    /// amounts to go on with.
    function _steps(uint256 random, uint256 depth, bool isStatic) private view returns (CallTree.Step[] memory steps) {
        steps = new CallTree.Step[](1 + random % 3);
        for (uint256 i = 0; i < steps.length; i++) {
            random = uint256(keccak256(abi.encode(random, i)));
            CallTree.Op op = CallTree.Op(random % (depth < 2 ? 8 : 5));
            if (isStatic && op == CallTree.Op.CallWithValue) op = CallTree.Op.Call;
            bool frame = op >= CallTree.Op.Keep;
            bool inside = isStatic || op == CallTree.Op.KeepStatic;
            bytes memory data = frame ? abi.encode(_steps(random >> 8, depth + 1, inside)) : _leaf(random >> 8);
            steps[i] = CallTree.Step(op, 0, data, CallTree.Expect.Anything);
        }
    }

    function _leaf(uint256 random) private view returns (bytes memory) {
        bytes memory proof = proofs[(random >> 8) % PROOFS];
        uint256 kind = random % 6;
        if (kind < 3) return abi.encodeCall(AI_MINING.submitWorkProof, (proof, ""));
        if (kind == 3) return view_;
        if (kind == 4) {
            bytes32 id = AIMining.decodeStatement(AIMining.signedPart(proof)).context.nonce;
            return abi.encodeCall(AI_MINING_INSPECTOR.acceptedWork, (id));
        }
        return abi.encodePacked(random);
    }

    /// @dev StaticCaller tells gas too, and 0x0300 is warm there from the start.
    function _both(bytes memory call) private returns (bool ok, bytes memory output) {
        (, bytes memory here) = TWIN.call(call);
        (bool okThere,, bytes memory outputThere) = abi.decode(there(call), (bool, uint256, bytes));
        (ok,, output) = abi.decode(here, (bool, uint256, bytes));
        vm.assertEq(ok ? 1 : 0, okThere ? 1 : 0);
        vm.assertEq(output, outputThere);
    }

    function _refused(bytes memory output) private pure {
        (bool ok, bytes memory reason) = abi.decode(output, (bool, bytes));
        vm.assertFalse(ok);
        vm.assertEq(reason, abi.encodeWithSelector(IAIMiningErrors.DelegateCallNotAllowed.selector));
    }

    function _accepted(bool[5] memory expected) private view {
        for (uint256 i = 0; i < PROOFS; i++) {
            bool accepted = AIMining.isAccepted(AIMining.signedPart(proofs[i]));
            vm.assertEq(accepted ? 1 : 0, expected[i] ? 1 : 0);
        }
    }
}
