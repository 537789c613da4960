//! The interface as data: selectors, topics, gas, tags. A golden file: any change of it is seen in review.

use super::format::json;
use alloy_primitives::{Address, B256, Bytes, hex, keccak256};
use alloy_sol_types::SolEvent;
use pars_ai_mining::{
    nvtrust::{FIRMWARE_TAG, GOLDEN_SET_TAG},
    precompile::{
        ADDRESS,
        dispatch::{Mutability, method_table},
        gas,
        profile::{Marker, RULES_VERSION},
    },
    protocol::{
        ParameterSet, WORK_SIGNATURE_CONTEXT,
        abi::{IAIMiningErrors::IAIMiningErrorsErrors, IAIMiningEvents as events},
        ids,
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `interface.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Interface {
    pub(crate) rules: u16,
    pub(crate) address: Address,
    pub(crate) functions: Vec<Function>,
    pub(crate) events: Vec<Event>,
    pub(crate) errors: Vec<ErrorRow>,
    /// Name in `precompile-spec/gas.md` → amount.
    pub(crate) gas: BTreeMap<String, u64>,
    pub(crate) work_signature_context: String,
    pub(crate) derive_key_tags: BTreeMap<String, String>,
    pub(crate) markers: BTreeMap<String, Bytes>,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Function {
    pub(crate) signature: String,
    pub(crate) selector: String,
    pub(crate) writes: bool,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Event {
    pub(crate) signature: String,
    pub(crate) topic: B256,
}

/// A typed error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ErrorRow {
    pub(crate) signature: String,
    pub(crate) selector: String,
}

/// Signature and topic of every event.
pub(crate) fn event_table() -> [(&'static str, B256); 15] {
    fn row<E: SolEvent>() -> (&'static str, B256) {
        (E::SIGNATURE, E::SIGNATURE_HASH)
    }
    [
        row::<events::Transfer>(),
        row::<events::WorkAccepted>(),
        row::<events::TeleportClaimed>(),
        row::<events::ParameterChanged>(),
        row::<events::GovernorProposed>(),
        row::<events::GovernorChanged>(),
        row::<events::DeviceRegistered>(),
        row::<events::DeviceBound>(),
        row::<events::IcaSet>(),
        row::<events::IcaRevocationChanged>(),
        row::<events::FirmwareDenialChanged>(),
        row::<events::FirmwarePinChanged>(),
        row::<events::GoldenSetChanged>(),
        row::<events::DeviceRevocationChanged>(),
        row::<events::MinimumDriverChanged>(),
    ]
}

/// The name of the event with these topics.
pub(crate) fn event_name(topics: &[B256]) -> String {
    let (signature, _) = event_table()
        .into_iter()
        .find(|(_, topic)| topics.first() == Some(topic))
        .expect("every log is an event of the ABI");
    signature.split('(').next().unwrap_or_default().into()
}

/// Signature and selector of every error.
pub(crate) fn error_table() -> impl Iterator<Item = (&'static str, [u8; 4])> {
    IAIMiningErrorsErrors::SIGNATURES.iter().copied().zip(IAIMiningErrorsErrors::SELECTORS.iter().copied())
}

/// The signature of the error in revert data.
pub(crate) fn error_signature(output: &[u8]) -> String {
    let selector = output.get(..4).expect("revert data begins with a selector");
    let (signature, _) =
        error_table().find(|(_, known)| known == selector).expect("every error is one of the ABI");
    signature.into()
}

/// Every number of `gas.rs` that a call can be charged, by the name it has in `precompile-spec/gas.md`.
pub(crate) fn gas_table() -> BTreeMap<String, u64> {
    use gas::operation as op;
    let cap = |bytes: usize| u64::try_from(bytes).expect("small");
    let mut table = BTreeMap::from(
        [
            ("input_base", gas::INPUT_BASE),
            ("input_word", gas::INPUT_WORD),
            ("message_word", gas::MESSAGE_WORD),
            ("max_input", cap(gas::MAX_INPUT)),
            ("max_message", cap(gas::MAX_MESSAGE)),
            ("read", gas::READ),
            ("read_shared", gas::READ_SHARED),
            ("write_new", gas::WRITE_NEW),
            ("write", gas::WRITE),
            ("new_account", gas::NEW_ACCOUNT),
            ("submit", op::SUBMIT),
            ("claim_teleport", op::CLAIM_TELEPORT),
            ("pending_teleports", op::PENDING_TELEPORTS),
            ("one_slot", op::ONE_SLOT),
            ("pure", op::PURE),
            ("teleport_details", op::TELEPORT_DETAILS),
            ("epoch", op::EPOCH),
            ("set_parameter", op::SET_PARAMETER),
            ("propose_governor", op::PROPOSE_GOVERNOR),
            ("accept_governor", op::ACCEPT_GOVERNOR),
            ("p384_verification", gas::P384_VERIFICATION),
            ("evidence_full", gas::Evidence::Full.verification()),
            ("evidence_registered", gas::Evidence::Registered.verification()),
            ("register", op::REGISTER),
            ("device_info", op::DEVICE_INFO),
            ("ica_info", op::ICA_INFO),
            ("firmware_info", op::FIRMWARE_INFO),
            ("golden_set_info", op::GOLDEN_SET_INFO),
            ("set_ica", op::SET_ICA),
            ("revoke_ica", op::REVOKE_ICA),
            ("set_flag", op::SET_FLAG),
            ("pin_golden_set", op::PIN_GOLDEN_SET),
            ("set_minimum_driver", op::SET_MINIMUM_DRIVER),
        ]
        .map(|(name, amount)| (name.to_owned(), amount)),
    );
    for set in ParameterSet::ALL {
        table.insert(format!("verification_{}", set.id()), gas::verification(set));
    }
    table
}

/// `interface.json`.
pub(crate) fn file() -> String {
    let mut functions: Vec<_> = method_table()
        .map(|(signature, selector, mutability)| Function {
            signature: signature.into(),
            selector: hex::encode_prefixed(selector),
            writes: mutability == Mutability::Write,
        })
        .collect();
    functions.sort_by(|a, b| a.signature.cmp(&b.signature));
    let mut errors: Vec<_> = error_table()
        .map(|(signature, selector)| ErrorRow {
            signature: signature.into(),
            selector: hex::encode_prefixed(selector),
        })
        .collect();
    errors.sort_by(|a, b| a.signature.cmp(&b.signature));
    json(&Interface {
        rules: RULES_VERSION,
        address: ADDRESS,
        functions,
        events: event_table()
            .map(|(signature, topic)| {
                assert_eq!(keccak256(signature), topic);
                Event { signature: signature.into(), topic }
            })
            .into(),
        errors,
        gas: gas_table(),
        work_signature_context: String::from_utf8_lossy(WORK_SIGNATURE_CONTEXT).into_owned(),
        derive_key_tags: tags(),
        markers: BTreeMap::from([
            ("message".to_owned(), Marker::Message.code()),
            ("one".to_owned(), Marker::One.code()),
        ]),
    })
}

/// Every `derive_key` tag by the name it has in `precompile-spec/encoding.md` and `attestation.md`.
pub(crate) fn tags() -> BTreeMap<String, String> {
    [
        ("job mark", ids::JOB_TAG),
        ("software device id", ids::SOFTWARE_DEVICE_TAG),
        ("attested device id", ids::NVTRUST_DEVICE_TAG),
        ("attestation nonce", ids::NVTRUST_NONCE_TAG),
        ("epoch seed", ids::EPOCH_SEED_TAG),
        ("teleport id", ids::TELEPORT_TAG),
        ("firmware tuple", FIRMWARE_TAG),
        ("golden-set digest", GOLDEN_SET_TAG),
    ]
    .map(|(name, tag)| (name.to_owned(), tag.to_owned()))
    .into()
}
