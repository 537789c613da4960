// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {GasCaller} from "../harness/GasCaller.sol";
import {AI_MINING, AI_MINING_ADDRESS, AI_MINING_INSPECTOR, AIMining} from "../src/AIMining.sol";
import {Base} from "./Base.sol";

/// @dev On the devnet 0x0300 is warm always, here from the first access of a transaction on.
contract WarmCaller is GasCaller {
    function warmCall(uint256 limit, bytes memory input) external returns (bool ok, uint256 used, bytes memory output) {
        assembly ("memory-safe") {
            pop(staticcall(0, AI_MINING_ADDRESS, 0, 0, 0, 0))
        }
        return callWithGas(AI_MINING_ADDRESS, limit, input);
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
contract GasTest is Base {
    address private constant CALLER = address(0xca11e4);
    Miner private miner;

    function setUp() public {
        forkAIMining();
        vm.etch(CALLER, type(WarmCaller).runtimeCode);
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
        uint256 least = WarmCaller(CALLER).least(abi.encodeCall(AI_MINING_INSPECTOR.version, ()), 5_990, 6_020);
        vm.assertEq(least, 6_008);
        least = WarmCaller(CALLER).least(abi.encodeCall(AI_MINING.miningBalance, (CALLER)), 8_100, 8_130);
        vm.assertEq(least, 8_116);
    }

    function _same(bytes memory input) private {
        bytes memory call = abi.encodeCall(WarmCaller.warmCall, (1_000_000, input));
        bytes memory there = _there(call);
        (, bytes memory here) = CALLER.call(call);
        (bool okThere, uint256 usedThere, bytes memory outThere) = abi.decode(there, (bool, uint256, bytes));
        (bool okHere, uint256 usedHere, bytes memory outHere) = abi.decode(here, (bool, uint256, bytes));
        vm.assertEq(okHere ? 1 : 0, okThere ? 1 : 0);
        vm.assertEq(outHere, outThere);
        vm.assertEq(usedHere, usedThere);
    }

    /// @dev The same call on the devnet, to the same code at the same address.
    function _there(bytes memory call) private returns (bytes memory) {
        string memory to = vm.toString(CALLER);
        string memory request = string.concat('[{"to":"', to, '","input":"', vm.toString(call), '"},');
        string memory code = string.concat('{"', to, '":{"code":"', vm.toString(type(WarmCaller).runtimeCode), '"}}');
        string memory time = string.concat('{"time":', vm.toString(block.timestamp), "}]");
        string memory number = vm.toString(block.number);
        return vm.rpc("eth_call", string.concat(request, number, ",", code, ",", time));
    }
}
