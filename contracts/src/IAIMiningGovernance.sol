// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.4;

/// @title Governance of the parameters
/// @notice At the address of `IAIMining`. The governor is normally a timelock contract.
interface IAIMiningGovernance {
    /// @notice Moves a parameter by at most one step an epoch length, within bounds that are fixed in code.
    /// @dev Emits `ParameterChanged`. Reverts with `NotGovernor`, `UnknownParameter`, `ParameterOutOfBounds`,
    /// `ParameterStepTooSoon`, `ParameterStepTooLarge`, `JointBoundViolated`. One exception: `base` may go to 0 and
    /// back to its last value at once. That is the pause of mining: every proof reverts with `ZeroReward` and spends
    /// nothing.
    /// @param name ASCII, left-aligned, zero-padded.
    /// @param value In the parameter's own unit.
    function setParameter(bytes32 name, uint256 value) external;

    /// @notice Names the next governor, who becomes governor by accepting.
    /// @dev Emits `GovernorProposed`. Reverts with `NotGovernor`, `InvalidGovernor`.
    function proposeGovernor(address proposed) external;

    /// @notice Makes the pending governor the governor.
    /// @dev Emits `GovernorChanged`. Reverts with `NotPendingGovernor`.
    function acceptGovernor() external;

    /// @notice The governor.
    function governor() external view returns (address);

    /// @notice The proposed governor; zero if none is proposed.
    function pendingGovernor() external view returns (address);
}
