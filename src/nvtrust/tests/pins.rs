//! What is pinned, and what never is.

use super::support::{self, H100_ICA, H100_IDENTITY, H100_ROOT, not_run};
use crate::{
    Architecture, Certificate, GENESIS_ICAS, NVIDIA_DEVICE_ROOT, PinnedIca, SIMULATED_ICAS, is_never_pinned,
    simulated::{
        self,
        keys::{public_key, signing_key},
    },
    simulated_ica, simulated_ica_index,
};
use sha2::{Digest, Sha256};

fn certificate(der: &[u8]) -> Certificate<'_> {
    Certificate::parse(der).expect("a certificate")
}

#[test]
fn d6_the_fixtures_root_and_identity_are_never_pinned_and_its_ica_may_be() {
    assert_eq!(Sha256::digest(H100_ROOT)[..], NVIDIA_DEVICE_ROOT);
    assert!(is_never_pinned(certificate(H100_ROOT).public_key()));
    assert!(is_never_pinned(certificate(H100_IDENTITY).public_key()));
    assert!(!is_never_pinned(certificate(H100_ICA).public_key()));
    for ica in GENESIS_ICAS {
        assert!(!is_never_pinned(&ica.public_key));
    }
    // Another y is the same key's negative, or no point; another x is a key that nobody knows anything of.
    let mut other = *certificate(H100_ROOT).public_key();
    other[95] ^= 1;
    assert!(is_never_pinned(&other));
    other[0] ^= 1;
    assert!(!is_never_pinned(&other));
}

#[test]
fn d6_every_other_authority_of_nvidia_is_never_pinned() {
    let Some(shared) = support::shared() else { return not_run("d6, NVIDIA's other authorities") };
    for (file, name, serial, never) in [
        ("nvidia_device_identity_ca", "NVIDIA Device Identity CA", "2d3670b1ca100411c1fec0e82a065b54", true),
        ("nvidia_gh100_identity", "NVIDIA GH100 Identity", "4c255ede3bd001bf3f4a3b605fca898a", true),
        ("nvidia_gb100_identity", "NVIDIA GB100 Identity", "57b71e0ce556030a36a4e52b4ca95f1e", true),
        (
            "nvidia_ls_10_provisioner_ica_1",
            "NVIDIA LS_10 Provisioner ICA 1",
            "7227485cc838298675cbba28173e6052",
            true,
        ),
        (
            "nvidia_gh100_provisioner_ica_1",
            "NVIDIA GH100 Provisioner ICA 1",
            "6afe7184f92232c8df7b242261776e56",
            false,
        ),
        (
            "nvidia_gb100_provisioner_ica_00000",
            "NVIDIA GB100 Provisioner ICA 00000",
            "5d805fc202cebc27204640fc202f8185",
            false,
        ),
    ] {
        let chain = support::pem(shared.join(format!("roots/{file}.pem")));
        let certificate = certificate(&chain[0]);
        assert_eq!(certificate.subject().common_name, Some(name));
        assert_eq!(hex::encode(certificate.serial()), serial, "{name}");
        assert_eq!(is_never_pinned(certificate.public_key()), never, "{name}");
    }
}

#[test]
fn d6_no_authority_above_an_ica_of_real_evidence_may_be_pinned() {
    let Some(all) = support::all_real() else { return not_run("d6, the authorities of 16 real chains") };
    for evidence in all {
        let switch = evidence.id.starts_with("ls10");
        for (at, never) in [(2, switch), (3, true), (4, true)] {
            let certificate = certificate(&evidence.chain[at]);
            assert_eq!(is_never_pinned(certificate.public_key()), never, "{} {at}", evidence.id);
        }
    }
}

#[test]
fn d6_the_simulated_icas_are_the_public_keys_that_follow_from_their_names() {
    for (at, ica) in SIMULATED_ICAS.iter().enumerate() {
        let name = simulated::ica_name(ica.architecture);
        let key = public_key(&signing_key(&[name.as_bytes()]));
        assert_eq!(hex::encode(ica.public_key), hex::encode(key), "{name}");
        assert!(is_never_pinned(&ica.public_key));
        // A chain reaches it by a reserved index, far from those that governance gives.
        let index = simulated_ica_index(ica.architecture).expect("simulated");
        assert_eq!(usize::from(index), 254 + at);
        assert_eq!(simulated_ica(index), Some(ica));
    }
    // Whatever signs in the simulated factory, in whichever place it were pinned.
    for architecture in Architecture::ALL {
        for authority in &simulated::SimulatedDevice::new(architecture, &[1; 32]).chain()[2..] {
            assert!(is_never_pinned(certificate(authority).public_key()));
        }
    }
    assert_eq!((0..=253).filter_map(simulated_ica).count(), 0);
    assert_eq!(SIMULATED_ICAS.map(|ica| ica.architecture), Architecture::ALL);
    let keys = [SIMULATED_ICAS, GENESIS_ICAS].concat().into_iter().map(|ica: PinnedIca| ica.public_key);
    assert_eq!(keys.collect::<std::collections::BTreeSet<_>>().len(), 4);
}
