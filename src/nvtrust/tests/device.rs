//! A device of our own, in the exact byte layout: every field can be set to something else, and is signed all the same.
//! It is put together from the parts that simulated devices are made of.

use super::support::Evidence;
use crate::{
    Architecture, PinnedIca,
    simulated::{
        certificate::{AUTHORITY, CERTIFIES, SIGNS},
        encode, report,
    },
};
use p384::ecdsa::SigningKey;
use serde_json::Value;

pub(crate) use crate::{
    certificate::{
        BASIC_CONSTRAINTS, COMMON_NAME, COMPOSITE_DEVICE_ID, DICE_TCB_INFO, KEY_USAGE, SERIAL_NUMBER,
    },
    simulated::{
        certificate::CertificateParts,
        encode::{composite, element as der, extension, fwid, name, sign, signature_der},
        keys::{public_key, spki},
        report::tlv,
    },
};

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 48]).expect("below the order")
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
        ik.extensions =
            vec![extension(BASIC_CONSTRAINTS, true, AUTHORITY), extension(KEY_USAGE, true, CERTIFIES)];
        let mut leaf = CertificateParts::new(&[0x53; 20], ik_name, leaf_name, &leaf_key);
        let firmware = match architecture {
            Architecture::GH100 => {
                extension(COMPOSITE_DEVICE_ID, false, &composite(&spki(&ik_key), &fwid(&FWID)))
            }
            _ => extension(DICE_TCB_INFO, false, &dice(&[fwid(&FWID), fwid(&[0; 48])])),
        };
        leaf.extensions = vec![extension(KEY_USAGE, true, SIGNS), firmware];
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
        report::signed_report(&self.nonce, &[0xC3; 32], &self.blocks, opaque, &self.leaf_key)
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

/// Extension value of DiceTcbInfo.
pub(crate) fn dice(fwids: &[Vec<u8>]) -> Vec<u8> {
    encode::dice("NVIDIA", "GB100 A01 GSP", fwids)
}

/// A measurement block.
pub(crate) fn block(index: u8) -> Vec<u8> {
    report::block(index, &[index; 48])
}
