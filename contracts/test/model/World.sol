// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {DelegateProxy} from "../../harness/DelegateProxy.sol";
import {StaticCaller} from "../../harness/StaticCaller.sol";
import {AI_MINING, AI_MINING_ADDRESS, AI_MINING_INSPECTOR, AIMining} from "../../src/AIMining.sol";
import {IAIMiningErrors} from "../../src/IAIMiningErrors.sol";
import {Base} from "../Base.sol";
import {PrecompileModel} from "./PrecompileModel.sol";

/// @title Does one thing to the precompile and to its model, and compares what comes back
/// @notice A handler of invariant tests, and a step of differential fuzzing. Nothing here may revert: a refusal is an
/// answer, and must be the model's, to the byte.
contract World is Base {
    uint256 public constant ACTORS = 4;
    uint256 private constant LARGEST = 209_500 * 3_600;

    PrecompileModel public immutable model;
    DelegateProxy public immutable proxy;
    StaticCaller public immutable watcher;

    Miner[] private _miners;
    bytes[] public proofs;
    bytes[] private _evidence;
    bytes32[] public accepted;
    mapping(bytes32 id => uint256) public timesPaid;
    bytes32[] public teleports;
    /// @notice How often a proof was paid, a proof was refused, a teleport was paid.
    uint256 public paid;
    uint256 public refused;
    uint256 public claimed;

    constructor() {
        model = new PrecompileModel();
        proxy = new DelegateProxy();
        watcher = new StaticCaller();
        for (uint256 i = 0; i < ACTORS; i++) {
            _miners.push(makeMiner(keccak256(abi.encode("world", i)), AIMining.ML_DSA_44));
        }
        // Caps that are reached, and not at once.
        setParameterNow(AIMining.PROOF_CAP, 5e18);
        setParameterNow(AIMining.DEVICE_CAP, 8e18);
        setParameterNow(AIMining.POOL_CAP_SOFTWARE, 14e18);
        setParameterNow(AIMining.POOL_CAP_ATTESTED, 20e18);
        setParameterNow(AIMining.NATIVE_CAP_SOFTWARE, 13e18);
        setParameterNow(AIMining.TARGET_SOFTWARE, 1e9);
        setParameterNow(AIMining.TARGET_ATTESTED, 1e9);
        _load();
    }

    function actor(uint256 index) public pure returns (address) {
        return address(uint160(0xac7000 + index % ACTORS));
    }

    // Steps.

    /// @notice New work, as a miner does it: most of it is paid.
    function work(uint256 who, uint256 whom, uint256 units) external {
        AIMining.WorkStatement memory s = makeWork(_miners[who % ACTORS], actor(whom), _units(units));
        _submit(who % ACTORS, s, s.context.deviceId, false);
    }

    /// @notice New work of a GPU.
    function attested(uint256 who, uint256 whom, uint256 gpu, uint256 units) external {
        Miner memory miner = _miners[who % ACTORS];
        AIMining.WorkStatement memory s = makeWork(miner, actor(whom), _units(units));
        bytes memory evidence;
        (s, evidence) = attest(miner, s, Gpu("GH100", bytes32(gpu % 3 + 1)), false);
        _submitWith(who % ACTORS, s, evidence, s.context.deviceId, false);
    }

    /// @notice Work that one or two rules may refuse.
    function odd(uint256 who, uint256 field, uint256 value) external {
        AIMining.WorkStatement memory s = makeWork(_miners[who % ACTORS], actor(value), _units(value));
        bytes32 device = s.context.deviceId;
        bool forged = _bend(s, field % 20, value);
        if (field % 3 == 0) forged = _bend(s, (field >> 8) % 20, value >> 8) || forged;
        _submit(who % ACTORS, s, device, forged);
    }

    /// @notice A proof that was paid before.
    function again(uint256 index) external {
        if (proofs.length == 0) return;
        index %= proofs.length;
        (bool ok,, bytes memory reason) = AIMining.trySubmit(proofs[index], _evidence[index]);
        vm.assertFalse(ok, "spent twice");
        bytes4 selector = AIMining.selectorOf(reason);
        bool expected = selector == IAIMiningErrors.WorkAlreadySpent.selector
            || selector == IAIMiningErrors.TimestampTooOld.selector;
        vm.assertTrue(expected, "another refusal than of spent work");
    }

    /// @notice Time passes: up to two epochs.
    function wait_(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 7_300));
    }

    /// @notice A teleport arrives.
    function arrive(uint256 whom, uint256 amount) external {
        amount = bound(amount, 1, 1e24);
        bytes32 id = seedTeleport(1, uint64(teleports.length), bytes32(uint256(1)), actor(whom), amount);
        model.deliver(id, actor(whom), amount);
        teleports.push(id);
    }

    /// @notice A claim: of one that waits, of one that was paid, of none.
    function claim(uint256 index) external {
        bytes32 id = index % 8 == 0 || teleports.length == 0 ? bytes32(index) : teleports[index % teleports.length];
        (bytes memory refusal, uint256 amount) = model.claim(id);
        (bool ok, bytes memory output) = AI_MINING_ADDRESS.call(abi.encodeCall(AI_MINING.claimTeleport, (id)));
        vm.assertEq(output, ok ? abi.encode(amount) : refusal, "claimTeleport");
        vm.assertEq(ok ? 1 : 0, refusal.length == 0 ? 1 : 0);
        if (ok) claimed++;
    }

    /// @notice Calls that must change nothing: delegated, static, with coins, and undone.
    function tamper(uint256 who, uint256 way) external {
        bytes memory proof = mineProof(_miners[who % ACTORS], actor(way), 1_000);
        bytes memory call = abi.encodeCall(AI_MINING.submitWorkProof, (proof, ""));
        bool ok;
        way %= 4;
        if (way == 0) (ok,) = proxy.delegate(AI_MINING_ADDRESS, call);
        if (way == 1) (ok,) = proxy.callCode(AI_MINING_ADDRESS, 0, call);
        if (way == 2) (ok,,) = watcher.staticCall(AI_MINING_ADDRESS, call);
        if (way == 3) (ok,) = address(this).call(abi.encodeCall(this.undo, (call)));
        vm.assertFalse(ok, "what must be refused was not");
    }

    function undo(bytes calldata call) external {
        (bool ok,) = AI_MINING_ADDRESS.call(call);
        revert(ok ? "undone" : "refused");
    }

    function countOf() external view returns (uint256 works, uint256 messages) {
        return (accepted.length, teleports.length);
    }

    // Inside.

    function _units(uint256 seed) private pure returns (uint64) {
        return uint64(seed % 5 == 0 ? bound(seed >> 8, 1, LARGEST) : bound(seed >> 8, 1, 1e6));
    }

    function _submit(uint256 who, AIMining.WorkStatement memory s, bytes32 device, bool forged) private {
        _submitWith(who, s, "", device, forged);
    }

    function _submitWith(
        uint256 who,
        AIMining.WorkStatement memory s,
        bytes memory evidence,
        bytes32 device,
        bool forged
    ) private {
        bytes memory proof = signWork(_miners[who], s);
        if (forged) proof[proof.length / 2] ^= 0x10;
        bool gpu = evidence.length > 0;
        PrecompileModel.Facts memory facts = PrecompileModel.Facts({
            id: AIMining.workId(s),
            deviceId: device,
            miner: _miners[who].name,
            tier: gpu ? AIMining.TIER_GH100 : AIMining.TIER_SOFTWARE,
            trust: gpu ? 8_000 : 6_000, // a simulated GPU's measurements are not pinned
            signed: !forged,
            attested: gpu
        });
        bytes32 hash = keccak256(AIMining.signedPart(proof));
        (bytes memory refusal, uint256 reward) = model.submit(s, hash, facts);
        (bool ok, uint256 got, bytes memory reason) = AIMining.trySubmit(proof, evidence);
        vm.assertEq(reason, refusal, "submitWorkProof");
        vm.assertEq(got, reward, "its reward");
        if (ok) {
            paid++;
            accepted.push(facts.id);
            timesPaid[facts.id]++;
            proofs.push(proof);
            _evidence.push(evidence);
        } else {
            refused++;
        }
    }

    /// @dev Changes one field; true if the signature shall be broken.
    function _bend(AIMining.WorkStatement memory s, uint256 field, uint256 value) private view returns (bool) {
        AIMining.WorkContext memory c = s.context;
        if (field == 0) c.chainId = uint32(value);
        if (field == 1) c.jobId = 0;
        if (field == 2) c.modelHash = 0;
        if (field == 3) c.inputHash = 0;
        if (field == 4) c.deviceId = value % 2 == 0 ? bytes32(0) : bytes32(value);
        if (field == 5) c.nonce = 0;
        if (field == 6) s.outputHash = 0;
        if (field == 7) s.attestationHash = bytes32(value | 1);
        if (field == 8) s.recipient = address(uint160([0, 0x300, uint256(uint160(_miners[0].name))][value % 3]));
        if (field == 9) s.completedAt = c.timestamp - 1;
        if (field == 10) s.completedAt = uint64(block.timestamp + 55 + value % 10);
        if (field == 11) c.timestamp = s.completedAt - uint64(3_595 + value % 10);
        if (field == 12) {
            s.completedAt = uint64(block.timestamp - 7_195 - value % 10);
            c.timestamp = s.completedAt - 3_000;
        }
        if (field == 13 && proofs.length > 0) {
            bytes memory old = AIMining.signedPart(proofs[value % proofs.length]);
            (c.jobId, c.deviceId) = _jobOf(old);
        }
        if (field == 14) return true;
        if (field == 15) s.computeUnits = 0;
        // Another bend may have put the end before the beginning.
        uint64 duration = s.completedAt > c.timestamp ? s.completedAt - c.timestamp : 0;
        if (field == 16) s.computeUnits = uint64((duration + 1) * 209_500 + value % 3);
        if (field == 17) s.minReward = uint128(value);
        if (field == 18) s.minReward = 1;
        if (field == 19) {
            c.timestamp = s.completedAt - 3_600;
            s.computeUnits = uint64(LARGEST - value % 100);
        }
        return false;
    }

    function _jobOf(bytes memory signed) private pure returns (bytes32, bytes32) {
        AIMining.WorkContext memory c = AIMining.decodeStatement(signed).context;
        return (c.jobId, c.deviceId);
    }

    /// @dev The model begins where the fork does.
    function _load() private {
        bytes32[16] memory names = [
            AIMining.BASE,
            AIMining.D_MAX,
            AIMining.D_MIN,
            AIMining.DEVICE_CAP,
            AIMining.EPOCH_LENGTH,
            AIMining.FUTURE_DRIFT,
            AIMining.MAX_AGE,
            AIMining.MAX_JOB,
            AIMining.NATIVE_BASE,
            AIMining.NATIVE_CAP_ATTESTED,
            AIMining.NATIVE_CAP_SOFTWARE,
            AIMining.POOL_CAP_ATTESTED,
            AIMining.POOL_CAP_SOFTWARE,
            AIMining.PROOF_CAP,
            AIMining.TARGET_ATTESTED,
            AIMining.TARGET_SOFTWARE
        ];
        for (uint256 i = 0; i < names.length; i++) {
            model.setParameter(names[i], AI_MINING_INSPECTOR.parameter(names[i]));
        }
        model.setEpoch(slot(9), slot(10), slot(11), slot(4));
        for (uint256 i = 0; i < 2; i++) {
            model.setPool(i, poolSlots(i));
        }
        for (uint256 i = 0; i < ACTORS; i++) {
            model.setAccount(actor(i), AI_MINING.miningBalance(actor(i)), actor(i).balance);
        }
    }

    function slot(uint256 number) public view returns (uint256) {
        return uint256(vm.load(AI_MINING_ADDRESS, bytes32(number)));
    }

    function poolSlots(uint256 pool) public view returns (PrecompileModel.Pool memory) {
        return PrecompileModel.Pool(entry(pool, 14), entry(pool, 15), entry(pool, 16), entry(pool, 17), entry(pool, 18));
    }

    function entry(uint256 key, uint256 number) public view returns (uint256) {
        return uint256(vm.load(AI_MINING_ADDRESS, keccak256(abi.encode(key, number))));
    }
}
