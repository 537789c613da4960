//! Real evidence: `fixtures/` always; all that lies at `../shared/nvtrust` where it is at hand.

use super::support::{
    self, Believes, Evidence, H100_ICA, H100_IDENTITY, H100_IK, H100_LEAF, H100_ROOT, Unasked, not_run,
};
use crate::{
    Architecture, ChainError, DeviceKind, EvidenceError, FeatureFlag, GENESIS_ICAS, IdentityKey, Leaf,
    NVIDIA_DEVICE_ROOT, PathError, PinnedIca, Reference, Report, ReportError, Toggle, tlv, verify_evidence,
    verify_path,
};
use serde_json::Value;
use sha2::{Digest, Sha384};

#[test]
fn d1_the_fixture_is_a_genuine_h100() {
    let evidence = Evidence::h100();
    let verdict = evidence.verdict().expect("genuine");
    assert_eq!(verdict.architecture, Architecture::GH100);
    assert_eq!(hex::encode(verdict.pdi), "431d480fe5e87274");
    assert_eq!(
        hex::encode(verdict.fwid),
        "f5c384aebb579217a2c66b17ed0f28e6a9b8d639041acd7b4721cec004f7275494ba94bb5cdfdb3055ee051762b1f75d"
    );
    let report = Report::parse(&evidence.report).expect("a report");
    assert_eq!(
        hex::encode(Sha384::digest(report.signed_bytes())),
        "c4c39539573db26ed39893e0f7c657b0f530287676d10803170ff3fb8770797420bd807aec034071abba9a678d88c35a"
    );
    assert_eq!(report.signed_bytes().len(), 4021);
    assert_eq!(report.opaque().driver(), Some("550.90.07"));
    assert_eq!(report.opaque().vbios().expect("a VBIOS").to_string(), "96.00.9F.00.01");
    // Genesis pins the key of this very intermediate.
    assert_eq!(PinnedIca::from_certificate(Architecture::GH100, H100_ICA), Ok(GENESIS_ICAS[0]));
}

fn text<'a>(facts: &'a Value, name: &str) -> Option<&'a str> {
    facts[name].as_str()
}

fn toggle(facts: &Value, name: &str) -> Option<Toggle> {
    text(facts, name).map(|status| if status == "aa" { Toggle::Enabled } else { Toggle::Disabled })
}

#[test]
fn d2_each_of_the_fixtures_five_certificates_is_needed_and_bound() {
    let chain = [H100_LEAF, H100_IK, H100_ICA, H100_IDENTITY, H100_ROOT];
    let path = |chain: &[&[u8]]| verify_path(chain, Architecture::GH100, &NVIDIA_DEVICE_ROOT, &Reference);
    assert_eq!(path(&chain), Ok(GENESIS_ICAS[0]));
    for length in 0..5 {
        assert_eq!(path(&chain[..length]), Err(PathError::Length(length)));
    }
    assert_eq!(path(&[&chain[..], &[H100_ROOT]].concat()), Err(PathError::Length(6)));
    for at in 0..4 {
        let mut without = chain.to_vec();
        without.remove(at);
        assert_eq!(path(&without), Err(PathError::Length(4)), "without certificate {at}");
        // The last byte of a certificate is the last one of s.
        let mut bytes = chain[at].to_vec();
        *bytes.last_mut().expect("a byte") ^= 1;
        let mut broken = chain;
        broken[at] = &bytes;
        assert_eq!(path(&broken), Err(PathError::Signature(at)), "certificate {at}");
    }
    let skipped = [H100_LEAF, H100_IK, H100_ICA, H100_ROOT, H100_ROOT];
    assert_eq!(path(&skipped), Err(PathError::Issuer(2)));
    let mut root = H100_ROOT.to_vec();
    *root.last_mut().expect("a byte") ^= 1;
    let broken = [H100_LEAF, H100_IK, H100_ICA, H100_IDENTITY, &root];
    assert_eq!(path(&broken), Err(PathError::Root));
    let other = sha2::Sha256::digest(&root).into();
    let path = verify_path(&broken, Architecture::GH100, &other, &Reference);
    assert_eq!(path, Err(PathError::Signature(4)), "a root must sign itself");
}

/// Every fact of the manifest that these bytes say.
fn assert_facts(evidence: &Evidence) {
    let (id, facts) = (&evidence.id, &evidence.facts);
    let bytes = Report::without_padding(&evidence.report).expect("a report");
    let number = |name: &str| usize::try_from(facts[name].as_u64().expect("a number")).expect("small");
    assert_eq!(bytes.len() + number("trailing_bytes"), number("report_len"), "{id}");
    assert_eq!(evidence.report.len(), number("report_len"), "{id}");
    let report = Report::parse(bytes).expect("a report");
    let hex_of = |bytes: &[u8]| Some(hex::encode(bytes));
    let said = |name: &str| text(facts, name).map(str::to_owned);
    assert_eq!(hex_of(report.nonce()), said("spdm_nonce"), "{id}");
    assert_eq!(hex_of(report.responder_nonce()), said("responder_nonce"), "{id}");
    assert_eq!(report.measurements().len(), number("n_blocks"), "{id}");
    assert_eq!(report.measurements().len() * 55, number("meas_record_len"), "{id}");
    assert_eq!(report.signed_bytes().len(), number("signed_len"), "{id}");
    assert_eq!(report.signed_bytes().len(), number("sig_off"), "{id}");
    assert_eq!(hex_of(&Sha384::digest(report.signed_bytes())), said("sha384_signed"), "{id}");
    let signature = report.signature();
    assert_eq!(signature[48..] <= support::twin(signature)[48..], facts["low_s"] == true, "{id}");

    let opaque = report.opaque();
    let kinds: Vec<_> = opaque.entries().map(|entry| Value::from(entry.kind)).collect();
    assert_eq!(Value::from(kinds), facts["opaque_types"], "{id}");
    let length: usize = opaque.entries().map(|entry| 4 + entry.data.len()).sum();
    assert_eq!(length, number("opaque_len"), "{id}");
    assert_eq!(opaque.driver(), text(facts, "driver"), "{id}");
    assert_eq!(opaque.vbios().map(|vbios| vbios.to_string()), said("vbios"), "{id}");
    assert_eq!(opaque.text(tlv::PROJECT), text(facts, "project"), "{id}");
    assert_eq!(opaque.text(tlv::PROJECT_SKU), text(facts, "project_sku"), "{id}");
    assert_eq!(opaque.text(tlv::CHIP_SKU), text(facts, "chip_sku"), "{id}");
    assert_eq!(opaque.text(tlv::CHIP_INFO), text(facts, "chip_info"), "{id}");
    assert_eq!(opaque.nvdec0(), toggle(facts, "nvdec0"), "{id}");
    assert_eq!(opaque.protected_pcie(), toggle(facts, "ppcie"), "{id}");
    assert_eq!(opaque.version().map(u64::from), facts["opaque_version"].as_u64(), "{id}");
    let flag = match facts["feature_flag"].as_u64() {
        None => None,
        Some(0) => Some(FeatureFlag::Spt),
        Some(1) => Some(FeatureFlag::Mpt),
        Some(2) => Some(FeatureFlag::Ppcie),
        Some(other) => panic!("{id}: flag {other}"),
    };
    assert_eq!(opaque.feature_flag(), flag, "{id}");
    assert_eq!(opaque.fwid().map(hex::encode), said("fwid_report"), "{id}");

    let leaf = Leaf::parse(&evidence.chain[0]).expect("a leaf");
    let ik = IdentityKey::parse(&evidence.chain[1]).expect("an identity key");
    assert_eq!(hex_of(leaf.fwid().digest), said("fwid_cert"), "{id}");
    assert_eq!(hex_of(leaf.certificate().serial()), said("leaf_serial"), "{id}");
    assert_eq!(ik.certificate().subject().common_name, text(facts, "ik_cn"), "{id}");
    assert_eq!(hex_of(ik.certificate().serial()), said("ik_serial"), "{id}");
    assert_eq!(hex_of(ik.pdi()), said("pdi"), "{id}");
    assert_eq!(hex_of(&sha2::Sha256::digest(ik.spki())), said("ik_spki_sha256"), "{id}");
    let name = leaf.certificate().alternative_name().expect("a SubjectAltName");
    assert!(name.ends_with(text(facts, "san").expect("a name").as_bytes()), "{id}");
    let kind = if is_switch(evidence) { DeviceKind::NvSwitch } else { DeviceKind::Gpu };
    assert_eq!((report.kind(), ik.kind()), (kind, kind), "{id}");
}

fn is_switch(evidence: &Evidence) -> bool {
    evidence.id.starts_with("ls10")
}

#[test]
fn d1_every_real_report_says_what_the_manifest_says_and_gpus_are_genuine() {
    let Some(all) = support::all_real() else { return not_run("d1, 16 real reports") };
    let (mut genuine, mut switches) = (0, 0);
    for mut evidence in all {
        assert_facts(&evidence);
        let (id, facts) = (evidence.id.clone(), evidence.facts.clone());
        if facts["trailing_bytes"] != 0 {
            let refused = EvidenceError::Report(ReportError::TrailingBytes(1));
            assert_eq!(evidence.verdict(), Err(refused), "{id}: on chain the length is exact");
            evidence.report = Report::without_padding(&evidence.report).expect("a report").to_vec();
        }
        let expected = facts["signature_valid"] == true
            && facts["chain_links_valid"] == true
            && facts["root_is_pinned"] == true
            && facts["fwid_match"] != false
            && !is_switch(&evidence);
        let verdict = evidence.verdict();
        assert_eq!(verdict.is_ok(), expected, "{id}: {verdict:?}");
        if let Ok(verdict) = verdict {
            genuine += 1;
            assert_eq!(hex::encode(verdict.fwid), facts["fwid_cert"].as_str().expect("hex"), "{id}");
            let blackwell = id.starts_with("b200");
            assert_eq!(verdict.architecture, Architecture::ALL[usize::from(blackwell)], "{id}");
            // Below the other architecture's intermediate it is nothing, even if every signature held.
            evidence.ica = GENESIS_ICAS[usize::from(!blackwell)];
            let refused = EvidenceError::Chain(ChainError::Architecture(evidence.ica.architecture));
            assert_eq!(evidence.verdict_with(&Believes), Err(refused), "{id}");
        } else {
            switches += 1;
            assert_eq!(evidence.verdict_with(&Unasked), Err(EvidenceError::NvSwitch), "{id}");
        }
    }
    assert!(genuine >= 14 && switches >= 2, "{genuine} genuine, {switches} switches");
}

#[test]
fn d2_a_switch_chain_never_passes_for_a_gpu_whatever_report_goes_with_it() {
    let Some(switch) = support::real("ls10-96.10.55") else { return not_run("d2, a real NVSwitch") };
    let gpu = Evidence::h100();
    // A GPU's report under the switch's certificates, every signature believed.
    let mut posing = switch.clone();
    posing.report.clone_from(&gpu.report);
    let refused = EvidenceError::Chain(ChainError::NvSwitch);
    assert_eq!(posing.verdict_with(&Believes), Err(refused));
    // A switch's report under a GPU's certificates.
    let mut posing = gpu;
    posing.report.clone_from(&switch.report);
    assert_eq!(posing.verdict_with(&Believes), Err(EvidenceError::NvSwitch));
    // The switch's own intermediate cannot be pinned for a GPU by mistake, nor can the Identity certificate or the root.
    for (at, name) in [(2, "ICA"), (4, "root")] {
        let refused = PinnedIca::from_certificate(Architecture::GH100, &switch.chain[at]);
        assert_eq!(refused, Err(ChainError::Architecture(Architecture::GH100)), "{name}");
    }
}

#[test]
fn d1_one_gpu_with_two_drivers_is_one_device_with_two_leafs() {
    let pair = ["h100-570.124.03-dev-e23d", "h100-580.159.03-dev-e23d"].map(support::real);
    let [Some(old), Some(new)] = pair else { return not_run("d1, one GPU with two drivers") };
    let (old, new) = (old.verdict().expect("genuine"), new.verdict().expect("genuine"));
    assert_eq!((old.device_id, old.pdi), (new.device_id, new.pdi));
    assert!(old.leaf != new.leaf && old.fwid != new.fwid);
}

#[test]
fn d4_one_gpu_with_two_nonces_and_each_answers_only_its_own() {
    let pair = ["h100-590.12-node0-gpu0", "h100-590.12-node0-gpu0-nonce2"].map(support::real);
    let [Some(first), Some(second)] = pair else { return not_run("d4, one GPU with two nonces") };
    assert_ne!(first.nonce(), second.nonce());
    assert_eq!(first.verdict().expect("genuine"), second.verdict().expect("genuine"));
    for (evidence, nonce) in [(&first, second.nonce()), (&second, first.nonce())] {
        let verdict = verify_evidence(&evidence.full(), &evidence.ica, &[nonce], &Unasked);
        assert_eq!(verdict.expect_err("another nonce"), EvidenceError::Nonce);
    }
}

#[test]
fn d1_every_real_chain_of_five_ends_in_nvidias_root_and_gives_the_pinned_intermediate() {
    let Some(all) = support::all_real() else { return not_run("d1, 16 real chains") };
    for evidence in all {
        let mut chain: Vec<_> = evidence.chain.iter().map(Vec::as_slice).collect();
        let path =
            |chain: &[&[u8]]| verify_path(chain, evidence.ica.architecture, &NVIDIA_DEVICE_ROOT, &Reference);
        let id = &evidence.id;
        if is_switch(&evidence) {
            let refused = PathError::Chain(ChainError::Architecture(Architecture::GH100));
            assert_eq!(path(&chain), Err(refused), "{id}");
            continue;
        }
        assert_eq!(path(&chain), Ok(evidence.ica), "{id}");
        // The root in the place of the Identity certificate, and another root.
        chain[3] = chain[4];
        assert_eq!(path(&chain), Err(PathError::Issuer(2)), "{id}");
        chain[4] = chain[2];
        assert_eq!(path(&chain), Err(PathError::Root), "{id}");
    }
}
