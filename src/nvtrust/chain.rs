//! Which certificate may stand where: leaf ← identity key (IK) ← an intermediate (ICA) that the chain has pinned.
//!
//! Root and Identity certificates are not part of it: what they vouch for is pinned already. NVIDIA's NVSwitch hangs
//! under the same Identity certificate as its GPUs, so a chain to the root proves no GPU. The pinned ICA does, and the
//! serial number and the names are checked besides.

use crate::{
    certificate::{Certificate, CertificateError, SPKI_LEN},
    ecdsa::{P384Verifier, PublicKey},
    fwid::Fwid,
    report::DeviceKind,
};

/// First byte of a GPU's serial number; its PDI follows.
pub(crate) const GPU_SERIAL: u8 = 0x41;
/// First byte of an NVSwitch's serial number; its PDI follows.
const SWITCH_SERIAL: u8 = 0x50;

/// Why a certificate may not stand in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, thiserror::Error)]
#[cfg_attr(test, derive(strum::VariantNames))]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum ChainError {
    /// The leaf is no certificate of this profile.
    #[error("leaf: {0}")]
    #[strum(transparent)]
    Leaf(#[source] CertificateError),
    /// The identity key's certificate is none of this profile.
    #[error("identity key: {0}")]
    #[strum(transparent)]
    IdentityKey(#[source] CertificateError),
    /// The intermediate, or one above it, is no certificate of this profile.
    #[error("intermediate: {0}")]
    #[strum(transparent)]
    Ica(#[source] CertificateError),
    /// The leaf is a certificate authority.
    #[error("the leaf is a certificate authority")]
    LeafIsAuthority,
    /// The leaf has no digitalSignature, or has keyCertSign.
    #[error("the leaf's KeyUsage is not that of a signing key")]
    LeafKeyUsage,
    /// The leaf carries no firmware id.
    #[error("the leaf carries no firmware id")]
    FwidMissing,
    /// The identity key, or the intermediate, is no certificate authority.
    #[error("the issuer is not a certificate authority")]
    IssuerIsNoAuthority,
    /// The identity key, or the intermediate, has no keyCertSign.
    #[error("the issuer's KeyUsage lacks keyCertSign")]
    IssuerKeyUsage,
    /// Not one byte of kind and eight of PDI.
    #[error("the identity key's serial number is not a device's")]
    SerialNumber,
    /// The subject's serialNumber is another one.
    #[error("the identity key's subject names another serial number")]
    SubjectSerialNumber,
    /// A switch, or a chain below a switch's intermediate.
    #[error("the certificate chain is an NVSwitch's, not a GPU's")]
    NvSwitch,
    /// A name that says another architecture than the intermediate's.
    #[error("the chain's names are not those of {0:?}")]
    Architecture(Architecture),
    /// The leaf's issuer is not the identity key's subject.
    #[error("the leaf's issuer is not the identity key's subject")]
    Issuer,
    /// CompositeDeviceID holds another key than the identity key's.
    #[error("the leaf's CompositeDeviceID holds another identity key")]
    CompositeKey,
    /// The identity key's certificate is not signed with the pinned intermediate's key.
    #[error("the identity key is not signed by the pinned intermediate")]
    IdentityKeySignature,
    /// The leaf is not signed with the identity key.
    #[error("the leaf is not signed by the identity key")]
    LeafSignature,
}

/// A GPU architecture: the word that its certificates carry. What a certificate does not say, such as H100 or H200, it
/// does not know either.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Architecture {
    /// ASCII, zero-padded.
    name: [u8; MAX_ARCHITECTURE_LEN],
}

/// Longest name of an architecture.
const MAX_ARCHITECTURE_LEN: usize = 8;

impl Architecture {
    /// Hopper: H100, H200.
    pub const GH100: Self = Self { name: *b"GH100\0\0\0" };
    /// Blackwell: B100, B200, GB200.
    pub const GB100: Self = Self { name: *b"GB100\0\0\0" };

    /// Those that genesis pins, in the order of [`crate::GENESIS_ICAS`].
    pub const ALL: [Self; 2] = [Self::GH100, Self::GB100];

    /// A name of one to eight upper-case letters and digits that begins with a letter.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        let mut padded = [0; MAX_ARCHITECTURE_LEN];
        padded.get_mut(..name.len())?.copy_from_slice(name);
        let letters = name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        (name.first()?.is_ascii_uppercase() && letters).then_some(Self { name: padded })
    }

    /// As certificates write it.
    pub fn name(&self) -> &str {
        let length = self.name.iter().position(|byte| *byte == 0).unwrap_or(MAX_ARCHITECTURE_LEN);
        self.name.get(..length).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Architecture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl<'a> Certificate<'a> {
    /// A certificate above the identity key.
    pub(crate) fn authority(bytes: &'a [u8]) -> Result<Self, ChainError> {
        let certificate = Self::parse(bytes).map_err(ChainError::Ica)?;
        check_authority(&certificate)?;
        Ok(certificate)
    }
}

/// An intermediate that the chain trusts for one architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedIca {
    /// What it vouches for.
    pub architecture: Architecture,
    /// Its key.
    pub public_key: PublicKey,
}

impl PinnedIca {
    /// Takes the key from an intermediate's certificate. Whether it deserves trust is its governor's to know.
    pub fn from_certificate(architecture: Architecture, bytes: &[u8]) -> Result<Self, ChainError> {
        let certificate = Certificate::authority(bytes)?;
        if !names(certificate.subject().common_name, architecture) {
            return Err(ChainError::Architecture(architecture));
        }
        Ok(Self { architecture, public_key: *certificate.public_key() })
    }
}

/// Certificate 1: the identity key (IK), made in the factory. It is the device.
#[derive(Clone, Copy, Debug)]
pub struct IdentityKey<'a> {
    certificate: Certificate<'a>,
    kind: DeviceKind,
    pdi: &'a [u8; 8],
}

impl<'a> IdentityKey<'a> {
    /// Reads the certificate and checks what it says of itself.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ChainError> {
        let certificate = Certificate::parse(bytes).map_err(ChainError::IdentityKey)?;
        check_authority(&certificate)?;
        let (kind, pdi) = match certificate.serial().split_first() {
            Some((&GPU_SERIAL, pdi)) => (DeviceKind::Gpu, pdi),
            Some((&SWITCH_SERIAL, pdi)) => (DeviceKind::NvSwitch, pdi),
            _ => return Err(ChainError::SerialNumber),
        };
        let pdi = pdi.try_into().map_err(|_| ChainError::SerialNumber)?;
        let text = certificate.subject().serial_number.unwrap_or_default();
        if !is_hex_of(text, certificate.serial()) {
            return Err(ChainError::SubjectSerialNumber);
        }
        Ok(Self { certificate, kind, pdi })
    }

    /// The certificate.
    pub const fn certificate(&self) -> &Certificate<'a> {
        &self.certificate
    }

    /// GPU or switch, by the serial number.
    pub const fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The per-device identifier: a readable alias of the device.
    pub const fn pdi(&self) -> &'a [u8; 8] {
        self.pdi
    }

    /// What the device id is computed from.
    pub const fn spki(&self) -> &'a [u8; SPKI_LEN] {
        self.certificate.spki()
    }

    /// Everything but the signature: a GPU of the intermediate's architecture.
    fn check_below(&self, ica: &PinnedIca) -> Result<(), ChainError> {
        if self.kind != DeviceKind::Gpu {
            return Err(ChainError::NvSwitch);
        }
        let names_it = names(self.certificate.issuer().common_name, ica.architecture)
            && begins(self.certificate.subject().common_name, ica.architecture);
        if names_it { Ok(()) } else { Err(ChainError::Architecture(ica.architecture)) }
    }
}

/// Certificate 0: the attestation key (AK), made on the device by its firmware. It signs reports, and changes with the
/// driver's branch.
#[derive(Clone, Copy, Debug)]
pub struct Leaf<'a> {
    certificate: Certificate<'a>,
    fwid: Fwid<'a>,
}

impl<'a> Leaf<'a> {
    /// Reads the certificate and checks what it says of itself.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ChainError> {
        let certificate = Certificate::parse(bytes).map_err(ChainError::Leaf)?;
        if certificate.is_authority() {
            return Err(ChainError::LeafIsAuthority);
        }
        if !certificate.may_sign() || certificate.may_certify() {
            return Err(ChainError::LeafKeyUsage);
        }
        let fwid = *certificate.fwid().ok_or(ChainError::FwidMissing)?;
        Ok(Self { certificate, fwid })
    }

    /// The certificate.
    pub const fn certificate(&self) -> &Certificate<'a> {
        &self.certificate
    }

    /// The key that signs reports.
    pub fn public_key(&self) -> &'a PublicKey {
        self.certificate.public_key()
    }

    /// The firmware that holds the key.
    pub const fn fwid(&self) -> &Fwid<'a> {
        &self.fwid
    }
}

/// Everything about leaf ← IK ← ICA but the two signatures.
pub(crate) fn check_names(leaf: &Leaf<'_>, ik: &IdentityKey<'_>, ica: &PinnedIca) -> Result<(), ChainError> {
    ik.check_below(ica)?;
    if leaf.certificate.issuer().der != ik.certificate.subject().der {
        return Err(ChainError::Issuer);
    }
    if !begins(leaf.certificate.subject().common_name, ica.architecture) {
        return Err(ChainError::Architecture(ica.architecture));
    }
    if leaf.fwid.ik_spki.is_some_and(|spki| spki != ik.spki()) {
        return Err(ChainError::CompositeKey);
    }
    Ok(())
}

/// The two signatures, from the pinned key down.
pub(crate) fn check_signatures(
    leaf: &Leaf<'_>,
    ik: &IdentityKey<'_>,
    ica: &PinnedIca,
    verifier: &dyn P384Verifier,
) -> Result<(), ChainError> {
    if !ik.certificate.is_signed_by(&ica.public_key, verifier) {
        return Err(ChainError::IdentityKeySignature);
    }
    if !leaf.certificate.is_signed_by(ik.certificate.public_key(), verifier) {
        return Err(ChainError::LeafSignature);
    }
    Ok(())
}

fn check_authority(certificate: &Certificate<'_>) -> Result<(), ChainError> {
    if !certificate.is_authority() {
        return Err(ChainError::IssuerIsNoAuthority);
    }
    if certificate.may_certify() { Ok(()) } else { Err(ChainError::IssuerKeyUsage) }
}

/// The architecture is a word of the name: "NVIDIA GH100 Provisioner ICA 1".
fn names(name: Option<&str>, architecture: Architecture) -> bool {
    name.is_some_and(|name| name.split(' ').any(|word| word == architecture.name()))
}

/// The architecture is the first word of the name: "GH100 A01 GSP BROM".
fn begins(name: Option<&str>, architecture: Architecture) -> bool {
    name.is_some_and(|name| name.split(' ').next() == Some(architecture.name()))
}

/// Upper-case hex of exactly these bytes.
fn is_hex_of(text: &str, bytes: &[u8]) -> bool {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).map(|digit| digit.to_ascii_uppercase());
    let digits = bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 0x0F)]);
    text.chars().map(Some).eq(digits)
}
