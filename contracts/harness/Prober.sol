// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {AI_MINING_ADDRESS} from "../src/AIMining.sol";

/// @title What other code sees of the account 0x0300 (A9, A11)
contract Prober {
    /// @notice The address that Solidity callers use (A9).
    function precompile() external pure returns (address) {
        return AI_MINING_ADDRESS;
    }

    /// @notice Code size and hash of an account.
    function code(address target) external view returns (uint256 size, bytes32 hash, bytes memory bytecode) {
        return (target.code.length, target.codehash, target.code);
    }

    /// @notice Balance of an account, and the gas of two BALANCE opcodes in a row: 2600 + x, then 100 + x for a cold
    /// account; twice 100 + x for a warm one. x is what stands between the GAS opcodes, the same for both.
    function balanceGas(address target) external view returns (uint256 value, uint256 first, uint256 second) {
        assembly ("memory-safe") {
            let a := gas()
            value := balance(target)
            let b := gas()
            let again := balance(target)
            let c := gas()
            value := and(value, again) // keeps the optimizer from dropping the second one
            first := sub(a, b)
            second := sub(b, c)
        }
    }

    /// @notice Gas of EXTCODESIZE, in the same way.
    function codeSizeGas(address target) external view returns (uint256 size, uint256 first, uint256 second) {
        assembly ("memory-safe") {
            let a := gas()
            size := extcodesize(target)
            let b := gas()
            let again := extcodesize(target)
            let c := gas()
            size := and(size, again)
            first := sub(a, b)
            second := sub(b, c)
        }
    }

    /// @notice CALL with no input and no value: touches the account (A11: its storage must survive).
    function touch(address target) external returns (bool ok, bytes memory output) {
        return target.call("");
    }
}
