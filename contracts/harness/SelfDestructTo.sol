// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title Forces coins on an address that would refuse them (A10)
/// @dev solc warns (5159) that SELFDESTRUCT is deprecated. It still moves the balance, and that is what is tested.
contract SelfDestructTo {
    /// @param target Where the balance goes at once, from initcode; zero: not now.
    constructor(address payable target) payable {
        if (target != address(0)) selfdestruct(target);
    }

    /// @notice The same in a later transaction: since Cancun the account stays, its balance goes.
    function destroy(address payable target) external payable {
        selfdestruct(target);
    }
}
