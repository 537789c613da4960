//! The tables of the specification against the code.

use crate::{
    golden::rows_with_vectors,
    suite::{self, abi, evidence::golden_of, format::File, interface},
};
use alloy_primitives::{Address, B256, U256, hex};
use pars_ai_mining::{
    nvtrust::{Certificate, GENESIS_ICAS, SIMULATED_ICAS},
    precompile::{
        ADDRESS, Genesis,
        dispatch::{Mutability, method_table},
        gas::{self, Evidence},
        profile::Marker,
        storage,
        testing::{CHAIN_ID, Miner, h100},
    },
    protocol::{
        Parameter, ParameterSet, Parameters, Pool, TeleportMessage, Tier, WorkContext,
        economics::{EpochState, PoolState, effective_epoch, reward},
        ids,
        parameters::JointBound,
    },
};
use std::collections::{BTreeMap, BTreeSet};

fn text(name: &str) -> String {
    std::fs::read_to_string(suite::root().join("precompile-spec").join(name))
        .expect("a file of the specification")
}

/// The rows of the tables under a heading, cell by cell, without the header, backticks and the commas of numbers.
fn rows(name: &str, heading: &str) -> Vec<Vec<String>> {
    let text = text(name);
    let mut lines = text
        .lines()
        .skip_while(|line| line.trim_start_matches('#').trim() != heading || !line.starts_with('#'));
    assert!(lines.next().is_some(), "{name} has no heading {heading:?}");
    let mut rows = Vec::new();
    let mut body = false;
    for line in lines.take_while(|line| !line.starts_with('#')) {
        let Some(cells) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else {
            body = false;
            continue;
        };
        if cells.trim_start().starts_with("---") {
            body = true;
        } else if body {
            rows.push(cells.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect());
        }
    }
    assert!(!rows.is_empty(), "{name} has no table under {heading:?}");
    rows
}

fn number(cell: &str) -> u128 {
    cell.replace(',', "").parse().unwrap_or_else(|_| panic!("{cell:?} is no number"))
}

#[test]
fn g1_the_gas_table_is_that_of_the_code() {
    let printed: BTreeMap<_, _> = rows("gas.md", "Numbers")
        .into_iter()
        .map(|row| (row[0].clone(), u64::try_from(number(&row[1])).expect("64 bits")))
        .collect();
    assert_eq!(printed, interface::gas_table());
}

#[test]
fn g1_the_examples_of_gas_are_right() {
    let topics = [
        "work-valid",
        "attested-valid",
        "attestation",
        "attestation-governance",
        "views",
        "teleport",
        "governance",
        "calls",
    ];
    let charged: BTreeSet<_> = topics
        .into_iter()
        .flat_map(|topic| suite::read::<File>(&format!("{topic}.json")).vectors)
        .map(|vector| u128::from(vector.expected.gas_used))
        .collect();
    for row in rows("gas.md", "Examples") {
        let [bytes, input, operation, total] = [1, 2, 3, 4].map(|cell: usize| number(&row[cell]));
        assert_eq!(input, u128::from(gas::input(usize::try_from(bytes).expect("a length"))), "{row:?}");
        assert_eq!(input + operation, total, "{row:?}");
        let verified = gas::operation::verify_mldsa;
        match row[0].as_str() {
            "verifyMLDSA, set 65, message of 32 bytes" => {
                assert_eq!(operation, u128::from(verified(Some(ParameterSet::MlDsa65), 32)));
            }
            "verifyMLDSA, set 87, message of 65,536 bytes" => {
                assert_eq!(operation, u128::from(verified(Some(ParameterSet::MlDsa87), gas::MAX_MESSAGE)));
            }
            _ => assert!(charged.contains(&total), "no vector is charged {total}: {row:?}"),
        }
    }
}

#[test]
fn g1_each_function_has_a_price() {
    let printed: BTreeSet<_> =
        rows("gas.md", "Operation gas").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(printed, method_table().map(|(signature, ..)| signature.to_owned()).collect());
}

#[test]
fn g1_the_gas_of_each_kind_of_attestation_is_that_of_the_code() {
    let printed = rows("gas.md", "Operation gas by attestation");
    assert_eq!(printed.len(), Evidence::ALL.len());
    for (row, evidence) in printed.iter().zip(Evidence::ALL) {
        let work = ParameterSet::ALL.map(|set| gas::operation::submit_work_proof(set, evidence));
        let wanted = [&work[..], &[gas::operation::verify_nvtrust(evidence)]].concat();
        let numbers: Vec<_> = row[1..].iter().map(|cell| number(cell)).collect();
        assert_eq!(numbers, wanted.into_iter().map(u128::from).collect::<Vec<_>>(), "{row:?}");
    }
}

#[test]
fn h1_the_table_of_parameters_is_that_of_the_code() {
    let printed = rows("parameters.md", "Table");
    assert_eq!(printed.len(), Parameter::ALL.len());
    for (row, parameter) in printed.iter().zip(Parameter::ALL) {
        let spec = parameter.spec();
        assert_eq!(row[0], spec.name);
        assert_eq!(row[1], spec.unit);
        let numbers: Vec<_> = row[2..6].iter().map(|cell| number(cell)).collect();
        assert_eq!(numbers, [spec.default, spec.min, spec.max, spec.step.floor], "{}", spec.name);
        assert_eq!(spec.step.bps, 2_500);
        assert_eq!(row[6], hex::encode_prefixed(parameter.name()));
    }
    let joint: Vec<_> = rows("parameters.md", "Joint bounds").into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(joint, JointBound::ALL.map(JointBound::name));
}

#[test]
fn w1_each_row_of_the_check_table_has_a_vector() {
    // Row 24 stands for a table of its own.
    let (checks, evidence): (Vec<_>, _) = (rows("work.md", "Checks"), rows("work.md", "Evidence"));
    let (beside, own): (Vec<_>, Vec<_>) = checks.into_iter().partition(|row| row[0] == "24");
    assert_eq!(beside.len(), 1);
    // The last table of Evidence is that of tiers.
    let evidence: Vec<_> = evidence.into_iter().filter(|row| row[0].starts_with("24.")).collect();
    assert_eq!(names(&own), rows_with_vectors("work-invalid"));
    let attested = rows_with_vectors("attested-invalid");
    let (attested, also): (Vec<_>, Vec<_>) =
        attested.into_iter().partition(|(row, _)| row.starts_with("24."));
    assert_eq!(names(&evidence), attested);
    assert!(also.iter().all(|row| names(&own).contains(row)), "{also:?}");
    for row in own.iter().chain(&evidence) {
        let arguments =
            row[1].split_once('(').map(|(_, rest)| rest.trim_end_matches(')')).unwrap_or_default();
        let types: Vec<_> = arguments.split(", ").filter_map(|argument| argument.split(' ').next()).collect();
        let name = row[1].split('(').next().unwrap_or_default();
        let signature = format!("{name}({})", types.join(","));
        assert!(
            name.starts_with("out of gas") || interface::error_table().any(|(known, _)| known == signature),
            "{signature}"
        );
    }
}

/// Each row of a table of checks with the name of its error; empty where gas runs out.
fn names(rows: &[Vec<String>]) -> Vec<(String, String)> {
    rows.iter()
        .map(|row| {
            let error = row[1].split('(').next().unwrap_or_default().trim_matches('`').to_owned();
            (row[0].clone(), if error.starts_with("out of gas") { String::new() } else { error })
        })
        .collect()
}

#[test]
fn w2_the_table_of_tiers_is_that_of_the_code() {
    let printed = rows("economics.md", "Tiers");
    assert_eq!(printed.len(), Tier::ALL.len());
    for (row, tier) in printed.iter().zip(Tier::ALL) {
        let numbers = [&row[0], &row[2], &row[3], &row[4]].map(|cell| number(cell));
        let wanted = [
            u128::from(tier.id()),
            u128::from(tier.pool().id()),
            u128::from(tier.trust_bps()),
            u128::from(tier.ceiling()),
        ];
        assert_eq!(numbers, wanted);
    }
}

#[test]
fn h2_the_worked_rewards_are_right() {
    for row in rows("economics.md", "Worked rewards") {
        let [base, units, d, bps] = [0, 1, 2, 3].map(|cell: usize| number(&row[cell]));
        let (units, bps) = (u64::try_from(units).expect("units"), u16::try_from(bps).expect("trust"));
        assert_eq!(reward(base, units, d, bps), Ok(U256::from(number(&row[4]))), "{row:?}");
    }
}

#[test]
fn w4_the_worked_steps_are_right() {
    for row in rows("economics.md", "Worked steps") {
        let [d, target, units, paid, after] = [0, 1, 2, 3, 4].map(|cell: usize| number(&row[cell]));
        let pool = PoolState {
            difficulty: d,
            units,
            paid: U256::from(paid),
            native_paid: U256::ZERO,
            proofs: u64::from(units != 0 || !row[5].contains("no proof")),
        };
        let state = EpochState { start: 1_000, counter: 1, length: 3_600, software: pool, attested: pool };
        let parameters = Parameters::default().with(Parameter::TargetSoftware, target);
        let (rolled, _) = effective_epoch(&state, &parameters, 4_600).expect("an active state");
        assert_eq!(rolled.pool(Pool::Software).difficulty, after, "{row:?}");
    }
}

#[test]
fn s1_the_table_of_slots_is_that_of_the_code() {
    let printed: Vec<_> = rows("state.md", "Slots")
        .into_iter()
        .map(|row| (number(&row[0]), row[1].clone(), row[2].clone()))
        .collect();
    let ours: Vec<_> = storage::fields()
        .into_iter()
        .map(|field| (u128::from(field.slot), field.name.to_owned(), field.solidity))
        .collect();
    assert_eq!(printed, ours);
}

#[test]
fn a9_the_interface_in_the_text_is_that_of_the_code() {
    let functions: BTreeSet<_> = ["IAIMining", "IAIMiningInspector", "IAIMiningGovernance"]
        .into_iter()
        .flat_map(|interface| rows("abi.md", interface))
        .map(|row| (row[1].clone(), row[0].clone(), row[3] == "yes"))
        .collect();
    let ours = method_table()
        .map(|(signature, selector, mutability)| {
            (signature.to_owned(), hex::encode_prefixed(selector), mutability == Mutability::Write)
        })
        .collect();
    assert_eq!(functions, ours);

    let events: BTreeSet<_> =
        rows("abi.md", "Events").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let ours = interface::event_table()
        .map(|(signature, topic)| (signature.to_owned(), hex::encode_prefixed(topic)))
        .into();
    assert_eq!(events, ours);

    let errors: BTreeSet<_> =
        rows("abi.md", "Errors").into_iter().map(|row| (row[1].clone(), row[0].clone())).collect();
    let ours = interface::error_table()
        .map(|(signature, selector)| (signature.to_owned(), hex::encode_prefixed(selector)))
        .collect();
    assert_eq!(errors, ours);

    for file in ["README.md", "abi.md"] {
        assert!(text(file).contains(&ADDRESS.to_string().to_lowercase()), "{file} names the address");
    }
    assert_eq!(abi::INTERFACES.len(), 5);
}

#[test]
fn a11_the_markers_in_the_text_are_those_of_the_code() {
    let profile = text("host-profile.md");
    assert!(profile.contains(&Marker::Message.code().to_string()));
    assert_eq!(Marker::Message.code().len(), 60);
    assert_eq!(Marker::One.code().as_ref(), [1]);
}

#[test]
fn a13_the_example_of_a_configuration_is_legal() {
    let profile = text("host-profile.md");
    let example = profile
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("host-profile.md holds an example");
    #[derive(serde::Deserialize)]
    struct File {
        config: Config,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Config {
        chain_id: u64,
        pars_ai_mining_config: Genesis,
    }
    let file: File = serde_json::from_str(example).expect("the example is a configuration");
    let genesis = file.config.pars_ai_mining_config;
    assert_eq!(u64::from(genesis.chain_id), file.config.chain_id);
    let account = genesis.account(file.config.chain_id).expect("the example is legal");
    assert_eq!(account.nonce, 1);
    assert_eq!(genesis.pending_teleports.len(), 1);
}

#[test]
fn w3_the_known_answers_in_the_text_are_right() {
    let encoding = text("encoding.md");
    let (device, nonce) = (word("010203"), word("040506"));
    let context = WorkContext {
        chain_id: 6133,
        job_id: B256::repeat_byte(1),
        model_hash: B256::repeat_byte(2),
        input_hash: B256::repeat_byte(3),
        device_id: B256::repeat_byte(4),
        nonce: B256::repeat_byte(5),
        timestamp: 1_800_000_000,
    };
    let teleport = TeleportMessage {
        src_chain: 96_369,
        dst_chain: 6133,
        nonce: 7,
        sender: B256::repeat_byte(0xaa),
        recipient: Address::repeat_byte(0xbb).into_word(),
        amount: U256::from(1_000),
    };
    let seed = ids::initial_epoch_seed(6133);
    let miner = Miner::new(ParameterSet::MlDsa44, 1, 1);
    assert_eq!(CHAIN_ID, 6133);
    let identity_key = Certificate::parse(h100::IDENTITY_KEY).expect("a certificate");
    let answers = BTreeMap::from([
        ("work id, chain 6133", hex::encode_prefixed(ids::work_id(device, nonce, 6133))),
        ("work id, chain 96369", hex::encode_prefixed(ids::work_id(device, nonce, 96_369))),
        ("job mark", hex::encode_prefixed(ids::job_mark(device, nonce))),
        ("work digest", hex::encode_prefixed(ids::work_digest(device, nonce, device, nonce))),
        ("miner address", hex::encode_prefixed(ids::miner_address(&[0; 1312]))),
        ("software device id", hex::encode_prefixed(ids::software_device_id(&[0; 1312]))),
        ("attested device id", hex::encode_prefixed(ids::attested_device_id(&[0; 120]))),
        ("attested device id, H100", hex::encode_prefixed(ids::attested_device_id(identity_key.spki()))),
        ("firmware tuple, H100", hex::encode_prefixed(golden_of(h100::REPORT, 1).0)),
        ("golden-set digest, H100, block 1", hex::encode_prefixed(golden_of(h100::REPORT, 1).1)),
        ("golden-set digest, H100, all blocks", hex::encode_prefixed(golden_of(h100::REPORT, u64::MAX).1)),
        ("epoch seed at activation", hex::encode_prefixed(seed)),
        (
            "next epoch seed",
            hex::encode_prefixed(ids::next_epoch_seed(seed, 1, 100, 1_800_000_000, B256::ZERO)),
        ),
        ("attestation nonce", hex::encode_prefixed(ids::attestation_nonce(&context, &[0; 1312], seed))),
        ("WorkContext", hex::encode_prefixed(context.encode())),
        ("TeleportMessage", hex::encode_prefixed(teleport.encode())),
        ("teleport id", hex::encode_prefixed(ids::teleport_id(&teleport))),
        ("statement", hex::encode_prefixed(miner.statement.encode())),
        ("public key", hex::encode_prefixed(ids::blake3(miner.public_key()))),
        ("signature", hex::encode_prefixed(ids::blake3(&miner.proof()[290 + 1312..]))),
    ]);
    let printed: BTreeMap<_, _> = rows("encoding.md", "Known answers")
        .into_iter()
        .map(|row| (row[0].clone(), row[2].clone()))
        .collect();
    let answers: BTreeMap<_, _> =
        answers.into_iter().map(|(name, answer)| (name.to_owned(), answer)).collect();
    assert_eq!(printed, answers, "the answers are {answers:#?}");
    for tag in interface::tags().values() {
        assert!(encoding.contains(tag.as_str()), "{tag}");
    }
}

/// The keys that a second implementation must write down.
#[test]
fn w3_the_keys_in_the_text_are_those_of_the_code() {
    let printed: Vec<_> = rows("attestation.md", "Keys")
        .into_iter()
        .filter_map(|row| Some((row[0].parse::<usize>().ok()?, row[2].clone())))
        .collect();
    let ours: Vec<_> = [0, 1, 254, 255]
        .into_iter()
        .zip(GENESIS_ICAS.iter().chain(&SIMULATED_ICAS))
        .map(|(index, ica)| (index, hex::encode_prefixed(ica.public_key)))
        .collect();
    assert_eq!(printed, ours);
}

/// Some bytes, then zeros.
fn word(hex: &str) -> B256 {
    B256::right_padding_from(&hex::decode(hex).expect("hexadecimal"))
}

/// `make invariants` finds an id anywhere; this holds the column that tells a reader where.
#[test]
fn each_invariant_is_tested_where_the_table_says() {
    fn sources(path: &std::path::Path, into: &mut String) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry")) {
                sources(&entry.path(), into);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "go") {
            into.push_str(&std::fs::read_to_string(path).expect("a source").to_lowercase());
        }
    }
    let text = text("invariants.md");
    let mut count = 0;
    for line in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells[0].starts_with("---") {
            continue;
        }
        count += 1;
        let id = cells[0].to_lowercase();
        for place in cells[2].split(", ").map(|place| place.trim_matches('`')) {
            let mut code = String::new();
            sources(&suite::root().join(place), &mut code);
            // The last two: a program that is a test by itself gives its name as a string; Go's are `TestA1_…`.
            let found =
                [format!("fn {id}_"), format!("_{id}_"), format!("\"{id}_"), format!("func test{id}_")]
                    .iter()
                    .any(|name| code.contains(name.as_str()));
            assert!(found, "{place} has no test of {}", cells[0]);
        }
    }
    assert_eq!(count, rows_of_invariants());
}

fn rows_of_invariants() -> usize {
    [
        "Call surface",
        "Atomicity",
        "Signatures",
        "Attestation",
        "Gas",
        "Economics",
        "Ledger",
        "Determinism",
        "This text",
    ]
    .into_iter()
    .map(|heading| rows("invariants.md", heading).len())
    .sum()
}
