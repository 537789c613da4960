// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {JobMarket} from "../../examples/JobMarket.sol";
import {AIMining, AI_MINING, AI_MINING_INSPECTOR} from "../../src/AIMining.sol";
import {Base} from "../Base.sol";

contract JobMarketTest is Base {
    address private constant CLIENT = address(0xc11e47);
    address private constant WORKER = address(0xabcd1);
    bytes32 private constant MODEL = keccak256("pars.kit.model");
    bytes32 private constant INPUT = keccak256("pars.kit.input");

    JobMarket private market;
    Miner private miner;
    bytes32 private job;

    function setUp() public {
        forkAIMining();
        miner = makeMiner("worker");
        market = new JobMarket();
        vm.deal(CLIENT, 10 ether);
        vm.prank(CLIENT);
        job = market.post{value: 3 ether}(MODEL, INPUT, 1_000, false, uint64(block.timestamp + 1 hours));
    }

    function test_accepted_work_is_paid() public {
        bytes memory proof = mineProofFor(miner, WORKER, 1_000, job);
        uint256 mined = _nativeOf(1_000);
        market.submit(proof, "");
        vm.assertEq(WORKER.balance, 3 ether + mined);
        vm.assertEq(address(market).balance, 0);
    }

    function test_h5_a_relayer_who_comes_first_stops_nothing() public {
        bytes memory proof = mineProofFor(miner, WORKER, 1_000, job);
        uint256 mined = _nativeOf(1_000);
        vm.prank(address(0xbad));
        AI_MINING.submitWorkProof(proof, "");
        market.submit(proof, "");
        vm.assertEq(WORKER.balance, 3 ether + mined);
    }

    function test_a_call_alone_pays_nothing() public {
        bytes memory proof = mineProofFor(miner, WORKER, 1_000, job);
        bytes memory signed = AIMining.signedPart(proof);
        bytes32 id = AIMining.workId(AIMining.decodeStatement(signed));
        vm.expectRevert(abi.encodeWithSelector(AIMining.NotAccepted.selector, id));
        market.settle(signed);
    }

    function test_a_statement_that_was_not_accepted_pays_nothing() public {
        AIMining.WorkStatement memory work = makeWork(miner, WORKER, 1_000);
        work.context.jobId = job;
        AI_MINING.submitWorkProof(signWork(miner, work), "");
        // The same work id, another payee.
        work.recipient = address(0xbad);
        vm.expectRevert(abi.encodeWithSelector(AIMining.NotAccepted.selector, AIMining.workId(work)));
        market.settle(AIMining.encodeStatement(work));
    }

    function test_a_job_is_paid_once() public {
        market.submit(mineProofFor(miner, WORKER, 1_000, job), "");
        bytes memory second = mineProofFor(makeMiner("another"), WORKER, 1_000, job);
        vm.expectRevert(abi.encodeWithSelector(JobMarket.UnknownJob.selector, job));
        market.submit(second, "");
    }

    function test_other_work_is_not_paid() public {
        AIMining.WorkStatement memory work = makeWork(miner, WORKER, 1_000);
        work.context.jobId = job;
        work.context.inputHash = keccak256("another input");
        bytes memory proof = signWork(miner, work);
        vm.expectRevert(abi.encodeWithSelector(JobMarket.WrongWork.selector, job));
        market.submit(proof, "");
        proof = mineProofFor(miner, WORKER, 999, job);
        vm.expectRevert(abi.encodeWithSelector(JobMarket.WrongWork.selector, job));
        market.submit(proof, "");
    }

    function test_attested_jobs_want_a_gpu() public {
        vm.prank(CLIENT);
        job = market.post{value: 1 ether}(MODEL, INPUT, 1_000, true, uint64(block.timestamp + 1 hours));
        bytes memory proof = mineProofFor(miner, WORKER, 1_000, job);
        vm.expectRevert(abi.encodeWithSelector(JobMarket.WrongWork.selector, job));
        market.submit(proof, "");
        AIMining.WorkStatement memory work = makeWork(miner, WORKER, 1_000);
        work.context.jobId = job;
        bytes memory evidence;
        (work, evidence) = attest(miner, work, Gpu("GH100", keccak256("gpu")), false);
        market.submit(signWork(miner, work), evidence);
        vm.assertEq(address(market).balance, 3 ether);
    }

    function test_the_client_has_the_price_back_after_the_deadline() public {
        (, uint64 deadline,,,,,) = market.jobs(job);
        vm.expectRevert(abi.encodeWithSelector(JobMarket.TooEarly.selector, deadline));
        market.cancel(job);
        vm.warp(deadline + 1);
        bytes memory late = mineProofFor(miner, WORKER, 1_000, job);
        vm.expectRevert(abi.encodeWithSelector(JobMarket.TooLate.selector, deadline));
        market.submit(late, "");
        market.cancel(job);
        vm.assertEq(CLIENT.balance, 10 ether);
    }

    function test_a_payee_that_takes_no_coins_closes_the_job_all_the_same() public {
        Refuser refuser = new Refuser();
        market.submit(mineProofFor(miner, address(refuser), 1_000, job), "");
        vm.assertEq(market.owed(address(refuser)), 3 ether);
        refuser.withdraw(market, payable(WORKER));
        vm.assertEq(WORKER.balance, 3 ether);
        vm.expectRevert(JobMarket.NothingOwed.selector);
        refuser.withdraw(market, payable(WORKER));
    }

    function _nativeOf(uint64 units) private view returns (uint256 coins) {
        (, coins) = AI_MINING_INSPECTOR.quoteReward(AIMining.TIER_SOFTWARE, units);
    }
}

contract Refuser {
    function withdraw(JobMarket market, address payable to) external {
        market.withdraw(to);
    }
}
