//! Gas: exact to the unit, charged before the work, the same whatever the state.

use super::methods::{Sample, known, ready, samples};
use super::*;
use crate::{Fatal, Host, OutOfGas, Verifiers, gas, storage::layout::*};
use alloy_primitives::LogData;
use pars_nvtrust::Architecture;
use pars_protocol::{
    abi::{
        IAIMining::*,
        IAIMiningErrors::*,
        IAIMiningInspector::{epochSeedsCall, verifyNVTrustCall},
    },
    ids,
};
use std::{collections::BTreeSet, sync::Arc};

#[test]
fn g1_every_method_costs_what_the_golden_table_says() {
    for Sample { signature, call, gas, .. } in samples() {
        let (_, executed) = accepted(&mut ready(), &precompile(), call);
        assert_eq!(executed.gas_used, gas, "{signature}");
    }
}

#[test]
fn g1_exact_gas_succeeds_and_one_less_leaves_no_trace() {
    for Sample { signature, call, gas, .. } in samples() {
        let (_, executed) = accepted(&mut ready(), &precompile(), Call { gas, ..call.clone() });
        assert_eq!(executed.gas_used, gas, "{signature}");
        let short = Call { gas: gas - 1, ..call };
        let executed = refused(&mut ready(), &precompile(), short, &Outcome::OutOfGas);
        assert_eq!(executed.gas_used, gas - 1, "{signature}");
    }
}

#[test]
fn g1_the_parts_of_a_price_are_those_of_the_schedule() {
    assert_eq!([0, 1, 31, 32, 33, 64, 65].map(gas::words), [0, 1, 1, 1, 2, 2, 3]);
    assert_eq!([0, 1, 32, 33].map(gas::input), [6_000, 6_008, 6_008, 6_016]);
    assert_eq!(gas::MAX_INPUT, 4 + 96 + 32 + 2_592 + 32 + 65_536 + 32 + 4_640);
    assert_eq!(gas::operation::SUBMIT, 295_091);
    assert_eq!(SETS.map(gas::verification), [7_000, 11_000, 18_000]);
    assert_eq!(gas::P384_VERIFICATION, 60_000);
    assert_eq!(gas::Evidence::ALL.map(gas::Evidence::verification), [0, 191_600, 96_800]);
    assert_eq!(gas::operation::REGISTER, 201_473);
    for (attestation, evidence) in [
        (&[][..], gas::Evidence::None),
        (&[1], gas::Evidence::None),
        (&[1, 1], gas::Evidence::Full),
        (&[1, 2, 0], gas::Evidence::Registered),
        (&[1, 3, 0], gas::Evidence::None),
        (&[2, 1, 0], gas::Evidence::None),
    ] {
        assert_eq!(gas::Evidence::of(attestation), evidence);
    }
    let of = gas::operation::verify_mldsa;
    assert_eq!(of(None, 0), 7_000);
    assert_eq!(of(Some(ParameterSet::MlDsa87), 65_536), 18_000 + 18 * 2_048);
    assert_eq!(of(Some(ParameterSet::MlDsa44), 33), 7_000 + 36);
}

#[test]
fn g1_a_refusal_costs_what_was_charged_before_it() {
    let (precompile, _) = stubbed(false);
    let mut host = host(&genesis());
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    let input = unsigned(&miner);
    let base = gas::input(input.len());
    // Before the operation gas.
    let mut wrong = Miner::new(ParameterSet::MlDsa44, 1, 1);
    wrong.statement.context.chain_id = 1;
    let expected = error(WrongChain { expected: 6133, actual: 1 });
    assert_eq!(refused(&mut host, &precompile, call(unsigned(&wrong)), &expected).gas_used, base);
    let unknown = [&[0xff; 4], &input[4..]].concat();
    assert_eq!(refused(&mut host, &precompile, call(unknown), &error(UnknownSelector {})).gas_used, base);
    for length in 0..4 {
        let executed = refused(&mut host, &precompile, call(vec![0; length]), &error(UnknownSelector {}));
        assert_eq!(executed.gas_used, gas::input(length));
    }
    // After it.
    let executed = refused(&mut host, &precompile, call(input), &error(InvalidSignature {}));
    assert_eq!(executed.gas_used, 309_139);
    // Before anything is charged.
    let refusals = [
        (Call { is_direct: false, ..call(vec![1]) }, error(DelegateCallNotAllowed {})),
        (Call { value: Some(U256::ONE), ..call(vec![1]) }, error(ValueNotAllowed {})),
        (call(vec![0; gas::MAX_INPUT + 1]), error(InputTooLarge {})),
    ];
    for (call, expected) in refusals {
        assert_eq!(refused(&mut host, &precompile, call.clone(), &expected).gas_used, 0);
        assert_eq!(refused(&mut host, &precompile, Call { gas: 0, ..call }, &expected).gas_used, 0);
    }
}

#[test]
fn g3_input_of_the_cap_pays_input_gas_and_one_byte_more_is_refused_for_nothing() {
    let (precompile, stub) = stubbed(true);
    let mut host = host(&genesis());
    for Sample { call: sample, .. } in samples() {
        let mut input = sample.input.to_vec();
        input.resize(gas::MAX_INPUT, 0);
        let whole = Call { input: input.clone().into(), ..sample.clone() };
        let executed = refused(&mut host, &precompile, whole, &error(MalformedInput {}));
        assert_eq!(executed.gas_used, 6_000 + 8 * 2_281);
        input.push(0);
        let larger = Call { input: input.into(), ..sample };
        assert_eq!(refused(&mut host, &precompile, larger, &error(InputTooLarge {})).gas_used, 0);
    }
    assert_eq!(stub.calls(), 0);
}

#[test]
fn g3_the_longest_message_is_verified_and_one_byte_more_is_not_looked_at() {
    let (precompile, stub) = stubbed(true);
    let mut host = host(&genesis());
    let ask = |length: usize| {
        let set = ParameterSet::MlDsa87;
        let (pk, sig) = (vec![1; set.public_key_len()].into(), vec![1; set.signature_len()].into());
        call(verifyMLDSACall { pk, msg: vec![1; length].into(), sig }.abi_encode())
    };
    let largest = ask(65_536);
    assert_eq!(largest.input.len(), gas::MAX_INPUT);
    let (_, executed) = accepted(&mut host, &precompile, largest);
    assert_eq!((stub.calls(), executed.gas_used), (1, 6_000 + 8 * 2_281 + 18_000 + 18 * 2_048));
    // 65,537 bytes need one word more than the cap of all input.
    assert_eq!(refused(&mut host, &precompile, ask(65_537), &error(InputTooLarge {})).gas_used, 0);
    // With a smaller key the whole input fits, and the message's own bound refuses it for the input gas.
    let set = ParameterSet::MlDsa44;
    let (pk, sig) = (vec![1; set.public_key_len()].into(), vec![1; set.signature_len()].into());
    let input = verifyMLDSACall { pk, msg: vec![1; 65_537].into(), sig }.abi_encode();
    let expected = gas::input(input.len());
    assert_eq!(refused(&mut host, &precompile, call(input), &error(InputTooLarge {})).gas_used, expected);
    assert_eq!(stub.calls(), 1);
}

#[test]
fn g5_the_verifier_is_not_asked_when_gas_is_short() {
    for Sample { signature, call, gas, .. } in samples() {
        let (precompile, stub) = stubbed(true);
        let verifies =
            u64::from(signature.starts_with("submitWorkProof") || signature.starts_with("verifyMLDSA"));
        refused(&mut ready(), &precompile, Call { gas: gas - 1, ..call.clone() }, &Outcome::OutOfGas);
        assert_eq!(stub.calls(), 0, "{signature}");
        accepted(&mut ready(), &precompile, Call { gas, ..call });
        assert_eq!(stub.calls(), verifies, "{signature}");
    }
}

#[test]
fn g6_no_call_verifies_more_than_its_price_counts() {
    // The deterministic half of "a block of the worst calls fits its slot"; the benchmark has the time.
    for Sample { signature, call, gas, .. } in samples() {
        let p384 = Arc::new(CountingP384::default());
        let mldsa = Arc::new(StubVerifier::new(true));
        let verifiers = Verifiers { mldsa: mldsa.clone(), p384: p384.clone() };
        let precompile = Precompile::new(genesis().profile, verifiers);
        accepted(&mut ready(), &precompile, call.clone());
        let attestation = match submitWorkProofCall::abi_decode(&call.input) {
            Ok(submit) => submit.attestation,
            Err(_) => {
                verifyNVTrustCall::abi_decode(&call.input).map(|asked| asked.attestation).unwrap_or_default()
            }
        };
        let expected = match gas::Evidence::of(&attestation) {
            gas::Evidence::None => 0,
            gas::Evidence::Full => 3,
            gas::Evidence::Registered => 1,
        };
        let counted = p384.calls();
        assert_eq!(counted, expected, "{signature}");
        assert!(mldsa.calls() <= 1, "{signature}");
        assert!(gas >= counted * gas::P384_VERIFICATION + mldsa.calls() * 7_000, "{signature}");
        // What is hashed for them is bounded by the caps of their parts.
        assert!(p384.bytes() <= 8_192 + 2 * 1_024, "{signature}");
    }
}

#[test]
fn g5_no_signature_on_p384_is_verified_for_a_proof_that_a_cheaper_check_refuses() {
    let p384 = Arc::new(CountingP384::default());
    let verifiers = Verifiers { mldsa: Arc::new(StubVerifier::new(false)), p384: p384.clone() };
    let refusing = Precompile::new(genesis().profile, verifiers);
    let mut gpu = GpuMiner::new(Architecture::GH100, ParameterSet::MlDsa44, 3, 1);
    let attestation = gpu.full();
    let input = gpu.unsigned_calldata(attestation);
    refused(&mut ready(), &refusing, call(input), &error(InvalidSignature {}));
    // Evidence that is malformed, of another nonce or of another intermediate costs no verification either.
    let verifiers = Verifiers { mldsa: Arc::new(StubVerifier::new(true)), p384: p384.clone() };
    let accepting = Precompile::new(genesis().profile, verifiers);
    gpu.seed = B256::repeat_byte(1);
    let attestation = gpu.full();
    let reported = gpu.nonce().into();
    let input = gpu.unsigned_calldata(attestation);
    refused(&mut ready(), &accepting, call(input), &error(NonceMismatch { reported }));
    assert_eq!(p384.calls(), 0);
}

#[test]
fn g5_nor_when_a_cheaper_check_refuses() {
    let (precompile, stub) = stubbed(true);
    let mut host = host(&genesis());
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    paid(&mut host, &precompile, unsigned(&miner));
    assert_eq!(stub.calls(), 1);
    let spent = error(WorkAlreadySpent { workId: miner.work_id() });
    refused(&mut host, &precompile, call(unsigned(&miner)), &spent);
    assert_eq!(stub.calls(), 1);
}

#[test]
fn g1_the_price_of_a_submission_does_not_depend_on_the_state() {
    let (precompile, _) = stubbed(true);
    let mut host = host(&genesis());
    let mut prices = BTreeSet::new();
    for (number, (device, jump)) in
        [(1, 0), (1, 0), (2, 10), (2, 3_600), (1, 100_000), (1, 0)].into_iter().enumerate()
    {
        host.block_timestamp += jump;
        let mut miner = Miner::new(ParameterSet::MlDsa44, device, number as u64);
        miner.statement.completed_at = host.block_timestamp;
        miner.statement.context.timestamp = host.block_timestamp;
        miner.statement.compute_units = 1;
        prices.insert(accepted(&mut host, &precompile, call(unsigned(&miner))).1.gas_used);
    }
    assert_eq!(prices, BTreeSet::from([309_139]));
}

/// A host that writes down what a call touches, and prices it as EIP-2200 and EIP-2929 do.
struct Meter {
    inner: MemoryHost,
    caller: Address,
    original: BTreeMap<U256, U256>,
    charged: u64,
    logs: u64,
    accounts: u64,
}

impl Meter {
    fn new(inner: MemoryHost, caller: Address) -> Self {
        Self { inner, caller, original: BTreeMap::new(), charged: 0, logs: 0, accounts: 0 }
    }

    /// What storage, logs and accounts would have cost an EVM contract; parameters count as warm.
    fn worth(&self) -> u64 {
        let shared: BTreeSet<U256> =
            Parameter::ALL.into_iter().map(|parameter| PARAMETER_VALUE.at(parameter.name()).key()).collect();
        let storage = self.original.iter().map(|(slot, before)| {
            let after = word(&self.inner, *slot);
            match (before == &after, before.is_zero()) {
                (true, _) if shared.contains(slot) => 100,
                (true, _) => 2_100,
                (false, true) => 22_100,
                (false, false) => 5_000,
            }
        });
        storage.sum::<u64>() + self.logs + self.accounts
    }
}

impl Host for Meter {
    fn sload(&mut self, slot: U256) -> Result<U256, Fatal> {
        let value = self.inner.sload(slot)?;
        self.original.entry(slot).or_insert(value);
        Ok(value)
    }
    fn sstore(&mut self, slot: U256, value: U256) -> Result<(), Fatal> {
        let before = self.inner.sload(slot)?;
        self.original.entry(slot).or_insert(before);
        self.inner.sstore(slot, value)
    }
    fn log(&mut self, log: LogData) -> Result<(), Fatal> {
        self.logs += 375 + 375 * log.topics().len() as u64 + 8 * log.data.len() as u64;
        Ok(())
    }
    fn charge(&mut self, gas: u64) -> Result<(), OutOfGas> {
        self.charged += gas;
        Ok(())
    }
    fn ensure_alive(&mut self) -> Result<(), Fatal> {
        Ok(())
    }
    fn mint_native(&mut self, to: Address, amount: U256) -> Result<bool, Fatal> {
        self.accounts += 25_000;
        self.inner.mint_native(to, amount)
    }
    fn block_number(&self) -> u64 {
        self.inner.block_number
    }
    fn block_timestamp(&self) -> u64 {
        self.inner.block_timestamp
    }
    fn chain_id(&self) -> u64 {
        self.inner.chain_id
    }
    fn caller(&self) -> Address {
        self.caller
    }
    fn value(&self) -> Option<U256> {
        None
    }
    fn is_static(&self) -> bool {
        false
    }
    fn is_direct(&self) -> bool {
        true
    }
}

/// Runs a call on the meter; its price must cover what it touches.
#[track_caller]
fn covered(host: MemoryHost, call: &Call, what: &str) {
    let (precompile, _) = stubbed(true);
    let mut meter = Meter::new(host, call.caller);
    let outcome = precompile.call(&mut meter, &call.input);
    assert!(matches!(outcome, Outcome::Success(_)), "{what}: {outcome:?}");
    let (charged, worth) = (meter.charged, meter.worth());
    assert!(charged >= worth, "{what} is charged {charged}, the storage it touches is worth {worth}");
}

#[test]
fn g2_the_price_covers_the_storage_that_a_call_touches() {
    // The dearest steady state: a pool that rolls, a new device, a new recipient.
    let (precompile, _) = stubbed(true);
    let mut host = ready();
    let mut other = Miner::new(ParameterSet::MlDsa44, 2, 2);
    other.statement.recipient = RELAYER;
    paid(&mut host, &precompile, unsigned(&other));
    for Sample { signature, call, .. } in samples() {
        covered(host.clone(), &call, signature);
    }
    let mut later = host.clone();
    later.block_timestamp += 3_600;
    // Evidence of the samples answers the seed of the epoch before: it is made anew.
    let seed = view(&mut later, &precompile, epochSeedsCall {}).current;
    let is_attested = |input: &[u8]| {
        let decoded = submitWorkProofCall::abi_decode(input);
        decoded.is_ok_and(|call| !call.attestation.is_empty())
    };
    for Sample { signature, call, .. } in
        samples().into_iter().filter(|sample| !is_attested(&sample.call.input))
    {
        covered(later.clone(), &call, signature);
    }
    for set in SETS {
        let mut new = GpuMiner { seed, ..GpuMiner::new(Architecture::GH100, set, 3, 1) };
        let attestation = new.full();
        covered(later.clone(), &call(new.unsigned_calldata(attestation)), "a new GPU at a roll");
        // The same device in other hands, with other firmware: all of it is written again.
        let mut moved = GpuMiner { seed, ..known(set) };
        let statement = moved.miner.statement;
        moved.miner = Miner::new(set, 9, 9);
        moved.miner.statement = statement;
        moved.device.update_firmware("580.95.05");
        let attestation = moved.full();
        covered(later.clone(), &call(moved.unsigned_calldata(attestation)), "a GPU that changes hands");
        let mut again = GpuMiner { seed, ..known(set) };
        let attestation = again.registered();
        covered(later.clone(), &call(again.unsigned_calldata(attestation)), "a known GPU at a roll");
    }
    // The same with the attested pool's counters to clear.
    for slot in
        [POOL_UNITS.at(1).key(), POOL_PAID.at(1).key(), POOL_NATIVE_PAID.at(1).key(), POOL_PROOFS.at(1).key()]
    {
        put(&mut later, slot, U256::ONE);
    }
    covered(later, &call(unsigned(&Miner::new(ParameterSet::MlDsa44, 1, 1))), "submission at a roll");
}

#[test]
fn g2_the_price_of_a_view_and_a_claim_covers_their_reads_at_a_long_list() {
    let messages: Vec<_> = (0..20).map(|n| teleport_of(n, RECIPIENT, U256::from(1 + n))).collect();
    let mut host = host(&genesis_with(messages.clone()));
    // Supply is written anew once in a chain's life.
    put(&mut host, TOTAL_SUPPLY.key(), U256::ONE);
    covered(
        host.clone(),
        &call(pendingTeleportsCall { recipient: RECIPIENT }.abi_encode()),
        "pendingTeleports",
    );
    for message in [&messages[0], &messages[7], &messages[19]] {
        let id = ids::teleport_id(message);
        covered(host.clone(), &call(claimTeleportCall { teleportId: id }.abi_encode()), "claimTeleport");
    }
}
