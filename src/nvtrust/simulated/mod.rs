//! A device of our own that emits evidence in the real byte layout, for devnets, demos and tests.
//!
//! It is **simulated**, and says so in every certificate. Its keys are public by design: those of its factory follow
//! from their names, a device's from its seed, so anybody can make any number of devices. A chain accepts them only
//! while its dev flag stands, by an `ica_index` that is reserved for them; [`crate::GENESIS_ICAS`] never do. All of it
//! is deterministic: signatures are those of RFC 6979, and one device answers one nonce with the same bytes.
//!
//! ```
//! use pars_nvtrust::{
//!     Architecture, Attestation, Reference, simulated::SimulatedDevice, simulated_ica, verify_evidence,
//! };
//!
//! let nonce = [7; 32];
//! let bytes = SimulatedDevice::new(Architecture::GH100, &[1; 32]).attestation(&nonce);
//! let Ok(Attestation::Full(evidence)) = Attestation::decode(&bytes) else { panic!("kind 1") };
//! let ica = simulated_ica(evidence.ica_index).expect("a reserved index");
//! let gpu = verify_evidence(&evidence, ica, &[nonce], &Reference).expect("genuine, below the simulated ICA");
//! assert_eq!(gpu.report.opaque().driver(), Some("550.90.07"));
//! ```

pub(crate) mod certificate;
pub(crate) mod encode;
mod firmware;
pub(crate) mod keys;
pub(crate) mod report;

use crate::{
    Architecture, PublicKey, SPKI_LEN,
    certificate::{
        BASIC_CONSTRAINTS, COMMON_NAME, COMPOSITE_DEVICE_ID, DICE_TCB_INFO, KEY_USAGE, SERIAL_NUMBER,
        SUBJECT_ALT_NAME,
    },
    chain::GPU_SERIAL,
    der, simulated_ica_index,
};
use certificate::{AUTHORITY, Authority, CERTIFIES, CertificateParts, MAKER, SIGNS};
use encode::{ORGANIZATION, element, extension, name};
use keys::{derive, public_key, signing_key, spki};
use p384::ecdsa::SigningKey;
use report::{block, signed_report, tlv};

pub use certificate::ica_name;
pub use firmware::SimulatedFirmware;
pub use keys::SIMULATED_KEY_TAG;

/// 1.3.6.1.4.1.412.274.1: the DMTF's device information, under which real certificates name their device.
const DEVICE_INFO: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x83, 0x1C, 0x82, 0x12, 0x01];

/// A simulated GPU. Equal seeds are equal devices.
#[derive(Clone, Debug)]
pub struct SimulatedDevice {
    /// What it runs. A change of [`SimulatedFirmware::fwid`] is a change of its leaf key, never of its identity.
    pub firmware: SimulatedFirmware,
    architecture: Architecture,
    seed: [u8; 32],
    pdi: [u8; 8],
    ik_key: SigningKey,
}

impl SimulatedDevice {
    /// The device of a seed, with the firmware that is the default of its architecture. Whatever is not GH100 is built
    /// in Blackwell's form; only [`Architecture::ALL`] have an intermediate that vouches for them.
    pub fn new(architecture: Architecture, seed: &[u8; 32]) -> Self {
        let chip = architecture.name().as_bytes();
        Self {
            firmware: SimulatedFirmware::new(architecture),
            architecture,
            seed: *seed,
            pdi: derive("pars.aimining.simulated-pdi.v1", &[chip, seed]),
            ik_key: signing_key(&[b"identity key", chip, seed]),
        }
    }

    /// Installs a driver: see [`SimulatedFirmware::with_driver`].
    pub fn update_firmware(&mut self, driver: &str) {
        self.firmware = SimulatedFirmware::with_driver(self.architecture, driver);
    }

    /// What it poses as.
    pub const fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The identity key's SubjectPublicKeyInfo, which the device id is computed from.
    pub fn spki(&self) -> [u8; SPKI_LEN] {
        spki(&self.ik_key)
    }

    /// The per-device identifier.
    pub const fn pdi(&self) -> [u8; 8] {
        self.pdi
    }

    /// The key that signs reports while the firmware id stays.
    pub fn leaf_public_key(&self) -> PublicKey {
        public_key(&self.leaf_key())
    }

    /// The leaf's certificate.
    pub fn leaf(&self) -> Vec<u8> {
        let key = self.leaf_key();
        let [first, rest @ ..] = certificate::key_id(&key);
        // As on real devices: twenty bytes of the key, positive and never shorter.
        let serial = [&[first & 0x3F | 0x40][..], &rest].concat();
        let common_name = format!("{} A01 simulated FMC LF", self.architecture.name());
        let subject = device_name(&serial, &common_name);
        let mut parts = CertificateParts::new(&serial, self.subject(), subject, &key);
        parts.extensions.push(extension(KEY_USAGE, true, SIGNS));
        let mut parts = parts.with_key_ids(&key, &self.ik_key);
        parts.extensions.push(extension(SUBJECT_ALT_NAME, false, &self.alternative_name()));
        parts.extensions.push(self.fwid_extension());
        parts.signed_by(&self.ik_key)
    }

    /// The identity key's certificate.
    pub fn identity_key(&self) -> Vec<u8> {
        let ica = Authority::ica(self.architecture);
        let mut parts = CertificateParts::new(&self.serial(), ica.subject(), self.subject(), &self.ik_key);
        parts.extensions =
            vec![extension(BASIC_CONSTRAINTS, true, AUTHORITY), extension(KEY_USAGE, true, CERTIFIES)];
        parts.with_key_ids(&self.ik_key, &ica.key).signed_by(&ica.key)
    }

    /// Leaf, identity key, intermediate, Identity and root, as DER. The root's SHA-256 is
    /// [`crate::SIMULATED_DEVICE_ROOT`].
    pub fn chain(&self) -> [Vec<u8>; 5] {
        let (ica, identity) = (Authority::ica(self.architecture), Authority::identity(self.architecture));
        let root = Authority::root();
        let above = [ica.certificate(&identity), identity.certificate(&root), root.certificate(&root)];
        let [ica, identity, root] = above;
        [self.leaf(), self.identity_key(), ica, identity, root]
    }

    /// [`Self::chain`] as PEM, leaf first.
    pub fn chain_pem(&self) -> String {
        self.chain().iter().filter_map(|der| pem(der)).collect()
    }

    /// A report that answers a nonce.
    pub fn report(&self, nonce: &[u8; 32]) -> Vec<u8> {
        let responder_nonce = derive("pars.aimining.simulated-responder-nonce.v1", &[&self.seed, nonce]);
        let blocks: Vec<_> =
            (1..).zip(&self.firmware.measurements).map(|(index, value)| block(index, value)).collect();
        let opaque: Vec<_> = self
            .firmware
            .opaque(self.architecture)
            .iter()
            .flat_map(|(kind, data)| tlv(*kind, data))
            .collect();
        signed_report(nonce, &responder_nonce, &blocks, &opaque, &self.leaf_key())
    }

    /// `bytes attestation` of kind 1, under the reserved index of the simulated intermediate.
    pub fn attestation(&self, nonce: &[u8; 32]) -> Vec<u8> {
        let mut bytes = vec![1, 1, self.ica_index()];
        for part in [self.report(nonce), self.leaf(), self.identity_key()] {
            bytes.extend(with_length(&part));
        }
        bytes
    }

    /// The reserved index of the intermediate that vouches for it.
    pub fn ica_index(&self) -> u8 {
        simulated_ica_index(self.architecture).unwrap_or(u8::MAX)
    }

    /// `bytes attestation` of kind 2, for a device that a chain knows by this id.
    pub fn registered(&self, device_id: &[u8; 32], nonce: &[u8; 32]) -> Vec<u8> {
        [&[1, 2][..], device_id, &with_length(&self.report(nonce))].concat()
    }

    fn leaf_key(&self) -> SigningKey {
        signing_key(&[b"leaf", self.architecture.name().as_bytes(), &self.seed, &self.firmware.fwid])
    }

    /// Kind and PDI.
    fn serial(&self) -> Vec<u8> {
        [&[GPU_SERIAL][..], &self.pdi].concat()
    }

    /// The identity key's subject.
    fn subject(&self) -> Vec<u8> {
        device_name(&self.serial(), &format!("{} A01 simulated BROM", self.architecture.name()))
    }

    fn alternative_name(&self) -> Vec<u8> {
        let text = format!("simulated:{}:{}", self.architecture.name(), hex(&self.pdi));
        let value = element(0xA0, &[&element(der::UTF8_STRING, &[text.as_bytes()])]);
        let other = element(0xA0, &[&element(der::OID, &[DEVICE_INFO]), &value]);
        element(der::SEQUENCE, &[&other])
    }

    fn fwid_extension(&self) -> Vec<u8> {
        let fwid = encode::fwid(&self.firmware.fwid);
        match self.architecture {
            Architecture::GH100 => {
                extension(COMPOSITE_DEVICE_ID, false, &encode::composite(&self.spki(), &fwid))
            }
            _ => {
                let list = [fwid, encode::fwid(&[0; 48])];
                let model = format!("{} A01 simulated", self.architecture.name());
                extension(DICE_TCB_INFO, false, &encode::dice(MAKER, &model, &list))
            }
        }
    }
}

/// The name of something on the device.
fn device_name(serial: &[u8], common_name: &str) -> Vec<u8> {
    name(&[(SERIAL_NUMBER, &hex(serial)), (ORGANIZATION, MAKER), (COMMON_NAME, common_name)])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A length that its field cannot hold becomes the largest, which no reader accepts.
fn with_length(part: &[u8]) -> Vec<u8> {
    [&u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes()[..], part].concat()
}

/// `None` only for documents that no memory holds.
fn pem(der: &[u8]) -> Option<String> {
    pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, der).ok()
}
