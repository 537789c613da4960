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
const GPU_SERIAL: u8 = 0x41;
/// First byte of an NVSwitch's serial number; its PDI follows.
const SWITCH_SERIAL: u8 = 0x50;

/// Why a certificate may not stand in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The leaf is no certificate of this profile.
    #[error("leaf: {0}")]
    Leaf(#[source] CertificateError),
    /// The identity key's certificate is none of this profile.
    #[error("identity key: {0}")]
    IdentityKey(#[source] CertificateError),
    /// The intermediate, or one above it, is no certificate of this profile.
    #[error("intermediate: {0}")]
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

    /// Those that genesis pins, in the order of [`GENESIS_ICAS`].
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

/// What genesis pins, by index: "NVIDIA GH100 Provisioner ICA 1" and "NVIDIA GB100 Provisioner ICA 00000".
pub const GENESIS_ICAS: [PinnedIca; 2] = [
    PinnedIca { architecture: Architecture::GH100, public_key: GH100_PROVISIONER_ICA_1 },
    PinnedIca { architecture: Architecture::GB100, public_key: GB100_PROVISIONER_ICA_00000 },
];

/// Certificate 6afe7184f92232c8df7b242261776e56, under "NVIDIA GH100 Identity".
#[rustfmt::skip]
const GH100_PROVISIONER_ICA_1: PublicKey = [
    0xCD, 0x47, 0x56, 0xAA, 0x39, 0xF5, 0x3A, 0x55, 0xE1, 0x2D, 0xF1, 0x4E, 0x28, 0x01, 0x53, 0x82,
    0x1A, 0x86, 0xF9, 0x0D, 0xF3, 0x17, 0x8C, 0x60, 0x48, 0x16, 0xD9, 0xB1, 0x41, 0x32, 0x59, 0x80,
    0x82, 0xDE, 0xB2, 0xA3, 0x13, 0xD3, 0x67, 0xA3, 0xCF, 0x19, 0xA4, 0x14, 0x31, 0xF3, 0x93, 0xA8,
    0xD0, 0xF9, 0x2A, 0x3F, 0x67, 0x70, 0xA0, 0xC5, 0x4D, 0x4D, 0x03, 0x2F, 0xE5, 0xCB, 0xF2, 0xF6,
    0x32, 0xDA, 0x4E, 0xF4, 0x93, 0x5D, 0x9C, 0x0D, 0xD8, 0x74, 0x07, 0x13, 0xDB, 0xBB, 0xC7, 0xB0,
    0x48, 0x62, 0xB5, 0xA2, 0xD2, 0xC1, 0xB7, 0xE6, 0xAD, 0x48, 0x24, 0xD4, 0x8E, 0x18, 0xEE, 0x4B,
];

/// Certificate 5d805fc202cebc27204640fc202f8185, under "NVIDIA GB100 Identity".
#[rustfmt::skip]
const GB100_PROVISIONER_ICA_00000: PublicKey = [
    0x17, 0x4A, 0x1E, 0x68, 0x83, 0xEC, 0x92, 0x94, 0x20, 0xA9, 0xF2, 0x29, 0x37, 0x4B, 0x6B, 0x36,
    0xDC, 0x54, 0x18, 0xFD, 0x1C, 0xCA, 0x47, 0x68, 0xE1, 0x3D, 0x9C, 0x47, 0x10, 0xBE, 0x87, 0xA8,
    0x65, 0xE1, 0xE7, 0x57, 0x51, 0x9C, 0xF9, 0x2C, 0x0E, 0xBF, 0x1B, 0x4C, 0x97, 0xBB, 0x5C, 0x91,
    0x82, 0xF1, 0xE0, 0x14, 0x0B, 0x12, 0xCF, 0xC0, 0x5D, 0x66, 0x31, 0xD2, 0x10, 0x15, 0x95, 0xE5,
    0x4F, 0xDE, 0x4A, 0xDB, 0x78, 0x87, 0xD6, 0xB6, 0x61, 0x30, 0xB0, 0xF6, 0xBD, 0x21, 0x04, 0x38,
    0x00, 0xFA, 0x47, 0x39, 0x86, 0x69, 0xF5, 0x0C, 0x01, 0xA1, 0x81, 0xCD, 0x71, 0xC8, 0xBD, 0x73,
];

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
