//! RIMs: NVIDIA's own, whatever is changed in them, and some that we sign ourselves.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{NVIDIA_RIM_ROOT, Rim, RimError, Validity, c14n::canonical, xml::Xml};
use crate::{
    testing::{Parts, base64, key, not_run, shared, sign},
    time::Time,
};

/// NVIDIA's RIM of driver 545.00, see `src/nvtrust/tests/fixtures/README.md`.
const DRIVER: &str = include_str!("../../tests/fixtures/Driver_RIM_test_no_gpu.swidtag");
const SIGNED_INFO: &str = "<ds:SignedInfo>";

fn at(text: &str) -> Validity {
    Validity { at: Time::parse(text).expect("a time"), allow_expired: false }
}

fn verify(text: &str) -> Result<Rim, RimError> {
    Rim::verify(text.as_bytes(), &NVIDIA_RIM_ROOT, at("2025-01-10"))
}

fn refused(text: &str) -> RimError {
    verify(text).expect_err("refused")
}

/// Replaces what stands in the text exactly once.
fn change(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?}");
    text.replace(from, to)
}

#[test]
fn nvidias_rim_says_what_it_says() {
    let rim = verify(DRIVER).expect("genuine");
    assert_eq!(
        (rim.version.as_str(), rim.product.as_str(), rim.edition.as_str()),
        ("545.00", "GH100", "GPU")
    );
    let indices: Vec<_> = rim.golden.iter().map(|golden| golden.index).collect();
    assert_eq!(indices, [7].into_iter().chain(21..=40).collect::<Vec<_>>());
    let alternatives =
        |index| rim.golden.iter().find(|golden| golden.index == index).map(|golden| golden.values.len());
    assert_eq!((alternatives(7), alternatives(23), alternatives(35)), (Some(1), Some(2), Some(2)));
    let names = [
        "HCC RIM L4 Signer",
        "NVIDIA Reference Value L3 GH100 001",
        "NVIDIA Reference Value GH100 CA",
        "NVIDIA CoRIM signing Root CA",
    ];
    assert_eq!(rim.signer.names, names);
    assert_eq!(rim.signer.not_after.to_string(), "2025-06-26T06:10:12Z");
}

#[test]
fn a_changed_value_attribute_or_text_is_another_document() {
    let changed = |from: &str, to: &str| refused(&change(DRIVER, from, to));
    assert_eq!(changed("0e0ee161b59bf124", "1e0ee161b59bf124"), RimError::Digest);
    assert_eq!(changed("colloquialVersion=\"545.00\"", "colloquialVersion=\"545.01\""), RimError::Digest);
    assert_eq!(changed("index=\"7\" active=\"True\"", "index=\"7\" active=\"False\""), RimError::Digest);
    assert_eq!(changed("    </ns0:Payload>", "   </ns0:Payload>"), RimError::Digest);
    assert_eq!(changed(" tagVersion=\"0\"", " tagVersion=\"0\" more=\"\""), RimError::Digest);
    assert_eq!(changed("xmlns:SHA384=", "xmlns:SHA385="), RimError::Digest);
    // What canonicalisation takes away may change.
    let other = change(DRIVER, "corpus=\"false\" name=\"GH100\"", "name='GH100'\n  corpus = \"false\"");
    assert!(verify(&format!("\n{other}\n\n")).is_ok());
    // The signature itself, and what it says of its digest.
    assert_eq!(changed("Dc2Cm4YrVzFF", "Ec2Cm4YrVzFF"), RimError::Signature);
    assert_eq!(changed("/BgnH+hpOgo/", "+BgnH+hpOgo/"), RimError::Signature);
    assert_eq!(changed("/BgnH+hpOgo/", "/Bgn"), RimError::Base64 { element: "SignatureValue" });
}

#[test]
fn a_signature_that_stands_elsewhere_or_covers_less_is_refused() {
    let start = DRIVER.find("<ds:Signature ").expect("a signature");
    let end = DRIVER.find("</ds:Signature>").expect("its end") + "</ds:Signature>".len();
    let (before, signature, after) = (&DRIVER[..start], &DRIVER[start..end], &DRIVER[end..]);
    let moved_into =
        change(&format!("{before}{after}"), "    </ns0:Payload>", &format!("{signature}    </ns0:Payload>"));
    assert_eq!(refused(&moved_into), RimError::Children { element: "SoftwareIdentity".to_owned(), count: 3 });
    let first =
        change(&format!("{before}{after}"), "    <ns0:Entity", &format!("{signature}    <ns0:Entity"));
    assert!(matches!(refused(&first), RimError::Element { expected: "Entity", .. }));
    let twice = format!("{before}{signature}{signature}{after}");
    assert_eq!(refused(&twice), RimError::Children { element: "SoftwareIdentity".to_owned(), count: 5 });
    assert!(matches!(refused(&format!("{before}{after}")), RimError::Children { count: 3, .. }));
    // The whole document inside another, as in signature wrapping.
    let wrapped = format!("<a>{DRIVER}</a>");
    assert!(matches!(refused(&wrapped), RimError::Element { expected: "SoftwareIdentity", .. }));
    let changed = |from: &str, to: &str| refused(&change(DRIVER, from, to));
    assert_eq!(changed("<ds:Reference URI=\"\">", "<ds:Reference URI=\"#a\">"), RimError::Reference);
    assert_eq!(changed("<ds:Reference URI=\"\">", "<ds:Reference URI=\"\" Id=\"a\">"), RimError::Reference);
    let one = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    assert!(matches!(changed(one, ""), RimError::Element { .. }));
    assert!(matches!(changed(one, &format!("{one}{one}")), RimError::Children { count: 3, .. }));
    assert!(matches!(changed("#ecdsa-sha384", "#ecdsa-sha256"), RimError::Algorithm { .. }));
    assert!(matches!(changed("xmldsig-more#sha384", "xmldsig-more#sha256"), RimError::Algorithm { .. }));
}

#[test]
fn xml_that_no_rim_needs_is_refused_and_not_interpreted() {
    for (from, to, what) in [
        ("<SoftwareIdentity ", "<?xml version=\"1.0\"?><SoftwareIdentity ", "declaration"),
        ("<SoftwareIdentity ", "<!DOCTYPE a [<!ENTITY b \"c\">]><SoftwareIdentity ", "document type"),
        ("    <ns0:Entity", "<!-- a --><ns0:Entity", "comment"),
        ("    </ns0:Payload>", "<?a?></ns0:Payload>", "processing instruction"),
        ("    </ns0:Payload>", "<![CDATA[ ]]></ns0:Payload>", "CDATA"),
        ("name=\"Measurement_0\"", "name=\"Measurement&#95;0\"", "reference"),
        ("    <ns0:Entity", "    <ns0:Entity xmlns=\"\"", "undeclared"),
        ("    <ns0:Entity", "    <ns0:Entity xml:lang=\"en\"", "xml: attribute"),
    ] {
        let error = refused(&change(DRIVER, from, to));
        assert!(
            matches!(error, RimError::Unsupported(_)) && error.to_string().contains(what),
            "{what}: {error}"
        );
    }
    for bad in ["\t", "\r\n", "\u{feff}", "ä", "\0"] {
        let error = refused(&change(DRIVER, "    <ns0:Entity", &format!("{bad}<ns0:Entity")));
        assert!(matches!(error, RimError::Character { .. }), "{bad:?}: {error}");
    }
    for (from, to) in [
        ("</SoftwareIdentity>", ""),
        ("</SoftwareIdentity>", "</SoftwareIdentity><a/>"),
        (" tagVersion=\"0\"", " tagVersion=\"0\" tagVersion=\"0\""),
        ("<ns0:Entity", "<ns9:Entity"),
    ] {
        let error = refused(&change(DRIVER, from, to));
        assert!(matches!(error, RimError::Xml(_)), "{to}: {error}");
    }
    assert!(matches!(refused(""), RimError::Xml(_)));
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(matches!(refused(&deep), RimError::Xml(_)));
    let text = change(DRIVER, "    <ns0:Entity", "text<ns0:Entity");
    assert_eq!(refused(&text), RimError::Text { element: "SoftwareIdentity".to_owned() });
}

/// The lowest bit of every 61st byte, whatever stands there: no printable byte's twin means the same in XML or base64.
#[test]
fn one_changed_bit_anywhere_is_refused() {
    for position in (0..DRIVER.len()).step_by(61).chain([DRIVER.len() - 1]) {
        let mut bytes = DRIVER.as_bytes().to_vec();
        bytes[position] ^= 1;
        let verdict = Rim::verify(&bytes, &NVIDIA_RIM_ROOT, at("2025-01-10"));
        assert!(verdict.is_err(), "byte {position}");
    }
}

#[test]
fn signers_live_two_years() {
    let when = |text: &str| Rim::verify(DRIVER.as_bytes(), &NVIDIA_RIM_ROOT, at(text));
    assert!(when("2023-06-27T06:10:12Z").is_ok() && when("2025-06-26T06:10:12Z").is_ok());
    let late = when("2025-06-26T06:10:13Z").expect_err("expired");
    assert!(matches!(&late, RimError::Expired { name, .. } if name == "HCC RIM L4 Signer"), "{late}");
    let early = when("2023-06-27T06:10:11Z").expect_err("not yet valid");
    assert!(matches!(&early, RimError::NotYetValid { name, .. } if name == "HCC RIM L4 Signer"), "{early}");
    let allow = |text: &str| {
        let validity = Validity { allow_expired: true, ..at(text) };
        Rim::verify(DRIVER.as_bytes(), &NVIDIA_RIM_ROOT, validity)
    };
    assert!(allow("2040-01-01").expect("allowed").signer.expired);
    assert!(!allow("2025-01-10").expect("valid").signer.expired);
    assert!(matches!(allow("2020-01-01"), Err(RimError::NotYetValid { .. })), "the future is never allowed");
}

/// Checked within the signer's two years.
fn verify_file(path: &Path, not_before: &str) -> Result<Rim, RimError> {
    let Time(from) = Time::parse(not_before).expect("a date");
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Rim::verify(&bytes, &NVIDIA_RIM_ROOT, Validity { at: Time(from + 86_400), allow_expired: false })
}

#[test]
fn all_of_nvidias_rims_at_hand_are_genuine_and_say_what_the_manifest_says() {
    let Some(shared) = shared() else { return not_run("30 real RIMs") };
    let manifest = std::fs::read(shared.join("manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let mut listed = BTreeSet::new();
    for facts in manifest["rims"].as_array().expect("a list") {
        let file = shared.join(facts["file"].as_str().expect("a file"));
        let rim = verify_file(&file, facts["signer_not_before"].as_str().expect("a date"));
        let rim = rim.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(
            (&json!(rim.version), &json!(rim.product)),
            (&facts["colloquial_version"], &facts["product"])
        );
        let indices: Vec<_> = rim.golden.iter().map(|golden| golden.index).collect();
        assert_eq!(json!(indices), facts["active_indices"], "{}", file.display());
        let several = rim.golden.iter().filter(|golden| golden.values.len() > 1);
        let several: serde_json::Map<_, _> =
            several.map(|golden| (golden.index.to_string(), json!(golden.values.len()))).collect();
        assert_eq!(Value::Object(several), facts["alternatives"], "{}", file.display());
        let ends = facts["cert_not_after"][0].as_str().expect("a date");
        assert!(rim.signer.not_after.to_string().starts_with(ends), "{}", file.display());
        listed.insert(file);
    }
    let there: BTreeSet<_> = std::fs::read_dir(shared.join("rims"))
        .expect("RIMs")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(listed, there, "every file is in the manifest");
    assert_eq!(there.len(), 30);
}

#[test]
fn other_projects_bad_rims_are_refused_with_their_reasons() {
    let Some(shared) = shared() else { return not_run("other projects' bad RIMs") };
    let folder = |name: &str| {
        let entries = std::fs::read_dir(shared.join("negative").join(name)).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "xml")).collect::<Vec<_>>()
    };
    // None of these is signed at all: they end before a resource is looked at.
    let google = folder("rims-google");
    for path in &google {
        let error = verify_file(path, "2025-01-10").expect_err("bad");
        assert!(
            matches!(error, RimError::Element { .. } | RimError::Children { .. }),
            "{}: {error}",
            path.display()
        );
    }
    let nvat = folder("rims-nvat");
    let mut genuine = 0;
    for path in &nvat {
        let bytes = std::fs::read(path).expect("a RIM");
        let validity = Validity { allow_expired: true, ..at("2026-06-01") };
        let verdict = Rim::verify(&bytes, &NVIDIA_RIM_ROOT, validity);
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        match name {
            "incorrect_cert_chain_driver_rim.xml" => {
                assert_eq!(verdict.expect_err(name), RimError::ChainLength(2))
            }
            "incorrect_signature_driver_rim.xml" => assert_eq!(verdict.expect_err(name), RimError::Signature),
            // Bad only for the report that it is shown to: a re-issue, genuine by itself.
            "NV_GPU_VBIOS_1010_0200_882_96005E0001_measurement_mismatch.xml" => {
                assert_eq!(verdict.expect(name).version, "96.00.5E.00.01");
                genuine += 1;
            }
            // Changed after they were signed, whatever else they are named for.
            _ => assert_eq!(verdict.expect_err(name), RimError::Digest, "{name}"),
        }
    }
    assert_eq!(genuine, 1);
    let expired =
        nvat.iter().find(|path| path.to_string_lossy().contains("expired")).expect("an expired one");
    let error = Rim::verify(&std::fs::read(expired).expect("a RIM"), &NVIDIA_RIM_ROOT, at("2025-01-10"));
    assert!(matches!(error, Err(RimError::Expired { .. })));
    assert_eq!((google.len(), nvat.len()), (18, 7));
}

/// Names and keys of a chain of our own, as NVIDIA's is.
fn parts() -> [Parts; 4] {
    let names = [
        "Pars test signer",
        "NVIDIA Reference Value L3 test",
        "NVIDIA Reference Value test",
        "Pars test root",
    ];
    [0u8, 1, 2, 3].map(|position| {
        let upper = (position + 1).min(3);
        let (subject, issuer) = (names[usize::from(position)], names[usize::from(upper)]);
        let authority = (position != 0).then_some((position == 1).then_some(0));
        let usage = if position == 0 { 0x80 } else { 0x06 };
        let (from, until) = ("20250101", "20261231");
        Parts { subject, issuer, key: position + 1, issuer_key: upper + 1, from, until, authority, usage }
    })
}

/// The driver's RIM with other certificates, signed by the key of the first one; its canonical SignedInfo is written
/// down here, not computed by what is tested.
fn signed_by(chain: &[Vec<u8>], signer: u8) -> String {
    let start = DRIVER.find("<ds:X509Data>").expect("certificates");
    let end = DRIVER.find("</ds:X509Data>").expect("their end");
    let certificates =
        chain.iter().map(|der| format!("<ds:X509Certificate>{}</ds:X509Certificate>", base64(der)));
    let text =
        format!("{}<ds:X509Data>{}{}", &DRIVER[..start], certificates.collect::<String>(), &DRIVER[end..]);
    let start = text.find(SIGNED_INFO).expect("SignedInfo");
    let end = text.find("</ds:SignedInfo>").expect("its end") + "</ds:SignedInfo>".len();
    let mut info = change(
        &text[start..end],
        SIGNED_INFO,
        "<ds:SignedInfo xmlns=\"http://standards.iso.org/iso/19770/-2/2015/schema.xsd\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" \
         xmlns:ns0=\"http://standards.iso.org/iso/19770/-2/2015/schema.xsd\" \
         xmlns:ns2=\"http://www.w3.org/2001/04/xmlenc#sha384\">",
    );
    for element in ["CanonicalizationMethod", "SignatureMethod", "Transform", "DigestMethod"] {
        let pieces: Vec<_> = info.split(&format!("<ds:{element} ")).map(str::to_owned).collect();
        let closed = pieces[1..]
            .iter()
            .map(|piece| format!("<ds:{element} {}", piece.replacen("/>", &format!("></ds:{element}>"), 1)));
        info = format!("{}{}", pieces[0], closed.collect::<String>());
    }
    let value = sign(&key(signer), info.as_bytes()).to_bytes();
    let start = text.find("<ds:SignatureValue>").expect("a value") + "<ds:SignatureValue>".len();
    let end = text.find("</ds:SignatureValue>").expect("its end");
    format!("{}{}{}", &text[..start], base64(value), &text[end..])
}

/// The verdict on a RIM of our own, under its own root.
fn own(change: impl FnOnce(&mut [Parts; 4])) -> Result<Rim, RimError> {
    let mut parts = parts();
    change(&mut parts);
    let chain: Vec<_> = parts.iter().map(Parts::build).collect();
    let root = Sha256::digest(&chain[3]).into();
    Rim::verify(signed_by(&chain, 1).as_bytes(), &root, at("2025-06-01"))
}

#[test]
fn a_chain_of_our_own_is_as_good_as_its_root_and_each_of_its_rules_counts() {
    assert_eq!(own(|_| ()).expect("valid under its own root").golden.len(), 21);
    let chain: Vec<_> = parts().iter().map(Parts::build).collect();
    let wrong_root = Rim::verify(signed_by(&chain, 1).as_bytes(), &NVIDIA_RIM_ROOT, at("2025-06-01"));
    assert_eq!(wrong_root.expect_err("not NVIDIA's"), RimError::Root);
    let role = |position| {
        move |error: RimError| {
            assert!(matches!(error, RimError::Role { position: at, .. } if at == position), "{error}")
        }
    };
    let error = |change: &dyn Fn(&mut [Parts; 4])| own(change).expect_err("refused");
    role(0)(error(&|parts| parts[0].authority = Some(None)));
    role(0)(error(&|parts| parts[0].usage = 0x84));
    role(0)(error(&|parts| parts[0].usage = 0x04));
    role(1)(error(&|parts| parts[1].authority = None));
    role(1)(error(&|parts| parts[1].usage = 0x80));
    role(2)(error(&|parts| parts[2].authority = Some(Some(0))));
    role(3)(error(&|parts| parts[3].authority = Some(Some(1))));
    role(1)(error(&|parts| (parts[1].subject, parts[0].issuer) = ("NVIDIA BF3", "NVIDIA BF3")));
    assert_eq!(error(&|parts| parts[0].issuer = "another"), RimError::Issuer(0));
    for position in 0..4 {
        let wrong_key = error(&|parts| parts[position].issuer_key = 9);
        assert_eq!(wrong_key, RimError::CertificateSignature(position));
        let expired = error(&|parts| parts[position].until = "20250531");
        assert!(matches!(expired, RimError::Expired { .. }), "{expired}");
        let early = error(&|parts| parts[position].from = "20250602");
        assert!(matches!(early, RimError::NotYetValid { .. }), "{early}");
    }
}

#[test]
fn a_swapped_leaf_and_a_chain_of_another_length_are_refused() {
    let chain: Vec<_> = parts().iter().map(Parts::build).collect();
    let root: [u8; 32] = Sha256::digest(&chain[3]).into();
    let verify = |text: String| Rim::verify(text.as_bytes(), &root, at("2025-06-01")).expect_err("refused");
    // Another signer below the same L3, whose key did not sign this document.
    let mut other = parts()[0].clone();
    other.key = 7;
    let mut swapped = chain.clone();
    swapped[0] = other.build();
    assert_eq!(verify(signed_by(&swapped, 1)), RimError::Signature);
    assert_eq!(verify(signed_by(&chain[..3], 1)), RimError::ChainLength(3));
    assert_eq!(
        verify(signed_by(&[chain.clone(), chain[3..].to_vec()].concat(), 1)),
        RimError::ChainLength(5)
    );
    let mut cut = chain.clone();
    cut[1].pop();
    assert!(matches!(verify(signed_by(&cut, 1)), RimError::Certificate { position: 1, .. }));
}

/// Resources of a payload, in a document signed by nobody: what they say is read only after the signature.
#[test]
fn resources_are_read_strictly() {
    let read = |resources: &str| {
        let text = format!(
            "<a:Payload xmlns:a=\"{}\" xmlns:h=\"{}\">{resources}</a:Payload>",
            super::SWID,
            super::HASH
        );
        let xml = Xml::parse(text.as_bytes()).expect("XML");
        super::golden(xml.root())
    };
    let hash = "ab".repeat(48);
    let resource = |index: &str, more: &str| {
        format!("<a:Resource type=\"Measurement\" index=\"{index}\" size=\"48\" {more}/>")
    };
    let good = format!("active=\"True\" alternatives=\"1\" h:Hash0=\"{hash}\"");
    let off = format!("active=\"False\" alternatives=\"1\" h:Hash0=\"{hash}\"");
    let found =
        read(&[resource("9", &good), resource("3", &good), resource("4", &off)].concat()).expect("good");
    assert_eq!(found.iter().map(|golden| golden.index).collect::<Vec<_>>(), [3, 9]);
    assert_eq!(found[0].values, [[0xAB; 48]]);
    assert_eq!(read(""), Err(RimError::Empty));
    assert_eq!(read(&resource("4", &off)), Err(RimError::Empty));
    for (resources, why) in [
        ([resource("3", &good), resource("3", &off)].concat(), "twice"),
        (resource("64", &good), "number up to 63"),
        (resource("-1", &good), "number up to 63"),
        (resource("3", &good.replace("True", "true")), "neither active"),
        (resource("3", &good.replace("\"1\"", "\"2\"")), "as many values"),
        (resource("3", &good.replace("\"1\"", "\"x\"")), "as many values"),
        (resource("3", "active=\"True\" alternatives=\"0\""), "as many values"),
        (resource("3", &good.replace("Hash0", "Hash1")), "numbered from 0"),
        (resource("3", &good.replace("h:", "")), "as many values"),
        (resource("3", &good.replace(&hash, &hash[2..])), "48 bytes in hex"),
        (resource("3", &good).replace("\"48\"", "\"32\""), "48 bytes"),
        (resource("3", &good).replace("Measurement", "File"), "no measurement"),
    ] {
        let error = read(&resources).expect_err("wrong");
        assert!(
            matches!(error, RimError::Resource { .. }) && error.to_string().contains(why),
            "{why}: {error}"
        );
    }
    assert!(matches!(read("<a:File/>"), Err(RimError::Element { .. })));
    assert!(matches!(
        read(&resource("3", "active=\"True\"")),
        Err(RimError::Attribute { name: "alternatives", .. })
    ));
}

/// Expectations by hand, after the rules and examples of Canonical XML 1.1.
#[test]
fn the_canonical_form_is_that_of_canonical_xml() {
    for (text, expected) in [
        ("<a/>", "<a></a>"),
        ("<a  b = 'c'   a=\"d\" ></a >", "<a a=\"d\" b=\"c\"></a>"),
        // Upper case before lower case; attributes with a namespace after those without, by its name and not its prefix.
        (
            "<a xmlns:y=\"u:1\" xmlns:x=\"u:2\" x:a=\"1\" y:b=\"2\" y:a=\"3\" z=\"4\" Z=\"5\"/>",
            "<a xmlns:x=\"u:2\" xmlns:y=\"u:1\" Z=\"5\" z=\"4\" y:a=\"3\" y:b=\"2\" x:a=\"1\"></a>",
        ),
        // The default namespace first; what is declared already is not declared again, unless it changes.
        (
            "<a xmlns:b=\"u:b\" xmlns=\"u:a\"><b:c xmlns:b=\"u:b\" xmlns=\"u:a\"/><b:c xmlns:b=\"u:c\"><b:d/></b:c></a>",
            "<a xmlns=\"u:a\" xmlns:b=\"u:b\"><b:c></b:c><b:c xmlns:b=\"u:c\"><b:d></b:d></b:c></a>",
        ),
        ("\n<a>\n  <b>x > y \"z\"</b>\n</a>\n", "<a>\n  <b>x &gt; y \"z\"</b>\n</a>"),
        ("<a b='\"' c=\"d\ne\"/>", "<a b=\"&quot;\" c=\"d e\"></a>"),
    ] {
        let xml = Xml::parse(text.as_bytes()).expect("XML");
        assert_eq!(canonical(&xml, xml.root(), None), expected);
        // It is its own canonical form.
        if !expected.contains('&') {
            let again = Xml::parse(expected.as_bytes()).expect("XML");
            assert_eq!(canonical(&again, again.root(), None), expected);
        }
    }
    let xml = Xml::parse(b"<a xmlns=\"u:a\" xmlns:b=\"u:b\"> <c/><b:d e=\"f\"/></a>").expect("XML");
    let child = |name| xml.root().children().find(|node| node.tag_name().name() == name).expect("a child");
    assert_eq!(
        canonical(&xml, xml.root(), Some(child("c"))),
        "<a xmlns=\"u:a\" xmlns:b=\"u:b\"> <b:d e=\"f\"></b:d></a>"
    );
    // An element alone carries what is in scope.
    assert_eq!(canonical(&xml, child("d"), None), "<b:d xmlns=\"u:a\" xmlns:b=\"u:b\" e=\"f\"></b:d>");
}
