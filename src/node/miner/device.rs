//! Where the evidence of a GPU comes from: a simulated device, or tools outside that asked a real one.
//!
//! A device answers a nonce that binds its evidence to chain, job, miner and epoch. Whatever it answers is checked here
//! as far as that can be done without a chain, before anybody signs over it or pays for gas.

use alloy_primitives::{B256, Bytes};
use pars_nvtrust::{
    Architecture, Attestation, AttestationError, FullEvidence, GENESIS_ICAS, PinnedIca, Reference,
    Registration, Report, ReportError, simulated::SimulatedDevice, simulated_ica, verify_evidence,
    verify_registered,
};
use pars_protocol::{Tier, ids};

/// `derive_key` context of [`SimulatedGpu::seed_of`].
pub const DEVICE_SEED_TAG: &str = "pars.aimining.devnet-device.v1";

/// Evidence that no chain would accept for this work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Not `bytes attestation`.
    #[error("this is no attestation: {0}")]
    Encoding(#[from] AttestationError),
    /// Its report cannot be read.
    #[error("the attestation's report: {0}")]
    Report(#[from] ReportError),
    /// It is not genuine, or not a GPU's.
    #[error("the attestation: {0}")]
    Evidence(#[from] pars_nvtrust::EvidenceError),
    /// It answers another challenge.
    #[error(
        "the report answers the nonce {reported}, this work's is {expected}: key, nonce, job, --began, model, input, \
         chain and epoch seed must be those of the nonce that the GPU was given"
    )]
    Nonce {
        /// What this work asks for.
        expected: B256,
        /// What the GPU answered.
        reported: B256,
    },
    /// Another device.
    #[error("the attestation is of the device {actual}, not of {expected}")]
    Device {
        /// Whose evidence was announced.
        expected: B256,
        /// Whose it is.
        actual: B256,
    },
    /// An intermediate that a governor pinned later.
    #[error("intermediate {0} is none that every chain pins from genesis on, so only a chain knows it")]
    UnknownIca(u8),
}

/// A GPU that can be asked.
pub trait EvidenceSource {
    /// Which device it is.
    fn device_id(&self) -> B256;

    /// What it is; `None` if only the chain knows.
    fn tier(&self) -> Option<Tier>;

    /// `bytes attestation` that answers this nonce.
    ///
    /// # Errors
    /// It has no evidence that a chain could accept.
    fn attestation(&self, nonce: B256) -> Result<Bytes, DeviceError>;
}

/// What an `ica_index` means on every chain: the intermediates of genesis, and the simulated ones.
pub fn known_ica(index: u8) -> Option<(Tier, PinnedIca)> {
    let ica = simulated_ica(index).or_else(|| GENESIS_ICAS.get(usize::from(index)))?;
    let tier = if ica.architecture == Architecture::GB100 { Tier::Gb100 } else { Tier::Gh100 };
    Some((tier, *ica))
}

/// A device of our own. **Only a chain whose dev flag stands pays it**: its keys are public knowledge.
#[derive(Clone, Debug)]
pub struct SimulatedGpu {
    device: SimulatedDevice,
    registered: bool,
}

impl SimulatedGpu {
    /// The device of a seed. `registered`: its evidence is of kind 2, for a chain that knows it already.
    pub fn new(architecture: Architecture, seed: B256, registered: bool) -> Self {
        Self { device: SimulatedDevice::new(architecture, &seed.0), registered }
    }

    /// The seed of a key's own device, so that one key has one. It follows from the public key: nothing about a
    /// simulated device is secret.
    pub fn seed_of(public_key: &[u8]) -> B256 {
        B256::from(blake3::derive_key(DEVICE_SEED_TAG, public_key))
    }

    /// The device itself.
    pub const fn device(&self) -> &SimulatedDevice {
        &self.device
    }
}

impl EvidenceSource for SimulatedGpu {
    fn device_id(&self) -> B256 {
        ids::attested_device_id(&self.device.spki())
    }

    fn tier(&self) -> Option<Tier> {
        known_ica(self.device.ica_index()).map(|(tier, _)| tier)
    }

    fn attestation(&self, nonce: B256) -> Result<Bytes, DeviceError> {
        let bytes = if self.registered {
            self.device.registered(&self.device_id().0, &nonce.0)
        } else {
            self.device.attestation(&nonce.0)
        };
        match Attestation::decode(&bytes)? {
            Attestation::Full(evidence) => {
                let (_, ica) =
                    known_ica(evidence.ica_index).ok_or(DeviceError::UnknownIca(evidence.ica_index))?;
                verify_evidence(&evidence, &ica, &[nonce.0], &Reference)?;
            }
            Attestation::Registered(evidence) => {
                let leaf_public_key = self.device.leaf_public_key();
                let known =
                    Registration { leaf_public_key: &leaf_public_key, fwid: &self.device.firmware.fwid };
                verify_registered(evidence.report, known, &[nonce.0], &Reference)?;
            }
        }
        Ok(bytes.into())
    }
}

/// Evidence that was made elsewhere, for the nonce that [`super::Work::attestation_nonce`] told.
#[derive(Clone, Debug)]
pub struct GivenEvidence {
    bytes: Bytes,
    device_id: B256,
    tier: Option<Tier>,
}

impl GivenEvidence {
    /// Reads `bytes attestation`. Of kind 1 it checks everything that does not depend on a chain's policy; of kind 2
    /// what the report itself says, since the key that must have signed it is known to the chain alone.
    ///
    /// `ica`: what the chain says of the intermediate, where [`known_ica`] knows nothing of it.
    ///
    /// # Errors
    /// No chain would accept it.
    pub fn new(bytes: Bytes, ica: Option<(Tier, PinnedIca)>) -> Result<Self, DeviceError> {
        let (device_id, tier) = match Attestation::decode(&bytes)? {
            Attestation::Full(evidence) => {
                let index = evidence.ica_index;
                let (tier, ica) = known_ica(index).or(ica).ok_or(DeviceError::UnknownIca(index))?;
                (full_device_id(&evidence, &ica)?, Some(tier))
            }
            Attestation::Registered(evidence) => {
                let report = Report::parse(evidence.report)?;
                if report.kind() != pars_nvtrust::DeviceKind::Gpu {
                    return Err(pars_nvtrust::EvidenceError::NvSwitch.into());
                }
                if report.opaque().fwid().is_none() {
                    return Err(pars_nvtrust::EvidenceError::FwidMissing.into());
                }
                (B256::from(evidence.device_id), None)
            }
        };
        Ok(Self { bytes, device_id, tier })
    }

    /// The index of the intermediate, if these bytes are evidence of kind 1.
    pub fn ica_index(bytes: &[u8]) -> Option<u8> {
        match Attestation::decode(bytes) {
            Ok(Attestation::Full(evidence)) => Some(evidence.ica_index),
            _ => None,
        }
    }

    /// The nonce that the report answers.
    ///
    /// # Errors
    /// Never for evidence that [`Self::new`] read.
    pub fn nonce(&self) -> Result<B256, DeviceError> {
        let report = match Attestation::decode(&self.bytes)? {
            Attestation::Full(evidence) => evidence.report,
            Attestation::Registered(evidence) => evidence.report,
        };
        Ok(B256::from(Report::parse(report)?.nonce()))
    }
}

/// Verifies evidence for the nonce that its own report names.
fn full_device_id(evidence: &FullEvidence<'_>, ica: &PinnedIca) -> Result<B256, DeviceError> {
    let nonce = *Report::parse(evidence.report)?.nonce();
    let gpu = verify_evidence(evidence, ica, &[nonce], &Reference)?;
    Ok(ids::attested_device_id(gpu.ik_spki))
}

impl EvidenceSource for GivenEvidence {
    fn device_id(&self) -> B256 {
        self.device_id
    }

    fn tier(&self) -> Option<Tier> {
        self.tier
    }

    fn attestation(&self, expected: B256) -> Result<Bytes, DeviceError> {
        let reported = self.nonce()?;
        if reported != expected {
            return Err(DeviceError::Nonce { expected, reported });
        }
        Ok(self.bytes.clone())
    }
}

#[cfg(test)]
mod tests;
