// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Static calls, direct and inherited (A5)
contract StaticCaller {
    /// @notice STATICCALL to the target.
    /// @return ok Whether it succeeded.
    /// @return used Gas between the two GAS opcodes around it.
    /// @return output What it returned.
    function staticCall(address target, bytes calldata data)
        external
        view
        returns (bool ok, uint256 used, bytes memory output)
    {
        bytes memory input = data;
        uint256 before = gasleft();
        (ok, output) = target.staticcall(input);
        used = before - gasleft();
    }

    /// @notice CALL to the target, measured in the same way, for comparison: a CALL has one operand more than a
    /// STATICCALL, so this measures a constant of 2 or 3 gas more. `callInsideStatic` measures exactly as this does.
    function plainCall(address target, bytes calldata data)
        external
        returns (bool ok, uint256 used, bytes memory output)
    {
        bytes memory input = data;
        uint256 before = gasleft();
        (ok, output) = target.call(input);
        used = before - gasleft();
    }

    /// @notice A plain CALL to the target inside a static call of this contract: the scheme is CALL, the frame is static.
    function callInsideStatic(address target, bytes calldata data)
        external
        view
        returns (bool ok, uint256 used, bytes memory output)
    {
        (bool reached, bytes memory inner) = address(this).staticcall(abi.encodeCall(this.plainCall, (target, data)));
        require(reached, "static frame");
        return abi.decode(inner, (bool, uint256, bytes));
    }
}
