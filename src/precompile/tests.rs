//! Tests of the core on the host in memory.

use crate::{Outcome, testing::*};
use alloy_primitives::U256;
use pars_mldsa::ParameterSet;

#[test]
fn a_legal_proof_is_paid_once() {
    let (precompile, mut host) = (precompile(), host(&genesis()));
    let miner = Miner::new(ParameterSet::MlDsa65, 1, 1);
    let first = host.execute(&precompile, call(miner.calldata()));
    // 10^10 · 10^6 · 10^18 · 6000 / 10^22
    assert_eq!(
        first.outcome,
        Outcome::Success(U256::from(6_000_000_000_000_000_u64).to_be_bytes_vec().into())
    );
    assert!(matches!(host.execute(&precompile, call(miner.calldata())).outcome, Outcome::Revert(_)));
}
