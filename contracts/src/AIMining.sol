// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.4;

import {IAIMining} from "./IAIMining.sol";
import {IAIMiningGovernance} from "./IAIMiningGovernance.sol";
import {IAIMiningInspector} from "./IAIMiningInspector.sol";

/// @dev The precompile's address, all 20 bytes.
address constant AI_MINING_ADDRESS = 0x0000000000000000000000000000000000000300;

/// @dev The interfaces at that address.
IAIMining constant AI_MINING = IAIMining(AI_MINING_ADDRESS);
IAIMiningInspector constant AI_MINING_INSPECTOR = IAIMiningInspector(AI_MINING_ADDRESS);
IAIMiningGovernance constant AI_MINING_GOVERNANCE = IAIMiningGovernance(AI_MINING_ADDRESS);
