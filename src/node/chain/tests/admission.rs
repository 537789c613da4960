//! Proofs are looked at before they wait; that decides nothing.

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolError};
use pars_mldsa::ParameterSet;
use pars_precompile::ADDRESS;
use pars_protocol::abi::{
    IAIMining::claimTeleportCall,
    IAIMiningErrors::{InvalidSignature, WorkAlreadySpent, WrongChain},
};

use super::{Chain, GENESIS_TIME, NOBODY, Wallet, chain, chain_of, dev_genesis, refusal};
use crate::{
    chain::{
        admission::ProofRefused,
        hardfork::Hardfork,
        pool::PoolError,
        produce::{MiningMode, SubmitError},
        snapshot::unix_time,
    },
    miner::{MinerKey, SignedWork, Work, proof::calldata},
};

/// Work number `number` of a miner, on this chain, now.
fn work(set: ParameterSet, number: u8) -> SignedWork {
    work_for(6133, set, number)
}

fn work_for(chain_id: u32, set: ParameterSet, number: u8) -> SignedWork {
    let now = unix_time();
    let work = Work {
        chain_id,
        job_id: B256::repeat_byte(number),
        model_hash: [2; 32].into(),
        input_hash: [3; 32].into(),
        output_hash: [4; 32].into(),
        nonce: B256::repeat_byte(number),
        compute_units: 1_000,
        began_at: now - 10,
        completed_at: now - 5,
        recipient: NOBODY,
        min_reward: 0,
    };
    work.sign(&MinerKey::from_seed(set, B256::repeat_byte(number))).unwrap()
}

/// The same with a bit of the signature flipped.
fn forged(work: &SignedWork) -> Bytes {
    let mut proof = work.proof.to_vec();
    *proof.last_mut().unwrap() ^= 1;
    calldata(proof.into(), work.attestation.clone())
}

fn submit(chain: &Chain, wallet: &mut Wallet, input: Bytes) -> Result<B256, SubmitError> {
    let tx = wallet.tx(ADDRESS.into(), 0, input, 2_000_000);
    chain.submit(wallet.sign(tx), false)
}

/// The typed error a refusal carries; the sender's nonce is free again.
fn refused(chain: &Chain, wallet: &mut Wallet, input: Bytes) -> ProofRefused {
    let before = (chain.height(), chain.with_pool(|pool| pool.len()), chain.head().state.root());
    let Err(SubmitError::Proof(refused)) = submit(chain, wallet, input) else { panic!("not refused") };
    wallet.nonce -= 1;
    let after = (chain.height(), chain.with_pool(|pool| pool.len()), chain.head().state.root());
    assert_eq!(before, after, "nothing happened");
    assert_eq!(refused.block, after.0);
    refused
}

fn succeeded(chain: &Chain, hash: B256) -> bool {
    let (block, index) = chain.transaction(&hash).expect("mined");
    block.receipts[index].status()
}

#[test]
fn a_proof_that_fails_at_the_head_costs_nobody_anything_and_is_told_why() {
    let chain = chain(MiningMode::Instant);
    let mut relayer = Wallet::new(0);
    let (first, second) = (work(ParameterSet::MlDsa65, 1), work(ParameterSet::MlDsa44, 2));
    let hash = submit(&chain, &mut relayer, first.calldata()).unwrap();
    assert!(succeeded(&chain, hash));

    let spent = refused(&chain, &mut relayer, first.calldata());
    assert_eq!(spent.data[..], WorkAlreadySpent { workId: first.work_id() }.abi_encode()[..]);
    assert_eq!(
        spent.to_string(),
        "proof refused: WorkAlreadySpent (at block 1; it is in no block and has cost nothing)"
    );
    let unsigned = refused(&chain, &mut relayer, forged(&second));
    assert_eq!(unsigned.data[..], InvalidSignature {}.abi_encode()[..]);
    let foreign = refused(&chain, &mut relayer, work_for(7070, ParameterSet::MlDsa44, 3).calldata());
    assert_eq!(foreign.data[..4], WrongChain::SELECTOR);
    // Of two reasons the first in the precompile's order, which here is behind the signature's verification.
    let mut both = second.proof.to_vec();
    *both.last_mut().unwrap() ^= 1;
    let with_evidence = calldata(both.into(), hex!("0101").into());
    let reason = refused(&chain, &mut relayer, with_evidence.clone()).data;
    let request = alloy_rpc_types_eth::TransactionRequest::default()
        .from(relayer.address())
        .to(ADDRESS)
        .input(with_evidence.into());
    let call = crate::chain::call::Call { request, ..Default::default() };
    let called = chain.call(&call).unwrap_err();
    assert!(matches!(called, crate::chain::call::CallError::Reverted(data) if data == reason));

    // Whoever wants to fail in a block may.
    chain.set_proof_admission(false);
    let hash = submit(&chain, &mut relayer, first.calldata()).unwrap();
    assert!(!succeeded(&chain, hash));
    chain.set_proof_admission(true);
    let hash = submit(&chain, &mut relayer, second.calldata()).unwrap();
    assert!(succeeded(&chain, hash));
}

#[test]
fn what_is_cheap_to_know_comes_before_the_proof() {
    let chain = chain(MiningMode::Manual);
    let mut relayer = Wallet::new(0);
    let good = work(ParameterSet::MlDsa44, 1);
    submit(&chain, &mut relayer, good.calldata()).unwrap();
    let known = chain.verification.known();
    assert_eq!(known, 1);
    // A nonce that stands already, a proof that is as bad as can be.
    relayer.nonce = 0;
    let error = submit(&chain, &mut relayer, forged(&work(ParameterSet::MlDsa44, 2))).unwrap_err();
    assert!(matches!(error, SubmitError::Pool(PoolError::Underpriced)), "{error}");
    assert_eq!(chain.verification.known(), known);
}

/// Two with one work id pass; the block pays the first. A contract's callee, other calls and a sleeping precompile are
/// not looked at.
#[test]
fn admission_decides_nothing() {
    let chain = chain(MiningMode::Manual);
    let (mut alice, mut bob) = (Wallet::new(0), Wallet::new(1));
    let work = work(ParameterSet::MlDsa65, 1);
    let first = submit(&chain, &mut alice, work.calldata()).unwrap();
    let second = submit(&chain, &mut bob, work.calldata()).unwrap();
    chain.mine_block().unwrap();
    assert!(succeeded(&chain, first) && !succeeded(&chain, second));

    // CALLDATACOPY everything, CALL 0x0300 with it, ignore the answer.
    let forwarder = hex!("365f5f375f5f365f5f6103005af100");
    chain.set_mode(MiningMode::Instant);
    let forwarder: Address = alice.deploy(&chain, &forwarder);
    let tx = alice.tx(forwarder.into(), 0, work.calldata(), 2_000_000);
    let hash = chain.submit(alice.sign(tx), false).unwrap();
    assert!(succeeded(&chain, hash), "the forwarder does not mind");
    let claim = claimTeleportCall { teleportId: B256::repeat_byte(1) }.abi_encode();
    let hash = submit(&chain, &mut alice, claim.into()).unwrap();
    assert!(!succeeded(&chain, hash), "no such teleport");

    let mut dev = dev_genesis(Hardfork::Prague);
    dev.activation = u64::MAX;
    let sleeping = chain_of(&dev, MiningMode::Instant);
    let hash = submit(&sleeping, &mut Wallet::new(0), forged(&work)).unwrap();
    assert!(succeeded(&sleeping, hash), "nobody lives at 0x0300 yet");
}

/// Activation in the next block counts: that is where the proof would stand.
#[test]
fn a13_a_proof_for_the_activating_block_is_looked_at() {
    let mut dev = dev_genesis(Hardfork::Prague);
    dev.activation = GENESIS_TIME + 100;
    let chain = chain_of(&dev, MiningMode::Manual);
    chain.set_next_timestamp(GENESIS_TIME + 99).unwrap();
    let mut relayer = Wallet::new(0);
    submit(&chain, &mut relayer, forged(&work(ParameterSet::MlDsa44, 1))).unwrap();
    chain.mine_block().unwrap();
    let reason = refusal(submit(&chain, &mut relayer, forged(&work(ParameterSet::MlDsa44, 1))));
    // By the chain's clock the work is of tomorrow.
    assert!(reason.starts_with("proof refused: TimestampInFuture"), "{reason}");
}

#[test]
fn c7_proofs_that_come_together_are_verified_together_and_judged_apart() {
    const SENDERS: u8 = 8;
    let chain = chain(MiningMode::Manual);
    let hashes: Vec<Vec<_>> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let chain = &chain;
                scope.spawn(move || {
                    let mut wallet = Wallet::new(sender.into());
                    let mut admitted = Vec::new();
                    for number in 0..4 {
                        let work = work(ParameterSet::ALL[usize::from(number) % 3], 1 + sender * 4 + number);
                        if (sender + number) % 3 == 0 {
                            let reason = submit(chain, &mut wallet, forged(&work)).unwrap_err();
                            assert!(reason.to_string().contains("InvalidSignature"), "{reason}");
                            wallet.nonce -= 1;
                        }
                        admitted.push(submit(chain, &mut wallet, work.calldata()).unwrap());
                    }
                    admitted
                })
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    assert_eq!(chain.verification.known(), 32, "execution reads verdicts");
    // More than one block has room for.
    while chain.with_pool(|pool| pool.len()) > 0 {
        chain.mine_block().unwrap();
    }
    assert!(hashes.iter().flatten().all(|hash| succeeded(&chain, *hash)));
    assert_eq!(chain.verification.known(), 32);
    let paid = super::call_at(
        &chain,
        ADDRESS,
        pars_protocol::abi::IAIMining::miningBalanceCall { miner: NOBODY }.abi_encode(),
        chain.height(),
    );
    assert!(U256::from_be_slice(&paid.unwrap()) > U256::ZERO);
}
