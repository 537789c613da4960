//! What the unit tests share: the fixture, and certificates of our own.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use p384::ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner as _};
use pars_nvtrust::SPKI_PREFIX;
use sha2::{Digest as _, Sha384};

use crate::input::Evidence;

/// The H100 of `src/nvtrust/tests/fixtures/README.md`.
pub(crate) const REPORT: &[u8] = include_bytes!("../tests/fixtures/h100_report.bin");
/// Its certificates.
pub(crate) const CHAIN: [&[u8]; 5] = [
    include_bytes!("../tests/fixtures/h100_leaf.der"),
    include_bytes!("../tests/fixtures/h100_ik.der"),
    include_bytes!("../tests/fixtures/h100_ica.der"),
    include_bytes!("../tests/fixtures/h100_identity.der"),
    include_bytes!("../tests/fixtures/h100_root.der"),
];

pub(crate) fn evidence() -> Evidence {
    Evidence { report: REPORT.to_vec(), chain: CHAIN.map(<[u8]>::to_vec).to_vec(), ..Default::default() }
}

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) fn pem(chain: &[&[u8]]) -> String {
    let lines = |der: &&[u8]| {
        let text = base64(der);
        let lines = text.as_bytes().chunks(64).map(|line| format!("{}\n", str::from_utf8(line).unwrap()));
        format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", lines.collect::<String>())
    };
    chain.iter().map(lines).collect()
}

/// Where real evidence lies, if it is at hand. Its files are not part of this repository.
pub(crate) fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/nvtrust");
    path.join("manifest.json").is_file().then_some(path)
}

/// Says so where everybody sees it: the harness swallows what `eprintln!` prints.
pub(crate) fn not_run(what: &str) {
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "\n*** NOT RUN: {what}: there is no real evidence at ../shared/nvtrust. ***\n")
        .expect("stderr");
}

/// A key of our own.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 48]).expect("below the order")
}

pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> Signature {
    key.sign_prehash(&Sha384::digest(message)).expect("signs")
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut bytes = match u16::try_from(content.len()).expect("short").to_be_bytes() {
        [0, low @ 0..=0x7F] => vec![tag, low],
        [0, low] => vec![tag, 0x81, low],
        [high, low] => vec![tag, 0x82, high, low],
    };
    bytes.extend(content);
    bytes
}

/// A certificate of our own: its parts.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) subject: &'static str,
    pub(crate) issuer: &'static str,
    pub(crate) key: u8,
    pub(crate) issuer_key: u8,
    /// `YYYYMMDD`
    pub(crate) from: &'static str,
    pub(crate) until: &'static str,
    /// BasicConstraints: an authority, with this depth.
    pub(crate) authority: Option<Option<u8>>,
    /// KeyUsage, its byte.
    pub(crate) usage: u8,
}

impl Parts {
    pub(crate) fn build(&self) -> Vec<u8> {
        let algorithm = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];
        let name = |text: &str| {
            let attribute = der(0x30, &[&[0x06, 3, 0x55, 0x04, 0x03], &der(0x0C, &[text.as_bytes()])]);
            der(0x30, &[&der(0x31, &[&attribute])])
        };
        // "Never" is the last second, not the last day.
        let clock = |day: &str| if day == "99991231" { "235959Z" } else { "000000Z" };
        let date = |day: &str| der(0x18, &[day.as_bytes(), clock(day).as_bytes()]);
        let point = key(self.key).verifying_key().to_sec1_point(false);
        let constraints = match self.authority {
            None => der(0x30, &[]),
            Some(None) => der(0x30, &[&[1, 1, 0xFF]]),
            Some(Some(depth)) => der(0x30, &[&[1, 1, 0xFF, 2, 1, depth]]),
        };
        let unused = u8::try_from(self.usage.trailing_zeros()).expect("small");
        let extension = |last: u8, value: &[u8]| {
            der(0x30, &[&[0x06, 3, 0x55, 0x1D, last], &[1, 1, 0xFF], &der(0x04, &[value])])
        };
        let extensions =
            [extension(0x13, &constraints), extension(0x0F, &[3, 2, unused, self.usage])].concat();
        let body = der(
            0x30,
            &[
                &[0xA0, 3, 2, 1, 2, 2, 1, 1],
                &algorithm,
                &name(self.issuer),
                &der(0x30, &[&date(self.from), &date(self.until)]),
                &name(self.subject),
                &SPKI_PREFIX,
                &point.as_bytes()[1..],
                &der(0xA3, &[&der(0x30, &[&extensions])]),
            ],
        );
        let signature = sign(&key(self.issuer_key), &body).to_der();
        der(0x30, &[&body, &algorithm, &der(0x03, &[&[0], signature.as_bytes()])])
    }
}

/// An authority that never expires.
pub(crate) fn authority(key: u8, subject: &'static str, issuer_key: u8, issuer: &'static str) -> Vec<u8> {
    let (from, until) = ("20200101", "99991231");
    Parts { subject, issuer, key, issuer_key, from, until, authority: Some(None), usage: 0x04 }.build()
}
