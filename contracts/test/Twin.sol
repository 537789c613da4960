// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Base} from "./Base.sol";

/// @dev The same call to the same code at the same address, in the fork and on the devnet itself: the bytes that come
/// back must be the same. So what forge's EVM and the kit make of 0x0300 is compared with what the node does.
abstract contract Twin is Base {
    address internal constant TWIN = address(0x7817);
    uint256 internal constant TWIN_COINS = 100 ether;
    address private constant CALLER = address(0xca11e4);

    /// @dev Puts code at TWIN, here and in every call there.
    bytes private _code;

    function twin(bytes memory code) internal {
        _code = code;
        vm.etch(TWIN, code);
        vm.deal(TWIN, TWIN_COINS);
    }

    /// @dev Calls both, compares, and answers what they returned.
    function same(bytes memory call) internal returns (bytes memory output) {
        bool ok;
        bytes memory expected = there(call);
        vm.prank(CALLER);
        (ok, output) = TWIN.call(call);
        vm.assertTrue(ok, "the twin here");
        vm.assertEq(output, expected);
    }

    /// @dev On the devnet alone, at the fork's block and this EVM's time.
    function there(bytes memory call) internal returns (bytes memory) {
        string memory to = vm.toString(TWIN);
        string memory request = string.concat(
            '[{"from":"', vm.toString(CALLER), '","to":"', to, '","gas":"0x2000000","input":"', vm.toString(call), '"},'
        );
        string memory account = string.concat(
            ',{"', to, '":{"code":"', vm.toString(_code), '","balance":"', vm.toString(bytes32(TWIN_COINS)), '"}},'
        );
        string memory time = string.concat('{"time":', vm.toString(block.timestamp), "}]");
        return vm.rpc("eth_call", string.concat(request, vm.toString(block.number), account, time));
    }
}
