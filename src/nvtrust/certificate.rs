//! X.509 v3 (RFC 5280) as NVIDIA's device chains use it: P-384 keys, ecdsa-with-SHA384, no expiry. Anything else is
//! refused, so that no two implementations can read one certificate differently.

use crate::{
    der::{self, Der, DerError},
    ecdsa::{P384Verifier, PublicKey, Signature},
    fwid::{Fwid, FwidError, FwidForm},
};

/// Longest certificate that is read.
pub const MAX_CERTIFICATE_LEN: usize = 1_024;

/// Bytes of a SubjectPublicKeyInfo.
pub const SPKI_LEN: usize = 120;

/// How every SubjectPublicKeyInfo begins: id-ecPublicKey, secp384r1, an uncompressed point. The same key in another
/// encoding would be another device.
pub const SPKI_PREFIX: [u8; 24] = [
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81,
    0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
];

/// AlgorithmIdentifier of ecdsa-with-SHA384, without parameters.
pub(crate) const ECDSA_WITH_SHA384: [u8; 12] =
    [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];
/// RFC 5280 section 4.1.2.5: no well-defined expiration date.
pub(crate) const NO_EXPIRY: &[u8] = b"99991231235959Z";

pub(crate) const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
pub(crate) const SERIAL_NUMBER: &[u8] = &[0x55, 0x04, 0x05];
pub(crate) const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1D, 0x0E];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11];
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
pub(crate) const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1D, 0x23];
/// 2.23.133.5.4.1
pub(crate) const COMPOSITE_DEVICE_ID: &[u8] = &[0x67, 0x81, 0x05, 0x05, 0x04, 0x01];
/// 2.23.133.5.4.1.1
pub(crate) const DICE_TCB_INFO: &[u8] = &[0x67, 0x81, 0x05, 0x05, 0x04, 0x01, 0x01];

/// Why bytes are not a certificate of this profile. Each names one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum CertificateError {
    /// Longer than [`MAX_CERTIFICATE_LEN`].
    #[error("the certificate has {0} bytes, more than {MAX_CERTIFICATE_LEN}")]
    TooLong(usize),
    /// Not DER, or not this element.
    #[error(transparent)]
    #[strum(transparent)]
    Der(#[from] DerError),
    /// Not X.509 v3.
    #[error("the certificate is not X.509 v3")]
    Version,
    /// Empty, negative, or longer than 20 bytes.
    #[error("the serial number is not a positive integer of at most 20 bytes")]
    SerialNumber,
    /// Inside or outside the signed part.
    #[error("the signature algorithm is not ecdsa-with-SHA384")]
    SignatureAlgorithm,
    /// An attribute that is neither UTF8String nor PrintableString, a set of several, or one that stands twice.
    #[error("a name is not a sequence of single text attributes")]
    Name,
    /// notBefore.
    #[error("notBefore is not a time in UTC")]
    NotBefore,
    /// notAfter.
    #[error("notAfter is not 9999-12-31: the certificate expires")]
    NotAfter,
    /// Not the 24 bytes of [`SPKI_PREFIX`] and 96 of a point: another curve, or a compressed point.
    #[error("the public key is not an uncompressed point of P-384 in its one encoding")]
    PublicKey,
    /// Unique identifiers of X.509 v2, or no extensions.
    #[error("something other than the extensions follows the public key")]
    Extensions,
    /// An extension that stands twice.
    #[error("an extension stands twice")]
    DuplicateExtension,
    /// A critical extension that this profile does not know.
    #[error("a critical extension is unknown")]
    CriticalExtension,
    /// KeyUsage.
    #[error("KeyUsage is malformed")]
    KeyUsage,
    /// BasicConstraints.
    #[error("BasicConstraints are malformed")]
    BasicConstraints,
    /// The firmware id.
    #[error(transparent)]
    #[strum(transparent)]
    Fwid(#[from] FwidError),
    /// r or s is longer than 48 bytes.
    #[error("the certificate's signature is not a pair of integers of at most 48 bytes")]
    Signature,
}

/// A distinguished name.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// Its DER, by which names are compared.
    pub der: &'a [u8],
    /// CN.
    pub common_name: Option<&'a str>,
    /// serialNumber.
    pub serial_number: Option<&'a str>,
}

impl<'a> Name<'a> {
    fn parse(der: &mut Der<'a>) -> Result<Self, CertificateError> {
        let name = der.tagged(der::SEQUENCE)?;
        let mut parsed = Self { der: name.raw, common_name: None, serial_number: None };
        let mut sets = Der::new(name.content);
        while !sets.is_empty() {
            let mut set = sets.inside(der::SET)?;
            let mut attribute = set.inside(der::SEQUENCE)?;
            set.finish().map_err(|_| CertificateError::Name)?;
            let kind = attribute.content(der::OID)?;
            let value = attribute.element()?;
            attribute.finish()?;
            let text = match value.tag {
                der::UTF8_STRING => str::from_utf8(value.content).ok(),
                der::PRINTABLE_STRING if value.content.is_ascii() => str::from_utf8(value.content).ok(),
                _ => None,
            };
            let text = text.ok_or(CertificateError::Name)?;
            let slot = match kind {
                COMMON_NAME => &mut parsed.common_name,
                SERIAL_NUMBER => &mut parsed.serial_number,
                _ => continue,
            };
            if slot.replace(text).is_some() {
                return Err(CertificateError::Name);
            }
        }
        Ok(parsed)
    }
}

/// A certificate of this profile. Nothing is verified yet.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    signed: &'a [u8],
    serial: &'a [u8],
    issuer: Name<'a>,
    subject: Name<'a>,
    spki: &'a [u8; SPKI_LEN],
    extensions: Extensions<'a>,
    signature: Signature,
}

/// What this profile reads of the extensions.
#[derive(Clone, Copy, Debug, Default)]
struct Extensions<'a> {
    /// Bit 0 (digitalSignature) is the highest bit.
    key_usage: Option<u8>,
    authority: Option<bool>,
    alternative_name: Option<&'a [u8]>,
    fwid: Option<Fwid<'a>>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate of exactly these bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CertificateError> {
        use CertificateError as E;
        if bytes.len() > MAX_CERTIFICATE_LEN {
            return Err(E::TooLong(bytes.len()));
        }
        let mut outer = Der::new(bytes);
        let mut certificate = outer.inside(der::SEQUENCE)?;
        outer.finish()?;
        let signed = certificate.tagged(der::SEQUENCE)?;
        if certificate.element()?.raw != ECDSA_WITH_SHA384 {
            return Err(E::SignatureAlgorithm);
        }
        let signature = parse_signature(certificate.bytes_of_bit_string()?)?;
        certificate.finish()?;

        let mut body = Der::new(signed.content);
        if body.element()?.raw != [0xA0, 0x03, 0x02, 0x01, 0x02] {
            return Err(E::Version);
        }
        let serial = body.unsigned()?;
        if serial.len() > 20 || serial == [0] {
            return Err(E::SerialNumber);
        }
        if body.element()?.raw != ECDSA_WITH_SHA384 {
            return Err(E::SignatureAlgorithm);
        }
        let issuer = Name::parse(&mut body)?;
        parse_validity(body.inside(der::SEQUENCE)?)?;
        let subject = Name::parse(&mut body)?;
        let spki = body.element()?.raw;
        if !spki.starts_with(&SPKI_PREFIX) {
            return Err(E::PublicKey);
        }
        let spki: &[u8; SPKI_LEN] = spki.try_into().map_err(|_| E::PublicKey)?;
        if body.peek() != Some(0xA3) {
            return Err(E::Extensions);
        }
        let mut explicit = body.inside(0xA3)?;
        body.finish()?;
        let list = explicit.inside(der::SEQUENCE)?;
        explicit.finish()?;
        let extensions = Extensions::parse(list)?;
        Ok(Self { signed: signed.raw, serial, issuer, subject, spki, extensions, signature })
    }

    /// Is this certificate signed with this key?
    pub fn is_signed_by(&self, issuer: &PublicKey, verifier: &dyn P384Verifier) -> bool {
        verifier.verify(issuer, self.signed, &self.signature)
    }

    /// The serial number, big-endian without leading zeros.
    pub const fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// Issuer.
    pub const fn issuer(&self) -> &Name<'a> {
        &self.issuer
    }

    /// Subject.
    pub const fn subject(&self) -> &Name<'a> {
        &self.subject
    }

    /// SubjectPublicKeyInfo, in its one encoding.
    pub const fn spki(&self) -> &'a [u8; SPKI_LEN] {
        self.spki
    }

    /// The public key: the point of [`Self::spki`].
    pub fn public_key(&self) -> &'a PublicKey {
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, point @ ..] = self.spki;
        point
    }

    /// BasicConstraints say that this is a certificate authority.
    pub const fn is_authority(&self) -> bool {
        matches!(self.extensions.authority, Some(true))
    }

    /// KeyUsage is there and has digitalSignature.
    pub fn may_sign(&self) -> bool {
        self.extensions.key_usage.is_some_and(|bits| bits & 0x80 != 0)
    }

    /// KeyUsage is there and has keyCertSign.
    pub fn may_certify(&self) -> bool {
        self.extensions.key_usage.is_some_and(|bits| bits & 0x04 != 0)
    }

    /// The firmware id, if the certificate carries one.
    pub const fn fwid(&self) -> Option<&Fwid<'a>> {
        self.extensions.fwid.as_ref()
    }

    /// SubjectAltName, as encoded: for people to read.
    pub const fn alternative_name(&self) -> Option<&'a [u8]> {
        self.extensions.alternative_name
    }
}

impl<'a> Extensions<'a> {
    fn parse(list: Der<'a>) -> Result<Self, CertificateError> {
        use CertificateError as E;
        let mut parsed = Self::default();
        let mut rest = list;
        let mut count = 0usize;
        while !rest.is_empty() {
            let (kind, critical, value) = extension(&mut rest)?;
            // A certificate is short, and so is the walk over what stands before.
            let mut before = list;
            for _ in 0..count {
                if extension(&mut before)?.0 == kind {
                    return Err(E::DuplicateExtension);
                }
            }
            count = count.saturating_add(1);
            match kind {
                KEY_USAGE => parsed.key_usage = Some(parse_key_usage(value)?),
                BASIC_CONSTRAINTS => parsed.authority = Some(parse_basic_constraints(value)?),
                SUBJECT_ALT_NAME => parsed.alternative_name = Some(value),
                COMPOSITE_DEVICE_ID | DICE_TCB_INFO => {
                    let form = if kind == DICE_TCB_INFO {
                        FwidForm::DiceTcbInfo
                    } else {
                        FwidForm::CompositeDeviceId
                    };
                    if parsed.fwid.replace(Fwid::parse(form, value)?).is_some() {
                        return Err(E::Fwid(FwidError::BothForms));
                    }
                }
                SUBJECT_KEY_ID | AUTHORITY_KEY_ID => {}
                _ if critical => return Err(E::CriticalExtension),
                _ => {}
            }
        }
        if count == 0 { Err(E::Extensions) } else { Ok(parsed) }
    }
}

/// OID, critical, value.
fn extension<'a>(list: &mut Der<'a>) -> Result<(&'a [u8], bool, &'a [u8]), CertificateError> {
    let mut extension = list.inside(der::SEQUENCE)?;
    let kind = extension.content(der::OID)?;
    let critical = extension.optional_true()?;
    let value = extension.content(der::OCTET_STRING)?;
    extension.finish()?;
    Ok((kind, critical, value))
}

/// One byte of a named bit list: as many unused bits as there are trailing zeros (X.690 section 11.2.2).
fn parse_key_usage(value: &[u8]) -> Result<u8, CertificateError> {
    match *value {
        [der::BIT_STRING, 2, unused, bits] if bits != 0 && bits.trailing_zeros() == u32::from(unused) => {
            Ok(bits)
        }
        _ => Err(CertificateError::KeyUsage),
    }
}

/// cA, and a pathLenConstraint of one byte.
fn parse_basic_constraints(value: &[u8]) -> Result<bool, CertificateError> {
    match *value {
        [der::SEQUENCE, 0] => Ok(false),
        [der::SEQUENCE, 3, der::BOOLEAN, 1, 0xFF] => Ok(true),
        [der::SEQUENCE, 6, der::BOOLEAN, 1, 0xFF, der::INTEGER, 1, 0..=0x7F] => Ok(true),
        _ => Err(CertificateError::BasicConstraints),
    }
}

/// No clock is asked: notAfter must be the date that says "never".
fn parse_validity(mut validity: Der<'_>) -> Result<(), CertificateError> {
    let not_before = validity.element()?;
    let digits = match not_before.tag {
        der::UTC_TIME => 12,
        der::GENERALIZED_TIME => 14,
        _ => return Err(CertificateError::NotBefore),
    };
    match not_before.content.split_last() {
        Some((b'Z', time)) if time.len() == digits && time.iter().all(u8::is_ascii_digit) => {}
        _ => return Err(CertificateError::NotBefore),
    }
    let not_after = validity.element()?;
    if not_after.tag != der::GENERALIZED_TIME || not_after.content != NO_EXPIRY {
        return Err(CertificateError::NotAfter);
    }
    Ok(validity.finish()?)
}

/// ECDSA-Sig-Value: SEQUENCE { r INTEGER, s INTEGER }, to r ‖ s.
pub(crate) fn parse_signature(bytes: &[u8]) -> Result<Signature, CertificateError> {
    let mut outer = Der::new(bytes);
    let mut pair = outer.inside(der::SEQUENCE)?;
    outer.finish()?;
    let (r, s) = (pair.unsigned()?, pair.unsigned()?);
    pair.finish()?;
    let mut signature = [0; 96];
    let (left, right) = signature.split_at_mut(48);
    right_align(left, r)?;
    right_align(right, s)?;
    Ok(signature)
}

fn right_align(slot: &mut [u8], magnitude: &[u8]) -> Result<(), CertificateError> {
    slot.len()
        .checked_sub(magnitude.len())
        .and_then(|start| slot.get_mut(start..))
        .ok_or(CertificateError::Signature)?
        .copy_from_slice(magnitude);
    Ok(())
}
