//! Blocks under the wrapper: activation, proofs, looking ahead, determinism.

mod support;

use alloy_consensus::TxReceipt;
use alloy_evm::{ErasedError, block::BlockExecutionError};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolError};
use pars_evm::{ActivationError, ActivationRefused, Ground, Looked, ParsChain, Verification};
use pars_precompile::{ADDRESS, Outcome, testing};
use pars_protocol::abi::{
    IAIMining::miningBalanceCall,
    IAIMiningErrors::{JobTooLong, WorkAlreadySpent},
};
use revm::{
    Database,
    state::{AccountInfo, Bytecode, EvmState},
};
use std::sync::{Arc, Mutex};
use support::{
    ALICE, BOB, Chain, Disk, GAS, How, START, accepted_slot, active_from, executors, miner, proof,
};

fn view() -> Bytes {
    miningBalanceCall { miner: testing::RECIPIENT }.abi_encode().into()
}

#[test]
fn a13_a_block_activates_when_its_time_has_come_and_not_before() {
    let mut chain = Chain::new(active_from(START + 2));
    // A second before: an account without code, to which a call is a transfer of nothing.
    let calls = chain.calls([proof(1)]);
    let block = chain.build(calls);
    assert_eq!(block.successes(), [true]);
    assert!(block.result.receipts[0].logs().is_empty());
    assert!(!block.disk.accounts.contains_key(&ADDRESS), "an empty account is none (EIP-161)");

    // On time: active before the first transaction, which is paid.
    let calls = chain.calls([proof(1)]);
    let block = chain.build(calls);
    assert_eq!((block.header.timestamp, block.successes()), (START + 2, vec![true]));
    assert_eq!(block.disk.accounts[&ADDRESS].nonce, 1);
    assert!(block.disk.slots().contains_key(&accepted_slot(miner(1).work_id())));

    // After: not once more.
    let slots = block.disk.slots();
    let block = chain.build(vec![]);
    assert!(block.bundle.account(&ADDRESS).is_none(), "an empty block leaves 0x0300 alone");
    assert_eq!(block.disk.slots(), slots);
}

#[test]
fn a13_an_activated_chain_and_one_with_the_account_in_its_genesis_hold_the_same() {
    let mut activated = Chain::new(active_from(START + 1));
    let mut alloc = Chain::new(active_from(START));
    // The configuration says when; the state does not.
    activated.build(vec![]);
    alloc.build(vec![]);
    assert_eq!(activated.tip().disk, alloc.tip().disk);
    assert_eq!(activated.tip().header.state_root, alloc.tip().header.state_root);
}

#[test]
fn a13_coins_that_lay_there_before_activation_stay() {
    let mut chain = Chain::new(active_from(START + 2));
    let coins = AccountInfo { balance: U256::from(7), ..Default::default() };
    chain.blocks[0].disk.put(ADDRESS, coins, Default::default());
    chain.build(vec![]);
    assert_eq!(chain.tip().disk.accounts[&ADDRESS].nonce, 0);
    chain.mine([1]);
    let account = &chain.tip().disk.accounts[&ADDRESS];
    assert_eq!((account.nonce, account.balance), (1, U256::from(7)));
    // And what the ledger is told is the whole activation.
    let told = support::segment(&chain.blocks[2..]);
    assert_eq!(*told.blocks()[0], chain.walked(2).unwrap());
}

#[test]
fn a13_what_activation_changes_reaches_the_state_hook() {
    let chain = Chain::new(active_from(START + 1));
    let seen = Arc::new(Mutex::new(Vec::<EvmState>::new()));
    let hook = {
        let seen = seen.clone();
        move |state: EvmState| seen.lock().unwrap().push(state)
    };
    let how = How { hook: Some(Box::new(hook)), ..Default::default() };
    let executed = chain.execute(&*chain.executors, &chain.calls([proof(1)]), how).unwrap();

    // As reth makes of it what the trie is updated with: touched accounts, slots that differ from their originals.
    let mut hashed = std::collections::BTreeMap::new();
    let mut accounts = Vec::new();
    for account in seen.lock().unwrap().iter().filter_map(|state| state.get(&ADDRESS)) {
        assert!(account.is_touched());
        accounts.push((account.original_info().nonce, account.info.nonce));
        let changed = account.storage.iter().filter(|(_, value)| value.is_changed());
        hashed.extend(changed.map(|(slot, value)| (*slot, value.present_value)));
    }
    assert_eq!(accounts.first(), Some(&(0, 1)), "activation comes first, and is a change of the account");
    let bundle = executed.bundle.account(&ADDRESS).unwrap();
    let expected = bundle.storage.iter().map(|(slot, value)| (*slot, value.present_value)).collect();
    assert_eq!(hashed, expected);
    let account = chain.pars.account();
    assert!(account.storage.keys().all(|slot| hashed.contains_key(slot)));
}

#[test]
fn a13_a_configuration_of_another_chain_is_refused_when_the_node_starts() {
    let refused = ParsChain::new(testing::genesis(), 1).unwrap_err();
    assert_eq!(refused, ActivationError::WrongChain { configured: testing::CHAIN_ID, host: 1 });
    assert_eq!(refused.to_string(), "the configuration is for chain 6133, the host runs chain 1");
}

#[test]
fn a13_a_block_that_cannot_activate_is_refused_with_the_reason() {
    // A host that did not ask at its start, or whose chain id changed since.
    let other = pars_precompile::Genesis { chain_id: 4242, ..active_from(START + 1) };
    let chain = Chain::on(ParsChain::new(other, 4242).unwrap(), Disk::default());
    let error = chain.execute(&*chain.executors, &[], How::default()).unwrap_err();
    let source = ActivationError::WrongChain { configured: 4242, host: testing::CHAIN_ID.into() };
    let refused = ActivationRefused { number: 1, timestamp: START + 1, source };
    assert_eq!(ActivationRefused::of(&error), Some(&refused));
    assert!(matches!(error, BlockExecutionError::Internal(_)), "the block is not at fault");
    assert_eq!(
        error.to_string(),
        "block 1 (timestamp 1800000001) must activate 0x0300 and cannot: \
         the configuration is for chain 4242, the host runs chain 6133"
    );
    assert_eq!(ActivationRefused::of(&BlockExecutionError::msg("another")), None);
}

#[test]
fn a13_a_chain_that_was_never_activated_pays_nothing() {
    // The factory of EVMs alone, without the account and without the wrapper: every parameter is zero.
    let chain =
        Chain::on(ParsChain::new(testing::genesis(), testing::CHAIN_ID.into()).unwrap(), Disk::default());
    // The second proof passes even limits of zero: a job without duration that ended this second.
    let mut instant = miner(1);
    instant.statement.context.timestamp = START + 1;
    instant.statement.completed_at = START + 1;
    let calls = chain.calls([view(), proof(1), instant.calldata()]);
    let executed = chain.execute(chain.executors.inner(), &calls, How::default()).unwrap();
    let status: Vec<_> = executed.result.receipts.iter().map(TxReceipt::status).collect();
    assert_eq!(status, [true, false, false]);
    assert!(executed.bundle.account(&ADDRESS).is_none());
    let mut host = pars_precompile::MemoryHost::new(testing::CHAIN_ID.into());
    host.block_timestamp = START + 1;
    let refused = host.execute(&testing::precompile(), testing::call(proof(1))).outcome;
    let too_long = JobTooLong { duration: 60, maximum: 0 };
    assert_eq!(refused, Outcome::Revert(too_long.abi_encode().into()));
}

#[test]
fn a13_the_wrapper_makes_up_for_an_account_that_is_missing_from_the_genesis() {
    let mut chain =
        Chain::on(ParsChain::new(testing::genesis(), testing::CHAIN_ID.into()).unwrap(), Disk::default());
    chain.mine([1]);
    assert_eq!(chain.tip().id.number, 1);
}

#[test]
fn b1_a_proof_is_paid_once() {
    let mut chain = Chain::new(testing::genesis());
    let calls = chain.calls([proof(1), view(), proof(1)]);
    assert_eq!(chain.build(calls).successes(), [true, true, false], "a replay in the same block");
    let calls = chain.calls([proof(1), proof(2)]);
    let block = chain.build(calls);
    assert_eq!(block.successes(), [false, true], "a replay in the next block");
    assert!(block.result.receipts[0].logs().is_empty());
    // The reason, as a caller reads it.
    let again = WorkAlreadySpent { workId: miner(1).work_id() };
    let mut host = testing::host(&testing::genesis());
    host.account.storage = chain.tip().disk.slots();
    host.block_timestamp = START + 3;
    let executed = host.execute(&testing::precompile(), testing::call(proof(1)));
    assert_eq!(executed.outcome, Outcome::Revert(again.abi_encode().into()));
}

/// Blocks with everything that can be wrong with a proof, and calls that no looking ahead sees.
fn mixed(chain: &Chain) -> Vec<support::Tx> {
    let mut broken = proof(3).to_vec();
    let last = broken.len() - 200;
    broken[last] ^= 1;
    let inputs =
        [proof(1), proof(1), broken.into(), proof(4), view(), Bytes::from_static(b"no method"), proof(5)];
    let mut txs = chain.calls(inputs);
    txs.push(chain.tx(BOB, ADDRESS, 0, 200_000, proof(6)));
    txs.push(chain.tx(BOB, ADDRESS, 1, GAS, proof(7)));
    txs.push(chain.tx(BOB, ALICE, 2, GAS, proof(8)));
    txs
}

#[test]
fn c7_receipts_and_state_are_the_same_with_and_without_looking_ahead() {
    let chain = Chain::new(testing::genesis());
    let txs = mixed(&chain);
    let plain = executors(&chain.pars).without_lookahead();
    // A memory of its own each: nothing that one verified helps the other.
    let fresh =
        || ParsChain::with(testing::genesis(), testing::CHAIN_ID.into(), Verification::default()).unwrap();
    let one_by_one = executors(&fresh()).without_lookahead();
    let together = executors(&fresh());
    let expected = chain.execute(&one_by_one, &txs, How::default()).unwrap();
    let status: Vec<_> = expected.result.receipts.iter().map(TxReceipt::status).collect();
    assert_eq!(status, [true, false, false, true, true, false, true, false, true, true]);
    for (name, executors, streamed) in [
        ("together", &together, false),
        ("together, again", &together, false),
        ("streamed", &together, true),
        ("plain", &plain, false),
        ("plain, streamed", &plain, true),
    ] {
        let executed = chain.execute(executors, &txs, How { streamed, ..Default::default() }).unwrap();
        assert_eq!(executed.result, expected.result, "{name}");
        assert_eq!(executed.bundle, expected.bundle, "{name}");
    }
}

#[test]
fn c7_looking_ahead_finds_the_signatures_that_a_block_rests_on() {
    let chain = Chain::new(testing::genesis());
    let txs = mixed(&chain);
    let ground = Ground { chain_id: testing::CHAIN_ID.into(), number: 1, timestamp: START + 1 };
    let mut state = chain.tip().disk.clone();
    let signed = || txs.iter().map(|tx| (tx.inner(), tx.signer()));
    let looked = chain.pars.lookahead().look(&mut state, ground, signed());
    // Proofs 1, 3 (broken), 4, 5 and 7: not the copy of 1, which it rests on being first; not 6, whose gas does not
    // pay for a signature; not 8, which is no call of the precompile.
    assert_eq!(looked, Looked { calls: 9, signatures: 5, valid: 4 });
    assert_eq!(state, chain.tip().disk, "it only reads");
    assert_eq!(chain.pars.verification().known(), 4);

    // Execution asks for nothing that is not known, but for the broken one.
    let executed = chain.execute(&*chain.executors, &txs, How::default()).unwrap();
    assert_eq!(chain.pars.verification().known(), 4);
    assert_eq!(executed.result.receipts.len(), txs.len());

    // Before activation there is nothing to look for, on another chain nothing to find.
    let early = Chain::new(active_from(START + 9));
    assert_eq!(early.pars.lookahead().look(&mut state, ground, signed()), Looked::default());
    let elsewhere = Ground { chain_id: 1, ..ground };
    let looked = chain.pars.lookahead().look(&mut state, elsewhere, signed());
    assert_eq!((looked.calls, looked.signatures), (9, 0), "WrongChain comes before the signature");
}

/// A database that cannot be read.
#[derive(Debug)]
struct Broken;

impl Broken {
    fn fail<T>() -> Result<T, ErasedError> {
        Err(ErasedError::new(std::io::Error::other("injected read failure")))
    }
}

impl Database for Broken {
    type Error = ErasedError;

    fn basic(&mut self, _: Address) -> Result<Option<AccountInfo>, ErasedError> {
        Self::fail()
    }

    fn code_by_hash(&mut self, _: B256) -> Result<Bytecode, ErasedError> {
        Self::fail()
    }

    fn storage(&mut self, _: Address, _: U256) -> Result<U256, ErasedError> {
        Self::fail()
    }

    fn block_hash(&mut self, _: u64) -> Result<B256, ErasedError> {
        Self::fail()
    }
}

#[test]
fn b4_looking_ahead_on_a_database_that_fails_ends_quietly() {
    let chain = Chain::new(testing::genesis());
    let txs = mixed(&chain);
    let ground = Ground { chain_id: testing::CHAIN_ID.into(), number: 1, timestamp: START + 1 };
    let signed = txs.iter().map(|tx| (tx.inner(), tx.signer()));
    assert_eq!(
        chain.pars.lookahead().look(&mut Broken, ground, signed),
        Looked { calls: 1, signatures: 0, valid: 0 }
    );
}

#[test]
fn i1_a_block_executed_twice_has_the_same_root_receipts_and_bundle() {
    let mut chain = Chain::new(active_from(START + 1));
    for block in 1..=3_u64 {
        let txs = chain.calls((0..3).map(|work| proof(block * 10 + work)));
        let first = chain.execute(&*chain.executors, &txs, How::default()).unwrap();
        // Another node, whose memory is empty, and which takes transactions as they come.
        let other = executors(&ParsChain::new(active_from(START + 1), testing::CHAIN_ID.into()).unwrap());
        let second = chain.execute(&other, &txs, How { streamed: true, ..Default::default() }).unwrap();
        assert_eq!(first.result, second.result);
        assert_eq!(first.bundle, second.bundle);
        let mut twin = chain.clone();
        let root = twin.append(txs.clone(), second).header.clone();
        assert_eq!(chain.append(txs, first).header, root);
        assert_eq!(chain.tip().successes(), [true; 3]);
    }
    // After a reorganisation, too.
    let blocks = chain.unwind(1);
    for block in blocks {
        assert_eq!(chain.build(block.txs).id, block.id);
    }
}
