// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {GasCaller} from "../harness/GasCaller.sol";
import {AI_MINING, AI_MINING_ADDRESS, AI_MINING_INSPECTOR} from "../src/AIMining.sol";
import {Twin} from "./Twin.sol";

/// @dev On the devnet 0x0300 is warm always, here from the first access of a transaction on.
contract WarmCaller is GasCaller {
    function warmCall(uint256 limit, bytes memory input) external returns (bool ok, uint256 used, bytes memory output) {
        assembly ("memory-safe") {
            pop(staticcall(0, AI_MINING_ADDRESS, 0, 0, 0, 0))
        }
        return callWithGas(AI_MINING_ADDRESS, limit, input);
    }

    /// @notice A call with a coin, and what it uses.
    function coins(bytes memory input) external returns (bool ok, uint256 used) {
        (ok,) = AI_MINING_ADDRESS.call{value: 1}(input); // warms what the kit uses, too
        uint256 before = gasleft();
        (ok,) = AI_MINING_ADDRESS.call{value: 1}(input);
        used = before - gasleft();
    }

    /// @notice The smallest limit from `from` on that suffices; zero if none below `to` does.
    function least(bytes memory input, uint256 from, uint256 to) external returns (uint256) {
        callWithGas(AI_MINING_ADDRESS, to, input);
        for (uint256 limit = from; limit < to; limit++) {
            (bool ok,,) = callWithGas(AI_MINING_ADDRESS, limit, input);
            if (ok) return limit;
        }
        return 0;
    }
}

/// @title What a call to 0x0300 costs in the fork is what it costs on the devnet, to the unit
contract GasTest is Twin {
    Miner private miner;

    function setUp() public {
        forkAIMining();
        twin(type(WarmCaller).runtimeCode);
        miner = makeMiner("gas");
    }

    function test_g1_views_cost_what_the_devnet_charges() public {
        _same(abi.encodeCall(AI_MINING.miningBalance, (address(this))));
        _same(abi.encodeCall(AI_MINING_INSPECTOR.epochInfo, ()));
        _same(abi.encodeCall(AI_MINING_INSPECTOR.version, ()));
        _same(abi.encodeCall(AI_MINING.verifyMLDSA, (miner.publicKey, "m", signMLDSA(miner, "m"))));
    }

    function test_g1_a_submission_costs_what_the_devnet_charges() public {
        _same(abi.encodeCall(AI_MINING.submitWorkProof, (mineProof(miner, address(0xabcd1), 1000), "")));
    }

    function test_g1_refusals_cost_what_the_devnet_charges() public {
        _same("");
        _same(hex"00000000");
        _same(abi.encodeCall(AI_MINING.claimTeleport, (bytes32(uint256(1)))));
        _same(abi.encodeCall(AI_MINING.submitWorkProof, ("", "")));
    }

    function test_g1_one_unit_less_runs_out() public {
        uint256 least = WarmCaller(TWIN).least(abi.encodeCall(AI_MINING_INSPECTOR.version, ()), 5_990, 6_020);
        vm.assertEq(least, 6_008);
        least = WarmCaller(TWIN).least(abi.encodeCall(AI_MINING.miningBalance, (TWIN)), 8_100, 8_130);
        vm.assertEq(least, 8_116);
    }

    /// @dev A refusal that the precompile charges nothing for costs a little here.
    function test_g1_what_is_refused_for_nothing_costs_little() public {
        (bool ok, uint256 used) = WarmCaller(TWIN).coins(abi.encodeCall(AI_MINING_INSPECTOR.version, ()));
        vm.assertFalse(ok);
        vm.assertLe(used, 9_000 + 2_000, "9,000 is CALL's for value");
    }

    function _same(bytes memory input) private {
        bytes memory output = same(abi.encodeCall(WarmCaller.warmCall, (1_000_000, input)));
        (, uint256 used,) = abi.decode(output, (bool, uint256, bytes));
        vm.assertGt(used, 0);
    }
}
