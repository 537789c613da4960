// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernanceVault} from "../../examples/GovernanceVault.sol";
import {AIMining, AI_MINING, AI_MINING_GOVERNANCE, AI_MINING_INSPECTOR} from "../../src/AIMining.sol";
import {IAIMiningErrors} from "../../src/IAIMiningErrors.sol";
import {IAIMiningGovernance} from "../../src/IAIMiningGovernance.sol";
import {Base} from "../Base.sol";

contract GovernanceVaultTest is Base {
    uint256 private constant DELAY = 2 days;
    address private constant GUARDIAN = address(0x9a4d);

    TimelockController private timelock;
    GovernanceVault private vault;

    function setUp() public {
        forkAIMining();
        address[] memory self = new address[](1);
        self[0] = address(this);
        timelock = new TimelockController(DELAY, self, self, address(0));
        vault = new GovernanceVault(address(timelock), GUARDIAN);
        vm.prank(AI_MINING_GOVERNANCE.governor());
        AI_MINING_GOVERNANCE.proposeGovernor(address(vault));
        vault.acceptSeat();
    }

    function test_the_vault_has_the_seat() public view {
        vm.assertEq(AI_MINING_GOVERNANCE.governor(), address(vault));
    }

    function test_a_parameter_moves_after_the_delay_and_not_before() public {
        bytes memory call = abi.encodeCall(GovernanceVault.setParameter, (AIMining.FUTURE_DRIFT, 65));
        timelock.schedule(address(vault), 0, call, 0, 0, DELAY);
        vm.warp(block.timestamp + DELAY - 1);
        (bool early,) = address(timelock).call(_execute(call));
        vm.assertFalse(early);
        vm.warp(block.timestamp + 1);
        timelock.execute(address(vault), 0, call, 0, 0);
        vm.assertEq(AI_MINING_INSPECTOR.parameter(AIMining.FUTURE_DRIFT), 65);
    }

    function test_the_guardian_pauses_at_once_and_only_the_timelock_resumes() public {
        Miner memory miner = makeMiner("paused");
        bytes memory proof = mineProof(miner, address(0xabcd1), 1_000);
        vm.expectRevert(abi.encodeWithSelector(GovernanceVault.OnlyGuardian.selector, address(this)));
        vault.pause();
        uint256 base = AI_MINING_INSPECTOR.parameter(AIMining.BASE);
        vm.prank(GUARDIAN);
        vault.pause();
        vm.expectRevert(IAIMiningErrors.ZeroReward.selector);
        AI_MINING.submitWorkProof(proof, "");
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(GovernanceVault.OnlyTimelock.selector, GUARDIAN));
        vault.setParameter(AIMining.BASE, base);
        _pass(abi.encodeCall(GovernanceVault.setParameter, (AIMining.BASE, base)));
        mine(miner, address(0xabcd1), 1_000);
    }

    function test_the_precompiles_bounds_hold_for_the_timelock_too() public {
        bytes memory call = abi.encodeCall(IAIMiningGovernance.setParameter, (AIMining.FUTURE_DRIFT, 901));
        vm.expectRevert(
            abi.encodeWithSelector(IAIMiningErrors.ParameterOutOfBounds.selector, AIMining.FUTURE_DRIFT, 901, 1, 900)
        );
        vm.prank(address(timelock));
        vault.govern(call);
    }

    function test_a_device_is_revoked_through_the_timelock() public {
        Miner memory miner = makeMiner("revoked");
        Gpu memory gpu = Gpu("GH100", keccak256("revoked"));
        (bytes memory proof, bytes memory evidence) = mineAttested(miner, gpu, address(0xabcd1), 1_000);
        AI_MINING.submitWorkProof(proof, evidence);
        bytes32 device = AIMining.decodeStatement(AIMining.signedPart(proof)).context.deviceId;
        bytes memory call = abi.encodeCall(IAIMiningGovernance.revokeDevice, (device, true));
        _pass(abi.encodeCall(GovernanceVault.govern, (call)));
        (proof, evidence) = mineAttested(miner, gpu, address(0xabcd1), 1_000);
        vm.expectRevert(abi.encodeWithSelector(IAIMiningErrors.DeviceRevoked.selector, device));
        AI_MINING.submitWorkProof(proof, evidence);
    }

    function test_mined_coins_leave_through_the_timelock_only() public {
        mine(makeMiner("treasury"), address(vault), 1_000_000);
        uint256 coins = address(vault).balance;
        vm.assertGt(coins, 0);
        vm.expectRevert(abi.encodeWithSelector(GovernanceVault.OnlyTimelock.selector, address(this)));
        vault.release(payable(address(this)), coins);
        uint256 before = address(0xabcd1).balance;
        _pass(abi.encodeCall(GovernanceVault.release, (payable(address(0xabcd1)), coins)));
        vm.assertEq(address(0xabcd1).balance, before + coins);
    }

    function _pass(bytes memory call) private {
        timelock.schedule(address(vault), 0, call, 0, 0, DELAY);
        vm.warp(block.timestamp + DELAY);
        timelock.execute(address(vault), 0, call, 0, 0);
    }

    function _execute(bytes memory call) private view returns (bytes memory) {
        return abi.encodeCall(TimelockController.execute, (address(vault), 0, call, bytes32(0), bytes32(0)));
    }
}
