// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {JobMarket} from "../examples/JobMarket.sol";
import {MiningPool} from "../examples/MiningPool.sol";
import {PostQuantumAccount} from "../examples/PostQuantumAccount.sol";
import {AI_MINING, AI_MINING_INSPECTOR, AIMining} from "../src/AIMining.sol";
import {Base} from "./Base.sol";

/// @title What calls cost: snapshots/, and the tables of README.md, are made of this
/// @notice Gas of the call's frame: without CALL itself, and without a transaction's base and calldata.
contract GasSnapshotTest is Base {
    Miner private miner;

    function setUp() public {
        forkAIMining();
        miner = makeMiner("snapshot");
    }

    function test_precompile() public {
        AI_MINING_INSPECTOR.version(); // warms 0x0300, as it is on the chain
        _precompile("version");
        AI_MINING.miningBalance(address(this));
        _precompile("miningBalance");
        uint8[3] memory sets = [AIMining.ML_DSA_44, AIMining.ML_DSA_65, AIMining.ML_DSA_87];
        string[3] memory names = ["44", "65", "87"];
        for (uint256 i = 0; i < 3; i++) {
            Miner memory one = makeMiner(keccak256("snapshot"), sets[i]);
            bytes memory signature = signMLDSA(one, abi.encode(uint256(1)));
            AI_MINING.verifyMLDSA(one.publicKey, abi.encode(uint256(1)), signature);
            _precompile(string.concat("verifyMLDSA ", names[i], ", 32-byte message"));
            bytes memory proof = mineProof(one, address(0xabcd1), 1_000);
            AI_MINING.submitWorkProof(proof, "");
            _precompile(string.concat("submitWorkProof ", names[i], ", software"));
        }
        (bytes memory attested, bytes memory evidence) =
            mineAttested(miner, Gpu("GH100", keccak256("snapshot")), address(0xabcd1), 1_000);
        AI_MINING.submitWorkProof(attested, evidence);
        _precompile("submitWorkProof 65, full evidence");
        bytes32 id = seedTeleport(1, 0, bytes32(uint256(1)), address(this), 1 ether);
        AI_MINING.claimTeleport(id);
        _precompile("claimTeleport");
    }

    function test_examples() public {
        AI_MINING_INSPECTOR.version();
        JobMarket market = new JobMarket();
        vm.deal(address(this), 10 ether);
        uint64 deadline = uint64(block.timestamp + 1 hours);
        bytes32 job =
            market.post{value: 1 ether}(keccak256("pars.kit.model"), keccak256("pars.kit.input"), 1, false, deadline);
        _example("JobMarket.post");
        bytes memory proof = mineProofFor(miner, address(0xabcd1), 1_000, job);
        market.submit(proof, "");
        _example("JobMarket.submit, ML-DSA-65");

        MiningPool pool = new MiningPool();
        proof = mineProof(miner, address(pool), 1_000);
        pool.submit(proof, "");
        _example("MiningPool.submit, ML-DSA-65");
        proof = mineProof(miner, address(pool), 1_000);
        AI_MINING.submitWorkProof(proof, "");
        bytes memory signed = AIMining.signedPart(proof);
        pool.settle(signed);
        _example("MiningPool.settle");

        PostQuantumAccount account = new PostQuantumAccount(miner.publicKey);
        PostQuantumAccount.Call memory call = PostQuantumAccount.Call(address(0xabcd1), 0, "", 50_000, deadline);
        bytes memory signature = signMLDSA(miner, abi.encodePacked(account.digest(call)));
        account.execute(call, miner.publicKey, signature);
        _example("PostQuantumAccount.execute, ML-DSA-65");
    }

    function _precompile(string memory name) private {
        vm.snapshotGasLastCall("precompile", name);
    }

    function _example(string memory name) private {
        vm.snapshotGasLastCall("examples", name);
    }
}
