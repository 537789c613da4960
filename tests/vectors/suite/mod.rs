//! Makes the vectors and the ABI files of `precompile-spec`. Shared by `examples/vectors.rs`, which writes them, and
//! by `tests/vectors`, which runs them and makes them again.
//!
//! Deterministic from end to end: keys come from fixed seeds, signatures are FIPS 204's deterministic variant and, where a
//! simulated GPU signs, those of RFC 6979.

pub(crate) mod abi;
pub(crate) mod build;
mod cases;
pub(crate) mod evidence;
mod forge;
pub(crate) mod format;
pub(crate) mod interface;
mod labels;
pub(crate) mod run;

use format::{AccountFile, File, Manifest, ManifestEntry, json};
use pars_ai_mining::{precompile::profile::RULES_VERSION, protocol::ids};
use std::path::{Path, PathBuf};

/// Folder of the vectors, from the repository's root.
pub(crate) const VECTORS: &str = "precompile-spec/vectors/v1";
/// Folder of the ABI files, from the repository's root.
pub(crate) const ABI: &str = "precompile-spec/abi";

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every file that the command writes: path from the root, content.
pub(crate) fn files() -> Vec<(PathBuf, String)> {
    let mut vectors = vec![("interface.json".to_owned(), interface::file())];
    vectors.push(("activation.json".into(), json(&cases::activation::file())));
    for file in cases::files() {
        vectors.push((format!("{}.json", file.topic), json(&file)));
    }
    vectors.sort();
    let manifest = Manifest {
        rules: RULES_VERSION,
        released: false,
        hash: "BLAKE3, 32 bytes".into(),
        files: vectors
            .iter()
            .map(|(file, text)| ManifestEntry {
                file: file.clone(),
                bytes: text.len(),
                blake3: ids::blake3(text.as_bytes()),
            })
            .collect(),
    };
    vectors.push(("manifest.json".into(), json(&manifest)));
    let vectors = vectors.into_iter().map(|(name, text)| (Path::new(VECTORS).join(name), text));
    let abi = abi::files(&root()).into_iter().map(|(name, text)| (Path::new(ABI).join(name), text));
    vectors.chain(abi).collect()
}

/// What differs between the checked-in files and [`files`]: missing, changed, or belonging to nothing.
pub(crate) fn differences() -> Vec<String> {
    let wanted = files();
    let mut found = Vec::new();
    for (path, text) in &wanted {
        match std::fs::read_to_string(root().join(path)) {
            Err(_) => found.push(format!("{} is missing", path.display())),
            Ok(present) if present != *text => found.push(format!("{} differs", path.display())),
            Ok(_) => {}
        }
    }
    for folder in [VECTORS, ABI] {
        for entry in std::fs::read_dir(root().join(folder)).into_iter().flatten().flatten() {
            let path = Path::new(folder).join(entry.file_name());
            if !wanted.iter().any(|(wanted, _)| *wanted == path) {
                found.push(format!("{} belongs to nothing", path.display()));
            }
        }
    }
    found
}

/// Runs every checked-in vector. Answers how many there are, and which do something else than they say.
pub(crate) fn replay() -> (usize, Vec<String>) {
    let (mut count, mut failures) = (0, Vec::new());
    let mut judge = |topic: &str, name: &str, same: bool| {
        count += 1;
        if !same {
            failures.push(format!("{topic}: {name}"));
        }
    };
    for topic in cases::TOPICS {
        let file: File = read(&format!("{topic}.json"));
        for vector in file.resolve().vectors {
            judge(topic, &vector.name, run::run(&vector.pre, &vector.call) == vector.expected);
        }
    }
    let file: AccountFile = read("activation.json");
    for vector in file.vectors {
        let same = run::account(&vector.genesis, vector.host_chain_id) == vector.expected;
        judge("activation", &vector.name, same);
    }
    (count, failures)
}

/// Reads a checked-in file of the vectors' folder.
pub(crate) fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = root().join(VECTORS).join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
