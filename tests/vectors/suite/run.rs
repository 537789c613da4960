//! Runs a call on the host in memory and writes down what it did.

use super::{
    format::{AccountExpected, AccountSpec, CallSpec, Change, Expected, LogSpec, Pre, Status, Stored},
    interface,
    labels::Labels,
};
use alloy_primitives::{B256, Bytes, U256};
use pars_ai_mining::{
    precompile::{
        ActivationError, Genesis, MemoryHost, Outcome, Precompile, Verifiers, activate,
        memory::{Call, Executed},
    },
    protocol::parameters::ParameterError,
};
use std::collections::BTreeMap;

/// Runs the set-up, then the call: with the reference's verifiers and with those that hosts have, which say the same.
pub(crate) fn run(pre: &Pre, call: &CallSpec) -> Expected {
    let reference = run_with(pre, call, Verifiers::reference());
    assert_eq!(run_with(pre, call, Verifiers::default()), reference, "verifiers disagree");
    reference
}

fn run_with(pre: &Pre, call: &CallSpec, verifiers: Verifiers) -> Expected {
    let genesis = pre.genesis.own();
    let precompile = Precompile::new(genesis.profile.clone(), verifiers);
    let mut host = MemoryHost::new(u64::from(genesis.chain_id));
    activate(&mut host, genesis).expect("the configuration of a vector is legal");
    let mut labels = Labels::new(genesis);
    for step in &pre.setup {
        (host.block_number, host.block_timestamp) = (step.block.number, step.block.timestamp);
        let input = input(&step.call);
        let done = host.execute(&precompile, prepare(genesis, &step.call, input.clone()));
        labels.learn(&input, &done.logs);
        assert_eq!(status(&done), step.status, "set-up call {} ended otherwise", step.call.input.own());
    }

    (host.block_number, host.block_timestamp) = (pre.block.number, pre.block.timestamp);
    let before = host.clone();
    let input = input(call);
    let done = host.execute(&precompile, prepare(genesis, call, input.clone()));
    labels.learn(&input, &done.logs);
    let status = status(&done);
    let output = match &done.outcome {
        Outcome::Success(output) | Outcome::Revert(output) => output.clone(),
        Outcome::OutOfGas => Bytes::new(),
        Outcome::Fatal(fatal) => panic!("calldata led to a broken node: {fatal}"),
    };
    Expected {
        status,
        error: (status == Status::Revert).then(|| interface::error_signature(&output)),
        output,
        gas_used: done.gas_used,
        logs: done
            .logs
            .iter()
            .map(|log| LogSpec {
                event: interface::event_name(log.topics()),
                topics: log.topics().to_vec(),
                data: log.data.clone(),
            })
            .collect(),
        storage: changes(&before.account.storage, &host.account.storage, &labels),
        native_minted: host
            .native
            .iter()
            .filter_map(|(address, after)| {
                let minted = *after - before.native.get(address).copied().unwrap_or_default();
                (!minted.is_zero()).then_some((*address, minted))
            })
            .collect(),
    }
}

/// Activates an empty state.
pub(crate) fn account(genesis: &Genesis, host_chain_id: u64) -> AccountExpected {
    let account = match genesis.account(host_chain_id) {
        Ok(account) => account,
        Err(error) => return AccountExpected::Refused(refusal(&error).into()),
    };
    let labels = Labels::new(genesis);
    AccountExpected::Account(AccountSpec {
        nonce: account.nonce,
        code: account.code,
        storage: account
            .storage
            .iter()
            .map(|(slot, value)| Stored { field: labels.of(*slot), slot: B256::from(*slot), value: *value })
            .collect(),
    })
}

/// The name of a refusal in `precompile-spec/host-profile.md`.
fn refusal(error: &ActivationError) -> &'static str {
    match error {
        ActivationError::ZeroChainId => "zero_chain_id",
        ActivationError::WrongChain { .. } => "wrong_chain",
        ActivationError::InvalidGovernor(_) => "invalid_governor",
        ActivationError::Parameter(ParameterError::OutOfBounds { .. }) => "parameter_out_of_bounds",
        ActivationError::Parameter(ParameterError::Joint(_)) => "joint_bound",
        ActivationError::Rules => "rules",
        ActivationError::Teleport { .. } => "pending_teleport",
        ActivationError::AlreadyActive => "already_active",
        ActivationError::Host(_) => panic!("the host in memory does not fail"),
    }
}

fn input(call: &CallSpec) -> Bytes {
    let mut bytes = call.input.own().to_vec();
    bytes.resize(bytes.len() + call.append_zeros.unwrap_or(0), 0);
    bytes.into()
}

fn prepare(genesis: &Genesis, call: &CallSpec, input: Bytes) -> Call {
    Call {
        caller: call.caller,
        input,
        gas: call.gas,
        value: genesis.profile.value_visible.then_some(call.value),
        is_static: call.is_static,
        is_direct: call.is_direct,
    }
}

fn status(done: &Executed) -> Status {
    match &done.outcome {
        Outcome::Success(_) => Status::Success,
        Outcome::Revert(_) => Status::Revert,
        Outcome::OutOfGas => Status::OutOfGas,
        Outcome::Fatal(fatal) => panic!("calldata led to a broken node: {fatal}"),
    }
}

fn changes(before: &BTreeMap<U256, U256>, after: &BTreeMap<U256, U256>, labels: &Labels) -> Vec<Change> {
    let mut slots: Vec<_> = before.keys().chain(after.keys()).copied().collect();
    slots.sort();
    slots.dedup();
    let value = |state: &BTreeMap<U256, U256>, slot| state.get(&slot).copied().unwrap_or_default();
    slots
        .into_iter()
        .map(|slot| (slot, value(before, slot), value(after, slot)))
        .filter(|(_, before, after)| before != after)
        .map(|(slot, before, after)| Change { field: labels.of(slot), slot: slot.into(), before, after })
        .collect()
}
