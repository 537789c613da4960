//! Proofs with attestation that are paid, and what they leave of their device.

use crate::suite::{
    build::{self, Scenario, block, call},
    evidence::{
        At, EPOCH, Parts, full, govern, pin_firmware, pin_own_ica, pin_set, registered, set_ica, spki, submit,
    },
    format::{File, Vector},
};
use pars_ai_mining::{
    mldsa::ParameterSet,
    nvtrust::Architecture,
    precompile::testing::{GpuMiner, Miner, RELAYER},
    protocol::{
        Tier,
        abi::IAIMiningGovernance::{denyFirmwareCall, revokeIcaCall, setMinimumDriverCall},
    },
};

/// A proof in the chain's first block.
fn first(number: u64) -> GpuMiner {
    At::first().work(1, 1, number)
}

/// A proof in the second epoch of a chain on which [`first`] of number 1 was accepted.
fn second(gpu: GpuMiner) -> Scenario {
    Scenario::new(registered(gpu)).after(block(0), full(first(1))).at(At::second().block)
}

fn edit(mut gpu: GpuMiner, change: impl FnOnce(&mut GpuMiner)) -> GpuMiner {
    change(&mut gpu);
    gpu
}

fn edit_miner(mut miner: Miner, change: impl FnOnce(&mut Miner)) -> Miner {
    change(&mut miner);
    miner
}

/// A device of an architecture under a parameter set.
fn gpu(architecture: Architecture, set: ParameterSet) -> GpuMiner {
    GpuMiner::new(architecture, set, set.id(), 1)
}

fn kinds() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for set in ParameterSet::ALL {
        vectors.push(Scenario::new(full(gpu(Architecture::GH100, set))).succeeds(
            &format!("full_ml_dsa_{}", set.id()),
            "Full evidence of a GH100, the first proof of the chain: it registers the device and binds it from the next \
             epoch on. Nothing is pinned: trust 8,000.",
        ));
        let later = At::second()
            .with(GpuMiner { miner: Miner::new(set, set.id(), 2), ..gpu(Architecture::GH100, set) });
        vectors.push(
            Scenario::new(registered(later))
                .after(block(0), full(gpu(Architecture::GH100, set)))
                .at(At::second().block)
                .succeeds(
                    &format!("registered_ml_dsa_{}", set.id()),
                    "The registered device in the next epoch: one signature, and nothing new to register.",
                ),
        );
    }
    vectors.push(Scenario::new(full(gpu(Architecture::GB100, ParameterSet::MlDsa44))).succeeds(
        "full_gb100",
        "Full evidence of a GB100, whose leaf carries its firmware id as DiceTcbInfo: tier 4.",
    ));
    vectors
}

fn trust() -> Vec<Vector> {
    let gb100 = || gpu(Architecture::GB100, ParameterSet::MlDsa44);
    let attested = |gpu| Scenario::new(full(gpu));
    vec![
        attested(first(1))
            .after(block(0), pin_set(&first(1), u64::MAX, true))
            .after(block(0), pin_firmware(&first(1)))
            .succeeds("full_pinned", "Firmware and measurements are pinned: a GH100's trust, 9,500."),
        attested(gb100())
            .after(block(0), pin_set(&gb100(), u64::MAX, true))
            .after(block(0), pin_firmware(&gb100()))
            .succeeds("full_gb100_pinned", "The same of a GB100: 10,000."),
        attested(first(1))
            .after(block(0), pin_set(&first(1), u64::MAX, true))
            .succeeds("full_set_pinned_firmware_not", "Measurements are the word of the firmware: 8,000."),
        attested(first(1))
            .after(block(0), pin_firmware(&first(1)))
            .succeeds("full_firmware_pinned_set_not", "No golden set to compare with: 8,000."),
        second(At::second().work(1, 1, 2))
            .after(block(0), pin_set(&first(1), !(1 << 35), true))
            .after(block(0), pin_firmware(&first(1)))
            .succeeds(
                "registered_pinned",
                "A registered device is judged by what is pinned now; block 36 is masked.",
            ),
        attested(edit(first(1), |gpu| gpu.device.firmware.measurements[35] = [7; 48]))
            .after(block(0), pin_set(&first(1), !(1 << 35), true))
            .after(block(0), pin_firmware(&first(1)))
            .succeeds(
                "full_other_value_outside_the_mask",
                "A block that the mask leaves out is not compared.",
            ),
        attested(edit(first(1), |gpu| gpu.device.firmware.measurements[9] = [7; 48]))
            .after(block(0), pin_set(&first(1), u64::MAX, true))
            .after(
                block(0),
                pin_set(&edit(first(1), |gpu| gpu.device.firmware.measurements[9] = [7; 48]), u64::MAX, true),
            )
            .after(block(0), pin_firmware(&first(1)))
            .succeeds("full_second_golden_set", "Any one of a tuple's golden sets will do."),
        attested(first(1))
            .after(block(0), govern(setMinimumDriverCall { driver: "550.90.7".into() }))
            .succeeds("full_at_the_minimum_driver", "550.90.07 is 550.90.7: versions compare as numbers."),
        attested(edit(first(1), |gpu| gpu.device.firmware.reports_fwid = false)).succeeds(
            "full_without_reported_firmware",
            "Drivers before 550 report no firmware id: the leaf's counts.",
        ),
        Scenario::new(submit(first(1), Parts::below_own_ica(&first(1)).full()))
            .after(block(0), pin_own_ica())
            .succeeds("full_below_a_governed_ica", "An intermediate that governance pinned: index 2."),
        Scenario::new(submit(first(1), Parts::below_own_ica(&first(1)).full()))
            .after(block(0), govern(set_ica(2, "GH100", spki(&crate::suite::evidence::OWN_ICA_KEY))))
            .succeeds(
                "full_of_tier_2",
                "The tier is the intermediate's. Tier 2's trust is 8,500; nothing is pinned: 8,000.",
            ),
        attested(first(1))
            .after(block(0), govern(revokeIcaCall { icaIndex: 0, revoked: true }))
            .after(block(0), govern(denyFirmwareCall { fwid: vec![1; 48].into(), denied: true }))
            .succeeds(
                "full_beside_revocations",
                "Another intermediate's revocation and another firmware's denial.",
            ),
    ]
}

fn devices() -> Vec<Vector> {
    let second_block = At::second().block;
    let ceiling = Tier::Gh100.ceiling();
    // Somebody's software proof opens the second epoch. From then on its seed can be answered, and key 2 gets the device.
    let opened = At { block: block(EPOCH + 100), seed: At::second().rolled(2, first(1).miner.work_id()) };
    let opens = || {
        call(
            edit_miner(Miner::new(ParameterSet::MlDsa44, 9, 9), |miner| {
                miner.statement.context.timestamp += EPOCH;
                miner.statement.completed_at += EPOCH;
            })
            .calldata(),
        )
    };
    let third = At { block: block(2 * EPOCH + 1), ..opened };
    vec![
        Scenario::new(full(first(2))).after(block(0), full(first(1))).succeeds(
            "full_again",
            "The same device and miner: registration and binding stand already, no event tells of them.",
        ),
        Scenario::new(full(opened.work(2, 1, 2)))
            .after(block(0), full(first(1)))
            .after(second_block, opens())
            .at(opened.block)
            .succeeds(
                "rebinding",
                "Another key's fresh evidence is paid at once and binds the device from the next epoch on.",
            ),
        Scenario::new(full(At { block: block(0), ..At::second() }.work(2, 1, 2)))
            .after(block(0), full(first(1)))
            .succeeds("rebinding_in_the_same_epoch", "The binding that has not taken force is replaced."),
        Scenario::new(full(edit(At { block: opened.block, ..At::second() }.work(2, 1, 2), |gpu| {
            gpu.device.update_firmware("580.95.05");
        })))
        .after(block(0), full(first(1)))
        .after(second_block, opens())
        .at(opened.block)
        .succeeds("left_over", "Evidence for the seed before is paid; registration and binding stay."),
        Scenario::new(full(At::second().work(2, 1, 2)))
            .after(block(0), full(first(1)))
            .at(second_block)
            .succeeds("full_that_rolls", "The call that rolls the epoch answers no seed of it: paid, nothing moves."),
        Scenario::new(registered(edit(third.work(1, 1, 3), |gpu| {
            // Completed in the last second before the new binding.
            gpu.miner.statement.completed_at -= 2;
            gpu.miner.statement.context.timestamp -= 2;
        })))
        .after(block(0), full(first(1)))
        .after(second_block, opens())
        .after(opened.block, full(opened.work(2, 1, 2)))
        .at(third.block)
        .succeeds(
            "former_miner_for_what_was_completed_before",
            "Bound is who was bound when the work was completed.",
        ),
        Scenario::new(registered(third.work(2, 1, 3)))
            .after(block(0), full(first(1)))
            .after(second_block, opens())
            .after(opened.block, full(opened.work(2, 1, 2)))
            .at(third.block)
            .succeeds("new_miner_after_the_change", "The binding has taken force."),
        Scenario::new(full(opened.work(1, 1, 2)))
            .after(block(0), full(first(1)))
            .after(second_block, opens())
            .at(opened.block)
            .succeeds("full_of_the_bound_miner", "Full evidence of the miner that is bound changes nothing."),
        // The seed of the chain's opening is the previous one while epoch 1 runs.
        Scenario::new(full(At { block: block(1_800), ..At::first() }.work(1, 1, 2)))
            .after(block(0), full(At::first().work(3, 3, 1)))
            .at(block(1_800))
            .succeeds("previous_seed", "Evidence answers the seed before the current one."),
        Scenario::new(full(At { block: block(1_800), ..At::second() }.work(1, 1, 2)))
            .after(block(0), full(At::first().work(3, 3, 1)))
            .at(block(1_800))
            .succeeds("current_seed", "Evidence answers the current one."),
        Scenario::new(full(edit(opened.work(1, 1, 2), |gpu| gpu.device.update_firmware("580.95.05"))))
            .after(block(0), full(first(1)))
            .after(second_block, opens())
            .at(opened.block)
            .succeeds(
                "new_firmware",
                "Another branch of the driver: another leaf and firmware id are registered, the binding stays.",
            ),
        Scenario::new(full(edit(first(1), |gpu| gpu.miner.statement.compute_units = ceiling * 61)))
            .succeeds("units_at_the_ceiling", "units = ceiling(GH100) · (duration + 1)."),
        Scenario::new(full(edit(first(1), |gpu| gpu.miner.statement.recipient = RELAYER)))
            .succeeds("recipient_is_the_caller", "Who submits plays no part."),
        exact_gas("full_exact_gas", Scenario::new(full(first(1)))),
        exact_gas("registered_exact_gas", second(At::second().work(1, 1, 2))),
    ]
}

fn exact_gas(name: &str, scenario: Scenario) -> Vector {
    let used = scenario.run().gas_used;
    scenario.but(|call| call.gas = used).succeeds(name, "The gas limit is what the call costs.")
}

pub(crate) fn file() -> File {
    build::file(
        "attested-valid",
        "submitWorkProof with evidence of simulated GPUs: proofs that are paid, and what they leave of the device. The \
         devices' keys are public, their signatures those of RFC 6979.",
        [kinds(), trust(), devices()].concat(),
    )
}
