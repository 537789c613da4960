//! Real evidence, real RIMs, and other projects' bad inputs, where they are at hand.

use std::path::Path;

use pars_nvtrust::{Attestation, DeviceKind, Report};
use serde_json::{Value, json};

use crate::support::{Folder, Run, base64, not_run, read, run, shared};

fn manifest(shared: &Path) -> Value {
    serde_json::from_slice(&read(shared.join("manifest.json"))).expect("JSON")
}

fn path(shared: &Path, parts: &[&str]) -> String {
    let path = parts.iter().fold(shared.to_owned(), |path, part| path.join(part));
    path.to_str().expect("a path").to_owned()
}

/// Report and chain of an entry of the manifest.
fn files(shared: &Path, facts: &Value) -> [String; 2] {
    let folder = facts["dir"].as_str().expect("a folder");
    ["report.bin", "chain.pem"].map(|file| path(shared, &[folder, file]))
}

fn is_switch(facts: &Value) -> bool {
    facts["id"].as_str().is_some_and(|id| id.starts_with("ls10"))
}

/// Every fact of the manifest that `inspect --json` says.
fn assert_facts(facts: &Value, json: &Value) {
    let id = &facts["id"];
    let flag = match facts["feature_flag"].as_u64() {
        None => Value::Null,
        Some(flag) => json!(["spt", "mpt", "ppcie"][usize::try_from(flag).expect("small")]),
    };
    let state = |name: &str| match facts[name].as_str() {
        None => Value::Null,
        Some(state) => json!(if state == "aa" { "enabled" } else { "disabled" }),
    };
    let number = |name: &str| facts[name].as_u64().expect("a number");
    for (key, expected) in [
        ("report_bytes", json!(number("report_len") - number("trailing_bytes"))),
        ("trailing_bytes", facts["trailing_bytes"].clone()),
        ("signed_bytes", facts["signed_len"].clone()),
        ("signed_sha384", facts["sha384_signed"].clone()),
        ("nonce", facts["spdm_nonce"].clone()),
        ("responder_nonce", facts["responder_nonce"].clone()),
        ("blocks", facts["n_blocks"].clone()),
        ("opaque_types", facts["opaque_types"].clone()),
        ("driver", facts["driver"].clone()),
        ("vbios", facts["vbios"].clone()),
        ("project", facts["project"].clone()),
        ("project_sku", facts["project_sku"].clone()),
        ("chip_sku", facts["chip_sku"].clone()),
        ("chip_info", facts["chip_info"].clone()),
        ("nvdec0", state("nvdec0")),
        ("protected_pcie", state("ppcie")),
        ("feature_flag", flag),
        ("opaque_version", facts["opaque_version"].clone()),
        ("fwid", facts["fwid_report"].clone()),
        ("leaf_fwid", facts["fwid_cert"].clone()),
        ("leaf_serial", facts["leaf_serial"].clone()),
        ("device_name", facts["san"].clone()),
        ("ik_serial", facts["ik_serial"].clone()),
        ("ik_spki_sha256", facts["ik_spki_sha256"].clone()),
        ("pdi", facts["pdi"].clone()),
        ("kind", json!(if is_switch(facts) { "nvswitch" } else { "gpu" })),
    ] {
        assert_eq!(json[key], expected, "{id}: {key}");
    }
    let chain = json["chain"].as_array().expect("a list");
    assert_eq!(
        (json!(chain.len()), &chain[1]["subject"]),
        (facts["chain_len"].clone(), &facts["ik_cn"]),
        "{id}"
    );
    assert!(chain.iter().all(|certificate| certificate["error"].is_null()), "{id}");
    let (tier, index) = match facts["id"].as_str().expect("an id") {
        id if id.starts_with("ls10") => (Value::Null, Value::Null),
        id if id.starts_with("b200") => {
            (json!({"id": 4, "name": "B100, B200, GB200", "trust_bps": 10000}), json!(1))
        }
        _ => (json!({"id": 3, "name": "H100, H200", "trust_bps": 9500}), json!(0)),
    };
    assert_eq!((&json["tier"], &json["ica_index"]), (&tier, &index), "{id}");
    assert_eq!(json["device_id"].is_null(), is_switch(facts), "{id}");
}

#[test]
fn d1_every_real_report_is_inspected_verified_and_packed() {
    let Some(shared) = shared() else { return not_run("d1, 16 real reports through the binary") };
    let folder = Folder::new();
    let (mut genuine, mut refused) = (0, 0);
    for facts in manifest(&shared)["evidence"].as_array().expect("a list") {
        let id = facts["id"].as_str().expect("an id");
        let [report, chain] = files(&shared, facts);
        let inspected = run(&["inspect", &report, &chain, "--json"]);
        assert_eq!(inspected.code, Some(0), "{id}: {inspected:?}");
        let said = inspected.json();
        assert_facts(facts, &said);
        let text = run(&["inspect", &report, &chain]);
        assert!(text.code == Some(0) && text.out.lines().count() <= 24, "{id}: {text:?}");

        let expected = facts["signature_valid"] == true
            && facts["chain_links_valid"] == true
            && facts["root_is_pinned"] == true
            && facts["fwid_match"] != false
            && !is_switch(facts);
        let verdict = |report: &str| run(&["verify", report, &chain, "--json"]);
        let pack = run(&["pack", &report, &chain, "--json"]);
        if !expected {
            refused += 1;
            for run in [verdict(&report), pack, run(&["golden", &report, &chain, "--json"])] {
                run.assert_refused("Evidence.NvSwitch");
            }
            continue;
        }
        genuine += 1;
        assert_eq!(pack.code, Some(0), "{id}: {pack:?}");
        let packed = pack.json();
        assert_eq!(packed["stripped_bytes"], facts["trailing_bytes"], "{id}");
        assert_eq!(packed["device_id"], said["device_id"], "{id}");
        let bytes = hex::decode(&packed["attestation"].as_str().expect("hex")[2..]).expect("hex");
        let Ok(Attestation::Full(full)) = Attestation::decode(&bytes) else { panic!("{id}") };
        assert_eq!(Report::parse(full.report).expect("exact").kind(), DeviceKind::Gpu, "{id}");
        if facts["trailing_bytes"] != 0 {
            verdict(&report).assert_refused("Report.TrailingBytes");
        }
        // What is packed is genuine, with the nonce that the manifest knows.
        let exact = folder.file(id, full.report);
        let nonce = facts["spdm_nonce"].as_str().expect("hex");
        let verified = run(&["verify", &exact, &chain, "--nonce", nonce, "--json"]);
        assert_eq!(
            (verified.code, &verified.json()["verdict"]),
            (Some(0), &json!("genuine")),
            "{id}: {verified:?}"
        );
        // The same as NVIDIA's JSON writes it.
        let arch = if id.starts_with("b200") { "BLACKWELL" } else { "HOPPER" };
        let (evidence, certificate) = (base64(full.report), base64(read(&chain)));
        let item = json!({ "arch": arch, "nonce": nonce, "evidence": evidence, "certificate": certificate });
        let file = folder.file("evidence.json", json!([item]).to_string());
        let from_json = run(&["verify", &file, "--json"]);
        assert_eq!(
            (from_json.code, &from_json.json()["nonce"]),
            (Some(0), &json!("json")),
            "{id}: {from_json:?}"
        );
    }
    assert!(genuine >= 14 && refused >= 2, "{genuine} genuine, {refused} refused");
}

#[test]
fn d2_other_projects_bad_inputs_are_refused_by_the_binary() {
    let Some(shared) = shared() else { return not_run("d2, other projects' bad inputs through the binary") };
    let manifest = manifest(&shared);
    let verify = |report: &str, chain: &str| run(&["verify", report, chain, "--json"]);
    let mut seen = 0;
    for facts in
        manifest["negative"].as_array().expect("a list").iter().filter(|facts| facts["id"].is_string())
    {
        let [report, chain] = files(&shared, facts);
        let reason = match facts["id"].as_str().expect("an id") {
            "report-wrong-gpu-hopper" => "Evidence.FwidMismatch",
            "report-wrong-switch" => "Evidence.NvSwitch",
            other => panic!("{other}: say why it is bad"),
        };
        verify(&report, &chain).assert_refused(reason);
        seen += 1;
    }
    let report = path(&shared, &["evidence", "h100-550.90.07", "report.bin"]);
    let root = "rims-nvat/incorrect_rim_root.crt";
    for file in ["chain_case2.pem", "chain_case3.pem", "chain_case4.pem", root] {
        verify(&report, &path(&shared, &["negative", file])).assert_refused("Path.Length");
        seen += 1;
    }
    assert_eq!(seen, 6, "the RIMs among them have tests of their own");
    // A switch's certificates under a GPU's report, and one GPU's under another's.
    let chain = |id: &str| path(&shared, &["evidence", id, "chain.pem"]);
    verify(&report, &chain("ls10-96.10.55")).assert_refused("Evidence.Chain.NvSwitch");
    verify(&report, &chain("h100-545.00")).assert_refused("Evidence.FwidMismatch");
}

fn golden(shared: &Path, id: &str, rims: [&str; 2], more: &[&str]) -> Run {
    let [report, chain] = ["report.bin", "chain.pem"].map(|file| path(shared, &["evidence", id, file]));
    let [first, second] = rims.map(|rim| path(shared, &[rim]));
    let arguments = ["golden", &report, &chain, "--rim", &first, "--rim", &second, "--json"];
    run(&[&arguments[..], more].concat())
}

#[test]
fn both_complete_gpus_match_their_rims_and_other_rims_do_not() {
    let Some(shared) = shared() else { return not_run("real reports against real RIMs") };
    let at = ["--at", "2025-01-10"];
    let (driver, vbios) =
        ("rims/NV_GPU_DRIVER_GH100_550.90.07.xml", "rims/NV_GPU_VBIOS_1010_0200_882_96009F0001.xml");
    let (old_driver, old_vbios) =
        ("rims/NV_GPU_DRIVER_GH100_545.00.swidtag", "rims/1010_0200_882_96005E0001_test_no_gpu.swidtag");
    for (id, rims) in [("h100-550.90.07", [driver, vbios]), ("h100-545.00", [old_driver, old_vbios])] {
        let run = golden(&shared, id, rims, &at);
        assert_eq!(run.code, Some(0), "{id}: {run:?}");
        let json = run.json();
        assert_eq!((&json["matches"], &json["report"]), (&json!(32), &json!("genuine")), "{id}");
        assert_eq!(json["mask"], "0x000001f7ffe01fff", "{id}");
    }
    // Two other RIMs of the same id, both genuine, with other values.
    for other in [
        "rims/1010_0200_882_96005E0001_PROD.swidtag",
        "negative/rims-nvat/NV_GPU_VBIOS_1010_0200_882_96005E0001_measurement_mismatch.xml",
    ] {
        let refused = golden(&shared, "h100-545.00", [old_driver, other], &at);
        refused.assert_refused("Mismatch");
        let list = refused.json()["reason"]["mismatches"].clone();
        let indices: Vec<_> =
            list.as_array().expect("a list").iter().map(|mismatch| &mismatch["index"]).collect();
        assert_eq!(json!(indices), json!([1, 2, 3, 9]), "{other}");
    }
    // Another version, another device's, bad files of other projects.
    let id = "h100-550.90.07";
    for (rims, reason) in [
        ([old_driver, vbios], "Rim.Version"),
        ([driver, old_vbios], "Rim.Version"),
        ([driver, "rims/NV_SWITCH_BIOS_5612_0002_890_9610550001.xml"], "Rim.NotYetValid"),
        (["negative/rims-nvat/incorrect_signature_driver_rim.xml", vbios], "Rim.Signature"),
        (["negative/rims-nvat/incorrect_cert_chain_driver_rim.xml", vbios], "Rim.ChainLength"),
    ] {
        golden(&shared, id, rims, &at).assert_refused(reason);
    }
}
