//! A disk that is full, and one that cannot be written.

use crate::{judge::Verdict, judge::straight, script::Script, script::chain_identity};
use pars_ledger::{Ledger, testing::Folder};
use std::{
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

/// No file may grow beyond a limit: writes fail as on a full disk, at whatever row they have come to. Needs no rights.
pub(crate) fn full(verdict: &mut Verdict) {
    for blocks in [64, 333, 1_000] {
        let folder = Folder::new();
        let output = Command::new("sh")
            // The shell's signal setting is inherited: a refused write is an error, not a death.
            .args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", &blocks.to_string()])
            .arg(std::env::current_exe().unwrap())
            .args(["child-fill".as_ref(), folder.ledger().as_os_str(), SEED.to_string().as_ref()])
            .output()
            .unwrap();
        let errors = said(&output, "error ");
        if output.status.code() != Some(3) || errors.len() != 1 {
            verdict
                .problem(format!("a full disk ({blocks} blocks) ends in {:?} and {errors:?}", output.status));
            continue;
        }
        let acknowledged = said(&output, "acknowledged ").last().map_or(0, |step| step.parse().unwrap());
        println!("full at {blocks} blocks: {acknowledged} steps, then: {}", errors[0]);
        // With room again, everything acknowledged is there, and it heals.
        if acknowledged == 0 && !folder.ledger().exists() {
            continue;
        }
        let (at, next) = (Script::at(SEED, acknowledged).chain, Script::at(SEED, acknowledged + 1).chain);
        let place = format!("a full disk ({blocks} blocks)");
        if let Some(found) = crate::judge::examine(&folder.ledger(), Some(&at), &next, &place, verdict) {
            found.heals(&next, &place, verdict);
        }
    }
}

/// A folder without the right to write: a clear error, and not a byte changed. Root has every right, so it gives them up.
pub(crate) fn read_only(verdict: &mut Verdict) {
    let folder = Folder::on_disk();
    let chain = Script::at(SEED, 20).chain;
    let ledger = Ledger::open(folder.ledger(), chain_identity()).unwrap();
    ledger.heal(&chain, |_, _| {}).unwrap();
    drop(ledger);
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
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
            let ledger = Ledger::open(folder.ledger(), chain_identity()).unwrap();
            verdict.rows("a read-only folder", &ledger.dump().unwrap(), &straight(&chain, chain.finalized));
        }
    }
}

fn modes(above: &Path, folder: &Path, directory: u32, file: u32) {
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    set(above, 0o755);
    for entry in fs::read_dir(folder).unwrap().flatten() {
        set(&entry.path(), file);
    }
    set(folder, directory);
}
