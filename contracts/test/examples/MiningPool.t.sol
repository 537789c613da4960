// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {MiningPool} from "../../examples/MiningPool.sol";
import {AIMining, AI_MINING} from "../../src/AIMining.sol";
import {IAIMiningErrors} from "../../src/IAIMiningErrors.sol";
import {Base} from "../Base.sol";

contract MiningPoolTest is Base {
    address payable private constant ANN = payable(address(0xa11));
    address payable private constant BOB = payable(address(0xb0b));

    MiningPool private pool;
    Miner private ann;
    Miner private bob;
    bytes32[] private annsProof;
    bytes32[] private bobsProof;

    function setUp() public {
        forkAIMining();
        pool = new MiningPool();
        ann = makeMiner("ann");
        bob = makeMiner("bob");
        // A tree of two leaves: the proof of one is the other.
        annsProof.push(pool.leafOf(bob.deviceId, BOB));
        bobsProof.push(pool.leafOf(ann.deviceId, ANN));
        pool.openRound(_root());
    }

    function test_accepted_work_is_booked_and_split() public {
        pool.submit(mineProof(ann, address(pool), 3_000), "");
        pool.submit(mineProof(bob, address(pool), 1_000), "");
        uint256 pot = address(pool).balance;
        vm.assertEq(pool.totalUnits(), 4_000);
        vm.expectRevert(abi.encodeWithSelector(MiningPool.RoundIsOpen.selector, 1));
        pool.claim(1, ann.deviceId, ANN, annsProof);
        pool.openRound(_root());
        pool.claim(1, ann.deviceId, ANN, annsProof);
        pool.claim(1, bob.deviceId, BOB, bobsProof);
        vm.assertEq(ANN.balance, pot * 3 / 4);
        vm.assertEq(BOB.balance, pot / 4);
        vm.expectRevert(MiningPool.NothingToClaim.selector);
        pool.claim(1, ann.deviceId, ANN, annsProof);
    }

    function test_h5_a_proof_that_somebody_else_relayed_counts() public {
        bytes memory proof = mineProof(ann, address(pool), 3_000);
        AI_MINING.submitWorkProof(proof, "");
        pool.settle(AIMining.signedPart(proof));
        vm.assertEq(pool.unitsOf(ann.deviceId), 3_000);
        bytes32 id = AIMining.workId(AIMining.decodeStatement(AIMining.signedPart(proof)));
        vm.expectRevert(abi.encodeWithSelector(MiningPool.AlreadySettled.selector, id));
        pool.settle(AIMining.signedPart(proof));
        vm.expectRevert(abi.encodeWithSelector(IAIMiningErrors.WorkAlreadySpent.selector, id));
        pool.submit(proof, "");
    }

    function test_work_for_others_and_work_not_accepted_is_not_booked() public {
        bytes memory proof = mineProof(ann, ANN, 3_000);
        vm.expectRevert(abi.encodeWithSelector(MiningPool.WrongRecipient.selector, ANN));
        pool.submit(proof, "");
        proof = mineProof(ann, address(pool), 3_000);
        bytes memory signed = AIMining.signedPart(proof);
        bytes32 id = AIMining.workId(AIMining.decodeStatement(signed));
        vm.expectRevert(abi.encodeWithSelector(MiningPool.NotAccepted.selector, id));
        pool.settle(signed);
    }

    function test_only_the_trees_account_is_paid() public {
        pool.submit(mineProof(ann, address(pool), 3_000), "");
        pool.openRound(_root());
        vm.expectRevert(abi.encodeWithSelector(MiningPool.NotAMember.selector, ann.deviceId, BOB));
        pool.claim(1, ann.deviceId, BOB, annsProof);
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(MiningPool.OnlyOperator.selector, ANN));
        pool.openRound(0);
    }

    function test_what_nobody_claims_goes_on() public {
        pool.submit(mineProof(ann, address(pool), 3_000), "");
        uint256 pot = address(pool).balance;
        pool.openRound(_root());
        vm.assertEq(pool.reserved(), pot);
        vm.expectRevert(abi.encodeWithSelector(MiningPool.RoundIsOpen.selector, 1));
        pool.expire(1);
        vm.warp(block.timestamp + 30 days);
        pool.expire(1);
        vm.assertEq(pool.reserved(), 0);
        vm.expectRevert(MiningPool.NothingToClaim.selector);
        pool.claim(1, ann.deviceId, ANN, annsProof);
        pool.submit(mineProof(bob, address(pool), 1_000), "");
        pool.openRound(_root());
        vm.assertEq(pool.reserved(), address(pool).balance);
        pool.claim(2, bob.deviceId, BOB, bobsProof);
        vm.assertGt(BOB.balance, pot);
    }

    function testFuzz_a_round_never_pays_more_than_its_pot(uint64 a, uint64 b) public {
        pool.submit(mineProof(ann, address(pool), uint64(bound(a, 1, 1e8))), "");
        pool.submit(mineProof(bob, address(pool), uint64(bound(b, 1, 1e8))), "");
        uint256 pot = address(pool).balance;
        pool.openRound(_root());
        pool.claim(1, ann.deviceId, ANN, annsProof);
        pool.claim(1, bob.deviceId, BOB, bobsProof);
        vm.assertLe(ANN.balance + BOB.balance, pot);
        vm.assertLe(pot, ANN.balance + BOB.balance + 1);
    }

    function _root() private view returns (bytes32) {
        (bytes32 a, bytes32 b) = (annsProof[0], bobsProof[0]);
        return keccak256(a < b ? abi.encode(a, b) : abi.encode(b, a));
    }
}
