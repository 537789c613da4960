// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title What `.transfer()` and `.send()` give a callee: 2300 gas (A12)
contract TransferLike {
    receive() external payable {}

    /// @notice CALL with value: gas 0 and the stipend of 2300, as `.send()`, but with any input.
    function sendWithStipend(address target, uint256 value, bytes memory data)
        external
        payable
        returns (bool ok, bytes memory output)
    {
        require(value != 0, "no stipend without value");
        assembly ("memory-safe") {
            ok := call(0, target, value, add(data, 32), mload(data), 0, 0)
        }
        output = _returned();
    }

    /// @notice CALL without value and with exactly 2300 gas.
    function callWith2300(address target, bytes memory data) external returns (bool ok, bytes memory output) {
        assembly ("memory-safe") {
            ok := call(2300, target, 0, add(data, 32), mload(data), 0, 0)
        }
        output = _returned();
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
