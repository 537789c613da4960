//! DER and ECDSA as writers: what `der.rs` and `ecdsa.rs` read.

use crate::{certificate::SERIAL_NUMBER, der, ecdsa::Signature, fwid::SHA384};
use p384::ecdsa::{Signature as P384Signature, SigningKey, signature::Signer};

pub(crate) const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0A];

/// An element, in strict DER whatever its length.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let mut digits = &length[..];
    while let [0, rest @ ..] = digits {
        digits = rest;
    }
    let mut bytes = vec![tag];
    if !matches!(digits, [] | [0..=0x7F]) {
        bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
    }
    bytes.extend_from_slice(if digits.is_empty() { &[0] } else { digits });
    bytes.extend(content);
    bytes
}

/// A positive INTEGER.
pub(crate) fn integer(mut magnitude: &[u8]) -> Vec<u8> {
    while let [0, rest @ ..] = magnitude
        && !rest.is_empty()
    {
        magnitude = rest;
    }
    let zero: &[u8] = if matches!(magnitude, [0x80..=0xFF, ..]) { &[0] } else { &[] };
    element(der::INTEGER, &[zero, magnitude])
}

/// A name of text attributes: serialNumber as PrintableString, the others as UTF8String.
pub(crate) fn name(attributes: &[(&[u8], &str)]) -> Vec<u8> {
    let sets: Vec<_> = attributes
        .iter()
        .map(|(kind, text)| {
            let tag = if *kind == SERIAL_NUMBER { der::PRINTABLE_STRING } else { der::UTF8_STRING };
            let attribute = [element(der::OID, &[kind]), element(tag, &[text.as_bytes()])].concat();
            element(der::SET, &[&element(der::SEQUENCE, &[&attribute])])
        })
        .collect();
    element(der::SEQUENCE, &[&sets.concat()])
}

/// An extension of a certificate.
pub(crate) fn extension(kind: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[der::BOOLEAN, 1, 0xFF] } else { &[] };
    element(der::SEQUENCE, &[&element(der::OID, &[kind]), flag, &element(der::OCTET_STRING, &[value])])
}

/// FWID.
pub(crate) fn fwid(digest: &[u8]) -> Vec<u8> {
    element(der::SEQUENCE, &[&element(der::OID, &[SHA384]), &element(der::OCTET_STRING, &[digest])])
}

/// Extension value of CompositeDeviceID.
pub(crate) fn composite(spki: &[u8], fwid: &[u8]) -> Vec<u8> {
    element(der::SEQUENCE, &[&integer(&[1]), spki, fwid])
}

/// Extension value of DiceTcbInfo, with the fields that a GB100 has.
pub(crate) fn dice(vendor: &str, model: &str, fwids: &[Vec<u8>]) -> Vec<u8> {
    let fields = [
        element(0x80, &[vendor.as_bytes()]),
        element(0x81, &[model.as_bytes()]),
        element(0x82, &[b"01"]),
        element(0x83, &[&[0]]),
        element(0x84, &[&[0]]),
        element(0x85, &[&[0]]),
        element(0xA6, &[&fwids.concat()]),
        element(0x87, &[&[0, 0x80, 0, 0, 1]]),
    ];
    element(der::SEQUENCE, &[&fields.concat()])
}

/// r ‖ s with SHA-384, deterministic (RFC 6979).
pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> Signature {
    let signature: P384Signature = key.sign(message);
    signature.to_bytes().into()
}

/// r ‖ s as ECDSA-Sig-Value.
pub(crate) fn signature_der(signature: &Signature) -> Vec<u8> {
    let (r, s) = signature.split_at(48);
    element(der::SEQUENCE, &[&integer(r), &integer(s)])
}
