// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {AIMining} from "pars-ai-mining/src/AIMining.sol";

/// @title Ten coins for whoever runs one job
/// @notice Pays on acceptance, not on a call: anybody may have relayed the proof before.
contract Bounty {
    bytes32 public immutable jobId;
    bool public paid;

    error WrongJob(bytes32 jobId);
    error AlreadyPaid();
    error TransferFailed();

    constructor(bytes32 jobId_) payable {
        jobId = jobId_;
    }

    /// @param signedPart The first 290 bytes of a proof that 0x0300 has accepted.
    function claim(bytes calldata signedPart) external {
        (, AIMining.WorkStatement memory work) = AIMining.requireAccepted(signedPart);
        if (work.context.jobId != jobId) revert WrongJob(work.context.jobId);
        if (paid) revert AlreadyPaid();
        paid = true;
        (bool ok,) = work.recipient.call{value: address(this).balance}("");
        if (!ok) revert TransferFailed();
    }
}
