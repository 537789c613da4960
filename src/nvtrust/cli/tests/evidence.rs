//! `verify`, `inspect` and `pack` on the fixture's H100, in every form and with everything wrong that can be.

use pars_nvtrust::Attestation;
use serde_json::{Value, json};

use crate::support::{Folder, Run, base64, chain, fixture, pem, report, run, run_with};

const NONCE: &str = "931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb";
const DEVICE_ID: &str = "0x154d0c6c820dc5a25d45b14a398a919d825d376e8b9a3682a6c9ee951d33c95a";

/// The fixture as files: folder, report, chain.
fn files() -> (Folder, String, String) {
    let folder = Folder::new();
    let (report, chain) = (folder.file("report.bin", report()), folder.file("chain.pem", pem(&chain())));
    (folder, report, chain)
}

fn evidence_json(nonce: &str) -> String {
    json!({
        "arch": "HOPPER", "nonce": nonce, "evidence": base64(report()), "certificate": base64(pem(&chain())),
    })
    .to_string()
}

fn assert_genuine(run: &Run, nonce: &Value) {
    assert_eq!(run.code, Some(0), "{run:?}");
    let json = run.json();
    assert_eq!((&json["verdict"], &json["reason"], &json["nonce"]), (&json!("genuine"), &Value::Null, nonce));
    assert_eq!(json["evidence"]["device_id"], DEVICE_ID);
}

#[test]
fn verify_takes_every_form_from_files_and_from_standard_input() {
    let (folder, report_file, chain_file) = files();
    let none = Value::Null;
    assert_genuine(&run(&["verify", &report_file, &chain_file, "--json"]), &none);
    let hex = folder.file("report.hex", format!("0x{}\n", hex::encode(report())));
    let der = folder.file("chain.der", chain().concat());
    let wrapped = folder.file("chain.b64", base64(pem(&chain())));
    assert_genuine(&run(&["verify", &hex, &der, "--json"]), &none);
    assert_genuine(&run(&["verify", &hex, &wrapped, "--json"]), &none);
    assert_genuine(&run_with(&["verify", "-", &chain_file, "--json"], &report()), &none);
    assert_genuine(&run_with(&["verify", &report_file, "-", "--json"], pem(&chain()).as_bytes()), &none);
    let alone = folder.file("evidence.json", evidence_json(NONCE));
    assert_genuine(&run(&["verify", &alone, "--json"]), &json!("json"));
    let list =
        folder.file("list.json", format!("[{},{}]", evidence_json(&"11".repeat(32)), evidence_json(NONCE)));
    assert_genuine(&run(&["verify", &list, "--index", "1", "--json"]), &json!("json"));
    run(&["verify", &list, "--index", "0", "--json"]).assert_refused("Evidence.Nonce");
    assert_eq!(run(&["verify", &list]).code, Some(2));
}

#[test]
fn verify_compares_the_nonce_and_says_so_where_it_cannot() {
    let (folder, report, chain) = files();
    let asked = |nonce: &str| run(&["verify", &report, &chain, "--json", "--nonce", nonce]);
    assert_genuine(&asked(NONCE), &json!("argument"));
    assert_genuine(&asked(&format!("0x{}", NONCE.to_uppercase())), &json!("argument"));
    asked(&"00".repeat(32)).assert_refused("Evidence.Nonce");
    // The argument counts, not what the JSON says.
    let lying = folder.file("lying.json", evidence_json(&"22".repeat(32)));
    run(&["verify", &lying, "--json"]).assert_refused("Evidence.Nonce");
    assert_genuine(&run(&["verify", &lying, "--json", "--nonce", NONCE]), &json!("argument"));
    let honest = folder.file("honest.json", evidence_json(NONCE));
    for (arguments, expected) in [
        (&["verify", &report, &chain][..], "freshness was NOT checked"),
        (&["verify", &honest], "check freshness with --nonce"),
        (&["verify", &report, &chain, "--nonce", NONCE], "the one that was asked for"),
    ] {
        let run = run(arguments);
        assert_eq!(run.code, Some(0));
        assert!(run.out.contains("GENUINE") && run.out.contains(expected), "{}", run.out);
        assert!(!run.out.contains('\x1b'), "colours are for terminals");
    }
}

#[test]
fn verify_refuses_with_a_typed_reason_and_exit_code_one() {
    let (folder, report_file, chain_file) = files();
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = report();
        change(&mut bytes);
        run(&["verify", &folder.file(name, bytes), &chain_file, "--json"])
    };
    changed("trailing", &|bytes| bytes.push(0)).assert_refused("Report.TrailingBytes");
    changed("short", &|bytes| bytes.truncate(4000)).assert_refused("Report.Truncated");
    changed("version", &|bytes| bytes[0] = 0x12).assert_refused("Report.RequestVersion");
    changed("measurement", &|bytes| bytes[60] ^= 1).assert_refused("Evidence.ReportSignature");
    let other = |name: &str, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut chain = chain();
        change(&mut chain);
        run(&["verify", &report_file, &folder.file(name, chain.concat()), "--json"])
    };
    other("no root", &|chain| chain.truncate(4)).assert_refused("Path.Length");
    other("reversed", &|chain| chain.reverse()).assert_refused("RootFirst");
    other("root", &|chain| chain[4][100] ^= 1).assert_refused("Path.Root");
    other("leaf", &|chain| *chain[0].last_mut().unwrap() ^= 1).assert_refused("Evidence.Chain.LeafSignature");
    other("ICA", &|chain| chain[2] = chain[3].clone()).assert_refused("UnpinnedIca");
    // A root of ours, by its name; the unit tests have a whole certificate.
    let name = b"Pars simulated device, not NVIDIA";
    let simulated = other("simulated", &|chain| {
        chain[4] = [&[0x30, 0x82, 0, u8::try_from(name.len()).unwrap()], &name[..]].concat();
    });
    simulated.assert_refused("SimulatedRoot");
    let text = run(&["verify", &report_file, &folder.path("simulated")]);
    assert!(
        text.out.contains("REFUSED") && text.out.contains("Pars simulated device, not NVIDIA"),
        "{text:?}"
    );
    // People get the way out besides.
    let text = run(&["verify", &folder.path("trailing"), &chain_file]);
    assert_eq!((text.code, text.error.as_str()), (Some(1), ""));
    assert!(text.out.contains("1 bytes stand behind the signature") && text.out.contains("pack"), "{text:?}");
    // What was read is said even so, but not of what cannot be read.
    let refused = run(&["verify", &folder.path("trailing"), &chain_file, "--json"]).json();
    assert_eq!(refused["evidence"]["trailing_bytes"], 1);
    assert_eq!(
        run(&["verify", &folder.path("short"), &chain_file, "--json"]).json()["evidence"],
        Value::Null
    );
}

#[test]
fn what_cannot_be_used_has_exit_code_two_and_a_sentence() {
    let (folder, report, chain) = files();
    let empty = folder.file("empty", "");
    let long = folder.file("long", vec![0x11; (1 << 20) + 1]);
    let key = folder.file("key.pem", "-----BEGIN EC PRIVATE KEY-----\nEQ==\n-----END EC PRIVATE KEY-----\n");
    for (arguments, expected) in [
        (&["verify", &report][..], "the certificate chain is missing"),
        (&["verify", "/nonexistent/report.bin", &chain], "cannot read /nonexistent/report.bin"),
        (&["verify", &report, "/nonexistent/chain.pem"], "cannot read /nonexistent/chain.pem"),
        (&["verify", &empty, &chain], "the file is empty"),
        (&["verify", &long, &chain], "longer than a mebibyte"),
        (&["verify", &chain, &report], "the report comes first"),
        (&["verify", &report, &report], "neither PEM nor DER"),
        (&["verify", &report, &key], "is a EC PRIVATE KEY, not a CERTIFICATE"),
        (&["golden", "-", "--rim", "-", "--rim", &report], "only one file can be standard input"),
        (&["verify", "-", "-"], "only one file can be standard input"),
        (&["verify", &report, &chain, "--nonce", "12"], "32 bytes in hex"),
        (&["verify", &report, &chain, "--index", "1"], "none with index 1"),
        (&["pack", &report], "the certificate chain is missing"),
        (&["golden", &report, "--rim", &report], "--rim is needed twice"),
        (&["golden", &report, "--at", "2025-01-10"], "--rim"),
        (&["golden", &report, "--mask", "xyz"], "hex digits"),
        (&["nonsense"], "nonsense"),
        (&[], "Usage"),
    ] {
        let run = run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {run:?}");
        assert!(run.error.contains(expected) && run.out.is_empty(), "{arguments:?}: {run:?}");
    }
}

#[test]
fn help_documents_the_json_of_every_command() {
    let (_folder, report, chain) = files();
    for command in ["verify", "inspect", "pack", "golden"] {
        let help = run(&[command, "--help"]);
        assert_eq!(help.code, Some(0));
        let json = run(&[command, &report, &chain, "--json"]).json();
        let mut keys: Vec<_> = json.as_object().expect("an object").keys().cloned().collect();
        let inner = json["evidence"].as_object().into_iter().flat_map(|object| object.keys().cloned());
        keys.extend(inner);
        for key in &keys {
            assert!(help.out.contains(key.as_str()), "{command} --help does not name {key}");
        }
    }
    let version = run(&["--version"]);
    assert!(version.out.starts_with("pars-nvtrust "), "{version:?}");
}

#[test]
fn inspect_reads_a_report_alone_or_with_its_chain() {
    let (folder, report_file, chain) = files();
    let whole = run(&["inspect", &report_file, &chain]);
    assert_eq!(whole.code, Some(0), "{whole:?}");
    for expected in [
        "GH100 GPU (H100, H200)",
        DEVICE_ID,
        "431d480fe5e87274, NVIDIA:GH100:48B02D92494BADF4",
        "3 (H100, H200), trust 9500",
        "550.90.07",
        "96.00.9F.00.01",
        "f5c384aebb579217",
        "project 1010, SKU 0200, chip SKU 882",
        "protected PCIe disabled",
        "64, of which 26 are not zero",
        NONCE,
        "NV_GPU_DRIVER_GH100_550.90.07, NV_GPU_VBIOS_1010_0200_882_96009F0001",
        "2 NVIDIA GH100 Provisioner ICA 1 (genesis pins it: ica_index 0)",
        "4 NVIDIA Device Identity CA",
        "nothing is verified here",
        "not that a model ran",
    ] {
        assert!(whole.out.contains(expected), "{expected:?} is missing in\n{}", whole.out);
    }
    assert!(
        whole.out.lines().count() <= 24 && whole.out.lines().all(|line| line.len() <= 120),
        "{}",
        whole.out
    );
    let alone = run(&["inspect", &report_file]);
    assert!(alone.code == Some(0) && alone.out.contains("not given") && !alone.out.contains(DEVICE_ID));
    let json = run(&["inspect", &report_file, "--json"]).json();
    assert_eq!((&json["driver"], &json["device_id"]), (&json!("550.90.07"), &Value::Null));
    // Zeros behind a report are said, anything else is refused.
    let padded = run(&["inspect", &folder.file("padded", [report(), vec![0; 3]].concat())]);
    assert!(padded.out.contains("4117 bytes, and 3 zeros behind them"), "{padded:?}");
    let more = run(&["inspect", &folder.file("more", [report(), vec![1]].concat()), "--json"]);
    more.assert_refused("Report.TrailingBytes");
    // A chain that cannot be read is no reason to say nothing.
    let junk = run(&["inspect", &report_file, &folder.file("junk", [0x30, 0x82, 0, 1, 5])]);
    assert!(junk.code == Some(0) && junk.out.contains("0 unreadable: "), "{junk:?}");
}

#[test]
fn pack_writes_what_the_chain_reads() {
    let (folder, report_file, chain_file) = files();
    let decode = |text: &str| hex::decode(text.trim().strip_prefix("0x").expect("0x")).expect("hex");
    let plain = run(&["pack", &report_file, &chain_file]);
    assert_eq!(plain.code, Some(0), "{plain:?}");
    let bytes = decode(&plain.out);
    let Ok(Attestation::Full(full)) = Attestation::decode(&bytes) else { panic!("{plain:?}") };
    let (report, chain) = (report(), chain());
    assert_eq!(
        (full.ica_index, full.report, full.leaf, full.ik),
        (0, &report[..], &chain[0][..], &chain[1][..])
    );
    assert!(plain.error.contains("0: NVIDIA GH100 Provisioner ICA 1, pinned by genesis"), "{plain:?}");
    // Zeros are stripped, and that is said.
    let padded = folder.file("padded", [report.clone(), vec![0]].concat());
    let stripped = run(&["pack", &padded, &chain_file]);
    assert!(stripped.out == plain.out && stripped.error.contains("a zero behind the report"), "{stripped:?}");
    // Into a file, but never over one.
    let out = folder.path("attestation.bin");
    let written = run(&["pack", &padded, &chain_file, "--out", &out, "--json"]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert_eq!(crate::support::read(&out), bytes);
    let json = written.json();
    assert_eq!(decode(json["attestation"].as_str().expect("hex")), bytes);
    assert_eq!(json["attestation_hash"], format!("0x{}", blake3::hash(&bytes).to_hex()).as_str());
    assert_eq!((&json["stripped_bytes"], &json["ica_index"]), (&json!(1), &json!(0)));
    assert_eq!((&json["device_id"], &json["nonce"]), (&json!(DEVICE_ID), &json!(NONCE)));
    let again = run(&["pack", &report_file, &chain_file, "--out", &out]);
    assert!(again.code == Some(2) && again.error.contains("cannot write"), "{again:?}");
    let fresh = run(&["pack", &report_file, &chain_file, "--out", &folder.path("b"), "--ica-index", "7"]);
    assert!(
        fresh.out.contains("7, as you say; genesis pins NVIDIA GH100 Provisioner ICA 1 at 0"),
        "{fresh:?}"
    );
    assert_eq!(crate::support::read(folder.path("b"))[2], 7);
    // What the chain would refuse is not packed.
    let mut broken = report;
    broken[60] ^= 1;
    run(&["pack", &folder.file("broken", broken), &chain_file, "--json"])
        .assert_refused("Evidence.ReportSignature");
    let bad = folder.path("not written");
    run(&["pack", &report_file, &fixture("h100_root.der"), "--out", &bad, "--json"])
        .assert_refused("Path.Length");
    assert!(!std::path::Path::new(&bad).exists());
}
