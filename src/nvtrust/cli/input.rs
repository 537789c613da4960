//! The forms in which the ecosystem writes reports and certificate chains, and one sentence for each way of being wrong.
//!
//! * a report: the bytes that NVML returns, or the same as hex or base64 text;
//! * a chain: PEM certificates one after the other, base64 of such a text, or DER certificates one after the other;
//! * both at once: NVIDIA's evidence JSON, `{"arch", "nonce", "evidence", "certificate"}`, alone, in a list, or in an
//!   `evidence_list` whose surroundings give `arch` and `nonce`.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value};

/// Longest file that is read.
const MAX_LEN: u64 = 1 << 20;
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Why a file cannot be used. None of these is a verdict on evidence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// Not there, not readable.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not there, not writable, or there already.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Longer than [`MAX_LEN`].
    #[error("{} is longer than a mebibyte: it is no evidence", .0.display())]
    TooLong(PathBuf),
    /// `-` twice.
    #[error("only one file can be standard input")]
    StandardInputTwice,
    /// In none of the forms above.
    #[error("{}: {why}", .path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Neither given nor in the report's file.
    #[error(
        "the certificate chain is missing: give it after the report, or give evidence JSON that holds it"
    )]
    NoChain,
    /// Options that do not go together.
    #[error("{0}")]
    Usage(String),
}

/// A report, and what its file says beside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// SPDM bytes, as they were found: padding is still there.
    pub(crate) report: Vec<u8>,
    /// DER, leaf first. Empty if there is none.
    pub(crate) chain: Vec<Vec<u8>>,
    /// The nonce that the JSON names.
    pub(crate) nonce: Option<[u8; 32]>,
    /// The architecture that the JSON names.
    pub(crate) arch: Option<String>,
}

/// Where evidence comes from: arguments that every command has.
#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// The report: SPDM bytes, hex, base64, or NVIDIA's evidence JSON; - is standard input.
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Its certificates, leaf first: PEM, base64 of PEM, or DER; - is standard input [default: those in the JSON].
    #[arg(value_name = "CHAIN.pem")]
    chain: Option<PathBuf>,
    /// Which piece of evidence, where the JSON has several: 0 is the first.
    #[arg(long, value_name = "N")]
    index: Option<usize>,
}

impl Source {
    /// Reads the files.
    pub(crate) fn read(&self) -> Result<Evidence, InputError> {
        self.check_standard_input(&[])?;
        let form = |path: &Path, why| InputError::Form { path: path.to_owned(), why };
        let bytes = read(&self.report)?;
        let mut evidence = parse_evidence(&bytes, self.index).map_err(|why| form(&self.report, why))?;
        if let Some(path) = &self.chain {
            evidence.chain = parse_chain(&read(path)?, self.index).map_err(|why| form(path, why))?;
        }
        Ok(evidence)
    }

    /// At most one of the files, and of these others, is standard input.
    pub(crate) fn check_standard_input(&self, others: &[PathBuf]) -> Result<(), InputError> {
        let files = [Some(&self.report), self.chain.as_ref()].into_iter().flatten().chain(others);
        let count = files.filter(|path| path.as_os_str() == "-").count();
        if count > 1 { Err(InputError::StandardInputTwice) } else { Ok(()) }
    }
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(MAX_LEN + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(MAX_LEN + 1).read_to_end(&mut bytes))
    };
    read.map_err(|source| InputError::Read { path: path.to_owned(), source })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_LEN) {
        Ok(bytes)
    } else {
        Err(InputError::TooLong(path.to_owned()))
    }
}

/// Reads a RIM: XML, or the JSON in which NVIDIA's RIM service wraps it.
pub(crate) fn rim(path: &Path) -> Result<Vec<u8>, InputError> {
    let bytes = read(path)?;
    let Some(text) = text(&bytes).filter(|text| text.starts_with('{')) else { return Ok(bytes) };
    let form = |why: String| InputError::Form { path: path.to_owned(), why };
    let value: Value = serde_json::from_str(text).map_err(|error| form(format!("not JSON: {error}")))?;
    let rim = value.get("rim").and_then(Value::as_str);
    rim.and_then(base64).ok_or_else(|| form("the JSON has no \"rim\" in base64".to_owned()))
}

/// 32 bytes in hex, with or without 0x.
pub(crate) fn nonce(text: &str) -> Result<[u8; 32], String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let bytes = hex::decode(digits).map_err(|_| "expected 32 bytes in hex".to_owned())?;
    bytes.try_into().map_err(|bytes: Vec<u8>| format!("expected 32 bytes in hex, found {}", bytes.len()))
}

/// A text that is printable ASCII; binary reports and DER never are.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim();
    let printable = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    text.bytes().all(printable).then_some(text)
}

/// Base64 as any of the world's tools writes it: white space anywhere, padding or none.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    ENGINE.decode(digits).ok().filter(|bytes| !bytes.is_empty())
}

fn parse_evidence(bytes: &[u8], index: Option<usize>) -> Result<Evidence, String> {
    if bytes.is_empty() {
        return Err("the file is empty".to_owned());
    }
    let Some(text) = text(bytes) else {
        return alone(bytes.to_vec(), index);
    };
    if text.starts_with(['{', '[']) {
        return parse_json(text, index);
    }
    if text.starts_with(BEGIN) {
        return Err("this is a certificate chain; the report comes first".to_owned());
    }
    match bytes_of(text)? {
        Some(report) if report.first() == Some(&0x11) => alone(report, index),
        _ => Err("this text is neither a report in hex or base64 nor NVIDIA's evidence JSON".to_owned()),
    }
}

/// Hex, with or without 0x, or base64; white space anywhere.
fn bytes_of(text: &str) -> Result<Option<Vec<u8>>, String> {
    let digits: String = text.split_ascii_whitespace().collect();
    let digits = digits.strip_prefix("0x").unwrap_or(&digits);
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return hex::decode(digits)
            .map(Some)
            .map_err(|_| "the hex text has an odd number of digits".to_owned());
    }
    Ok(base64(digits))
}

fn alone(report: Vec<u8>, index: Option<usize>) -> Result<Evidence, String> {
    match index {
        None | Some(0) => Ok(Evidence { report, ..Default::default() }),
        Some(index) => Err(format!("there is one report, none with index {index}")),
    }
}

/// NVIDIA's evidence JSON.
fn parse_json(text: &str, index: Option<usize>) -> Result<Evidence, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let empty = Map::new();
    let (outer, list) = match &value {
        Value::Object(object) => match object.get("evidence_list") {
            Some(Value::Array(list)) => (object, list.as_slice()),
            Some(_) => return Err("\"evidence_list\" is no list".to_owned()),
            None => (object, std::slice::from_ref(&value)),
        },
        Value::Array(list) => (&empty, list.as_slice()),
        _ => return Err("the JSON is neither an object nor a list".to_owned()),
    };
    let item = match (list, index) {
        ([], _) => return Err("the list of evidence is empty".to_owned()),
        ([item], None) => item,
        (list, None) => {
            let last = list.len() - 1;
            return Err(format!(
                "the JSON has {} pieces of evidence: say which with --index 0 … {last}",
                list.len()
            ));
        }
        (list, Some(index)) => list.get(index).ok_or_else(|| {
            format!("the JSON has {} pieces of evidence, none with index {index}", list.len())
        })?,
    };
    let Value::Object(item) = item else { return Err("the piece of evidence is no JSON object".to_owned()) };
    let field = |name: &str| match item.get(name).or_else(|| outer.get(name)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(format!("\"{name}\" is no string")),
    };
    let report = field("evidence")?.ok_or("the JSON has no \"evidence\"")?;
    let report = bytes_of(report)?.ok_or("\"evidence\" is neither base64 nor hex")?;
    let chain = match field("certificate")? {
        Some(text) => parse_chain(text.as_bytes(), None).map_err(|why| format!("\"certificate\": {why}"))?,
        None => Vec::new(),
    };
    let nonce = field("nonce")?.map(nonce).transpose().map_err(|why| format!("\"nonce\": {why}"))?;
    Ok(Evidence { report, chain, nonce, arch: field("arch")?.map(str::to_owned) })
}

/// Certificates in DER, in the order of the file.
fn parse_chain(bytes: &[u8], index: Option<usize>) -> Result<Vec<Vec<u8>>, String> {
    let Some(text) = text(bytes) else { return parse_der(bytes) };
    if text.is_empty() {
        return Err("there are no certificates: the file is empty".to_owned());
    }
    if text.contains(BEGIN) {
        return parse_pem(text);
    }
    if text.starts_with(['{', '[']) {
        let chain = parse_json(text, index)?.chain;
        return if chain.is_empty() { Err("the JSON has no \"certificate\"".to_owned()) } else { Ok(chain) };
    }
    let decoded = base64(text).ok_or("this text is neither PEM nor base64 of PEM")?;
    match self::text(&decoded) {
        Some(pem) if pem.contains(BEGIN) => parse_pem(pem),
        Some(_) => Err("this is base64, but not of certificates".to_owned()),
        None => parse_der(&decoded),
    }
}

/// What stands between the blocks is nobody's business.
fn parse_pem(text: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut chain = Vec::new();
    for block in text.split(BEGIN).skip(1) {
        let position = chain.len();
        let (label, rest) = block.split_once("-----").unwrap_or((block, ""));
        if label != "CERTIFICATE" {
            return Err(format!("PEM block {position} is a {label}, not a CERTIFICATE"));
        }
        let (body, _) = rest.split_once(END).ok_or_else(|| format!("PEM block {position} has no end"))?;
        chain.push(base64(body).ok_or_else(|| format!("PEM block {position} is not base64"))?);
    }
    Ok(chain)
}

/// DER certificates one after the other: each a SEQUENCE with a length of two bytes.
fn parse_der(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let (mut chain, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let split = match rest {
            [0x30, 0x82, high, low, ..] => {
                rest.split_at_checked(4 + usize::from(u16::from_be_bytes([*high, *low])))
            }
            _ => None,
        };
        let Some((certificate, after)) = split else {
            return Err(match chain.len() {
                0 => "these bytes are neither PEM nor DER certificates".to_owned(),
                length => format!("behind certificate {} stand bytes that are none", length - 1),
            });
        };
        chain.push(certificate.to_vec());
        rest = after;
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CHAIN, REPORT, pem};

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        base64::engine::general_purpose::STANDARD.encode(bytes)
    }

    #[test]
    fn a_report_is_read_in_every_form() {
        let digits = hex::encode(REPORT);
        let lines: String = digits
            .as_bytes()
            .chunks(64)
            .map(|line| format!(" {}\r\n", str::from_utf8(line).unwrap()))
            .collect();
        for (what, form) in [
            ("binary", REPORT.to_vec()),
            ("hex", digits.clone().into_bytes()),
            ("0x", format!("0x{digits}\n").into_bytes()),
            ("lines", lines.into_bytes()),
            ("upper", digits.to_uppercase().into_bytes()),
            ("base64", encode(REPORT).into_bytes()),
            ("no padding", encode(REPORT).trim_end_matches('=').as_bytes().to_vec()),
            ("JSON", format!(r#"{{"evidence":"{}"}}"#, encode(REPORT)).into_bytes()),
            ("hex in JSON", format!(r#"{{"evidence":"{digits}"}}"#).into_bytes()),
        ] {
            let evidence = parse_evidence(&form, None).unwrap_or_else(|why| panic!("{what}: {why}"));
            assert_eq!(evidence.report, REPORT, "{what}");
            assert!(
                evidence.chain.is_empty() && evidence.nonce.is_none() && evidence.arch.is_none(),
                "{what}"
            );
        }
    }

    #[test]
    fn a_chain_is_read_in_every_form() {
        let text = pem(&CHAIN);
        for (what, form) in [
            ("PEM", text.clone().into_bytes()),
            ("comments", format!("subject=leaf\n{}\n# end", text.replace('\n', "\r\n")).into_bytes()),
            ("base64 of PEM", encode(&text).into_bytes()),
            ("DER", CHAIN.concat()),
            ("base64 of DER", encode(CHAIN.concat()).into_bytes()),
            ("JSON", format!(r#"[{{"evidence":"EQ==","certificate":"{}"}}]"#, encode(&text)).into_bytes()),
        ] {
            let chain = parse_chain(&form, None).unwrap_or_else(|why| panic!("{what}: {why}"));
            assert_eq!(chain, CHAIN, "{what}");
        }
    }

    #[test]
    fn json_gives_everything_at_once_alone_and_in_lists() {
        let item = |nonce: &str| {
            let (report, chain) = (encode(REPORT), encode(pem(&CHAIN)));
            format!(r#"{{"arch":"HOPPER","nonce":"{nonce}","evidence":"{report}","certificate":"{chain}"}}"#)
        };
        let (one, two) = ("11".repeat(32), "22".repeat(32));
        for (text, index, first) in [
            (item(&one), None, 0x11),
            (format!("[{}]", item(&one)), None, 0x11),
            (format!("[{},{}]", item(&one), item(&two)), Some(1), 0x22),
            (format!(r#"{{"evidence_list":[{}],"nonce":"x"}}"#, item(&one)), Some(0), 0x11),
        ] {
            let evidence = parse_evidence(text.as_bytes(), index).expect("evidence");
            assert_eq!((evidence.report.as_slice(), evidence.chain.len()), (REPORT, 5));
            assert_eq!((evidence.nonce, evidence.arch.as_deref()), (Some([first; 32]), Some("HOPPER")));
        }
        // What NVIDIA's remote service takes: the nonce stands outside.
        let text = format!(
            r#"{{"nonce":"0x{one}","arch":"HOPPER","evidence_list":[{{"evidence":"{}"}}]}}"#,
            encode(REPORT)
        );
        let evidence = parse_evidence(text.as_bytes(), None).expect("evidence");
        assert_eq!((evidence.nonce, evidence.arch.as_deref()), (Some([0x11; 32]), Some("HOPPER")));
    }

    #[test]
    fn each_way_of_being_wrong_is_told() {
        let report = |bytes: &[u8], index| parse_evidence(bytes, index).expect_err("wrong");
        for (bytes, index, expected) in [
            (&b""[..], None, "empty"),
            (b"11e0f", None, "odd number"),
            (b"hello, world", None, "neither a report"),
            (b"aGVsbG8gd29ybGQ=", None, "neither a report"),
            (b"-----BEGIN CERTIFICATE-----", None, "the report comes first"),
            (b"11e0", Some(1), "none with index 1"),
            (b"{", None, "not JSON"),
            (b"[]", None, "empty"),
            (b"[1]", None, "no JSON object"),
            (b"[{},{}]", None, "--index 0 … 1"),
            (b"[{},{}]", Some(2), "none with index 2"),
            (b"{}", None, "no \"evidence\""),
            (b"{\"evidence\":1}", None, "\"evidence\" is no string"),
            (b"{\"evidence\":\"?\"}", None, "neither base64"),
            (b"{\"evidence\":\"EQ==\",\"nonce\":\"11\"}", None, "found 1"),
            (b"{\"evidence\":\"EQ==\",\"nonce\":\"nonce\"}", None, "32 bytes in hex"),
            (b"{\"evidence\":\"EQ==\",\"certificate\":\"EQ==\"}", None, "\"certificate\": "),
            (b"{\"evidence_list\":1}", None, "no list"),
        ] {
            let why = report(bytes, index);
            assert!(why.contains(expected), "{bytes:?}: {why}");
        }
        let chain = |bytes: &[u8]| parse_chain(bytes, None).expect_err("wrong");
        let key = b"-----BEGIN PRIVATE KEY-----\nEQ==\n-----END PRIVATE KEY-----";
        let behind = [CHAIN[0], &[0xFF]].concat();
        for (bytes, expected) in [
            (&b"\n"[..], "no certificates"),
            (b"what?", "neither PEM"),
            (b"aGVsbG8=", "not of certificates"),
            (b"-----BEGIN CERTIFICATE-----\nEQ==", "block 0 has no end"),
            (b"-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----", "block 0 is not base64"),
            (key, "is a PRIVATE KEY"),
            (&behind, "behind certificate 0"),
            (&CHAIN[0][..9], "neither PEM nor DER"),
            (b"{\"evidence\":\"EQ==\"}", "no \"certificate\""),
        ] {
            let why = chain(bytes);
            assert!(why.contains(expected), "{bytes:?}: {why}");
        }
        assert!(nonce("0x11").is_err() && nonce(&"1".repeat(63)).is_err());
    }
}
