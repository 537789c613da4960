// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity >=0.8.20;

/// @title What the kit remembers, in the storage of 0x0300 itself, so that reverts and snapshots undo it
/// @notice The fork's block, and which slots differ from it here. The slots of these notes are hashes that no slot of the
/// precompile can be.
library KitStorage {
    /// @dev keccak256("pars.kit.fork-block"): the number of the fork's block, plus one.
    bytes32 internal constant FORK_BLOCK = 0x3134189003fabda0d307534d4bfe0a7adf1d22edb82602bed9b99560f3aa3d71;
    /// @dev keccak256("pars.kit.changes"): how many slots are changed.
    bytes32 internal constant CHANGES = 0xd68406b857cee4087f821749fab5923ddc7cd6fd578def4b581f32a277236d01;

    /// @dev `"0x…":"0x…"` and a comma.
    uint256 private constant ENTRY_LENGTH = 138;

    /// @notice The note that a slot is changed.
    function markOf(bytes32 slot) internal pure returns (bytes32) {
        return keccak256(abi.encode(CHANGES, slot));
    }

    /// @notice Where the changed slot of this number is noted.
    function entryOf(uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, CHANGES));
    }

    /// @notice The fork's block.
    function forkBlock() internal view returns (uint256) {
        return uint256(_load(FORK_BLOCK)) - 1;
    }

    /// @notice Writes a slot and notes it.
    function write(bytes32 slot, bytes32 value) internal {
        bytes32 mark = markOf(slot);
        if (_load(mark) == 0) {
            uint256 count = uint256(_load(CHANGES));
            _store(entryOf(count), slot);
            _store(CHANGES, bytes32(count + 1));
            _store(mark, bytes32(uint256(1)));
        }
        _store(slot, value);
    }

    /// @notice The changed slots as members of a JSON object. Made in one piece: there may be thousands.
    function changesAsJson() internal view returns (string memory text) {
        uint256 count = uint256(_load(CHANGES));
        if (count == 0) return "";
        text = new string(count * ENTRY_LENGTH - 1);
        for (uint256 i = 0; i < count; i++) {
            bytes32 slot = _load(entryOf(i));
            (bytes32 a, bytes32 b) = _hex(slot);
            (bytes32 c, bytes32 d) = _hex(_load(slot));
            assembly ("memory-safe") {
                let p := add(add(text, 32), mul(i, ENTRY_LENGTH))
                // In order, each overlapping what the one before wrote beyond its end; the last one must not.
                mstore(p, '"0x')
                mstore(add(p, 3), a)
                mstore(add(p, 35), b)
                mstore(add(p, 67), '":"0x')
                mstore(add(p, 72), c)
                mstore(add(p, 104), d)
                mstore8(add(p, 136), 0x22)
                if lt(add(i, 1), count) { mstore8(add(p, 137), 0x2c) }
            }
        }
    }

    /// @dev 64 digits of a word.
    function _hex(bytes32 word) private pure returns (bytes32 high, bytes32 low) {
        high = _hex16(uint256(word) >> 128);
        low = _hex16(uint256(word) & type(uint128).max);
    }

    /// @dev 32 digits of 16 bytes: spreads the half-bytes over the word's bytes, then makes each of them a digit.
    function _hex16(uint256 x) private pure returns (bytes32) {
        x = (x | (x << 64)) & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
        x = (x | (x << 32)) & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
        x = (x | (x << 16)) & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
        x = (x | (x << 8)) & 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
        x = (x | (x << 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
        uint256 letters = ((x + 0x0606060606060606060606060606060606060606060606060606060606060606) >> 4)
            & 0x0101010101010101010101010101010101010101010101010101010101010101;
        return bytes32(x + 0x3030303030303030303030303030303030303030303030303030303030303030 + letters * 39);
    }

    function _load(bytes32 slot) private view returns (bytes32 value) {
        assembly ("memory-safe") {
            value := sload(slot)
        }
    }

    function _store(bytes32 slot, bytes32 value) private {
        assembly ("memory-safe") {
            sstore(slot, value)
        }
    }
}
