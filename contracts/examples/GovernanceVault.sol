// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {AIMining, AI_MINING, AI_MINING_GOVERNANCE} from "../src/AIMining.sol";

/// @title The governor's seat of 0x0300, behind a timelock
/// @notice Slow to change, quick to stop: parameters, trusted GPUs and the seat itself move only through the timelock (an
/// OpenZeppelin TimelockController); a guardian may pause mining at once, and nothing else. Resuming is the timelock's.
/// PARS that the vault holds, as the recipient of a share of proofs, is paid out by the timelock.
contract GovernanceVault {
    address public immutable timelock;
    /// @notice May pause. The timelock names another.
    address public guardian;

    event GuardianChanged(address indexed previous, address indexed next);
    event Paused(address indexed by);
    event Released(address indexed to, uint256 amount);

    error OnlyTimelock(address caller);
    error OnlyGuardian(address caller);
    error TransferFailed();

    modifier onlyTimelock() {
        if (msg.sender != timelock) revert OnlyTimelock(msg.sender);
        _;
    }

    constructor(address timelock_, address guardian_) {
        timelock = timelock_;
        guardian = guardian_;
        emit GuardianChanged(address(0), guardian_);
    }

    receive() external payable {}

    /// @notice Takes the seat that the governor of before proposed to this vault. Anyone may call: it can only succeed
    /// where the vault was proposed.
    function acceptSeat() external {
        AI_MINING_GOVERNANCE.acceptGovernor();
    }

    /// @notice Moves a parameter, within the bounds and steps that 0x0300 fixes. To resume mining, sets `base` to its
    /// last value.
    function setParameter(bytes32 name, uint256 value) external onlyTimelock {
        AI_MINING_GOVERNANCE.setParameter(name, value);
    }

    /// @notice Any other function of `IAIMiningGovernance`: devices, firmware, intermediates, the seat.
    /// @dev The precompile's typed errors pass through.
    function govern(bytes calldata call) external onlyTimelock {
        (bool ok, bytes memory reason) = address(AI_MINING).call(call);
        if (!ok) AIMining.bubble(reason);
    }

    /// @notice Pauses mining: every proof is refused and none is spent.
    function pause() external {
        if (msg.sender != guardian) revert OnlyGuardian(msg.sender);
        AI_MINING_GOVERNANCE.setParameter(AIMining.BASE, 0);
        emit Paused(msg.sender);
    }

    function setGuardian(address next) external onlyTimelock {
        emit GuardianChanged(guardian, next);
        guardian = next;
    }

    /// @notice Pays out PARS.
    function release(address payable to, uint256 amount) external onlyTimelock {
        emit Released(to, amount);
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert TransferFailed();
    }
}
