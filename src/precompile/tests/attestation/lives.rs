//! Random lives of devices that change hands, against a model that keeps the whole history.

use super::*;
use std::collections::BTreeMap;

/// What the specification says of one device, without the precompile's way to store it.
#[derive(Clone, Debug, Default)]
struct Device {
    /// Firmware of the last accepted full evidence.
    registered: Option<&'static str>,
    /// Every binding that took force or waits, oldest first.
    bindings: Vec<(u64, u8)>,
    revoked: bool,
}

impl Device {
    /// Who is bound at a time, as far as three bindings tell.
    fn bound(&self, time: u64) -> Option<u8> {
        self.bindings.iter().rev().take(3).find(|(from, _)| *from <= time).map(|(_, miner)| *miner)
    }

    fn bind(&mut self, miner: u8, now: u64, next: u64) {
        if self.bindings.last().is_some_and(|(_, newest)| *newest == miner) {
            return;
        }
        if self.bindings.last().is_some_and(|(from, _)| *from > now) {
            self.bindings.pop();
        }
        self.bindings.push((next, miner));
    }
}

/// The clock and the seeds.
#[derive(Clone, Debug)]
struct Model {
    devices: BTreeMap<u8, Device>,
    denied: Option<&'static str>,
    start: u64,
    /// Seeds by the time of their roll, newest last; read from the chain, which other tests hold to the formula.
    seeds: Vec<B256>,
}

const DRIVERS: [&str; 2] = ["550.90.07", "580.95.05"];

struct Life {
    host: MemoryHost,
    model: Model,
    random: Random,
    number: u64,
    accepted: [u64; 2],
    refused: u64,
}

impl Life {
    fn new(random: Random) -> Self {
        let host = running();
        let (current, previous) = seeds(&host);
        let model = Model {
            devices: (1..=2).map(|device| (device, Device::default())).collect(),
            denied: None,
            start: host.block_timestamp,
            seeds: vec![previous, current],
        };
        Self { host, model, random, number: 1_000, accepted: [0; 2], refused: 0 }
    }

    fn proof(&mut self) {
        self.number += 1;
        let now = self.host.block_timestamp;
        let (mut miner, device) = (self.random.pick(&[1, 2, 3]), self.random.pick(&[1, 2]));
        let mut driver = self.random.pick(&DRIVERS);
        let full = self.random.below(3) == 0;
        let back = self.random.pick(&[0, 0, 1, 1_800, 3_600, 7_000]);
        let mut age = usize::try_from(self.random.pick(&[0, 0, 1, 1, 2])).unwrap();
        if !full && self.random.below(3) != 0 {
            // Mostly what an honest miner would hand in.
            let known = &self.model.devices[&device];
            miner = known.bound(now - back).unwrap_or(miner);
            driver = known.registered.unwrap_or(driver);
            age = 0;
        }
        let mut gpu = work(&self.host, miner, device, self.number);
        gpu.device.update_firmware(driver);
        gpu.miner.statement.completed_at = now - back;
        gpu.miner.statement.context.timestamp = now - back - 60;
        gpu.seed = *self.model.seeds.iter().rev().nth(age).unwrap_or(&B256::repeat_byte(0xab));

        // The rules, in the order of the specification.
        let passed = (now - self.model.start) / EPOCH;
        let fresh = age == 0 || (age == 1 && passed == 0);
        let known = &self.model.devices[&device];
        let registered = full || known.registered == Some(driver);
        let bound = full || known.bound(now - back) == Some(miner);
        let trusted = !known.revoked && self.model.denied != Some(driver);
        let legal = fresh && registered && bound && trusted;

        let attestation = if full { gpu.full() } else { gpu.registered() };
        let (precompile, _) = stubbed(true);
        let before = state(&self.host);
        let executed = self.host.execute(&precompile, call(gpu.unsigned_calldata(attestation)));
        let what = format!(
            "work {}: miner {miner}, device {device}, {driver}, full {full}, {back} s ago, seed {age}: {:?}",
            self.number, self.model
        );
        match executed.outcome {
            Outcome::Success(_) => {
                assert!(legal, "paid: {what}");
                self.accepted[usize::from(full)] += 1;
                if passed > 0 {
                    self.model.start += passed * EPOCH;
                    self.model.seeds.push(seeds(&self.host).0);
                }
                let next = self.model.start + EPOCH;
                let known = self.model.devices.get_mut(&device).unwrap();
                // A bound device is moved by evidence for the running epoch's seed only.
                if full && (known.bindings.is_empty() || (age == 0 && passed == 0)) {
                    known.registered = Some(driver);
                    known.bind(miner, now, next);
                }
            }
            Outcome::Revert(data) => {
                assert!(!legal, "refused with {data}: {what}");
                assert_eq!(state(&self.host), before);
                self.refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0..=13 => self.proof(),
            14..=16 => self.host.block_timestamp += self.random.pick(&[1, 600, 1_800]),
            17 => self.host.block_timestamp += self.random.pick(&[3_600, 3_600, 7_200]),
            18 => {
                let device = self.random.pick(&[1, 2]);
                let known = self.model.devices.get_mut(&device).unwrap();
                known.revoked = !known.revoked && self.random.below(3) == 0;
                let (revoked, device_id) = (known.revoked, work(&self.host, 1, device, 1).device_id());
                govern(&mut self.host, revokeDeviceCall { deviceId: device_id, revoked });
            }
            _ => {
                let mut gpu = work(&self.host, 1, 1, 1);
                for driver in DRIVERS {
                    gpu.device.update_firmware(driver);
                    govern(&mut self.host, denyFirmwareCall { fwid: fwid(&gpu), denied: false });
                }
                self.model.denied = None;
                if self.random.below(3) == 0 {
                    let driver = self.random.pick(&DRIVERS);
                    gpu.device.update_firmware(driver);
                    govern(&mut self.host, denyFirmwareCall { fwid: fwid(&gpu), denied: true });
                    self.model.denied = Some(driver);
                }
            }
        }
    }
}

fn live(lives: u64, steps: u64) {
    let mut sum = [0; 3];
    for life in 0..lives {
        let mut life = Life::new(Random(seed() ^ (life << 32)));
        (0..steps).for_each(|_| life.step());
        sum[0] += life.accepted[0];
        sum[1] += life.accepted[1];
        sum[2] += life.refused;
    }
    // All three ends were reached often, or nothing was compared.
    println!("paid by a known device {}, by full evidence {}, refused {}", sum[0], sum[1], sum[2]);
    let least = lives * steps / 30;
    assert!(sum.iter().all(|count| *count >= least), "{sum:?}");
}

#[test]
fn d5_d6_random_lives_of_devices_equal_the_model() {
    live(6, 60);
}

#[test]
#[ignore = "long: run by make long"]
fn long_d5_d6_random_lives_of_devices_equal_the_model() {
    live(40, 200);
}
