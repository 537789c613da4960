// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.4;

/// @title Governance of the parameters and of what attestation trusts
/// @notice At the address of `IAIMining`. The governor is normally a timelock contract. Whatever attestation trusts or
/// refuses is a flag that can be taken back, from the next proof on; only an intermediate keeps its index for ever.
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

    /// @notice Pins an intermediate under the next index: devices whose certificates it signs are attested.
    /// @dev Emits `IcaSet`. Reverts with `NotGovernor`, `UnknownTier`, `InvalidArchitecture`, `InvalidSpki`,
    /// `IcaNotAllowed`, `IcaAlreadySet`, `TooManyIcas`. A key whose index is revoked may get another one. That the key is a point of its curve is not checked: one that
    /// is not verifies nothing. Genesis pins 0 GH100 and 1 GB100.
    /// @param tier 2 RTX PRO 6000, 3 GH100, 4 GB100.
    /// @param architecture The word that its devices' certificates carry, as GH100: one to eight upper-case letters and
    /// digits, a letter first; ASCII, left-aligned, zero-padded.
    /// @param spki SubjectPublicKeyInfo of its P-384 key, uncompressed: 120 bytes.
    /// @return icaIndex Its index, as evidence names it.
    function setIca(uint8 tier, bytes32 architecture, bytes calldata spki) external returns (uint8 icaIndex);

    /// @notice Refuses the devices below an intermediate, or takes them back.
    /// @dev Emits `IcaRevocationChanged`. Reverts with `NotGovernor`, `UnknownIca`; with `IcaAlreadySet` for taking back
    /// the revocation of a key that got another index since.
    function revokeIca(uint8 icaIndex, bool revoked) external;

    /// @notice Refuses the devices that run a firmware, or takes them back.
    /// @dev Emits `FirmwareDenialChanged`. Reverts with `NotGovernor`, `InvalidFwid`.
    /// @param fwid Firmware id, SHA-384: 48 bytes.
    function denyFirmware(bytes calldata fwid, bool denied) external;

    /// @notice Believes the measurements that a firmware signs, or no longer does. Where a golden set holds them, its
    /// devices have their tier's trust; otherwise at most 8000.
    /// @dev Emits `FirmwarePinChanged`. Reverts with `NotGovernor`, `InvalidFwid`.
    /// @param fwid Firmware id, SHA-384: 48 bytes.
    function pinFirmware(bytes calldata fwid, bool pinned) external;

    /// @notice Adds a golden set to a firmware tuple, or takes one away. While a tuple has sets, its devices must match
    /// one of them.
    /// @dev Emits `GoldenSetChanged`. Reverts with `NotGovernor`, `InvalidGoldenSet`, `GoldenMaskMismatch`. All sets of
    /// a tuple compare the same blocks; the mask is free again once the last set is gone.
    /// @param tuple Hash of driver, VBIOS, SKU, mode and decoder status, as the precompile's specification defines it.
    /// @param mask Measurement blocks to compare: bit i is block i + 1. Also to take a set away: the one stored.
    /// @param digest Hash of the tuple, the mask and the masked measurements.
    function pinGoldenSet(bytes32 tuple, uint64 mask, bytes32 digest, bool pinned) external;

    /// @notice Refuses an attested device, or takes it back. Software proofs do not ask: their device ids cost nothing.
    /// @dev Emits `DeviceRevocationChanged`. Reverts with `NotGovernor`. The device need not be registered.
    function revokeDevice(bytes32 deviceId, bool revoked) external;

    /// @notice Sets the lowest driver that an attested device may run.
    /// @dev Emits `MinimumDriverChanged`. Reverts with `NotGovernor`, `InvalidDriverVersion`. While there is one, a
    /// driver's version that is no such number is too old.
    /// @param driver One to four decimal numbers between dots, compared as numbers: 550.90.07 is below 1000.1. Empty,
    /// or zero in every part: none.
    function setMinimumDriver(string calldata driver) external;
}
