//! B6: random trees of calls, compared with a model that knows frames and nothing else.

use crate::{
    chain::*,
    contracts::{CallTree, creation_code},
    random::Random,
    work::*,
};
use alloy_primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use pars_ai_mining::{
    precompile::testing::RECIPIENT,
    protocol::abi::{
        IAIMining::*,
        IAIMiningErrors::*,
        IAIMiningEvents::{TeleportClaimed, Transfer},
        IAIMiningInspector::acceptedWorkCall,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// What the precompile is, in a few lines: sets and sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model {
    spent: BTreeMap<B256, B256>,
    claimed: BTreeSet<B256>,
    balances: BTreeMap<Address, U256>,
    native: U256,
    logs: Vec<Log>,
}

/// A leaf's calldata, by meaning.
#[derive(Clone, Debug)]
enum Leaf {
    Submit(usize),
    Claim(usize),
    Balance(Address),
    Accepted(usize),
    Garbage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call,
    Static,
    Delegate,
    CallCode,
    CallWithValue,
    Keep,
    Undo,
    KeepStatic,
}

#[derive(Clone, Debug)]
enum Node {
    Leaf { kind: Kind, leaf: Leaf, starved: bool },
    Branch { kind: Kind, steps: Vec<Node> },
}

struct World {
    works: Vec<Work>,
    teleports: Vec<B256>,
    amounts: Vec<U256>,
}

/// Too little for any write, enough for no view either.
const STARVED: u64 = 5_000;

impl World {
    fn data(&self, leaf: &Leaf) -> Bytes {
        match leaf {
            Leaf::Submit(n) => self.works[*n].submit(),
            Leaf::Claim(n) => claimTeleportCall { teleportId: self.teleports[*n] }.abi_encode().into(),
            Leaf::Balance(miner) => miningBalanceCall { miner: *miner }.abi_encode().into(),
            Leaf::Accepted(n) => acceptedWorkCall { workId: self.works[*n].work_id }.abi_encode().into(),
            Leaf::Garbage => Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef, 0]),
        }
    }

    fn encode(&self, node: &Node) -> CallTree::Step {
        let (kind, gas, data) = match node {
            Node::Leaf { kind, leaf, starved } => (kind, if *starved { STARVED } else { 0 }, self.data(leaf)),
            Node::Branch { kind, steps } => (kind, 0, self.encode_all(steps).into()),
        };
        // Expect::Anything: the model says what is expected.
        CallTree::Step { op: *kind as u8, gasLimit: U256::from(gas), data, expect: 2 }
    }

    /// The arguments of `run`.
    fn encode_all(&self, steps: &[Node]) -> Vec<u8> {
        let steps: Vec<_> = steps.iter().map(|node| self.encode(node)).collect();
        CallTree::runCall { steps }.abi_encode().split_off(4)
    }

    fn leaf(
        &self,
        model: &mut Model,
        kind: Kind,
        leaf: &Leaf,
        starved: bool,
        is_static: bool,
    ) -> (bool, Bytes) {
        let refuse = |error: Vec<u8>| (false, Bytes::from(error));
        // CALL with value from a static frame is an exception of the EVM itself: the frame dies.
        debug_assert!(!(is_static && kind == Kind::CallWithValue));
        match kind {
            Kind::Delegate | Kind::CallCode => return refuse(DelegateCallNotAllowed {}.abi_encode()),
            Kind::CallWithValue => return refuse(ValueNotAllowed {}.abi_encode()),
            _ => {}
        }
        if starved {
            return refuse(Vec::new());
        }
        let is_static = is_static || kind == Kind::Static;
        match leaf {
            Leaf::Garbage => refuse(UnknownSelector {}.abi_encode()),
            Leaf::Balance(miner) => {
                (true, model.balances.get(miner).copied().unwrap_or_default().abi_encode().into())
            }
            Leaf::Accepted(n) => {
                let hash = model.spent.get(&self.works[*n].work_id).copied().unwrap_or_default();
                (true, hash.abi_encode().into())
            }
            Leaf::Submit(_) | Leaf::Claim(_) if is_static => refuse(StaticCallNotAllowed {}.abi_encode()),
            Leaf::Submit(n) => {
                let work = &self.works[*n];
                if model.spent.contains_key(&work.work_id) {
                    return refuse(WorkAlreadySpent { workId: work.work_id }.abi_encode());
                }
                model.spent.insert(work.work_id, keccak256(work.statement.encode()));
                *model.balances.entry(RECIPIENT).or_default() += U256::from(REWARD);
                model.native += U256::from(REWARD);
                model.logs.extend(work.logs(REWARD, 1));
                (true, U256::from(REWARD).abi_encode().into())
            }
            Leaf::Claim(n) => {
                let (id, amount) = (self.teleports[*n], self.amounts[*n]);
                if !model.claimed.insert(id) {
                    return refuse(TeleportAlreadyClaimed { teleportId: id }.abi_encode());
                }
                *model.balances.entry(CLAIMANT).or_default() += amount;
                let paid = Transfer { from: Address::ZERO, to: CLAIMANT, value: amount };
                let event = TeleportClaimed { teleportId: id, recipient: CLAIMANT, amount };
                model.logs.extend([log(paid.encode_log_data()), log(event.encode_log_data())]);
                (true, amount.abi_encode().into())
            }
        }
    }

    fn run(&self, model: &mut Model, steps: &[Node], is_static: bool) -> Vec<CallTree::Result> {
        steps
            .iter()
            .map(|node| {
                let (ok, output) = match node {
                    Node::Leaf { kind, leaf, starved } => self.leaf(model, *kind, leaf, *starved, is_static),
                    Node::Branch { kind, steps } => {
                        let before = model.clone();
                        let results = self.run(model, steps, is_static || *kind == Kind::KeepStatic);
                        if *kind == Kind::Undo {
                            *model = before;
                        }
                        (true, results.abi_encode().into())
                    }
                };
                CallTree::Result { ok, output }
            })
            .collect()
    }
}

fn random_steps(random: &mut Random, world: &World, depth: u64, is_static: bool) -> Vec<Node> {
    (0..2 + random.below(4))
        .map(|_| {
            if depth > 0 && random.one_in(2) {
                let kind = *random.pick(&[Kind::Keep, Kind::Undo, Kind::Undo, Kind::KeepStatic]);
                let is_static = is_static || kind == Kind::KeepStatic;
                return Node::Branch { kind, steps: random_steps(random, world, depth - 1, is_static) };
            }
            let works = world.works.len() as u64;
            let leaf = match random.below(10) {
                0..=3 => Leaf::Submit(random.below(works) as usize),
                4 | 5 => Leaf::Claim(random.below(world.teleports.len() as u64) as usize),
                6 => Leaf::Balance(*random.pick(&[RECIPIENT, CLAIMANT])),
                7 | 8 => Leaf::Accepted(random.below(works) as usize),
                _ => Leaf::Garbage,
            };
            let kind = match random.below(12) {
                0 => Kind::Static,
                1 => Kind::Delegate,
                2 => Kind::CallCode,
                3 if !is_static => Kind::CallWithValue,
                _ => Kind::Call,
            };
            Node::Leaf { kind, leaf, starved: random.one_in(12) }
        })
        .collect()
}

fn compare(test: &str, seed: u64, trees: u64) {
    let mut random = Random::seeded(test, seed);
    let amounts: Vec<_> = (1..=4).map(|n| U256::from(n * 1_000)).collect();
    let (genesis, teleports) = genesis_with_teleports(&amounts);
    let world = World { works: works(1, 6), teleports, amounts };
    let fresh = engines().map(|engine| {
        let mut chain = Chain::of(engine, genesis.clone());
        let tree = chain.deploy(creation_code("CallTree"));
        chain.traced = false;
        (chain, tree)
    });
    let (mut accepted, mut undone) = (0, 0);
    for number in 0..trees {
        let steps = random_steps(&mut random, &world, 3, false);
        let mut model = Model::default();
        let expected = world.run(&mut model, &steps, false);
        accepted += model.spent.len();
        undone += usize::from(format!("{steps:?}").contains("Undo"));
        let data = [&CallTree::runCall::SELECTOR[..], &world.encode_all(&steps)].concat();
        let mut seen = Vec::new();
        for (chain, tree) in &fresh {
            let mut chain = chain.clone();
            let receipt = chain.send(Tx::call(*tree, data.clone()).gas(400_000_000).value(U256::from(100)));
            let results = CallTree::runCall::abi_decode_returns(receipt.success()).unwrap();
            assert_eq!(results, expected, "tree {number}: {steps:?}");
            assert_eq!(receipt.logs, model.logs, "tree {number}: {steps:?}");
            for work in &world.works {
                let hash = model.spent.get(&work.work_id).copied().unwrap_or_default();
                assert_eq!(chain.slot(entry("acceptedWork", work.work_id)), U256::from_be_bytes(hash.0));
                assert_eq!(chain.slot(entry("jobPaid", work.job_mark())), U256::from(!hash.is_zero()));
            }
            for id in &world.teleports {
                let status = if model.claimed.contains(id) { 2 } else { 1 };
                assert_eq!(chain.slot(entry("teleportStatus", *id)), U256::from(status));
            }
            let waiting = world.teleports.len() - model.claimed.len();
            assert_eq!(chain.slot(entry("teleportPending", key(CLAIMANT))), U256::from(waiting));
            for (holder, balance) in &model.balances {
                assert_eq!(chain.slot(entry("balances", key(*holder))), *balance);
            }
            assert_eq!(chain.slot(slot("totalSupply")), model.balances.values().sum::<U256>());
            assert_eq!(chain.disk.balance(RECIPIENT), model.native);
            assert_eq!(chain.disk.balance(*tree), U256::from(100), "refused coins came back");
            seen.push((receipt, chain.disk));
        }
        assert_eq!(seen[0], seen[1], "tree {number}: both engines, gas and every balance");
    }
    assert!(accepted as u64 > trees / 2 && undone as u64 > trees / 4, "trees too dull: {accepted}, {undone}");
}

#[test]
fn b6_random_call_trees_equal_a_model() {
    compare("b6_random_call_trees_equal_a_model", 6, 300);
}

#[test]
#[ignore = "make long"]
fn long_b6_random_call_trees_equal_a_model() {
    compare("long_b6_random_call_trees_equal_a_model", 600, 6_000);
}
