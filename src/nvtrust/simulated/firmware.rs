//! What a simulated device says of its firmware: equal on all devices that run the same, as on real ones.

use super::keys::derive;
use crate::{Architecture, DriverVersion, Toggle, opaque::tlv, report::Measurement};

/// The RIM indices that the decoder changes, as on real devices.
const GH100_DECODER: [u8; 2] = [24, 35];
const GB100_DECODER: [u8; 1] = [61];

/// RIM indices that are not measured, as on real devices with a driver of that time: their blocks hold zeros.
const GH100_UNUSED: [u8; 37] = [
    0, 8, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 23, 28, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
    54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
];
const GB100_UNUSED: [u8; 32] = [
    0, 5, 7, 9, 10, 15, 16, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 42,
    43, 44, 51, 57, 62,
];

/// The firmware of a simulated device, and what its reports say of it. Every field may be changed: whatever it says is
/// signed. A text too long for a report makes a report that nobody accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedFirmware {
    /// DRIVER_VERSION, without the zero that ends it.
    pub driver: String,
    /// VBIOS_VERSION.
    pub vbios: [u8; 8],
    /// NVDEC0_STATUS. Its measurement goes with it: see [`Self::with_decoder`].
    pub nvdec0: Toggle,
    /// CHIP_SKU.
    pub chip_sku: String,
    /// PROJECT.
    pub project: String,
    /// PROJECT_SKU.
    pub project_sku: String,
    /// CHIP_INFO.
    pub chip_info: Option<String>,
    /// FEATURE_FLAG, and OPAQUE_DATA_VERSION 1 with it. Drivers before 580 report neither.
    pub feature_flag: Option<u16>,
    /// The firmware id of report and leaf. Another one is another leaf key.
    pub fwid: [u8; 48],
    /// Are reports to carry the firmware id? Drivers before 550 do not; the leaf carries it all the same.
    pub reports_fwid: bool,
    /// The 64 measurements.
    pub measurements: [Measurement; 64],
}

impl SimulatedFirmware {
    /// What a new device carries: driver 550.90.07 (GH100) or 590.48.01 (GB100), its decoder off.
    pub fn new(architecture: Architecture) -> Self {
        match architecture {
            Architecture::GH100 => Self::with_driver(architecture, "550.90.07"),
            _ => Self::with_driver(architecture, "590.48.01"),
        }
    }

    /// What comes with another driver: other measurements, and another firmware id with another branch (the first
    /// number).
    pub fn with_driver(architecture: Architecture, driver: &str) -> Self {
        let chip = architecture.name();
        let branch = driver.split('.').next().unwrap_or_default();
        let newer = DriverVersion::parse(driver.as_bytes()).is_some_and(|version| {
            let [branch, ..] = version.to_words();
            branch >= 580
        });
        let blackwell = architecture != Architecture::GH100;
        let fwid = derive("pars.aimining.simulated-fwid.v1", &[chip.as_bytes(), branch.as_bytes()]);
        let firmware = Self {
            driver: driver.to_owned(),
            vbios: if blackwell { [0, 0xD9, 0, 0x97, 0x35, 0, 0, 0] } else { [0, 0x9F, 0, 0x96, 1, 0, 0, 0] },
            nvdec0: Toggle::Disabled,
            chip_sku: "800".to_owned(),
            project: "SIMU".to_owned(),
            project_sku: "0200".to_owned(),
            chip_info: blackwell.then(|| chip.to_owned()),
            feature_flag: newer.then_some(0),
            fwid,
            reports_fwid: true,
            measurements: [[0; 48]; 64],
        };
        firmware.measured(architecture)
    }

    /// The same with its decoder on or off, which its status and its measurements say: all of them are made anew.
    pub fn with_decoder(mut self, architecture: Architecture, nvdec0: Toggle) -> Self {
        self.nvdec0 = nvdec0;
        self.measured(architecture)
    }

    fn measured(mut self, architecture: Architecture) -> Self {
        let chip = architecture.name();
        let (unused, decoder) = match architecture {
            Architecture::GH100 => (&GH100_UNUSED[..], &GH100_DECODER[..]),
            _ => (&GB100_UNUSED[..], &GB100_DECODER[..]),
        };
        let status = [self.nvdec0.byte()];
        for (index, measurement) in (0u8..).zip(&mut self.measurements) {
            let decoder: &[u8] = if decoder.contains(&index) { &status } else { &[] };
            // Index 24 is the decoder's alone.
            let off = index == 24 && self.nvdec0 == Toggle::Disabled;
            *measurement = if off || unused.contains(&index) {
                [0; 48]
            } else {
                derive(
                    "pars.aimining.simulated-measurement.v1",
                    &[chip.as_bytes(), self.driver.as_bytes(), &[0, index], decoder],
                )
            };
        }
        self
    }

    /// The entries of a report, in the order in which real ones stand.
    pub(crate) fn opaque(&self, architecture: Architecture) -> Vec<(u16, Vec<u8>)> {
        let blackwell = architecture == Architecture::GB100;
        let counters = self.measurements.iter().flat_map(|value| u32::from(*value != [0; 48]).to_le_bytes());
        let mut entries = vec![
            (tlv::VBIOS_VERSION, self.vbios.to_vec()),
            (tlv::BOARD_ID, vec![0; 4]),
            (tlv::CHIP_SKU, text(&self.chip_sku, 9)),
            (tlv::CHIP_SKU_MOD, text("0", 5)),
            (tlv::PROJECT, text(&self.project, 5)),
            (tlv::PROJECT_SKU, text(&self.project_sku, 5)),
            (tlv::PROJECT_SKU_MOD, text("", 2)),
            (tlv::DRIVER_VERSION, text(&self.driver, 0)),
            (tlv::GPU_INFO, vec![if blackwell { 0xA0 } else { 0x80 }, 1, 0, 0, 0, 0, 0, 0]),
            (tlv::MSRSCNT, counters.collect()),
            (tlv::CPRINFO, vec![0; 4]),
            (tlv::NVDEC0_STATUS, vec![self.nvdec0.byte()]),
        ];
        if self.reports_fwid {
            entries.push((tlv::FWID, self.fwid.to_vec()));
        }
        entries.push(if blackwell {
            (tlv::SYS_ENABLE_STATUS, vec![7, 7])
        } else {
            (tlv::PROTECTED_PCIE_STATUS, vec![Toggle::Disabled.byte()])
        });
        entries.extend(self.chip_info.iter().map(|chip| (tlv::CHIP_INFO, text(chip, 0))));
        if let Some(flag) = self.feature_flag {
            entries.push((tlv::OPAQUE_DATA_VERSION, vec![1, 0]));
            entries.push((tlv::FEATURE_FLAG, flag.to_le_bytes().to_vec()));
        }
        entries
    }
}

/// Text, the zero that ends it, and zeros up to a width.
fn text(text: &str, width: usize) -> Vec<u8> {
    let mut bytes = [text.as_bytes(), &[0]].concat();
    let width = width.max(bytes.len());
    bytes.resize(width, 0);
    bytes
}
