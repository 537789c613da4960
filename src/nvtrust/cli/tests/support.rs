//! Running the binary; files for it.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use base64::Engine as _;
use serde_json::Value;

/// What a run left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Refused for this reason.
    pub(crate) fn assert_refused(&self, reason: &str) {
        assert_eq!(self.code, Some(1), "{self:?}");
        let json = self.json();
        assert_eq!(json["verdict"], "refused", "{self:?}");
        assert_eq!(json["reason"]["name"], reason, "{self:?}");
        assert!(json["reason"]["message"].as_str().is_some_and(|message| message.len() > 10), "{self:?}");
    }
}

/// Runs the binary with something on its standard input.
pub(crate) fn run_with(arguments: &[&str], stdin: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pars-nvtrust"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    // Whoever fails before reading closes the pipe.
    let _ = child.stdin.take().expect("stdin").write_all(stdin);
    let output = child.wait_with_output().expect("ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Run { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

pub(crate) fn run(arguments: &[&str]) -> Run {
    run_with(arguments, &[])
}

/// A folder that ends with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pars-nvtrust-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path").to_owned()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).expect("writes");
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    path.to_str().expect("a path").to_owned()
}

pub(crate) fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = path.as_ref();
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The report of the fixture's H100.
pub(crate) fn report() -> Vec<u8> {
    read(fixture("h100_report.bin"))
}

/// Its five certificates.
pub(crate) fn chain() -> Vec<Vec<u8>> {
    ["leaf", "ik", "ica", "identity", "root"].map(|name| read(fixture(&format!("h100_{name}.der")))).to_vec()
}

pub(crate) fn pem(chain: &[Vec<u8>]) -> String {
    let block =
        |der: &Vec<u8>| format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(der));
    chain.iter().map(block).collect()
}

/// Where the real evidence lies, if it is at hand. Its files are not part of this repository.
pub(crate) fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/nvtrust");
    path.join("manifest.json").is_file().then_some(path)
}

/// Says so where everybody sees it: the harness swallows what `eprintln!` prints.
pub(crate) fn not_run(what: &str) {
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "\n*** NOT RUN: {what}: there is no real evidence at ../shared/nvtrust. ***\n")
        .expect("stderr");
}
