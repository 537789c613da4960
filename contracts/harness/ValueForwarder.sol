// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Sends coins along with a call (A3, A4)
contract ValueForwarder {
    receive() external payable {}

    /// @notice Forwards call and coins, and bubbles the result as it came, output or revert.
    function forward(address target, bytes calldata data) external payable {
        (bool ok, bytes memory output) = target.call{value: msg.value}(data);
        assembly ("memory-safe") {
            switch ok
            case 0 { revert(add(output, 32), mload(output)) }
            default { return(add(output, 32), mload(output)) }
        }
    }

    /// @notice Forwards `value` out of this contract's own balance and catches a revert.
    /// @return ok Whether the call succeeded.
    /// @return output What it returned.
    /// @return balanceAfter Balance of this contract afterwards: after a refusal it is whole again.
    function tryForward(address target, uint256 value, bytes calldata data)
        external
        payable
        returns (bool ok, bytes memory output, uint256 balanceAfter)
    {
        (ok, output) = target.call{value: value}(data);
        balanceAfter = address(this).balance;
    }
}
