// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {AIMining} from "../src/AIMining.sol";

/// @title Escrow for AI jobs, paid on acceptance
/// @notice A client posts a job and locks its price in PARS. A miner runs it and signs a proof for its job id. Once the
/// precompile has accepted such a proof, the price goes to the recipient that the miner signed.
///
/// The market never asks who called 0x0300: anybody may relay a proof, past the market too, and a market that paid for
/// the call could be emptied, or stopped, by whoever relays first. It asks what was *accepted*.
/// @dev Acceptance shows that a miner claims this work, once, on this chain, and with attestation that a genuine GPU
/// answered for it. It does not show that the output is right: who needs that compares `outputHash` with a second run.
contract JobMarket {
    /// @param attested Only work that a GPU attested is paid.
    struct Job {
        address client;
        uint64 deadline;
        bool attested;
        uint64 minUnits;
        bytes32 modelHash;
        bytes32 inputHash;
        uint256 price;
    }

    mapping(bytes32 jobId => Job) public jobs;
    /// @notice Jobs of a client ever posted: part of the next job's id.
    mapping(address client => uint256) public posted;
    /// @notice PARS that nobody could be sent, by whom it belongs to.
    mapping(address account => uint256) public owed;

    event JobPosted(bytes32 indexed jobId, address indexed client, bytes32 modelHash, bytes32 inputHash, uint256 price);
    event JobPaid(bytes32 indexed jobId, bytes32 indexed workId, address indexed recipient, bytes32 outputHash);
    event JobCancelled(bytes32 indexed jobId);

    error InvalidJob();
    error UnknownJob(bytes32 jobId);
    error WrongWork(bytes32 jobId);
    error TooEarly(uint64 deadline);
    error TooLate(uint64 deadline);
    error NothingOwed();
    error TransferFailed();

    /// @notice Posts a job and locks its price.
    /// @return jobId What the miner's proof must name: of this market, chain and client, and of no other job.
    function post(bytes32 modelHash, bytes32 inputHash, uint64 minUnits, bool attested, uint64 deadline)
        external
        payable
        returns (bytes32 jobId)
    {
        if (msg.value == 0 || modelHash == 0 || inputHash == 0 || deadline <= block.timestamp) revert InvalidJob();
        jobId = keccak256(abi.encode(block.chainid, address(this), msg.sender, posted[msg.sender]++));
        jobs[jobId] = Job(msg.sender, deadline, attested, minUnits, modelHash, inputHash, msg.value);
        emit JobPosted(jobId, msg.sender, modelHash, inputHash, msg.value);
    }

    /// @notice Submits the proof of a job unless that was done before, and pays.
    function submit(bytes calldata proof, bytes calldata attestation) external {
        AIMining.submitUnlessAccepted(proof, attestation);
        settle(proof[:AIMining.SIGNED_LENGTH]);
    }

    /// @notice Pays for a proof that was accepted, whoever submitted it. After the deadline it is too late, whenever it
    /// was accepted: until then the miner, or anybody, should have called this.
    /// @param signedPart The proof's first 290 bytes.
    function settle(bytes calldata signedPart) public {
        (bytes32 workId, AIMining.WorkStatement memory work) = AIMining.requireAccepted(signedPart);
        bytes32 jobId = work.context.jobId;
        Job memory job = jobs[jobId];
        if (job.client == address(0)) revert UnknownJob(jobId);
        if (block.timestamp > job.deadline) revert TooLate(job.deadline);
        if (
            work.context.modelHash != job.modelHash || work.context.inputHash != job.inputHash
                || work.computeUnits < job.minUnits || (job.attested && work.attestationHash == 0)
        ) revert WrongWork(jobId);

        delete jobs[jobId];
        emit JobPaid(jobId, workId, work.recipient, work.outputHash);
        _pay(work.recipient, job.price);
    }

    /// @notice Gives the price back after the deadline.
    function cancel(bytes32 jobId) external {
        Job memory job = jobs[jobId];
        if (job.client == address(0)) revert UnknownJob(jobId);
        if (block.timestamp <= job.deadline) revert TooEarly(job.deadline);
        delete jobs[jobId];
        emit JobCancelled(jobId);
        _pay(job.client, job.price);
    }

    /// @notice Takes out what could not be sent.
    function withdraw(address payable to) external {
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert NothingOwed();
        owed[msg.sender] = 0;
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert TransferFailed();
    }

    /// @dev A recipient that takes no coins must not keep a job open: it may withdraw them later.
    function _pay(address to, uint256 amount) private {
        (bool ok,) = to.call{value: amount, gas: 50_000}("");
        if (!ok) owed[to] += amount;
    }
}
