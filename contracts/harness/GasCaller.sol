// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Calls with exactly so much gas (B3, G1)
contract GasCaller {
    /// @notice The 63/64 rule would cut the gas: give the transaction more.
    error NotEnoughGas(uint256 available, uint256 wanted);

    /// @notice CALL with exactly `gasLimit` gas.
    /// @return ok Whether it succeeded.
    /// @return used Gas between two GAS opcodes around the CALL. Besides what the callee used this holds the opcodes in
    /// between, the same number in every call: take the difference to a call that is known.
    /// @return output What it returned.
    function callWithGas(address target, uint256 gasLimit, bytes memory data)
        public
        returns (bool ok, uint256 used, bytes memory output)
    {
        uint256 available = gasleft() - gasleft() / 64;
        // 10,000: what runs between here and the CALL, cold access included.
        if (available < gasLimit + 10_000) revert NotEnoughGas(available, gasLimit);
        assembly ("memory-safe") {
            let input := add(data, 32)
            let length := mload(data)
            let before := gas()
            ok := call(gasLimit, target, 0, input, length, 0, 0)
            used := sub(before, gas())
            let size := returndatasize()
            output := mload(0x40)
            mstore(output, size)
            returndatacopy(add(output, 32), 0, size)
            mstore(0x40, and(add(add(output, 63), size), not(31)))
        }
    }

    /// @notice Gas of the second of two equal calls, as `callWithGas` measures it: the target is warm by then.
    function callTwiceWithGas(address target, uint256 gasLimit, bytes memory data)
        external
        returns (bool ok, uint256 used, bytes memory output)
    {
        callWithGas(target, gasLimit, data);
        return callWithGas(target, gasLimit, data);
    }
}
