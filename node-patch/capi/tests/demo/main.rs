//! `examples/demo.c`, compiled by the system's compilers against the header and both libraries, run, and read.

use alloy_primitives::{B256, Bytes, hex};
use pars_aimining::{ParsCall, ParsHost};
use pars_mldsa::ParameterSet;
use pars_precompile::{
    Genesis, Outcome, Precompile, Verifiers,
    memory::{Call, Executed},
    testing::{self, Miner},
};
use pars_protocol::ids::teleport_id;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

/// What a static library of Rust and RocksDB needs beside it.
const SYSTEM: [&str; 5] = ["-lstdc++", "-lm", "-ldl", "-lpthread", "-lrt"];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the compiler put the libraries that were built with this very test: one run of rustc makes the static one, the
/// shared one and the one that this program links, so they cannot differ in age.
fn libraries() -> PathBuf {
    let program = std::env::current_exe().expect("this program");
    program.parent().expect("a folder").to_owned()
}

fn library(name: &str) -> PathBuf {
    let path = libraries().join(name);
    assert!(path.is_file(), "{} is not there: cargo builds it with this test", path.display());
    path
}

/// A folder that is gone when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pars-capi-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a program that must succeed; what it printed.
fn run(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command.args(arguments).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    assert_eq!(err, "", "{command:?} complains");
    out.into_owned()
}

/// Compiles the demo into `folder`, with a compiler and these arguments before the source and after it.
fn compile(compiler: &str, folder: &Path, before: &[&str], after: &[&str]) -> PathBuf {
    let (include, program) = (here().join("include"), folder.join("demo"));
    let (include, source) = (format!("-I{}", include.display()), here().join("examples/demo.c"));
    let common = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", &include];
    let files = ["-o", program.to_str().expect("UTF-8"), source.to_str().expect("UTF-8")];
    run(compiler, &[&common, before, &files, after].concat());
    program
}

/// Runs the demo with a proof; without its first line, which says sizes and versions.
fn demo(program: &Path, folder: &Path) -> (String, String) {
    let calldata = folder.join("calldata");
    std::fs::write(&calldata, proof().to_string()).expect("a file");
    let config = here().join("examples/chain.json");
    let arguments = [config.to_str().expect("UTF-8"), "6133", calldata.to_str().expect("UTF-8")];
    let output = run(program, &arguments);
    let (first, rest) = output.split_once('\n').expect("lines");
    (first.to_owned(), rest.to_owned())
}

/// What the demo is to print: the same calls, on the core itself.
fn expected() -> String {
    let config = std::fs::read_to_string(here().join("examples/chain.json")).expect("a configuration");
    let genesis: Genesis = serde_json::from_str(&config).expect("a configuration");
    let precompile = Precompile::new(genesis.profile.clone(), Verifiers::default());
    let mut host = testing::host(&genesis);
    let mut lines = vec![
        format!("active at {}: 1", testing::NOW),
        format!("activated: nonce 1, code of 60 bytes, {} slots", host.account.storage.len()),
        "activated again: 0x0300 is already active on this state".into(),
    ];
    let mut run = |name: &str, input: Bytes| {
        let Executed { outcome, gas_used, logs } =
            host.execute(&precompile, Call::new(testing::RELAYER, input, testing::PLENTY));
        lines.push(match &outcome {
            Outcome::Success(output) => {
                let digits = hex::encode(&output[..32]);
                let first = digits.trim_start_matches("00");
                let first = if first.is_empty() { "00" } else { &first[first.len() % 2..] };
                let (bytes, logs) = (output.len(), logs.len());
                format!("{name}: success, 0x{first}, {bytes} bytes, {logs} logs, {gas_used} gas")
            }
            Outcome::Revert(error) => {
                format!("{name}: reverted with {}, {gas_used} gas", hex::encode(&error[..4]))
            }
            other => panic!("{name}: {other:?}"),
        });
    };
    let of = |selector: [u8; 4], word: B256| -> Bytes { [&selector[..], word.as_slice()].concat().into() };
    let balance = of(hex!("d3d7bc64"), testing::RECIPIENT.into_word());
    let claim = of(hex!("66919998"), teleport_id(&genesis.pending_teleports[0]));
    run("version()", hex!("54fd4d50").into());
    run("miningBalance(b0)", balance.clone());
    run("pendingTeleports(b0)", of(hex!("31c86278"), testing::RECIPIENT.into_word()));
    run("claimTeleport(id)", claim.clone());
    run("claimTeleport(id) again", claim);
    run("miningBalance(b0)", balance);
    run("submitWorkProof(proof)", proof());
    run("submitWorkProof(proof) again", proof());
    lines.push("version() with 10 gas: out of gas".into());
    lines.push("a call without its calldata: status 4, input is null".into());
    lines.push("miningBalance(b0) on a broken host: status 3, host: get_state answered 5".into());
    // What the vectors say of the same calls: the demo would agree with a core that does nothing.
    assert!(lines[6].contains("0x0de0b6b3a7640000, 32 bytes, 2 logs, 70828 gas"), "{}", lines[6]);
    assert!(lines[9].contains(" success, 0x") && lines[9].contains(" 2 logs, 313523 gas"), "{}", lines[9]);
    assert!(
        lines[7].contains("e53f40ee") && lines[10].contains("c229d76c"),
        "TeleportAlreadyClaimed, WorkAlreadySpent"
    );
    lines.join("\n") + "\n"
}

fn proof() -> Bytes {
    Miner::new(ParameterSet::MlDsa65, 1, 1).calldata()
}

#[test]
fn the_demo_runs_in_c_and_in_cpp_on_both_libraries() {
    let expected = expected();
    let archive = library("libpars_aimining.a");
    let shared = library("libpars_aimining.so");
    let archive: Vec<_> = [archive.to_str().expect("UTF-8")].into_iter().chain(SYSTEM).collect();
    let path = format!("-Wl,-rpath,{}", libraries().display());
    let shared = [shared.to_str().expect("UTF-8"), &path];
    for (name, compiler, before, after) in [
        ("c99", "cc", &["-std=c99"][..], &archive[..]),
        ("cpp", "c++", &["-std=c++17", "-x", "c++"], &[&["-x", "none"], &archive[..]].concat()),
        ("shared", "cc", &["-std=c99"], &shared),
    ] {
        let folder = Scratch::new(name);
        let program = compile(compiler, &folder.0, before, after);
        let (first, rest) = demo(&program, &folder.0);
        let (version, call, host) = (env!("CARGO_PKG_VERSION"), size_of::<ParsCall>(), size_of::<ParsHost>());
        let sizes = format!("library {version}, interface 1, pars_call {call} bytes, pars_host {host} bytes");
        assert_eq!(first, sizes, "{name}: C and Rust lay the structures out alike");
        assert_eq!(rest, expected, "{name}");
    }
}

#[test]
fn the_demo_says_why_it_does_not_start() {
    let archive = library("libpars_aimining.a");
    let archive: Vec<_> = [archive.to_str().expect("UTF-8")].into_iter().chain(SYSTEM).collect();
    let folder = Scratch::new("refused");
    let program = compile("cc", &folder.0, &["-std=c99"], &archive);
    let config = here().join("examples/chain.json");
    let wrong = folder.0.join("wrong.json");
    let text = std::fs::read_to_string(&config).expect("a configuration");
    std::fs::write(&wrong, text.replace("governor", "govenor")).expect("a file");
    for (config, chain, says) in [
        (&config, "1", "refused: the configuration is for chain 6133, the host runs chain 1\n"),
        (&wrong, "6133", "refused: parsAiMiningConfig: unknown field `govenor`"),
    ] {
        let output = Command::new(&program).arg(config).arg(chain).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(out.contains(says), "{out}");
    }
}

/// Functions that the header declares.
fn declared() -> BTreeSet<String> {
    let header = std::fs::read_to_string(here().join("include/pars_aimining.h")).expect("the header");
    let code = header.lines().filter(|line| !line.trim_start().starts_with('*'));
    let names = code.filter_map(|line| {
        let (before, _) = line.split_once('(')?;
        let name = before.rsplit([' ', '*']).next()?;
        name.starts_with("pars_").then(|| name.to_owned())
    });
    names.collect()
}

#[test]
fn the_libraries_export_what_the_header_declares_and_the_shared_one_nothing_else() {
    let declared = declared();
    assert!(declared.contains("pars_precompile_call") && declared.len() >= 17, "{declared:?}");
    let exported = |arguments: &[&str]| -> BTreeSet<String> {
        let text = run("nm", arguments);
        let symbols = text.lines().filter_map(|line| line.split_whitespace().last());
        symbols.map(str::to_owned).collect()
    };
    let shared = library("libpars_aimining.so");
    let shared = exported(&["--dynamic", "--defined-only", shared.to_str().expect("UTF-8")]);
    assert_eq!(shared, declared, "what the header lacks, or what leaks");
}
