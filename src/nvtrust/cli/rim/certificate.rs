//! The four certificates of a RIM: signer ← L3 ← Reference Value CA ← CoRIM signing root.
//!
//! Unlike a device's, they expire, so the library's profile does not fit. Revocation is not asked for: it needs a
//! network.

use pars_nvtrust::{P384Verifier as _, PublicKey, Reference, SPKI_PREFIX, Signature};
use sha2::{Digest as _, Sha256};
use x509_cert::{
    Certificate,
    der::{self, Decode as _, Encode as _, Reader as _, SliceReader, oid::ObjectIdentifier},
    ext::pkix::{BasicConstraints, KeyUsage},
};

use super::RimError;
use crate::time::Time;

/// SHA-256 of the certificate "NVIDIA CoRIM signing Root CA".
pub(crate) const NVIDIA_RIM_ROOT: [u8; 32] = [
    0x12, 0x97, 0x7B, 0x51, 0x15, 0xAC, 0xB0, 0x38, 0x11, 0x79, 0x27, 0x9F, 0xFF, 0xEB, 0x5A, 0x8C, 0x4D,
    0x26, 0x49, 0x71, 0xEB, 0xB3, 0x22, 0x98, 0x02, 0x3A, 0x46, 0x5F, 0xA4, 0x1D, 0xF5, 0xD1,
];

const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
/// What this reader knows of critical extensions: BasicConstraints and KeyUsage.
const KNOWN: [ObjectIdentifier; 2] =
    [ObjectIdentifier::new_unwrap("2.5.29.19"), ObjectIdentifier::new_unwrap("2.5.29.15")];

/// When certificates are checked, and how strictly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    /// The time that they must be valid at.
    pub(crate) at: Time,
    /// Certificates whose time is over are good enough. Those whose time has not come never are.
    pub(crate) allow_expired: bool,
}

/// Who signed a RIM.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    /// Common names, signer first.
    pub(crate) names: Vec<String>,
    /// The signer's notBefore.
    pub(crate) not_before: Time,
    /// The signer's notAfter.
    pub(crate) not_after: Time,
    /// A certificate's time is over, and that was allowed.
    pub(crate) expired: bool,
    key: PublicKey,
}

impl Signer {
    /// Is this the signer's signature?
    pub(super) fn signed(&self, message: &[u8], signature: &Signature) -> bool {
        Reference.verify(&self.key, message, signature)
    }
}

/// Verifies the chain, signer first, down from the root with this SHA-256.
pub(super) fn verify(chain: &[Vec<u8>], root: &[u8; 32], validity: Validity) -> Result<Signer, RimError> {
    let [_, _, _, last] = chain else { return Err(RimError::ChainLength(chain.len())) };
    if Sha256::digest(last).as_slice() != root {
        return Err(RimError::Root);
    }
    let links = chain.iter().enumerate().map(|(position, der)| Link::parse(position, der));
    let links = links.collect::<Result<Vec<_>, _>>()?;
    for (lower, upper) in links.iter().zip(links.iter().skip(1).chain(links.last())) {
        lower.check_signed_by(upper)?;
    }
    let mut expired = false;
    for link in &links {
        link.check_role()?;
        expired |= link.is_expired(validity)?;
    }
    let names = links.iter().map(|link| link.name.clone()).collect();
    let signer = links.first().ok_or(RimError::ChainLength(0))?;
    let Link { not_before, not_after, key, .. } = *signer;
    Ok(Signer { names, not_before, not_after, expired, key })
}

struct Link<'a> {
    position: usize,
    certificate: Certificate,
    /// What the issuer signed, as it stands in the file: encoded again, dates come out in another form.
    signed: &'a [u8],
    name: String,
    not_before: Time,
    not_after: Time,
    key: PublicKey,
}

impl<'a> Link<'a> {
    fn parse(position: usize, der: &'a [u8]) -> Result<Self, RimError> {
        let malformed = |why| RimError::Certificate { position, why };
        let certificate = Certificate::from_der(der).map_err(|_| malformed("it is not X.509 in DER"))?;
        let signed = signed_part(der).map_err(|_| malformed("it is not X.509 in DER"))?;
        let body = certificate.tbs_certificate();
        let algorithms = [certificate.signature_algorithm(), body.signature()];
        if algorithms.iter().any(|used| used.oid != ECDSA_WITH_SHA384 || used.parameters.is_some()) {
            return Err(malformed("it is not signed with ecdsa-with-SHA384"));
        }
        let extensions = body.extensions().map(Vec::as_slice).unwrap_or_default();
        if extensions.iter().any(|extension| extension.critical && !KNOWN.contains(&extension.extn_id)) {
            return Err(malformed("a critical extension is unknown"));
        }
        let spki = body.subject_public_key_info().to_der().unwrap_or_default();
        let key = spki.strip_prefix(&SPKI_PREFIX).and_then(|point| point.try_into().ok());
        let key = key.ok_or_else(|| malformed("its key is not an uncompressed point of P-384"))?;
        let name = body.subject().common_name().ok().flatten().map(|name| name.value().into_owned());
        let (not_before, not_after) = (body.validity().not_before, body.validity().not_after);
        let time = |time: x509_cert::time::Time| Time(time.to_unix_duration().as_secs());
        Ok(Self {
            position,
            name: name.unwrap_or_default(),
            not_before: time(not_before),
            not_after: time(not_after),
            key,
            certificate,
            signed,
        })
    }

    fn check_signed_by(&self, upper: &Self) -> Result<(), RimError> {
        let body = self.certificate.tbs_certificate();
        if body.issuer() != upper.certificate.tbs_certificate().subject() {
            return Err(RimError::Issuer(self.position));
        }
        let signature = self.certificate.signature().as_bytes().and_then(|der| {
            let signature = p384::ecdsa::Signature::from_der(der).ok()?;
            Signature::try_from(signature.to_bytes().as_slice()).ok()
        });
        if signature.is_some_and(|signature| Reference.verify(&upper.key, self.signed, &signature)) {
            Ok(())
        } else {
            Err(RimError::CertificateSignature(self.position))
        }
    }

    /// The signer signs and certifies nobody; the others certify, at most as deep as they may, and the two in the
    /// middle are for reference values.
    fn check_role(&self) -> Result<(), RimError> {
        let role = |why| RimError::Role { position: self.position, why };
        let body = self.certificate.tbs_certificate();
        let usage = body.get_extension::<KeyUsage>().ok().flatten();
        let (_, usage) = usage.ok_or_else(|| role("it has no KeyUsage"))?;
        let constraints =
            body.get_extension::<BasicConstraints>().map_err(|_| role("its BasicConstraints"))?;
        let (authority, depth) =
            constraints.map_or((false, None), |(_, found)| (found.ca, found.path_len_constraint));
        if self.position == 0 {
            if authority || usage.key_cert_sign() || !usage.digital_signature() {
                return Err(role("it is no signer's"));
            }
            return Ok(());
        }
        if !authority || !usage.key_cert_sign() {
            return Err(role("it is no certificate authority's"));
        }
        if depth.is_some_and(|depth| usize::from(depth) + 1 < self.position) {
            return Err(role("too many authorities stand below it"));
        }
        if self.position < 3 && !self.name.starts_with("NVIDIA Reference Value ") {
            return Err(role("it is not for reference values"));
        }
        Ok(())
    }

    fn is_expired(&self, Validity { at, allow_expired }: Validity) -> Result<bool, RimError> {
        let name = || self.name.clone();
        if at < self.not_before {
            return Err(RimError::NotYetValid { name: name(), not_before: self.not_before, at });
        }
        let expired = at > self.not_after;
        if expired && !allow_expired {
            return Err(RimError::Expired { name: name(), not_after: self.not_after, at });
        }
        Ok(expired)
    }
}

/// The first of the certificate's three parts.
fn signed_part(der: &[u8]) -> der::Result<&[u8]> {
    SliceReader::new(der)?.sequence(|parts: &mut SliceReader<'_>| {
        let signed = parts.tlv_bytes()?;
        parts.tlv_bytes()?;
        parts.tlv_bytes()?;
        Ok(signed)
    })
}
