// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {AIMining, AI_MINING} from "../src/AIMining.sol";

/// @title A pool that several devices mine for
/// @notice Miners sign proofs that name the pool as recipient; the pool books the units of each device and splits the
/// PARS that it is paid, round by round, in proportion to them. Which account claims for which device is a Merkle tree
/// that the operator publishes when a round opens, so a miner can look before it works. How much is not the operator's
/// to say: it follows from accepted work.
/// Anyone may relay a proof, past the pool too, and the pool is paid all the same. So it counts *acceptance*, which the
/// precompile keeps, and not who called: `settle` counts a proof that somebody else has relayed.
/// @dev An example, for devices of one tier: a unit of another tier earns another reward. AI stays on the pool's mining
/// balance until the precompile has ERC-20's functions, which are not part of PIP-6. Work that is settled in a later
/// round than it was paid in counts there.
contract MiningPool {
    /// @notice After so long, what nobody claimed of a round goes to the present one.
    uint256 public constant CLAIM_PERIOD = 30 days;

    /// @param members Root of the round's tree; a leaf is `leafOf(deviceId, account)`.
    /// @param closedAt Zero while the round runs.
    /// @param units Units booked in it.
    /// @param pot PARS to split, known when it closes.
    /// @param left PARS of it not claimed.
    struct Round {
        bytes32 members;
        uint64 closedAt;
        uint128 units;
        uint256 pot;
        uint256 left;
    }

    address public immutable operator;
    Round[] public rounds;
    /// @notice Units booked in a round, by device; zero again once they are claimed.
    mapping(uint256 round => mapping(bytes32 deviceId => uint256)) public roundUnits;
    /// @notice Units accepted for this pool, by device.
    mapping(bytes32 deviceId => uint256) public unitsOf;
    /// @notice Units accepted for this pool.
    uint256 public totalUnits;
    /// @notice PARS that belongs to closed rounds.
    uint256 public reserved;
    /// @notice Proofs that are counted.
    mapping(bytes32 workId => bool) public isSettled;

    event WorkSettled(bytes32 indexed workId, bytes32 indexed deviceId, uint64 units);
    event RoundOpened(uint256 indexed round, bytes32 members);
    event RoundClosed(uint256 indexed round, uint256 pot, uint256 units);
    event Claimed(uint256 indexed round, bytes32 indexed deviceId, address indexed account, uint256 amount);

    error TooShort(uint256 length);
    error WrongRecipient(address recipient);
    error NotAccepted(bytes32 workId);
    error AlreadySettled(bytes32 workId);
    error OnlyOperator(address caller);
    error RoundIsOpen(uint256 round);
    error NotAMember(bytes32 deviceId, address account);
    error NothingToClaim();
    error TransferFailed();

    constructor() {
        operator = msg.sender;
        rounds.push();
    }

    /// @notice Submits a proof that pays this pool, and counts its units.
    /// @dev The precompile's typed errors (`IAIMiningErrors`) pass through.
    /// @return reward AI paid to the pool, in 10^-18 AI.
    function submit(bytes calldata proof, bytes calldata attestation) external returns (uint256 reward) {
        if (proof.length < AIMining.SIGNED_LENGTH) revert TooShort(proof.length);
        reward = AI_MINING.submitWorkProof(proof, attestation);
        settle(proof[:AIMining.SIGNED_LENGTH]);
    }

    /// @notice Counts a proof that was accepted, whoever submitted it.
    /// @param signedPart The proof's first 290 bytes.
    function settle(bytes calldata signedPart) public {
        if (signedPart.length != AIMining.SIGNED_LENGTH) revert TooShort(signedPart.length);
        AIMining.WorkStatement memory work = AIMining.decodeStatement(signedPart);
        if (work.recipient != address(this)) revert WrongRecipient(work.recipient);
        bytes32 workId = AIMining.workId(work);
        if (!AIMining.isAccepted(signedPart)) revert NotAccepted(workId);
        if (isSettled[workId]) revert AlreadySettled(workId);

        bytes32 deviceId = work.context.deviceId;
        isSettled[workId] = true;
        unitsOf[deviceId] += work.computeUnits;
        totalUnits += work.computeUnits;
        uint256 round = rounds.length - 1;
        rounds[round].units += work.computeUnits;
        roundUnits[round][deviceId] += work.computeUnits;
        emit WorkSettled(workId, deviceId, work.computeUnits);
    }

    /// @notice Closes the round that runs, with all PARS that is here for it, and opens the next one.
    function openRound(bytes32 members) external {
        if (msg.sender != operator) revert OnlyOperator(msg.sender);
        Round storage last = rounds[rounds.length - 1];
        // Without work nothing can be claimed: the coins wait for the next round.
        if (last.units > 0) last.pot = address(this).balance - reserved;
        (last.left, last.closedAt) = (last.pot, uint64(block.timestamp));
        reserved += last.pot;
        emit RoundClosed(rounds.length - 1, last.pot, last.units);
        rounds.push().members = members;
        emit RoundOpened(rounds.length - 1, members);
    }

    /// @notice Pays a device's share of a closed round to its account, whoever calls.
    function claim(uint256 round, bytes32 deviceId, address payable account, bytes32[] calldata proof) external {
        Round storage r = rounds[round];
        if (r.closedAt == 0) revert RoundIsOpen(round);
        if (!MerkleProof.verifyCalldata(proof, r.members, leafOf(deviceId, account))) {
            revert NotAMember(deviceId, account);
        }
        uint256 units = roundUnits[round][deviceId];
        if (units == 0 || r.left == 0) revert NothingToClaim();
        uint256 amount = r.pot * units / r.units;
        roundUnits[round][deviceId] = 0;
        r.left -= amount;
        reserved -= amount;
        emit Claimed(round, deviceId, account, amount);
        (bool ok,) = account.call{value: amount}("");
        if (!ok) revert TransferFailed();
    }

    /// @notice Gives what nobody claimed of an old round to the one that runs.
    function expire(uint256 round) external {
        Round storage r = rounds[round];
        if (r.closedAt == 0 || block.timestamp < r.closedAt + CLAIM_PERIOD) revert RoundIsOpen(round);
        (reserved, r.left) = (reserved - r.left, 0);
    }

    /// @notice Leaf of the members' tree, hashed twice as OpenZeppelin's trees are.
    function leafOf(bytes32 deviceId, address account) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(deviceId, account))));
    }

    /// @notice Mining balance of the pool, in 10^-18 AI.
    function balance() external view returns (uint256) {
        return AI_MINING.miningBalance(address(this));
    }
}
