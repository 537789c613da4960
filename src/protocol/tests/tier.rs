//! The trust table against the tables of the specification.

use crate::{
    Pool, Tier,
    tier::{MIN_TRUST_BPS, UNPINNED_TRUST_BPS},
};

#[test]
fn the_trust_table() {
    // id, trust in basis points, units a second, pool
    let table = [
        (Tier::Software, 1, 6_000, 209_500, Pool::Software),
        (Tier::RtxPro6000, 2, 8_500, 503_800, Pool::Attested),
        (Tier::Gh100, 3, 9_500, 989_500, Pool::Attested),
        (Tier::Gb100, 4, 10_000, 2_500_000, Pool::Attested),
    ];
    assert_eq!(Tier::ALL, table.map(|row| row.0));
    for (tier, id, trust_bps, ceiling, pool) in table {
        assert_eq!(
            (tier.id(), tier.trust_bps(), tier.ceiling(), tier.pool()),
            (id, trust_bps, ceiling, pool)
        );
    }
}

#[test]
fn tier_ids_round_trip() {
    for id in 0..=u8::MAX {
        match Tier::from_id(id) {
            Some(tier) => assert_eq!(tier.id(), id),
            None => assert!(!(1..=4).contains(&id), "{id}"),
        }
    }
    for tier in Tier::ALL {
        assert_eq!(Tier::from_id(tier.id()), Some(tier));
    }
}

#[test]
fn pool_ids_round_trip() {
    assert_eq!(Pool::ALL.map(Pool::id), [0, 1]);
    for id in 0..=u8::MAX {
        assert_eq!(Pool::from_id(id).map(Pool::id), (id < 2).then_some(id));
    }
}

/// A genuine GPU whose measurements are not pinned: `min(table, 8000)`. It is worth more than software, and a tier that
/// the table trusts less gains nothing.
#[test]
fn trust_without_pinned_measurements() {
    assert_eq!(UNPINNED_TRUST_BPS, 8_000);
    let expected =
        [(Tier::Software, 6_000), (Tier::RtxPro6000, 8_000), (Tier::Gh100, 8_000), (Tier::Gb100, 8_000)];
    assert_eq!(Tier::ALL.map(|tier| (tier, tier.unpinned_trust_bps())), expected);
    for tier in Tier::ALL {
        assert_eq!(tier.unpinned_trust_bps(), tier.trust_bps().min(8_000), "{tier:?}");
        assert!(tier.pool() == Pool::Software || tier.unpinned_trust_bps() > Tier::Software.trust_bps());
    }
}

/// PIP-6 gives multipliers from 0.6 to 1.0.
#[test]
fn trust_stays_in_the_range_of_pip_6() {
    let trust = Tier::ALL.map(Tier::trust_bps);
    assert_eq!(trust.iter().min(), Some(&6_000));
    assert_eq!(trust.iter().max(), Some(&10_000));
    assert_eq!(MIN_TRUST_BPS, 6_000);
}

/// A higher tier is trusted more and may claim more; the order of the type is the order of the table.
#[test]
fn tiers_are_ordered() {
    for pair in Tier::ALL.windows(2) {
        let [low, high] = [pair[0], pair[1]];
        assert!(low < high && low.id() < high.id());
        assert!(low.trust_bps() < high.trust_bps() && low.ceiling() < high.ceiling());
    }
}
