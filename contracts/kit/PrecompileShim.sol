// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.20;

import {IAIMiningErrors} from "../src/IAIMiningErrors.sol";
import {GAS_BURNER, NATIVE_MINT, SHIM_ADDRESS, STATIC_PROBE} from "./KitAddresses.sol";
import {KitStorage} from "./KitStorage.sol";
import {PARS_VM} from "./ParsVm.sol";

/// @title Stands at 0x0300 in a fork, in a test's EVM, which has no precompile there
/// @notice Asks the devnet what the precompile does in this call, with what this EVM has changed laid over the fork's
/// block, and then does the same here: writes the slots, pays the coins, emits the logs, returns or reverts with the
/// same bytes, and uses the same gas. All of it goes through this EVM's journal, so reverts and snapshots undo it.
/// @dev `AIMiningKit` puts it there, as the bytecode of ShimCode.sol. It has no functions: every input is the
/// precompile's to judge.
contract PrecompileShim {
    struct Log {
        bytes32[] topics;
        bytes data;
    }

    struct Outcome {
        bool ok;
        bytes out;
        uint256 gasUsed;
        bytes32[] slots;
        bytes32[] values;
        address[] accounts;
        uint256[] balances;
        Log[] logs;
    }

    /// @dev What Solidity does before the first line of `fallback`, and this line's own GAS: what the caller gave is so
    /// much more than what `gas()` says there. `test/Gas.t.sol` holds it to the unit.
    uint256 private constant ENTRY = 26;
    /// @dev What is used from the last reading of `gas()` to the end of this call, the warm CALL to the burner included.
    uint256 private constant EXIT = 140;

    /// @dev gas.md: what every call pays at least, and the longest input.
    uint256 private constant INPUT_BASE = 6_000;
    uint256 private constant MAX_INPUT = 72_964;

    fallback() external payable {
        uint256 given;
        assembly ("memory-safe") {
            given := add(gas(), ENTRY)
        }
        // In a foreign context there are no cheatcodes, and only one answer.
        if (address(this) != SHIM_ADDRESS) revert IAIMiningErrors.DelegateCallNotAllowed();
        // Too little for any input, and for asking: what is answered for nothing is answered, all else runs out.
        if (given < INPUT_BASE) {
            if (msg.value != 0) revert IAIMiningErrors.ValueNotAllowed();
            if (msg.data.length > MAX_INPUT) revert IAIMiningErrors.InputTooLarge();
            assembly ("memory-safe") {
                invalid()
            }
        }
        _meter(false);
        bool isStatic = _isStatic();
        Outcome memory outcome = _ask(given, isStatic, new address[](0));
        // Balances come as the devnet sees them. Ask again with those that this EVM sees.
        if (outcome.accounts.length > 0) outcome = _ask(given, isStatic, outcome.accounts);
        if (outcome.ok) _replay(outcome);
        bytes memory out = outcome.out;
        bool halted = !outcome.ok && out.length == 0; // a revert carries a typed error
        uint256 left = given > outcome.gasUsed ? given - outcome.gasUsed : 0;
        bool ok = outcome.ok;
        address burner = GAS_BURNER;
        assembly ("memory-safe") {
            pop(staticcall(0, burner, 0, 0, 0, 0)) // warms it
        }
        _meter(true);
        assembly ("memory-safe") {
            if halted { invalid() }
            // All but a rest in one call or a few: a call is given at most 63 parts of 64.
            for {} gt(gas(), add(left, 6000)) {} {
                pop(call(sub(gas(), add(left, 3000)), burner, 0, 0, 0, 0, 0))
            }
            // The rest to the unit; but a refusal that costs nothing cannot cost less than its answer here.
            if gt(gas(), add(left, 400)) { pop(call(sub(gas(), add(left, add(EXIT, iszero(ok)))), burner, 0, 0, 0, 0, 0)) }
            if ok { return(add(out, 32), mload(out)) }
            revert(add(out, 32), mload(out))
        }
    }

    /// @dev Stops or resumes the counting of gas: what this contract does for itself costs nobody anything.
    function _meter(bool on) private {
        bytes memory data =
            on ? abi.encodeCall(PARS_VM.resumeGasMetering, ()) : abi.encodeCall(PARS_VM.pauseGasMetering, ());
        (bool ok,) = address(PARS_VM).call(data);
        if (!ok) {
            revert(
                "AIMiningKit: 0x0300 may not use cheatcodes here: call useAIMining() after selecting the fork, or vm.allowCheatcodes(0x0300)"
            );
        }
    }

    /// @dev A write fails in a static call, at any depth. The probe writes what is there already.
    function _isStatic() private returns (bool) {
        (bool written,) = STATIC_PROBE.call{gas: 10_000}("");
        return !written;
    }

    function _ask(uint256 given, bool isStatic, address[] memory paid) private returns (Outcome memory) {
        string memory call = string.concat(
            '[{"from":"',
            PARS_VM.toString(msg.sender),
            '","input":"',
            PARS_VM.toString(msg.data),
            '","value":"',
            PARS_VM.toString(bytes32(msg.value)),
            '","gas":"',
            PARS_VM.toString(bytes32(given)),
            isStatic ? '","isStatic":true},' : '"},'
        );
        string memory environment = string.concat(
            ',{"time":', PARS_VM.toString(block.timestamp), ',"number":', PARS_VM.toString(block.number), "}]"
        );
        string memory params = string.concat(
            call,
            PARS_VM.toString(KitStorage.forkBlock()),
            ',{"',
            PARS_VM.toString(SHIM_ADDRESS),
            '":{"stateDiff":{',
            KitStorage.changesAsJson(),
            "}}",
            _balances(paid),
            "}",
            environment
        );
        try PARS_VM.rpc("pars_simulatePrecompile", params) returns (bytes memory answer) {
            // The outcome's fields stand side by side; as one value they stand behind an offset.
            return abi.decode(bytes.concat(bytes32(uint256(32)), answer), (Outcome));
        } catch Error(string memory reason) {
            _lost(reason);
        } catch (bytes memory reason) {
            // CheatcodeError(string).
            if (reason.length < 4) _lost("no reason given");
            assembly ("memory-safe") {
                let size := sub(mload(reason), 4)
                reason := add(reason, 4)
                mstore(reason, size)
            }
            _lost(abi.decode(reason, (string)));
        }
    }

    function _lost(string memory reason) private pure {
        revert(
            string.concat(
                "AIMiningKit: the devnet does not answer pars_simulatePrecompile; does it still run, and does it still have the forked block? ",
                reason
            )
        );
    }

    function _balances(address[] memory accounts) private view returns (string memory text) {
        for (uint256 i = 0; i < accounts.length; i++) {
            string memory balance = PARS_VM.toString(bytes32(accounts[i].balance));
            text = string.concat(text, ',"', PARS_VM.toString(accounts[i]), '":{"balance":"', balance, '"}');
        }
    }

    function _replay(Outcome memory outcome) private {
        for (uint256 i = 0; i < outcome.slots.length; i++) {
            KitStorage.write(outcome.slots[i], outcome.values[i]);
        }
        for (uint256 i = 0; i < outcome.accounts.length; i++) {
            address account = outcome.accounts[i];
            // The precompile mints and never burns.
            uint256 amount = outcome.balances[i] - account.balance;
            (bool paid,) = NATIVE_MINT.call(abi.encode(account, amount));
            require(paid, "AIMiningKit: PARS could not be created");
        }
        for (uint256 i = 0; i < outcome.logs.length; i++) {
            _log(outcome.logs[i].topics, outcome.logs[i].data);
        }
    }

    function _log(bytes32[] memory topics, bytes memory data) private {
        assembly ("memory-safe") {
            let p := add(data, 32)
            let size := mload(data)
            let t := add(topics, 32)
            switch mload(topics)
            case 0 { log0(p, size) }
            case 1 { log1(p, size, mload(t)) }
            case 2 { log2(p, size, mload(t), mload(add(t, 32))) }
            case 3 { log3(p, size, mload(t), mload(add(t, 32)), mload(add(t, 64))) }
            default { log4(p, size, mload(t), mload(add(t, 32)), mload(add(t, 64)), mload(add(t, 96))) }
        }
    }
}

/// @title Creates coins from nothing, for 0x0300 alone
/// @notice A child that is created with the amount and destroys itself in favour of the account: no code of the account
/// runs, as with the precompile, and the journal knows how to undo it, which it does not for a cheatcode.
contract NativeMint {
    fallback() external {
        require(msg.sender == SHIM_ADDRESS, "AIMiningKit: only 0x0300 creates PARS");
        (address account, uint256 amount) = abi.decode(msg.data, (address, uint256));
        if (amount == 0) return;
        bytes memory code = abi.encodePacked(hex"73", account, hex"ff"); // PUSH20 account, SELFDESTRUCT
        address child;
        assembly ("memory-safe") {
            child := create(amount, add(code, 32), mload(code))
        }
        require(child != address(0), "AIMiningKit: the mint is empty");
    }
}
