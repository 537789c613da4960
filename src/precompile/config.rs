//! JSON of a chain's configuration: `config.parsAiMiningConfig` in genesis, the same on every host.
//!
//! Read strictly: an unknown key, an unknown parameter or a number out of range is an error. Amounts and parameters are
//! decimal strings, because JSON numbers lose precision above 2^53; small integers are accepted as numbers, too.

use crate::{
    Genesis, HostProfile,
    profile::{EvmRevision, Marker, Rules, UnknownRevision},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use pars_protocol::{Parameter, Parameters, TeleportMessage};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor},
};
use std::{collections::BTreeMap, fmt, marker::PhantomData};

/// The JSON object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Config {
    block_timestamp: u64,
    chain_id: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rules: Option<Unique<u16, u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    marker: Option<Bytes>,
    #[serde(default = "yes")]
    warm: bool,
    #[serde(default = "yes")]
    value_visible: bool,
    #[serde(default = "yes")]
    call_code_visible: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evm_revision: Option<String>,
    #[serde(default)]
    dev: bool,
    governor: Address,
    #[serde(default)]
    parameters: Unique<String, Decimal>,
    #[serde(default)]
    pending_teleports: Vec<Teleport>,
}

/// A JSON object in which no key stands twice: serde's maps would take the last value in silence.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
struct Unique<K: Ord, V>(BTreeMap<K, V>);

impl<K: Ord, V> Default for Unique<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Unique<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
            type Value = Unique<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object without duplicate keys")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((key, value)) = map.next_entry()? {
                    if entries.insert(key, value).is_some() {
                        return Err(A::Error::custom("duplicate key"));
                    }
                }
                Ok(Unique(entries))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Teleport {
    src_chain: u32,
    dst_chain: u32,
    nonce: u64,
    sender: B256,
    recipient: B256,
    amount: Decimal,
}

/// A decimal string, or a small JSON integer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Decimal {
    Text(String),
    Integer(u64),
}

impl Decimal {
    fn parse(&self, what: &str) -> Result<U256, ConfigError> {
        let invalid = || ConfigError::Number(what.into());
        match self {
            Self::Integer(value) => Ok(U256::from(*value)),
            Self::Text(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                U256::from_str_radix(text, 10).map_err(|_| invalid())
            }
            Self::Text(_) => Err(invalid()),
        }
    }
}

/// A configuration cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("rules: {0}")]
    Rules(#[from] crate::profile::RulesError),
    #[error("rules: version 1 must start at blockTimestamp")]
    RulesStart,
    #[error("marker must be the reverting message or 0x01")]
    Marker,
    #[error("evmRevision: {0}")]
    EvmRevision(#[from] UnknownRevision),
    #[error("parameter {0:?} is unknown")]
    UnknownParameter(String),
    #[error("{0} is not a decimal number in range")]
    Number(String),
}

impl TryFrom<Config> for Genesis {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let rules = match config.rules {
            None => Rules::v1(config.block_timestamp),
            Some(schedule) => Rules::new(schedule.0.into_iter().collect())?,
        };
        if rules.activation() != config.block_timestamp {
            return Err(ConfigError::RulesStart);
        }
        let marker = match config.marker {
            None => Marker::default(),
            Some(code) => Marker::from_code(&code).ok_or(ConfigError::Marker)?,
        };
        let evm_revision = match config.evm_revision {
            None => EvmRevision::default(),
            Some(name) => name.parse()?,
        };
        let mut parameters = Parameters::default();
        for (name, value) in config.parameters.0 {
            let parameter = Parameter::ALL
                .into_iter()
                .find(|parameter| parameter.spec().name == name)
                .ok_or_else(|| ConfigError::UnknownParameter(name.clone()))?;
            let value = u128::try_from(value.parse(&name)?).map_err(|_| ConfigError::Number(name))?;
            parameters = parameters.with(parameter, value);
        }
        let pending_teleports =
            config.pending_teleports.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Self {
            chain_id: config.chain_id,
            profile: HostProfile {
                rules,
                marker,
                warm: config.warm,
                value_visible: config.value_visible,
                call_code_visible: config.call_code_visible,
                evm_revision,
            },
            dev: config.dev,
            governor: config.governor,
            parameters,
            pending_teleports,
        })
    }
}

impl TryFrom<Teleport> for TeleportMessage {
    type Error = ConfigError;

    fn try_from(teleport: Teleport) -> Result<Self, ConfigError> {
        Ok(Self {
            src_chain: teleport.src_chain,
            dst_chain: teleport.dst_chain,
            nonce: teleport.nonce,
            sender: teleport.sender,
            recipient: teleport.recipient,
            amount: teleport.amount.parse("amount")?,
        })
    }
}

impl From<Genesis> for Config {
    fn from(genesis: Genesis) -> Self {
        let profile = &genesis.profile;
        Self {
            block_timestamp: profile.rules.activation(),
            chain_id: genesis.chain_id,
            rules: Some(Unique(profile.rules.schedule().iter().copied().collect())),
            marker: Some(profile.marker.code()),
            warm: profile.warm,
            value_visible: profile.value_visible,
            call_code_visible: profile.call_code_visible,
            evm_revision: Some(profile.evm_revision.name().into()),
            dev: genesis.dev,
            governor: genesis.governor,
            parameters: Unique(
                Parameter::ALL
                    .into_iter()
                    .map(|parameter| {
                        let value = genesis.parameters.get(parameter).to_string();
                        (parameter.spec().name.into(), Decimal::Text(value))
                    })
                    .collect(),
            ),
            pending_teleports: genesis
                .pending_teleports
                .iter()
                .map(|message| Teleport {
                    src_chain: message.src_chain,
                    dst_chain: message.dst_chain,
                    nonce: message.nonce,
                    sender: message.sender,
                    recipient: message.recipient,
                    amount: Decimal::Text(message.amount.to_string()),
                })
                .collect(),
        }
    }
}
