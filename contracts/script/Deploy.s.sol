// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernanceVault} from "../examples/GovernanceVault.sol";
import {JobMarket} from "../examples/JobMarket.sol";
import {MiningPool} from "../examples/MiningPool.sol";
import {PostQuantumAccount} from "../examples/PostQuantumAccount.sol";
import {AIMiningKit} from "../kit/AIMiningKit.sol";
import {PARS_VM} from "../kit/ParsVm.sol";

/// @title Deploys the examples on a devnet
/// @notice forge script script/Deploy.s.sol --broadcast --skip-simulation --rpc-url http://127.0.0.1:8545 --private-key …
/// @dev `useAIMining` serves the run in forge's own EVM; it sends nothing. forge would simulate the transactions once more
/// in another EVM, without it: hence --skip-simulation. Gas is estimated by the devnet.
contract Deploy is AIMiningKit {
    bool public IS_SCRIPT = true;

    event Deployed(string name, address account);

    function run() external {
        useAIMining();
        Miner memory holder = makeMiner("deploy");
        address[] memory self = new address[](1);
        self[0] = msg.sender;
        PARS_VM.startBroadcast();
        emit Deployed("JobMarket", address(new JobMarket()));
        emit Deployed("MiningPool", address(new MiningPool()));
        TimelockController timelock = new TimelockController(2 days, self, self, address(0));
        emit Deployed("TimelockController", address(timelock));
        emit Deployed("GovernanceVault", address(new GovernanceVault(address(timelock), msg.sender)));
        emit Deployed("PostQuantumAccount", address(new PostQuantumAccount(holder.publicKey)));
        PARS_VM.stopBroadcast();
    }
}
