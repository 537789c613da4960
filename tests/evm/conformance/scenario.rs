//! What the file tells: written here once, then everything it does is recorded.

use super::{
    account, execute,
    file::{Account, Block, ChainFile, Contract, Expected, File, Leaf, Transaction},
    start,
};
use crate::{
    chain::{AlloyEvm, Chain, Tx},
    contracts::{
        Op, balance_gas, balance_gas_after_call, calls_itself_then_delegates, calls_twice, catches,
        forwarder, then_reverts,
    },
};
use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    mldsa::{ParameterSet, SigningKey},
    nvtrust::Architecture,
    precompile::{
        ADDRESS, Genesis, HostProfile, gas,
        profile::EvmRevision,
        testing::{CHAIN_ID, GpuMiner, Miner},
    },
    protocol::{
        Parameter, TeleportMessage,
        abi::{IAIMining::*, IAIMiningGovernance::*, IAIMiningInspector::*},
        ids,
    },
};
use std::sync::Arc;

/// Timestamp of the first chain's block 0. Before August 2025, when subnet-evm stopped to let anything but CALL and
/// STATICCALL reach a precompile.
const GENESIS_TIME: u64 = 1_750_000_000;
const SET: ParameterSet = ParameterSet::MlDsa44;
/// More than any transaction here needs, and less than a block of 15 Mgas.
const PLENTY: u64 = 3_000_000;

/// Who is paid. Nobody has its key.
const PAID: Address = address!("0x00000000000000000000000000000000000b0b0b");
/// Paid for the first time in the middle of a transaction that then looks at its balance.
const NEWCOMER: Address = address!("0x00000000000000000000000000000000000b0b0c");
/// Claims nothing itself.
const CLAIMANT: Address = address!("0x00000000000000000000000000000000000c1a1e");

const REVERTER: Address = address!("0x00000000000000000000000000000000000000e0");
const ITSELF: Address = address!("0x00000000000000000000000000000000000000e1");
const CATCHER: Address = address!("0x00000000000000000000000000000000000000e2");
const TWICE: Address = address!("0x00000000000000000000000000000000000000e3");
const PROBE: Address = address!("0x00000000000000000000000000000000000000e4");
const PROBE_AFTER_MINT: Address = address!("0x00000000000000000000000000000000000000e5");
const PROBE_NEVER: Address = address!("0x00000000000000000000000000000000000000e6");

/// The file, from nothing.
pub fn file() -> File {
    File {
        rules: 1,
        about: "Chains of blocks that every host must execute alike, under the profile of luxfi/evm hosts. See README.md beside it."
            .into(),
        chains: vec![from_genesis(), from_a_timestamp()],
    }
}

fn forwarder_of(op: Op) -> Address {
    Address::with_last_byte(0xf0 + op as u8)
}

fn contracts() -> Vec<Contract> {
    let made = |about: &str, address, code: revm::state::Bytecode| Contract {
        about: about.into(),
        address,
        code: code.original_bytes(),
    };
    let forwarders = Op::ALL.map(|op| {
        let about = format!("hands its calldata to 0x0300 by {op:?}, its value too where the opcode has one; ends as that ended");
        made(&about, forwarder_of(op), forwarder(op))
    });
    let others = [
        made(
            "calls 0x0300 with its calldata, then reverts with what that returned",
            REVERTER,
            then_reverts(),
        ),
        made(
            "calls itself, then hands its calldata to 0x0300 by DELEGATECALL",
            ITSELF,
            calls_itself_then_delegates(ITSELF),
        ),
        made(
            "calls the reverter with its calldata and returns whether that succeeded",
            CATCHER,
            catches(REVERTER),
        ),
        made(
            "calls 0x0300 twice with its calldata and returns what the second call gave",
            TWICE,
            calls_twice(),
        ),
        made("returns the gas of BALANCE(0x0300)", PROBE, balance_gas(ADDRESS)),
        made(
            "calls 0x0300 with its calldata, then returns the gas of BALANCE of a newcomer",
            PROBE_AFTER_MINT,
            balance_gas_after_call(NEWCOMER),
        ),
        made(
            "the same of an account that nothing was minted for",
            PROBE_NEVER,
            balance_gas_after_call(REVERTER),
        ),
    ];
    forwarders.into_iter().chain(others).collect()
}

fn teleport(nonce: u64) -> TeleportMessage {
    TeleportMessage {
        src_chain: 96_369,
        dst_chain: CHAIN_ID,
        nonce,
        sender: B256::repeat_byte(0x5e),
        recipient: CLAIMANT.into_word(),
        amount: U256::from(1_000_000_000_000_000_000 + nonce),
    }
}

/// A chain on its way: blocks are executed as they are written.
struct Story {
    file: ChainFile,
    chain: Chain,
    waiting: Vec<Transaction>,
    time: u64,
}

impl Story {
    fn new(name: &str, about: &str, config: Genesis, accounts: Vec<Account>) -> Self {
        let file = ChainFile {
            name: name.into(),
            about: about.into(),
            config,
            genesis_time: GENESIS_TIME,
            accounts,
            contracts: contracts(),
            blocks: Vec::new(),
        };
        let mut chain = start(Arc::new(AlloyEvm), &file);
        (chain.number, chain.time) = (1, GENESIS_TIME);
        Self { file, chain, waiting: Vec::new(), time: GENESIS_TIME }
    }

    /// Where in the list of accounts somebody stands.
    fn address(&self, name: &str) -> Address {
        self.file.accounts.iter().find(|account| account.name == name).expect("somebody").address
    }

    /// The next block is this much later.
    fn later(&mut self, seconds: u64) {
        self.time += seconds;
        self.chain.time = self.time;
    }

    fn send(&mut self, from: &str, to: Address, input: impl Into<Bytes>, about: &str) -> &mut Transaction {
        let from = self.address(from);
        self.waiting.push(Transaction {
            about: about.into(),
            from,
            to,
            value: U256::ZERO,
            gas: PLENTY,
            input: input.into(),
            expected: Expected::default(),
        });
        self.waiting.last_mut().expect("just pushed")
    }

    fn call(&mut self, from: &str, input: impl SolCall, about: &str) {
        self.send(from, ADDRESS, input.abi_encode(), about);
    }

    fn seal(&mut self) {
        let number = self.file.blocks.len() as u64 + 1;
        let block = Block {
            number,
            timestamp: self.time,
            transactions: std::mem::take(&mut self.waiting),
            account: Leaf::default(),
            balances: [PAID, NEWCOMER, CLAIMANT].map(|address| (address, U256::ZERO)).into(),
        };
        let done = execute(&mut self.chain, &block);
        self.file.blocks.push(done);
    }

    /// Work of a miner that completes now.
    fn work(&self, key: u8, number: u64) -> Miner {
        let mut miner = Miner::new(SET, key, number);
        miner.statement.context.timestamp = self.time - 60;
        miner.statement.completed_at = self.time;
        miner.statement.recipient = PAID;
        miner
    }

    /// The same on a simulated GPU, for the seed that the next block has.
    fn gpu(&self, key: u8, device: u8, number: u64) -> GpuMiner {
        let seeds = self.chain.call(&Tx::precompile(epochSeedsCall {}.abi_encode()));
        let seed = epochSeedsCall::abi_decode_returns(seeds.success()).expect("two words").current;
        let mut gpu = GpuMiner {
            miner: self.work(key, number),
            seed,
            ..GpuMiner::new(Architecture::GH100, SET, device, number)
        };
        gpu.miner.statement.context.device_id = gpu.device_id();
        gpu
    }
}

fn balance_of(miner: Address) -> Vec<u8> {
    miningBalanceCall { miner }.abi_encode()
}

fn full(mut gpu: GpuMiner) -> Bytes {
    let evidence = gpu.full();
    gpu.calldata(evidence)
}

fn registered(mut gpu: GpuMiner) -> Bytes {
    let evidence = gpu.registered();
    gpu.calldata(evidence)
}

/// Gas of a transaction before it reaches 0x0300.
fn intrinsic(input: &[u8]) -> u64 {
    21_000 + input.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum::<u64>()
}

/// Active from block 0.
fn from_genesis() -> ChainFile {
    let accounts = ["alice", "bob", "governor"].map(account);
    let messages = [0, 1].map(teleport);
    let config = Genesis {
        profile: HostProfile::luxfi(0, EvmRevision::Cancun),
        pending_teleports: messages.to_vec(),
        ..Genesis::dev(CHAIN_ID, accounts[2].address)
    };
    let about = "Active from genesis: proofs with and without a GPU, refusals, teleports, governance, forwarded calls, an epoch roll.";
    let mut story = Story::new("genesis", about, config, accounts.to_vec());

    story.later(10);
    let first = story.work(1, 1).calldata();
    story.send("alice", ADDRESS, first.clone(), "a software proof");
    let gpu = full(story.gpu(2, 1, 2));
    story.send("bob", ADDRESS, gpu, "a proof with full evidence: registers and binds the device");
    story.call("alice", versionCall {}, "a view");
    let key = SigningKey::from_seed(SET, &[9; 32]);
    let (pk, msg) = (Bytes::from(key.public_key().to_vec()), Bytes::from_static(b"any message"));
    let sig: Bytes = key.sign(&msg, b"", &[0; 32]).expect("a short context").into();
    story.call(
        "alice",
        verifyMLDSACall { pk: pk.clone(), msg: msg.clone(), sig: sig.clone() },
        "a valid signature",
    );
    story.call(
        "alice",
        verifyMLDSACall { pk, msg: Bytes::from_static(b"another"), sig },
        "one of another message",
    );
    story.seal();

    story.later(10);
    story.send("bob", ADDRESS, first, "the first proof again: refused");
    let mut flipped = story.work(1, 3).calldata().to_vec();
    flipped[500] ^= 1;
    story.send("alice", ADDRESS, flipped, "a byte of the public key flipped");
    let mut elsewhere = story.work(1, 3);
    elsewhere.statement.context.chain_id = CHAIN_ID + 1;
    story.send("alice", ADDRESS, elsewhere.calldata(), "a proof for another chain");
    let [one, two] = messages.map(|message| ids::teleport_id(&message));
    story.call("alice", claimTeleportCall { teleportId: one }, "a claim by anybody pays the recipient");
    story.call("bob", claimTeleportCall { teleportId: one }, "a second claim");
    story.call("bob", pendingTeleportsCall { recipient: CLAIMANT }, "what is left");
    story.send("alice", ADDRESS, [], "no calldata");
    story.send("alice", ADDRESS, [1, 2, 3], "three bytes");
    story.send("alice", ADDRESS, [9; 40], "an unknown selector");
    let mut trailing = balance_of(PAID);
    trailing.push(0);
    story.send("alice", ADDRESS, trailing, "a trailing byte");
    let paid = story.work(1, 4).calldata();
    story.send("alice", ADDRESS, paid, "coins sent along: not seen, and they stay").value = U256::from(5);
    story.send("alice", ADDRESS, [9; 4], "coins of a refused call come back").value = U256::from(7);
    story.seal();

    story.later(10);
    let view = balance_of(PAID);
    let cost = intrinsic(&view) + gas::input(view.len()) + gas::operation::ONE_SLOT;
    story.send("alice", ADDRESS, view.clone(), "exactly the gas it needs").gas = cost;
    story.send("alice", ADDRESS, view.clone(), "one gas less: all of it is gone").gas = cost - 1;
    story.send("alice", ADDRESS, view, "not even the input gas").gas = cost - gas::operation::ONE_SLOT - 1;
    let short = story.work(1, 5).calldata();
    story
        .send("alice", ADDRESS, short, "a proof that runs out of gas before its signature is looked at")
        .gas = 150_000;
    let no_roots = verifyNVTrustCall { attestation: Bytes::from_static(&[1, 1, 0]), nonce: B256::ZERO };
    story.call("alice", no_roots, "evidence that is none");
    story.seal();

    story.later(10);
    for op in Op::ALL {
        let proof = story.work(3, 10 + op as u64).calldata();
        story.send("alice", forwarder_of(op), proof, &format!("a proof by {op:?}"));
        story.send("bob", forwarder_of(op), balance_of(PAID), &format!("a view by {op:?}"));
    }
    story
        .send("alice", forwarder_of(Op::Call), balance_of(PAID), "a view by Call, with coins: they stay")
        .value = U256::from(11);
    story
        .send("alice", forwarder_of(Op::CallCode), balance_of(PAID), "by CallCode no coins move to 0x0300")
        .value = U256::from(13);
    let own = story.work(3, 20).calldata();
    story.send("alice", ITSELF, own, "an account that speaks for itself by DELEGATECALL");
    let govern = setParameterCall { name: Parameter::MaxJob.name(), value: U256::from(3_500) }.abi_encode();
    story.send(
        "governor",
        forwarder_of(Op::Delegate),
        govern.clone(),
        "the governor's call, by a contract's DELEGATECALL",
    );
    story.send(
        "governor",
        forwarder_of(Op::CallCode),
        govern,
        "by its CALLCODE: the contract governs nothing",
    );
    story.seal();

    story.later(10);
    let caught = story.work(4, 30).calldata();
    story.send("alice", CATCHER, caught.clone(), "accepted inside a frame that is taken back");
    story.send("alice", REVERTER, caught.clone(), "accepted, then the whole transaction is taken back");
    story.send("alice", TWICE, caught, "so it is still unspent: accepted, and refused the second time");
    story.send("alice", PROBE, [], "0x0300 is cold at the start of a transaction");
    let mut newcomer = story.work(4, 31);
    newcomer.statement.recipient = NEWCOMER;
    story.send("alice", PROBE_AFTER_MINT, newcomer.calldata(), "who was minted coins is warm afterwards");
    story.send("alice", PROBE_NEVER, balance_of(PAID), "after a call that mints nothing others are cold");
    story.seal();

    // Some blocks of nothing but views: the account stays alive.
    story.later(10);
    story.send(
        "bob",
        ADDRESS,
        isSpentCall { workId: story.work(4, 30).work_id() }.abi_encode(),
        "still spent",
    );
    story.seal();
    story.later(10);
    story.seal();

    story.later(3_600);
    let rolled = story.work(1, 40).calldata();
    story.send("alice", ADDRESS, rolled, "the first proof of the next epoch rolls it");
    let bound = registered(story.gpu(2, 1, 41));
    story.send("bob", ADDRESS, bound, "a registered device: the seed before the roll still counts");
    let raise = setParameterCall { name: Parameter::MaxJob.name(), value: U256::from(3_500) };
    story.call("governor", raise.clone(), "a step of a parameter");
    story.call("alice", raise, "not by anybody");
    story.call("governor", proposeGovernorCall { proposed: story.address("bob") }, "the seat is offered");
    story.call("bob", acceptGovernorCall {}, "and taken");
    story.seal();

    story.later(20);
    let bound = registered(story.gpu(2, 1, 42));
    story.send("bob", ADDRESS, bound, "a registered device");
    let thief = registered(story.gpu(5, 1, 43));
    story.send("bob", ADDRESS, thief, "the same device, another miner");
    let moved = full(story.gpu(5, 1, 44));
    story.send("bob", ADDRESS, moved, "fresh evidence moves it from the next epoch on");
    story.call("alice", claimTeleportCall { teleportId: two }, "the other teleport");
    story.seal();
    story.file
}

/// Active from a timestamp on.
fn from_a_timestamp() -> ChainFile {
    let accounts = ["alice", "governor"].map(account);
    let config = Genesis {
        profile: HostProfile::luxfi(GENESIS_TIME + 100, EvmRevision::Cancun),
        pending_teleports: vec![teleport(0)],
        ..Genesis::dev(CHAIN_ID, accounts[1].address)
    };
    let about = "Activated on a running chain, over coins that lie at the address: parsAiMiningConfig.blockTimestamp is 100 s after block 0.";
    let mut story = Story::new("upgrade", about, config, accounts.to_vec());
    story.later(50);
    story
        .send("alice", ADDRESS, balance_of(PAID), "an ordinary account: nothing answers, coins stay")
        .value = U256::from(17);
    story.send("alice", forwarder_of(Op::Static), balance_of(PAID), "nothing answers a contract either");
    story.seal();
    story.later(49);
    story.send("alice", ADDRESS, versionCall {}.abi_encode(), "one second before");
    story.seal();
    story.later(1);
    let proof = story.work(1, 1).calldata();
    story.send("alice", ADDRESS, proof, "in the very block of activation");
    story.call("alice", pendingTeleportsCall { recipient: CLAIMANT }, "the configuration's teleports wait");
    story.seal();
    story.later(10);
    story.call("alice", claimTeleportCall { teleportId: ids::teleport_id(&teleport(0)) }, "and are claimed");
    story.send("alice", PROBE, [], "the address stays cold");
    story.seal();
    story.file
}
