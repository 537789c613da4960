// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {AIMining} from "../src/AIMining.sol";

/// @title An account that an ML-DSA key opens
/// @notice Whoever brings a signature of the key may relay a call; the key's holder needs no coins and no secp256k1 key.
/// What is signed names chain, account and nonce: a signature works once, here, on this chain.
/// @dev `verifyMLDSA` takes the empty FIPS 204 context, as work proofs do not, so no signature over work opens this
/// account; the tag in the message keeps other uses of the empty context apart. A relayer chooses the gas: the call is
/// given at least `gasLimit`, or nothing happens. A call that reverts uses the nonce up all the same, or anybody could
/// bring it again later.
contract PostQuantumAccount {
    bytes32 public constant TAG = keccak256("pars.example.post-quantum-account.v1");

    /// @notice keccak256 of the public key. The key itself comes with each call: calldata is cheaper than storage.
    bytes32 public keyHash;
    /// @notice Number of the next call.
    uint256 public nonce;

    /// @param gasLimit Gas that the call is given at least.
    /// @param deadline Last second in which it may be relayed.
    struct Call {
        address to;
        uint256 value;
        bytes data;
        uint256 gasLimit;
        uint64 deadline;
    }

    event Executed(uint256 indexed nonce, address indexed to, bool ok, bytes output);
    event KeyChanged(bytes32 indexed keyHash);

    error WrongKey();
    error WeakKey();
    error InvalidSignature();
    error Expired(uint64 deadline);
    error NotEnoughGas(uint256 wanted);
    error OnlySelf();

    constructor(bytes memory publicKey) payable {
        _setKey(publicKey);
    }

    receive() external payable {}

    /// @notice The 32 bytes that the key signs for the next call.
    function digest(Call calldata call) public view returns (bytes32) {
        return keccak256(
            abi.encode(
                TAG,
                block.chainid,
                address(this),
                nonce,
                call.to,
                call.value,
                keccak256(call.data),
                call.gasLimit,
                call.deadline
            )
        );
    }

    /// @notice Makes the call that the key signed.
    function execute(Call calldata call, bytes calldata publicKey, bytes calldata signature)
        external
        returns (bool ok, bytes memory output)
    {
        if (keccak256(publicKey) != keyHash) revert WrongKey();
        if (block.timestamp > call.deadline) revert Expired(call.deadline);
        if (!AIMining.verify(publicKey, abi.encodePacked(digest(call)), signature)) revert InvalidSignature();
        uint256 used = nonce++;
        // The 63/64 rule keeps a part back.
        if (gasleft() < call.gasLimit + call.gasLimit / 63 + 20_000) revert NotEnoughGas(call.gasLimit);
        (ok, output) = call.to.call{value: call.value}(call.data);
        emit Executed(used, call.to, ok, output);
    }

    /// @notice Changes the key: a call of the account to itself.
    function setKey(bytes calldata publicKey) external {
        if (msg.sender != address(this)) revert OnlySelf();
        _setKey(publicKey);
    }

    /// @dev Everything after a key's first 32 bytes being zero means that anybody can sign under it.
    function _setKey(bytes memory publicKey) private {
        uint256 length = publicKey.length;
        bool known = length == AIMining.publicKeyLength(AIMining.ML_DSA_44)
            || length == AIMining.publicKeyLength(AIMining.ML_DSA_65)
            || length == AIMining.publicKeyLength(AIMining.ML_DSA_87);
        if (!known) revert WrongKey();
        bytes32 any;
        for (uint256 i = 64; i <= length; i += 32) {
            assembly ("memory-safe") {
                any := or(any, mload(add(publicKey, i)))
            }
        }
        if (any == 0) revert WeakKey();
        keyHash = keccak256(publicKey);
        emit KeyChanged(keyHash);
    }
}
