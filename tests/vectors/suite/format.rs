//! The JSON of a vector. `precompile-spec/vectors/README.md` explains it field by field.

use alloy_primitives::{Address, B256, Bytes, U256};
use pars_ai_mining::precompile::Genesis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file of vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) rules: u16,
    pub(crate) topic: String,
    pub(crate) about: String,
    /// Configurations by name; the vectors name them.
    pub(crate) genesis: BTreeMap<String, Genesis>,
    /// Inputs that occur more than once, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) inputs: BTreeMap<String, Bytes>,
    pub(crate) vectors: Vec<Vector>,
}

/// A value, or the name under which the file holds it once for several vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Shared<T> {
    Own(T),
    Named(String),
}

impl<T> Shared<T> {
    /// The value itself.
    ///
    /// # Panics
    /// If [`File::resolve`] has not run.
    pub(crate) fn own(&self) -> &T {
        match self {
            Self::Own(value) => value,
            Self::Named(name) => panic!("{name} is not resolved"),
        }
    }

    fn resolve(&mut self, table: &BTreeMap<String, T>)
    where
        T: Clone,
    {
        if let Self::Named(name) = self {
            let value = table.get(name).unwrap_or_else(|| panic!("the file has no {name}"));
            *self = Self::Own(value.clone());
        }
    }
}

impl File {
    /// Puts configurations, and long inputs that occur more than once, in one place.
    pub(crate) fn share(mut self) -> Self {
        let mut genesis: Vec<Genesis> = Vec::new();
        let mut inputs: Vec<(Bytes, usize)> = Vec::new();
        for vector in &mut self.vectors {
            let pre = &mut vector.pre;
            let own = pre.genesis.own();
            let index = genesis.iter().position(|known| known == own).unwrap_or_else(|| {
                genesis.push(own.clone());
                genesis.len() - 1
            });
            pre.genesis = Shared::Named(format!("chain-{index:02}"));
            for call in pre.setup.iter().map(|step| &step.call).chain([&vector.call]) {
                let own = call.input.own();
                match inputs.iter_mut().find(|(known, _)| known == own) {
                    Some((_, count)) => *count += 1,
                    None => inputs.push((own.clone(), 1)),
                }
            }
        }
        inputs.retain(|(input, count)| *count > 1 && input.len() > 256);
        for vector in &mut self.vectors {
            for call in vector.pre.setup.iter_mut().map(|step| &mut step.call).chain([&mut vector.call]) {
                if let Some(index) = inputs.iter().position(|(known, _)| known == call.input.own()) {
                    call.input = Shared::Named(format!("input-{index:02}"));
                }
            }
        }
        self.genesis = (0..).map(|index: usize| format!("chain-{index:02}")).zip(genesis).collect();
        let inputs = inputs.into_iter().map(|(input, _)| input);
        self.inputs = (0..).map(|index: usize| format!("input-{index:02}")).zip(inputs).collect();
        self
    }

    /// Undoes [`Self::share`], so that each vector stands alone.
    pub(crate) fn resolve(mut self) -> Self {
        for vector in &mut self.vectors {
            vector.pre.genesis.resolve(&self.genesis);
            for call in vector.pre.setup.iter_mut().map(|step| &mut step.call).chain([&mut vector.call]) {
                call.input.resolve(&self.inputs);
            }
        }
        self
    }
}

/// One call, the state before it, and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Row of the check table in `precompile-spec/work.md` that refuses the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<String>,
    pub(crate) pre: Pre,
    pub(crate) call: CallSpec,
    pub(crate) expected: Expected,
}

/// How the state before the call comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Pre {
    /// `config.parsAiMiningConfig`, active from the start.
    pub(crate) genesis: Shared<Genesis>,
    /// Calls that run before, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) setup: Vec<Step>,
    /// The block of the call.
    pub(crate) block: Block,
}

/// A block as far as a call sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Block {
    pub(crate) number: u64,
    pub(crate) timestamp: u64,
}

/// A call of the set-up and how it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) block: Block,
    pub(crate) call: CallSpec,
    pub(crate) status: Status,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CallSpec {
    pub(crate) caller: Address,
    pub(crate) input: Shared<Bytes>,
    /// Zero bytes to append to `input`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) append_zeros: Option<usize>,
    pub(crate) value: U256,
    #[serde(rename = "static")]
    pub(crate) is_static: bool,
    #[serde(rename = "direct")]
    pub(crate) is_direct: bool,
    pub(crate) gas: u64,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Success,
    Revert,
    OutOfGas,
}

/// What the call does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) status: Status,
    pub(crate) output: Bytes,
    /// Signature of the typed error in `output`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// Charged inside 0x0300.
    pub(crate) gas_used: u64,
    pub(crate) logs: Vec<LogSpec>,
    /// Slots whose value changed, in the order of their numbers.
    pub(crate) storage: Vec<Change>,
    /// Native coins created, by address.
    pub(crate) native_minted: BTreeMap<Address, U256>,
}

/// A log of 0x0300.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LogSpec {
    /// Name of the event, for readers.
    pub(crate) event: String,
    pub(crate) topics: Vec<B256>,
    pub(crate) data: Bytes,
}

/// A changed slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Change {
    /// Field of `precompile-spec/state.md`, for readers.
    pub(crate) field: String,
    pub(crate) slot: B256,
    pub(crate) before: U256,
    pub(crate) after: U256,
}

/// The file about activation: configurations and the accounts they make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountFile {
    pub(crate) rules: u16,
    pub(crate) topic: String,
    pub(crate) about: String,
    pub(crate) vectors: Vec<AccountVector>,
}

/// A configuration and what activation makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountVector {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) genesis: Genesis,
    pub(crate) host_chain_id: u64,
    pub(crate) expected: AccountExpected,
}

/// The account, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum AccountExpected {
    Account(AccountSpec),
    /// A refusal of `precompile-spec/host-profile.md`.
    Refused(String),
}

/// The account at 0x0300.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountSpec {
    pub(crate) nonce: u64,
    pub(crate) code: Bytes,
    pub(crate) storage: Vec<Stored>,
}

/// A slot that is not zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Stored {
    pub(crate) field: String,
    pub(crate) slot: B256,
    pub(crate) value: U256,
}

/// Names every file of the folder by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) rules: u16,
    pub(crate) released: bool,
    pub(crate) hash: String,
    pub(crate) files: Vec<ManifestEntry>,
}

/// A file of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ManifestEntry {
    pub(crate) file: String,
    pub(crate) bytes: usize,
    pub(crate) blake3: B256,
}

/// JSON, indented by one blank a level, with a newline at its end.
pub(crate) fn json(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    value.serialize(&mut serializer).expect("these types are JSON");
    text.push(b'\n');
    String::from_utf8(text).expect("JSON is UTF-8")
}
