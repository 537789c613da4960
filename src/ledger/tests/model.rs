//! Random lives of a ledger against the oracle.

use super::oracle;
use crate::{
    Applied, Error, Identity, Ledger, Lookup, Notification, Segment, Unknown,
    testing::{Action, CAST, Chain, Folder, Random, identity, work_id},
};
use std::{collections::BTreeSet, sync::Arc};

/// Sequences that share a folder: opening a new one for each would take most of the time.
const PER_FOLDER: u64 = 40;
/// Work numbers in play: few, so that the same work comes on both sides of a fork.
const WORKS: u64 = 40;
const TELEPORTS: u64 = 4;

struct Life {
    folder: Folder,
    identity: Identity,
    ledger: Option<Ledger>,
    chain: Chain,
    finality: u64,
    salt: u64,
    random: Random,
}

impl Life {
    fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    /// Transactions that are legal on the chain's head.
    fn actions(&mut self) -> Vec<Action> {
        let (mut spent, mut claimed) = (BTreeSet::new(), BTreeSet::new());
        for (_, _, action) in self.chain.tips.iter().flat_map(|tip| &tip.facts) {
            match action {
                Action::Work { work, .. } => drop(spent.insert(*work)),
                Action::Claim(which) => drop(claimed.insert(*which)),
                _ => {}
            }
        }
        let mut actions = Vec::new();
        for _ in 0..self.random.below(4) {
            let (device, other) = (self.random.below(CAST), self.random.below(CAST));
            match self.random.below(9) {
                0 => {
                    let which = self.random.below(TELEPORTS);
                    if claimed.insert(which) {
                        actions.push(Action::Claim(which));
                    }
                }
                1 => actions.push(Action::Register { device: device | 1, miner: other }),
                2 => actions.push(Action::Revoke { device, revoked: self.random.one_in(2) }),
                3 => actions.push(Action::Noise),
                4 => actions.push(Action::Failure),
                _ => {
                    let work = self.random.below(WORKS);
                    if spent.insert(work) {
                        actions.push(Action::Work { work, device, recipient: other });
                    }
                }
            }
        }
        actions
    }

    /// Adds blocks to the chain.
    fn grow(&mut self, count: u64) -> Vec<Arc<crate::CommittedBlock>> {
        (0..count)
            .map(|_| {
                self.salt += 1;
                let actions = self.actions();
                self.chain.extend(self.salt, &actions)
            })
            .collect()
    }

    /// How deep the chain may still turn.
    fn depth(&mut self) -> u64 {
        let possible = self.chain.tip().id().number - self.chain.finalized;
        self.random.below(possible + 1)
    }

    fn step(&mut self) {
        let count = 1 + self.random.below(3);
        match self.random.below(12) {
            0..5 => {
                for block in self.grow(count) {
                    assert_eq!(self.ledger().apply(&block).unwrap(), Applied::New);
                    if self.random.one_in(4) {
                        assert_eq!(self.ledger().apply(&block).unwrap(), Applied::Already);
                    }
                }
            }
            5 => {
                let new = Segment::new(self.grow(count)).unwrap();
                self.twice(Notification::Committed { new });
            }
            6 => {
                let depth = self.depth();
                let height = self.chain.tip().id().number - depth;
                self.chain.truncate(height);
                self.ledger().revert_to(self.chain.tip().id().hash).unwrap();
            }
            7 | 8 => {
                let depth = self.depth();
                let height = self.chain.tip().id().number - depth;
                let old = self.chain.truncate(height);
                if old.is_empty() {
                    return;
                }
                let old = Segment::new(old).unwrap();
                if self.random.one_in(3) {
                    self.twice(Notification::Reverted { old });
                } else {
                    let new = Segment::new(self.grow(count)).unwrap();
                    self.twice(Notification::Reorged { old, new });
                }
            }
            9 => {
                let height = self.chain.tip().id().number;
                let number = self.random.below(height + 1).max(height.saturating_sub(self.finality));
                self.chain.finalized = self.chain.finalized.max(number);
                self.ledger().finalize(number).unwrap();
            }
            // Opening takes longer than all the rest together.
            10 if self.random.one_in(3) => self.restart(),
            _ => self.refused(),
        }
    }

    /// A notification that comes again changes nothing.
    fn twice(&mut self, notification: Notification) {
        self.ledger().notify(&notification).unwrap();
        if self.random.one_in(3) {
            let before = self.ledger().sequence();
            self.ledger().notify(&notification).unwrap();
            assert_eq!(self.ledger().sequence(), before);
        }
    }

    /// What must not be done is not done: below finality, with a gap, from another branch.
    fn refused(&mut self) {
        let before = self.ledger().sequence();
        let finalized = self.chain.finalized;
        if finalized > 0 {
            let below = self.chain.tips[finalized as usize - 1].id().hash;
            assert!(matches!(self.ledger().revert_to(below), Err(Error::OutOfReach { .. })));
        }
        let tip = self.chain.tip();
        let (child, grandchild) = (tip.child(u64::MAX, &[]), tip.child(u64::MAX, &[]).child(0, &[]));
        assert!(matches!(self.ledger().apply(&grandchild.block), Err(Error::NotContinuous { .. })));
        assert!(matches!(self.ledger().revert_to(child.id().hash), Err(Error::OutOfReach { .. })));
        assert!(matches!(self.ledger().finalize(child.id().number), Err(Error::NotThere { .. })));
        let elsewhere = self.ledger().lookup(work_id(0), child.id());
        assert!(matches!(elsewhere, Lookup::Unknown(Unknown::ElsewhereThan { .. })));
        if let [.., parent, _] = &self.chain.tips[..] {
            let twin = parent.child(u64::MAX, &[]);
            assert!(matches!(self.ledger().apply(&twin.block), Err(Error::NotContinuous { .. })));
        }
        assert_eq!(self.ledger().sequence(), before, "a refusal wrote");
    }

    /// The process ends; the chain may have gone on, or turned, without the ledger.
    fn restart(&mut self) {
        self.ledger = None;
        if self.random.one_in(2) {
            let depth = self.depth();
            let height = self.chain.tip().id().number - depth;
            self.chain.truncate(height);
        }
        let count = self.random.below(4);
        self.grow(count);
        let ledger = Ledger::open(self.folder.ledger(), self.identity.clone()).unwrap();
        ledger.heal(&self.chain, |_, _| {}).unwrap();
        self.ledger = Some(ledger);
    }
}

fn lives(name: &str, sequences: u64, seed: u64) {
    let mut random = Random::seeded(name, seed);
    let identity = identity(TELEPORTS);
    let mut opened: Option<(Folder, Ledger)> = None;
    for sequence in 0..sequences {
        let (folder, ledger) = match opened.take().filter(|_| sequence % PER_FOLDER != 0) {
            Some((folder, ledger)) => {
                ledger.reset().unwrap();
                (folder, ledger)
            }
            None => {
                let folder = Folder::new();
                let ledger = Ledger::open(folder.ledger(), identity.clone()).unwrap();
                (folder, ledger)
            }
        };
        let chain = Chain::new(&identity);
        ledger.heal(&chain, |_, _| {}).unwrap();
        let seed = random.any();
        let mut life = Life {
            folder,
            identity: identity.clone(),
            ledger: Some(ledger),
            chain,
            finality: 1 + random.below(8),
            salt: 0,
            random: Random::new(seed),
        };
        for _ in 0..4 + life.random.below(16) {
            life.step();
            if life.random.one_in(16) {
                oracle::compare(life.ledger.as_ref().unwrap(), &life.chain, WORKS, &mut life.random);
            }
        }
        oracle::compare(life.ledger.as_ref().unwrap(), &life.chain, WORKS, &mut life.random);
        opened = Some((life.folder, life.ledger.unwrap()));
    }
}

#[test]
fn e2_ten_thousand_random_lives_answer_as_the_oracle_does() {
    lives("e2_ten_thousand_random_lives", 10_000, 0x1ed6e2);
}

#[test]
#[ignore = "long: run by make long"]
fn long_e2_a_hundred_thousand_random_lives() {
    lives("long_e2", 100_000, 0x1ed6e3);
}
