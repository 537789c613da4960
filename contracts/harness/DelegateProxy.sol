// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title DELEGATECALL and CALLCODE, near and far (A1, A2)
/// @notice Every attempt answers (ok, output) instead of reverting, so that a test sees the reason and can show that
/// no storage, log or balance changed. Coins sent along stay here; for CALLCODE `value` is the apparent value.
contract DelegateProxy {
    /// @notice One hop: this contract's context, the target's code.
    function delegate(address target, bytes calldata data) external payable returns (bool ok, bytes memory output) {
        return target.delegatecall(data);
    }

    /// @notice One hop by CALLCODE, the older form, which carries a value of its own.
    function callCode(address target, uint256 value, bytes memory data)
        external
        payable
        returns (bool ok, bytes memory output)
    {
        assembly ("memory-safe") {
            ok := callcode(gas(), target, value, add(data, 32), mload(data), 0, 0)
            let size := returndatasize()
            output := mload(0x40)
            mstore(output, size)
            returndatacopy(add(output, 32), 0, size)
            mstore(0x40, and(add(add(output, 63), size), not(31)))
        }
    }

    /// @notice Two hops of DELEGATECALL: `next`'s code, still in this contract's context, delegates to the target.
    function delegateTwice(address next, address target, bytes calldata data)
        external
        payable
        returns (bool ok, bytes memory output)
    {
        (bool reached, bytes memory inner) = next.delegatecall(abi.encodeCall(this.delegate, (target, data)));
        require(reached, "first hop");
        return abi.decode(inner, (bool, bytes));
    }

    /// @notice DELEGATECALL, then CALLCODE.
    function delegateThenCallCode(address next, address target, uint256 value, bytes calldata data)
        external
        payable
        returns (bool ok, bytes memory output)
    {
        (bool reached, bytes memory inner) = next.delegatecall(abi.encodeCall(this.callCode, (target, value, data)));
        require(reached, "first hop");
        return abi.decode(inner, (bool, bytes));
    }

    /// @notice DELEGATECALL, then an honest CALL: allowed, and 0x0300 sees this contract as the caller.
    function delegateThenCall(address next, address target, bytes calldata data)
        external
        returns (bool ok, bytes memory output)
    {
        (bool reached, bytes memory inner) = next.delegatecall(abi.encodeCall(this.call_, (target, data)));
        require(reached, "first hop");
        return abi.decode(inner, (bool, bytes));
    }

    /// @notice CALL without value, for comparison.
    function call_(address target, bytes calldata data) external returns (bool ok, bytes memory output) {
        return target.call(data);
    }
}

/// @title The same from initcode (A2): the attempt runs in the constructor and its result is kept
contract DelegateInConstructor {
    bool public ok;
    bytes public output;

    /// @param useCallCode CALLCODE instead of DELEGATECALL.
    constructor(address target, bytes memory data, bool useCallCode) payable {
        bool done;
        bytes memory result;
        if (useCallCode) {
            uint256 value = msg.value;
            assembly ("memory-safe") {
                done := callcode(gas(), target, value, add(data, 32), mload(data), 0, 0)
                let size := returndatasize()
                result := mload(0x40)
                mstore(result, size)
                returndatacopy(add(result, 32), 0, size)
                mstore(0x40, and(add(add(result, 63), size), not(31)))
            }
        } else {
            (done, result) = target.delegatecall(data);
        }
        (ok, output) = (done, result);
    }
}

/// @title An honest CALL from initcode: allowed, as from any other code
contract CallInConstructor {
    bool public ok;
    bytes public output;

    constructor(address target, bytes memory data) payable {
        (ok, output) = target.call{value: msg.value}(data);
    }
}
