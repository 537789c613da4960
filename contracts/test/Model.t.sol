// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {AI_MINING_INSPECTOR} from "../src/AIMining.sol";
import {Base} from "./Base.sol";
import {PrecompileModel} from "./model/PrecompileModel.sol";
import {World} from "./model/World.sol";

/// @dev What holds after every step; ids are those of precompile-spec/invariants.md.
abstract contract Holds is Base {
    World internal world;

    function _setUp() internal {
        forkAIMining();
        world = new World();
    }

    function _holds() internal view {
        PrecompileModel model = world.model();
        // H4, B7: balances, supply and coins are what was paid.
        vm.assertEq(world.slot(4), model.totalSupply(), "H4: supply");
        for (uint256 i = 0; i < world.ACTORS(); i++) {
            address actor = world.actor(i);
            vm.assertEq(world.entry(uint160(actor), 5), model.balances(actor), "H4: balance");
            vm.assertEq(actor.balance, model.coins(actor), "H4: coins");
        }
        // H3: caps; I1: the stored epoch is the model's.
        vm.assertEq(world.slot(9), model.epochStart(), "epoch start");
        vm.assertEq(world.slot(10), model.epochCounter(), "epoch counter");
        vm.assertLe(world.entry(0, 16), 14e18, "H3: software pool");
        vm.assertLe(world.entry(0, 17), 13e18, "H3: software pool, coins");
        vm.assertLe(world.entry(1, 16), 20e18, "H3: attested pool");
        // B1: each accepted work is remembered under its own hash, and was paid once.
        (uint256 works,) = world.countOf();
        for (uint256 i = works > 8 ? works - 8 : 0; i < works; i++) {
            bytes32 id = world.accepted(i);
            vm.assertEq(world.timesPaid(id), 1, "B1: paid once");
            vm.assertEq(bytes32(world.entry(uint256(id), 6)), model.acceptedWork(id), "B1: spent");
        }
        // A1: nothing was written where DELEGATECALL would write.
        for (uint256 i = 0; i < 12; i++) {
            vm.assertEq(vm.load(address(world.proxy()), bytes32(i)), 0, "A1: delegated storage");
        }
        vm.assertEq(address(world.proxy()).balance, 0, "A1: coins");
    }

    /// @dev The views answer what the model does, at this block's time.
    function _viewsHold() internal view {
        PrecompileModel model = world.model();
        (uint64 counter, uint64 start, uint64 length) = AI_MINING_INSPECTOR.epochInfo();
        (uint256 c, uint256 s, uint256 l) = model.epoch();
        vm.assertEq(abi.encode(counter, start, length), abi.encode(c, s, l), "epochInfo");
        for (uint8 pool = 0; pool < 2; pool++) {
            PrecompileModel.Pool memory p = model.effectivePool(pool);
            (uint256 d, uint128 units, uint256 paid,,) = AI_MINING_INSPECTOR.poolInfo(pool);
            vm.assertEq(abi.encode(d, units, paid), abi.encode(p.d, p.units, p.paid), "poolInfo");
        }
    }
}

/// @title Random histories: after each call the precompile is what its model is
contract InvariantTest is Holds {
    function setUp() public {
        _setUp();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(world);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = World.work.selector;
        selectors[1] = World.attested.selector;
        selectors[2] = World.odd.selector;
        selectors[3] = World.again.selector;
        selectors[4] = World.wait_.selector;
        selectors[5] = World.arrive.selector;
        selectors[6] = World.claim.selector;
        selectors[7] = World.tamper.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(world), selectors);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function invariant_a1_b1_h3_h4_hold() public view {
        _holds();
    }

    function afterInvariant() public view {
        _viewsHold();
    }
}

/// @title The model and the precompile, side by side
contract DifferentialTest is Holds {
    function setUp() public {
        _setUp();
    }

    function testFuzz_b1_h2_h3_h4_model(uint256 random) public {
        for (uint256 i = 0; i < 6; i++) {
            random = uint256(keccak256(abi.encode(random)));
            uint256 a = random >> 8;
            (uint256 b, uint256 c) = (random >> 72, random >> 136);
            uint256 step = random % 16;
            if (step < 6) world.odd(a, b, c);
            else if (step < 9) world.work(a, b, c);
            else if (step < 11) world.attested(a, b, b >> 3, c);
            else if (step < 13) world.wait_(a);
            else if (step < 14) world.arrive(a, b);
            else if (step < 15) world.claim(a);
            else world.again(a);
        }
        _holds();
        _viewsHold();
    }

    /// @dev Each way to be refused, once: a model that refuses everything alike would pass the rest.
    function test_w1_every_bent_field_is_refused_as_the_model_says() public {
        world.work(0, 0, 5_001 << 8);
        for (uint256 field = 0; field < 20; field++) {
            for (uint256 value = 1; value < 4; value++) {
                world.odd(0, _only(field), value * 7 + 1);
            }
        }
        vm.assertGt(world.refused(), 30);
        vm.assertGt(world.paid(), 3);
    }

    /// @dev Caps and the difficulty's steps, over epochs.
    function test_h3_caps_are_reached_and_lift_with_the_epoch() public {
        for (uint256 round = 0; round < 4; round++) {
            for (uint256 i = 0; i < 8; i++) {
                world.odd(i, _only(19), i);
                world.attested(i, i, i, uint256(400_000_000) << 8);
            }
            world.wait_(3_600);
            _viewsHold();
        }
        _holds();
        vm.assertGt(world.refused(), 8);
        vm.assertGt(world.paid(), 12);
    }

    /// @dev For `odd`: this field alone.
    function _only(uint256 field) private pure returns (uint256) {
        while (field % 3 == 0) field += 20;
        return field;
    }
}
