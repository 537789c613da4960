//! The ABI to the letter: signatures as the specification prints them, their hashes as constants.

use super::*;
use crate::abi::{
    IAIMining, IAIMining::IAIMiningCalls, IAIMiningErrors, IAIMiningErrors::IAIMiningErrorsErrors,
    IAIMiningEvents, IAIMiningGovernance, IAIMiningGovernance::IAIMiningGovernanceCalls, IAIMiningInspector,
    IAIMiningInspector::IAIMiningInspectorCalls,
};
use alloy_primitives::{Bytes, FixedBytes, b256, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolType};
use std::collections::{BTreeMap, BTreeSet};

/// One function: selector, signature, types it returns.
type Row = (u32, &'static str, &'static str);

const PIP_6: [Row; 5] = [
    (0xd3d7bc64, "miningBalance(address)", "(uint256)"),
    (0xe7b7aeeb, "verifyMLDSA(bytes,bytes,bytes)", "(bool)"),
    (0x66919998, "claimTeleport(bytes32)", "(uint256)"),
    (0x31c86278, "pendingTeleports(address)", "(bytes32[])"),
    (0xa733975a, "submitWorkProof(bytes,bytes)", "(uint256)"),
];

const INSPECTOR: [Row; 20] = [
    (0xe5285dcc, "isSpent(bytes32)", "(bool)"),
    (0x0982b26d, "acceptedWork(bytes32)", "(bytes32)"),
    (0x69d0b727, "isJobPaid(bytes32,bytes32)", "(bool)"),
    (0xc3941702, "computeWorkId(bytes32,bytes32,uint64)", "(bytes32)"),
    (0x7e4fdebc, "deriveAddress(bytes)", "(address)"),
    (0xffbc64d2, "getSecurityLevel(bytes)", "(uint8)"),
    (0x14ff6aea, "getTeleportDetails(bytes32)", "(uint32,uint64,bytes32,address,uint256,uint8)"),
    (0x4e90e26b, "quoteReward(uint8,uint64)", "(uint256,uint256)"),
    (0xb880e88e, "poolInfo(uint8)", "(uint256,uint128,uint256,uint256,uint256)"),
    (0x1f1b8a8c, "epochInfo()", "(uint64,uint64,uint64)"),
    (0xd9d23b09, "epochSeeds()", "(bytes32,bytes32)"),
    (0x8281b305, "verifyNVTrust(bytes,bytes32)", "(uint8,bytes32)"),
    (
        0x0c19a13c,
        "deviceInfo(bytes32)",
        "(bool,bool,uint8,uint8,bytes,bytes32,bytes32,uint64,uint128,uint256)",
    ),
    (0x0146dc50, "icaCount()", "(uint8)"),
    (0x2959c1b7, "icaInfo(uint8)", "(uint8,bytes32,bytes,bool)"),
    (0x17b78134, "firmwareInfo(bytes)", "(bool,bool)"),
    (0xe7019692, "goldenSetInfo(bytes32,bytes32)", "(uint64,uint64,bool)"),
    (0x1001c1d4, "minimumDriver()", "(string)"),
    (0x05d9b586, "parameter(bytes32)", "(uint256)"),
    (0x54fd4d50, "version()", "(uint16)"),
];

const GOVERNANCE: [Row; 12] = [
    (0x723507be, "setParameter(bytes32,uint256)", "()"),
    (0x95c48bd5, "proposeGovernor(address)", "()"),
    (0xe58bb639, "acceptGovernor()", "()"),
    (0x0c340a24, "governor()", "(address)"),
    (0xe3056a34, "pendingGovernor()", "(address)"),
    (0x495a497f, "setIca(uint8,bytes32,bytes)", "(uint8)"),
    (0x81b5ae94, "revokeIca(uint8,bool)", "()"),
    (0x4382e638, "denyFirmware(bytes,bool)", "()"),
    (0x8dbc1ec2, "pinFirmware(bytes,bool)", "()"),
    (0xe33a3630, "pinGoldenSet(bytes32,uint64,bytes32,bool)", "()"),
    (0x984b1995, "revokeDevice(bytes32,bool)", "()"),
    (0xad563a49, "setMinimumDriver(string)", "()"),
];

/// Errors in the order of the specification's check table, then views and governance.
const ERRORS: [(u32, &str); 74] = [
    (0x0d89438e, "DelegateCallNotAllowed()"),
    (0x65366dac, "ValueNotAllowed()"),
    (0x7f7be572, "InputTooLarge()"),
    (0xdc66f673, "UnknownSelector()"),
    (0xbeaba5b7, "StaticCallNotAllowed()"),
    (0xecabd0ec, "MalformedInput()"),
    (0xb5e918d7, "UnsupportedProofVersion(uint8)"),
    (0x545f17fe, "UnsupportedParameterSet(uint8)"),
    (0xf4ea0ab0, "MalformedProof()"),
    (0xc0290a2c, "WrongChain(uint64,uint32)"),
    (0xd7aadb59, "ZeroField(bytes32)"),
    (0x297fb567, "AttestationHashMismatch()"),
    (0x17858bbe, "InvalidRecipient(address)"),
    (0xa3bebf5c, "TimestampOrder(uint64,uint64)"),
    (0xc550f389, "TimestampInFuture(uint64,uint64)"),
    (0x306e431f, "JobTooLong(uint64,uint64)"),
    (0x63cd40a1, "TimestampTooOld(uint64,uint64)"),
    (0xc229d76c, "WorkAlreadySpent(bytes32)"),
    (0xdeae9775, "JobAlreadyPaid(bytes32,bytes32)"),
    (0x7960a197, "WeakPublicKey()"),
    (0x8baa579f, "InvalidSignature()"),
    (0x0fe55422, "DeviceMismatch(bytes32,bytes32)"),
    (0x2f3e0811, "AttestationUnsupported()"),
    (0xc97ff100, "MalformedAttestation(bytes32)"),
    (0xea3cff93, "UnknownIca(uint8)"),
    (0x105d55e3, "IcaRevoked(uint8)"),
    (0x0971f758, "SimulatedDeviceNotAllowed()"),
    (0x1cace0bc, "DeviceNotRegistered(bytes32)"),
    (0xfcea4cac, "DeviceNotBound(bytes32,bytes32)"),
    (0x0dd993f9, "MalformedReport(bytes32)"),
    (0xa9c5734b, "NvSwitchNotAllowed()"),
    (0xde7090f5, "MissingReportEntry(uint16)"),
    (0xa4509ec4, "NonceMismatch(bytes32)"),
    (0xcb699b4b, "MalformedCertificate(bytes32,bytes32)"),
    (0xadbfb754, "InvalidCertificateChain(bytes32)"),
    (0x39dec3c5, "FirmwareMissing()"),
    (0x002b4824, "FirmwareMismatch()"),
    (0x98cdd27a, "InvalidReportSignature()"),
    (0x9307ef3d, "DeviceRevoked(bytes32)"),
    (0x275d9b69, "FirmwareDenied(bytes)"),
    (0x2bf2f815, "DriverTooOld(string)"),
    (0x6ec72b0d, "MeasurementsMismatch(bytes32)"),
    (0xc46babb1, "ZeroUnits()"),
    (0x096937a4, "UnitsAboveCeiling(uint64,uint256)"),
    (0x855ea9b0, "DeviceUnitsReached(uint256,uint256)"),
    (0x9c1b2784, "ZeroReward()"),
    (0xd9d025f2, "RewardBelowMinimum(uint256,uint256)"),
    (0x072ad5ed, "ProofCapReached(uint256,uint256)"),
    (0x53e404c7, "DeviceCapReached(uint256,uint256)"),
    (0x538c440d, "EpochCapReached(uint256,uint256)"),
    (0x8fa5ee6b, "NativeCapReached(uint256,uint256)"),
    (0xb5bdecf8, "TeleportUnknown(bytes32)"),
    (0xe53f40ee, "TeleportAlreadyClaimed(bytes32)"),
    (0xe37fb263, "ChainIdTooLarge(uint64)"),
    (0xfd45a3a2, "UnknownTier(uint8)"),
    (0x3a9e01ac, "UnknownPool(uint8)"),
    (0xad0550d5, "NotGovernor(address)"),
    (0x565f8e3e, "NotPendingGovernor(address)"),
    (0x168b9d8c, "InvalidGovernor(address)"),
    (0x4c695695, "UnknownParameter(bytes32)"),
    (0x3853a322, "ParameterOutOfBounds(bytes32,uint256,uint256,uint256)"),
    (0xd9ef890c, "ParameterStepTooSoon(bytes32,uint64)"),
    (0xb98c6da8, "ParameterStepTooLarge(bytes32,uint256,uint256,uint256)"),
    (0x82a4fc3b, "JointBoundViolated(bytes32)"),
    (0x1162230c, "InvalidArchitecture(bytes32)"),
    (0x3a54c5c6, "InvalidSpki()"),
    (0x7056a80d, "IcaNotAllowed()"),
    (0xc653060d, "IcaAlreadySet(uint8)"),
    (0x440e9472, "TooManyIcas()"),
    (0x9bc0afdd, "InvalidFwid()"),
    (0xbf2327b7, "InvalidGoldenSet()"),
    (0x4ddd35c4, "GoldenMaskMismatch(uint64)"),
    (0x93c3a891, "InvalidDriverVersion()"),
    (0xe47ec074, "ArithmeticOverflow()"),
];

fn selector(signature: &str) -> [u8; 4] {
    *keccak256(signature).first_chunk().unwrap()
}

fn row<C: SolCall>() -> (u32, &'static str, &'static str) {
    (u32::from_be_bytes(C::SELECTOR), C::SIGNATURE, <C::ReturnTuple<'static> as SolType>::SOL_NAME)
}

fn assert_rows<const N: usize>(expected: [Row; N], found: [Row; N], selectors: &[[u8; 4]]) {
    assert_eq!(found, expected);
    for (number, signature, _) in expected {
        assert_eq!(selector(signature), number.to_be_bytes(), "{signature}");
    }
    // Nothing beyond the rows.
    let all: BTreeSet<_> = selectors.iter().copied().collect();
    assert_eq!(all, expected.iter().map(|row| row.0.to_be_bytes()).collect());
}

#[test]
fn a9_pip_6_functions() {
    use IAIMining::*;
    let found = [
        row::<miningBalanceCall>(),
        row::<verifyMLDSACall>(),
        row::<claimTeleportCall>(),
        row::<pendingTeleportsCall>(),
        row::<submitWorkProofCall>(),
    ];
    assert_rows(PIP_6, found, IAIMiningCalls::SELECTORS);
}

#[test]
fn a9_inspector_functions() {
    use IAIMiningInspector::*;
    let found = [
        row::<isSpentCall>(),
        row::<acceptedWorkCall>(),
        row::<isJobPaidCall>(),
        row::<computeWorkIdCall>(),
        row::<deriveAddressCall>(),
        row::<getSecurityLevelCall>(),
        row::<getTeleportDetailsCall>(),
        row::<quoteRewardCall>(),
        row::<poolInfoCall>(),
        row::<epochInfoCall>(),
        row::<epochSeedsCall>(),
        row::<verifyNVTrustCall>(),
        row::<deviceInfoCall>(),
        row::<icaCountCall>(),
        row::<icaInfoCall>(),
        row::<firmwareInfoCall>(),
        row::<goldenSetInfoCall>(),
        row::<minimumDriverCall>(),
        row::<parameterCall>(),
        row::<versionCall>(),
    ];
    assert_rows(INSPECTOR, found, IAIMiningInspectorCalls::SELECTORS);
}

#[test]
fn a9_governance_functions() {
    use IAIMiningGovernance::*;
    let found = [
        row::<setParameterCall>(),
        row::<proposeGovernorCall>(),
        row::<acceptGovernorCall>(),
        row::<governorCall>(),
        row::<pendingGovernorCall>(),
        row::<setIcaCall>(),
        row::<revokeIcaCall>(),
        row::<denyFirmwareCall>(),
        row::<pinFirmwareCall>(),
        row::<pinGoldenSetCall>(),
        row::<revokeDeviceCall>(),
        row::<setMinimumDriverCall>(),
    ];
    assert_rows(GOVERNANCE, found, IAIMiningGovernanceCalls::SELECTORS);
}

/// All interfaces share one address, so no two functions may share a selector.
#[test]
fn no_two_selectors_collide() {
    let all =
        [IAIMiningCalls::SELECTORS, IAIMiningInspectorCalls::SELECTORS, IAIMiningGovernanceCalls::SELECTORS]
            .concat();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (37, 37));
}

#[test]
fn errors_and_their_selectors() {
    let expected: BTreeMap<&str, [u8; 4]> =
        ERRORS.iter().map(|(number, signature)| (*signature, number.to_be_bytes())).collect();
    let found: BTreeMap<&str, [u8; 4]> = IAIMiningErrorsErrors::SIGNATURES
        .iter()
        .copied()
        .zip(IAIMiningErrorsErrors::SELECTORS.iter().copied())
        .collect();
    assert_eq!(found, expected);
    for (signature, number) in &found {
        assert_eq!(selector(signature), *number, "{signature}");
    }
}

/// Revert data names one error: no two share a selector, and none is Solidity's `Error(string)` or `Panic(uint256)`.
#[test]
fn no_two_error_selectors_collide() {
    let distinct: BTreeSet<_> = IAIMiningErrorsErrors::SELECTORS.iter().copied().collect();
    assert_eq!(distinct.len(), IAIMiningErrorsErrors::SELECTORS.len());
    assert_eq!(distinct.len(), ERRORS.len());
    assert!(!distinct.contains(&selector("Error(string)")));
    assert!(!distinct.contains(&selector("Panic(uint256)")));
}

// ---- Events

const WORK_ACCEPTED: &str = "WorkAccepted(bytes32,address,bytes32,bytes32,address,bytes32,bytes32,uint8,uint16,uint64,\
    uint256,uint256,uint64)";

/// An event's log: the signature's hash, the indexed arguments, then the others as one word each.
fn assert_event<E: SolEvent>(event: &E, signature: &str, topic: B256, indexed: &[B256], data: &[B256]) {
    assert_eq!(E::SIGNATURE, signature);
    assert_eq!(E::SIGNATURE_HASH, topic);
    assert_eq!(keccak256(signature), topic);
    let log = event.encode_log_data();
    assert_eq!(log.topics().split_first(), Some((&topic, indexed)));
    assert_eq!(log.data.to_vec(), data.concat());
}

fn word(value: u64) -> B256 {
    B256::from(U256::from(value))
}

#[test]
fn a9_events_their_topics_and_what_is_indexed() {
    use IAIMiningEvents::*;
    let [a, b] = [0xa1, 0xb2].map(Address::repeat_byte);
    let [w, j, d, g, p] = [1, 2, 3, 4, 5].map(B256::repeat_byte);
    assert_event(
        &Transfer { from: a, to: b, value: U256::from(7) },
        "Transfer(address,address,uint256)",
        b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"),
        &[a.into_word(), b.into_word()],
        &[word(7)],
    );
    assert_event(
        &WorkAccepted {
            workId: w,
            recipient: a,
            jobId: j,
            deviceId: d,
            miner: b,
            workDigest: g,
            proofHash: p,
            tier: 1,
            trustBps: 6_000,
            computeUnits: 11,
            reward: U256::from(12),
            nativeReward: U256::from(13),
            epoch: 14,
        },
        WORK_ACCEPTED,
        b256!("7e35cee625a3b6988ec479d8ccd0f466e896fd8c7c73b22863689215c84d6f6e"),
        &[w, a.into_word(), j],
        &[d, b.into_word(), g, p, word(1), word(6_000), word(11), word(12), word(13), word(14)],
    );
    assert_event(
        &TeleportClaimed { teleportId: w, recipient: a, amount: U256::from(9) },
        "TeleportClaimed(bytes32,address,uint256)",
        b256!("ad6074c28ee2cbb27c25445d2d8b3d95f2dc4a18a772886086f4a651d1bf4ba6"),
        &[w, a.into_word()],
        &[word(9)],
    );
    assert_event(
        &ParameterChanged { name: w, oldValue: U256::from(1), newValue: U256::from(2) },
        "ParameterChanged(bytes32,uint256,uint256)",
        b256!("ce249fa99ad401266b8ad33f2f542b9a99ff1fda278b1588f7090f55c627e73a"),
        &[w],
        &[word(1), word(2)],
    );
    assert_event(
        &GovernorProposed { governor: a, proposed: b },
        "GovernorProposed(address,address)",
        b256!("59f56ed37901ba4734728d8d6329e39e869568d7bf699b0e485c8cbb259399cf"),
        &[a.into_word(), b.into_word()],
        &[],
    );
    assert_event(
        &GovernorChanged { oldGovernor: a, newGovernor: b },
        "GovernorChanged(address,address)",
        b256!("de4b3f61490b74c0ed6237523974fe299126bbbf8a8a7482fd220104c59b0c84"),
        &[a.into_word(), b.into_word()],
        &[],
    );
    let distinct: BTreeSet<_> = IAIMiningEventsEvents::SELECTORS.iter().collect();
    assert_eq!(distinct.len(), IAIMiningEventsEvents::SELECTORS.len());
    assert_eq!(distinct.len(), 6 + 9, "an event without a case here or below");
}

/// What governance and full evidence change. `bytes` and `string` stand behind the heads: an offset there, then the
/// length and the bytes in whole words.
#[test]
fn a9_events_of_attestation() {
    use IAIMiningEvents::*;
    let [d, m, t, g] = [1, 2, 3, 4].map(B256::repeat_byte);
    let pdi = FixedBytes::<8>::repeat_byte(0xc3);
    // Left-aligned, unlike a number.
    let pdi_word = b256!("c3c3c3c3c3c3c3c3000000000000000000000000000000000000000000000000");
    let fwid = Bytes::from(vec![0xf1; 48]);
    let half = b256!("f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f100000000000000000000000000000000");
    let fwid_tail = vec![word(48), B256::repeat_byte(0xf1), half];
    let spki = Bytes::from(vec![0x5b; 32]);
    let spki_tail = vec![word(32), B256::repeat_byte(0x5b)];
    let driver = b256!("3535302e39302e30370000000000000000000000000000000000000000000000");
    assert_event(
        &DeviceRegistered { deviceId: d, tier: 3, icaIndex: 254, pdi, fwid: fwid.clone() },
        "DeviceRegistered(bytes32,uint8,uint8,bytes8,bytes)",
        b256!("ca41a502435002dfcf23ce162c24f9bacd5c774788dac80c9097d733098e40e1"),
        &[d],
        &[vec![word(3), word(254), pdi_word, word(128)], fwid_tail.clone()].concat(),
    );
    assert_event(
        &DeviceBound { deviceId: d, miner: m, from: 7 },
        "DeviceBound(bytes32,bytes32,uint64)",
        b256!("327b06a3cf60acf4db33be57c5ea56eb43a86d7bc754c41d001934a00cd089ec"),
        &[d, m],
        &[word(7)],
    );
    assert_event(
        &IcaSet { icaIndex: 2, tier: 4, architecture: t, spki: spki.clone() },
        "IcaSet(uint8,uint8,bytes32,bytes)",
        b256!("1847ed7c271af49b252e039d0609ddac07b802388d0e484554458340f9ac061a"),
        &[word(2)],
        &[vec![word(4), t, word(96)], spki_tail].concat(),
    );
    assert_event(
        &IcaRevocationChanged { icaIndex: 2, oldValue: false, newValue: true },
        "IcaRevocationChanged(uint8,bool,bool)",
        b256!("959ed6038fc85712d8291110b47f9dcb94500c6af337eecd15c111b7eb0872cd"),
        &[word(2)],
        &[word(0), word(1)],
    );
    assert_event(
        &FirmwareDenialChanged { fwid: fwid.clone(), oldValue: true, newValue: false },
        "FirmwareDenialChanged(bytes,bool,bool)",
        b256!("271dbd25012e0d284a782cbf7d999c9360d7788da97bae90ebd79775d9aa4bbd"),
        &[],
        &[vec![word(96), word(1), word(0)], fwid_tail.clone()].concat(),
    );
    assert_event(
        &FirmwarePinChanged { fwid, oldValue: false, newValue: true },
        "FirmwarePinChanged(bytes,bool,bool)",
        b256!("c771e0c5cd41cf11f1b9dc20efc78ebc905c2642b62f4e826b306b14c641529d"),
        &[],
        &[vec![word(96), word(0), word(1)], fwid_tail].concat(),
    );
    assert_event(
        &GoldenSetChanged { tuple: t, digest: g, mask: 5, oldValue: false, newValue: true },
        "GoldenSetChanged(bytes32,bytes32,uint64,bool,bool)",
        b256!("b9156094c356a6cfdbe08b8aed53b6bc26fe8f6f01bf872e0930577809cb892b"),
        &[t, g],
        &[word(5), word(0), word(1)],
    );
    assert_event(
        &DeviceRevocationChanged { deviceId: d, oldValue: false, newValue: true },
        "DeviceRevocationChanged(bytes32,bool,bool)",
        b256!("9d00ba93c40b503e432ac1dc9a91ca4a6dc1693ccb89ada2ac2510629623efc7"),
        &[d],
        &[word(0), word(1)],
    );
    assert_event(
        &MinimumDriverChanged { oldDriver: String::new(), newDriver: "550.90.07".to_owned() },
        "MinimumDriverChanged(string,string)",
        b256!("54b4fd6b85b65b6a3eae22ece81a11e810d09d1997bea1ea5659fe4b8c23cedb"),
        &[],
        &[word(64), word(96), word(0), word(9), driver],
    );
}

/// The errors carry what their names say, in the order of the declaration.
#[test]
fn an_error_carries_its_arguments() {
    use alloy_sol_types::SolError;
    let error = IAIMiningErrors::WrongChain { expected: 6133, actual: 7070 };
    assert_eq!(
        error.abi_encode(),
        [selector("WrongChain(uint64,uint32)").as_slice(), &word(6133)[..], &word(7070)[..]].concat()
    );
    let error = IAIMiningErrors::RewardBelowMinimum { reward: U256::from(1), minimum: U256::from(2) };
    assert_eq!(error.abi_encode()[4..], [word(1), word(2)].concat());
}
