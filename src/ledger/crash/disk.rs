//! A disk that is full, and one that cannot be written.

use crate::{judge::Verdict, judge::straight, script::Script, script::chain_identity};
use pars_ledger::{Ledger, testing::Folder};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

const SEED: u64 = 7;

fn said(output: &Output, word: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.strip_prefix(word)).map(|rest| rest.trim().to_owned()).collect()
}

/// Writes fail for want of room, at whatever row they have come to: one error, and what was acknowledged stays.
pub(crate) fn e7_a_full_disk_is_an_error_and_what_was_acknowledged_stays(verdict: &mut Verdict) {
    // No file may grow beyond so many blocks. Needs no rights.
    for blocks in [64, 333, 1_000] {
        // The shell's signal setting is inherited: a refused write is an error, not a death.
        let limit = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
        let folder = Folder::new();
        let output = fill(limit, &blocks.to_string(), &folder.ledger());
        filled(&format!("a full disk ({blocks} blocks a file)"), &folder.ledger(), &output, verdict);
    }
    // A disk of that size, in a mount namespace of its own: needs root. What is on it is copied out before it vanishes.
    for size in ["256k", "1m", "4m"] {
        let folder = Folder::new();
        let disk = folder.path().join("disk");
        fs::create_dir(&disk).unwrap();
        let mount = "mount -t tmpfs -o size=\"$0\" tmpfs \"$PARS_DISK\" || exit 99; \"$@\"; code=$?; \
            if [ -e \"$PARS_DISK/ledger\" ]; then cp -r \"$PARS_DISK/ledger\" \"$PARS_DISK/../ledger\"; fi; exit $code";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", mount, size]).env("PARS_DISK", &disk);
        match child(command, &disk.join("ledger")) {
            Ok(output) if output.status.code() == Some(3) || !output.stdout.is_empty() => {
                filled(&format!("a full disk ({size})"), &folder.ledger(), &output, verdict);
            }
            refused => println!("NOT RUN: a full disk of {size}: this user mounts none: {refused:?}"),
        }
    }
}

fn fill(script: &str, limit: &str, ledger: &Path) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", script, limit]);
    child(command, ledger).unwrap()
}

/// Runs `command` with the child that fills a ledger behind it.
fn child(mut command: Command, ledger: &Path) -> std::io::Result<Output> {
    command.arg(std::env::current_exe()?).arg("child-fill").arg(ledger).arg(SEED.to_string()).output()
}

fn filled(place: &str, ledger: &Path, output: &Output, verdict: &mut Verdict) {
    let errors = said(output, "error ");
    if output.status.code() != Some(3) || errors.len() != 1 {
        verdict.problem(format!("{place} ends in {:?} and {errors:?}", output.status));
        return;
    }
    let acknowledged = said(output, "acknowledged ").last().map_or(0, |step| step.parse().unwrap());
    println!("{place}: {acknowledged} steps, then: {}", errors[0]);
    // With room again, everything acknowledged is there, and it heals.
    if acknowledged == 0 && !ledger.exists() {
        return;
    }
    let (at, next) = (Script::at(SEED, acknowledged).chain, Script::at(SEED, acknowledged + 1).chain);
    // Nothing is acknowledged before block 0 is there.
    let from = (acknowledged > 0).then_some(&at);
    if let Some(found) = crate::judge::examine(ledger, from, &next, place, verdict) {
        found.heals(&next, place, verdict);
    }
}

/// A folder without the right to write: a clear error, and not a byte changed. Root has every right, so it gives them up.
pub(crate) fn e7_a_read_only_folder_is_an_error_and_not_a_byte_changes(verdict: &mut Verdict) {
    let folder = Folder::on_disk();
    let chain = Script::at(SEED, 20).chain;
    let ledger = Ledger::open(folder.ledger(), chain_identity()).unwrap();
    ledger.heal(&chain, |_, _| {}).unwrap();
    drop(ledger);
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let before = bytes(&folder.ledger());
    modes(folder.path(), &folder.ledger(), 0o555, 0o444);
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&program);
        command
    } else {
        Command::new(&program)
    };
    let output = command.arg("child-open").arg(folder.ledger()).output();
    modes(folder.path(), &folder.ledger(), 0o755, 0o644);
    match output {
        Err(error) => println!("NOT RUN: the read-only folder: root cannot give up its rights here: {error}"),
        Ok(output) => {
            let errors = said(&output, "error ");
            println!("read-only: {errors:?}");
            if output.status.code() != Some(3) || errors.len() != 1 {
                verdict.problem(format!("a read-only folder ends in {:?} and {errors:?}", output.status));
            }
            if bytes(&folder.ledger()) != before {
                verdict.problem("a read-only folder has other files, or other bytes in them".to_owned());
            }
            let ledger = Ledger::open(folder.ledger(), chain_identity()).unwrap();
            verdict.rows("a read-only folder", &ledger.dump().unwrap(), &straight(&chain, chain.finalized));
        }
    }
}

/// Name → contents of every file.
fn bytes(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().flatten();
    files.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap())).collect()
}

fn modes(above: &Path, folder: &Path, directory: u32, file: u32) {
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(above, 0o755);
    for entry in fs::read_dir(folder).unwrap().flatten() {
        set(&entry.path(), file);
    }
    set(folder, directory);
}
