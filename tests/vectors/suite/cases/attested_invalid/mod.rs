//! One vector or more for each row of *Evidence* in `precompile-spec/work.md`, in the order of its two tables.

mod full;
mod registered;

use crate::suite::{
    build::{self, Scenario, block, with},
    evidence::{self, At, fwid, golden_of, govern, pin_own_ica},
    format::{CallSpec, File, Vector},
};
use alloy_primitives::B256;
use pars_ai_mining::{
    mldsa::ParameterSet,
    nvtrust::Architecture,
    precompile::testing::GpuMiner,
    protocol::{
        Parameter, Tier,
        abi::IAIMiningGovernance::{
            denyFirmwareCall, pinGoldenSetCall, revokeDeviceCall, setMinimumDriverCall,
        },
    },
};

type Rows = Vec<(&'static str, Vec<Vector>)>;

/// A device that no evidence here is of.
const OTHER_DEVICE: B256 = B256::repeat_byte(0xd1);

fn gpu() -> GpuMiner {
    At::first().work(1, 1, 1)
}

fn one(vector: Vector) -> Vec<Vector> {
    vec![vector]
}

/// Decisions of governance that refuse the device of [`gpu`].
fn deny() -> CallSpec {
    govern(denyFirmwareCall { fwid: fwid(&gpu()), denied: true })
}

fn revoke_device() -> CallSpec {
    govern(revokeDeviceCall { deviceId: gpu().device_id(), revoked: true })
}

fn raise_driver() -> CallSpec {
    govern(setMinimumDriverCall { driver: "550.90.08".into() })
}

fn pin_others() -> CallSpec {
    let (tuple, _) = golden_of(&gpu().device.report(&[0; 32]), 1);
    govern(pinGoldenSetCall { tuple, mask: 1, digest: OTHER_DEVICE, pinned: true })
}

/// A chain whose attested pool is as small as it can be.
const SMALL: [(Parameter, u128); 4] = [
    (Parameter::TargetSoftware, 1_000_000),
    (Parameter::TargetAttested, 100_000_000),
    (Parameter::DMax, 1_000_000_000_000_000_000),
    (Parameter::PoolCapSoftware, 100_000_000_000_000_000),
];

/// Rows of the table of checks that differ with an attestation: hash, gas, ceilings, the attested pool's caps.
fn rows_beside() -> Rows {
    let short = |scenario: Scenario, name: &str| {
        let used = scenario.run().gas_used;
        scenario.but(|call| call.gas = used - 1).runs_out(name, "One gas less than the call costs.")
    };
    let gb100 = |units: u64| {
        let mut gpu = GpuMiner::new(Architecture::GB100, ParameterSet::MlDsa44, 1, 1);
        gpu.miner.statement.compute_units = units;
        Scenario::new(evidence::full(gpu))
    };
    let cap = |cap| with(&[&SMALL[..], &[(cap, 1_000_000_000_000_000_000)]].concat());
    let ceiling = Tier::Gh100.ceiling();
    vec![
        (
            "13",
            one(Scenario::new({
                let (mut gpu, bytes) = (gpu(), gpu().full());
                let mut input = gpu.calldata(bytes.clone()).to_vec();
                // The last byte before the padding.
                let at = input.len() - 32 + (bytes.len() - 1) % 32;
                input[at] ^= 1;
                build::call(input)
            })
            .reverts(
                "AttestationHashMismatch",
                "attestation_changed_by_a_relayer",
                "The miner signs the hash of the evidence.",
            )),
        ),
        (
            "21",
            vec![
                short(Scenario::new(evidence::full(gpu())), "operation_gas"),
                short(
                    registered::known(evidence::registered(registered::later())),
                    "registered_operation_gas",
                ),
            ],
        ),
        (
            "27",
            one(full::asked(|gpu| gpu.miner.statement.compute_units = ceiling * 61 + 1).reverts(
                "UnitsAboveCeiling",
                "units_above_ceiling",
                "One unit above ceiling(GH100) · (duration + 1).",
            )),
        ),
        (
            "28",
            one(full::asked(|gpu| {
                gpu.miner.statement.context.timestamp -= 3_540;
                gpu.miner.statement.compute_units = ceiling * 3_600 + 1;
            })
            .reverts(
                "DeviceUnitsReached",
                "device_units",
                "One unit above ceiling(GH100) · epoch length, within the ceiling of the job.",
            )),
        ),
        (
            "33",
            one(gb100(125_000_001).genesis(cap(Parameter::PoolCapAttested)).reverts(
                "EpochCapReached",
                "epoch_cap",
                "8,000 of 10^4: one unit more than pool_cap_attested pays.",
            )),
        ),
        (
            "34",
            one(gb100(125_000_001).genesis(cap(Parameter::NativeCapAttested)).reverts(
                "NativeCapReached",
                "native_cap",
                "One unit more than native_cap_attested pays.",
            )),
        ),
    ]
}

pub(crate) fn file() -> File {
    for good in [
        Scenario::new(evidence::full(gpu())),
        full::below_own_ica().after(block(0), pin_own_ica()),
        registered::known(evidence::registered(registered::later())),
    ] {
        assert!(good.run().error.is_none(), "what the vectors change is paid when unchanged");
    }
    let rows = [
        full::rows_of_the_report(),
        full::rows_of_the_certificates(),
        full::rows_of_policy(),
        registered::rows(),
        rows_beside(),
    ];
    let vectors = rows
        .into_iter()
        .flatten()
        .flat_map(|(row, vectors)| {
            vectors.into_iter().map(move |vector| Vector { row: Some(row.to_owned()), ..vector })
        })
        .collect();
    build::file(
        "attested-invalid",
        "submitWorkProof with attestation: for each row of Evidence in work.md a proof that it refuses, kind 1 before \
         kind 2; then rows of Checks that differ with an attestation.",
        vectors,
    )
}
