//! What a report and its certificates say: rows for people, JSON for scripts. Nothing is verified here.

use pars_nvtrust::{
    Architecture, Certificate, DeviceKind, FeatureFlag, IdentityKey, Leaf, Measurement, Report, Toggle,
    firmware_tuple, tlv,
};
use pars_protocol::{Tier, ids::attested_device_id};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha384};

use crate::{
    input::Evidence,
    output::{Table, plain},
    verdict,
};

/// What even a genuine report does not prove.
pub(crate) const LIMITS: &str = "\
proven at best: this GPU, its firmware, its answer to this nonce; not that a model ran, nor that CC was on";

/// What the JSON of [`json`] says, for `--help`.
pub(crate) const KEYS: &str = "  kind                 gpu or nvswitch
  report_bytes         length without what stands behind the signature
  trailing_bytes       how many zeros stand there
  signed_bytes, signed_sha384, nonce, responder_nonce
  blocks, nonzero_measurements, opaque_types
  driver, vbios, project, project_sku, chip_sku, chip_info
  nvdec0, protected_pcie  enabled, disabled or null
  feature_flag         spt, mpt, ppcie, a number or null
  opaque_version, fwid
  firmware_tuple       what a golden set is pinned for
  rim_ids              NVIDIA's names of the RIMs for this driver and VBIOS
  chain                subject, issuer, serial, sha256 and error of each certificate, leaf first
  leaf_fwid, leaf_serial, device_name, ik_serial, ik_spki_sha256, pdi, device_id
  architecture, tier   GH100 or GB100; {id, name, trust_bps}
  ica_index            where genesis pins the intermediate
Bytes are hex, with 0x where a contract takes them. What is not there is null.";

/// The tier's GPUs.
pub(crate) fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Software => "software",
        Tier::RtxPro6000 => "RTX PRO 6000",
        Tier::Gh100 => "H100, H200",
        Tier::Gb100 => "B100, B200, GB200",
    }
}

/// The tier of an architecture.
pub(crate) fn tier(architecture: Architecture) -> Tier {
    match architecture {
        Architecture::GB100 => Tier::Gb100,
        _ => Tier::Gh100,
    }
}

/// A tier with its trust, from the one table.
pub(crate) fn tier_text(tier: Tier) -> String {
    let (id, name, trust) = (tier.id(), tier_name(tier), tier.trust_bps());
    format!("{id} ({name}), trust {trust} of 10000 where its measurements are pinned")
}

/// Does a measurement hold anything?
pub(crate) fn is_set(measurement: &Measurement) -> bool {
    measurement.iter().any(|byte| *byte != 0)
}

/// A report with its certificates, as far as they can be read.
pub(crate) struct Facts<'a> {
    report: &'a Report<'a>,
    report_bytes: usize,
    trailing_bytes: usize,
    chain: Vec<Result<Certificate<'a>, String>>,
    leaf: Option<Leaf<'a>>,
    ik: Option<IdentityKey<'a>>,
    evidence: &'a Evidence,
}

impl<'a> Facts<'a> {
    /// Gathers them. `exact` is the report without what stands behind it.
    pub(crate) fn new(report: &'a Report<'a>, exact: &[u8], evidence: &'a Evidence) -> Self {
        let parse = |der: &'a Vec<u8>| Certificate::parse(der).map_err(|error| error.to_string());
        Self {
            report,
            report_bytes: exact.len(),
            trailing_bytes: evidence.report.len().saturating_sub(exact.len()),
            chain: evidence.chain.iter().map(parse).collect(),
            leaf: evidence.chain.first().and_then(|der| Leaf::parse(der).ok()),
            ik: evidence.chain.get(1).and_then(|der| IdentityKey::parse(der).ok()),
            evidence,
        }
    }

    /// By the name that the identity key has.
    pub(crate) fn architecture(&self) -> Option<Architecture> {
        let ik = self.ik.as_ref().filter(|ik| ik.kind() == DeviceKind::Gpu)?;
        let first = ik.certificate().subject().common_name?.split(' ').next()?;
        Architecture::ALL.into_iter().find(|architecture| architecture.name() == first)
    }

    fn device_id(&self) -> Option<String> {
        let ik = self.ik.as_ref().filter(|ik| ik.kind() == DeviceKind::Gpu)?;
        Some(attested_device_id(ik.spki()).to_string())
    }

    /// `NVIDIA:GH100:48B02D92494BADF4`, the name in the leaf's SubjectAltName.
    fn device_name(&self) -> Option<String> {
        let name = self.leaf.as_ref()?.certificate().alternative_name()?;
        let start = name.windows(7).position(|window| window == b"NVIDIA:")?;
        str::from_utf8(name.get(start..)?).ok().map(plain)
    }

    /// Where genesis pins the intermediate.
    fn ica_index(&self) -> Option<u8> {
        let ica = self.evidence.chain.get(2)?;
        verdict::genesis_index(ica).map(|(index, _)| index)
    }

    fn nonzero(&self) -> usize {
        self.report.measurements().filter(|value| is_set(value)).count()
    }

    /// By the certificates; without them by GPU_INFO, as reports of both architectures write it.
    fn is_blackwell(&self) -> Option<bool> {
        match (self.architecture(), self.report.opaque().get(tlv::GPU_INFO)?) {
            (Some(architecture), _) => Some(architecture == Architecture::GB100),
            (None, [0xA0, ..]) => Some(true),
            (None, [0x80, ..]) => Some(false),
            (None, _) => None,
        }
    }

    /// NVIDIA's names of the RIMs for this report.
    fn rim_ids(&self) -> Option<[String; 2]> {
        let opaque = self.report.opaque();
        let text = |kind| opaque.text(kind).map(str::to_ascii_uppercase);
        let (driver, vbios) = (opaque.driver()?, opaque.vbios()?.to_string().replace('.', ""));
        let driver = if self.is_blackwell()? {
            format!("NV_GPU_CC_DRIVER_{}_{driver}", opaque.text(tlv::CHIP_INFO).unwrap_or("GB100"))
        } else {
            format!("NV_GPU_DRIVER_GH100_{driver}")
        };
        let board = [text(tlv::PROJECT)?, text(tlv::PROJECT_SKU)?, text(tlv::CHIP_SKU)?];
        Some([driver, format!("NV_GPU_VBIOS_{}_{vbios}", board.join("_"))])
    }

    /// All of it. [`KEYS`] says what is what.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let opaque = self.report.opaque();
        let (leaf, ik) = (self.leaf.as_ref(), self.ik.as_ref());
        let architecture = self.architecture();
        let tier = architecture.map(tier);
        let chain: Vec<_> = self.chain.iter().zip(&self.evidence.chain).map(certificate_json).collect();
        let value = json!({
            "kind": match self.report.kind() { DeviceKind::Gpu => "gpu", DeviceKind::NvSwitch => "nvswitch" },
            "report_bytes": self.report_bytes,
            "trailing_bytes": self.trailing_bytes,
            "signed_bytes": self.report.signed_bytes().len(),
            "signed_sha384": hex::encode(Sha384::digest(self.report.signed_bytes())),
            "nonce": hex::encode(self.report.nonce()),
            "responder_nonce": hex::encode(self.report.responder_nonce()),
            "blocks": self.report.measurements().len(),
            "nonzero_measurements": self.nonzero(),
            "opaque_types": opaque.entries().map(|entry| entry.kind).collect::<Vec<_>>(),
            "driver": opaque.driver(),
            "vbios": opaque.vbios().map(|vbios| vbios.to_string()),
            "project": opaque.text(tlv::PROJECT),
            "project_sku": opaque.text(tlv::PROJECT_SKU),
            "chip_sku": opaque.text(tlv::CHIP_SKU),
            "chip_info": opaque.text(tlv::CHIP_INFO),
            "nvdec0": opaque.nvdec0().map(toggle),
            "protected_pcie": opaque.protected_pcie().map(toggle),
            "feature_flag": opaque.feature_flag().map(|flag| match flag {
                FeatureFlag::Spt => json!("spt"),
                FeatureFlag::Mpt => json!("mpt"),
                FeatureFlag::Ppcie => json!("ppcie"),
                FeatureFlag::Other(other) => json!(other),
            }),
            "opaque_version": opaque.version(),
            "fwid": opaque.fwid().map(hex::encode),
            "firmware_tuple": format!("0x{}", hex::encode(firmware_tuple(opaque))),
            "rim_ids": self.rim_ids(),
            "chain": chain,
            "leaf_fwid": leaf.map(|leaf| hex::encode(leaf.fwid().digest)),
            "leaf_serial": leaf.map(|leaf| hex::encode(leaf.certificate().serial())),
            "device_name": self.device_name(),
            "ik_serial": ik.map(|ik| hex::encode(ik.certificate().serial())),
            "ik_spki_sha256": ik.map(|ik| hex::encode(Sha256::digest(ik.spki()))),
            "pdi": ik.map(|ik| hex::encode(ik.pdi())),
            "device_id": self.device_id(),
            "architecture": architecture.as_ref().map(Architecture::name),
            "tier": tier.map(|tier| json!({
                "id": tier.id(), "name": tier_name(tier), "trust_bps": tier.trust_bps(),
            })),
            "ica_index": self.ica_index(),
        });
        if let Value::Object(object) = value { object } else { Map::new() }
    }

    /// The rows that say which device this is.
    pub(crate) fn device_rows(&self, table: &mut Table) {
        table.row(
            "device",
            match (self.report.kind(), self.architecture()) {
                (DeviceKind::NvSwitch, _) => "NVSwitch: no GPU, and nothing that a chain pays".to_owned(),
                (DeviceKind::Gpu, Some(architecture)) => {
                    format!("{} GPU ({})", architecture.name(), tier_name(tier(architecture)))
                }
                (DeviceKind::Gpu, None) => "a GPU; its certificates would say which".to_owned(),
            },
        );
        if let Some(id) = self.device_id() {
            table.row("device id", id);
        }
        if let Some(ik) = &self.ik {
            let name = self.device_name().map(|name| format!(", {name}")).unwrap_or_default();
            table.row("PDI", format!("{}{name}", hex::encode(ik.pdi())));
        }
        if let Some(architecture) = self.architecture() {
            table.row("tier", tier_text(tier(architecture)));
        }
    }

    /// The rows that say what runs on it.
    pub(crate) fn firmware_rows(&self, table: &mut Table) {
        let opaque = self.report.opaque();
        let or_none = |text: Option<&str>| text.unwrap_or("none").to_owned();
        table.row("driver", or_none(opaque.driver()));
        table.row("VBIOS", opaque.vbios().map_or_else(|| "none".to_owned(), |vbios| vbios.to_string()));
        let fwid = match (opaque.fwid(), &self.leaf) {
            (Some(fwid), _) => hex::encode(fwid),
            (None, Some(leaf)) => format!("{} (by the leaf only)", hex::encode(leaf.fwid().digest)),
            (None, None) => "not reported".to_owned(),
        };
        table.row("firmware", fwid);
        let text = |kind| or_none(opaque.text(kind));
        let chip = opaque.text(tlv::CHIP_INFO).map(|chip| format!(", chip {chip}")).unwrap_or_default();
        table.row(
            "board",
            format!(
                "project {}, SKU {}, chip SKU {}{chip}",
                text(tlv::PROJECT),
                text(tlv::PROJECT_SKU),
                text(tlv::CHIP_SKU)
            ),
        );
    }

    /// The rest of what the report says.
    pub(crate) fn report_rows(&self, table: &mut Table) {
        let opaque = self.report.opaque();
        let state = |state: Option<Toggle>| state.map_or("not reported", toggle);
        table.row("NVDEC", state(opaque.nvdec0()));
        let mode = match opaque.feature_flag() {
            None => "not reported".to_owned(),
            Some(FeatureFlag::Spt) => "single GPU passed through".to_owned(),
            Some(FeatureFlag::Mpt) => "several GPUs passed through".to_owned(),
            Some(FeatureFlag::Ppcie) => "protected PCIe".to_owned(),
            Some(FeatureFlag::Other(other)) => format!("unknown ({other})"),
        };
        table.row("CC features", format!("mode {mode}, protected PCIe {}", state(opaque.protected_pcie())));
        let (blocks, set) = (self.report.measurements().len(), self.nonzero());
        table.row("blocks", format!("{blocks}, of which {set} are not zero"));
        table.row("nonce", hex::encode(self.report.nonce()));
        table.row(
            "its answer",
            format!("{} (random, by the device)", hex::encode(self.report.responder_nonce())),
        );
        table.row(
            "report",
            match self.trailing_bytes {
                0 => format!("{} bytes", self.report_bytes),
                1 => format!("{} bytes, and a zero behind them, which `pack` strips", self.report_bytes),
                more => {
                    format!("{} bytes, and {more} zeros behind them, which `pack` strips", self.report_bytes)
                }
            },
        );
        table.row("tuple", format!("0x{}", hex::encode(firmware_tuple(opaque))));
        if let (DeviceKind::Gpu, Some([driver, vbios])) = (self.report.kind(), self.rim_ids()) {
            table.row("RIMs", format!("{driver}, {vbios}"));
        }
    }

    /// The certificates.
    pub(crate) fn chain_rows(&self, table: &mut Table) {
        if self.chain.is_empty() {
            table.row("chain", "not given, so nobody can tell whose report this is");
        }
        let pinned = self.ica_index();
        for (position, certificate) in self.chain.iter().enumerate() {
            let text = match certificate {
                Ok(certificate) => plain(certificate.subject().common_name.unwrap_or("(no name)")),
                Err(error) => format!("unreadable: {error}"),
            };
            let note = match (position, pinned) {
                (2, Some(index)) => format!(" (genesis pins it: ica_index {index})"),
                (2, None) => " (not pinned by genesis)".to_owned(),
                _ => String::new(),
            };
            let label = if position == 0 { "chain" } else { "" };
            table.row(label, format!("{position} {text}{note}"));
        }
        if verdict::is_simulated(&self.evidence.chain) {
            table.row("", "SIMULATED: its root's key is public, it proves nothing");
        }
    }
}

const fn toggle(toggle: Toggle) -> &'static str {
    match toggle {
        Toggle::Enabled => "enabled",
        Toggle::Disabled => "disabled",
    }
}

fn certificate_json((certificate, der): (&Result<Certificate<'_>, String>, &Vec<u8>)) -> Value {
    let parsed = certificate.as_ref().ok();
    json!({
        "subject": parsed.and_then(|certificate| certificate.subject().common_name),
        "issuer": parsed.and_then(|certificate| certificate.issuer().common_name),
        "serial": parsed.map(|certificate| hex::encode(certificate.serial())),
        "sha256": hex::encode(Sha256::digest(der)),
        "error": certificate.as_ref().err(),
    })
}
