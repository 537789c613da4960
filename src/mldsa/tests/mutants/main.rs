//! Mutation test: the engine with one condition changed must fail the conformance suite.
//!
//! Each mutant of `list.rs` is a textual change of the engine's own source, made in a copy of this crate, compiled and
//! put to the known answers and the tests of single checks. A mutant that survives is a hole in the suite. The copy
//! without a change comes first and must pass, or a failure would say nothing.

mod list;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use list::{MUTANTS, Mutant};

/// Tests by the start of their names: quick ones first, since the first failure decides.
const TESTS: [&str; 8] =
    ["c2_norm", "c2_c3_", "c2_length", "c2_public", "c2_every", "c1_wycheproof", "c6_keys", "c7_verdicts"];

/// A workspace with this crate alone.
struct Copy {
    root: PathBuf,
    target: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "a test copies its own sources")]
impl Copy {
    fn new() -> Self {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let copy = Self {
            root: temporary.join("mutants"),
            // Not the usual one: cargo would take a mutant for the crate itself.
            target: temporary.join("mutants-target"),
        };
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        if copy.root.exists() {
            std::fs::remove_dir_all(&copy.root).expect("an old copy can go");
        }
        copy_folder(&workspace.join("src/mldsa"), &copy.root.join("src/mldsa"));
        for neighbour in ["protocol", "nvtrust", "precompile"] {
            let to = copy.root.join("src").join(neighbour);
            std::fs::create_dir_all(&to).expect("a folder");
            let from = workspace.join("src").join(neighbour).join("clippy.toml");
            std::fs::copy(from, to.join("clippy.toml")).expect("a copy");
        }
        std::fs::copy(workspace.join("Cargo.lock"), copy.root.join("Cargo.lock")).expect("a copy");
        let manifest =
            std::fs::read_to_string(workspace.join("Cargo.toml")).expect("the workspace's manifest");
        let (workspace, rest) = manifest.split_once("\n[package]\n").expect("the root package");
        let (_, profiles) = rest.split_once("\n[profile.dev]\n").expect("the profiles");
        let (_, workspace) = workspace.split_once("\nresolver").expect("members come first");
        let manifest =
            format!("[workspace]\nmembers = [\"src/mldsa\"]\nresolver{workspace}\n[profile.dev]\n{profiles}");
        std::fs::write(copy.root.join("Cargo.toml"), manifest).expect("a manifest");
        copy
    }

    fn cargo(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO"))
            .args(["test", "--offline", "-p", "pars-mldsa", "--test", "conformance"])
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .output()
            .expect("cargo runs");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Does the suite pass? Its output tells which tests did not.
    fn suite_passes(&self) -> (bool, String) {
        let (compiles, text) = self.cargo(&["--no-run"]);
        assert!(compiles, "it does not compile, which kills nothing:\n{text}");
        for test in TESTS {
            let (passed, text) = self.cargo(&["--", test]);
            if !passed {
                return (false, text);
            }
            assert!(!text.contains(" 0 passed"), "no test is called {test}");
        }
        (true, String::new())
    }

    /// Makes the changes; returns what to write where to undo them.
    fn change(&self, mutant: &Mutant) -> Vec<(PathBuf, String)> {
        let mut originals = Vec::new();
        for (file, from, to) in mutant.changes {
            let path = self.root.join("src/mldsa/engine").join(file);
            let text = std::fs::read_to_string(&path).expect("a source file");
            assert_eq!(text.matches(from).count(), 1, "{}: {file} has not once: {from}", mutant.name);
            std::fs::write(&path, text.replace(from, to)).expect("a changed file");
            originals.push((path, text));
        }
        originals
    }

    /// The last change first, so that a file that was changed twice is itself again.
    fn restore(&self, originals: Vec<(PathBuf, String)>) {
        for (path, text) in originals.into_iter().rev() {
            std::fs::write(path, text).expect("a restored file");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test copies its own sources")]
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().expect("a type").is_dir() {
            if entry.file_name() != "target" {
                copy_folder(&from, &to);
            }
        } else {
            // Written, not copied with its time: cargo must see a change as new.
            std::fs::write(&to, std::fs::read(&from).expect("a file")).expect("a copy");
        }
    }
}

fn say(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").expect("stderr");
}

/// The texts to change stand in the sources: cheap, so that a change of the engine is noticed before a long run.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its own sources")]
fn c2_mutants_fit_the_sources() {
    assert_eq!(MUTANTS.iter().filter(|mutant| !mutant.name.contains("own:")).count(), 19);
    for mutant in MUTANTS {
        assert!(!mutant.changes.is_empty());
        for (file, from, to) in mutant.changes {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine").join(file);
            let text = std::fs::read_to_string(path).expect("a source file");
            assert_eq!(text.matches(from).count(), 1, "{}: {file} has not once: {from}", mutant.name);
            assert_ne!(from, to);
        }
    }
}

/// `PARS_MUTANT` keeps only the mutants whose name contains it.
#[test]
#[ignore = "long: run by make long"]
#[expect(clippy::disallowed_methods, reason = "a test may read from the environment what it is to do")]
fn long_c2_mutants_are_killed() {
    let copy = Copy::new();
    let (passes, text) = copy.suite_passes();
    assert!(passes, "the engine itself fails:\n{text}");
    let mut alive = Vec::new();
    let only = std::env::var("PARS_MUTANT").unwrap_or_default();
    for mutant in MUTANTS.iter().filter(|mutant| mutant.name.contains(&only)) {
        let needs_avx2 = mutant.changes.iter().any(|(file, ..)| file.starts_with("avx2"));
        if needs_avx2 && pars_mldsa::Engine::avx2().is_none() {
            say(&format!("*** NOT RUN: {}: this processor has no AVX2 ***", mutant.name));
            continue;
        }
        let originals = copy.change(mutant);
        let (passes, text) = copy.suite_passes();
        copy.restore(originals);
        if passes {
            alive.push(mutant.name);
        }
        let killer = text.lines().find(|line| line.starts_with("test ") && line.ends_with("FAILED"));
        say(&format!("{}: {}", mutant.name, killer.unwrap_or("SURVIVES")));
    }
    assert!(alive.is_empty(), "survivors: {alive:?}");
}
