//! The firmware id in a leaf certificate: SHA-384 of the firmware that holds the leaf's key, in one of two forms.
//!
//! * CompositeDeviceID (2.23.133.5.4.1): SEQUENCE { version INTEGER 1, IK SubjectPublicKeyInfo, FWID }.
//! * DiceTcbInfo (2.23.133.5.4.1.1, TCG DICE Attestation Architecture): SEQUENCE of implicit context tags [0] … [9];
//!   [6] is the list of FWIDs, of which the first one counts.
//!
//! FWID is SEQUENCE { hashAlg OBJECT IDENTIFIER sha384, digest OCTET STRING of 48 bytes }.

use crate::{
    certificate::SPKI_LEN,
    der::{self, Der, DerError},
};

/// 2.16.840.1.101.3.4.2.2
pub(crate) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];

/// Why the extension is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum FwidError {
    /// Not DER, or not this element.
    #[error("the firmware id: {0}")]
    #[strum(transparent)]
    Der(#[from] DerError),
    /// CompositeDeviceID of another version.
    #[error("CompositeDeviceID is not version 1")]
    Version,
    /// The key in CompositeDeviceID has another size.
    #[error("CompositeDeviceID holds no P-384 key")]
    PublicKey,
    /// Another hash than SHA-384.
    #[error("the firmware id is not SHA-384")]
    Algorithm,
    /// A digest that has not 48 bytes.
    #[error("the firmware id has {0} bytes, not 48")]
    Length(usize),
    /// DiceTcbInfo without a list of FWIDs, or with an empty one.
    #[error("DiceTcbInfo lists no firmware id")]
    Missing,
    /// Tags of DiceTcbInfo that do not ascend from 0 to 9.
    #[error("DiceTcbInfo has fields out of order")]
    Order,
    /// Both forms in one certificate.
    #[error("the certificate carries the firmware id in both forms")]
    BothForms,
}

/// Which extension carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FwidForm {
    /// GH100 and NVSwitch.
    CompositeDeviceId,
    /// GB100.
    DiceTcbInfo,
}

/// The firmware id of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Fwid<'a> {
    /// Which extension carries it.
    pub form: FwidForm,
    /// SHA-384.
    pub digest: &'a [u8; 48],
    /// The identity key that CompositeDeviceID repeats. It must be the issuer's.
    pub ik_spki: Option<&'a [u8; SPKI_LEN]>,
}

impl<'a> Fwid<'a> {
    pub(crate) fn parse(form: FwidForm, value: &'a [u8]) -> Result<Self, FwidError> {
        let mut outer = Der::new(value);
        let fields = outer.inside(der::SEQUENCE)?;
        outer.finish()?;
        match form {
            FwidForm::CompositeDeviceId => Self::composite(fields),
            FwidForm::DiceTcbInfo => Self::dice(fields),
        }
    }

    fn composite(mut fields: Der<'a>) -> Result<Self, FwidError> {
        if fields.unsigned()? != [1] {
            return Err(FwidError::Version);
        }
        let spki = fields.tagged(der::SEQUENCE)?.raw.try_into().map_err(|_| FwidError::PublicKey)?;
        let digest = fwid(&mut fields)?;
        fields.finish()?;
        Ok(Self { form: FwidForm::CompositeDeviceId, digest, ik_spki: Some(spki) })
    }

    fn dice(mut fields: Der<'a>) -> Result<Self, FwidError> {
        let mut next = 0x80;
        let mut first = None;
        while !fields.is_empty() {
            let field = fields.element()?;
            // [6] is constructed, and so is whatever else holds elements.
            let primitive = field.tag & !0x20;
            if primitive < next || primitive > 0x89 {
                return Err(FwidError::Order);
            }
            next = primitive.saturating_add(1);
            if field.tag == 0xA6 {
                let mut list = Der::new(field.content);
                first = Some(fwid(&mut list).map_err(|error| match error {
                    FwidError::Der(DerError::Truncated) if field.content.is_empty() => FwidError::Missing,
                    error => error,
                })?);
                while !list.is_empty() {
                    fwid(&mut list)?;
                }
            }
        }
        let digest = first.ok_or(FwidError::Missing)?;
        Ok(Self { form: FwidForm::DiceTcbInfo, digest, ik_spki: None })
    }
}

fn fwid<'a>(der: &mut Der<'a>) -> Result<&'a [u8; 48], FwidError> {
    let mut fwid = der.inside(der::SEQUENCE)?;
    if fwid.content(der::OID)? != SHA384 {
        return Err(FwidError::Algorithm);
    }
    let digest = fwid.content(der::OCTET_STRING)?;
    fwid.finish()?;
    digest.try_into().map_err(|_| FwidError::Length(digest.len()))
}
