//! How the account comes into being, and the JSON that says how.

use super::*;
use crate::{
    ActivationError, Fatal, Host, activate,
    profile::{EvmRevision, HostProfile, Marker, Rules, RulesError},
    storage::layout::*,
};
use alloy_primitives::uint;
use pars_protocol::{
    ADDRESS,
    parameters::{JointBound, ParameterError},
};
use serde_json::{Value, json};

#[test]
fn a11_activation_writes_the_account_and_nothing_else() {
    let message = teleport_of(9, RECIPIENT, U256::from(5));
    let genesis = genesis_with(vec![message]);
    let account = genesis.account(u64::from(CHAIN_ID)).unwrap();
    assert_eq!((account.nonce, &account.code), (1, &genesis.profile.marker.code()));

    let id = B256::from(blake3::derive_key("pars.aimining.teleport.v1", &message.encode()));
    let seed = B256::from(blake3::derive_key("pars.aimining.epoch-seed.v1", &CHAIN_ID.to_be_bytes()));
    let mut expected = BTreeMap::from([
        (VERSION.key(), U256::ONE),
        (crate::storage::layout::GOVERNOR.key(), U256::from(0xa0)),
        (DEV.key(), U256::ONE),
        (EPOCH_LENGTH.key(), U256::from(3_600)),
        (SEED_CURRENT.key(), seed.into()),
        (POOL_DIFFICULTY.at(0).key(), U256::from(ONE)),
        (POOL_DIFFICULTY.at(1).key(), U256::from(ONE)),
        (TELEPORT_STATUS.at(id).key(), U256::ONE),
        (TELEPORT_SOURCE.at(id).key(), U256::from(7070)),
        (TELEPORT_NONCE.at(id).key(), U256::from(9)),
        (TELEPORT_SENDER.at(id).key(), B256::repeat_byte(0x77).into()),
        (TELEPORT_RECIPIENT.at(id).key(), U256::from(0xb0)),
        (TELEPORT_AMOUNT.at(id).key(), U256::from(5)),
        (TELEPORT_BY_NONCE.at(7070).at(9).key(), id.into()),
        (TELEPORT_PENDING.at(RECIPIENT).at(0).key(), id.into()),
        // The list's length: keccak256(recipient . 31).
        (uint!(0xf462ccbeab2ad5e3cd2abc846781a45cbbb4487cf0de5e3536c642e72abd545e_U256), U256::ONE),
    ]);
    for parameter in Parameter::ALL {
        expected.insert(PARAMETER_VALUE.at(parameter.name()).key(), U256::from(parameter.spec().default));
    }
    expected.extend(genesis_icas());
    assert_eq!(account.storage, expected);

    // Defaults of consensus.md, "Widths and money".
    let e22 = 10_000 * ONE;
    let defaults = [
        10_000_000_000,
        10_000_000_000,
        1_000_000_000_000,
        4 * ONE,
        1_000_000_000_000,
        100_000_000_000,
        4 * e22,
        4 * e22 / 10,
        4 * e22,
        4 * e22 / 10,
        400 * ONE,
        400 * ONE,
        3_600,
        3_600,
        7_200,
        60,
    ];
    assert_eq!(Parameter::ALL.map(|parameter| genesis.parameters.get(parameter)), defaults);
}

#[test]
fn a11_dev_flag_and_marker_are_those_of_the_configuration() {
    let mut genesis = genesis();
    genesis.dev = false;
    genesis.profile.marker = Marker::One;
    let account = genesis.account(u64::from(CHAIN_ID)).unwrap();
    assert_eq!(account.code.as_ref(), [1]);
    assert!(!account.storage.contains_key(&DEV.key()));
    assert_eq!(Marker::from_code(&[1]), Some(Marker::One));
    assert_eq!(Marker::from_code(&Marker::Message.code()), Some(Marker::Message));
    for code in [&[][..], &[0], &[1, 0], &[0xef]] {
        assert_eq!(Marker::from_code(code), None);
    }
    // The message is legible in the code.
    let text = b"AIMining 0x0300 needs Pars EVM";
    assert!(Marker::Message.code().windows(text.len()).any(|window| window == text));
}

/// Activation must fail so, and write nothing.
#[track_caller]
fn refuses(genesis: &Genesis, host_chain: u64, expected: &ActivationError) {
    let mut host = MemoryHost::new(host_chain);
    assert_eq!(activate(&mut host, genesis).as_ref(), Err(expected));
    assert_eq!(host.account, Account::default(), "a refused activation wrote");
    assert_eq!(genesis.account(host_chain).as_ref(), Err(expected));
}

#[test]
fn law_10_the_chain_id_is_the_hosts_and_never_truncated() {
    for host in [0, 1, 7070, (1 << 32) + u64::from(CHAIN_ID), u64::MAX] {
        refuses(&genesis(), host, &ActivationError::WrongChain { configured: CHAIN_ID, host });
    }
    let none = Genesis { chain_id: 0, ..genesis() };
    refuses(&none, 0, &ActivationError::ZeroChainId);
    refuses(&none, 1 << 32, &ActivationError::WrongChain { configured: 0, host: 1 << 32 });
    let largest = Genesis { chain_id: u32::MAX, ..genesis() };
    largest.account(u64::from(u32::MAX)).unwrap();
}

#[test]
fn h1_genesis_obeys_the_bounds_of_governance() {
    for parameter in Parameter::ALL {
        let spec = parameter.spec();
        for value in [spec.min.checked_sub(1), spec.max.checked_add(1), Some(u128::MAX)].into_iter().flatten()
        {
            let genesis = Genesis { parameters: genesis().parameters.with(parameter, value), ..genesis() };
            let expected = ParameterError::OutOfBounds { parameter, value }.into();
            refuses(&genesis, u64::from(CHAIN_ID), &expected);
        }
    }
    for (parameter, value, bound) in [
        (Parameter::Base, 10_000_000_001, JointBound::PoolCapAttested),
        (Parameter::TargetSoftware, 100_000_000_001, JointBound::PoolCapSoftware),
        (Parameter::NativeBase, 10_000_000_001, JointBound::NativeCapAttested),
        (Parameter::NativeCapSoftware, 0, JointBound::NativeCapSoftware),
        (Parameter::DMin, 1_000_000, JointBound::PoolCapAttested),
        (Parameter::PoolCapSoftware, 10_000 * ONE + 1, JointBound::SoftwareShare),
        (Parameter::MaxAge, 7_199, JointBound::MaxAge),
    ] {
        let mut parameters = genesis().parameters.with(parameter, value);
        let mut bound = bound;
        if parameter == Parameter::DMin {
            parameters = parameters.with(Parameter::Base, 1_000_000);
            bound = JointBound::UnitWorth;
        }
        let genesis = Genesis { parameters, ..genesis() };
        refuses(&genesis, u64::from(CHAIN_ID), &ParameterError::Joint(bound).into());
    }
    for governor in [Address::ZERO, ADDRESS] {
        let genesis = Genesis { governor, ..genesis() };
        refuses(&genesis, u64::from(CHAIN_ID), &ActivationError::InvalidGovernor(governor));
    }
}

#[test]
fn f3_teleports_that_no_source_emits_are_refused() {
    let good = teleport_of(1, RECIPIENT, U256::from(5));
    let mut long = RECIPIENT.into_word();
    long[0] = 1;
    let with = |change: fn(&mut TeleportMessage)| {
        let mut message = teleport_of(2, RECIPIENT, U256::from(5));
        change(&mut message);
        message
    };
    let far = TeleportMessage { recipient: long, ..good };
    let source = "the source is this chain, or none";
    let payee = "the recipient is zero or 0x0300";
    for (message, reason) in [
        (with(|m| m.src_chain = 0), source),
        (with(|m| m.src_chain = CHAIN_ID), source),
        (with(|m| m.dst_chain = 7070), "the destination is another chain"),
        (with(|m| m.dst_chain = 0), "the destination is another chain"),
        (with(|m| m.sender = B256::ZERO), "the sender is zero"),
        (with(|m| m.amount = U256::ZERO), "the amount is zero"),
        (far, "the recipient is not an EVM address"),
        (with(|m| m.recipient = B256::ZERO), payee),
        (with(|m| m.recipient = ADDRESS.into_word()), payee),
        (good, "its source and nonce stand twice"),
        (with(|m| m.nonce = 1), "its source and nonce stand twice"),
        // Nothing is lost: a sum that no supply can hold could never be claimed.
        (with(|m| m.amount = U256::MAX), "the amounts sum beyond 256 bits"),
    ] {
        let expected = ActivationError::Teleport { index: 1, reason };
        refuses(&genesis_with(vec![good, message]), u64::from(CHAIN_ID), &expected);
    }
    // One nonce of two sources is two messages; a sum of exactly 2^256 − 1 can be paid.
    let other = with(|m| {
        m.src_chain = 7071;
        m.nonce = 1;
    });
    genesis_with(vec![good, other]).check().unwrap();
    let rest = with(|m| m.amount = U256::MAX - U256::from(5));
    genesis_with(vec![good, rest]).check().unwrap();
}

#[test]
fn activation_happens_once() {
    let mut host = host(&genesis());
    let before = state(&host);
    assert_eq!(activate(&mut host, &genesis()), Err(ActivationError::AlreadyActive));
    let other = Genesis { governor: RELAYER, ..genesis() };
    assert_eq!(activate(&mut host, &other), Err(ActivationError::AlreadyActive));
    assert_eq!(state(&host), before);
}

#[test]
fn b4_a_failing_host_is_said_to_have_failed() {
    let genesis = genesis_with(vec![teleport_of(1, RECIPIENT, U256::ONE)]);
    let mut k = 0;
    loop {
        let mut host = MemoryHost::new(u64::from(CHAIN_ID));
        host.fail_on_sstore = Some(k);
        match activate(&mut host, &genesis) {
            Ok(()) => break,
            Err(error) => {
                assert_eq!(error, ActivationError::Host(Fatal::Host("injected write failure".into())));
            }
        }
        k += 1;
    }
    assert_eq!(k, 3 + 16 + 1 + 2 + 2 + 2 * 7 + 10, "every write of activation failed once");
}

#[test]
fn activation_inside_a_static_call_is_refused() {
    let mut host = MemoryHost::new(u64::from(CHAIN_ID));
    let (precompile, _) = stubbed(true);
    // A static call leaves the host static.
    host.execute(&precompile, Call { is_static: true, ..call(vec![]) });
    assert!(host.is_static());
    assert!(matches!(activate(&mut host, &genesis()), Err(ActivationError::Host(Fatal::Host(_)))));
    assert!(host.account.storage.is_empty());
}

#[test]
fn a13_the_profile_is_active_from_its_first_second() {
    for activation in [0, 1, 1_700_000_000, u64::MAX] {
        let profile = HostProfile { rules: Rules::v1(activation), ..genesis().profile };
        assert!(profile.is_active(activation));
        assert!(profile.is_active(u64::MAX));
        assert_eq!(profile.rules.at(activation), 1);
        assert_eq!(profile.rules.activation(), activation);
        if let Some(before) = activation.checked_sub(1) {
            assert!(!profile.is_active(before) && !profile.is_active(0));
            assert_eq!(profile.rules.at(before), 0);
        }
    }
}

#[test]
fn law_12_rules_count_from_one_and_only_known_ones_run() {
    assert_eq!(Rules::new(vec![(1, 7)]), Ok(Rules::v1(7)));
    assert_eq!(Rules::new(vec![]), Err(RulesError::First));
    for first in [0, 2] {
        assert_eq!(Rules::new(vec![(first, 7)]), Err(RulesError::First));
    }
    assert_eq!(Rules::new(vec![(1, 7), (2, 9)]), Err(RulesError::Unknown(2)));
    assert_eq!(Rules::new(vec![(1, 7), (u16::MAX, 9)]), Err(RulesError::Unknown(u16::MAX)));
    for again in [(1, 9), (0, 9), (1, 6)] {
        assert_eq!(Rules::new(vec![(1, 7), again]), Err(RulesError::Order));
    }
}

fn minimal() -> Value {
    json!({ "blockTimestamp": 7, "chainId": 6133, "governor": "0x00000000000000000000000000000000000000a0" })
}

fn read(value: &Value) -> Result<Genesis, String> {
    serde_json::from_str(&value.to_string()).map_err(|error| error.to_string())
}

#[test]
fn the_least_configuration_has_defaults_everywhere_else() {
    let mut expected = genesis();
    expected.dev = false;
    expected.profile.rules = Rules::v1(7);
    assert_eq!(read(&minimal()), Ok(expected));
}

#[test]
fn every_configuration_survives_json() {
    let mut custom = genesis_of(&[(Parameter::Base, 9_000_000_000), (Parameter::MaxAge, 8_000)]);
    custom.profile = HostProfile {
        rules: Rules::v1(1_900_000_000),
        marker: Marker::One,
        warm: false,
        value_visible: false,
        call_code_visible: false,
        evm_revision: EvmRevision::Osaka,
    };
    custom.dev = false;
    custom.pending_teleports = vec![teleport_of(u64::MAX, RECIPIENT, U256::MAX)];
    for genesis in [genesis(), custom] {
        let text = serde_json::to_string(&genesis).unwrap();
        assert_eq!(serde_json::from_str::<Genesis>(&text).unwrap(), genesis);
        // Amounts and parameters are strings: JSON numbers lose precision.
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(value["parameters"]["pool_cap_attested"].is_string());
        assert_eq!(value["parameters"].as_object().unwrap().len(), 16);
    }
    for revision in EvmRevision::ALL {
        let mut value = minimal();
        value["evmRevision"] = json!(revision.name());
        assert_eq!(read(&value).unwrap().profile.evm_revision, revision);
    }
}

#[test]
fn numbers_may_be_decimal_strings_or_small_integers() {
    let mut value = minimal();
    value["parameters"] =
        json!({ "max_job": 3000, "max_age": "8000", "native_cap_attested": "40000000000000000000000" });
    let parameters = read(&value).unwrap().parameters;
    assert_eq!(parameters.get(Parameter::MaxJob), 3_000);
    assert_eq!(parameters.get(Parameter::MaxAge), 8_000);
    assert_eq!(parameters.get(Parameter::NativeCapAttested), 40_000 * ONE);
    assert_eq!(parameters.get(Parameter::Base), 10_000_000_000);
}

#[test]
fn the_json_is_read_strictly() {
    let edit = |key: &str, to: Value| {
        let mut value = minimal();
        value[key] = to;
        value
    };
    let teleport = |key: &str, to: Value| {
        let mut message = json!({
            "srcChain": 7070, "dstChain": 6133, "nonce": 1, "amount": "5",
            "sender": B256::repeat_byte(7), "recipient": RECIPIENT.into_word(),
        });
        message[key] = to;
        edit("pendingTeleports", json!([message]))
    };
    assert_eq!(read(&teleport("nonce", json!(3))).unwrap().pending_teleports[0].nonce, 3);
    for (value, says) in [
        (edit("governour", json!(1)), "unknown field"),
        (edit("parameters", json!({ "bases": "1" })), "parameter \"bases\" is unknown"),
        (edit("parameters", json!({ "base": "0x10" })), "base is not a decimal number"),
        (edit("parameters", json!({ "base": "1e5" })), "base is not a decimal number"),
        (edit("parameters", json!({ "base": "-1" })), "base is not a decimal number"),
        (edit("parameters", json!({ "base": "+1" })), "base is not a decimal number"),
        (edit("parameters", json!({ "base": " 1" })), "base is not a decimal number"),
        (edit("parameters", json!({ "base": "1_0" })), "base is not a decimal number"),
        (edit("parameters", json!({ "base": "" })), "base is not a decimal number"),
        (edit("parameters", json!({ "base": "1".repeat(100) })), "base is not a decimal number"),
        (
            edit("parameters", json!({ "base": "340282366920938463463374607431768211456" })),
            "base is not a decimal number",
        ),
        (edit("parameters", json!({ "base": 1.5 })), "did not match"),
        (edit("parameters", json!({ "base": -1 })), "did not match"),
        (edit("parameters", json!({ "base": null })), "did not match"),
        (edit("marker", json!("0x02")), "marker"),
        (edit("marker", json!("0x")), "marker"),
        (edit("evmRevision", json!("london")), "evmRevision: unknown hardfork \"london\""),
        (edit("evmRevision", json!("Prague")), "evmRevision: unknown hardfork \"Prague\""),
        (edit("rules", json!({ "1": 8 })), "version 1 must start at blockTimestamp"),
        (edit("rules", json!({ "2": 7 })), "start with version 1"),
        (edit("rules", json!({})), "start with version 1"),
        (edit("rules", json!({ "1": 7, "2": 9 })), "version 2 is not known"),
        (edit("chainId", json!(u64::from(u32::MAX) + 1)), "invalid value"),
        (edit("chainId", json!(-1)), "invalid value"),
        (edit("chainId", json!("6133")), "invalid type"),
        (edit("blockTimestamp", json!(-1)), "invalid value"),
        (edit("blockTimestamp", json!(1.0)), "invalid type"),
        (edit("governor", json!("0xa0")), "invalid"),
        (edit("warm", json!(1)), "invalid type"),
        (edit("dev", json!("true")), "invalid type"),
        (teleport("memo", json!(1)), "unknown field"),
        (teleport("amount", json!("0x5")), "amount is not a decimal number"),
        (teleport("nonce", json!(-1)), "invalid value"),
        (teleport("recipient", json!("0xb0")), "invalid"),
    ] {
        let error = read(&value).expect_err(&value.to_string());
        assert!(error.contains(says), "{value}: {error}");
    }
    for missing in ["blockTimestamp", "chainId", "governor"] {
        let mut value = minimal();
        value.as_object_mut().unwrap().remove(missing);
        assert!(read(&value).unwrap_err().contains("missing field"));
    }
    // A key that stands twice means two things.
    let text = minimal().to_string();
    for twice in [
        r#","chainId":7070}"#,
        r#","parameters":{"base":"1000000000","base":"2000000000"}}"#,
        r#","rules":{"1":7,"1":7}}"#,
    ] {
        let text = text.strip_suffix('}').unwrap().to_string() + twice;
        let error = serde_json::from_str::<Genesis>(&text).expect_err(&text).to_string();
        assert!(error.contains("duplicate"), "{text}: {error}");
    }
}

#[test]
fn a_state_that_was_never_activated_pays_nobody_and_has_no_governor() {
    use super::methods::samples;
    use crate::dispatch::Mutability;
    let (precompile, _) = stubbed(true);
    for sample in samples().into_iter().filter(|sample| sample.mutability == Mutability::Write) {
        for caller in [sample.call.caller, Address::ZERO] {
            let mut host = MemoryHost::new(u64::from(CHAIN_ID));
            host.block_timestamp = NOW;
            let executed = host.execute(&precompile, Call { caller, ..sample.call.clone() });
            assert!(matches!(executed.outcome, Outcome::Revert(_)), "{}", sample.signature);
            assert_eq!(state(&host), (Account::default(), BTreeMap::new()));
        }
    }
}
