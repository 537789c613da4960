//! What the chain does, step by step, from a seed: parent and child know the same.

use pars_ledger::{
    BlockId, Identity, Notification, Segment,
    testing::{Action, CAST, Chain, Random, identity},
};

/// Blocks below the head that become final.
const FINALITY: u64 = 12;
const TELEPORTS: u64 = 8;

/// A chain after some steps.
pub(crate) struct Script {
    pub(crate) chain: Chain,
    random: Random,
    salt: u64,
}

pub(crate) fn chain_identity() -> Identity {
    identity(TELEPORTS)
}

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        Self { chain: Chain::new(&chain_identity()), random: Random::new(seed ^ 0x5c1), salt: 0 }
    }

    pub(crate) fn at(seed: u64, steps: u64) -> Self {
        let mut script = Self::new(seed);
        for _ in 0..steps {
            script.step();
        }
        script
    }

    fn grow(&mut self, count: u64) -> Segment {
        let blocks = (0..count).map(|_| {
            self.salt += 1;
            let height = self.chain.tip().id().number + 1;
            // The same works come on every branch at the same height.
            let mut actions: Vec<_> = (0..self.random.below(4))
                .map(|k| Action::Work {
                    work: height * 4 + k,
                    device: self.random.below(CAST),
                    recipient: self.random.below(CAST),
                })
                .collect();
            if height.is_multiple_of(9) && height / 9 <= TELEPORTS {
                actions.push(Action::Claim(height / 9 - 1));
            }
            if self.random.one_in(6) {
                actions.push(Action::Register { device: 1, miner: self.random.below(CAST) });
            }
            self.chain.extend(self.salt, &actions)
        });
        Segment::new(blocks.collect()).expect("they follow each other")
    }

    /// The next thing that happens to the chain.
    pub(crate) fn step(&mut self) -> Notification {
        let height = self.chain.tip().id().number;
        let room = height - self.chain.finalized;
        let (kind, count) = (self.random.below(6), 1 + self.random.below(3));
        let depth = 1 + self.random.below(5);
        let notification = if kind < 4 || room < depth {
            Notification::Committed { new: self.grow(count) }
        } else {
            let old = Segment::new(self.chain.truncate(height - depth)).expect("at least one");
            if kind == 4 {
                Notification::Reorged { old, new: self.grow(depth + count) }
            } else {
                Notification::Reverted { old }
            }
        };
        let height = self.chain.tip().id().number;
        self.chain.finalized = self.chain.finalized.max(height.saturating_sub(FINALITY));
        notification
    }
}

/// Every head on the way from one chain to another: down to the common ancestor, then up. From nothing: from block 0 on.
pub(crate) fn route(from: Option<&Chain>, to: &Chain) -> Vec<BlockId> {
    let ids = |chain: &Chain| chain.tips.iter().map(|tip| tip.id()).collect::<Vec<_>>();
    let to = ids(to);
    let Some(from) = from.map(ids) else { return to };
    let common = from.iter().zip(&to).take_while(|(left, right)| left == right).count();
    let down = from[common.saturating_sub(1)..].iter().rev();
    down.chain(&to[common..]).copied().collect()
}
