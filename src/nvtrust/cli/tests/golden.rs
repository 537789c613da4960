//! `golden`: digests of reports, and RIMs of the fixtures against a report that holds what they say.

use pars_nvtrust::{Report, firmware_tuple, golden_set};
use serde_json::{Value, json};

use crate::support::{Folder, base64, chain, fixture, pem, read, report, run};

/// NVIDIA's RIM of driver 545.00.
const DRIVER: &str = "Driver_RIM_test_no_gpu.swidtag";
/// Its RIM of VBIOS 96.00.5E.00.01 that goes with it, and another one of the same id with other values.
const VBIOS: &str = "1010_0200_882_96005E0001_test_no_gpu.swidtag";
const OTHER_VBIOS: &str = "1010_0200_882_96005E0001_PROD.swidtag";
const AT: [&str; 2] = ["--at", "2025-01-10"];
/// 33 active ones without 35, whose decoder is off.
const MASK: u64 = 0x0000_01f7_ffe0_1fff;

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

/// A report that holds the first value of every active measurement of these RIMs. Nobody signed it.
fn report_of(rims: [&str; 2], driver: &str, nvdec: u8) -> Vec<u8> {
    let mut values = [[0; 48]; 64];
    for rim in rims {
        let text = String::from_utf8(read(fixture(rim))).expect("text");
        for element in text.split("<ns0:Resource").skip(1) {
            if attribute(element, "active") == Some("True") {
                let index: usize = attribute(element, "index").expect("an index").parse().expect("a number");
                let value = attribute(element, "ns2:Hash0").expect("a value");
                hex::decode_to_slice(value, &mut values[index]).expect("48 bytes");
            }
        }
    }
    let driver = format!("{driver}\0");
    let entries: [(u8, &[u8]); 6] = [
        (6, &[0, 0x5E, 0, 0x96, 1, 0, 0, 0]),
        (3, driver.as_bytes()),
        (11, &[nvdec]),
        (15, b"882\0"),
        (17, b"1010\0"),
        (18, b"0200\0"),
    ];
    let opaque: Vec<u8> = entries
        .iter()
        .flat_map(|(kind, data)| [&[*kind, 0, u8::try_from(data.len()).expect("short"), 0], *data].concat())
        .collect();
    let mut bytes = report()[..45].to_vec();
    for (index, value) in (1u8..).zip(values) {
        bytes.extend([index, 1, 51, 0, 1, 48, 0]);
        bytes.extend(value);
    }
    bytes.extend([0; 32]);
    bytes.extend(u16::try_from(opaque.len()).expect("short").to_le_bytes());
    bytes.extend(opaque);
    bytes.extend([0; 96]);
    Report::parse(&bytes).expect("a report");
    bytes
}

fn digest(report: &[u8], mask: u64) -> [String; 2] {
    let report = Report::parse(report).expect("a report");
    let tuple = firmware_tuple(report.opaque());
    let digest = golden_set(&tuple, mask, &report).expect("a digest");
    [tuple, digest].map(|hash| format!("0x{}", hex::encode(hash)))
}

#[test]
fn a_report_alone_gives_the_digest_of_what_it_holds() {
    let folder = Folder::new();
    let (file, certificates) = (folder.file("report", report()), folder.file("chain", pem(&chain())));
    let json = run(&["golden", &file, &certificates, "--json"]).json();
    // Every block that is not zero; 35 is zero or not, its decoder is off.
    let parsed = report();
    let parsed = Report::parse(&parsed).expect("a report");
    let set = parsed.measurements().enumerate().filter(|(index, value)| **value != [0; 48] && *index != 35);
    let mask = set.fold(0, |mask, (index, _)| mask | 1u64 << index);
    let [tuple, expected] = digest(&report(), mask);
    assert_eq!((&json["tuple"], &json["digest"]), (&json!(tuple), &json!(expected)));
    assert_eq!(json["mask"], format!("{mask:#018x}"));
    assert_eq!((&json["report"], &json["matches"]), (&json!("genuine"), &Value::Null));
    let cast = format!(
        "cast send 0x0000000000000000000000000000000000000300 'pinGoldenSet(bytes32,uint64,bytes32,bool)' {tuple} \
         {mask:#018x} {expected} true"
    );
    assert_eq!(json["cast"], cast.as_str());
    let text = run(&["golden", &file]);
    assert!(
        text.code == Some(0) && text.out.contains(&cast) && text.out.contains("NOT VERIFIED"),
        "{text:?}"
    );
    // A mask of one's own.
    let json = run(&["golden", &file, "--mask", "0x82", "--json"]).json();
    let [_, expected] = digest(&report(), 0x82);
    assert_eq!((&json["digest"], &json["blocks"]), (&json!(expected), &json!([1, 7])));
    assert_eq!(json["report"], "unverified");
    run(&["golden", &file, "--mask", "0", "--json"]).assert_refused("GoldenSet.EmptyMask");
    // With certificates the report must be theirs.
    let mut broken = report();
    broken[60] ^= 1;
    let broken = folder.file("broken", broken);
    run(&["golden", &broken, &certificates, "--json"]).assert_refused("Evidence.ReportSignature");
}

#[test]
fn rims_that_match_give_their_mask_and_the_reports_digest() {
    let folder = Folder::new();
    let bytes = report_of([DRIVER, VBIOS], "545.00", 0x55);
    let file = folder.file("report", &bytes);
    let [driver, vbios] = [DRIVER, VBIOS].map(fixture);
    for order in [[&driver, &vbios], [&vbios, &driver]] {
        let arguments = ["golden", &file, "--rim", order[0], "--rim", order[1], AT[0], AT[1]];
        let text = run(&arguments);
        assert!(text.code == Some(0) && text.out.contains("matches 32/32"), "{text:?}");
        let json = run(&[&arguments[..], &["--json"]].concat()).json();
        let [tuple, expected] = digest(&bytes, MASK);
        assert_eq!((&json["tuple"], &json["digest"]), (&json!(tuple), &json!(expected)));
        assert_eq!((&json["mask"], &json["matches"]), (&json!(format!("{MASK:#018x}")), &json!(32)));
        assert_eq!(json["rims"][0]["signer"][0], "HCC RIM L4 Signer");
    }
    // With the decoder on, 35 counts too: it holds the RIM's value here, and is no longer skipped.
    let on = folder.file("on", report_of([DRIVER, VBIOS], "545.00", 0xAA));
    let json = run(&["golden", &on, "--rim", &driver, "--rim", &vbios, AT[0], AT[1], "--json"]).json();
    assert_eq!((&json["matches"], &json["mask"]), (&json!(33), &json!(format!("{:#018x}", MASK | 1 << 35))));
    // What NVIDIA's RIM service answers.
    let wrapped = json!({ "id": "NV_GPU_DRIVER_GH100_545.00", "rim": base64(read(&driver)) }).to_string();
    let wrapped = folder.file("driver.json", wrapped);
    assert_eq!(run(&["golden", &file, "--rim", &wrapped, "--rim", &vbios, AT[0], AT[1]]).code, Some(0));
}

#[test]
fn a_rim_of_the_same_id_with_other_values_is_a_mismatch_with_its_list() {
    let folder = Folder::new();
    let file = folder.file("report", report_of([DRIVER, VBIOS], "545.00", 0x55));
    let [driver, other] = [DRIVER, OTHER_VBIOS].map(fixture);
    let arguments = ["golden", &file, "--rim", &driver, "--rim", &other, AT[0], AT[1]];
    let refused = run(&[&arguments[..], &["--json"]].concat());
    refused.assert_refused("Mismatch");
    let json = refused.json();
    let indices: Vec<_> =
        json["reason"]["mismatches"].as_array().expect("a list").iter().map(|m| &m["index"]).collect();
    assert_eq!(json!(indices), json!([1, 2, 3, 9]));
    assert_eq!(json["reason"]["compared"], 32);
    let text = run(&arguments);
    assert!(text.code == Some(1) && text.out.contains("4 of 32 measurements differ"), "{text:?}");
    assert!(text.out.contains("measurement 9: ") && !text.out.contains("cast"), "{text:?}");
}

#[test]
fn rims_for_something_else_are_refused() {
    let folder = Folder::new();
    let file = folder.file("report", report_of([DRIVER, VBIOS], "545.00", 0x55));
    let [driver, vbios, other] = [DRIVER, VBIOS, OTHER_VBIOS].map(fixture);
    let golden = |report: &str, first: &str, second: &str| {
        run(&["golden", report, "--rim", first, "--rim", second, AT[0], AT[1], "--json"])
    };
    golden(&file, &vbios, &other).assert_refused("Rim.SameKind");
    golden(&file, &driver, &driver).assert_refused("Rim.SameKind");
    let newer = folder.file("newer", report_of([DRIVER, VBIOS], "550.90.07", 0x55));
    golden(&newer, &driver, &vbios).assert_refused("Rim.Version");
    // The real fixture has another driver and VBIOS.
    let fixture = folder.file("fixture", report());
    golden(&fixture, &vbios, &driver).assert_refused("Rim.Version");
    // By its name it is for another board.
    for name in ["1010_0205_862_96005E0001.xml", "NV_GPU_VBIOS_G520_0200_885_96005E0001.xml"] {
        let renamed = folder.file(name, read(&vbios));
        golden(&file, &driver, &renamed).assert_refused("Rim.FileName");
    }
    for name in ["NV_GPU_VBIOS_1010_0200_882_96005E0001.xml", "vbios.xml", "rim"] {
        let renamed = folder.file(name, read(&vbios));
        assert_eq!(golden(&file, &driver, &renamed).code, Some(0), "{name}");
    }
}

#[test]
fn expired_signers_are_refused_unless_that_is_allowed() {
    let folder = Folder::new();
    let file = folder.file("report", report_of([DRIVER, VBIOS], "545.00", 0x55));
    let [driver, vbios] = [DRIVER, VBIOS].map(fixture);
    let golden = |more: &[&str]| {
        run(&[&["golden", &file, "--rim", &driver, "--rim", &vbios, "--json"][..], more].concat())
    };
    // Both signers ended in June 2025; the clock of whoever runs this is later.
    golden(&[]).assert_refused("Rim.Expired");
    golden(&["--at", "2025-06-27"]).assert_refused("Rim.Expired");
    golden(&["--at", "2023-01-01"]).assert_refused("Rim.NotYetValid");
    golden(&["--at", "2023-01-01", "--allow-expired"]).assert_refused("Rim.NotYetValid");
    let allowed = golden(&["--allow-expired"]);
    assert_eq!(allowed.code, Some(0), "{allowed:?}");
    assert_eq!(allowed.json()["rims"][0]["expired"], true);
    let valid = golden(&["--at", "1736467200"]);
    assert_eq!(valid.json()["rims"][0]["expired"], false);
    let text = run(&["golden", &file, "--rim", &driver, "--rim", &vbios, "--allow-expired"]);
    assert!(text.out.contains("EXPIRED, as you allow"), "{text:?}");
}

#[test]
fn a_tampered_rim_is_refused() {
    let folder = Folder::new();
    let file = folder.file("report", report_of([DRIVER, VBIOS], "545.00", 0x55));
    let (driver, vbios) = (fixture(DRIVER), String::from_utf8(read(fixture(VBIOS))).expect("text"));
    let golden = |name: &str, text: &str| {
        assert_ne!(text, vbios, "{name} changes nothing");
        let rim = folder.file(name, text);
        run(&["golden", &file, "--rim", &driver, "--rim", &rim, AT[0], AT[1], "--json"])
    };
    // A value, an attribute, the signature, a certificate, the place of the signature.
    golden("value", &vbios.replacen("HashedMeasurement_1_FSP", "HashedMeasurement_1_FSQ", 1))
        .assert_refused("Rim.Digest");
    golden("active", &vbios.replacen("active=\"True\"", "active=\"False\"", 1)).assert_refused("Rim.Digest");
    let value = "<ds:SignatureValue>";
    let signature = vbios.split_once(value).expect("a signature").1.get(..96).expect("text");
    let reversed: String = signature.chars().rev().collect();
    golden("signature", &vbios.replacen(signature, &reversed, 1)).assert_refused("Rim.Signature");
    let start = vbios.find("<ds:Signature ").expect("a signature");
    let end = vbios.find("</SoftwareIdentity>").expect("an end");
    let (before, signature, after) = (&vbios[..start], &vbios[start..end], &vbios[end..]);
    let moved = before.replacen("    <ns0:Entity", &format!("{signature}    <ns0:Entity"), 1);
    golden("moved", &format!("{moved}{after}")).assert_refused("Rim.Element");
    golden("unsigned", &format!("{before}{after}")).assert_refused("Rim.Children");
    // The leaf of another genuine RIM, below the same L3.
    let leaf = |text: &str| {
        let from = text.find("<ds:X509Certificate>").expect("certificates");
        let to = text.find("</ds:X509Certificate>").expect("its end");
        text[from..to].to_owned()
    };
    let other = leaf(&String::from_utf8(read(&driver)).expect("text"));
    golden("leaf", &vbios.replacen(&leaf(&vbios), &other, 1)).assert_refused("Rim.Signature");
    // A root that is not NVIDIA's; the unit tests have a whole chain of our own.
    let root = vbios.rfind("<ds:X509Certificate>").expect("a root");
    let intermediate = leaf(&vbios);
    let end = vbios[root..].find("</ds:X509Certificate>").expect("its end") + root;
    golden("root", &format!("{}{intermediate}{}", &vbios[..root], &vbios[end..])).assert_refused("Rim.Root");
    golden("entity", &vbios.replacen("name=\"GH100\"", "name=\"GH&#49;00\"", 1))
        .assert_refused("Rim.Unsupported");
    golden("empty", "").assert_refused("Rim.Xml");
}
