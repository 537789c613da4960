// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.20;

/// @title Foundry's cheatcodes, those that the kit and its tests use
/// @notice A name of its own, so that it stands beside forge-std's `Vm` in a project that has that.
interface ParsVm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    // Environment.
    function getFoundryVersion() external view returns (string memory);
    function envString(string calldata name) external view returns (string memory);
    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
    function warp(uint256 timestamp) external;
    function roll(uint256 number) external;
    function chainId(uint256 id) external;

    // State.
    function etch(address account, bytes calldata code) external;
    function store(address account, bytes32 slot, bytes32 value) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function deal(address account, uint256 balance) external;
    function setNonceUnsafe(address account, uint64 nonce) external;
    function getNonce(address account) external view returns (uint64);
    function label(address account, string calldata name) external;
    function snapshotState() external returns (uint256);
    function revertToState(uint256 id) external returns (bool);

    // Forks.
    function createSelectFork(string calldata url) external returns (uint256);
    function createSelectFork(string calldata url, uint256 number) external returns (uint256);
    function createFork(string calldata url) external returns (uint256);
    function selectFork(uint256 fork) external;
    function activeFork() external view returns (uint256);
    function rollFork(uint256 number) external;
    function allowCheatcodes(address account) external;
    function rpc(string calldata method, string calldata params) external returns (bytes memory);
    function rpc(string calldata url, string calldata method, string calldata params) external returns (bytes memory);

    // Calls.
    function prank(address caller) external;
    function startPrank(address caller) external;
    function stopPrank() external;
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectEmit(address emitter) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function mockCall(address callee, bytes calldata data, bytes calldata answer) external;
    function clearMockedCalls() external;
    function startBroadcast() external;
    function stopBroadcast() external;
    function assume(bool condition) external pure;

    // Gas.
    function pauseGasMetering() external;
    function resumeGasMetering() external;
    function snapshotGasLastCall(string calldata group, string calldata name) external returns (uint256);
    function snapshotValue(string calldata group, string calldata name, uint256 value) external;
    function lastCallGas() external view returns (Gas memory);

    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    // Text.
    function toString(address value) external pure returns (string memory);
    function toString(bytes calldata value) external pure returns (string memory);
    function toString(bytes32 value) external pure returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
    function readFile(string calldata path) external view returns (string memory);
    function parseJsonKeys(string calldata json, string calldata key) external pure returns (string[] memory);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function parseJsonStringArray(string calldata json, string calldata key) external pure returns (string[] memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);

    // Assertions.
    function assertEq(uint256 a, uint256 b) external pure;
    function assertEq(uint256 a, uint256 b, string calldata what) external pure;
    function assertEq(address a, address b) external pure;
    function assertEq(bytes32 a, bytes32 b) external pure;
    function assertEq(bytes32 a, bytes32 b, string calldata what) external pure;
    function assertEq(bytes calldata a, bytes calldata b) external pure;
    function assertEq(bytes calldata a, bytes calldata b, string calldata what) external pure;
    function assertEq(string calldata a, string calldata b) external pure;
    function assertTrue(bool condition) external pure;
    function assertTrue(bool condition, string calldata what) external pure;
    function assertFalse(bool condition) external pure;
    function assertFalse(bool condition, string calldata what) external pure;
    function assertLe(uint256 a, uint256 b) external pure;
    function assertLe(uint256 a, uint256 b, string calldata what) external pure;
    function assertGt(uint256 a, uint256 b) external pure;
}

/// @dev Where every test finds them: the last 20 bytes of keccak256("hevm cheat code").
ParsVm constant PARS_VM = ParsVm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
