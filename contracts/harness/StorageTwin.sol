// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title The storage of 0x0300, as Solidity would lay it out
/// @notice A test compares solc's layout of this contract with the precompile's. Fields are only ever appended. Every
/// scalar fills a slot: whole words, or an address with no small neighbour, so nothing packs.
contract StorageTwin {
    uint256 internal version;
    address internal governor;
    address internal pendingGovernor;
    uint256 internal dev;

    uint256 internal totalSupply;
    mapping(address => uint256) internal balances;

    mapping(bytes32 workId => bytes32) internal acceptedWork;
    mapping(bytes32 jobMark => uint256) internal jobPaid;
    bytes32 internal lastWorkId;

    uint256 internal epochStart;
    uint256 internal epochCounter;
    uint256 internal epochLength;
    bytes32 internal seedCurrent;
    bytes32 internal seedPrevious;

    mapping(uint256 pool => uint256) internal poolDifficulty;
    mapping(uint256 pool => uint256) internal poolUnits;
    mapping(uint256 pool => uint256) internal poolPaid;
    mapping(uint256 pool => uint256) internal poolNativePaid;
    mapping(uint256 pool => uint256) internal poolProofs;

    mapping(bytes32 deviceId => uint256) internal deviceEpoch;
    mapping(bytes32 deviceId => uint256) internal deviceUnits;
    mapping(bytes32 deviceId => uint256) internal devicePaid;

    mapping(bytes32 name => uint256) internal parameterValue;
    mapping(bytes32 name => uint256) internal parameterMovedAt;
    uint256 internal baseBeforePause;

    mapping(bytes32 teleportId => uint256) internal teleportStatus;
    mapping(bytes32 teleportId => uint256) internal teleportSource;
    mapping(bytes32 teleportId => uint256) internal teleportNonce;
    mapping(bytes32 teleportId => bytes32) internal teleportSender;
    mapping(bytes32 teleportId => address) internal teleportRecipient;
    mapping(bytes32 teleportId => uint256) internal teleportAmount;
    mapping(address recipient => bytes32[]) internal teleportPending;
    mapping(bytes32 teleportId => uint256) internal teleportIndex;
    mapping(uint256 source => mapping(uint256 nonce => bytes32)) internal teleportByNonce;

    uint256 internal icaCount;
    mapping(uint256 icaIndex => uint256) internal icaTier;
    mapping(uint256 icaIndex => bytes32) internal icaArchitecture;
    mapping(uint256 icaIndex => mapping(uint256 word => bytes32)) internal icaKey;
    mapping(uint256 icaIndex => uint256) internal icaRevoked;
    mapping(bytes32 keyHash => uint256) internal icaByKey;

    mapping(bytes32 fwidHash => uint256) internal firmwareDenied;
    mapping(bytes32 fwidHash => uint256) internal firmwarePinned;
    mapping(bytes32 tuple => uint256) internal goldenMask;
    mapping(bytes32 tuple => uint256) internal goldenCount;
    mapping(bytes32 digest => bytes32) internal goldenSet;
    mapping(bytes32 deviceId => uint256) internal deviceRevoked;
    uint256 internal minimumDriver;

    mapping(bytes32 deviceId => uint256) internal deviceIca;
    mapping(bytes32 deviceId => mapping(uint256 word => bytes32)) internal deviceKey;
    mapping(bytes32 deviceId => mapping(uint256 word => bytes32)) internal deviceFwid;
    mapping(bytes32 deviceId => mapping(uint256 age => bytes32)) internal deviceMiner;
    mapping(bytes32 deviceId => mapping(uint256 age => uint256)) internal deviceBoundFrom;
}
