//! I: one block, one result, however often, wherever and beside whatever it is executed.

use crate::{
    chain::*,
    contracts::{Op, Reverter, creation_code, forwarder, word},
    random::Random,
    work::*,
};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    precompile::{
        ADDRESS,
        alloy::{ParsEvmFactory, dyn_precompile},
        revm::ParsPrecompiles,
        testing::{self, GOVERNOR, RECIPIENT},
    },
    protocol::abi::{IAIMining::*, IAIMiningInspector::isSpentCall},
};
use revm::{
    Context, Database as _, ExecuteCommitEvm as _, MainBuilder as _, MainContext as _,
    context::ContextTr as _, database::State, interpreter::InstructionResult, primitives::hardfork::SpecId,
};

/// A chain with a history, and a block with a bit of everything.
fn busy(engine: std::sync::Arc<dyn Engine>) -> (Chain, Vec<Tx>) {
    let (genesis, teleports) = sample_genesis();
    let mut chain = Chain::of(engine, genesis);
    let reverter = chain.deploy(creation_code("Reverter"));
    let w = works(1, 12);
    chain.block(&[Tx::precompile(w[0].submit()), Tx::precompile(w[1].submit())]);
    chain.time += 3_700; // the block below rolls the epoch
    let claim = |n: usize| Tx::precompile(claimTeleportCall { teleportId: teleports[n] }.abi_encode());
    let [a, b, c] = [5, 6, 7].map(|n: usize| w[n].proof.clone());
    let txs = vec![
        Tx::precompile(w[2].submit()),
        Tx::precompile(w[2].submit()).from(BOB),
        claim(1).from(BOB),
        Tx::call(reverter, Reverter::beforeInsideAfterCall { a, b, c }.abi_encode()),
        Tx::precompile(w[3].submit()).gas(200_000),
        Tx::precompile(w[3].submit()).value(U256::ONE),
        Tx::precompile(miningBalanceCall { miner: RECIPIENT }.abi_encode()),
        Tx::precompile(set_parameter(pars_ai_mining::protocol::Parameter::MaxJob, 3_660)).from(GOVERNOR),
        claim(0),
        Tx::precompile(w[8].submit()).from(GOVERNOR),
    ];
    (chain, txs)
}

#[test]
fn i1_a_block_gives_the_same_however_it_is_executed() {
    let mut all = Vec::new();
    for engine in engines() {
        let (chain, txs) = busy(engine);
        let mut first = chain.clone();
        let receipts = first.block(&txs);
        assert!(
            receipts.iter().filter(|receipt| receipt.status == Status::Success).count() >= 6,
            "{receipts:?}"
        );

        // A second time, from the same state.
        let mut second = chain.clone();
        assert_eq!(second.block(&txs), receipts);
        assert_eq!(second.disk, first.disk);

        // With eth_calls on the pending block in between: of the same transactions, and of hostile ones.
        let mut noisy = chain.clone();
        let dry: Vec<_> = txs.iter().cloned().chain([Tx::precompile(Bytes::new())]).collect();
        assert_eq!(noisy.block_with(&txs, &dry).unwrap(), receipts);
        assert_eq!(noisy.disk, first.disk);

        // Without a tracer.
        let mut untraced = chain.clone();
        untraced.traced = false;
        let plain: Vec<_> =
            receipts.iter().map(|receipt| Receipt { inner: Vec::new(), ..receipt.clone() }).collect();
        assert_eq!(untraced.block(&txs), plain);
        assert_eq!(untraced.disk, first.disk);

        // After a reorg: unwound, another block, unwound, and again.
        let mut reorged = chain.clone();
        reorged.block(&txs);
        reorged.unwind();
        assert_eq!(reorged.footprint(), chain.footprint(), "the bundle's reverts give the state before");
        for address in [ALICE, BOB, RECIPIENT, GOVERNOR, CLAIMANT] {
            assert_eq!(reorged.disk.balance(address), chain.disk.balance(address));
        }
        let backwards: Vec<_> = txs.iter().rev().cloned().collect();
        reorged.block(&backwards);
        reorged.unwind();
        assert_eq!(reorged.block(&txs), receipts);
        assert_eq!(reorged.disk, first.disk);

        // Speculatively, on other threads that share the precompile, while the block is executed.
        let mut watched = chain.clone();
        std::thread::scope(|scope| {
            for shift in 0..4 {
                let (chain, txs) = (chain.clone(), &txs);
                scope.spawn(move || {
                    for tx in txs.iter().cycle().skip(shift).take(3 * txs.len()) {
                        let _ = chain.try_call(tx);
                    }
                });
            }
            assert_eq!(watched.block(&txs), receipts);
        });
        assert_eq!(watched.disk, first.disk);
        all.push((receipts, first.disk));
    }
    assert_eq!(all[0], all[1], "and on either engine");
}

/// Builders run a whole block on one EVM, whose journal they reuse; the spec may reach the precompiles late.
#[test]
fn i1_one_evm_for_a_whole_block_gives_the_same() {
    use alloy_evm::{Evm as _, EvmFactory as _};
    let [(mut alloy, txs), (mut raw, _)] = engines().map(busy);
    let receipts = {
        let mut reference = alloy.clone();
        reference.traced = false;
        let receipts = reference.block(&txs);
        (receipts, reference.disk)
    };
    let chain_id = u64::from(alloy.genesis.chain_id);
    let nonce = |database: &mut State<Disk>, from| database.basic(from).unwrap().map_or(0, |info| info.nonce);

    let mut state = alloy.state();
    let mut evm = ParsEvmFactory::new(alloy.precompile.clone()).create_evm(&mut state, alloy.env());
    let seen: Vec<_> = txs
        .iter()
        .map(|tx| {
            let nonce = nonce(evm.db_mut(), tx.from);
            receipt(evm.transact_commit(tx.env(nonce, chain_id)).expect("sound"), Vec::new())
        })
        .collect();
    drop(evm);
    alloy.seal(state);
    assert_eq!((seen, alloy.disk), receipts);

    let mut state = raw.state();
    let env = raw.env();
    let context = Context::mainnet().with_db(&mut state).with_cfg(env.cfg_env).with_block(env.block_env);
    // Made for another revision: the EVM tells them its own.
    let precompiles = ParsPrecompiles::new(SpecId::SHANGHAI, raw.precompile.clone(), raw.time);
    let mut evm = context.build_mainnet().with_precompiles(precompiles);
    let seen: Vec<_> = txs
        .iter()
        .map(|tx| {
            let nonce = nonce(evm.ctx.db_mut(), tx.from);
            receipt(evm.transact_commit(tx.env(nonce, chain_id)).expect("sound"), Vec::new())
        })
        .collect();
    drop(evm);
    raw.seal(state);
    assert_eq!((seen, raw.disk), receipts);
}

#[test]
fn i2_results_are_not_cached_by_calldata() {
    use alloy_evm::precompiles::Precompile as _;
    let precompile = testing::stubbed(true).0;
    assert!(!dyn_precompile(precompile.clone()).supports_caching());
    // The wrapper that the factory installs, asked through the map that a caching host would ask.
    let env = alloy_evm::EvmEnv::default();
    let database = revm::database::EmptyDB::default();
    let mut evm = alloy_evm::EvmFactory::create_evm(&ParsEvmFactory::new(precompile), database, env);
    let (mut cacheable, mut found) = (Vec::new(), false);
    alloy_evm::Evm::precompiles_mut(&mut evm).map_cacheable_precompiles(|address, precompile| {
        cacheable.push(*address);
        precompile
    });
    for address in alloy_evm::Evm::precompiles(&evm).addresses() {
        found |= *address == ADDRESS;
    }
    assert!(found && !cacheable.is_empty(), "other precompiles are cacheable");
    assert!(!cacheable.contains(&ADDRESS));

    // The same calldata, three states, three answers: in one transaction's block and across blocks.
    let work = &works(1, 1)[0];
    let spent = Tx::precompile(isSpentCall { workId: work.work_id }.abi_encode());
    let balance = Tx::precompile(miningBalanceCall { miner: RECIPIENT }.abi_encode());
    for engine in engines() {
        let mut chain = Chain::new(engine);
        let submit = Tx::precompile(work.submit());
        let receipts = chain.block(&[
            spent.clone(),
            balance.clone(),
            submit.clone(),
            spent.clone(),
            balance.clone(),
            submit.clone(),
        ]);
        let words: Vec<_> = [0, 1, 3, 4].map(|n: usize| word(receipts[n].success())).to_vec();
        assert_eq!(words, [0, 0, 1, REWARD].map(U256::from));
        receipts[2].success();
        receipts[5].revert();
        chain.unwind();
        assert!(word(chain.call(&spent).success()).is_zero());
        chain.call(&submit).success();
    }
}

/// Every method's calldata, damaged at random, from every kind of frame: no fatal error, no halt but for gas, and
/// nothing but a success leaves a trace.
fn fuzz(test: &str, seed: u64, calls: u64) {
    let mut random = Random::seeded(test, seed);
    let samples: Vec<_> = samples().into_iter().map(|(_, data, _)| data).collect();
    for engine in engines() {
        let mut chain = Chain::of(engine, sample_genesis().0);
        let frames = Op::ALL.map(|op| {
            let address = Address::with_last_byte(0xf0 + op as u8);
            chain.disk.set_code(address, forwarder(op));
            address
        });
        let mut reverts = 0;
        for _ in 0..calls / 2 {
            let mut data = match random.below(8) {
                0 => {
                    let length = random.below(600);
                    random.bytes(length)
                }
                1 => [&random.pick(&samples)[..4], &vec![0xff; random.below(300) as usize]].concat(),
                _ => random.pick(&samples).to_vec(),
            };
            for _ in 0..random.below(4) {
                let at = if random.one_in(2) { random.below(140) } else { random.next() } as usize;
                match random.below(5) {
                    0 if !data.is_empty() => {
                        let at = at % data.len();
                        data[at] ^= 1 << random.below(8);
                    }
                    1 => data.truncate(at % (data.len() + 1)),
                    2 => {
                        let at = at % (data.len() + 1);
                        let extra = random.below(70);
                        let extra = random.bytes(extra);
                        data.splice(at..at, extra);
                    }
                    3 if data.len() >= 36 => {
                        // A word of the head: huge, or slightly off.
                        let word = 4 + 32 * (at % ((data.len() - 4) / 32));
                        let small = U256::from(random.below(400));
                        let value = *random.pick(&[U256::MAX, U256::ONE << 255, small]);
                        data[word..word + 32].copy_from_slice(&value.to_be_bytes::<32>());
                    }
                    _ => data.extend([0; 32]),
                }
            }
            let to = if random.one_in(3) { *random.pick(&frames) } else { ADDRESS };
            let from = *random.pick(&[ALICE, GOVERNOR]);
            let gas = if random.one_in(6) { 60_000 + random.below(500_000) } else { GAS };
            let value = if random.one_in(10) { U256::ONE } else { U256::ZERO };
            let before = chain.footprint();
            match chain.block_with(&[Tx::call(to, data).from(from).gas(gas).value(value)], &[]) {
                Err(Failure::Fatal(error)) => panic!("fatal from calldata: {error}"),
                Err(Failure::Invalid(_)) => continue, // less than the intrinsic gas
                Ok(receipts) => {
                    for inner in &receipts[0].inner {
                        assert!(
                            matches!(
                                inner.result,
                                InstructionResult::Return
                                    | InstructionResult::Revert
                                    | InstructionResult::PrecompileOOG
                            ),
                            "{inner:?}"
                        );
                        assert!(inner.gas_used <= inner.gas_limit);
                        if inner.result == InstructionResult::Revert {
                            assert!(inner.output.len() >= 4, "a revert has a name");
                            reverts += 1;
                        }
                    }
                    if receipts[0].status != Status::Success {
                        assert_eq!(chain.footprint(), before);
                        assert!(receipts[0].logs.is_empty());
                    }
                }
            }
        }
        assert!(reverts > calls / 8, "too dull: {reverts}");
    }
}

#[test]
fn i4_no_calldata_is_fatal_through_the_evm() {
    fuzz("i4_no_calldata_is_fatal_through_the_evm", 4, 4_000);
}

#[test]
#[ignore = "make long"]
fn long_i4_no_calldata_is_fatal_through_the_evm() {
    fuzz("long_i4_no_calldata_is_fatal_through_the_evm", 400, 80_000);
}
