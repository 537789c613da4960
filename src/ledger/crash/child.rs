//! The process that is killed.

use crate::script::{Script, chain_identity};
use pars_ledger::{Ledger, Step};
use std::{
    fs,
    io::Write,
    path::Path,
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Steps that a child does before it waits to be killed.
const STEPS: u64 = 40;

pub(crate) fn run(role: &str, arguments: &[String]) -> ExitCode {
    let number = |at: usize| arguments[at].parse::<u64>().expect("a number");
    let path = Path::new(&arguments[0]);
    match role {
        "child-follow" => follow(path, number(1), number(2), number(3)),
        "child-fill" => fill(path, number(1)),
        _ => open(path),
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The parent may be done listening.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn wait() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}

/// Heals to the chain at `authority`, then follows the script. Stands still at the `fault`-th step of its writes.
fn follow(path: &Path, seed: u64, authority: u64, fault: u64) -> ExitCode {
    let mut script = Script::at(seed, authority);
    say("begun");
    let count = AtomicU64::new(0);
    let synced = Arc::new(Mutex::new(String::new()));
    let (logs, folder) = (synced.clone(), path.to_owned());
    let ledger = Ledger::open_with_hook(path, chain_identity(), move |step| {
        if step == Step::Synced {
            *logs.lock().expect("nobody panics") = lengths(&folder);
        }
        if count.fetch_add(1, Ordering::SeqCst) == fault {
            say(&format!("at {step:?}"));
            wait();
        }
    });
    let acknowledge = |step| {
        let synced = synced.lock().expect("nobody panics");
        say(&format!("acknowledged {step}{synced}"));
    };
    let ledger = ledger.expect("what a kill leaves opens again");
    ledger.heal(&script.chain, |_, _| {}).expect("it heals");
    acknowledge(authority);
    for step in authority + 1..=authority + STEPS {
        let notification = script.step();
        ledger.notify(&notification).expect("the ledger follows");
        acknowledge(step);
        ledger.finalize(script.chain.finalized).expect("below the head");
    }
    say("done");
    wait();
}

/// Name and length of each log: so much of them a power cut leaves.
fn lengths(path: &Path) -> String {
    let mut line = String::new();
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let (true, Ok(metadata)) = (name.ends_with(".log"), entry.metadata()) {
            line.push_str(&format!(" {name}={}", metadata.len()));
        }
    }
    line
}

/// Follows until the disk is full, then says what it heard.
fn fill(path: &Path, seed: u64) -> ExitCode {
    let mut script = Script::new(seed);
    let ledger = match Ledger::open(path, chain_identity()) {
        Ok(ledger) => ledger,
        Err(error) => {
            say(&format!("error {error}"));
            return ExitCode::from(3);
        }
    };
    if let Err(error) = ledger.heal(&script.chain, |_, _| {}) {
        say(&format!("error {error}"));
        return ExitCode::from(3);
    }
    for step in 1..100_000 {
        let notification = script.step();
        if let Err(error) = ledger.notify(&notification) {
            // What stands is still true, and a second try is no better.
            let again = ledger.notify(&notification).is_err();
            say(&format!("error {error}"));
            return ExitCode::from(if again { 3 } else { 4 });
        }
        say(&format!("acknowledged {step}"));
    }
    ExitCode::SUCCESS
}

fn open(path: &Path) -> ExitCode {
    match Ledger::open(path, chain_identity()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error {error}"));
            ExitCode::from(3)
        }
    }
}
