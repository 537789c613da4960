//! What a kill left behind.

use crate::script::{chain_identity, route};
use pars_ledger::{
    Ledger,
    testing::{Chain, Folder, Random, Rows},
};
use std::{collections::BTreeMap, fs, path::Path};

/// The sum of all kills.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) kills: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Times that the log was cut.
    pub(crate) cuts: u64,
    pub(crate) moments: BTreeMap<&'static str, u64>,
    pub(crate) problems: Vec<String>,
}

impl Verdict {
    pub(crate) fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    /// Rows that are missing or other than expected are lost; rows too many are doubled.
    pub(crate) fn rows(&mut self, place: &str, found: &Rows, expected: &Rows) {
        let lost = expected.iter().filter(|(key, value)| found.get(key) != Some(value)).count() as u64;
        let doubled = found.keys().filter(|key| !expected.contains_key(key)).count() as u64;
        self.lost += lost;
        self.doubled += doubled;
        if lost + doubled > 0 {
            self.problem(format!("{place}: {lost} rows lost, {doubled} too many"));
        }
    }
}

/// The rows of a ledger that went straight to the head of this chain.
pub(crate) fn straight(chain: &Chain, finalized: u64) -> Rows {
    let folder = Folder::new();
    let ledger = Ledger::open(folder.ledger(), chain_identity()).unwrap();
    let mut chain = chain.clone();
    chain.finalized = finalized;
    ledger.heal(&chain, |_, _| {}).unwrap();
    ledger.dump().unwrap()
}

/// Cuts each log somewhere behind what was synced: what a power cut does to the rest.
pub(crate) fn lose_unsynced(path: &Path, synced: &[(String, u64)], random: &mut Random) -> u64 {
    let mut cuts = 0;
    for (name, length) in synced {
        let Ok(file) = fs::File::options().write(true).open(path.join(name)) else { continue };
        let now = file.metadata().unwrap().len();
        if now > *length {
            file.set_len(length + random.below(now - length)).unwrap();
            cuts += 1;
        }
    }
    cuts
}

/// A ledger as it was left, on a copy: the original goes on under fire.
pub(crate) struct Found {
    ledger: Ledger,
    copy: Folder,
    /// The path from block 0 to its head; `None` = it has no block.
    pub(crate) standing: Option<Chain>,
    /// Height of its finality.
    pub(crate) finalized: u64,
}

/// Judges it before healing: its head is one of the blocks on the way `from` what was acknowledged `to` what was asked
/// for, and its rows are those of a ledger that went straight there.
pub(crate) fn examine(
    path: &Path,
    from: Option<&Chain>,
    to: &Chain,
    place: &str,
    verdict: &mut Verdict,
) -> Option<Found> {
    if !path.exists() {
        if from.is_some() {
            verdict.lost += 1;
            verdict.problem(format!("{place}: the ledger is gone"));
        }
        return None;
    }
    let copy = Folder::new();
    fs::create_dir(copy.ledger()).unwrap();
    for entry in fs::read_dir(path).unwrap().flatten() {
        fs::copy(entry.path(), copy.ledger().join(entry.file_name())).unwrap();
    }
    let ledger = match Ledger::open(copy.ledger(), chain_identity()) {
        Ok(ledger) => ledger,
        Err(error) => {
            verdict.lost += 1;
            verdict.problem(format!("{place}: it does not open: {error}"));
            return None;
        }
    };
    let possible = route(from, to);
    let Some(head) = ledger.head() else {
        if from.is_some() {
            verdict.lost += 1;
            verdict.problem(format!("{place}: it is empty"));
        }
        return Some(Found { ledger, copy, standing: None, finalized: 0 });
    };
    if !possible.contains(&head) {
        verdict.lost += 1;
        verdict.problem(format!("{place}: the head {head} is none of {possible:?}"));
    }
    let there = |chain: &&Chain| chain.tips.iter().any(|tip| tip.id() == head);
    let mut standing = Some(to).filter(there).or(from.filter(there))?.clone();
    standing.truncate(head.number);
    let finalized = ledger.finalized().map_or(0, |finalized| finalized.number);
    verdict.rows(place, &ledger.dump().unwrap(), &straight(&standing, finalized));
    Some(Found { ledger, copy, standing: Some(standing), finalized })
}

impl Found {
    /// Judges healing: afterwards it is what a ledger is that was never killed.
    pub(crate) fn heals(self, chain: &Chain, place: &str, verdict: &mut Verdict) {
        match self.ledger.heal(chain, |_, _| {}) {
            Ok(_) => {
                let finalized = chain.finalized.max(self.finalized);
                let expected = straight(chain, finalized);
                verdict.rows(&format!("{place}, healed"), &self.ledger.dump().unwrap(), &expected);
            }
            Err(error) => {
                verdict.lost += 1;
                verdict.problem(format!("{place}: it does not heal: {error}"));
            }
        }
        drop(self.ledger);
        drop(self.copy);
    }
}
