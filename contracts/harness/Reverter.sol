// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {AI_MINING} from "../src/AIMining.sol";

/// @title Submits before, inside and after a caught revert (B1, the StakingReverter pattern)
/// @notice "Accepted" counts the proofs that must stay accepted after the transaction, provided that each proof given
/// is valid, that all are different, and that the gas suffices. Set the gas limit by hand: what is caught here looks
/// like success to eth_estimateGas. Everything else must leave no trace: no mark, balance, counter or log.
contract Reverter {
    error Undone();

    /// @notice Accepted: 2 (`a`, `c`). Caught: 1.
    function beforeInsideAfter(bytes calldata a, bytes calldata b, bytes calldata c) external returns (uint256 caught) {
        AI_MINING.submitWorkProof(a, "");
        try this.submitAndRevert(b) {}
        catch {
            caught++;
        }
        AI_MINING.submitWorkProof(c, "");
    }

    /// @notice Accepted: 1 (`a`, by the call after the revert: what is undone may be submitted again). Caught: 1.
    function undoneIsUnspent(bytes calldata a) external returns (uint256 caught) {
        try this.submitAndRevert(a) {}
        catch {
            caught++;
        }
        AI_MINING.submitWorkProof(a, "");
    }

    /// @notice Accepted: 1 (`a`, the first time). Caught: 2 (inside, the proof is spent before it could be undone; after,
    /// it is spent still).
    function spentStaysSpent(bytes calldata a) external returns (uint256 caught) {
        AI_MINING.submitWorkProof(a, "");
        try this.submitAndRevert(a) {}
        catch {
            caught++;
        }
        try AI_MINING.submitWorkProof(a, "") {}
        catch {
            caught++;
        }
    }

    /// @notice Accepted: 2 (`a`, `e`) if `keep` is false: the outer frame takes the inner one's neighbours with it.
    /// Accepted: 4 (`a`, `b`, `d`, `e`) if it is true: only the innermost frame reverts.
    /// Caught: 1, as seen by this frame, if `keep` is false; else 0.
    function nested(bytes calldata a, bytes calldata b, bytes calldata c, bytes calldata d, bytes calldata e, bool keep)
        external
        returns (uint256 caught)
    {
        AI_MINING.submitWorkProof(a, "");
        try this.middle(b, c, d, keep) {}
        catch {
            caught++;
        }
        AI_MINING.submitWorkProof(e, "");
    }

    /// @notice Accepted: 1 (`b`). The frame that submitted `a` runs out of gas after it; `gasLimit` must be enough for
    /// one submission, and is burnt whole.
    function outOfGasInside(bytes calldata a, bytes calldata b, uint256 gasLimit) external returns (uint256 caught) {
        try this.submitAndBurn{gas: gasLimit}(a) {}
        catch {
            caught++;
        }
        AI_MINING.submitWorkProof(b, "");
    }

    /// @notice Accepted: 0. The whole transaction reverts after two submissions.
    function submitTwiceThenRevert(bytes calldata a, bytes calldata b) external {
        AI_MINING.submitWorkProof(a, "");
        AI_MINING.submitWorkProof(b, "");
        revert Undone();
    }

    /// @notice Accepted: 0 or 1 (`a`), whichever `keep` says.
    function createInside(bytes calldata a, bool keep) external returns (address created) {
        try new SubmitInConstructor(a, keep) returns (SubmitInConstructor made) {
            created = address(made);
        } catch {}
    }

    /// @dev Called by this contract only in order to have a frame that can be undone.
    function submitAndRevert(bytes calldata proof) external {
        AI_MINING.submitWorkProof(proof, "");
        revert Undone();
    }

    /// @dev See `nested`.
    function middle(bytes calldata b, bytes calldata c, bytes calldata d, bool keep) external {
        AI_MINING.submitWorkProof(b, "");
        try this.submitAndRevert(c) {} catch {}
        AI_MINING.submitWorkProof(d, "");
        if (!keep) revert Undone();
    }

    /// @dev See `outOfGasInside`.
    function submitAndBurn(bytes calldata proof) external {
        AI_MINING.submitWorkProof(proof, "");
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @title Submits from initcode, and keeps or undoes it
contract SubmitInConstructor {
    constructor(bytes memory proof, bool keep) {
        AI_MINING.submitWorkProof(proof, "");
        if (!keep) revert Reverter.Undone();
    }
}
