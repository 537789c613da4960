//! Certificates of the profile that `certificate.rs` reads, part by part, and those of the simulated factory.

use super::{
    encode::{ORGANIZATION, element, extension, integer, name, sign, signature_der},
    keys::{derive, public_key, signing_key, spki},
};
use crate::{Architecture, SIMULATED_ROOT_NAME, certificate as profile, der};
use p384::ecdsa::SigningKey;

/// Who made a simulated certificate: its organization.
pub(crate) const MAKER: &str = "Pars simulated";

/// BasicConstraints with cA.
pub(crate) const AUTHORITY: &[u8] = &[der::SEQUENCE, 3, der::BOOLEAN, 1, 0xFF];
/// KeyUsage with keyCertSign.
pub(crate) const CERTIFIES: &[u8] = &[der::BIT_STRING, 2, 2, 0x04];
/// KeyUsage with keyCertSign and cRLSign.
const CERTIFIES_AND_REVOKES: &[u8] = &[der::BIT_STRING, 2, 1, 0x06];
/// KeyUsage with digitalSignature.
pub(crate) const SIGNS: &[u8] = &[der::BIT_STRING, 2, 7, 0x80];

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
    /// A certificate without extensions, which this profile refuses.
    pub(crate) fn new(serial: &[u8], issuer: Vec<u8>, subject: Vec<u8>, key: &SigningKey) -> Self {
        let algorithm = profile::ECDSA_WITH_SHA384.to_vec();
        Self {
            version: vec![0xA0, 0x03, 0x02, 0x01, 0x02],
            serial: integer(serial),
            algorithm: algorithm.clone(),
            issuer,
            not_before: element(der::UTC_TIME, &[b"201017000000Z"]),
            not_after: element(der::GENERALIZED_TIME, &[profile::NO_EXPIRY]),
            subject,
            spki: spki(key).to_vec(),
            unique_ids: Vec::new(),
            extensions: Vec::new(),
            outer_algorithm: algorithm,
        }
    }

    /// Adds SubjectKeyIdentifier and AuthorityKeyIdentifier.
    pub(crate) fn with_key_ids(mut self, key: &SigningKey, issuer: &SigningKey) -> Self {
        let own = element(der::OCTET_STRING, &[&key_id(key)]);
        let above = element(der::SEQUENCE, &[&element(0x80, &[&key_id(issuer)])]);
        self.extensions.push(extension(profile::SUBJECT_KEY_ID, false, &own));
        self.extensions.push(extension(profile::AUTHORITY_KEY_ID, false, &above));
        self
    }

    /// What is signed.
    pub(crate) fn body(&self) -> Vec<u8> {
        let extensions = match self.extensions.concat() {
            none if none.is_empty() => none,
            list => element(0xA3, &[&element(der::SEQUENCE, &[&list])]),
        };
        element(
            der::SEQUENCE,
            &[
                &self.version,
                &self.serial,
                &self.algorithm,
                &self.issuer,
                &element(der::SEQUENCE, &[&self.not_before, &self.not_after]),
                &self.subject,
                &self.spki,
                &self.unique_ids,
                &extensions,
            ],
        )
    }

    /// The certificate, signed.
    pub(crate) fn signed_by(&self, issuer: &SigningKey) -> Vec<u8> {
        self.with_signature(&signature_der(&sign(issuer, &self.body())))
    }

    /// The certificate with these bytes as its signature.
    pub(crate) fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        let signature = element(der::BIT_STRING, &[&[0], signature]);
        element(der::SEQUENCE, &[&self.body(), &self.outer_algorithm, &signature])
    }
}

/// Twenty bytes that name a key.
pub(crate) fn key_id(key: &SigningKey) -> [u8; 20] {
    derive("pars.aimining.simulated-key-id.v1", &[&public_key(key)])
}

/// An authority of the simulated factory. Its key follows from its name.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    name: String,
    pub(crate) key: SigningKey,
}

impl Authority {
    fn new(name: String) -> Self {
        Self { key: signing_key(&[name.as_bytes()]), name }
    }

    /// The root above all simulated devices.
    pub(crate) fn root() -> Self {
        Self::new(SIMULATED_ROOT_NAME.to_owned())
    }

    /// What stands between the root and an architecture's intermediate.
    pub(crate) fn identity(architecture: Architecture) -> Self {
        Self::new(format!("Pars simulated {} Identity, not NVIDIA", architecture.name()))
    }

    /// The intermediate that signs an architecture's identity keys.
    pub(crate) fn ica(architecture: Architecture) -> Self {
        Self::new(ica_name(architecture))
    }

    pub(crate) fn subject(&self) -> Vec<u8> {
        name(&[(profile::COMMON_NAME, &self.name), (ORGANIZATION, MAKER)])
    }

    pub(crate) fn certificate(&self, issuer: &Self) -> Vec<u8> {
        let [first, rest @ ..]: [u8; 16] =
            derive("pars.aimining.simulated-serial.v1", &[self.name.as_bytes()]);
        // Positive, and never shorter.
        let serial = [&[first & 0x3F | 0x40][..], &rest].concat();
        let mut parts = CertificateParts::new(&serial, issuer.subject(), self.subject(), &self.key);
        parts.extensions = vec![
            extension(profile::BASIC_CONSTRAINTS, true, AUTHORITY),
            extension(profile::KEY_USAGE, true, CERTIFIES_AND_REVOKES),
        ];
        parts.with_key_ids(&self.key, &issuer.key).signed_by(&issuer.key)
    }
}

/// Common name of an architecture's simulated intermediate. Its private key follows from it.
pub fn ica_name(architecture: Architecture) -> String {
    format!("Pars simulated {} ICA, not NVIDIA", architecture.name())
}
