//! Names for slots: computed forwards from every key that a vector mentions, since a hash cannot be read back.

use super::interface;
use alloy_primitives::{Address, B256, LogData, U256, hex, keccak256};
use alloy_sol_types::SolEvent;
use pars_ai_mining::{
    nvtrust::{GENESIS_ICAS, SPKI_PREFIX},
    precompile::{Genesis, storage},
    protocol::{
        Parameter,
        abi::IAIMiningEvents::{DeviceRegistered, FirmwareDenialChanged, FirmwarePinChanged, IcaSet},
        ids,
    },
};
use std::collections::BTreeMap;

/// The only mapping of mappings whose inner keys are not small numbers.
const BY_NONCE: &str = "teleportByNonce";

/// Names by slot.
pub(crate) struct Labels(BTreeMap<U256, String>);

impl Labels {
    /// What a configuration lets one name: scalars, pools, intermediates, parameters, pending teleports.
    pub(crate) fn new(genesis: &Genesis) -> Self {
        let mut labels = Self(BTreeMap::new());
        for field in storage::fields() {
            if !field.solidity.starts_with("mapping") {
                labels.0.insert(U256::from(field.slot), field.name.into());
            }
        }
        // Pools, and the first indices of intermediates.
        for number in 0..4_u8 {
            labels.key(word(U256::from(number)), &number.to_string());
        }
        for ica in GENESIS_ICAS {
            labels.hash(keccak256(ica.public_key));
        }
        for parameter in Parameter::ALL {
            labels.key(parameter.name(), parameter.spec().name);
        }
        for message in &genesis.pending_teleports {
            labels.hash(ids::teleport_id(message));
            if let Some(recipient) = message.recipient_address() {
                labels.address(recipient);
            }
            let (source, nonce) = (word(U256::from(message.src_chain)), word(U256::from(message.nonce)));
            for field in storage::fields().iter().filter(|field| field.name == BY_NONCE) {
                let outer = entry(source, U256::from(field.slot));
                let name = format!("{}[{}][{}]", field.name, message.src_chain, message.nonce);
                labels.0.insert(entry(nonce, outer), name);
            }
        }
        labels
    }

    /// Learns keys from a call: whole argument words, and what its logs say.
    pub(crate) fn learn(&mut self, input: &[u8], logs: &[LogData]) {
        if input.len() <= 4 + 3 * 32 {
            for argument in input.get(4..).unwrap_or_default().chunks_exact(32) {
                self.either(B256::from_slice(argument));
            }
        }
        for log in logs {
            let topics = log.topics().iter().skip(1).copied();
            let data = log.data.chunks_exact(32).map(B256::from_slice);
            for word in topics.chain(data) {
                self.either(word);
            }
            if interface::event_name(log.topics()) == "WorkAccepted" {
                let device = B256::from_slice(&log.data[..32]);
                self.hash(ids::job_mark(device, log.topics()[3]));
            }
            let hashed = [
                DeviceRegistered::decode_log_data(log).map(|event| event.fwid).ok(),
                FirmwareDenialChanged::decode_log_data(log).map(|event| event.fwid).ok(),
                FirmwarePinChanged::decode_log_data(log).map(|event| event.fwid).ok(),
                IcaSet::decode_log_data(log).map(|event| event.spki.slice(SPKI_PREFIX.len()..)).ok(),
            ];
            for bytes in hashed.into_iter().flatten() {
                self.hash(keccak256(bytes));
            }
        }
    }

    /// The name of a slot.
    ///
    /// # Panics
    /// If it has none: then a vector shows a slot that the layout does not explain.
    pub(crate) fn of(&self, slot: U256) -> String {
        self.0.get(&slot).unwrap_or_else(|| panic!("slot {slot:#x} is no field's")).clone()
    }

    fn either(&mut self, word: B256) {
        if word[..12].iter().all(|byte| *byte == 0) {
            self.address(Address::from_word(word));
        } else {
            self.hash(word);
        }
    }

    fn hash(&mut self, word: B256) {
        self.key(word, &hex::encode_prefixed(word));
    }

    fn address(&mut self, address: Address) {
        self.key(address.into_word(), &hex::encode_prefixed(address));
    }

    /// Names the entry of a key in every mapping. Only entries that exist are ever looked up.
    fn key(&mut self, key: B256, name: &str) {
        for field in storage::fields() {
            if !field.solidity.starts_with("mapping") || field.name == BY_NONCE {
                continue;
            }
            let slot = entry(key, U256::from(field.slot));
            let label = format!("{}[{name}]", field.name);
            if nested(&field.solidity) {
                // Words of a key or a firmware id; bindings.
                for part in 0..3_u8 {
                    let inner = entry(word(U256::from(part)), slot);
                    self.0.entry(inner).or_insert(format!("{label}[{part}]"));
                }
            } else if field.solidity.ends_with("[])") {
                let first = U256::from_be_bytes(keccak256(slot.to_be_bytes::<32>()).0);
                for index in 0..8 {
                    self.0.entry(first + U256::from(index)).or_insert(format!("{label}[{index}]"));
                }
                self.0.entry(slot).or_insert(format!("{label}.length"));
            } else {
                self.0.entry(slot).or_insert(label);
            }
        }
    }
}

fn nested(solidity: &str) -> bool {
    solidity.matches("mapping").count() == 2
}

fn word(value: U256) -> B256 {
    value.into()
}

/// `keccak256(key . slot)`.
fn entry(key: B256, slot: U256) -> U256 {
    keccak256([key.0, slot.to_be_bytes::<32>()].concat()).into()
}
