// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.20;

import {AIMining, AI_MINING, AI_MINING_ADDRESS, AI_MINING_INSPECTOR} from "../src/AIMining.sol";
import {GAS_BURNER, NATIVE_MINT, STATIC_PROBE} from "./KitAddresses.sol";
import {KitStorage} from "./KitStorage.sol";
import {PARS_VM} from "./ParsVm.sol";
import {NATIVE_MINT_CODE, SHIM_CODE} from "./ShimCode.sol";

/// @title The precompile at 0x0300 in a Foundry test, and what a miner does
/// @notice A test contract inherits this and has one line in `setUp`: `forkAIMining();`, or `useAIMining();` where it
/// selects a fork itself. From then on AI_MINING works as on the chain.
///
/// It needs a running `pars-devnet` and nothing else: no ffi, no file permissions. See README.md beside this file.
/// @dev All functions are internal, so that nothing of this becomes a test, a target of invariant tests or part of an ABI.
abstract contract AIMiningKit {
    /// @notice Where a devnet is looked for, if PARS_RPC_URL does not say.
    string internal constant DEFAULT_RPC_URL = "http://127.0.0.1:8545";
    /// @notice The oldest forge that the kit is tested with.
    string internal constant OLDEST_FORGE = "1.5.1";

    /// @notice A miner's key.
    /// @param seed What it follows from; no secret, in a test.
    /// @param parameterSet 44, 65 or 87.
    /// @param publicKey ML-DSA public key.
    /// @param deviceId Device of its software proofs.
    /// @param name Its miner address: a name in events, never a payee.
    struct Miner {
        bytes32 seed;
        uint8 parameterSet;
        bytes publicKey;
        bytes32 deviceId;
        address name;
    }

    /// @notice A simulated GPU. Chains without the dev flag refuse it.
    /// @param architecture "GH100" (tier 3) or "GB100" (tier 4).
    /// @param seed Equal seeds are equal devices.
    struct Gpu {
        string architecture;
        bytes32 seed;
    }

    /// @dev Makes nonces unique. It belongs to the test's state: after a reverted snapshot they come again, as they should.
    uint256 private _worked;

    // The fork.

    /// @notice Forks the devnet at PARS_RPC_URL, or at 127.0.0.1:8545, at its latest block.
    function forkAIMining() internal returns (uint256 fork) {
        return forkAIMining(PARS_VM.envOr("PARS_RPC_URL", DEFAULT_RPC_URL));
    }

    /// @notice Forks the devnet at `url` at its latest block.
    function forkAIMining(string memory url) internal returns (uint256 fork) {
        _checkForge();
        _checkNode(url);
        fork = PARS_VM.createSelectFork(url);
        useAIMining();
    }

    /// @notice Forks the devnet at `url` at a block.
    function forkAIMining(string memory url, uint256 number) internal returns (uint256 fork) {
        _checkForge();
        _checkNode(url);
        fork = PARS_VM.createSelectFork(url, number);
        useAIMining();
    }

    /// @notice Puts the precompile into the selected fork: of `forge test --fork-url`, or of `vm.createSelectFork`. Again
    /// after `vm.rollFork`, and once for each fork.
    function useAIMining() internal {
        _checkForge();
        try PARS_VM.activeFork() {}
        catch {
            revert(
                "AIMiningKit: no fork is selected: call forkAIMining(), or vm.createSelectFork first, or run forge test --fork-url"
            );
        }
        _checkChain();
        PARS_VM.allowCheatcodes(AI_MINING_ADDRESS);
        PARS_VM.etch(AI_MINING_ADDRESS, SHIM_CODE);
        PARS_VM.etch(NATIVE_MINT, NATIVE_MINT_CODE);
        PARS_VM.deal(NATIVE_MINT, type(uint128).max);
        PARS_VM.etch(STATIC_PROBE, hex"60005460005500"); // SSTORE(0, SLOAD(0)), STOP
        PARS_VM.etch(GAS_BURNER, hex"fe"); // INVALID
        PARS_VM.label(AI_MINING_ADDRESS, "AIMining");
        PARS_VM.store(AI_MINING_ADDRESS, KitStorage.FORK_BLOCK, bytes32(block.number + 1));
    }

    /// @notice `vm.rollFork`, with the precompile. What was changed locally is gone, as with `vm.rollFork`.
    function rollAIMining(uint256 number) internal {
        PARS_VM.rollFork(number);
        useAIMining();
    }

    // Miners.

    /// @notice The ML-DSA-65 key of a name.
    function makeMiner(string memory name) internal returns (Miner memory) {
        return makeMiner(keccak256(bytes(name)), AIMining.ML_DSA_65);
    }

    /// @notice The key of a seed.
    function makeMiner(bytes32 seed, uint8 parameterSet) internal returns (Miner memory miner) {
        (miner.seed, miner.parameterSet) = (seed, parameterSet);
        (miner.publicKey, miner.deviceId, miner.name) =
            abi.decode(PARS_VM.rpc("pars_minerKey", _params(miner, "")), (bytes, bytes32, address));
    }

    /// @notice Work that is valid now: of this miner without a GPU, of a job of its own, done in the shortest time in
    /// which the units are allowed. Change what you like before you sign it.
    function makeWork(Miner memory miner, address recipient, uint64 units)
        internal
        returns (AIMining.WorkStatement memory work)
    {
        bytes32 nonce = keccak256(abi.encode("pars.kit.nonce", address(this), miner.seed, ++_worked));
        uint64 ceiling = 209_500; // units a second of the software tier, the lowest
        uint64 duration = units / ceiling;
        work.parameterSet = miner.parameterSet;
        work.context = AIMining.WorkContext({
            chainId: uint32(block.chainid),
            jobId: keccak256(abi.encode("pars.kit.job", nonce)),
            modelHash: keccak256("pars.kit.model"),
            inputHash: keccak256("pars.kit.input"),
            deviceId: miner.deviceId,
            nonce: nonce,
            timestamp: uint64(block.timestamp) - duration
        });
        work.outputHash = keccak256("pars.kit.output");
        work.computeUnits = units;
        work.completedAt = uint64(block.timestamp);
        work.recipient = recipient;
    }

    /// @notice A proof that this miner signs: of any statement, valid or not.
    function signWork(Miner memory miner, AIMining.WorkStatement memory work) internal returns (bytes memory proof) {
        return signStatement(miner, AIMining.encodeStatement(work));
    }

    /// @notice A proof over any bytes at all.
    function signStatement(Miner memory miner, bytes memory statement) internal returns (bytes memory proof) {
        return PARS_VM.rpc("pars_minerProof", _params(miner, string.concat(',"', PARS_VM.toString(statement), '"')));
    }

    /// @notice A valid proof of new work.
    function mineProof(Miner memory miner, address recipient, uint64 units) internal returns (bytes memory proof) {
        return signWork(miner, makeWork(miner, recipient, units));
    }

    /// @notice A valid proof of new work for a job.
    function mineProofFor(Miner memory miner, address recipient, uint64 units, bytes32 jobId)
        internal
        returns (bytes memory proof)
    {
        AIMining.WorkStatement memory work = makeWork(miner, recipient, units);
        work.context.jobId = jobId;
        return signWork(miner, work);
    }

    /// @notice A valid proof of new work of a GPU, and the GPU's evidence for it in full (kind 1).
    function mineAttested(Miner memory miner, Gpu memory gpu, address recipient, uint64 units)
        internal
        returns (bytes memory proof, bytes memory attestation)
    {
        (AIMining.WorkStatement memory work, bytes memory evidence) =
            attest(miner, makeWork(miner, recipient, units), gpu, false);
        return (signWork(miner, work), evidence);
    }

    /// @notice Lets a GPU answer for work in this epoch: sets its device id and the hash of its evidence.
    /// @param registered Kind 2, of a device that the chain knows and has bound to this miner; else kind 1.
    function attest(Miner memory miner, AIMining.WorkStatement memory work, Gpu memory gpu, bool registered)
        internal
        returns (AIMining.WorkStatement memory, bytes memory attestation)
    {
        (bytes32 seed,) = AI_MINING_INSPECTOR.epochSeeds();
        bytes memory answer = PARS_VM.rpc(
            "pars_minerAttest",
            _params(
                miner,
                string.concat(
                    ',"',
                    PARS_VM.toString(AIMining.encodeContext(work.context)),
                    '",{"architecture":"',
                    gpu.architecture,
                    '","seed":"',
                    PARS_VM.toString(gpu.seed),
                    '","epochSeed":"',
                    PARS_VM.toString(seed),
                    registered ? '","registered":true}' : '"}'
                )
            )
        );
        (work.context.deviceId, attestation, work.attestationHash) = abi.decode(answer, (bytes32, bytes, bytes32));
        return (work, attestation);
    }

    /// @notice Mines and submits: `recipient` is paid.
    function mine(Miner memory miner, address recipient, uint64 units) internal returns (uint256 reward) {
        return AI_MINING.submitWorkProof(mineProof(miner, recipient, units), "");
    }

    /// @notice A signature that `verifyMLDSA` accepts.
    function signMLDSA(Miner memory miner, bytes memory message) internal returns (bytes memory signature) {
        return PARS_VM.rpc("pars_minerSign", _params(miner, string.concat(',"', PARS_VM.toString(message), '"')));
    }

    // The chain.

    /// @notice Warps to the first second of the epoch that is `count` epochs on. Before the first acceptance there is no
    /// clock yet, and this warps by lengths.
    function warpEpochs(uint256 count) internal {
        (, uint64 start, uint64 length) = AI_MINING_INSPECTOR.epochInfo();
        PARS_VM.warp(start + count * length);
    }

    /// @notice Delivers a teleport, as genesis can: `recipient` has it pending.
    function seedTeleport(uint32 srcChain, uint64 nonce, bytes32 sender, address recipient, uint256 amount)
        internal
        returns (bytes32 id)
    {
        require(srcChain != 0 && srcChain != block.chainid, "AIMiningKit: a teleport comes from another chain");
        require(sender != 0 && amount != 0, "AIMiningKit: a teleport has a sender and an amount");
        require(
            recipient != address(0) && recipient != AI_MINING_ADDRESS, "AIMiningKit: nobody could claim this teleport"
        );
        bytes32 perNonce = _entry(bytes32(uint256(nonce)), _entry(bytes32(uint256(srcChain)), bytes32(uint256(33))));
        require(
            PARS_VM.load(AI_MINING_ADDRESS, perNonce) == 0, "AIMiningKit: this source and nonce were delivered before"
        );
        bytes32 to = bytes32(uint256(uint160(recipient)));
        id = _teleportId(srcChain, nonce, sender, to, amount);
        storeAIMining(_entry(id, bytes32(uint256(25))), bytes32(uint256(1)));
        storeAIMining(_entry(id, bytes32(uint256(26))), bytes32(uint256(srcChain)));
        storeAIMining(_entry(id, bytes32(uint256(27))), bytes32(uint256(nonce)));
        storeAIMining(_entry(id, bytes32(uint256(28))), sender);
        storeAIMining(_entry(id, bytes32(uint256(29))), to);
        storeAIMining(_entry(id, bytes32(uint256(30))), bytes32(amount));
        bytes32 list = _entry(to, bytes32(uint256(31)));
        uint256 length = uint256(PARS_VM.load(AI_MINING_ADDRESS, list));
        storeAIMining(list, bytes32(length + 1));
        storeAIMining(bytes32(uint256(keccak256(abi.encode(list))) + length), id);
        storeAIMining(_entry(id, bytes32(uint256(32))), bytes32(length));
        storeAIMining(perNonce, id);
    }

    /// @notice Sets a governed parameter at once, past its bounds and steps.
    function setParameterNow(bytes32 name, uint256 value) internal {
        AI_MINING_INSPECTOR.parameter(name); // reverts with UnknownParameter
        storeAIMining(_entry(name, bytes32(uint256(22))), bytes32(value));
    }

    /// @notice `vm.store` for 0x0300. With `vm.store` itself the devnet would not hear of the change.
    function storeAIMining(bytes32 slot, bytes32 value) internal {
        bytes32 mark = KitStorage.markOf(slot);
        if (PARS_VM.load(AI_MINING_ADDRESS, mark) == 0) {
            uint256 count = uint256(PARS_VM.load(AI_MINING_ADDRESS, KitStorage.CHANGES));
            PARS_VM.store(AI_MINING_ADDRESS, KitStorage.entryOf(count), slot);
            PARS_VM.store(AI_MINING_ADDRESS, KitStorage.CHANGES, bytes32(count + 1));
            PARS_VM.store(AI_MINING_ADDRESS, mark, bytes32(uint256(1)));
        }
        PARS_VM.store(AI_MINING_ADDRESS, slot, value);
    }

    // Inside.

    function _entry(bytes32 key, bytes32 slot) private pure returns (bytes32) {
        return keccak256(abi.encode(key, slot));
    }

    function _params(Miner memory miner, string memory more) private pure returns (string memory) {
        string memory set = PARS_VM.toString(uint256(miner.parameterSet));
        return string.concat('["', PARS_VM.toString(miner.seed), '",', set, more, "]");
    }

    function _teleportId(uint32 srcChain, uint64 nonce, bytes32 sender, bytes32 to, uint256 amount)
        private
        returns (bytes32)
    {
        string memory lane = string.concat(
            PARS_VM.toString(uint256(srcChain)),
            ",",
            PARS_VM.toString(block.chainid),
            ",",
            PARS_VM.toString(uint256(nonce))
        );
        string memory rest = string.concat(
            ',"', PARS_VM.toString(sender), '","', PARS_VM.toString(to), '","', PARS_VM.toString(bytes32(amount)), '"]'
        );
        return bytes32(PARS_VM.rpc("pars_teleportId", string.concat("[", lane, rest)));
    }

    // Wrong use, in a sentence.

    function _checkForge() private view {
        string memory version;
        try PARS_VM.getFoundryVersion() returns (string memory found) {
            version = found;
        } catch {}
        string memory problem = _forgeProblem(version);
        if (bytes(problem).length > 0) revert(problem);
    }

    /// @dev What is wrong with a forge of this version ("1.7.1-v1.7.1+4072e48705.1777982133.dist"); empty: nothing.
    function _forgeProblem(string memory version) internal pure returns (string memory) {
        if (_number(version) >= _number(OLDEST_FORGE)) return "";
        string memory found = bytes(version).length == 0 ? "one that does not tell its version" : version;
        return string.concat(
            "AIMiningKit: forge ", OLDEST_FORGE, " or later is needed, this is ", found, ": npm install @foundry-rs/forge"
        );
    }

    /// @dev major.minor.patch as one number; what is no digit ends it.
    function _number(string memory version) private pure returns (uint256 number) {
        bytes memory text = bytes(version);
        uint256 part;
        uint256 parts;
        for (uint256 i = 0; i < text.length && parts < 3; i++) {
            if (text[i] >= "0" && text[i] <= "9") {
                part = part * 10 + uint8(text[i]) - 48;
                if (i + 1 < text.length) continue;
            }
            (number, part, parts) = (number * 10_000 + part, 0, parts + 1);
            if (text[i] != ".") break;
        }
        for (; parts < 3; parts++) {
            number *= 10_000;
        }
    }

    function _checkNode(string memory url) private {
        try PARS_VM.rpc(url, "eth_chainId", "[]") {}
        catch {
            revert(
                string.concat(
                    "AIMiningKit: no devnet answers at ",
                    url,
                    ": start one with `pars-devnet`, or set PARS_RPC_URL to where it listens"
                )
            );
        }
    }

    function _checkChain() private {
        string memory call = string.concat(
            '[{"from":"0x0000000000000000000000000000000000000000","input":"0x54fd4d50"},',
            PARS_VM.toString(block.number),
            "]"
        );
        try PARS_VM.rpc("pars_simulatePrecompile", call) {}
        catch {
            revert(
                string.concat(
                    "AIMiningKit: the fork of chain ",
                    PARS_VM.toString(block.chainid),
                    " is not of a Pars devnet, or 0x0300 is not active at block ",
                    PARS_VM.toString(block.number),
                    ": fork a running `pars-devnet`"
                )
            );
        }
        uint256 id = _toNumber(PARS_VM.rpc("eth_chainId", "[]"));
        if (id != block.chainid) {
            revert(
                string.concat(
                    "AIMiningKit: wrong chain: the devnet's id is ",
                    PARS_VM.toString(id),
                    ", this EVM's is ",
                    PARS_VM.toString(block.chainid),
                    ": take chain_id out of foundry.toml, and vm.chainId out of the test"
                )
            );
        }
    }

    function _toNumber(bytes memory big) private pure returns (uint256 number) {
        for (uint256 i = 0; i < big.length; i++) {
            number = (number << 8) | uint8(big[i]);
        }
    }
}
