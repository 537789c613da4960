//! One legal call of every method, with the gas it costs: what the tests of surface, gas and atomicity run over.

use super::*;
use crate::{
    dispatch::{Mutability, method_table},
    storage::layout::{
        DEVICE_BOUND_FROM, DEVICE_FWID, DEVICE_ICA, DEVICE_KEY, DEVICE_MINER, PENDING_GOVERNOR,
    },
};
use pars_mldsa::SigningKey;
use pars_nvtrust::Architecture;
use pars_protocol::{
    abi::{IAIMining::*, IAIMiningGovernance::*, IAIMiningInspector::*},
    ids,
    parameters::ascii,
};

/// A legal call.
pub(super) struct Sample {
    pub(super) signature: &'static str,
    pub(super) call: Call,
    pub(super) mutability: Mutability,
    /// What it costs, to the unit: written out, so that a changed price is a changed test.
    pub(super) gas: u64,
}

fn sample<C: SolCall>(mutability: Mutability, caller: Address, question: &C, gas: u64) -> Sample {
    Sample { signature: C::SIGNATURE, call: from(caller, question.abi_encode()), mutability, gas }
}

/// Two teleports wait for the recipient.
pub(super) fn teleports() -> [TeleportMessage; 2] {
    [1, 2].map(|nonce| teleport_of(nonce, RECIPIENT, U256::from(nonce * 1_000)))
}

/// A miner whose simulated GPU is known to [`ready`].
pub(super) fn known(set: ParameterSet) -> GpuMiner {
    GpuMiner::new(Architecture::GH100, set, set.id(), 1)
}

/// A state in which every sample is legal.
#[expect(
    clippy::disallowed_types,
    reason = "a constant: keys on P-384 take their time, and it is asked for often"
)]
pub(super) fn ready() -> MemoryHost {
    static READY: std::sync::LazyLock<MemoryHost> = std::sync::LazyLock::new(|| {
        let mut host = host(&genesis_with(teleports().to_vec()));
        put(&mut host, PENDING_GOVERNOR.key(), U256::from_be_slice(RELAYER.as_slice()));
        for set in SETS {
            let gpu = known(set);
            let device = gpu.device_id();
            put(&mut host, DEVICE_ICA.at(device).key(), U256::from(254 + 1));
            let key = gpu.device.leaf_public_key();
            let fwid = [gpu.device.firmware.fwid.as_slice(), &[0; 16]].concat();
            for (part, word) in (0..).zip(key.chunks_exact(32)) {
                put(&mut host, DEVICE_KEY.at(device).at(part).key(), U256::from_be_slice(word));
            }
            for (part, word) in (0..).zip(fwid.chunks_exact(32)) {
                put(&mut host, DEVICE_FWID.at(device).at(part).key(), U256::from_be_slice(word));
            }
            let miner = ids::blake3(gpu.miner.public_key());
            put(&mut host, DEVICE_MINER.at(device).at(0).key(), U256::from_be_bytes(miner.0));
            put(&mut host, DEVICE_BOUND_FROM.at(device).at(0).key(), U256::ONE);
        }
        host
    });
    READY.clone()
}

fn bytes(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

/// The golden gas table: every method, and every parameter set where the price depends on it.
pub(super) fn samples() -> Vec<Sample> {
    use Mutability::{View, Write};
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    let work = miner.statement.context;
    let id = ids::teleport_id(&teleports()[0]);
    let key = bytes(miner.public_key());
    let name = Parameter::Base.name();
    // A key that was never an identity key: it is pinned as an intermediate's.
    let device = GpuMiner::new(Architecture::GB100, ParameterSet::MlDsa44, 2, 1);
    let h100 = h100::attestation();
    let mut all = vec![
        sample(View, RELAYER, &miningBalanceCall { miner: RECIPIENT }, 8_116),
        sample(Write, RELAYER, &claimTeleportCall { teleportId: id }, 70_828),
        sample(View, RELAYER, &pendingTeleportsCall { recipient: RECIPIENT }, 12_316),
        sample(View, RELAYER, &isSpentCall { workId: miner.work_id() }, 8_116),
        sample(View, RELAYER, &acceptedWorkCall { workId: miner.work_id() }, 8_116),
        sample(View, RELAYER, &isJobPaidCall { deviceId: work.device_id, jobId: work.job_id }, 8_124),
        sample(
            View,
            RELAYER,
            &computeWorkIdCall { deviceId: work.device_id, nonce: work.nonce, chainId: 6133 },
            6_032,
        ),
        sample(View, RELAYER, &deriveAddressCall { publicKey: key.clone() }, 6_352),
        sample(View, RELAYER, &getSecurityLevelCall { publicKey: key }, 6_352),
        sample(View, RELAYER, &getTeleportDetailsCall { teleportId: id }, 18_616),
        sample(View, RELAYER, &quoteRewardCall { tier: 1, units: 1_000_000 }, 34_924),
        sample(View, RELAYER, &poolInfoCall { pool: 1 }, 34_916),
        sample(View, RELAYER, &epochInfoCall {}, 34_908),
        sample(View, RELAYER, &epochSeedsCall {}, 34_908),
        sample(View, RELAYER, &parameterCall { name }, 8_116),
        sample(View, RELAYER, &versionCall {}, 6_008),
        sample(Write, GOVERNOR, &setParameterCall { name, value: U256::from(9_000_000_000_u64) }, 104_961),
        sample(Write, GOVERNOR, &proposeGovernorCall { proposed: RECIPIENT }, 31_716),
        sample(Write, RELAYER, &acceptGovernorCall {}, 19_608),
        // Attestation: 6,000 + 8 a word, then as gas.md says.
        sample(View, RELAYER, &deviceInfoCall { deviceId: work.device_id }, 70_616),
        sample(View, RELAYER, &icaCountCall {}, 8_108),
        sample(View, RELAYER, &icaInfoCall { icaIndex: 0 }, 20_716),
        sample(View, RELAYER, &firmwareInfoCall { fwid: bytes(&[1; 48]) }, 10_240),
        sample(View, RELAYER, &goldenSetInfoCall { tuple: id, digest: id }, 12_324),
        sample(View, RELAYER, &minimumDriverCall {}, 8_108),
        sample(
            Write,
            GOVERNOR,
            &setIcaCall { tier: 2, architecture: ascii("GB202"), spki: bytes(&device.device.spki()) },
            153_145,
        ),
        sample(Write, GOVERNOR, &revokeIcaCall { icaIndex: 0, revoked: true }, 48_661),
        sample(Write, GOVERNOR, &denyFirmwareCall { fwid: bytes(&[1; 48]), denied: true }, 35_009),
        sample(Write, GOVERNOR, &pinFirmwareCall { fwid: bytes(&[1; 48]), pinned: true }, 35_009),
        sample(
            Write,
            GOVERNOR,
            &pinGoldenSetCall { tuple: id, mask: 1, digest: work.device_id, pinned: true },
            76_708,
        ),
        sample(Write, GOVERNOR, &revokeDeviceCall { deviceId: id, revoked: true }, 34_985),
        sample(Write, GOVERNOR, &setMinimumDriverCall { driver: "550.90.07".into() }, 33_542),
        sample(View, RELAYER, &verifyNVTrustCall { attestation: h100.0, nonce: h100.1 }, 199_040),
        sample(View, RELAYER, &governorCall {}, 8_108),
        sample(View, RELAYER, &pendingGovernorCall {}, 8_108),
    ];
    for (set, submit, full, registered, verify) in [
        (ParameterSet::MlDsa44, 309_139, 703_612, 406_979, 14_018),
        (ParameterSet::MlDsa65, 313_523, 707_996, 411_363, 18_402),
        (ParameterSet::MlDsa87, 321_011, 715_484, 418_851, 25_890),
    ] {
        for (mut gpu, gas) in
            [(GpuMiner::new(Architecture::GH100, set, 3, 1), full), (known(set), registered)]
        {
            let attestation = if gas == full { gpu.full() } else { gpu.registered() };
            let input = gpu.calldata(attestation);
            all.push(Sample {
                signature: submitWorkProofCall::SIGNATURE,
                call: call(input),
                mutability: Write,
                gas,
            });
        }
        let proof = Miner::new(set, 1, 1).proof();
        let question = submitWorkProofCall { proof, attestation: Bytes::new() };
        all.push(sample(Write, RELAYER, &question, submit));
        let key = SigningKey::from_seed(set, &[1; 32]);
        let sig = key.sign(b"hello", b"", &[0; 32]).unwrap();
        let question = verifyMLDSACall { pk: bytes(key.public_key()), msg: bytes(b"hello"), sig: sig.into() };
        all.push(sample(View, RELAYER, &question, verify));
    }
    all
}

#[test]
fn every_method_has_a_sample() {
    let sampled: std::collections::BTreeSet<_> =
        samples().iter().map(|sample| (sample.signature, sample.mutability == Mutability::Write)).collect();
    let table: std::collections::BTreeSet<_> = method_table()
        .map(|(signature, _, mutability)| (signature, mutability == Mutability::Write))
        .collect();
    assert_eq!(sampled, table);
    assert_eq!(
        method_table().count(),
        37,
        "a method stands twice, or was added without a look at these tests"
    );
}

#[test]
fn a9_selectors_are_those_of_their_signatures_and_differ() {
    let mut seen = std::collections::BTreeSet::new();
    for (signature, selector, _) in method_table() {
        assert_eq!(alloy_primitives::keccak256(signature)[..4], selector, "{signature}");
        assert!(seen.insert(selector));
    }
}

#[test]
fn every_sample_succeeds() {
    for sample in samples() {
        accepted(&mut ready(), &precompile(), sample.call);
    }
}
