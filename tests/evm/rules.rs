//! Who is paid, and what a signature counts for: through the EVM, with real cryptography.

use crate::{
    chain::*,
    contracts::{MiningPool, creation_code, word},
    work::*,
};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolError};
use pars_ai_mining::{
    mldsa::{ParameterSet, SigningKey},
    precompile::{
        ADDRESS,
        testing::{CHAIN_ID, Miner, RECIPIENT, RELAYER, submit},
    },
    protocol::{
        WORK_SIGNATURE_CONTEXT, WorkProof, WorkStatement,
        abi::{IAIMining::*, IAIMiningErrors::*},
        ids,
    },
};

/// A proof of `statement` whose signature covers `message` under `context`.
fn signed(seed: u8, statement: &WorkStatement, message: &[u8], context: &[u8]) -> Bytes {
    let key = SigningKey::from_seed(statement.parameter_set, &[seed; 32]);
    let signature = key.sign(message, context, &[0; 32]).expect("a short context");
    WorkProof::encode(statement, key.public_key(), &signature).expect("lengths of one set").into()
}

#[test]
fn c9_a_signature_counts_for_one_purpose_only() {
    let statement = Miner::new(ParameterSet::MlDsa44, 1, 1).statement;
    let bytes = statement.encode();
    for engine in engines() {
        let chain = Chain::real(engine);
        let run = |proof: Bytes| chain.call(&Tx::precompile(submit(proof)));
        run(signed(1, &statement, &bytes, WORK_SIGNATURE_CONTEXT)).success();
        let contexts: [&[u8]; 6] = [
            b"",
            b"pars.aimining.work.v2",
            b"pars.aimining.work.v",
            b"pars.aimining.teleport-root.v1",
            b"pars.aimining.committee.v1",
            b"pars.aimining.work.v1\0",
        ];
        for context in contexts {
            let refused = run(signed(1, &statement, &bytes, context));
            assert_eq!(*refused.revert(), InvalidSignature {}.abi_encode());
        }
        // The context string is no prefix of the message, either.
        let prefixed = [WORK_SIGNATURE_CONTEXT, &bytes].concat();
        assert_eq!(*run(signed(1, &statement, &prefixed, b"")).revert(), InvalidSignature {}.abi_encode());

        // verifyMLDSA has the empty context: a work signature is none there, and one of its own is no work signature.
        let key = SigningKey::from_seed(ParameterSet::MlDsa44, &[1; 32]);
        for (context, valid) in [(WORK_SIGNATURE_CONTEXT, false), (b"".as_slice(), true)] {
            let signature = key.sign(&bytes, context, &[0; 32]).unwrap();
            let call = verifyMLDSACall {
                pk: key.public_key().to_vec().into(),
                msg: bytes.to_vec().into(),
                sig: signature.into(),
            };
            let answer = chain.call(&Tx::precompile(call.abi_encode()));
            assert_eq!(*answer.success(), U256::from(valid).to_be_bytes_vec());
        }
    }
}

#[test]
fn c9_a_proof_of_another_chain_is_refused_and_its_signature_with_it() {
    for engine in engines() {
        let chain = Chain::real(engine);
        for other in [1, CHAIN_ID + 1, 7_070, 0, u32::MAX] {
            let mut miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
            miner.statement.context.chain_id = other;
            let refused = chain.call(&Tx::precompile(miner.calldata()));
            let error = WrongChain { expected: u64::from(CHAIN_ID), actual: other };
            assert_eq!(*refused.revert(), error.abi_encode());
            // The chain id exchanged after signing.
            let signature_of_other = miner.proof();
            miner.statement.context.chain_id = CHAIN_ID;
            let mut proof = signature_of_other.to_vec();
            proof[..WorkStatement::LENGTH].copy_from_slice(&miner.statement.encode());
            let refused = chain.call(&Tx::precompile(submit(proof.into())));
            assert_eq!(*refused.revert(), InvalidSignature {}.abi_encode());
        }
    }
}

#[test]
fn h5_a_front_running_copy_pays_the_signed_recipient() {
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    for engine in engines() {
        let mut chain = Chain::real(engine);
        let coins = chain.disk.balance(BOB);
        // Bob copies the pending transaction and is first in the block.
        let receipts = chain.block(&[
            Tx::precompile(miner.calldata()).from(BOB),
            Tx::precompile(miner.calldata()).from(RELAYER),
        ]);
        assert_eq!(word(receipts[0].success()), U256::from(REWARD));
        assert_eq!(receipts[0].logs, Work::of(&miner).logs(REWARD, 1));
        assert_eq!(*receipts[1].revert(), WorkAlreadySpent { workId: miner.work_id() }.abi_encode());
        assert_eq!(chain.slot(entry("balances", key(RECIPIENT))), U256::from(REWARD));
        assert_eq!(chain.disk.balance(RECIPIENT), U256::from(REWARD));
        assert_eq!(chain.slot(entry("balances", key(BOB))), U256::ZERO);
        assert_eq!(chain.disk.balance(BOB), coins - U256::from(receipts[0].gas_used), "he paid the fee");

        // He cannot put his own name in, nor any byte of the signed part, key or signature.
        let mut chain = Chain::real(chain.engine.clone());
        let proof = miner.proof();
        let mut stolen = miner.statement;
        stolen.recipient = BOB;
        let mut forged = proof.to_vec();
        forged[..WorkStatement::LENGTH].copy_from_slice(&stolen.encode());
        let receipt = chain.send(Tx::precompile(submit(forged.into())).from(BOB));
        assert_eq!(*receipt.revert(), InvalidSignature {}.abi_encode());
        for position in (0..proof.len()).step_by(97) {
            let mut forged = proof.to_vec();
            forged[position] ^= 1;
            assert_ne!(chain.call(&Tx::precompile(submit(forged.into()))).status, Status::Success);
        }
        chain.send(Tx::precompile(miner.calldata())).success();
    }
}

/// E1: the work id comes from meaning. Signed again, or relayed by others, it is the same work.
#[test]
fn e1_another_signature_of_the_same_work_is_spent() {
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    let key = SigningKey::from_seed(ParameterSet::MlDsa44, &[1; 32]);
    for engine in engines() {
        let mut chain = Chain::real(engine);
        chain.send(Tx::precompile(miner.calldata())).success();
        let mut other = miner.statement;
        other.recipient = BOB;
        for statement in [miner.statement, other] {
            let signature = key.sign(&statement.encode(), WORK_SIGNATURE_CONTEXT, &[9; 32]).unwrap();
            let proof = WorkProof::encode(&statement, key.public_key(), &signature).unwrap();
            let refused = chain.send(Tx::precompile(submit(proof.into())));
            assert_eq!(*refused.revert(), WorkAlreadySpent { workId: miner.work_id() }.abi_encode());
        }
        // The same job under a fresh nonce is another work id, and paid already.
        let mut again = Miner::new(ParameterSet::MlDsa44, 1, 1);
        again.statement.context.nonce = ids::blake3(b"fresh");
        let work = again.statement.context;
        let refused = chain.send(Tx::precompile(again.calldata()));
        let error = JobAlreadyPaid { deviceId: work.device_id, jobId: work.job_id };
        assert_eq!(*refused.revert(), error.abi_encode());
    }
}

#[test]
fn f2_anyone_may_claim_and_the_messages_recipient_is_paid() {
    let (genesis, ids) = sample_genesis();
    for engine in engines() {
        let mut chain = Chain::of(engine, genesis.clone());
        let claim = |id, from| Tx::precompile(claimTeleportCall { teleportId: id }.abi_encode()).from(from);
        let receipts = chain.block(&[claim(ids[0], BOB), claim(ids[1], ALICE), claim(ids[0], ALICE)]);
        assert_eq!(word(receipts[0].success()), U256::from(1_000));
        assert_eq!(word(receipts[1].success()), U256::from(2_000));
        assert_eq!(*receipts[2].revert(), TeleportAlreadyClaimed { teleportId: ids[0] }.abi_encode());
        assert_eq!(chain.slot(entry("balances", key(CLAIMANT))), U256::from(3_000));
        assert_eq!(chain.slot(entry("balances", key(BOB))), U256::ZERO);
    }
}

/// The example contract, with its own and with relayed proofs.
#[test]
fn mining_pool_counts_acceptance_whoever_relayed() {
    for engine in engines() {
        let mut chain = Chain::new(engine);
        let pool = chain.deploy(creation_code("MiningPool"));
        let mut miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
        miner.statement.recipient = pool;
        let own = Work::of(&miner);
        miner.statement.context.nonce = ids::blake3(b"second");
        miner.statement.context.job_id = ids::blake3(b"second job");
        let relayed = Work::of(&miner);

        let submitted = MiningPool::submitCall { proof: own.proof.clone(), attestation: Bytes::new() };
        let receipt = chain.send(Tx::call(pool, submitted.abi_encode()));
        assert_eq!(word(receipt.success()), U256::from(REWARD));
        let settle = |work: &Work| {
            let signed = work.statement.encode().to_vec().into();
            Tx::call(pool, MiningPool::settleCall { signedPart: signed }.abi_encode())
        };
        assert_eq!(
            *chain.send(settle(&relayed)).revert(),
            MiningPool::NotAccepted { workId: relayed.work_id }.abi_encode()
        );
        chain.send(Tx::precompile(relayed.submit()).from(BOB)).success();
        chain.send(settle(&relayed)).success();
        for work in [&own, &relayed] {
            let error = MiningPool::AlreadySettled { workId: work.work_id };
            assert_eq!(*chain.send(settle(work)).revert(), error.abi_encode());
        }
        let stranger = Work::of(&Miner::new(ParameterSet::MlDsa44, 2, 1));
        chain.send(Tx::precompile(stranger.submit())).success();
        assert_eq!(
            *chain.send(settle(&stranger)).revert(),
            MiningPool::WrongRecipient { recipient: RECIPIENT }.abi_encode()
        );
        // A refusal of the precompile passes through by name.
        let again = MiningPool::submitCall { proof: own.proof.clone(), attestation: Bytes::new() };
        assert_eq!(
            *chain.send(Tx::call(pool, again.abi_encode())).revert(),
            WorkAlreadySpent { workId: own.work_id }.abi_encode()
        );
        let read = |data: Vec<u8>| word(chain.call(&Tx::call(pool, data)).success());
        assert_eq!(read(MiningPool::totalUnitsCall {}.abi_encode()), U256::from(2_000_000));
        let device = own.statement.context.device_id;
        assert_eq!(read(MiningPool::unitsOfCall { deviceId: device }.abi_encode()), U256::from(2_000_000));
        assert_eq!(read(MiningPool::balanceCall {}.abi_encode()), U256::from(2 * REWARD));
    }
}

/// The precompile's address is all twenty bytes; the other spelling of peers is an account like any other.
#[test]
fn a9_the_left_aligned_address_is_not_the_precompile() {
    let mut other = [0; 20];
    other[..2].copy_from_slice(&[3, 0]);
    for engine in engines() {
        let chain = Chain::new(engine);
        let receipt = chain.call(&Tx::call(Address::from(other), works(1, 1)[0].submit()));
        assert!(receipt.success().is_empty() && receipt.inner.is_empty() && receipt.logs.is_empty());
    }
    assert_eq!(ADDRESS[18..], [3, 0]);
}
