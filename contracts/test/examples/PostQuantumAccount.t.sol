// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {PostQuantumAccount} from "../../examples/PostQuantumAccount.sol";
import {AIMining} from "../../src/AIMining.sol";
import {Base} from "../Base.sol";

contract PostQuantumAccountTest is Base {
    address private constant TO = address(0xabcd1);

    Miner private key;
    PostQuantumAccount private account;

    function setUp() public {
        forkAIMining();
        key = makeMiner("holder");
        account = new PostQuantumAccount(key.publicKey);
        vm.deal(address(account), 10 ether);
    }

    function test_the_key_moves_coins_and_anybody_relays() public {
        PostQuantumAccount.Call memory call = _send(1 ether);
        bytes memory signature = _sign(call);
        vm.prank(address(0x4e1a7e4));
        (bool ok,) = account.execute(call, key.publicKey, signature);
        vm.assertTrue(ok);
        vm.assertEq(TO.balance, 1 ether);
        vm.assertEq(account.nonce(), 1);
    }

    function test_c9_a_signature_works_once() public {
        PostQuantumAccount.Call memory call = _send(1 ether);
        bytes memory signature = _sign(call);
        account.execute(call, key.publicKey, signature);
        vm.expectRevert(PostQuantumAccount.InvalidSignature.selector);
        account.execute(call, key.publicKey, signature);
    }

    function test_c9_a_signature_works_for_one_account_and_one_chain() public {
        PostQuantumAccount.Call memory call = _send(1 ether);
        bytes memory signature = _sign(call);
        PostQuantumAccount twin = new PostQuantumAccount(key.publicKey);
        vm.expectRevert(PostQuantumAccount.InvalidSignature.selector);
        twin.execute(call, key.publicKey, signature);
        vm.chainId(7070);
        vm.expectRevert(PostQuantumAccount.InvalidSignature.selector);
        account.execute(call, key.publicKey, signature);
    }

    function test_c9_a_signature_over_work_opens_nothing() public {
        PostQuantumAccount.Call memory call = _send(1 ether);
        // The same message under the context of work proofs: what a miner's tools sign.
        bytes memory proof = signStatement(key, abi.encodePacked(account.digest(call)));
        bytes memory signature = new bytes(3309);
        for (uint256 i = 0; i < signature.length; i++) {
            signature[i] = proof[32 + 1952 + i];
        }
        vm.expectRevert(PostQuantumAccount.InvalidSignature.selector);
        account.execute(call, key.publicKey, signature);
    }

    function testFuzz_no_changed_field_and_no_flipped_bit_passes(uint8 field, uint256 bit) public {
        PostQuantumAccount.Call memory call = _send(1 ether);
        bytes memory signature = _sign(call);
        field = uint8(bound(field, 0, 5));
        if (field == 0) call.to = address(0xbad);
        if (field == 1) call.value += 1;
        if (field == 2) call.data = hex"00";
        if (field == 3) call.gasLimit += 1;
        if (field == 4) call.deadline += 1;
        if (field == 5) signature[(bit / 8) % signature.length] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert(PostQuantumAccount.InvalidSignature.selector);
        account.execute(call, key.publicKey, signature);
    }

    function test_another_key_and_a_late_call_are_refused() public {
        PostQuantumAccount.Call memory call = _send(1 ether);
        Miner memory other = makeMiner("other");
        bytes memory signature = signMLDSA(other, abi.encodePacked(account.digest(call)));
        vm.expectRevert(PostQuantumAccount.WrongKey.selector);
        account.execute(call, other.publicKey, signature);
        signature = _sign(call);
        vm.warp(call.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(PostQuantumAccount.Expired.selector, call.deadline));
        account.execute(call, key.publicKey, signature);
    }

    function test_a_relayer_cannot_starve_the_call() public {
        PostQuantumAccount.Call memory call = _send(0);
        call.gasLimit = 1_000_000;
        bytes memory signature = _sign(call);
        vm.expectRevert(abi.encodeWithSelector(PostQuantumAccount.NotEnoughGas.selector, 1_000_000));
        account.execute{gas: 900_000}(call, key.publicKey, signature);
        vm.assertEq(account.nonce(), 0);
    }

    function test_a_call_that_fails_uses_its_nonce_up() public {
        PostQuantumAccount.Call memory call = _send(11 ether);
        bytes memory signature = _sign(call);
        (bool ok,) = account.execute(call, key.publicKey, signature);
        vm.assertFalse(ok);
        vm.deal(address(account), 20 ether);
        vm.expectRevert(PostQuantumAccount.InvalidSignature.selector);
        account.execute(call, key.publicKey, signature);
    }

    function test_the_key_changes_itself_and_nobody_else_does() public {
        Miner memory next = makeMiner(keccak256("next"), AIMining.ML_DSA_87);
        vm.expectRevert(PostQuantumAccount.OnlySelf.selector);
        account.setKey(next.publicKey);
        PostQuantumAccount.Call memory call =
            _call(address(account), 0, abi.encodeCall(PostQuantumAccount.setKey, (next.publicKey)));
        account.execute(call, key.publicKey, _sign(call));
        vm.assertEq(account.keyHash(), keccak256(next.publicKey));
    }

    function test_a_key_under_which_anybody_signs_is_refused() public {
        bytes memory weak = new bytes(1952);
        weak[31] = 0xff;
        vm.expectRevert(PostQuantumAccount.WeakKey.selector);
        new PostQuantumAccount(weak);
        vm.expectRevert(PostQuantumAccount.WrongKey.selector);
        new PostQuantumAccount(new bytes(1951));
    }

    function _send(uint256 value) private view returns (PostQuantumAccount.Call memory) {
        return _call(TO, value, "");
    }

    function _call(address to, uint256 value, bytes memory data) private view returns (PostQuantumAccount.Call memory) {
        return PostQuantumAccount.Call(to, value, data, 100_000, uint64(block.timestamp + 1 hours));
    }

    function _sign(PostQuantumAccount.Call memory call) private returns (bytes memory) {
        return signMLDSA(key, abi.encodePacked(account.digest(call)));
    }
}
