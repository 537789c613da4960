//! B: what is undone leaves no trace.

use crate::{
    chain::*,
    contracts::{Op, Reverter, creation_code, forwarder, word},
    random::Random,
    work::*,
};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use pars_ai_mining::{
    precompile::{
        ADDRESS,
        testing::{GOVERNOR, RECIPIENT},
    },
    protocol::{
        Parameter,
        abi::{
            IAIMining::*,
            IAIMiningErrors::WorkAlreadySpent,
            IAIMiningEvents::*,
            IAIMiningGovernance::{acceptGovernorCall, proposeGovernorCall},
        },
    },
};
use revm::state::AccountInfo;
use std::collections::BTreeMap;

/// Checks that exactly these works were accepted, and that state, coins and logs say so.
#[track_caller]
fn check_accepted(chain: &Chain, all: &[Work], accepted: &[&Work], receipt: &Receipt) {
    let total = U256::from(REWARD) * U256::from(accepted.len());
    for work in all {
        let hash =
            accepted.iter().any(|a| a.work_id == work.work_id).then(|| keccak256(work.statement.encode()));
        assert_eq!(chain.slot(entry("acceptedWork", work.work_id)), hash.map_or(U256::ZERO, Into::into));
        assert_eq!(chain.slot(entry("jobPaid", work.job_mark())), U256::from(hash.is_some()));
    }
    assert_eq!(chain.slot(entry("balances", key(RECIPIENT))), total);
    assert_eq!(chain.slot(slot("totalSupply")), total);
    assert_eq!(chain.slot(entry("poolPaid", U256::ZERO)), total);
    assert_eq!(chain.slot(entry("poolProofs", U256::ZERO)), U256::from(accepted.len()));
    let last = accepted.last().map_or(B256::ZERO, |work| work.work_id);
    assert_eq!(B256::from(chain.slot(slot("lastWorkId"))), last);
    assert_eq!(chain.disk.balance(RECIPIENT), total, "PARS follows AI");
    assert_eq!(chain.disk.account(RECIPIENT).is_some(), !accepted.is_empty());
    let logs: Vec<_> = accepted.iter().flat_map(|work| work.logs(REWARD, 1)).collect();
    assert_eq!(receipt.logs, logs);
}

#[test]
fn b1_submissions_around_caught_reverts_equal_a_model() {
    let w = works(1, 5);
    let p = |n: usize| w[n].proof.clone();
    let all = [p(0), p(1), p(2), p(3), p(4)];
    let [a, b, c, d, e] = all;
    let nested = |keep| Reverter::nestedCall {
        a: a.clone(),
        b: b.clone(),
        c: c.clone(),
        d: d.clone(),
        e: e.clone(),
        keep,
    };
    // What is called, which works must be accepted, how many reverts the contract caught.
    let cases: Vec<(Vec<u8>, Vec<usize>, Option<u64>)> = vec![
        (Reverter::beforeInsideAfterCall { a: p(0), b: p(1), c: p(2) }.abi_encode(), vec![0, 2], Some(1)),
        (Reverter::undoneIsUnspentCall { a: p(0) }.abi_encode(), vec![0], Some(1)),
        (Reverter::spentStaysSpentCall { a: p(0) }.abi_encode(), vec![0], Some(2)),
        (nested(false).abi_encode(), vec![0, 4], Some(1)),
        (nested(true).abi_encode(), vec![0, 1, 3, 4], Some(0)),
        (
            Reverter::outOfGasInsideCall { a: p(0), b: p(1), gasLimit: U256::from(2_000_000) }.abi_encode(),
            vec![1],
            Some(1),
        ),
        (Reverter::createInsideCall { a: p(0), keep: true }.abi_encode(), vec![0], None),
        (Reverter::createInsideCall { a: p(0), keep: false }.abi_encode(), vec![], None),
    ];
    for engine in engines() {
        let mut fresh = Chain::new(engine);
        let reverter = fresh.deploy(creation_code("Reverter"));
        for (data, accepted, caught) in &cases {
            let mut chain = fresh.clone();
            let receipt = chain.send(Tx::call(reverter, data.clone()));
            let output = word(receipt.success());
            if let Some(caught) = caught {
                assert_eq!(output, U256::from(*caught));
            }
            let accepted: Vec<_> = accepted.iter().map(|n| &w[*n]).collect();
            check_accepted(&chain, &w, &accepted, &receipt);
            // What was undone can still be paid, and what was paid cannot.
            for work in &w {
                let again = chain.call(&Tx::precompile(work.submit()));
                if accepted.iter().any(|a| a.work_id == work.work_id) {
                    assert_eq!(*again.revert(), WorkAlreadySpent { workId: work.work_id }.abi_encode());
                } else {
                    again.success();
                }
            }
        }
    }
}

#[test]
fn b1_a_transaction_that_reverts_after_submissions_leaves_nothing() {
    let w = works(1, 2);
    for engine in engines() {
        let mut chain = Chain::new(engine);
        let reverter = chain.deploy(creation_code("Reverter"));
        let before = chain.footprint();
        let call = Reverter::submitTwiceThenRevertCall { a: w[0].proof.clone(), b: w[1].proof.clone() };
        let receipt = chain.send(Tx::call(reverter, call.abi_encode()));
        assert_eq!(*receipt.revert(), Reverter::Undone {}.abi_encode());
        assert_eq!(receipt.inner.len(), 2, "both were accepted inside");
        assert!(receipt.inner.iter().all(|inner| inner.result.is_ok()));
        assert_eq!(chain.footprint(), before);
        assert!(receipt.logs.is_empty());
        assert_eq!(chain.disk.account(RECIPIENT), None, "no PARS was left behind");
        chain.send(Tx::precompile(w[0].submit())).success();
    }
}

/// Native coins are minted in the journal: a reverted frame takes them back, to a recipient old or new.
#[test]
fn native_mint_reverts_with_its_frame() {
    let w = works(1, 3);
    for engine in engines() {
        for coins in [None, Some(U256::from(11))] {
            let mut chain = Chain::new(engine.clone());
            if let Some(balance) = coins {
                chain.disk.set(RECIPIENT, AccountInfo { balance, ..Default::default() });
            }
            let reverter = chain.deploy(creation_code("Reverter"));
            let inside = Reverter::createInsideCall { a: w[0].proof.clone(), keep: false };
            let receipt = chain.send(Tx::call(reverter, inside.abi_encode()));
            receipt.success();
            assert!(receipt.inner[0].result.is_ok(), "it was paid inside");
            assert_eq!(chain.disk.account(RECIPIENT).map(|info| info.balance), coins);
            let call = Reverter::beforeInsideAfterCall {
                a: w[0].proof.clone(),
                b: w[1].proof.clone(),
                c: w[2].proof.clone(),
            };
            chain.send(Tx::call(reverter, call.abi_encode())).success();
            let expected = coins.unwrap_or_default() + U256::from(2 * REWARD);
            assert_eq!(chain.disk.balance(RECIPIENT), expected);
        }
    }
}

/// Success at exactly the gas that suffices and at all above, and below it no trace. The transaction's limit is swept,
/// as eth_estimateGas does it.
#[test]
fn b3_success_is_monotone_in_gas_and_below_it_nothing_is_left() {
    let contract = address!("0x00000000000000000000000000000000000000f1");
    let submit = works(1, 1)[0].submit();
    let (_, ids) = sample_genesis();
    let claim = Bytes::from(claimTeleportCall { teleportId: ids[0] }.abi_encode());
    let pending = Bytes::from(pendingTeleportsCall { recipient: CLAIMANT }.abi_encode());
    for engine in engines() {
        let mut chain = Chain::of(engine, sample_genesis().0);
        chain.spec = revm::primitives::hardfork::SpecId::CANCUN;
        chain.disk.set_code(contract, forwarder(Op::Call));
        for (to, data) in
            [ADDRESS, contract].into_iter().flat_map(|to| [&submit, &claim, &pending].map(|data| (to, data)))
        {
            let run = |gas: u64| match chain.try_call(&Tx::call(to, data.clone()).gas(gas)) {
                Err(Failure::Invalid(_)) => false, // less than the intrinsic gas
                Err(Failure::Fatal(error)) => panic!("{error}"),
                Ok((receipt, changes)) => {
                    let done = receipt.status == Status::Success;
                    if !done {
                        assert!(receipt.logs.is_empty(), "a log at {gas}");
                        let account = changes.get(&ADDRESS);
                        let changed = account.map_or(0, |account| {
                            account.storage.values().filter(|slot| slot.is_changed()).count()
                        });
                        assert_eq!(changed, 0, "a write at {gas}");
                        assert!(changes.get(&RECIPIENT).is_none_or(|account| account.info.balance.is_zero()));
                    }
                    done
                }
            };
            let (mut low, mut high) = (0, GAS);
            while high - low > 1 {
                let middle = (low + high) / 2;
                if run(middle) { high = middle } else { low = middle }
            }
            for gas in (high - 600..high).chain((0..high).step_by(1_009)) {
                assert!(!run(gas), "success at {gas}, failure at {}", high - 1);
            }
            for gas in (high..high + 600).chain((high..GAS).step_by(49_999)) {
                assert!(run(gas), "failure at {gas}, success at {high}");
            }
        }
    }
}

/// Whatever read fails, the transaction has no receipt: the block cannot be produced from here.
#[test]
fn b4_a_failing_disk_is_fatal_and_never_a_revert_or_a_halt() {
    let contract = address!("0x00000000000000000000000000000000000000f1");
    for engine in engines() {
        let mut chain = Chain::of(engine, sample_genesis().0);
        // A contract that forgets how its call ended: a fatal error must pass through it all the same.
        chain.disk.set_code(contract, crate::contracts::balance_gas_after_call(RECIPIENT));
        chain
            .send(Tx::precompile(proposeGovernorCall { proposed: GOVERNOR }.abi_encode()).from(GOVERNOR))
            .success();
        for (signature, data, _) in samples() {
            for tx in [Tx::precompile(data.clone()).from(GOVERNOR), Tx::call(contract, data.clone())] {
                let whole = chain.try_call(&tx).expect("a sound disk");
                let mut reads = 0;
                loop {
                    let mut broken = chain.clone();
                    broken.disk.reads_left = Some(reads);
                    match broken.try_call(&tx) {
                        Err(Failure::Fatal(error)) => {
                            assert!(error.contains("injected read failure"), "{signature}: {error}");
                        }
                        Ok(done) => {
                            assert_eq!(done.0, whole.0, "{signature}: enough reads, the same receipt");
                            break;
                        }
                        Err(other) => panic!("{signature}: {other:?}"),
                    }
                    reads += 1;
                }
                assert!(reads > 1, "{signature}");
                // A block with it is not produced, and the disk is what it was.
                let mut broken = chain.clone();
                broken.disk.reads_left = Some(reads - 1);
                let before = broken.footprint();
                assert!(matches!(broken.block_with(std::slice::from_ref(&tx), &[]), Err(Failure::Fatal(_))));
                assert_eq!(broken.footprint(), before);
            }
        }
    }
}

/// A state that holds what is never written there, or that lacks what activation writes, stops the node.
#[test]
fn b4_impossible_state_is_fatal() {
    let call = Tx::precompile(works(1, 1)[0].submit());
    let impossible: [(&[(&str, U256)], &str); 2] = [
        (&[("epochLength", U256::MAX)], "impossible value"),
        (&[("epochStart", U256::ONE), ("epochLength", U256::ZERO)], "not activated"),
    ];
    for engine in engines() {
        for (slots, reason) in impossible {
            let mut chain = Chain::new(engine.clone());
            let mut storage = chain.disk.storage(ADDRESS);
            storage.extend(slots.iter().map(|(name, value)| (slot(name), *value)));
            chain.disk.set_storage(ADDRESS, storage);
            let Err(Failure::Fatal(error)) = chain.try_call(&call) else { panic!("fatal: {reason}") };
            assert!(error.contains(reason), "{error}");
        }
    }
}

/// Replays every log of a random history: what comes out is what storage says.
#[test]
fn b7_events_rebuild_the_state() {
    let mut random = Random::seeded("b7", 7);
    let amounts: Vec<_> = (1..=12).map(U256::from).collect();
    let (genesis, teleports) = genesis_with_teleports(&amounts);
    let all: Vec<_> = (1..=6).flat_map(|seed| works(seed, 12)).collect();
    for engine in engines() {
        let mut chain = Chain::of(engine, genesis.clone());
        let reverter = chain.deploy(creation_code("Reverter"));
        let mut logs = Vec::new();
        for _ in 0..40 {
            chain.time += random.below(330);
            let txs: Vec<_> = (0..1 + random.below(5))
                .map(|_| match random.below(8) {
                    0 => {
                        let [a, b, c] = [0; 3].map(|_| random.pick(&all).proof.clone());
                        Tx::call(reverter, Reverter::beforeInsideAfterCall { a, b, c }.abi_encode())
                    }
                    1 => Tx::precompile(
                        claimTeleportCall { teleportId: *random.pick(&teleports) }.abi_encode(),
                    ),
                    2 => {
                        let value = 3_600 + u128::from(random.below(1_200));
                        Tx::precompile(set_parameter(Parameter::MaxJob, value)).from(GOVERNOR)
                    }
                    3 => Tx::precompile(
                        proposeGovernorCall { proposed: *random.pick(&[GOVERNOR, BOB]) }.abi_encode(),
                    )
                    .from(GOVERNOR),
                    4 => Tx::precompile(acceptGovernorCall {}.abi_encode()).from(BOB),
                    _ => Tx::precompile(random.pick(&all).submit()),
                })
                .collect();
            for receipt in chain.block(&txs) {
                assert!(receipt.status == Status::Success || receipt.logs.is_empty());
                logs.extend(receipt.logs);
            }
        }
        let mut balances: BTreeMap<Address, U256> = BTreeMap::new();
        let (mut supply, mut spent, mut claimed) = (U256::ZERO, BTreeMap::new(), Vec::new());
        let (mut moved, mut governor, mut minted) = (BTreeMap::new(), GOVERNOR, U256::ZERO);
        let mut native: BTreeMap<Address, U256> = BTreeMap::new();
        for log in &logs {
            assert_eq!(log.address, ADDRESS);
            let topic = log.topics()[0];
            if topic == Transfer::SIGNATURE_HASH {
                let event = Transfer::decode_log(log).unwrap().data;
                assert_eq!(event.from, Address::ZERO);
                *balances.entry(event.to).or_default() += event.value;
                supply += event.value;
            } else if topic == WorkAccepted::SIGNATURE_HASH {
                let event = WorkAccepted::decode_log(log).unwrap().data;
                assert!(spent.insert(event.workId, event.proofHash).is_none(), "accepted twice");
                *native.entry(event.recipient).or_default() += event.nativeReward;
                minted += event.reward;
            } else if topic == TeleportClaimed::SIGNATURE_HASH {
                let event = TeleportClaimed::decode_log(log).unwrap().data;
                claimed.push(event.teleportId);
                minted += event.amount;
            } else if topic == ParameterChanged::SIGNATURE_HASH {
                let event = ParameterChanged::decode_log(log).unwrap().data;
                moved.insert(event.name, event.newValue);
            } else if topic == GovernorChanged::SIGNATURE_HASH {
                let event = GovernorChanged::decode_log(log).unwrap().data;
                assert_eq!(event.oldGovernor, governor);
                governor = event.newGovernor;
            } else {
                GovernorProposed::decode_log(log).unwrap();
            }
        }
        assert_eq!(minted, supply, "every coin has a reason");
        assert_eq!(supply, balances.values().sum::<U256>());
        assert_eq!(chain.slot(slot("totalSupply")), supply);
        for (holder, balance) in &balances {
            assert_eq!(chain.slot(entry("balances", key(*holder))), *balance);
        }
        for work in &all {
            let hash: B256 = spent.get(&work.work_id).copied().unwrap_or_default();
            assert_eq!(chain.slot(entry("acceptedWork", work.work_id)), U256::from_be_bytes(hash.0));
        }
        for id in &teleports {
            let status = if claimed.contains(id) { 2 } else { 1 };
            assert_eq!(chain.slot(entry("teleportStatus", *id)), U256::from(status));
        }
        for (name, value) in &moved {
            assert_eq!(chain.slot(entry("parameterValue", *name)), *value);
        }
        assert_eq!(chain.slot(slot("governor")), key(governor));
        for (recipient, coins) in &native {
            assert_eq!(chain.disk.balance(*recipient), *coins);
        }
        let (accepted, claims, steps) = (spent.len(), claimed.len(), moved.len());
        assert!(accepted > 20 && claims > 3 && steps > 0, "too dull: {accepted}, {claims}, {steps}");
        assert_eq!(governor, BOB, "the governor was handed over");
    }
}
