// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {AI_MINING_ADDRESS} from "../src/AIMining.sol";

/// @title Runs any tree of calls that a test hands it (B1, B6)
/// @notice A node is a list of steps. A leaf calls 0x0300 with `data`; a branch runs `data` = abi.encode(Step[]) in a
/// frame of its own, which is kept or undone. A property test makes random trees, runs them here and in a model, and
/// compares results, storage and logs. Give the transaction a gas limit by hand: a frame that runs out of gas is caught
/// here, so eth_estimateGas finds too little.
contract CallTree {
    enum Op {
        Call, // CALL to 0x0300
        Static, // STATICCALL to 0x0300
        Delegate, // DELEGATECALL to 0x0300
        CallCode, // CALLCODE to 0x0300, value 0
        CallWithValue, // CALL to 0x0300 with 1 wei of this contract's balance
        Keep, // a frame: runs the steps in `data`
        Undo, // a frame: runs the steps in `data`, then reverts with their results
        KeepStatic // a static frame: runs the steps in `data`
    }

    enum Expect {
        Success,
        Revert,
        Anything
    }

    /// @param gasLimit Gas given to the step; 0 gives all that the 63/64 rule allows.
    struct Step {
        Op op;
        uint256 gasLimit;
        bytes data;
        Expect expect;
    }

    /// @param output A leaf's return or revert data; of a branch abi.encode(Result[]), its steps' results, undone or not.
    struct Result {
        bool ok;
        bytes output;
    }

    /// @notice Step `index` did not end as expected; the frame is undone.
    error Unexpected(uint256 index, bool ok, bytes output);
    /// @notice An `Undo` frame ends so: results are abi.encode(Result[]).
    error Undone(bytes results);

    receive() external payable {}

    /// @notice Runs the steps in order.
    function run(Step[] calldata steps) external payable returns (Result[] memory results) {
        results = new Result[](steps.length);
        for (uint256 i = 0; i < steps.length; i++) {
            Step calldata step = steps[i];
            (bool ok, bytes memory output) = _step(step.op, step.gasLimit == 0 ? gasleft() : step.gasLimit, step.data);
            if (step.expect != Expect.Anything && ok != (step.expect == Expect.Success)) {
                revert Unexpected(i, ok, output);
            }
            results[i] = Result(ok, output);
        }
    }

    /// @dev Frame of an `Undo` step.
    function runAndUndo(Step[] calldata steps) external {
        revert Undone(abi.encode(this.run(steps)));
    }

    function _step(Op op, uint256 gasLimit, bytes memory data) private returns (bool ok, bytes memory output) {
        if (op >= Op.Keep) return _frame(op, gasLimit, data);
        address target = AI_MINING_ADDRESS;
        assembly ("memory-safe") {
            let input := add(data, 32)
            let size := mload(data)
            switch op
            case 0 { ok := call(gasLimit, target, 0, input, size, 0, 0) }
            case 1 { ok := staticcall(gasLimit, target, input, size, 0, 0) }
            case 2 { ok := delegatecall(gasLimit, target, input, size, 0, 0) }
            case 3 { ok := callcode(gasLimit, target, 0, input, size, 0, 0) }
            case 4 { ok := call(gasLimit, target, 1, input, size, 0, 0) }
        }
        output = _returned();
    }

    function _frame(Op op, uint256 gasLimit, bytes memory data) private returns (bool ok, bytes memory output) {
        bytes4 selector = op == Op.Undo ? this.runAndUndo.selector : this.run.selector;
        bytes memory input = bytes.concat(selector, data);
        address self = address(this);
        assembly ("memory-safe") {
            switch op
            case 7 { ok := staticcall(gasLimit, self, add(input, 32), mload(input), 0, 0) }
            default { ok := call(gasLimit, self, 0, add(input, 32), mload(input), 0, 0) }
        }
        output = _returned();
        if (op == Op.Undo && output.length > 4 && bytes4(output) == Undone.selector) {
            // The frame did what it should: it ran, and was undone.
            ok = true;
            assembly ("memory-safe") {
                // Drops the selector in place, then unwraps the one `bytes` argument.
                let size := sub(mload(output), 4)
                output := add(output, 4)
                mstore(output, size)
            }
            output = abi.decode(output, (bytes));
        }
    }

    function _returned() private pure returns (bytes memory output) {
        assembly ("memory-safe") {
            let size := returndatasize()
            output := mload(0x40)
            mstore(output, size)
            returndatacopy(add(output, 32), 0, size)
            mstore(0x40, and(add(add(output, 63), size), not(31)))
        }
    }
}
