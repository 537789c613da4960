// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AIMining} from "../../src/AIMining.sol";
import {IAIMiningErrors as E} from "../../src/IAIMiningErrors.sol";

/// @title The precompile's state machine, in Solidity, from precompile-spec/work.md, economics.md and teleport.md alone
/// @notice What it cannot compute (ids, signatures, evidence) its caller tells it.
contract PrecompileModel {
    struct Pool {
        uint256 d;
        uint256 units;
        uint256 paid;
        uint256 nativePaid;
        uint256 proofs;
    }

    struct Device {
        uint256 epoch;
        uint256 units;
        uint256 paid;
    }

    /// @param id Work id.
    /// @param deviceId Of the key or of the evidence: what the context must name.
    /// @param miner Miner address of the key.
    /// @param tier Tier of the evidence; 1 without any.
    /// @param trust What it is worth, in 10^-4.
    /// @param signed Whether the signature holds.
    struct Facts {
        bytes32 id;
        bytes32 deviceId;
        address miner;
        uint8 tier;
        uint256 trust;
        bool signed;
        bool attested;
    }

    mapping(bytes32 name => uint256) public parameter;
    mapping(uint256 pool => Pool) internal _pools;
    mapping(bytes32 deviceId => Device) public devices;
    mapping(bytes32 id => bytes32) public acceptedWork;
    mapping(bytes32 deviceId => mapping(bytes32 jobId => bool)) public jobPaid;
    mapping(address account => uint256) public balances;
    mapping(address account => uint256) public coins;
    mapping(bytes32 teleport => uint8) public teleportStatus;
    mapping(bytes32 teleport => uint256) public teleportAmount;
    mapping(bytes32 teleport => address) public teleportRecipient;
    uint256 public totalSupply;
    uint256 public epochStart;
    uint256 public epochCounter;
    uint256 public epochLength;

    // What the fork begins with.

    function setParameter(bytes32 name, uint256 value) external {
        parameter[name] = value;
    }

    function setEpoch(uint256 start, uint256 counter, uint256 length, uint256 supply) external {
        (epochStart, epochCounter, epochLength, totalSupply) = (start, counter, length, supply);
    }

    function setPool(uint256 pool, Pool calldata value) external {
        _pools[pool] = value;
    }

    function setAccount(address account, uint256 balance, uint256 native) external {
        (balances[account], coins[account]) = (balance, native);
    }

    function deliver(bytes32 id, address recipient, uint256 amount) external {
        (teleportStatus[id], teleportRecipient[id], teleportAmount[id]) = (1, recipient, amount);
    }

    // Calls.

    /// @return refusal Empty if the proof is paid.
    function submit(AIMining.WorkStatement calldata s, bytes32 proofHash, Facts calldata f)
        external
        returns (bytes memory refusal, uint256 reward)
    {
        refusal = _before(s, f);
        if (refusal.length > 0) return (refusal, 0);
        uint256 pool = f.tier == 1 ? 0 : 1;
        (uint256 counter, uint256 start, uint256 length) = epoch();
        Pool memory p = effectivePool(pool);
        Device memory device = devices[f.deviceId];
        if (device.epoch != counter) (device.units, device.paid) = (0, 0);
        uint256 duration = s.completedAt - s.context.timestamp;
        uint256 native;
        (refusal, reward, native) = _price(s, f, p, device, duration, length, pool);
        if (refusal.length > 0) return (refusal, 0);

        _roll(counter, start, length);
        _pools[pool].units = p.units + s.computeUnits;
        _pools[pool].paid = p.paid + reward;
        _pools[pool].nativePaid = p.nativePaid + native;
        _pools[pool].proofs++;
        devices[f.deviceId] = Device(counter, device.units + s.computeUnits, device.paid + reward);
        acceptedWork[f.id] = proofHash;
        jobPaid[f.deviceId][s.context.jobId] = true;
        balances[s.recipient] += reward;
        totalSupply += reward;
        coins[s.recipient] += native;
    }

    function claim(bytes32 id) external returns (bytes memory refusal, uint256 amount) {
        if (teleportStatus[id] == 0) return (abi.encodeWithSelector(E.TeleportUnknown.selector, id), 0);
        if (teleportStatus[id] == 2) return (abi.encodeWithSelector(E.TeleportAlreadyClaimed.selector, id), 0);
        teleportStatus[id] = 2;
        amount = teleportAmount[id];
        balances[teleportRecipient[id]] += amount;
        totalSupply += amount;
    }

    // Views.

    /// @notice The effective epoch at this block's time.
    function epoch() public view returns (uint256 counter, uint256 start, uint256 length) {
        if (epochStart == 0) return (1, block.timestamp, epochLength);
        uint256 n = _rolls();
        if (n == 0) return (epochCounter, epochStart, epochLength);
        return (epochCounter + n, epochStart + n * epochLength, parameter[AIMining.EPOCH_LENGTH]);
    }

    function effectivePool(uint256 pool) public view returns (Pool memory p) {
        p = _pools[pool];
        if (epochStart == 0 || _rolls() == 0) return p;
        if (p.proofs != 0) p.d = _step(p, pool);
        (p.units, p.paid, p.nativePaid) = (0, 0, 0);
    }

    // Inside.

    function _before(AIMining.WorkStatement calldata s, Facts calldata f) private view returns (bytes memory) {
        AIMining.WorkContext calldata c = s.context;
        if (c.chainId != block.chainid) return abi.encodeWithSelector(E.WrongChain.selector, block.chainid, c.chainId);
        if (c.jobId == 0) return _zero("job_id");
        if (c.modelHash == 0) return _zero("model_hash");
        if (c.inputHash == 0) return _zero("input_hash");
        if (c.deviceId == 0) return _zero("device_id");
        if (c.nonce == 0) return _zero("nonce");
        if (s.outputHash == 0) return _zero("output_hash");
        if (!f.attested && s.attestationHash != 0) return abi.encodeWithSelector(E.AttestationHashMismatch.selector);
        if (s.recipient == address(0) || s.recipient == address(0x300) || s.recipient == f.miner) {
            return abi.encodeWithSelector(E.InvalidRecipient.selector, s.recipient);
        }
        if (s.completedAt < c.timestamp) {
            return abi.encodeWithSelector(E.TimestampOrder.selector, c.timestamp, s.completedAt);
        }
        uint256 latest = block.timestamp + parameter[AIMining.FUTURE_DRIFT];
        if (s.completedAt > latest) return abi.encodeWithSelector(E.TimestampInFuture.selector, s.completedAt, latest);
        uint256 duration = s.completedAt - c.timestamp;
        uint256 most = parameter[AIMining.MAX_JOB];
        if (duration > most) return abi.encodeWithSelector(E.JobTooLong.selector, duration, most);
        uint256 oldest = block.timestamp - parameter[AIMining.MAX_AGE];
        if (s.completedAt < oldest) return abi.encodeWithSelector(E.TimestampTooOld.selector, s.completedAt, oldest);
        if (acceptedWork[f.id] != 0) return abi.encodeWithSelector(E.WorkAlreadySpent.selector, f.id);
        if (jobPaid[c.deviceId][c.jobId]) {
            return abi.encodeWithSelector(E.JobAlreadyPaid.selector, c.deviceId, c.jobId);
        }
        if (!f.signed) return abi.encodeWithSelector(E.InvalidSignature.selector);
        if (c.deviceId != f.deviceId) {
            return abi.encodeWithSelector(E.DeviceMismatch.selector, f.deviceId, c.deviceId);
        }
        return "";
    }

    function _price(
        AIMining.WorkStatement calldata s,
        Facts calldata f,
        Pool memory p,
        Device memory device,
        uint256 duration,
        uint256 length,
        uint256 pool
    ) private view returns (bytes memory refusal, uint256 reward, uint256 native) {
        uint256 units = s.computeUnits;
        if (units == 0) return (abi.encodeWithSelector(E.ZeroUnits.selector), 0, 0);
        uint256 ceiling = [uint256(209_500), 503_800, 989_500, 2_500_000][f.tier - 1];
        if (units > ceiling * (duration + 1)) {
            return (abi.encodeWithSelector(E.UnitsAboveCeiling.selector, units, ceiling * (duration + 1)), 0, 0);
        }
        if (device.units + units > ceiling * length) {
            return (abi.encodeWithSelector(E.DeviceUnitsReached.selector, device.units + units, ceiling * length), 0, 0);
        }
        reward = Math.mulDiv(parameter[AIMining.BASE] * units, p.d * f.trust, 1e22);
        native = Math.mulDiv(parameter[AIMining.NATIVE_BASE] * units, p.d * f.trust, 1e22);
        if (reward == 0) return (abi.encodeWithSelector(E.ZeroReward.selector), 0, 0);
        if (reward < s.minReward) {
            return (abi.encodeWithSelector(E.RewardBelowMinimum.selector, reward, s.minReward), 0, 0);
        }
        refusal = _cap(E.ProofCapReached.selector, reward, AIMining.PROOF_CAP);
        if (refusal.length == 0) {
            refusal = _cap(E.DeviceCapReached.selector, device.paid + reward, AIMining.DEVICE_CAP);
        }
        if (refusal.length == 0) refusal = _cap(E.EpochCapReached.selector, p.paid + reward, _poolCap(pool));
        if (refusal.length == 0) {
            bytes32 cap = pool == 0 ? AIMining.NATIVE_CAP_SOFTWARE : AIMining.NATIVE_CAP_ATTESTED;
            refusal = _cap(E.NativeCapReached.selector, p.nativePaid + native, cap);
        }
    }

    function _roll(uint256 counter, uint256 start, uint256 length) private {
        (Pool memory a, Pool memory b) = (effectivePool(0), effectivePool(1));
        (_pools[0], _pools[1]) = (a, b);
        (epochCounter, epochStart, epochLength) = (counter, start, length);
    }

    function _step(Pool memory p, uint256 pool) private view returns (uint256 t) {
        uint256 target = parameter[pool == 0 ? AIMining.TARGET_SOFTWARE : AIMining.TARGET_ATTESTED];
        t = Math.min(1e18 * target / Math.max(p.units, 1), p.d + p.d / 4);
        t = Math.max(t, p.d / 4);
        if (p.paid + parameter[AIMining.PROOF_CAP] > parameter[_poolCap(pool)]) t = Math.min(t, p.d);
        t = Math.max(Math.min(t, parameter[AIMining.D_MAX]), parameter[AIMining.D_MIN]);
    }

    function _rolls() private view returns (uint256) {
        return block.timestamp > epochStart ? (block.timestamp - epochStart) / epochLength : 0;
    }

    function _poolCap(uint256 pool) private pure returns (bytes32) {
        return pool == 0 ? AIMining.POOL_CAP_SOFTWARE : AIMining.POOL_CAP_ATTESTED;
    }

    function _cap(bytes4 selector, uint256 amount, bytes32 name) private view returns (bytes memory) {
        return amount > parameter[name] ? abi.encodeWithSelector(selector, amount, parameter[name]) : bytes("");
    }

    function _zero(bytes32 name) private pure returns (bytes memory) {
        return abi.encodeWithSelector(E.ZeroField.selector, name);
    }
}
