//! `pars-nvtrust golden`: the digest that pins a firmware's measurements, alone or proven by NVIDIA's RIMs.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use pars_nvtrust::{
    Architecture, DeviceKind, EvidenceError, Measurement, Report, firmware_tuple, golden_set, tlv,
};
use pars_protocol::ADDRESS;
use serde_json::{Map, Value, json};

use crate::{
    Failure,
    facts::{Facts, is_set},
    input::{self, InputError, Source},
    output::{Table, good, print_json},
    rim::{Kind, NVIDIA_RIM_ROOT, Rim, RimError, Validity},
    time::Time,
    verdict::{Pinned, Refusal, judge},
};

/// Arguments of `golden`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
A golden set is what the chain compares a firmware's measurements with: a mask of blocks, and a digest of what they \
hold, pinned for a firmware tuple. Both come from a report. Without RIMs, all that says they are good is that you trust \
the machine. With a driver's and a VBIOS's RIM, every measurement that they list as active must hold a value of theirs, \
and the mask has exactly those.

A RIM is NVIDIA's signed XML, or the answer of its RIM service; `inspect` names the two that a report needs. Its \
signature and certificates are verified; whether they were revoked is not asked. A RIM does not say which board it is \
for: where its file has NVIDIA's name, the name is compared.

Certificates are optional here. If they are there, the report must be a genuine GPU's.

Keys of --json:
  tuple, mask, digest  arguments of pinGoldenSet, hex with 0x
  blocks               RIM indices in the mask (block number - 1)
  report               genuine, or unverified where no certificates were given
  matches              null, or how many measurements were compared with the RIMs
  rims                 file, kind, version, product, tag_id, signer, not_before, not_after, expired of each
  cast                 the command line that pins
  verdict, reason      only when refused; reason.mismatches lists index, file, found, allowed")]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// A signed RIM; give one of the driver and one of the VBIOS.
    #[arg(long, value_name = "RIM", conflicts_with = "mask")]
    rim: Vec<PathBuf>,
    /// Blocks to compare: bit i is block i + 1 [default: all that are not zero; without 35 if NVDEC is off].
    #[arg(long, value_name = "HEX", value_parser = mask)]
    mask: Option<u64>,
    /// When the RIMs' signers must be valid: 2025-01-10, 2025-01-10T12:00:00Z or Unix seconds [default: now].
    #[arg(long, value_name = "TIME", value_parser = Time::parse, requires = "rim")]
    at: Option<Time>,
    /// Take RIMs whose signers have expired.
    #[arg(long, requires = "rim")]
    allow_expired: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

fn mask(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .ok_or_else(|| "expected at most 16 hex digits".to_owned())
}

/// A measurement that no RIM allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    index: u8,
    kind: Kind,
    found: Option<Measurement>,
    allowed: Vec<Measurement>,
}

impl Mismatch {
    /// As JSON.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "index": self.index,
            "rim": self.kind.name(),
            "found": self.found.map(hex::encode),
            "allowed": self.allowed.iter().map(hex::encode).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |value: &Measurement| format!("{}…", hex::encode(value).get(..16).unwrap_or_default());
        let found = self.found.as_ref().map_or_else(|| "nothing".to_owned(), short);
        let allowed: Vec<_> = self.allowed.iter().map(short).collect();
        let (index, kind) = (self.index, self.kind.name());
        write!(f, "measurement {index}: {found}, the {kind}'s RIM allows {}", allowed.join(" or "))
    }
}

/// A verified RIM with its file's name.
struct Named {
    file: String,
    rim: Rim,
}

/// Computes and prints.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if !matches!(args.rim.len(), 0 | 2) {
        let usage = "--rim is needed twice: once for the driver, once for the VBIOS".to_owned();
        return Err(InputError::Usage(usage).into());
    }
    args.source.check_standard_input(&args.rim)?;
    let evidence = args.source.read()?;
    let exact = Report::without_padding(&evidence.report).map_err(Refusal::from)?;
    let report = Report::parse(exact).map_err(Refusal::from)?;
    if report.kind() == DeviceKind::NvSwitch {
        return Err(Refusal::from(EvidenceError::NvSwitch).into());
    }
    let verified = !evidence.chain.is_empty();
    if verified {
        judge(exact, &evidence, None, Pinned::AnyOfNvidia)?;
    }
    let architecture = Facts::new(&report, exact, &evidence).architecture();
    let chip = architecture.as_ref().map(Architecture::name);
    let chip = chip.or_else(|| report.opaque().text(tlv::CHIP_INFO));
    let validity = Validity { at: args.at.unwrap_or_else(Time::now), allow_expired: args.allow_expired };
    let rims =
        args.rim.iter().map(|path| load(path, validity, &report, chip)).collect::<Result<Vec<_>, _>>()?;
    let mask = match (rims.as_slice(), args.mask) {
        ([first, second], _) => compare(&report, first, second)?,
        (_, Some(mask)) => mask,
        (_, None) => measured(&report),
    };
    let tuple = firmware_tuple(report.opaque());
    let digest = golden_set(&tuple, mask, &report).map_err(Refusal::from)?;
    let set = Set { tuple, mask, digest };
    if args.json {
        print_json(set.json(&rims, verified))?
    } else {
        set.table(&rims, verified).print()?
    }
    Ok(())
}

/// Blocks that hold something and do not depend on a decoder that is off.
fn measured(report: &Report<'_>) -> u64 {
    let skipped = |index| report.opaque().nvdec0().is_some_and(|nvdec| nvdec.skips(index));
    let set = report.measurements().enumerate().filter(|(index, value)| is_set(value) && !skipped(*index));
    set.fold(0, |mask, (index, _)| mask | 1 << index)
}

/// Reads a RIM, verifies it, and checks that it is for this report's device.
fn load(path: &Path, validity: Validity, report: &Report<'_>, chip: Option<&str>) -> Result<Named, Failure> {
    let bytes = input::rim(path)?;
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let rim = Rim::verify(&bytes, &NVIDIA_RIM_ROOT, validity)
        .and_then(|rim| check_subject(&rim, &file, report, chip).map(|()| rim));
    match rim {
        Ok(rim) => Ok(Named { file, rim }),
        Err(error) => Err(Refusal::Rim { file, error }.into()),
    }
}

/// Edition, chip and version, which are signed; board, chip and VBIOS in the file's name, which are not.
fn check_subject(rim: &Rim, file: &str, report: &Report<'_>, chip: Option<&str>) -> Result<(), RimError> {
    if rim.edition != "GPU" {
        return Err(RimError::Edition(rim.edition.clone()));
    }
    if let Some(expected) = chip.filter(|chip| *chip != rim.product) {
        return Err(RimError::Product { found: rim.product.clone(), expected: expected.to_owned() });
    }
    let opaque = report.opaque();
    let vbios = opaque.vbios().map(|vbios| vbios.to_string()).unwrap_or_default();
    let expected = match rim.kind {
        Kind::Driver => opaque.driver().unwrap_or_default(),
        Kind::Vbios => &vbios,
    };
    if !rim.version.eq_ignore_ascii_case(expected) {
        let (kind, found, expected) = (rim.kind.name(), rim.version.clone(), expected.to_owned());
        return Err(RimError::Version { kind, found, expected });
    }
    if let Some(found) = board_of(file).filter(|_| rim.kind == Kind::Vbios) {
        let parts = [tlv::PROJECT, tlv::PROJECT_SKU, tlv::CHIP_SKU].map(|kind| opaque.text(kind));
        let parts: Vec<_> = parts.into_iter().flatten().map(str::to_ascii_uppercase).collect();
        let expected = format!("{}_{}", parts.join("_"), vbios.replace('.', ""));
        if found != expected {
            return Err(RimError::FileName { found, expected });
        }
    }
    Ok(())
}

/// `1010_0200_882_96009F0001` of `NV_GPU_VBIOS_1010_0200_882_96009F0001.xml` and of `1010_0200_882_96009F0001_PROD…`.
fn board_of(file: &str) -> Option<String> {
    let name = file.split('.').next()?.to_ascii_uppercase();
    let name = name.strip_prefix("NV_GPU_VBIOS_").unwrap_or(&name);
    let parts: Vec<_> = name.split('_').take(4).collect();
    let [project, sku, chip, vbios] = parts.as_slice() else { return None };
    let is_name = project.len() == 4
        && sku.len() == 4
        && chip.len() == 3
        && vbios.len() == 10
        && vbios.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| parts.join("_"))
}

/// The mask of what was compared, if all of it agrees.
fn compare(report: &Report<'_>, first: &Named, second: &Named) -> Result<u64, Refusal> {
    let refuse = |error| Refusal::Rim { file: second.file.clone(), error };
    if first.rim.kind == second.rim.kind {
        return Err(refuse(RimError::SameKind(first.rim.kind.name())));
    }
    let (mut seen, mut mask, mut differ) = (0u64, 0u64, Vec::new());
    for rim in [&first.rim, &second.rim] {
        for golden in &rim.golden {
            let bit = 1 << golden.index;
            if seen & bit != 0 {
                return Err(refuse(RimError::Overlap(golden.index)));
            }
            seen |= bit;
            if report.opaque().nvdec0().is_some_and(|nvdec| nvdec.skips(golden.index.into())) {
                continue;
            }
            mask |= bit;
            let found = report.measurement(golden.index.into()).copied();
            if found.is_none_or(|found| !golden.values.contains(&found)) {
                let (index, kind, allowed) = (golden.index, rim.kind, golden.values.clone());
                differ.push(Mismatch { index, kind, found, allowed });
            }
        }
    }
    differ.sort_by_key(|mismatch| mismatch.index);
    let compared = mask.count_ones();
    if differ.is_empty() { Ok(mask) } else { Err(Refusal::Mismatch { compared, differ }) }
}

struct Set {
    tuple: [u8; 32],
    mask: u64,
    digest: [u8; 32],
}

impl Set {
    fn blocks(&self) -> Vec<u32> {
        (0..u64::BITS).filter(|index| self.mask >> index & 1 == 1).collect()
    }

    /// `0-12, 21-40`
    fn ranges(&self) -> String {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for index in self.blocks() {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == index => *end = index,
                _ => ranges.push((index, index)),
            }
        }
        let text = |(start, end): &(u32, u32)| {
            if start == end { start.to_string() } else { format!("{start}-{end}") }
        };
        ranges.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    fn arguments(&self) -> [String; 3] {
        let [tuple, digest] = [self.tuple, self.digest].map(|hash| format!("0x{}", hex::encode(hash)));
        [tuple, format!("{:#018x}", self.mask), digest]
    }

    fn cast(&self) -> String {
        let [tuple, mask, digest] = self.arguments();
        format!(
            "cast send {ADDRESS} 'pinGoldenSet(bytes32,uint64,bytes32,bool)' {tuple} {mask} {digest} true"
        )
    }

    fn json(&self, rims: &[Named], verified: bool) -> Map<String, Value> {
        let [tuple, mask, digest] = self.arguments();
        let rim = |Named { file, rim }: &Named| {
            json!({
                "file": file,
                "kind": rim.kind.name(),
                "version": rim.version,
                "product": rim.product,
                "tag_id": rim.tag_id,
                "signer": rim.signer.names,
                "not_before": rim.signer.not_before.to_string(),
                "not_after": rim.signer.not_after.to_string(),
                "expired": rim.signer.expired,
            })
        };
        let value = json!({
            "tuple": tuple,
            "mask": mask,
            "digest": digest,
            "blocks": self.blocks(),
            "report": if verified { "genuine" } else { "unverified" },
            "matches": if rims.is_empty() { None } else { Some(self.mask.count_ones()) },
            "rims": rims.iter().map(rim).collect::<Vec<_>>(),
            "cast": self.cast(),
        });
        if let Value::Object(object) = value { object } else { Map::new() }
    }

    fn table(&self, rims: &[Named], verified: bool) -> Table {
        let mut table = Table::default();
        let count = self.mask.count_ones();
        for Named { file, rim } in rims {
            let state = if rim.signer.expired { "EXPIRED, as you allow" } else { "valid" };
            table.row("RIM", format!("{} {}, {file}", rim.kind.name(), rim.version));
            let signer = rim.signer.names.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" < ");
            table.row("", format!("signed by {signer}, until {}: {state}", rim.signer.not_after));
        }
        if !rims.is_empty() {
            table.row("RIMs", good(&format!("matches {count}/{count}")));
        }
        table.row(
            "report",
            match (verified, rims) {
                (true, _) => "genuine: signature and certificates hold",
                (false, []) => {
                    "NOT VERIFIED: give its certificates, or this digest is only as good as the file"
                }
                (false, _) => "signature not checked (no certificates); its values are the RIMs'",
            },
        );
        let [tuple, mask, digest] = self.arguments();
        table.row("tuple", tuple);
        table.row("mask", format!("{mask}: {count} measurements, {}", self.ranges()));
        table.row("digest", digest);
        if rims.is_empty() {
            table.row(
                "note",
                "nothing says that these values are good but the machine that reported them: see --rim",
            );
        }
        table.row("to pin it", self.cast());
        table
    }
}
