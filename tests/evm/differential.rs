//! Three hosts, one precompile: alloy-evm, raw revm and the host in memory, driven by the same random calls.
//!
//! Compared are output, gas charged inside 0x0300, logs, every slot, nonce and code; and between the two EVMs whole
//! receipts and every balance.

use crate::{
    chain::*,
    contracts::{Op, forwarder, forwarder_address},
    random::Random,
    work::*,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    mldsa::{ParameterSet, Verifier},
    nvtrust::SPKI_PREFIX,
    precompile::{
        ADDRESS, Genesis, HostProfile, MemoryHost, Outcome, Precompile, Verifiers, activate,
        memory::Call,
        profile::{EvmRevision, Marker},
        testing::{CHAIN_ID, GOVERNOR, Miner, RECIPIENT, submit},
    },
    protocol::{
        Parameter, Parameters,
        abi::{IAIMining::*, IAIMiningGovernance::*, IAIMiningInspector::*},
        ids,
        parameters::ascii,
    },
};
use revm::{interpreter::InstructionResult, primitives::hardfork::SpecId, state::AccountInfo};
use std::{collections::BTreeMap, sync::Arc};

/// Says yes to a signature whose first byte is even: a verdict that follows from the input and costs nothing.
#[derive(Debug)]
struct Even;

impl Verifier for Even {
    fn verify(&self, _: ParameterSet, _: &[u8], _: &[u8], _: &[u8], signature: &[u8]) -> bool {
        signature.first().is_some_and(|byte| byte % 2 == 0)
    }
}

/// What the calls are made of.
struct Deck {
    miners: Vec<Miner>,
    teleports: Vec<B256>,
    accounts: Vec<Address>,
}

impl Deck {
    fn new(teleports: Vec<B256>) -> Self {
        let sets =
            [ParameterSet::MlDsa44, ParameterSet::MlDsa44, ParameterSet::MlDsa65, ParameterSet::MlDsa87];
        let miners: Vec<_> =
            sets.into_iter().zip(1..).map(|(set, seed)| Miner::new(set, seed, u64::from(seed))).collect();
        let accounts = vec![RECIPIENT, CLAIMANT, ALICE, BOB, Address::ZERO, ADDRESS];
        Self { miners, teleports, accounts }
    }

    fn submission(&mut self, random: &mut Random, now: u64) -> Bytes {
        let job = random.below(400);
        let miner_count = self.miners.len() as u64;
        let miner = &mut self.miners[random.below(miner_count) as usize];
        let original = miner.statement;
        let statement = &mut miner.statement;
        statement.context.job_id = ids::blake3(format!("job {}", job).as_bytes());
        statement.context.nonce = ids::blake3(format!("nonce {}", random.below(400)).as_bytes());
        statement.completed_at = now - random.below(100);
        statement.context.timestamp = statement.completed_at - random.below(3_000);
        statement.recipient = *random.pick(&self.accounts[..4]);
        let most = 209_500 * (statement.completed_at - statement.context.timestamp + 1);
        statement.compute_units = 1 + random.below(most);
        // One thing wrong, now and then.
        match random.below(40) {
            0 => statement.context.chain_id += 1,
            1 => statement.completed_at = now + 100,
            2 => statement.completed_at = now - 8_000,
            3 => statement.context.timestamp = statement.completed_at + 1,
            4 => statement.context.timestamp = statement.completed_at - 3_700,
            5 => statement.recipient = *random.pick(&[Address::ZERO, ADDRESS]),
            6 => statement.compute_units = 0,
            7 => statement.compute_units = most + 1,
            8 => statement.min_reward = u128::MAX,
            9 => statement.output_hash = B256::ZERO,
            10 => statement.attestation_hash = B256::repeat_byte(1),
            11 => statement.context.device_id = B256::repeat_byte(2),
            _ => {}
        }
        let mut proof = miner.unsigned_proof().to_vec();
        let signature = proof.len() - miner.statement.parameter_set.signature_len();
        let key = 290;
        match random.below(40) {
            0 => proof[signature] = 1,
            1 => proof[0] = 2,
            2 => proof[1] = 45,
            3 => drop(proof.pop()),
            4 => proof[key..signature].fill(0),
            _ => {}
        }
        miner.statement = original;
        if random.one_in(30) {
            let length = 1 + random.below(200);
            let attestation = random.bytes(length).into();
            return submitWorkProofCall { proof: proof.into(), attestation }.abi_encode().into();
        }
        submit(proof.into())
    }

    fn view(&self, random: &mut Random) -> Bytes {
        let miner = random.pick(&self.miners);
        let (device, id) = (miner.statement.context.device_id, miner.work_id());
        let account = *random.pick(&self.accounts);
        let teleport = *random.pick(&self.teleports);
        let key = Bytes::from(miner.public_key().to_vec());
        let small = random.below(6) as u8;
        let name = random.pick(&Parameter::ALL).name();
        match random.below(24) {
            0 => miningBalanceCall { miner: account }.abi_encode(),
            1 => pendingTeleportsCall { recipient: account }.abi_encode(),
            2 => isSpentCall { workId: id }.abi_encode(),
            3 => acceptedWorkCall { workId: id }.abi_encode(),
            4 => isJobPaidCall { deviceId: device, jobId: id }.abi_encode(),
            5 => computeWorkIdCall { deviceId: device, nonce: id, chainId: random.next() >> (8 * small) }
                .abi_encode(),
            6 => deriveAddressCall { publicKey: key }.abi_encode(),
            7 => getSecurityLevelCall { publicKey: key }.abi_encode(),
            8 => getTeleportDetailsCall { teleportId: teleport }.abi_encode(),
            9 => quoteRewardCall { tier: small, units: random.next() }.abi_encode(),
            10 => poolInfoCall { pool: small / 2 }.abi_encode(),
            11 => epochInfoCall {}.abi_encode(),
            12 => epochSeedsCall {}.abi_encode(),
            13 => parameterCall { name }.abi_encode(),
            14 => versionCall {}.abi_encode(),
            15 => governorCall {}.abi_encode(),
            16 => pendingGovernorCall {}.abi_encode(),
            17 => deviceInfoCall { deviceId: device }.abi_encode(),
            18 => icaCountCall {}.abi_encode(),
            19 => icaInfoCall { icaIndex: small }.abi_encode(),
            20 => firmwareInfoCall { fwid: vec![small; 43 + usize::from(small)].into() }.abi_encode(),
            21 => goldenSetInfoCall { tuple: word(small), digest: word(small / 2) }.abi_encode(),
            22 => minimumDriverCall {}.abi_encode(),
            _ => {
                let (message, signature) = (random.below(300), 2_420 + random.below(2));
                verifyMLDSACall {
                    pk: key,
                    msg: random.bytes(message).into(),
                    sig: random.bytes(signature).into(),
                }
                .abi_encode()
            }
        }
        .into()
    }

    /// What governance says of attestation: few values, so that they meet.
    fn policy(&self, random: &mut Random) -> Vec<u8> {
        let mut small = || random.below(5) as u8;
        let (a, b, c, flag) = (small(), small(), small(), small() % 2 == 0);
        let device = self.miners[usize::from(a) % self.miners.len()].statement.context.device_id;
        let fwid = Bytes::from(vec![a; 45 + usize::from(b)]);
        match c + 5 * u8::from(flag) {
            0 | 5 => setIcaCall {
                tier: a,
                architecture: ascii(["GH100", "GB100", "gh100", "", "GB202"][usize::from(b)]),
                spki: [&SPKI_PREFIX[..], &[a; 96]].concat().into(),
            }
            .abi_encode(),
            1 | 6 => revokeIcaCall { icaIndex: a, revoked: flag }.abi_encode(),
            2 => denyFirmwareCall { fwid, denied: b % 2 == 0 }.abi_encode(),
            7 => pinFirmwareCall { fwid, pinned: b % 2 == 0 }.abi_encode(),
            3 | 8 => pinGoldenSetCall {
                tuple: word(a % 3),
                mask: u64::from(b % 3),
                digest: word(a / 2),
                pinned: flag,
            }
            .abi_encode(),
            4 => revokeDeviceCall { deviceId: device, revoked: b % 2 == 0 }.abi_encode(),
            _ => setMinimumDriverCall {
                driver: ["", "550", "550.90.07", "x", "1.2.3.4"][usize::from(a)].into(),
            }
            .abi_encode(),
        }
    }

    fn governance(&self, random: &mut Random, parameters: &Parameters) -> Bytes {
        match random.below(14) {
            10..=13 => self.policy(random).into(),
            0 => proposeGovernorCall { proposed: *random.pick(&[GOVERNOR, GOVERNOR, ADDRESS]) }
                .abi_encode()
                .into(),
            1 => acceptGovernorCall {}.abi_encode().into(),
            2 => setParameterCall { name: B256::repeat_byte(7), value: U256::ONE }.abi_encode().into(),
            3 => set_parameter(Parameter::Base, *random.pick(&[0, parameters.get(Parameter::Base)])),
            _ => {
                let parameter = *random.pick(&Parameter::ALL);
                let (least, most) = parameter.reach(parameters.get(parameter));
                let value = match random.below(4) {
                    0 => least,
                    1 => most,
                    2 => most.saturating_add(1),
                    _ => least + (most - least) * u128::from(random.below(1_000)) / 1_000,
                };
                set_parameter(parameter, value)
            }
        }
    }

    fn data(&mut self, random: &mut Random, now: u64, parameters: &Parameters) -> Bytes {
        let mut data = match random.below(20) {
            0..=8 => self.submission(random, now),
            9 | 10 => claimTeleportCall { teleportId: *random.pick(&self.teleports) }.abi_encode().into(),
            11..=13 => self.governance(random, parameters),
            14 => {
                let length = random.below(200);
                random.bytes(length).into()
            }
            _ => self.view(random),
        };
        if random.one_in(15) {
            let mut bytes = data.to_vec();
            match random.below(4) {
                0 => bytes.push(0),
                1 => drop(bytes.pop()),
                2 => bytes.extend([0; 32]),
                _ => {
                    let at = random.below(bytes.len() as u64 + 1) as usize;
                    bytes.truncate(at);
                }
            }
            data = bytes.into();
        }
        data
    }
}

/// A small number as a word.
fn word(number: u8) -> B256 {
    B256::with_last_byte(number)
}

fn spec(revision: EvmRevision) -> SpecId {
    match revision {
        EvmRevision::Shanghai => SpecId::SHANGHAI,
        EvmRevision::Cancun => SpecId::CANCUN,
        EvmRevision::Prague => SpecId::PRAGUE,
        EvmRevision::Osaka => SpecId::OSAKA,
    }
}

/// The same chain on three hosts: both EVMs, and the precompile in memory.
pub struct Hosts {
    pub chains: [Chain; 2],
    memory: MemoryHost,
    precompile: Precompile,
    value_visible: bool,
    call_code_visible: bool,
}

impl Hosts {
    /// With the forwarders of all four opcodes.
    pub fn new(genesis: &Genesis, precompile: Precompile) -> Self {
        let chains = engines().map(|engine| {
            let mut chain = Chain::with(engine, genesis.clone(), precompile.clone());
            chain.spec = spec(genesis.profile.evm_revision);
            for op in Op::ALL {
                chain.disk.set_code(forwarder_address(op), forwarder(op));
            }
            chain
        });
        let mut memory = MemoryHost::new(u64::from(CHAIN_ID));
        (memory.block_number, memory.block_timestamp) = (chains[0].number, chains[0].time);
        activate(&mut memory, genesis).expect("a legal genesis");
        let HostProfile { value_visible, call_code_visible, .. } = genesis.profile;
        Self { chains, memory, precompile, value_visible, call_code_visible }
    }

    /// Time and blocks go by.
    pub fn pass(&mut self, seconds: u64, blocks: u64) {
        for chain in &mut self.chains {
            chain.time += seconds;
            chain.number += blocks;
        }
    }

    /// Executes a block whose transactions each call the precompile once. All hosts must agree on everything.
    #[track_caller]
    pub fn block(&mut self, txs: &[Tx]) -> Vec<Receipt> {
        let [alloy, raw] = &mut self.chains;
        let memory = &mut self.memory;
        (memory.block_number, memory.block_timestamp) = (alloy.number, alloy.time);
        let receipts = alloy.block(txs);
        assert_eq!(raw.block(txs), receipts, "whole receipts, gas and all");

        for (tx, receipt) in txs.iter().zip(&receipts) {
            let [inner] = &receipt.inner[..] else {
                panic!("one call of the precompile: {tx:?} {receipt:?}")
            };
            let executed = memory.execute(
                &self.precompile,
                Call {
                    caller: inner.caller,
                    input: inner.input.clone(),
                    gas: inner.gas_limit,
                    value: self.value_visible.then_some(inner.value),
                    is_static: inner.is_static,
                    // From the opcode, not from what the adapters look at.
                    is_direct: inner.is_direct
                        || (!self.call_code_visible && inner.running_as == inner.caller),
                },
            );
            assert_eq!(executed.gas_used, inner.gas_used, "{inner:?}");
            let (result, output) = match executed.outcome {
                Outcome::Success(output) => (InstructionResult::Return, output),
                Outcome::Revert(error) => (InstructionResult::Revert, error),
                Outcome::OutOfGas => (InstructionResult::PrecompileOOG, Bytes::new()),
                Outcome::Fatal(fatal) => panic!("{fatal}"),
            };
            assert_eq!((result, &output), (inner.result, &inner.output), "{tx:?}");
            let logs: Vec<_> = executed.logs.into_iter().map(log).collect();
            if receipt.status == Status::Success {
                assert_eq!(receipt.logs, logs);
            } else {
                assert!(receipt.logs.is_empty());
                assert_ne!(inner.result, InstructionResult::Return, "the forwarder bubbles what it gets");
            }
        }
        for chain in &self.chains {
            assert_eq!(chain.disk.storage(ADDRESS), memory.account.storage, "every slot");
            let account = chain.disk.account(ADDRESS).expect("alive");
            assert_eq!(account.nonce, memory.account.nonce);
            assert_eq!(account.code_hash, keccak256(&memory.account.code));
        }
        assert_eq!(self.chains[0].disk, self.chains[1].disk, "every account and balance");
        receipts
    }
}

/// How often each way to end was seen; a revert by its error's selector.
type Tally = BTreeMap<String, u64>;

fn drive(random: &mut Random, genesis: &Genesis, teleports: &[B256], calls: u64) -> Tally {
    let precompile = Precompile::new(
        genesis.profile.clone(),
        Verifiers { mldsa: Arc::new(Even), ..Verifiers::reference() },
    );
    let mut deck = Deck::new(teleports.to_vec());
    let mut hosts = Hosts::new(genesis, precompile);
    let mut tally = Tally::new();
    let mut done = 0;
    while done < calls {
        // A block: some seconds later, or epochs.
        let step = match random.below(10) {
            0 => 3_600 * (1 + random.below(3)) + random.below(60),
            1..=3 => random.below(2_000),
            _ => random.below(30),
        };
        let skipped = if random.one_in(5) { random.below(1_000) } else { 0 };
        hosts.pass(step, skipped);
        let parameters = Parameters::try_from_fn(|parameter| {
            u128::try_from(hosts.chains[0].slot(entry("parameterValue", parameter.name())))
        })
        .expect("stored parameters");
        let txs: Vec<_> = (0..1 + random.below(8))
            .map(|_| {
                let data = deck.data(random, hosts.chains[0].time, &parameters);
                let to = if random.one_in(4) { forwarder_address(*random.pick(&Op::ALL)) } else { ADDRESS };
                let floor = 21_000 + 40 * data.len() as u64;
                let gas = if random.one_in(6) { floor + 20_000 + random.below(350_000) } else { 8_000_000 };
                let value = if random.one_in(12) { U256::from(random.next()) } else { U256::ZERO };
                let from = *random.pick(&[ALICE, BOB, GOVERNOR, GOVERNOR]);
                Tx::call(to, data).from(from).gas(gas).value(value)
            })
            .collect();
        done += txs.len() as u64;
        for receipt in hosts.block(&txs) {
            let inner = &receipt.inner[0];
            let end = match inner.result {
                InstructionResult::Return if receipt.logs.is_empty() => "view".into(),
                InstructionResult::Return => "write".into(),
                InstructionResult::Revert => hex::encode(&inner.output[..4]),
                _ => "out of gas".into(),
            };
            *tally.entry(end).or_default() += 1;
        }
    }
    // Coins minted: what fees and gifts do not explain is what the host in memory counted.
    for recipient in [RECIPIENT, CLAIMANT] {
        let minted = hosts.memory.native.get(&recipient).copied().unwrap_or_default();
        assert_eq!(
            hosts.chains[0]
                .disk
                .account(recipient)
                .map_or(U256::ZERO, |AccountInfo { balance, .. }| *balance),
            minted
        );
    }
    tally
}

fn compare(test: &str, seed: u64, calls: u64) {
    let mut random = Random::seeded(test, seed);
    let amounts: Vec<_> = (1..=20).map(|n| U256::from(n) << (n * 6)).collect();
    let (base, teleports) = genesis_with_teleports(&amounts);
    let mut total = Tally::new();
    for (marker, warm, value_visible, call_code_visible, revision) in [
        (Marker::Message, true, true, true, EvmRevision::Prague),
        (Marker::One, false, false, false, EvmRevision::Cancun),
        (Marker::Message, true, true, true, EvmRevision::Osaka),
        (Marker::One, false, true, false, EvmRevision::Shanghai),
    ] {
        let mut genesis = base.clone();
        genesis.profile.marker = marker;
        genesis.profile.warm = warm;
        genesis.profile.value_visible = value_visible;
        genesis.profile.call_code_visible = call_code_visible;
        genesis.profile.evm_revision = revision;
        // Small caps, so that they are met.
        genesis.parameters = genesis
            .parameters
            .with(Parameter::DeviceCap, 6_000_000_000_000_000_000)
            .with(Parameter::ProofCap, 3_000_000_000_000_000_000);
        for (end, count) in drive(&mut random, &genesis, &teleports, calls / 4) {
            *total.entry(end).or_default() += count;
        }
    }
    println!("{test}: {total:?}");
    for end in ["view", "write", "out of gas"] {
        assert!(total.get(end).copied().unwrap_or_default() > calls / 100, "too dull: {end} in {total:?}");
    }
    assert!(total.len() > 40, "too few errors were met: {total:?}");
}

#[test]
fn three_hosts_agree_on_random_calls() {
    compare("three_hosts_agree_on_random_calls", 1, 8_000);
}

#[test]
#[ignore = "make long"]
fn long_three_hosts_agree_on_random_calls() {
    compare("long_three_hosts_agree_on_random_calls", 100, 160_000);
}
