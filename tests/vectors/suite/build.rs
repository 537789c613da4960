//! Scenarios: what a vector is made from.

use super::{
    format::{Block, CallSpec, Expected, File, Pre, Shared, Status, Step, Vector},
    run::run,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    precompile::{
        Genesis,
        profile::RULES_VERSION,
        testing::{GOVERNOR, Miner, NOW, PLENTY, RELAYER, genesis},
    },
    protocol::{Parameter, abi::IAIMiningGovernance::setParameterCall},
};
use std::collections::BTreeMap;

/// State and call of a vector.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) pre: Pre,
    pub(crate) call: CallSpec,
}

/// Block 100 at the fixtures' time, later by some seconds and a tenth as many blocks.
pub(crate) fn block(seconds: u64) -> Block {
    Block { number: 100 + seconds / 10, timestamp: NOW + seconds }
}

/// A call by the relayer.
pub(crate) fn call(input: impl Into<Bytes>) -> CallSpec {
    call_by(RELAYER, input)
}

/// An ordinary call with plenty of gas.
pub(crate) fn call_by(caller: Address, input: impl Into<Bytes>) -> CallSpec {
    CallSpec {
        caller,
        input: Shared::Own(input.into()),
        append_zeros: None,
        value: U256::ZERO,
        is_static: false,
        is_direct: true,
        gas: PLENTY,
    }
}

/// A step of the governor.
pub(crate) fn set(parameter: Parameter, value: u128) -> CallSpec {
    set_named(parameter.name(), U256::from(value))
}

/// A step of the governor, whatever the name and the value.
pub(crate) fn set_named(name: B256, value: U256) -> CallSpec {
    call_by(GOVERNOR, setParameterCall { name, value }.abi_encode())
}

/// The fixtures' configuration with some parameters changed.
pub(crate) fn with(changes: &[(Parameter, u128)]) -> Genesis {
    let mut genesis = genesis();
    for (parameter, value) in changes {
        genesis.parameters = genesis.parameters.with(*parameter, *value);
    }
    genesis
}

impl Scenario {
    /// A call in the fixtures' block on the fixtures' configuration.
    pub(crate) fn new(call: CallSpec) -> Self {
        Self { pre: Pre { genesis: Shared::Own(genesis()), setup: Vec::new(), block: block(0) }, call }
    }

    /// Submission of a miner's proof.
    pub(crate) fn submit(miner: &Miner) -> Self {
        Self::new(call(miner.calldata()))
    }

    pub(crate) fn genesis(mut self, genesis: Genesis) -> Self {
        self.pre.genesis = Shared::Own(genesis);
        self
    }

    /// Runs a call before that must succeed.
    pub(crate) fn after(self, block: Block, call: CallSpec) -> Self {
        self.after_as(block, call, Status::Success)
    }

    /// Runs a call before, however it ends.
    pub(crate) fn after_as(mut self, block: Block, call: CallSpec, status: Status) -> Self {
        self.pre.setup.push(Step { block, call, status });
        self
    }

    /// Moves the call to another block.
    pub(crate) fn at(mut self, block: Block) -> Self {
        self.pre.block = block;
        self
    }

    /// Changes the call.
    pub(crate) fn but(mut self, change: impl FnOnce(&mut CallSpec)) -> Self {
        change(&mut self.call);
        self
    }

    pub(crate) fn run(&self) -> Expected {
        run(&self.pre, &self.call)
    }

    /// A vector that must succeed.
    pub(crate) fn succeeds(self, name: &str, description: &str) -> Vector {
        self.ends(Status::Success, None, name, description)
    }

    /// A vector that must revert with a typed error.
    pub(crate) fn reverts(self, error: &str, name: &str, description: &str) -> Vector {
        self.ends(Status::Revert, Some(error), name, description)
    }

    /// A vector that must run out of gas.
    pub(crate) fn runs_out(self, name: &str, description: &str) -> Vector {
        self.ends(Status::OutOfGas, None, name, description)
    }

    fn ends(self, status: Status, error: Option<&str>, name: &str, description: &str) -> Vector {
        let expected = self.run();
        assert_eq!(expected.status, status, "{name}: {:?}", expected.error);
        let found = expected.error.as_deref().and_then(|signature| signature.split('(').next());
        assert_eq!(found, error, "{name}");
        Vector {
            name: name.into(),
            description: description.into(),
            row: None,
            pre: self.pre,
            call: self.call,
            expected,
        }
    }
}

/// A file of vectors whose names differ.
pub(crate) fn file(topic: &str, about: &str, vectors: Vec<Vector>) -> File {
    for (index, vector) in vectors.iter().enumerate() {
        let twice = vectors.iter().skip(index + 1).any(|other| other.name == vector.name);
        assert!(!twice, "{topic} names {} twice", vector.name);
    }
    File {
        rules: RULES_VERSION,
        topic: topic.into(),
        about: about.into(),
        genesis: BTreeMap::new(),
        inputs: BTreeMap::new(),
        vectors,
    }
    .share()
}
