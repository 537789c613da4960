mod answers;
mod damage;
mod delta;
mod follow;
mod interchange;
mod model;
mod opening;
mod oracle;
mod precompile;
mod rows;

use crate::{
    Identity, Ledger,
    testing::{Action, Chain, Folder, identity},
};

const WORK: fn(u64) -> Action = |work| Action::Work {
    work,
    device: work % crate::testing::CAST,
    recipient: (work / 2) % crate::testing::CAST,
};

/// A ledger that follows a chain from block 0 on.
fn follow(folder: &Folder, identity: &Identity, chain: &Chain) -> Ledger {
    let ledger = Ledger::open(folder.ledger(), identity.clone()).unwrap();
    ledger.heal(chain, |_, _| {}).unwrap();
    ledger
}

/// A chain of some height with a work or two in each block, a claim, a device.
fn busy(height: u64) -> (Identity, Chain) {
    let identity = identity(4);
    let mut chain = Chain::new(&identity);
    for number in 1..=height {
        let mut actions = vec![WORK(number * 2), Action::Noise, WORK(number * 2 + 1), Action::Failure];
        match number {
            1 => actions.push(Action::Register { device: 1, miner: 1 }),
            2 => actions.insert(0, Action::Claim(0)),
            3 => actions.push(Action::Revoke { device: 1, revoked: true }),
            4 => actions.push(Action::Claim(3)),
            _ => {}
        }
        chain.extend(0, &actions);
    }
    (identity, chain)
}
