// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {SHIM_CODE} from "../kit/ShimCode.sol";
import {AI_MINING, AI_MINING_ADDRESS} from "../src/AIMining.sol";
import {Base} from "./Base.sol";

/// @title What goes wrong says so in a sentence
/// @notice PARS_OTHER_RPC_URL is a node of another kind of chain: run.mjs starts an anvil for it.
contract WrongUseTest is Base {
    function test_no_devnet_runs() public {
        vm.expectRevert(
            bytes(
                "AIMiningKit: no devnet answers at http://127.0.0.1:9: start one with `pars-devnet`, or set PARS_RPC_URL to where it listens"
            )
        );
        this.fork("http://127.0.0.1:9");
    }

    function test_no_fork_is_selected() public {
        vm.expectRevert(
            bytes(
                "AIMiningKit: no fork is selected: call forkAIMining(), or vm.createSelectFork first, or run forge test --fork-url"
            )
        );
        this.use();
    }

    function test_another_kind_of_chain() public {
        string memory url = vm.envString("PARS_OTHER_RPC_URL");
        vm.expectRevert(
            bytes(
                "AIMiningKit: the fork of chain 31337 is not of a Pars devnet, or 0x0300 is not active at block 0: fork a running `pars-devnet`"
            )
        );
        this.fork(url);
    }

    function test_another_chain_id() public {
        vm.createSelectFork(vm.envOr("PARS_RPC_URL", DEFAULT_RPC_URL));
        vm.chainId(7070);
        vm.expectRevert(
            bytes(
                "AIMiningKit: wrong chain: the devnet's id is 6133, this EVM's is 7070: take chain_id out of foundry.toml, and vm.chainId out of the test"
            )
        );
        this.use();
    }

    function test_cheatcodes_are_not_allowed_at_the_address() public {
        vm.createSelectFork(vm.envOr("PARS_RPC_URL", DEFAULT_RPC_URL));
        vm.etch(AI_MINING_ADDRESS, SHIM_CODE);
        vm.expectRevert(
            bytes(
                "AIMiningKit: 0x0300 may not use cheatcodes here: call useAIMining() after selecting the fork, or vm.allowCheatcodes(0x0300)"
            )
        );
        AI_MINING.miningBalance(address(this));
    }

    function test_without_the_kit_the_marker_says_what_is_missing() public {
        vm.createSelectFork(vm.envOr("PARS_RPC_URL", DEFAULT_RPC_URL));
        vm.expectRevert(bytes("AIMining 0x0300 needs Pars EVM"));
        AI_MINING.miningBalance(address(this));
    }

    function test_a_fork_rolled_without_the_kit_has_the_marker_again() public {
        forkAIMining();
        AI_MINING.miningBalance(address(this));
        vm.rollFork(block.number);
        vm.expectRevert(bytes("AIMining 0x0300 needs Pars EVM"));
        AI_MINING.miningBalance(address(this));
        useAIMining();
        AI_MINING.miningBalance(address(this));
    }

    function test_forge_is_too_old() public pure {
        vm.assertEq(_forgeProblem("1.7.1-v1.7.1+4072e48705.1777982133.dist"), "");
        vm.assertEq(_forgeProblem(OLDEST_FORGE), "");
        vm.assertEq(_forgeProblem("2.0.0"), "");
        vm.assertEq(
            _forgeProblem("1.3.2-stable+1.2"),
            "AIMiningKit: forge 1.5.1 or later is needed, this is 1.3.2-stable+1.2: npm install @foundry-rs/forge"
        );
        vm.assertEq(
            _forgeProblem(""),
            "AIMiningKit: forge 1.5.1 or later is needed, this is one that does not tell its version: npm install @foundry-rs/forge"
        );
    }

    function test_the_devnet_has_lost_the_forked_block() public {
        forkAIMining();
        vm.store(
            AI_MINING_ADDRESS, 0x3134189003fabda0d307534d4bfe0a7adf1d22edb82602bed9b99560f3aa3d71, bytes32(uint256(1e9))
        );
        try AI_MINING.miningBalance(address(this)) {
            revert("the block does not exist");
        } catch Error(string memory reason) {
            bytes memory start =
                "AIMiningKit: the devnet does not answer pars_simulatePrecompile; does it still run, and does it still have the forked block? ";
            for (uint256 i = 0; i < start.length; i++) {
                vm.assertEq(uint8(bytes(reason)[i]), uint8(start[i]));
            }
        }
    }

    function test_a_teleport_that_genesis_would_refuse() public {
        forkAIMining();
        vm.expectRevert(bytes("AIMiningKit: a teleport comes from another chain"));
        this.seed(6133, 0);
        this.seed(1, 0);
        vm.expectRevert(bytes("AIMiningKit: this source and nonce were delivered before"));
        this.seed(1, 0);
    }

    function fork(string memory url) external {
        forkAIMining(url);
    }

    function use() external {
        useAIMining();
    }

    function seed(uint32 source, uint64 nonce) external {
        seedTeleport(source, nonce, bytes32(uint256(1)), address(0xabcd1), 1);
    }
}
