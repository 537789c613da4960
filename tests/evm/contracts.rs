//! Hostile contracts: the compiled harness of `contracts/`, and a few bytes assembled here.

use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::{SolConstructor, SolValue, sol};
use revm::state::Bytecode;

sol! {
    #![sol(all_derives)]
    contract DelegateProxy {
        function delegate(address target, bytes data) external payable returns (bool ok, bytes output);
        function callCode(address target, uint256 value, bytes data) external payable returns (bool ok, bytes output);
        function delegateTwice(address next, address target, bytes data) external payable returns (bool ok, bytes output);
        function delegateThenCallCode(address next, address target, uint256 value, bytes data) external payable returns (bool ok, bytes output);
        function delegateThenCall(address next, address target, bytes data) external returns (bool ok, bytes output);
    }
    contract DelegateInConstructor {
        constructor(address target, bytes data, bool useCallCode);
        function ok() external view returns (bool);
        function output() external view returns (bytes);
    }
    contract CallInConstructor {
        constructor(address target, bytes data);
        function ok() external view returns (bool);
        function output() external view returns (bytes);
    }
    contract ValueForwarder {
        function forward(address target, bytes data) external payable;
        function tryForward(address target, uint256 value, bytes data) external payable returns (bool ok, bytes output, uint256 balanceAfter);
    }
    contract StaticCaller {
        function staticCall(address target, bytes data) external view returns (bool ok, uint256 used, bytes output);
        function plainCall(address target, bytes data) external returns (bool ok, uint256 used, bytes output);
        function callInsideStatic(address target, bytes data) external view returns (bool ok, uint256 used, bytes output);
    }
    contract TransferLike {
        function sendWithStipend(address target, uint256 value, bytes data) external payable returns (bool ok, bytes output);
        function callWith2300(address target, bytes data) external returns (bool ok, bytes output);
    }
    contract OverlapCaller {
        function overlap(address target, bytes data, uint256 outOffset, uint256 outSize) external returns (bool ok, bytes first, bytes second, bytes region);
    }
    contract GasCaller {
        function callWithGas(address target, uint256 gasLimit, bytes data) external returns (bool ok, uint256 used, bytes output);
        function callTwiceWithGas(address target, uint256 gasLimit, bytes data) external returns (bool ok, uint256 used, bytes output);
    }
    contract SelfDestructTo {
        constructor(address target);
        function destroy(address target) external payable;
    }
    contract Prober {
        function precompile() external pure returns (address);
        function code(address target) external view returns (uint256 size, bytes32 hash, bytes bytecode);
        function balanceGas(address target) external view returns (uint256 value, uint256 first, uint256 second);
        function codeSizeGas(address target) external view returns (uint256 size, uint256 first, uint256 second);
        function touch(address target) external returns (bool ok, bytes output);
    }
    contract Reverter {
        error Undone();
        function beforeInsideAfter(bytes a, bytes b, bytes c) external returns (uint256 caught);
        function undoneIsUnspent(bytes a) external returns (uint256 caught);
        function spentStaysSpent(bytes a) external returns (uint256 caught);
        function nested(bytes a, bytes b, bytes c, bytes d, bytes e, bool keep) external returns (uint256 caught);
        function outOfGasInside(bytes a, bytes b, uint256 gasLimit) external returns (uint256 caught);
        function submitTwiceThenRevert(bytes a, bytes b) external;
        function createInside(bytes a, bool keep) external returns (address created);
    }
    contract CallTree {
        struct Step { uint8 op; uint256 gasLimit; bytes data; uint8 expect; }
        struct Result { bool ok; bytes output; }
        function run(Step[] steps) external payable returns (Result[] results);
    }
    contract MiningPool {
        error WrongRecipient(address recipient);
        error NotAccepted(bytes32 workId);
        error AlreadySettled(bytes32 workId);
        function submit(bytes proof, bytes attestation) external returns (uint256 reward);
        function settle(bytes signedPart) external;
        function unitsOf(bytes32 deviceId) external view returns (uint256);
        function totalUnits() external view returns (uint256);
        function balance() external view returns (uint256);
    }
}

/// A JSON file of `contracts/artifacts`.
pub fn artifact(name: &str) -> serde_json::Value {
    let path = format!("{}/contracts/artifacts/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Creation code of a contract of the harness.
pub fn creation_code(name: &str) -> Vec<u8> {
    let artifact = artifact(name);
    let code = hex::decode(artifact["bytecode"].as_str().expect("bytecode")).expect("hex");
    assert!(!code.is_empty(), "{name} has no code");
    code
}

/// The same with constructor arguments.
pub fn creation_with(name: &str, arguments: impl SolConstructor) -> Bytes {
    [creation_code(name), arguments.abi_encode()].concat().into()
}

/// An opcode that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Call,
    CallCode,
    Delegate,
    Static,
}

impl Op {
    pub const ALL: [Self; 4] = [Self::Call, Self::CallCode, Self::Delegate, Self::Static];
}

/// Where tests put the forwarder of an opcode.
pub fn forwarder_address(op: Op) -> Address {
    Address::with_last_byte(0xf0 + op as u8)
}

/// Hands its calldata to `0x0300` with all gas, and its own value with CALL and CALLCODE; ends as the call ended.
pub fn forwarder(op: Op) -> Bytecode {
    let mut code = hex!("365f5f37 5f5f365f").to_vec(); // calldatacopy(0, 0, size); out, out, size, in
    if matches!(op, Op::Call | Op::CallCode) {
        code.push(0x34); // callvalue
    }
    code.extend(hex!("610300 5a")); // 0x0300, gas
    code.push(match op {
        Op::Call => 0xf1,
        Op::CallCode => 0xf2,
        Op::Delegate => 0xf4,
        Op::Static => 0xfa,
    });
    code.extend(hex!("3d5f5f3e")); // returndatacopy(0, 0, size)
    let destination = u8::try_from(code.len() + 6).expect("short code");
    code.push(0x60);
    code.push(destination);
    code.extend(hex!("57 3d5ffd 5b 3d5ff3")); // jumpi, revert(0, size), jumpdest, return(0, size)
    Bytecode::new_legacy(code.into())
}

/// Calls itself with its calldata and, in that call, hands it to `0x0300` by DELEGATECALL; ends as that ended.
pub fn calls_itself_then_delegates(itself: Address) -> Bytecode {
    let mut code = hex!("365f5f37 5f5f365f").to_vec(); // calldatacopy(0, 0, size); out, out, size, in
    code.push(0x73);
    code.extend(itself);
    code.extend(hex!("80 33 14 602a 57")); // dup, caller, eq, jumpi(0x2a): called by itself
    code.extend(hex!("5f 90 5a f1")); // value 0 under the address, gas, call
    code.extend(hex!("6031 56")); // jump(0x31)
    code.extend(hex!("5b 50 610300 5a f4")); // 0x2a: drop itself, delegatecall(gas, 0x0300)
    code.extend(hex!("5b 3d5f5f3e 603c 57 3d5ffd 5b 3d5ff3")); // 0x31: as the forwarder ends
    Bytecode::new_legacy(code.into())
}

/// Hands its calldata to `0x0300`, forgets how that ended, and returns the gas of BALANCE(account) after it.
pub fn balance_gas_after_call(account: Address) -> Bytecode {
    let mut code = hex!("365f5f37 5f5f365f5f 610300 5af1 50 5a 73").to_vec();
    code.extend(account);
    code.extend(hex!("31 50 5a 90 03 5f52 60205ff3")); // balance, pop, gas, swap, sub, mstore, return
    Bytecode::new_legacy(code.into())
}

/// Returns the gas of BALANCE(account).
pub fn balance_gas(account: Address) -> Bytecode {
    let mut code = hex!("5a 73").to_vec();
    code.extend(account);
    code.extend(hex!("31 50 5a 90 03 5f52 60205ff3")); // balance, pop, gas, swap, sub, mstore, return
    Bytecode::new_legacy(code.into())
}

/// Calls `0x0300` with its calldata, then reverts with what that returned.
pub fn then_reverts() -> Bytecode {
    let code = hex!("365f5f37 5f5f365f5f 610300 5af1 50 3d5f5f3e 3d5ffd"); // …, pop, returndatacopy, revert(0, size)
    Bytecode::new_legacy(code.into())
}

/// Calls another contract with its calldata and returns whether that succeeded.
pub fn catches(target: Address) -> Bytecode {
    let mut code = hex!("365f5f37 5f5f365f5f 73").to_vec();
    code.extend(target);
    code.extend(hex!("5af1 5f52 60205ff3")); // call, mstore(0, success), return(0, 32)
    Bytecode::new_legacy(code.into())
}

/// Calls `0x0300` twice with its calldata and returns what the second call gave.
pub fn calls_twice() -> Bytecode {
    let call = hex!("5f5f365f5f 610300 5af1 50");
    let code = [&hex!("365f5f37")[..], &call, &call, &hex!("3d5f5f3e 3d5ff3")].concat();
    Bytecode::new_legacy(code.into())
}

/// Gas that [`balance_gas_after_call`] adds to BALANCE: PUSH20, POP, GAS.
pub const BALANCE_GAS_OVERHEAD: u64 = 3 + 2 + 2;

/// Decodes one word.
#[track_caller]
pub fn word(output: &[u8]) -> U256 {
    U256::abi_decode(output).expect("one word")
}
