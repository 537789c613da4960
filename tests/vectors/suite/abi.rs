//! `precompile-spec/abi/*.json`: the ABI as solc prints it, without its internal types.
//!
//! It comes from `contracts/artifacts`, which `make contracts-check` ties to the Solidity sources and to the ABI of
//! the precompile; the tests beside tie it to the precompile once more.

use super::format::json;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The interfaces at 0x0300.
pub(crate) const INTERFACES: [&str; 5] =
    ["IAIMining", "IAIMiningInspector", "IAIMiningGovernance", "IAIMiningEvents", "IAIMiningErrors"];

/// A function, event or error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) inputs: Vec<Argument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outputs: Option<Vec<Argument>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state_mutability: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) anonymous: Option<bool>,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Argument {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) indexed: Option<bool>,
}

#[derive(Deserialize)]
struct Artifact {
    abi: Vec<Item>,
}

/// The files, by name.
pub(crate) fn files(root: &Path) -> Vec<(String, String)> {
    INTERFACES
        .map(|name| {
            let path = root.join("contracts/artifacts").join(format!("{name}.json"));
            let text = std::fs::read_to_string(&path).expect("artifacts are checked in");
            let artifact: Artifact = serde_json::from_str(&text).expect("an artifact of solc");
            (format!("{name}.json"), json(&artifact.abi))
        })
        .into()
}
