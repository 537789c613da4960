//! What the ledger must answer, by looking through the facts of a path from block 0 on, block by block. It shares no
//! code with the ledger but the shape of the rows.

use crate::{
    Ledger, Lookup,
    query::{By, Cursor, Earning, Page},
    rows::{Place, Totals, Work},
    testing::{
        Action, CAST, Chain, Random, device, miner, recipient, reward, teleport, tier, units, work_id,
    },
};
use alloy_primitives::{Address, B256, U256};
use pars_protocol::{Tier, ids};

/// A fact with its place.
fn facts(chain: &Chain) -> impl Iterator<Item = (Place, Action)> + '_ {
    chain.tips.iter().flat_map(|tip| {
        tip.facts.iter().map(|(transaction_index, log_index, action)| {
            let place = Place {
                block: tip.id().number,
                transaction_index: *transaction_index,
                log_index: *log_index,
                transaction: tip.block.receipts[*transaction_index as usize].transaction,
            };
            (place, *action)
        })
    })
}

fn same_work(row: &Work, place: Place, work: u64, which: u64, to: u64) -> bool {
    row.place == place
        && (row.miner, row.recipient) == (miner(which), recipient(to))
        && row.device_id == device(which)
        && row.tier.0 == tier(which)
        && row.reward == reward(work)
        && row.compute_units == units(work)
}

/// Every answer about a path, against the ledger's. Histories are read in pages of random size.
pub(super) fn compare(ledger: &Ledger, chain: &Chain, works: u64, random: &mut Random) {
    let head = chain.tip().id();
    assert_eq!(ledger.head(), Some(head));
    for work in 0..works {
        let expected = facts(chain).find_map(|(place, action)| match action {
            Action::Work { work: spent, device, recipient } if spent == work => {
                Some((place, device, recipient))
            }
            _ => None,
        });
        match (ledger.lookup(work_id(work), head), expected) {
            (Lookup::Unspent, None) => assert_eq!(ledger.get_work(work_id(work)).unwrap().value, None),
            (Lookup::Spent(row), Some((place, which, to))) => {
                assert!(same_work(&row, place, work, which, to), "work {work}: {row:?}");
                assert_eq!(ledger.get_work(work_id(work)).unwrap().value, Some(*row));
            }
            (found, expected) => panic!("work {work}: {found:?}, not {expected:?}"),
        }
    }
    for which in 0..CAST {
        histories(ledger, chain, which, random);
        devices(ledger, chain, which);
    }
    teleports(ledger, chain);
    stats(ledger, chain, random);
}

fn pages(ledger: &Ledger, address: Address, by: By, random: &mut Random) -> Vec<Earning> {
    let (mut all, mut from) = (Vec::new(), Cursor::default());
    loop {
        let limit = 1 + random.below(7) as usize;
        let Page { entries, next } = ledger.history(address, by, from, limit).unwrap().value;
        assert!(entries.len() <= limit && (next.is_none() || entries.len() == limit));
        all.extend(entries);
        match next {
            Some(next) => from = next,
            None => return all,
        }
    }
}

fn histories(ledger: &Ledger, chain: &Chain, which: u64, random: &mut Random) {
    let mined: Vec<_> = facts(chain)
        .filter_map(|(place, action)| match action {
            Action::Work { work, device, .. } if device == which => Some((work_id(work), place)),
            _ => None,
        })
        .collect();
    let paid: Vec<_> = facts(chain)
        .filter_map(|(place, action)| match action {
            Action::Work { work, recipient, .. } if recipient == which => Some((work_id(work), place)),
            Action::Claim(claimed) if claimed % CAST == which => {
                Some((ids::teleport_id(&teleport(claimed)), place))
            }
            _ => None,
        })
        .collect();
    let found = |address, by, random: &mut Random| -> Vec<(B256, Place)> {
        pages(ledger, address, by, random)
            .into_iter()
            .map(|earning| match earning {
                Earning::Work { id, row } => (id, row.place),
                Earning::Claim { id, row } => (id, row.place),
            })
            .collect()
    };
    assert_eq!(found(miner(which), By::Miner, random), mined);
    assert_eq!(found(recipient(which), By::Recipient, random), paid);
}

fn devices(ledger: &Ledger, chain: &Chain, which: u64) {
    let found = ledger.get_device(device(which), Cursor::default(), 1_000).unwrap().value;
    let (mut proofs, mut total, mut first, mut last, mut events) = (0, 0, None, 0, 0);
    let (mut registered, mut revoked) = (None, false);
    for (place, action) in facts(chain) {
        match action {
            Action::Work { work, device, .. } if device == which => {
                proofs += 1;
                total += units(work);
            }
            Action::Register { device, .. } if device == which => {
                registered = Some(place.block);
                events += 2;
            }
            Action::Revoke { device, revoked: flag } if device == which => {
                revoked = flag;
                events += 1;
            }
            _ => continue,
        }
        first = first.or(Some(place.block));
        last = place.block;
    }
    let Some(history) = found else {
        assert_eq!(first, None, "device {which}");
        return;
    };
    let device = history.device;
    assert_eq!((device.proofs, device.units.to::<u64>()), (proofs, total));
    assert_eq!((Some(device.first_block), device.last_block, device.revoked), (first, last, revoked));
    assert_eq!(device.registration.map(|registration| registration.block), registered);
    assert_eq!(device.binding.map(|binding| binding.block), registered);
    assert_eq!(history.events.entries.len(), events);
}

fn teleports(ledger: &Ledger, chain: &Chain) {
    let pending = &ledger.identity().config.as_ref().unwrap().pending_teleports;
    for (which, message) in (0..).zip(pending) {
        let id = ids::teleport_id(message);
        let found = ledger.get_teleport(id).unwrap().value.unwrap();
        assert_eq!((found.delivery.nonce, found.delivery.amount), (which, message.amount));
        let claimed =
            facts(chain).find_map(|(place, action)| (action == Action::Claim(which)).then_some(place));
        assert_eq!(found.claim.map(|claim| claim.place), claimed);
    }
    assert_eq!(ledger.get_teleport(B256::repeat_byte(3)).unwrap().value, None);
}

fn stats(ledger: &Ledger, chain: &Chain, random: &mut Random) {
    let height = chain.tip().id().number;
    let from = random.below(height + 1);
    let to = from + random.below(height + 1 - from);
    let mut expected = Totals::ZERO;
    for (place, action) in facts(chain) {
        let counted = (from..=to).contains(&place.block);
        match action {
            Action::Work { work, device, .. } if place.block <= to => {
                expected.supply += reward(work);
                if counted {
                    let pool = expected.pool_mut(tier(device).pool());
                    pool.proofs += 1;
                    pool.units += alloy_primitives::U128::from(units(work));
                    pool.reward += reward(work);
                    pool.native_reward += U256::from(u64::from(tier(device) != Tier::Software));
                }
            }
            Action::Claim(which) if place.block <= to => {
                expected.supply += teleport(which).amount;
                if counted {
                    expected.claims += 1;
                    expected.claimed += teleport(which).amount;
                }
            }
            _ => {}
        }
    }
    if from == 0 {
        for message in &ledger.identity().config.as_ref().unwrap().pending_teleports {
            expected.deliveries += 1;
            expected.delivered += message.amount;
        }
    }
    let found = ledger.stats(from, to).unwrap();
    assert_eq!(found.head, chain.tip().id());
    assert_eq!(found.value.totals, expected, "blocks {from} to {to}");
}
