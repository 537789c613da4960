//! Configurations, and the accounts that activation makes of them.

use super::teleport::{chain, message};
use crate::suite::{
    build::with,
    format::{AccountExpected, AccountFile, AccountVector},
    run::account,
};
use alloy_primitives::{Address, B256, U256};
use pars_ai_mining::{
    precompile::{
        ADDRESS, Genesis,
        profile::{EvmRevision, Marker, RULES_VERSION, Rules},
        testing::{CHAIN_ID, RECIPIENT, genesis},
    },
    protocol::{Parameter, TeleportMessage},
};

fn vector(name: &str, description: &str, genesis: Genesis, host_chain_id: u64) -> AccountVector {
    let expected = account(&genesis, host_chain_id);
    AccountVector { name: name.into(), description: description.into(), genesis, host_chain_id, expected }
}

fn accepted(name: &str, description: &str, genesis: Genesis) -> AccountVector {
    let chain = u64::from(genesis.chain_id);
    let vector = vector(name, description, genesis, chain);
    assert!(matches!(vector.expected, AccountExpected::Account(_)), "{name}: {:?}", vector.expected);
    vector
}

fn refused(
    reason: &str,
    name: &str,
    description: &str,
    genesis: Genesis,
    host_chain_id: u64,
) -> AccountVector {
    let vector = vector(name, description, genesis, host_chain_id);
    assert_eq!(vector.expected, AccountExpected::Refused(reason.into()), "{name}");
    vector
}

fn teleports(messages: Vec<TeleportMessage>) -> Genesis {
    Genesis { pending_teleports: messages, ..genesis() }
}

fn host() -> u64 {
    u64::from(CHAIN_ID)
}

fn refusals() -> Vec<AccountVector> {
    let legal = || message(0, RECIPIENT, 1);
    let bad = |name: &str, about: &str, message: TeleportMessage| {
        refused("pending_teleport", name, about, teleports(vec![message]), host())
    };
    vec![
        refused("wrong_chain", "another_chain", "The host runs another chain.", genesis(), 7_070),
        refused(
            "wrong_chain",
            "chain_beyond_u32",
            "2^32 + 6133 is not truncated.",
            genesis(),
            (1 << 32) + host(),
        ),
        refused(
            "zero_chain_id",
            "chain_zero",
            "Zero is no chain id.",
            Genesis { chain_id: 0, ..genesis() },
            0,
        ),
        refused(
            "invalid_governor",
            "governor_zero",
            "Nobody.",
            Genesis { governor: Address::ZERO, ..genesis() },
            host(),
        ),
        refused(
            "invalid_governor",
            "governor_precompile",
            "0x0300.",
            Genesis { governor: ADDRESS, ..genesis() },
            host(),
        ),
        refused(
            "parameter_out_of_bounds",
            "parameter_too_large",
            "future_drift above its maximum.",
            with(&[(Parameter::FutureDrift, 901)]),
            host(),
        ),
        refused(
            "joint_bound",
            "joint_bound",
            "max_age shorter than two epochs.",
            with(&[(Parameter::EpochLength, 3_601)]),
            host(),
        ),
        bad(
            "teleport_from_here",
            "The source is this chain.",
            TeleportMessage { src_chain: CHAIN_ID, ..legal() },
        ),
        bad(
            "teleport_from_chain_zero",
            "The source is no chain.",
            TeleportMessage { src_chain: 0, ..legal() },
        ),
        bad(
            "teleport_to_elsewhere",
            "The destination is another chain.",
            TeleportMessage { dst_chain: 7_070, ..legal() },
        ),
        bad("teleport_from_nobody", "The sender is zero.", TeleportMessage { sender: B256::ZERO, ..legal() }),
        bad("teleport_of_nothing", "The amount is zero.", TeleportMessage { amount: U256::ZERO, ..legal() }),
        bad(
            "teleport_to_nobody",
            "The recipient is zero.",
            TeleportMessage { recipient: B256::ZERO, ..legal() },
        ),
        bad(
            "teleport_to_the_precompile",
            "The recipient is 0x0300.",
            TeleportMessage { recipient: ADDRESS.into_word(), ..legal() },
        ),
        bad(
            "teleport_to_32_bytes",
            "The recipient is no EVM address.",
            TeleportMessage { recipient: B256::repeat_byte(1), ..legal() },
        ),
        refused(
            "pending_teleport",
            "teleport_twice",
            "Source and nonce stand twice.",
            teleports(vec![legal(), TeleportMessage { amount: U256::from(2), ..legal() }]),
            host(),
        ),
        refused(
            "pending_teleport",
            "teleport_sum",
            "Together the amounts exceed 2^256 − 1: the last could never be claimed.",
            teleports(vec![legal(), TeleportMessage { nonce: 1, amount: U256::MAX, ..legal() }]),
            host(),
        ),
    ]
}

pub(crate) fn file() -> AccountFile {
    let mut other = with(&[(Parameter::Base, 9_000_000_000), (Parameter::EpochLength, 1_800)]);
    other.chain_id = 7_070;
    other.dev = false;
    other.profile.rules = Rules::v1(1_800_000_000);
    other.profile.marker = Marker::One;
    other.profile.warm = false;
    other.profile.value_visible = false;
    other.profile.evm_revision = EvmRevision::Shanghai;
    let mut vectors = vec![
        accepted("dev", "A development chain with defaults everywhere.", genesis()),
        accepted(
            "other",
            "Chain 7070, another host profile, two parameters changed, activated later.",
            other,
        ),
        accepted("teleports", "Five pending teleports, four of them for one recipient.", chain()),
    ];
    vectors.extend(refusals());
    AccountFile {
        rules: RULES_VERSION,
        topic: "activation".into(),
        about: "What activation writes, and which configurations it refuses.".into(),
        vectors,
    }
}
