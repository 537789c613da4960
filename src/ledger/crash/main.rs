//! The crash harness: a child follows a chain and is killed with SIGKILL, at random moments and at each step of a write;
//! sometimes the log then loses what was never synced, as in a power cut. Whatever the child had acknowledged must be
//! there, nothing twice, and what is there must heal to the chain.
//!
//! Before that, a disk that is full and a folder that cannot be written.
//!
//! `cargo test -p pars-ledger --test crash` kills 200 times, `… -- --ignored` 2,000 times, `… -- --kills N` N times.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod child;
mod disk;
mod judge;
mod script;

use judge::Verdict;
use pars_ledger::testing::{Chain, Folder, Random};
use script::{Script, route};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::mpsc,
    time::Duration,
};

const KILLS: u64 = 200;
const LONG_KILLS: u64 = 2_000;
/// Kills of one ledger, from its creation on; then a new chain.
const KILLS_A_LIFE: u64 = 25;
/// As cargo names tests.
const NAME: &str = "e6_kill_9_loses_nothing_and_doubles_nothing";
/// What else is tried, under its name.
type Disk = (&'static str, fn(&mut Verdict));
const DISKS: [Disk; 2] = [
    (
        "e7_a_full_disk_is_an_error_and_what_was_acknowledged_stays",
        disk::e7_a_full_disk_is_an_error_and_what_was_acknowledged_stays,
    ),
    (
        "e7_a_read_only_folder_is_an_error_and_not_a_byte_changes",
        disk::e7_a_read_only_folder_is_an_error_and_not_a_byte_changes,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(role) = arguments.first().filter(|first| first.starts_with("child-")) {
        return child::run(role, &arguments[1..]);
    }
    let long = arguments.iter().any(|argument| argument == "--ignored");
    let kills = arguments.iter().position(|argument| argument == "--kills");
    let kills = kills.and_then(|at| arguments.get(at + 1)).map(|count| count.parse().expect("--kills N"));
    let filter = arguments.iter().enumerate().find(|(at, argument)| {
        !argument.starts_with('-') && at.checked_sub(1).is_none_or(|before| arguments[before] != "--kills")
    });
    let wanted = |name: &str| filter.is_none_or(|(_, filter)| name.contains(filter.as_str()));
    if arguments.iter().any(|argument| argument == "--list") {
        for name in DISKS.iter().map(|(name, _)| *name).chain([NAME]).filter(|name| wanted(name)) {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    run(if wanted(NAME) { kills.unwrap_or(if long { LONG_KILLS } else { KILLS }) } else { 0 }, wanted)
}

fn run(kills: u64, wanted: impl Fn(&str) -> bool) -> ExitCode {
    let mut verdict = Verdict::default();
    for (name, disk) in DISKS.iter().filter(|(name, _)| wanted(name)) {
        let before = verdict.problems.len();
        disk(&mut verdict);
        println!("test {name} ... {}", if verdict.problems.len() == before { "ok" } else { "FAILED" });
    }
    if kills > 0 {
        let mut random = Random::seeded(NAME, 0x1ed6e6);
        while verdict.kills < kills {
            let seed = random.any();
            life(seed, KILLS_A_LIFE.min(kills - verdict.kills), &mut verdict);
        }
        println!("killed {:?}; the log cut {} times", verdict.moments, verdict.cuts);
    }
    for problem in &verdict.problems {
        println!("PROBLEM {problem}");
    }
    println!("kills {}, lost {}, doubled {}", verdict.kills, verdict.lost, verdict.doubled);
    let failed = verdict.lost + verdict.doubled > 0 || !verdict.problems.is_empty();
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// One ledger from its creation on, killed again and again.
fn life(seed: u64, kills: u64, verdict: &mut Verdict) {
    let mut random = Random::new(seed);
    let folder = Folder::new();
    let chain_at = |step| Script::at(seed, step).chain;
    // Where the ledger was last found; `None` = it need not exist.
    let mut standing: Option<Chain> = None;
    // The step at which the chain stands.
    let mut authority = 0;
    for _ in 0..kills {
        // Half of them at a step, the others at any moment.
        let fault = if random.one_in(2) { random.below(90) } else { u64::MAX };
        let patience = Duration::from_micros(random.below(60_000));
        let mut child = start(&folder.ledger(), seed, authority, fault);
        let report = listen(&mut child, fault, patience);
        verdict.kills += 1;
        *verdict.moments.entry(report.moment).or_default() += 1;
        if random.one_in(2) {
            verdict.cuts += judge::lose_unsynced(&folder.ledger(), &report.synced, &mut random);
        }
        // On its way from what it acknowledged last to the next step, or from where it stood to where the chain stands.
        let (from, to) = match report.acknowledged {
            Some(step) => (Some(chain_at(step)), chain_at(step + 1)),
            None => (standing.take(), chain_at(authority)),
        };
        let place = format!("seed {seed}, after step {:?}, {}", report.acknowledged, report.moment);
        let found = judge::examine(&folder.ledger(), from.as_ref(), &to, &place, verdict);
        let reached = report.acknowledged.unwrap_or(authority);
        authority = reached + random.below(2);
        let Some(found) = found else {
            standing = None;
            continue;
        };
        standing.clone_from(&found.standing);
        // Now and then the chain itself lost a few steps, but none that the ledger holds for final.
        let back = reached.saturating_sub(random.below(4));
        let turns = route(standing.as_ref(), &chain_at(back));
        if random.one_in(5) && turns.iter().all(|id| id.number >= found.finalized) {
            authority = back;
        }
        found.heals(&chain_at(authority), &place, verdict);
    }
}

fn start(ledger: &Path, seed: u64, authority: u64, fault: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .arg("child-follow")
        .arg(ledger)
        .args([seed.to_string(), authority.to_string(), fault.to_string()])
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a child said before it was killed.
struct Report {
    acknowledged: Option<u64>,
    /// Name and length of the logs after the last synced write before the acknowledgement.
    synced: Vec<(String, u64)>,
    moment: &'static str,
}

/// Listens until the child stands at its fault, or patience ends; then kills it.
fn listen(child: &mut Child, fault: u64, patience: Duration) -> Report {
    let (send, lines) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    // Patience counts from the child's first word, so that slow machines kill at the same kinds of moments.
    let begun = lines.recv_timeout(Duration::from_secs(60)).unwrap_or_default();
    let mut report = Report { acknowledged: None, synced: Vec::new(), moment: "at a random moment" };
    let mut heard = vec![begun];
    if fault == u64::MAX {
        std::thread::sleep(patience);
    } else {
        // Until it stands at its fault, or has done all it was told to.
        loop {
            match lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) if line.starts_with("at ") || line == "done" => {
                    heard.push(line);
                    break;
                }
                Ok(line) => heard.push(line),
                Err(_) => break,
            }
        }
    }
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    heard.extend(lines.try_iter());
    for line in heard {
        let mut words = line.split(' ');
        match words.next() {
            Some("acknowledged") => {
                report.acknowledged = words.next().and_then(|step| step.parse().ok());
                report.synced = words
                    .filter_map(|word| word.split_once('='))
                    .filter_map(|(name, length)| Some((name.to_owned(), length.parse().ok()?)))
                    .collect();
            }
            Some("at") => {
                report.moment = match words.next() {
                    Some("Begin") => "before the checks",
                    Some("Prepared") => "before the write",
                    Some("Written") => "after the write",
                    Some("Synced") => "after the sync",
                    Some("Settled") => "after the step",
                    _ => "at an unknown step",
                };
            }
            _ => {}
        }
    }
    report
}
