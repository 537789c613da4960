// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

/// @title CALL whose output region overlaps its input (A8; geth's CVE-2021-39137)
contract OverlapCaller {
    /// @notice Writes `data` to memory at p, calls with input [p, p + length) and output [p + outOffset, + outSize).
    /// @return ok Whether the call succeeded.
    /// @return first RETURNDATA, copied at once.
    /// @return second RETURNDATA, copied after the whole region was overwritten with 0xff: must equal `first`.
    /// @return region Memory [p, p + max(length, outOffset + outSize)) after the call and before it was overwritten: the
    /// input, with the first min(outSize, RETURNDATASIZE) bytes of the output written over it at `outOffset`.
    function overlap(address target, bytes calldata data, uint256 outOffset, uint256 outSize)
        external
        returns (bool ok, bytes memory first, bytes memory second, bytes memory region)
    {
        // The region is a `bytes` in its own right, so that its content can be copied and returned.
        bytes memory scratch = new bytes(_max(data.length, outOffset + outSize));
        assembly ("memory-safe") {
            let p := add(scratch, 32)
            calldatacopy(p, data.offset, data.length)
            ok := call(gas(), target, 0, p, data.length, add(p, outOffset), outSize)
        }
        region = bytes.concat(scratch);
        first = _returned();
        for (uint256 i = 0; i < scratch.length; i++) {
            scratch[i] = 0xff;
        }
        second = _returned();
    }

    function _returned() private pure returns (bytes memory output) {
        uint256 size;
        assembly ("memory-safe") {
            size := returndatasize()
        }
        output = new bytes(size);
        assembly ("memory-safe") {
            returndatacopy(add(output, 32), 0, size)
        }
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
