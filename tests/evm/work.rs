//! Proofs, sample calldata for every method, and where things lie in storage.

use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use pars_ai_mining::{
    mldsa::ParameterSet,
    nvtrust::SPKI_PREFIX,
    precompile::{
        ADDRESS, Genesis,
        dispatch::{Mutability, method_table},
        storage::fields,
        testing::{self, CHAIN_ID, Miner, h100},
    },
    protocol::{
        Parameter, TeleportMessage, WorkStatement,
        abi::{
            IAIMining::*,
            IAIMiningEvents::{Transfer, WorkAccepted},
            IAIMiningGovernance::*,
            IAIMiningInspector::*,
        },
        ids,
        parameters::ascii,
    },
};

/// What a proof of the fixtures earns at difficulty 1: 10^10 · 10^6 · 6000 / 10^4.
pub const REWARD: u64 = 6_000_000_000_000_000;

/// One piece of work and its proof, unsigned: for verifiers that say yes.
#[derive(Clone, Debug)]
pub struct Work {
    pub proof: Bytes,
    pub statement: WorkStatement,
    pub work_id: B256,
    pub miner: Address,
}

impl Work {
    pub fn of(miner: &Miner) -> Self {
        Self {
            proof: miner.unsigned_proof(),
            statement: miner.statement,
            work_id: miner.work_id(),
            miner: ids::miner_address(miner.public_key()),
        }
    }

    pub fn submit(&self) -> Bytes {
        testing::submit(self.proof.clone())
    }

    pub fn job_mark(&self) -> B256 {
        ids::job_mark(self.statement.context.device_id, self.statement.context.job_id)
    }

    /// The two logs of its acceptance.
    pub fn logs(&self, reward: u64, epoch: u64) -> [Log; 2] {
        let (statement, work) = (&self.statement, &self.statement.context);
        let paid = Transfer { from: Address::ZERO, to: statement.recipient, value: U256::from(reward) };
        let accepted = WorkAccepted {
            workId: self.work_id,
            recipient: statement.recipient,
            jobId: work.job_id,
            deviceId: work.device_id,
            miner: self.miner,
            workDigest: ids::work_digest(
                work.device_id,
                work.model_hash,
                work.input_hash,
                statement.output_hash,
            ),
            proofHash: keccak256(statement.encode()),
            tier: 1,
            trustBps: 6_000,
            computeUnits: statement.compute_units,
            reward: U256::from(reward),
            nativeReward: U256::from(reward),
            epoch,
        };
        [log(paid.encode_log_data()), log(accepted.encode_log_data())]
    }
}

/// A log of the precompile.
pub fn log(data: LogData) -> Log {
    Log { address: ADDRESS, data }
}

/// Different work of one device.
pub fn works(seed: u8, count: u64) -> Vec<Work> {
    let mut miner = Miner::new(ParameterSet::MlDsa44, seed, 0);
    (0..count)
        .map(|number| {
            miner.statement.context.job_id = ids::blake3(format!("job {seed} {number}").as_bytes());
            miner.statement.context.nonce = ids::blake3(format!("nonce {seed} {number}").as_bytes());
            Work::of(&miner)
        })
        .collect()
}

/// Recipient of the teleports of [`genesis_with_teleports`].
pub const CLAIMANT: Address = address!("0x00000000000000000000000000000000000c1a1e");

/// A message from another chain to [`CLAIMANT`].
pub fn teleport(nonce: u64, amount: U256) -> TeleportMessage {
    TeleportMessage {
        src_chain: 1,
        dst_chain: CHAIN_ID,
        nonce,
        sender: B256::repeat_byte(0x5e),
        recipient: CLAIMANT.into_word(),
        amount,
    }
}

/// The fixtures' genesis with teleports of these amounts, and their ids.
pub fn genesis_with_teleports(amounts: &[U256]) -> (Genesis, Vec<B256>) {
    let messages: Vec<_> = amounts.iter().zip(0..).map(|(amount, nonce)| teleport(nonce, *amount)).collect();
    let ids = messages.iter().map(ids::teleport_id).collect();
    (Genesis { pending_teleports: messages, ..testing::genesis() }, ids)
}

/// A call that the governor could make.
pub fn set_parameter(parameter: Parameter, value: u128) -> Bytes {
    setParameterCall { name: parameter.name(), value: U256::from(value) }.abi_encode().into()
}

/// Calldata for every method, canonical, and such that a CALL succeeds on [`sample_genesis`] (from the governor, for
/// governance; acceptGovernor needs a proposal first).
pub fn samples() -> Vec<(&'static str, Bytes, Mutability)> {
    let work = &works(1, 1)[0];
    let (_, teleports) = sample_genesis();
    let key = Bytes::from(Miner::new(ParameterSet::MlDsa44, 1, 0).public_key().to_vec());
    let (id, device) = (work.work_id, work.statement.context.device_id);
    let name = Parameter::MaxJob.name();
    let (attestation, nonce) = h100::attestation();
    let fwid = Bytes::from_static(&[0xf1; 48]);
    let encoded: Vec<(&str, Vec<u8>)> = vec![
        (submitWorkProofCall::SIGNATURE, work.submit().to_vec()),
        (claimTeleportCall::SIGNATURE, claimTeleportCall { teleportId: teleports[0] }.abi_encode()),
        (miningBalanceCall::SIGNATURE, miningBalanceCall { miner: testing::RECIPIENT }.abi_encode()),
        (
            verifyMLDSACall::SIGNATURE,
            verifyMLDSACall {
                pk: key.clone(),
                msg: Bytes::from_static(b"a message"),
                sig: vec![7; ParameterSet::MlDsa44.signature_len()].into(),
            }
            .abi_encode(),
        ),
        (pendingTeleportsCall::SIGNATURE, pendingTeleportsCall { recipient: CLAIMANT }.abi_encode()),
        (isSpentCall::SIGNATURE, isSpentCall { workId: id }.abi_encode()),
        (acceptedWorkCall::SIGNATURE, acceptedWorkCall { workId: id }.abi_encode()),
        (isJobPaidCall::SIGNATURE, isJobPaidCall { deviceId: device, jobId: id }.abi_encode()),
        (
            computeWorkIdCall::SIGNATURE,
            computeWorkIdCall { deviceId: device, nonce: id, chainId: 6133 }.abi_encode(),
        ),
        (deriveAddressCall::SIGNATURE, deriveAddressCall { publicKey: key.clone() }.abi_encode()),
        (getSecurityLevelCall::SIGNATURE, getSecurityLevelCall { publicKey: key }.abi_encode()),
        (getTeleportDetailsCall::SIGNATURE, getTeleportDetailsCall { teleportId: teleports[0] }.abi_encode()),
        (quoteRewardCall::SIGNATURE, quoteRewardCall { tier: 1, units: 1_000_000 }.abi_encode()),
        (poolInfoCall::SIGNATURE, poolInfoCall { pool: 0 }.abi_encode()),
        (epochInfoCall::SIGNATURE, epochInfoCall {}.abi_encode()),
        (epochSeedsCall::SIGNATURE, epochSeedsCall {}.abi_encode()),
        (parameterCall::SIGNATURE, parameterCall { name }.abi_encode()),
        (versionCall::SIGNATURE, versionCall {}.abi_encode()),
        (setParameterCall::SIGNATURE, setParameterCall { name, value: U256::from(3_660) }.abi_encode()),
        (proposeGovernorCall::SIGNATURE, proposeGovernorCall { proposed: testing::RELAYER }.abi_encode()),
        (acceptGovernorCall::SIGNATURE, acceptGovernorCall {}.abi_encode()),
        (governorCall::SIGNATURE, governorCall {}.abi_encode()),
        (pendingGovernorCall::SIGNATURE, pendingGovernorCall {}.abi_encode()),
        (verifyNVTrustCall::SIGNATURE, verifyNVTrustCall { attestation, nonce }.abi_encode()),
        (deviceInfoCall::SIGNATURE, deviceInfoCall { deviceId: device }.abi_encode()),
        (icaCountCall::SIGNATURE, icaCountCall {}.abi_encode()),
        (icaInfoCall::SIGNATURE, icaInfoCall { icaIndex: 1 }.abi_encode()),
        (firmwareInfoCall::SIGNATURE, firmwareInfoCall { fwid: fwid.clone() }.abi_encode()),
        (goldenSetInfoCall::SIGNATURE, goldenSetInfoCall { tuple: id, digest: id }.abi_encode()),
        (minimumDriverCall::SIGNATURE, minimumDriverCall {}.abi_encode()),
        (
            setIcaCall::SIGNATURE,
            setIcaCall {
                tier: 2,
                architecture: ascii("GB202"),
                spki: [&SPKI_PREFIX[..], &[1; 96]].concat().into(),
            }
            .abi_encode(),
        ),
        (revokeIcaCall::SIGNATURE, revokeIcaCall { icaIndex: 1, revoked: true }.abi_encode()),
        (denyFirmwareCall::SIGNATURE, denyFirmwareCall { fwid: fwid.clone(), denied: true }.abi_encode()),
        (pinFirmwareCall::SIGNATURE, pinFirmwareCall { fwid, pinned: true }.abi_encode()),
        (
            pinGoldenSetCall::SIGNATURE,
            pinGoldenSetCall { tuple: id, mask: 1, digest: device, pinned: true }.abi_encode(),
        ),
        (revokeDeviceCall::SIGNATURE, revokeDeviceCall { deviceId: device, revoked: true }.abi_encode()),
        (setMinimumDriverCall::SIGNATURE, setMinimumDriverCall { driver: "550.90.07".into() }.abi_encode()),
    ];
    let samples: Vec<_> = method_table()
        .map(|(signature, selector, mutability)| {
            let (_, data) = encoded
                .iter()
                .find(|(known, _)| *known == signature)
                .unwrap_or_else(|| panic!("no sample calldata for {signature}"));
            assert_eq!(data[..4], selector);
            (signature, Bytes::from(data.clone()), mutability)
        })
        .collect();
    assert_eq!(samples.len(), encoded.len(), "a sample for a method that is gone");
    samples
}

/// The genesis under which [`samples`] succeed.
pub fn sample_genesis() -> (Genesis, Vec<B256>) {
    genesis_with_teleports(&[U256::from(1_000), U256::from(2_000)])
}

/// The slot of a field by its name in the layout.
#[track_caller]
pub fn slot(name: &str) -> U256 {
    let field = fields().into_iter().find(|field| field.name == name);
    U256::from(field.unwrap_or_else(|| panic!("no field {name}")).slot)
}

/// The slot of a mapping's entry, as Solidity computes it.
#[track_caller]
pub fn entry(name: &str, key: impl Into<U256>) -> U256 {
    keccak256([key.into().to_be_bytes::<32>(), slot(name).to_be_bytes()].concat()).into()
}

/// An address as a mapping's key.
pub fn key(address: Address) -> U256 {
    address.into_word().into()
}
