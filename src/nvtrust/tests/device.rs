//! A device of our own, in the exact byte layout: every field can be set to something else, and is signed all the same.

use super::support::Evidence;
use crate::{Architecture, PinnedIca, PublicKey, SPKI_PREFIX, Signature};
use p384::ecdsa::{Signature as P384Signature, SigningKey, signature::hazmat::PrehashSigner};
use serde_json::Value;
use sha2::{Digest, Sha384};

/// OIDs, as their content.
pub(crate) const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
pub(crate) const SERIAL_NUMBER: &[u8] = &[0x55, 0x04, 0x05];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
pub(crate) const COMPOSITE_DEVICE_ID: &[u8] = &[0x67, 0x81, 0x05, 0x05, 0x04, 0x01];
pub(crate) const DICE_TCB_INFO: &[u8] = &[0x67, 0x81, 0x05, 0x05, 0x04, 0x01, 0x01];
pub(crate) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const ECDSA_WITH_SHA384: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];

/// A DER element.
pub(crate) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).expect("short");
    let mut bytes = match length.to_be_bytes() {
        [0, low @ 0..=0x7F] => vec![tag, low],
        [0, low] => vec![tag, 0x81, low],
        [high, low] => vec![tag, 0x82, high, low],
    };
    bytes.extend(content);
    bytes
}

/// A name of text attributes: serialNumber as PrintableString, the others as UTF8String.
pub(crate) fn name(attributes: &[(&[u8], &str)]) -> Vec<u8> {
    let sets: Vec<_> = attributes
        .iter()
        .map(|(kind, text)| {
            let tag = if *kind == SERIAL_NUMBER { 0x13 } else { 0x0C };
            der(0x31, &[&der(0x30, &[&der(0x06, &[kind]), &der(tag, &[text.as_bytes()])])])
        })
        .collect();
    der(0x30, &[&sets.concat()])
}

pub(crate) fn extension(kind: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[0x01, 0x01, 0xFF] } else { &[] };
    der(0x30, &[&der(0x06, &[kind]), flag, &der(0x04, &[value])])
}

/// FWID.
pub(crate) fn fwid(digest: &[u8]) -> Vec<u8> {
    der(0x30, &[&der(0x06, &[SHA384]), &der(0x04, &[digest])])
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 48]).expect("below the order")
}

pub(crate) fn public_key(key: &SigningKey) -> PublicKey {
    let point = key.verifying_key().to_sec1_point(false);
    point.as_bytes()[1..].try_into().expect("96 bytes")
}

pub(crate) fn spki(key: &SigningKey) -> Vec<u8> {
    [&SPKI_PREFIX[..], &public_key(key)].concat()
}

pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> Signature {
    let signature: P384Signature = key.sign_prehash(&Sha384::digest(message)).expect("signs");
    signature.to_bytes().as_slice().try_into().expect("96 bytes")
}

fn integer(magnitude: &[u8]) -> Vec<u8> {
    let start = magnitude.iter().position(|byte| *byte != 0).unwrap_or(magnitude.len() - 1);
    let zero: &[u8] = if magnitude[start] >= 0x80 { &[0] } else { &[] };
    der(0x02, &[zero, &magnitude[start..]])
}

/// r ‖ s as ECDSA-Sig-Value.
pub(crate) fn signature_der(signature: &Signature) -> Vec<u8> {
    der(0x30, &[&integer(&signature[..48]), &integer(&signature[48..])])
}

/// The parts of a certificate, each as it is encoded.
#[derive(Clone, Debug)]
pub(crate) struct CertificateParts {
    pub(crate) version: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: Vec<u8>,
    pub(crate) not_after: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    /// What stands between the key and the extensions.
    pub(crate) unique_ids: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
    pub(crate) outer_algorithm: Vec<u8>,
}

impl CertificateParts {
    fn new(serial: &[u8], issuer: Vec<u8>, subject: Vec<u8>, key: &SigningKey) -> Self {
        let algorithm = der(0x30, &[&der(0x06, &[ECDSA_WITH_SHA384])]);
        Self {
            version: vec![0xA0, 0x03, 0x02, 0x01, 0x02],
            serial: integer(serial),
            algorithm: algorithm.clone(),
            issuer,
            not_before: der(0x17, &[b"201017000000Z"]),
            not_after: der(0x18, &[b"99991231235959Z"]),
            subject,
            spki: spki(key),
            unique_ids: Vec::new(),
            extensions: Vec::new(),
            outer_algorithm: algorithm,
        }
    }

    /// What is signed.
    pub(crate) fn body(&self) -> Vec<u8> {
        let extensions = self.extensions.concat();
        let extensions =
            if extensions.is_empty() { Vec::new() } else { der(0xA3, &[&der(0x30, &[&extensions])]) };
        der(
            0x30,
            &[
                &self.version,
                &self.serial,
                &self.algorithm,
                &self.issuer,
                &der(0x30, &[&self.not_before, &self.not_after]),
                &self.subject,
                &self.spki,
                &self.unique_ids,
                &extensions,
            ],
        )
    }

    pub(crate) fn signed_by(&self, issuer: &SigningKey) -> Vec<u8> {
        self.with_signature(&signature_der(&sign(issuer, &self.body())))
    }

    pub(crate) fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        der(0x30, &[&self.body(), &self.outer_algorithm, &der(0x03, &[&[0], signature])])
    }
}

/// A device with its factory.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) architecture: Architecture,
    pub(crate) ica_key: SigningKey,
    pub(crate) ik_key: SigningKey,
    pub(crate) leaf_key: SigningKey,
    pub(crate) ik: CertificateParts,
    pub(crate) leaf: CertificateParts,
    pub(crate) blocks: Vec<Vec<u8>>,
    pub(crate) opaque: Vec<(u16, Vec<u8>)>,
    pub(crate) nonce: [u8; 32],
}

pub(crate) const FWID: [u8; 48] = [0xF1; 48];

impl Device {
    pub(crate) fn new(architecture: Architecture) -> Self {
        let (ica_key, ik_key, leaf_key) = (key(1), key(2), key(3));
        let chip = architecture.name();
        let serial = [0x41, 1, 2, 3, 4, 5, 6, 7, 0xA8];
        let ica_name = name(&[(COMMON_NAME, &format!("Pars test {chip} Provisioner, not NVIDIA"))]);
        let ik_name =
            name(&[(SERIAL_NUMBER, "4101020304050607A8"), (COMMON_NAME, &format!("{chip} A01 GSP BROM"))]);
        let leaf_name = name(&[(COMMON_NAME, &format!("{chip} A01 GSP FMC LF"))]);
        let mut ik = CertificateParts::new(&serial, ica_name, ik_name.clone(), &ik_key);
        ik.extensions = vec![
            extension(BASIC_CONSTRAINTS, true, &[0x30, 3, 1, 1, 0xFF]),
            extension(KEY_USAGE, true, &[0x03, 2, 2, 0x04]),
        ];
        let mut leaf = CertificateParts::new(&[0x53; 20], ik_name, leaf_name, &leaf_key);
        let firmware = match architecture {
            Architecture::GH100 => {
                extension(COMPOSITE_DEVICE_ID, false, &composite(&spki(&ik_key), &fwid(&FWID)))
            }
            _ => extension(DICE_TCB_INFO, false, &dice(&[fwid(&FWID), fwid(&[0; 48])])),
        };
        leaf.extensions = vec![extension(KEY_USAGE, true, &[0x03, 2, 7, 0x80]), firmware];
        Self {
            architecture,
            ica_key,
            ik_key,
            leaf_key,
            ik,
            leaf,
            blocks: (1..=64).map(block).collect(),
            opaque: vec![
                (6, vec![0, 0x9F, 0, 0x96, 1, 0, 0, 0]),
                (15, b"882\0".to_vec()),
                (17, b"1010\0".to_vec()),
                (18, b"0200\0".to_vec()),
                (3, b"580.95.05\0".to_vec()),
                (11, vec![0x55]),
                (20, FWID.to_vec()),
                (34, vec![1, 0]),
                (36, vec![0, 0]),
            ],
            nonce: [0x5A; 32],
        }
    }

    pub(crate) fn set(&mut self, kind: u16, data: &[u8]) {
        self.opaque.retain(|(other, _)| *other != kind);
        self.opaque.push((kind, data.to_vec()));
    }

    pub(crate) fn unset(&mut self, kind: u16) {
        self.opaque.retain(|(other, _)| *other != kind);
    }

    pub(crate) fn opaque_bytes(&self) -> Vec<u8> {
        self.opaque.iter().flat_map(|(kind, data)| tlv(*kind, data)).collect()
    }

    pub(crate) fn report(&self) -> Vec<u8> {
        self.report_with_opaque(&self.opaque_bytes())
    }

    /// A signed report with these bytes as its opaque data.
    pub(crate) fn report_with_opaque(&self, opaque: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x11, 0xE0, 0x01, 0xFF];
        bytes.extend(self.nonce);
        bytes.extend([0x00, 0x11, 0x60, 0, 0, u8::try_from(self.blocks.len()).expect("few")]);
        let record = self.blocks.concat();
        bytes.extend(&u32::try_from(record.len()).expect("short").to_le_bytes()[..3]);
        bytes.extend(record);
        bytes.extend([0xC3; 32]);
        bytes.extend(u16::try_from(opaque.len()).expect("short").to_le_bytes());
        bytes.extend(opaque);
        let signature = sign(&self.leaf_key, &bytes);
        bytes.extend(signature);
        bytes
    }

    pub(crate) fn ica(&self) -> PinnedIca {
        PinnedIca { architecture: self.architecture, public_key: public_key(&self.ica_key) }
    }

    pub(crate) fn evidence(&self) -> Evidence {
        Evidence {
            id: format!("own {:?}", self.architecture),
            report: self.report(),
            chain: vec![self.leaf.signed_by(&self.ik_key), self.ik.signed_by(&self.ica_key)],
            ica: self.ica(),
            facts: Value::Null,
        }
    }
}

/// Extension value of CompositeDeviceID.
pub(crate) fn composite(spki: &[u8], fwid: &[u8]) -> Vec<u8> {
    der(0x30, &[&[0x02, 1, 1], spki, fwid])
}

/// Extension value of DiceTcbInfo, with the fields that a GB100 has.
pub(crate) fn dice(fwids: &[Vec<u8>]) -> Vec<u8> {
    let list = der(0xA6, &[&fwids.concat()]);
    der(0x30, &[&der(0x80, &[b"NVIDIA"]), &der(0x83, &[&[1]]), &list, &der(0x87, &[&[0, 0x80]])])
}

/// A measurement block.
pub(crate) fn block(index: u8) -> Vec<u8> {
    [&[index, 1, 51, 0, 1, 48, 0][..], &[index; 48]].concat()
}

/// An opaque entry.
pub(crate) fn tlv(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("short");
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}
