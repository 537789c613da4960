//! The walls of the house: who may depend on whom, what consensus code may not contain, and constants that are written
//! down in more than one place.

use alloy_primitives::{Address, B256, hex, keccak256};
use alloy_sol_types::{SolEvent, SolEventInterface, SolInterface, TopicList};
use pars_ai_mining::{
    precompile::{
        ADDRESS, Genesis,
        dispatch::{Mutability, method_table},
    },
    protocol::abi::{IAIMiningErrors::IAIMiningErrorsErrors, IAIMiningEvents::*},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

/// Consensus crates that stand so far, by floor.
const CONSENSUS: [&str; 5] =
    ["pars-keccak", "pars-mldsa", "pars-protocol", "pars-nvtrust", "pars-precompile"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cargo(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Names of the crates that a package's library reaches at run time, itself included.
fn reached(package: &str, features: &[&str]) -> BTreeSet<String> {
    let mut arguments =
        vec!["tree", "-p", package, "-e", "normal", "--locked", "--offline", "--prefix", "none"];
    arguments.extend(features);
    let tree = cargo(&arguments);
    let names: BTreeSet<_> =
        tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(names.contains(package) && names.len() > 3, "cargo tree printed no tree: {tree}");
    names
}

fn assert_reaches_none(package: &str, reached: &BTreeSet<String>, banned: &[&str]) {
    for name in banned {
        assert!(!reached.contains(*name), "{package} reaches {name}");
    }
}

/// What only the feature `simulated` of pars-nvtrust brings in: a consensus build has no simulated device.
const SIMULATED: [&str; 1] = ["pem-rfc7468"];

/// The tree of the precompile with both adapters.
const ADAPTERS: [&str; 3] = ["--no-default-features", "--features", "alloy,revm"];

#[test]
fn i3_consensus_crates_reach_no_database_gpu_runtime_randomness_or_lock() {
    // What everything may stand on stands on nothing.
    let keccak = packages().into_iter().find(|package| package.name == "pars-keccak").expect("it is there");
    assert!(keccak.dependencies.iter().all(|dependency| dependency.kind.as_deref() == Some("dev")));
    for package in ["pars-protocol", "pars-mldsa", "pars-nvtrust"] {
        let reached = reached(package, &[]);
        assert_reaches_none(package, &reached, &["rocksdb", "librocksdb-sys", "cudarc", "tokio"]);
        assert_reaches_none(package, &reached, &["rand", "getrandom", "parking_lot"]);
        assert_reaches_none(package, &reached, &SIMULATED);
    }
    // Its program brings a command line, files and XML; the library knows nothing of them.
    let program = ["pars-protocol", "clap", "hex", "base64", "roxmltree", "serde_json", "x509-cert"];
    assert_reaches_none("pars-nvtrust", &reached("pars-nvtrust", &[]), &program);
    let whole = reached("pars-nvtrust", &["--features", "cli"]);
    assert!(program.iter().all(|name| whole.contains(*name)), "the feature was not turned on");
    let core = reached("pars-precompile", &["--no-default-features"]);
    assert_reaches_none(
        "pars-precompile without adapters",
        &core,
        &["rand", "getrandom", "revm", "alloy-evm"],
    );
    // revm's own precompiles bring rand and getrandom; ours may not name them.
    let whole = reached("pars-precompile", &ADAPTERS);
    assert!(whole.contains("revm") && whole.contains("alloy-evm"), "the features were not turned on");
    assert_reaches_none(
        "pars-precompile",
        &whole,
        &["rocksdb", "librocksdb-sys", "cudarc", "tokio", "parking_lot"],
    );
    assert_reaches_none("pars-precompile", &whole, &SIMULATED);
    assert!(reached("pars-nvtrust", &["--features", "simulated"]).contains(SIMULATED[0]));
    // The fixtures make simulated devices; no other feature of the precompile does.
    let fixtures = reached("pars-precompile", &["--no-default-features", "--features", "testing"]);
    assert!(fixtures.contains(SIMULATED[0]), "the fixtures were not turned on");
    let served = reached("pars-precompile", &["--features", "serde"]);
    assert_reaches_none("pars-precompile with serde", &served, &SIMULATED);
    for package in packages() {
        if CONSENSUS.contains(&package.name.as_str()) {
            for Dependency { name, .. } in &package.dependencies {
                assert!(!["rand", "getrandom"].contains(&name.as_str()), "{} names {name}", package.name);
            }
        }
    }
}

/// What the ledger is made of, itself included.
const LEDGER: [&str; 4] = ["pars-ledger", "rocksdb", "librocksdb-sys", "redb"];

#[test]
fn e9_nothing_that_answers_a_call_reaches_the_ledger() {
    // Deleted, late or full of lies: what does not link it cannot ask it.
    for (package, features) in [
        ("pars-protocol", &[][..]),
        ("pars-mldsa", &[]),
        ("pars-nvtrust", &[]),
        ("pars-precompile", &ADAPTERS),
        ("pars-precompile", &["--all-features"]),
        ("pars-capi", &["--no-default-features"]),
        ("pars-evm", &["--no-default-features"]),
    ] {
        assert_reaches_none(package, &reached(package, features), &LEDGER);
    }
    assert_reaches_none("pars-capi", &reached("pars-capi", &[]), &SIMULATED);
    let ledger = reached("pars-ledger", &[]);
    assert!(LEDGER[..3].iter().all(|name| ledger.contains(*name)), "the names are right");
    // Neither an EVM nor a runtime: it is told of blocks, and runs nothing.
    assert_reaches_none("pars-ledger", &ledger, &["revm", "alloy-evm", "tokio", "redb", "pars-node", "clap"]);
}

/// What evidence is verified with: curve, hashes, and the macros of errors and names. An addition is a decision.
/// `rand_core` is traits alone, no source of randomness.
const VERIFIES_EVIDENCE: &str = "arrayvec base16ct blake3 block-buffer cfg-if cmov const-oid constant_time_eq cpubits \
    cpufeatures crypto-bigint crypto-common ctutils der digest ecdsa elliptic-curve ff group heck hmac hybrid-array \
    num-traits p384 pars-nvtrust primefield primeorder proc-macro2 quote rand_core rfc6979 sec1 sha2 signature strum \
    strum_macros subtle syn thiserror thiserror-impl typenum unicode-ident wnaf zeroize";

#[test]
fn i3_what_verifies_evidence_is_written_down() {
    // One target: some of these crates bring others elsewhere.
    let reached = reached("pars-nvtrust", &["--target", "x86_64-unknown-linux-gnu"]);
    assert_eq!(reached, VERIFIES_EVIDENCE.split_whitespace().map(str::to_owned).collect());
    // All of it is in the precompile, whichever adapters it has.
    let core = self::reached("pars-precompile", &["--no-default-features"]);
    assert!(["pars-nvtrust", "p384", "sha2", "strum"].iter().all(|name| core.contains(*name)));
}

#[test]
fn i3_consensus_crates_compile_no_c() {
    for (package, features) in [
        ("pars-protocol", &[][..]),
        ("pars-mldsa", &[]),
        ("pars-mldsa", &["--features", "sign"]),
        ("pars-nvtrust", &[]),
        ("pars-nvtrust", &["--features", "simulated"]),
        ("pars-precompile", &ADAPTERS),
    ] {
        for name in reached(package, features) {
            let compiles =
                name.ends_with("-sys") || ["cc", "cmake", "bindgen", "blst", "c-kzg"].contains(&&*name);
            assert!(!compiles, "{package} reaches {name}");
        }
    }
    // blake3's build script links `cc` whatever its features; with `pure` it calls no compiler.
    let arguments = ["tree", "-p", "pars-precompile", "-e", "normal,build", "--locked", "--offline"];
    let users = cargo(&[&arguments[..], &["--prefix", "none", "--invert", "cc", "--depth", "1"]].concat());
    let users: BTreeSet<_> = users.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(users, BTreeSet::from(["blake3", "cc"]), "a build script that may compile C");
    let manifest: Vec<_> = workspace_line("blake3").collect();
    assert!(manifest[0].contains(r#"features = ["pure"]"#), "{manifest:?}");
}

/// The lines of the workspace's manifest that declare a dependency.
fn workspace_line(name: &str) -> impl Iterator<Item = String> {
    let start = format!("{name} = ");
    read("Cargo.toml")
        .lines()
        .filter(move |line| line.starts_with(&start))
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

#[test]
fn i6_the_lock_holds_the_exact_versions_that_are_tested() {
    let lock = read("Cargo.lock");
    let versions = |name: &str| -> Vec<String> {
        lock.split("[[package]]")
            .filter(|package| package.lines().any(|line| line == format!("name = \"{name}\"")))
            .filter_map(|package| package.lines().find_map(|line| line.strip_prefix("version = ")))
            .map(|version| version.trim_matches('"').to_owned())
            .collect()
    };
    for (name, version) in [
        ("revm", "43.0.3"),
        ("alloy-evm", "0.39.0"),
        ("fips204", "0.5.0"),
        ("blake3", "1.8.7"),
        ("p384", "0.14.0"),
        ("strum", "0.27.2"),
    ] {
        assert_eq!(versions(name), [version], "{name}");
    }
    for (name, requirement) in [
        ("fips204", r#"version = "=0.5.0""#),
        ("blake3", r#"version = "=1.8.7""#),
        ("p384", r#"version = "=0.14.0""#),
        ("sha2", r#"version = "=0.11.1""#),
        ("strum", r#"version = "=0.27.2""#),
        ("revm", r#"version = ">=42, <44""#),
        ("alloy-evm", r#"version = ">=0.38, <0.40""#),
    ] {
        let lines: Vec<_> = workspace_line(name).collect();
        assert_eq!(lines.len(), 1, "{name} is declared once, in the workspace");
        assert!(lines[0].contains(requirement), "{}", lines[0]);
        assert!(lines[0].contains("default-features = false"), "{}", lines[0]);
    }
}

struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    /// `None` = normal.
    kind: Option<String>,
    optional: bool,
}

/// The packages of the workspace as their manifests declare them.
fn packages() -> Vec<Package> {
    let text = cargo(&["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"]);
    let metadata: Value = serde_json::from_str(&text).expect("JSON");
    let string = |value: &Value| value.as_str().map(str::to_owned);
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| Package {
            name: string(&package["name"]).expect("a name"),
            dependencies: package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .map(|dependency| Dependency {
                    name: string(&dependency["name"]).expect("a name"),
                    kind: string(&dependency["kind"]),
                    optional: dependency["optional"] == true,
                })
                .collect(),
        })
        .collect()
}

#[test]
fn i3_imports_point_down_only() {
    // What stands above all of consensus, and tests of it make devices and stub out verification.
    let above = |more: &[&'static str]| [&CONSENSUS[..], more].concat();
    let allowed: BTreeMap<&str, Vec<&str>> = BTreeMap::from([
        ("pars-keccak", vec![]),
        ("pars-mldsa", vec!["pars-keccak"]),
        ("pars-nvtrust", vec![]),
        ("pars-protocol", vec!["pars-mldsa"]),
        ("pars-precompile", vec!["pars-mldsa", "pars-protocol", "pars-nvtrust"]),
        ("pars-batch", vec!["pars-mldsa", "pars-nvtrust"]),
        ("pars-ledger", above(&[])),
        ("pars-node", above(&["pars-batch", "pars-ledger"])),
        ("pars-capi", above(&["pars-ledger"])),
        ("pars-evm", above(&["pars-batch", "pars-ledger"])),
        ("pars-ai-mining", above(&[])),
    ]);
    let packages = packages();
    assert!(packages.len() >= allowed.len());
    for package in packages {
        let may = allowed
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("{} has no floor: write down what it may import", package.name));
        for Dependency { name, kind, optional } in &package.dependencies {
            // The program of pars-nvtrust prints device ids and tiers. It stands above the library beside it.
            if *optional && (package.name.as_str(), name.as_str()) == ("pars-nvtrust", "pars-protocol") {
                continue;
            }
            // Tests may import their own crate again, with other features.
            if !name.starts_with("pars-") || (kind.is_some() && *name == package.name) {
                continue;
            }
            assert!(may.contains(&name.as_str()), "{} imports {name}", package.name);
        }
    }
}

/// Every text file that is written by hand, with its path from the root.
fn sources() -> Vec<(PathBuf, String)> {
    const SKIPPED: [&str; 8] =
        ["target", "node_modules", ".git", "artifacts", "vectors", "abi", "cache", "out"];
    const TEXT: [&str; 14] =
        ["rs", "sol", "mjs", "js", "ts", "toml", "md", "sh", "yml", "yaml", "json", "go", "c", "h"];
    let (mut folders, mut files) = (vec![root().to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry")) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type().expect("a type").is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if name != "package-lock.json"
                && path.extension().map_or(name == "Makefile" || name == "run", |extension| {
                    TEXT.iter().any(|text| extension == *text)
                })
            {
                let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name} is not text"));
                files.push((path.strip_prefix(root()).expect("below the root").to_owned(), text));
            }
        }
    }
    assert!(files.len() > 100, "only {} files were found", files.len());
    files
}

/// The code of a line: what stands before a comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Where `unsafe` may stand: the doors to the vector code of Keccak and of the ML-DSA engine, whose functions are safe, and the C ABI.
const MAY_BE_UNSAFE: [&str; 3] =
    ["src/keccak/avx2/mod.rs", "src/mldsa/engine/avx2/mod.rs", "node-patch/capi"];

#[test]
fn no_unsafe_outside_the_modules_that_may() {
    for (path, text) in sources() {
        if path.extension().is_none_or(|extension| extension != "rs")
            || MAY_BE_UNSAFE.iter().any(|may| path.starts_with(may))
        {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let found = words(code(line)).any(|word| word == concat!("un", "safe"));
            assert!(!found, "{}:{}: {line}", path.display(), number + 1);
        }
    }
}

/// What consensus code never names, beside what clippy.toml bans by path.
const BANNED: &str = "HashMap HashSet f32 f64 SystemTime Instant Mutex RwLock OnceLock OnceCell LazyLock RefCell AtomicU64 \
    AtomicUsize AtomicBool thread_local thread getrandom rand";

#[test]
fn i3_consensus_code_names_no_clock_float_lock_thread_or_unordered_map() {
    let mut seen = 0;
    let banned: Vec<_> = BANNED.split_whitespace().collect();
    for (path, text) in sources() {
        let consensus = ["src/keccak", "src/protocol", "src/mldsa", "src/nvtrust", "src/precompile"]
            .iter()
            .any(|folder| path.starts_with(folder));
        let test = path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "benches")
            || path.ends_with("tests.rs")
            || path.ends_with("testing.rs");
        // A program that links the library. None of its files is compiled into it.
        let program = path.starts_with("src/nvtrust/cli");
        if !consensus || program || test || path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        seen += 1;
        assert!(!text.contains("feature = \"cli\""), "{} differs with its program", path.display());
        for (number, line) in text.lines().enumerate() {
            for word in words(code(line)) {
                assert!(!banned.contains(&word), "{}:{}: {word}", path.display(), number + 1);
            }
            for path_banned in ["std::env", "std::fs", "std::time", "std::net", "std::process", "core::time"]
            {
                assert!(
                    !code(line).contains(path_banned),
                    "{}:{}: {path_banned}",
                    path.display(),
                    number + 1
                );
            }
        }
    }
    assert!(seen > 30, "only {seen} files of consensus code were found");
}

/// Files that may be longer than 600 lines, and why.
const LONG: [(&str, &str); 0] = [];

#[test]
fn no_file_is_longer_than_600_lines_without_a_reason() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        let excused = LONG.iter().any(|(long, _)| path == Path::new(long));
        assert!(lines <= 600 || excused, "{} has {lines} lines", path.display());
        assert!(!(excused && lines <= 600), "{} needs no excuse any more", path.display());
    }
}

#[test]
fn no_file_names_a_path_of_a_machine() {
    let needles = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("C:", "\\"),
    ];
    for (path, text) in sources() {
        for needle in needles {
            assert!(!text.contains(needle), "{} names {needle}", path.display());
        }
    }
}

/// Every address of forty digits in a text.
fn addresses(text: &str) -> Vec<Address> {
    let mut found = Vec::new();
    for part in text.split("0x").skip(1) {
        let digits: String = part.chars().take_while(char::is_ascii_hexdigit).collect();
        if digits.len() == 40 {
            found.push(digits.parse().expect("forty digits"));
        }
    }
    found
}

#[test]
fn a9_the_address_is_the_same_twenty_bytes_everywhere() {
    let mut bytes = [0; 20];
    bytes[18] = 3;
    assert_eq!(ADDRESS, Address::from(bytes));
    assert_eq!(addresses(&read("contracts/src/AIMining.sol")), [ADDRESS], "the constant for Solidity");
    for text in ["README.md", "src/lib.rs"] {
        assert!(addresses(&read(text)).contains(&ADDRESS), "{text} says where the precompile is");
    }
    // No text spells it the other way that peers do: the bytes at the start.
    let mut named = 0;
    for (path, text) in sources() {
        for address in addresses(&text) {
            let meant = address[..2] == [3, 0] && address[2..].iter().all(|byte| *byte == 0);
            assert!(!meant, "{}: {address}", path.display());
            named += usize::from(address == ADDRESS);
        }
    }
    assert!(named >= 5);
}

#[test]
fn a9_the_genesis_entry_is_at_the_address_and_alive() {
    let genesis = Genesis::dev(6133, Address::repeat_byte(1));
    let account = genesis.account(6133).expect("legal");
    assert_eq!(account.nonce, 1);
    assert!(!account.code.is_empty() && !account.storage.is_empty());
}

fn abi(interface: &str) -> Vec<Value> {
    let artifact: Value =
        serde_json::from_str(&read(format!("contracts/artifacts/{interface}.json"))).expect("JSON");
    let abi = artifact["abi"].as_array().expect("an ABI").clone();
    assert!(!abi.is_empty(), "{interface} is empty");
    abi
}

/// `name(type,…)` of an ABI entry. No interface of ours takes tuples.
fn signature(entry: &Value) -> String {
    let types: Vec<_> = entry["inputs"]
        .as_array()
        .expect("inputs")
        .iter()
        .map(|input| {
            let kind = input["type"].as_str().expect("a type");
            assert!(!kind.contains("tuple"), "write out the tuple");
            kind
        })
        .collect();
    format!("{}({})", entry["name"].as_str().expect("a name"), types.join(","))
}

#[test]
fn a9_selectors_and_mutability_equal_soliditys() {
    let mut solidity = BTreeMap::new();
    for interface in ["IAIMining", "IAIMiningInspector", "IAIMiningGovernance"] {
        for entry in abi(interface).iter().filter(|entry| entry["type"] == "function") {
            let mutability = match entry["stateMutability"].as_str() {
                Some("view") => Mutability::View,
                Some("nonpayable") => Mutability::Write,
                other => panic!("{other:?}"),
            };
            let signature = signature(entry);
            let selector: [u8; 4] = keccak256(&signature)[..4].try_into().expect("four bytes");
            let earlier = solidity.insert(signature.clone(), (selector, mutability));
            assert!(earlier.is_none(), "{signature} stands in two interfaces");
        }
    }
    let rust: BTreeMap<_, _> = method_table()
        .map(|(signature, selector, mutability)| (signature.to_owned(), (selector, mutability)))
        .collect();
    assert_eq!(rust.len(), method_table().count(), "a method stands twice in the table");
    let selectors: BTreeSet<_> = rust.values().map(|(selector, _)| selector).collect();
    assert_eq!(selectors.len(), rust.len(), "two methods share a selector");
    for (signature, solidity) in &solidity {
        let rust = rust.get(signature).unwrap_or_else(|| panic!("{signature} is not served"));
        assert_eq!(rust.0, solidity.0, "{signature}");
        assert_eq!(rust.1 == Mutability::View, solidity.1 == Mutability::View, "{signature}");
    }
    assert_eq!(rust.len(), solidity.len(), "a method that no interface declares");
    // PIP-6, to the letter.
    for (signature, selector) in [
        ("miningBalance(address)", "d3d7bc64"),
        ("verifyMLDSA(bytes,bytes,bytes)", "e7b7aeeb"),
        ("claimTeleport(bytes32)", "66919998"),
        ("pendingTeleports(address)", "31c86278"),
        ("submitWorkProof(bytes,bytes)", "a733975a"),
    ] {
        assert_eq!(hex::encode(rust[signature].0), selector, "{signature}");
    }
}

#[test]
fn a9_errors_equal_soliditys() {
    let solidity: BTreeMap<[u8; 4], String> = abi("IAIMiningErrors")
        .iter()
        .filter(|entry| entry["type"] == "error")
        .map(signature)
        .map(|signature| (keccak256(&signature)[..4].try_into().expect("four bytes"), signature))
        .collect();
    let rust: BTreeSet<_> = IAIMiningErrorsErrors::selectors().collect();
    assert_eq!(rust.len(), IAIMiningErrorsErrors::COUNT);
    for selector in &rust {
        assert!(
            solidity.contains_key(selector),
            "{} is no error of IAIMiningErrors.sol",
            hex::encode(selector)
        );
    }
    assert_eq!(rust.len(), solidity.len());
    // `UnknownSelector` is an answer, so no method may look like an error.
    for (signature, selector, _) in method_table() {
        assert!(!rust.contains(&selector), "{signature} has an error's selector");
    }
}

#[test]
fn a9_events_equal_soliditys() {
    fn row<E: SolEvent>() -> (B256, (String, usize)) {
        assert!(!E::ANONYMOUS);
        (E::SIGNATURE_HASH, (E::SIGNATURE.to_owned(), E::TopicList::COUNT - 1))
    }
    let rust = BTreeMap::from([
        row::<Transfer>(),
        row::<WorkAccepted>(),
        row::<TeleportClaimed>(),
        row::<ParameterChanged>(),
        row::<GovernorProposed>(),
        row::<GovernorChanged>(),
        row::<DeviceRegistered>(),
        row::<DeviceBound>(),
        row::<IcaSet>(),
        row::<IcaRevocationChanged>(),
        row::<FirmwareDenialChanged>(),
        row::<FirmwarePinChanged>(),
        row::<GoldenSetChanged>(),
        row::<DeviceRevocationChanged>(),
        row::<MinimumDriverChanged>(),
    ]);
    assert_eq!(rust.len(), IAIMiningEventsEvents::COUNT, "every event has a row");
    let solidity: BTreeMap<_, _> = abi("IAIMiningEvents")
        .iter()
        .filter(|entry| entry["type"] == "event")
        .map(|entry| {
            let signature = signature(entry);
            let indexed = entry["inputs"]
                .as_array()
                .expect("inputs")
                .iter()
                .filter(|input| input["indexed"] == true)
                .count();
            (keccak256(&signature), (signature, indexed))
        })
        .collect();
    assert_eq!(rust, solidity);
}
