// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {AIMiningKit} from "../kit/AIMiningKit.sol";
import {PARS_VM, ParsVm} from "../kit/ParsVm.sol";

/// @dev What every test of this project begins with.
abstract contract Base is AIMiningKit {
    bool public IS_TEST = true;
    ParsVm internal constant vm = PARS_VM;

    /// @dev Any number as one from `least` to `most`.
    function bound(uint256 number, uint256 least, uint256 most) internal pure returns (uint256) {
        if (number >= least && number <= most) return number;
        return most == type(uint256).max && least == 0 ? number : least + number % (most - least + 1);
    }
}
