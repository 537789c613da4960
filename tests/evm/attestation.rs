//! D: attested proofs inside real EVMs, with real signatures throughout: ML-DSA and P-384.

use crate::{
    chain::*,
    contracts::{Op, StaticCaller, creation_code, forwarder_address},
    differential::Hosts,
    work::*,
};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use pars_ai_mining::{
    mldsa::ParameterSet,
    nvtrust::{Architecture, Report, firmware_tuple, golden_set},
    precompile::{
        ADDRESS,
        gas::{self, Evidence},
        testing::{self, GOVERNOR, GpuMiner, Miner, NOW, genesis, h100},
    },
    protocol::abi::{IAIMiningErrors::*, IAIMiningEvents::*, IAIMiningGovernance::*, IAIMiningInspector::*},
};

const SET: ParameterSet = ParameterSet::MlDsa44;
/// Gas inside 0x0300, as gas.md prints it.
const FULL: u64 = 703_612;
const REGISTERED: u64 = 406_979;
const REAL: u64 = 199_040;

/// Work `number` of miner `key` on a device, at this time and under this seed.
fn work(architecture: Architecture, key: u8, device: u8, number: u64, time: u64, seed: B256) -> GpuMiner {
    let mut gpu = GpuMiner {
        miner: Miner::new(SET, key, number),
        seed,
        ..GpuMiner::new(architecture, SET, device, number)
    };
    let device_id = gpu.device_id();
    let statement = &mut gpu.miner.statement;
    statement.context.device_id = device_id;
    statement.context.timestamp = time - 60;
    statement.completed_at = time;
    gpu
}

fn full(mut gpu: GpuMiner) -> Tx {
    let attestation = gpu.full();
    Tx::precompile(gpu.calldata(attestation))
}

fn registered(mut gpu: GpuMiner) -> Tx {
    let attestation = gpu.registered();
    Tx::precompile(gpu.calldata(attestation))
}

fn govern(question: impl SolCall) -> Tx {
    Tx::precompile(question.abi_encode()).from(GOVERNOR)
}

/// `epochSeeds()` in the chain's next block.
fn seed(chain: &Chain) -> B256 {
    let receipt = chain.call(&Tx::precompile(epochSeedsCall {}.abi_encode()));
    epochSeedsCall::abi_decode_returns(receipt.success()).unwrap().current
}

fn judge(attestation: Bytes, nonce: B256) -> Bytes {
    verifyNVTrustCall { attestation, nonce }.abi_encode().into()
}

fn real() -> Bytes {
    let (attestation, nonce) = h100::attestation();
    judge(attestation, nonce)
}

#[test]
fn d1_three_hosts_agree_on_blocks_of_attested_proofs() {
    let mut hosts = Hosts::new(&genesis(), testing::precompile());
    let gh100 = Architecture::GH100;
    let here = |hosts: &Hosts| (hosts.chains[0].time, seed(&hosts.chains[0]));

    // Governance pins what device 1 runs; full evidence registers two devices; a thief is refused.
    let (time, first) = here(&hosts);
    let known = work(gh100, 1, 1, 1, time, first);
    let report = known.device.report(&[0; 32]);
    let report = Report::parse(&report).unwrap();
    let tuple = firmware_tuple(report.opaque());
    let digest = golden_set(&tuple, u64::MAX, &report).unwrap();
    let fwid = Bytes::from(known.device.firmware.fwid.to_vec());
    let stolen = {
        let mut thief = work(gh100, 9, 1, 1, time, first);
        let attestation = known.full();
        Tx::precompile(thief.calldata(attestation))
    };
    let receipts = hosts.block(&[
        govern(pinGoldenSetCall { tuple: tuple.into(), mask: u64::MAX, digest: digest.into(), pinned: true }),
        govern(pinFirmwareCall { fwid, pinned: true }),
        stolen,
        full(known),
        Tx::call(forwarder_address(Op::Static), real()),
        full(work(Architecture::GB100, 2, 2, 2, time, first)).from(BOB),
    ]);
    assert_eq!(receipts[2].revert()[..4], NonceMismatch::SELECTOR);
    assert_eq!(receipts[3].inner[0].gas_used, FULL);
    assert_eq!(receipts[4].inner[0].gas_used, REAL);
    assert!(receipts[4].inner[0].is_static);
    let trust = |receipt: &Receipt| {
        receipt.success();
        let accepted = WorkAccepted::decode_log(receipt.logs.last().unwrap()).unwrap();
        (accepted.tier, accepted.trustBps, receipt.logs.len())
    };
    assert_eq!(trust(&receipts[3]), (3, 9_500, 4), "registered, bound, transferred, accepted");
    assert_eq!(trust(&receipts[5]), (4, 8_000, 4));

    // The next epoch: registered devices; a stranger's key; too little gas; left-over evidence moves no binding.
    hosts.pass(3_600, 7);
    let (time, second) = here(&hosts);
    let again = work(gh100, 1, 1, 3, time, second);
    let receipts = hosts.block(&[
        registered(again),
        registered(work(gh100, 3, 1, 4, time, second)),
        registered(work(Architecture::GB100, 2, 2, 5, time, second)).gas(21_000 + 40 * 8_324 + 100_000),
        full(work(gh100, 3, 1, 6, time, second)),
        Tx::precompile(
            deviceInfoCall { deviceId: work(gh100, 1, 1, 0, NOW, second).device_id() }.abi_encode(),
        ),
    ]);
    assert_eq!(receipts[0].inner[0].gas_used, REGISTERED);
    assert_eq!(trust(&receipts[0]), (3, 9_500, 2));
    assert_eq!(receipts[1].revert()[..4], DeviceNotBound::SELECTOR);
    assert_eq!(receipts[2].status, Status::Halt);
    assert_eq!(trust(&receipts[3]), (3, 9_500, 2), "transferred, accepted");
    deviceInfoCall::abi_decode_returns(receipts[4].success()).unwrap();

    // Under the seed of the epoch that runs, the device changes hands.
    hosts.pass(12, 1);
    let (time, fresh) = here(&hosts);
    let receipts = hosts.block(&[full(work(gh100, 3, 1, 10, time, fresh))]);
    assert_eq!(trust(&receipts[0]), (3, 9_500, 3), "bound, transferred, accepted");

    // And the epoch after: the new miner, and a decision against the device in the middle of the block.
    hosts.pass(3_600, 0);
    let (time, third) = here(&hosts);
    let device = work(gh100, 3, 1, 7, time, third).device_id();
    let receipts = hosts.block(&[
        registered(work(gh100, 3, 1, 7, time, third)),
        registered(work(gh100, 1, 1, 8, time, third)),
        govern(revokeDeviceCall { deviceId: device, revoked: true }),
        registered(work(gh100, 3, 1, 9, time, third)),
    ]);
    receipts[0].success();
    assert_eq!(receipts[1].revert()[..4], DeviceNotBound::SELECTOR);
    assert_eq!(receipts[3].revert()[..4], DeviceRevoked::SELECTOR);
}

#[test]
fn d1_evidence_is_judged_inside_a_static_call_as_anywhere() {
    for engine in engines() {
        let mut chain = Chain::real(engine);
        let caller = chain.deploy(creation_code("StaticCaller"));
        let before = chain.footprint();
        let gpu = work(Architecture::GH100, 1, 1, 1, chain.time, seed(&chain));
        let simulated = judge(gpu.full(), gpu.nonce().into());
        let price = gas::input(simulated.len()) + Evidence::Full.verification();
        for (data, price) in [(real(), REAL), (simulated, price)] {
            for call in [
                StaticCaller::staticCallCall { target: ADDRESS, data: data.clone() }.abi_encode(),
                StaticCaller::callInsideStaticCall { target: ADDRESS, data: data.clone() }.abi_encode(),
            ] {
                let receipt = chain.send(Tx::call(caller, call));
                let done = StaticCaller::staticCallCall::abi_decode_returns(receipt.success()).unwrap();
                assert!(done.ok && receipt.inner[0].is_static);
                let verdict = verifyNVTrustCall::abi_decode_returns(&done.output).unwrap();
                assert_eq!((verdict.tier, receipt.inner[0].gas_used), (3, price));
            }
        }
        // Submission and decisions are refused there, and by delegation.
        let submission = full(work(Architecture::GH100, 1, 1, 1, chain.time, seed(&chain))).data;
        let decision = revokeDeviceCall { deviceId: gpu.device_id(), revoked: true }.abi_encode().into();
        for data in [submission, decision] {
            let call = StaticCaller::staticCallCall { target: ADDRESS, data: data.clone() };
            let receipt = chain.send(Tx::call(caller, call.abi_encode()));
            let done = StaticCaller::staticCallCall::abi_decode_returns(receipt.success()).unwrap();
            assert_eq!(done.output, StaticCallNotAllowed {}.abi_encode());
            for op in [Op::Delegate, Op::CallCode] {
                chain.disk.set_code(forwarder_address(op), crate::contracts::forwarder(op));
                let receipt = chain.send(Tx::call(forwarder_address(op), data.clone()).from(GOVERNOR));
                assert_eq!(*receipt.revert(), DelegateCallNotAllowed {}.abi_encode());
            }
        }
        assert_eq!(chain.footprint(), before);
    }
}

#[test]
fn d5_registration_and_binding_live_and_die_with_their_proof() {
    for engine in engines() {
        let mut chain = Chain::real(engine);
        let before = chain.footprint();
        let first = full(work(Architecture::GH100, 1, 1, 1, chain.time, seed(&chain)));

        // One gas short of what the call costs: no trace.
        let whole = chain.call(&first);
        let spare = first.gas - whole.inner[0].gas_limit;
        let short = first.clone().gas(spare + FULL - 1);
        assert_eq!(chain.send(short).status, Status::Halt);
        assert_eq!(chain.footprint(), before);

        // Every read of the disk may fail: then there is no receipt, and no block.
        let mut reads = 0;
        loop {
            let mut broken = chain.clone();
            broken.disk.reads_left = Some(reads);
            match broken.try_call(&first) {
                Err(Failure::Fatal(error)) => assert!(error.contains("injected read failure"), "{error}"),
                Ok((receipt, _)) => {
                    assert_eq!(receipt, whole);
                    break;
                }
                Err(other) => panic!("{other:?}"),
            }
            reads += 1;
        }
        assert!(reads > 60, "{reads} reads: parameters, clock, policy, registration, bindings");

        // A reorganisation takes registration and binding away, and brings them back the same.
        let receipt = chain.send(first.clone());
        receipt.success();
        let after = chain.footprint();
        chain.unwind();
        assert_eq!(chain.footprint(), before);
        assert_eq!(chain.send(first), receipt);
        assert_eq!(chain.footprint(), after);
        let device = work(Architecture::GH100, 1, 1, 1, chain.time, B256::ZERO).device_id();
        assert_eq!(chain.slot(entry("deviceIca", device)), U256::from(255));
    }
}
