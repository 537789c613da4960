//! The precompile on the chain.

use alloy_eips::BlockId;
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use pars_precompile::ADDRESS;

use super::{GENESIS_TIME, NOBODY, Wallet, call_at, chain, chain_of, dev_genesis, word};
use crate::chain::{call::CallError, hardfork::Hardfork, produce::MiningMode, simulate::PrecompileCall};

sol! {
    function version() external returns (uint16);
    function setParameter(bytes32 name, uint256 value) external;
    function miningBalance(address account) external returns (uint256);
    function submitWorkProof(bytes proof, bytes attestation) external returns (uint256);
    error WorkAlreadySpent(bytes32 workId);
}

fn version() -> Bytes {
    versionCall {}.abi_encode().into()
}

fn simulation(input: impl Into<Bytes>) -> PrecompileCall {
    PrecompileCall {
        from: super::Wallet::new(0).address(),
        input: input.into(),
        value: U256::ZERO,
        gas: 10_000_000,
        is_static: false,
        is_direct: true,
        block: BlockId::latest(),
        state: None,
        environment: None,
    }
}

/// A parameter's name, left-aligned.
fn parameter_name(name: &str) -> alloy_primitives::B256 {
    let mut bytes = alloy_primitives::B256::ZERO;
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes
}

#[test]
fn a11_the_precompile_answers_from_genesis_on_and_survives_being_touched() {
    for hardfork in Hardfork::ALL {
        let chain = chain_of(&dev_genesis(hardfork), MiningMode::Instant);
        assert_eq!(call_at(&chain, ADDRESS, version(), 0).unwrap(), word(1), "{hardfork}");
        let before = chain.head().state.account(&ADDRESS).cloned().unwrap();
        assert_eq!(before.nonce, 1);
        let mut alice = Wallet::new(0);
        let hash = alice.send(&chain, ADDRESS.into(), 0, version());
        let (block, index) = chain.transaction(&hash).unwrap();
        assert!(block.receipts[index].status());
        assert_eq!(chain.head().state.account(&ADDRESS), Some(&before));
    }
}

#[test]
fn a13_activation_by_timestamp_from_both_sides_of_the_boundary() {
    let mut dev = dev_genesis(Hardfork::Prague);
    dev.activation = GENESIS_TIME + 100;
    let chain = chain_of(&dev, MiningMode::Manual);
    assert!(chain.head().state.account(&ADDRESS).is_none());
    // Coins that lie there already stay there.
    let mut alice = Wallet::new(0);
    let tx = alice.transfer(ADDRESS, 5);
    chain.submit(alice.sign(tx), false).unwrap();
    chain.mine(1, None, Some(GENESIS_TIME + 99)).unwrap();
    assert!(call_at(&chain, ADDRESS, version(), 1).unwrap().is_empty());
    assert!(chain.head().state.code(&ADDRESS).is_empty());
    // A call that runs after activation on a state from before it sees the account as activation makes it.
    let later = alloy_rpc_types_eth::BlockOverrides { time: Some(GENESIS_TIME + 100), ..Default::default() };
    let mut call = simulation(version());
    assert!(matches!(chain.simulate_precompile(&call), Err(CallError::Request(_))));
    call.environment = Some(later);
    assert!(chain.simulate_precompile(&call).unwrap().ok);

    // The first transaction of the boundary block finds it working.
    let tx = alice.tx(ADDRESS.into(), 0, version(), 100_000);
    chain.submit(alice.sign(tx), false).unwrap();
    chain.mine(1, None, Some(GENESIS_TIME + 100)).unwrap();
    let block = chain.head().block;
    assert!(block.receipts[0].status() && block.receipts[0].gas_used > 21_500);
    let account = chain.head().state.account(&ADDRESS).cloned().unwrap();
    assert_eq!((account.nonce, account.balance), (1, U256::from(5)));
    let from_start = chain_of(&dev_genesis(Hardfork::Prague), MiningMode::Manual);
    let genesis_account = from_start.head().state.account(&ADDRESS).cloned().unwrap();
    assert_eq!(account.storage.root(), genesis_account.storage.root());
    assert_eq!(account.code, genesis_account.code);
    // Only once.
    chain.mine_block().unwrap();
    assert_eq!(chain.head().state.account(&ADDRESS), Some(&account));
    // The past has not changed.
    assert!(call_at(&chain, ADDRESS, version(), 1).unwrap().is_empty());
}

#[test]
fn simulation_tells_gas_slots_and_outcome_without_touching_the_chain() {
    let chain = chain(MiningMode::Instant);
    let root = chain.head().state.root();
    let view = chain.simulate_precompile(&simulation(version())).unwrap();
    assert!(view.ok && view.slots.is_empty() && view.logs.is_empty() && view.accounts.is_empty());
    assert_eq!(view.out, word(1));
    assert!(view.gasUsed > U256::ZERO && view.gasUsed < U256::from(21_000));

    // A write: the governor (the first dev account) lowers a parameter by a hundredth.
    let parameter = pars_protocol::Parameter::ALL[0];
    let current = pars_protocol::Parameters::default().get(parameter);
    let set = setParameterCall {
        name: parameter_name(parameter.spec().name),
        value: U256::from(current - current / 100),
    };
    let mut call = simulation(set.abi_encode());
    let time = GENESIS_TIME + 50;
    call.environment = Some(alloy_rpc_types_eth::BlockOverrides { time: Some(time), ..Default::default() });
    let written = chain.simulate_precompile(&call).unwrap();
    assert!(written.ok, "{} {}", parameter.spec().name, written.out);
    assert!(!written.slots.is_empty() && written.slots.len() == written.values.len());
    assert!(written.slots.is_sorted() && !written.logs.is_empty());
    assert_eq!(chain.head().state.root(), root);

    // Not for others, not in a static call, not by delegation, not with value: reverts, all with data and no effect.
    let others = PrecompileCall { from: NOBODY, ..call.clone() };
    let fixed = PrecompileCall { is_static: true, ..call.clone() };
    let delegated = PrecompileCall { is_direct: false, ..call.clone() };
    let paid = PrecompileCall { value: U256::from(1), ..call.clone() };
    let mut reasons = std::collections::BTreeSet::new();
    for refused in [others, fixed, delegated, paid] {
        let outcome = chain.simulate_precompile(&refused).unwrap();
        assert!(!outcome.ok && outcome.out.len() >= 4 && outcome.slots.is_empty() && outcome.logs.is_empty());
        reasons.insert(outcome.out[..4].to_vec());
    }
    assert_eq!(reasons.len(), 4, "four different typed errors");
    // Out of gas: no data, all gas.
    let starved = PrecompileCall { gas: 100, ..call.clone() };
    let outcome = chain.simulate_precompile(&starved).unwrap();
    assert!(!outcome.ok && outcome.out.is_empty());
    assert_eq!(outcome.gasUsed, U256::from(100));

    // The same call as a transaction writes the same slots.
    let mut governor = Wallet::new(0);
    chain.set_mode(MiningMode::Manual);
    let hash = governor.send(&chain, ADDRESS.into(), 0, call.input);
    chain.mine(1, None, Some(time)).unwrap();
    let (block, index) = chain.transaction(&hash).unwrap();
    assert!(block.receipts[index].status());
    for (slot, value) in written.slots.iter().zip(&written.values) {
        assert_eq!(chain.head().state.storage(&ADDRESS, (*slot).into()), U256::from_be_bytes(value.0));
    }
    assert_eq!(block.receipts[index].inner.logs().len(), written.logs.len());
}

#[test]
fn a_signed_software_proof_is_paid_once() {
    use pars_mldsa::{ParameterSet, SigningKey};
    use pars_protocol::{WorkContext, WorkProof, WorkStatement, ids, proof::WORK_SIGNATURE_CONTEXT};

    let chain = chain(MiningMode::Instant);
    let now = crate::chain::snapshot::unix_time();
    let key = SigningKey::from_seed(ParameterSet::MlDsa65, &[7; 32]);
    let statement = WorkStatement {
        parameter_set: ParameterSet::MlDsa65,
        context: WorkContext {
            chain_id: 6133,
            job_id: [1; 32].into(),
            model_hash: [2; 32].into(),
            input_hash: [3; 32].into(),
            device_id: ids::software_device_id(key.public_key()),
            nonce: [4; 32].into(),
            timestamp: now - 10,
        },
        output_hash: [5; 32].into(),
        compute_units: 1_000_000,
        completed_at: now,
        recipient: NOBODY,
        min_reward: 0,
        attestation_hash: Default::default(),
    };
    let signature = key.sign(&statement.encode(), WORK_SIGNATURE_CONTEXT, &[0; 32]).unwrap();
    let proof = WorkProof::encode(&statement, key.public_key(), &signature).unwrap();
    let input = submitWorkProofCall { proof: proof.into(), attestation: Bytes::new() }.abi_encode();

    // Estimated, sent by a relayer with exactly that much gas, mined, paid to the recipient.
    let mut relayer = Wallet::new(4);
    let request = alloy_rpc_types_eth::TransactionRequest::default()
        .from(relayer.address())
        .to(ADDRESS)
        .input(Bytes::from(input.clone()).into());
    let call = crate::chain::call::Call { request, ..Default::default() };
    let gas = chain.estimate_gas(&call).unwrap();
    let simulated = chain.simulate_precompile(&PrecompileCall {
        from: relayer.address(),
        block: BlockId::pending(),
        ..simulation(input.clone())
    });
    let simulated = simulated.unwrap();
    let native_before = chain.head().state.balance(&NOBODY);
    let tx = relayer.tx(ADDRESS.into(), 0, input.clone(), gas);
    let hash = chain.submit(relayer.sign(tx), false).unwrap();
    let (block, index) = chain.transaction(&hash).unwrap();
    let receipt = &block.receipts[index];
    assert!(receipt.status());
    assert_eq!(receipt.inner.logs().len(), 2, "Transfer and WorkAccepted");
    assert!(receipt.inner.logs().iter().all(|log| log.inner.address == ADDRESS));
    let balance =
        call_at(&chain, ADDRESS, miningBalanceCall { account: NOBODY }.abi_encode(), block.number());
    let balance = U256::from_be_slice(&balance.unwrap());
    assert!(balance > U256::ZERO);
    assert_eq!(simulated.out[..], balance.to_be_bytes_vec()[..], "the simulation promised what was paid");
    let native = chain.head().state.balance(&NOBODY);
    assert_eq!((simulated.accounts, simulated.balances), (vec![NOBODY], vec![native]));
    assert!(native > native_before);

    // A second time: the estimate reverts with the typed error, a transaction changes nothing.
    let work_id = ids::work_id(statement.context.device_id, statement.context.nonce, 6133);
    let spent = alloy_sol_types::SolError::abi_encode(&WorkAlreadySpent { workId: work_id });
    assert!(matches!(chain.estimate_gas(&call), Err(CallError::Reverted(data)) if data[..] == spent[..]));
    let before = chain.head().state.account(&ADDRESS).cloned();
    chain.set_proof_admission(false);
    let hash = relayer.send(&chain, ADDRESS.into(), 0, input);
    let (block, index) = chain.transaction(&hash).unwrap();
    assert!(!block.receipts[index].status() && block.receipts[index].inner.logs().is_empty());
    assert_eq!(chain.head().state.account(&ADDRESS).cloned(), before);
}

/// Whatever the caps of the encoding let in fits into a transaction and a block; only the core refuses it.
#[test]
fn d4_the_largest_attestation_is_admitted_and_refused_by_name() {
    use crate::miner::{DeviceError, EvidenceSource, MinerKey, Work};
    use pars_nvtrust::{Attestation, FullEvidence};
    use pars_protocol::{Tier, abi::IAIMiningErrors::MalformedReport};

    struct Largest;

    impl EvidenceSource for Largest {
        fn device_id(&self) -> B256 {
            B256::repeat_byte(6)
        }

        fn tier(&self) -> Option<Tier> {
            Some(Tier::Gh100)
        }

        fn attestation(&self, _: B256) -> Result<Bytes, DeviceError> {
            // Not a byte of it is free: calldata floors price what is not zero at four times.
            let evidence =
                FullEvidence { ica_index: 0, report: &[1; 8_192], leaf: &[2; 1_024], ik: &[3; 1_024] };
            Ok(Attestation::Full(evidence).encode()?.into())
        }
    }

    let chain = chain(MiningMode::Instant);
    chain.set_proof_admission(false);
    let now = crate::chain::snapshot::unix_time();
    let work = Work {
        chain_id: 6133,
        job_id: [1; 32].into(),
        model_hash: [2; 32].into(),
        input_hash: [3; 32].into(),
        output_hash: [4; 32].into(),
        nonce: [5; 32].into(),
        compute_units: 1,
        began_at: now - 1,
        completed_at: now,
        recipient: NOBODY,
        min_reward: 0,
    };
    let key = MinerKey::from_seed(pars_mldsa::ParameterSet::MlDsa87, B256::repeat_byte(7));
    let input = work.sign_attested(&key, &Largest, B256::repeat_byte(8)).unwrap().calldata();
    assert!(input.len() > 17_000);

    let mut relayer = Wallet::new(4);
    let request = alloy_rpc_types_eth::TransactionRequest::default()
        .from(relayer.address())
        .to(ADDRESS)
        .input(input.clone().into());
    let call = crate::chain::call::Call { request, ..Default::default() };
    let Err(CallError::Reverted(data)) = chain.estimate_gas(&call) else { panic!("it does not revert") };
    assert_eq!(data[..4], <MalformedReport as alloy_sol_types::SolError>::SELECTOR);
    let tx = relayer.tx(ADDRESS.into(), 0, input, 2_000_000);
    let hash = chain.submit(relayer.sign(tx), false).unwrap();
    let (block, index) = chain.transaction(&hash).unwrap();
    assert!(!block.receipts[index].status());
    assert!(block.receipts[index].gas_used < 2_000_000, "it did not run out of gas");
}
