//! Writes the vectors and ABI files of `precompile-spec`, or compares them with the checked-in ones.
//!
//! ```text
//! cargo run --example vectors             writes
//! cargo run --example vectors -- --check  runs and compares, and fails on any difference
//! ```

#[path = "../tests/vectors/suite/mod.rs"]
mod suite;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => write(),
        [flag] if flag == "--check" => check(),
        _ => {
            eprintln!("usage: vectors [--check]");
            ExitCode::from(2)
        }
    }
}

fn write() -> ExitCode {
    let files = suite::files();
    for folder in [suite::VECTORS, suite::ABI] {
        let folder = suite::root().join(folder);
        let fresh = std::fs::remove_dir_all(&folder).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        });
        if let Err(error) = fresh.and_then(|()| std::fs::create_dir_all(&folder)) {
            eprintln!("{}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    }
    for (path, text) in &files {
        if let Err(error) = std::fs::write(suite::root().join(path), text) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!("wrote {} files, {} KiB", files.len(), bytes / 1024);
    ExitCode::SUCCESS
}

fn check() -> ExitCode {
    let (count, failures) = suite::replay();
    let differences = suite::differences();
    for failure in failures.iter().chain(&differences) {
        eprintln!("FAIL {failure}");
    }
    if failures.is_empty() && differences.is_empty() {
        println!("ok {count} vectors run as they say and are what this build makes");
        ExitCode::SUCCESS
    } else {
        eprintln!("run `make vectors`, read the difference, and say in CHANGELOG.md what changed");
        ExitCode::FAILURE
    }
}
