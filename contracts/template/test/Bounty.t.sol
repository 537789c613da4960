// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {AIMiningKit} from "pars-ai-mining/kit/AIMiningKit.sol";
import {PARS_VM} from "pars-ai-mining/kit/ParsVm.sol";
import {AIMining, AI_MINING} from "pars-ai-mining/src/AIMining.sol";
import {Bounty} from "../src/Bounty.sol";

/// @dev Start `pars-devnet`, then `forge test`. With forge-std: `contract BountyTest is Test, AIMiningKit`.
contract BountyTest is AIMiningKit {
    bool public IS_TEST = true;
    bytes32 private constant JOB = keccak256("my job");
    address private constant WORKER = address(0xabcd1);

    Bounty private bounty;

    function setUp() public {
        forkAIMining();
        PARS_VM.deal(address(this), 10 ether);
        bounty = new Bounty{value: 10 ether}(JOB);
    }

    function test_accepted_work_is_paid() public {
        bytes memory proof = mineProofFor(makeMiner("worker"), WORKER, 1_000, JOB);
        AI_MINING.submitWorkProof(proof, "");
        uint256 mined = WORKER.balance;
        bounty.claim(AIMining.signedPart(proof));
        PARS_VM.assertEq(WORKER.balance, mined + 10 ether);
    }

    function test_work_that_is_not_accepted_is_not_paid() public {
        bytes memory signed = AIMining.signedPart(mineProofFor(makeMiner("worker"), WORKER, 1_000, JOB));
        bytes32 id = AIMining.workId(AIMining.decodeStatement(signed));
        PARS_VM.expectRevert(abi.encodeWithSelector(AIMining.NotAccepted.selector, id));
        bounty.claim(signed);
    }

    function testFuzz_other_jobs_are_not_paid(bytes32 job) public {
        if (job == JOB || job == 0) return;
        bytes memory proof = mineProofFor(makeMiner("worker"), WORKER, 1_000, job);
        AI_MINING.submitWorkProof(proof, "");
        PARS_VM.expectRevert(abi.encodeWithSelector(Bounty.WrongJob.selector, job));
        bounty.claim(AIMining.signedPart(proof));
    }
}
