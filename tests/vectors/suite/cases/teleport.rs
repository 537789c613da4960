//! Pending teleports of genesis: listed, claimed, claimed again.

use crate::suite::{
    build::{self, Scenario, block, call, call_by},
    format::{CallSpec, File, Vector},
};
use alloy_primitives::{Address, B256, U256, address};
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    precompile::{
        Genesis, gas,
        testing::{CHAIN_ID, GOVERNOR, Miner, RECIPIENT, genesis},
    },
    protocol::{
        ParameterSet, TeleportMessage,
        abi::{
            IAIMining::{claimTeleportCall, miningBalanceCall, pendingTeleportsCall},
            IAIMiningInspector::getTeleportDetailsCall,
        },
        ids,
    },
};

const OTHER: Address = address!("0x00000000000000000000000000000000000000B1");

pub(super) fn message(nonce: u64, recipient: Address, amount: u128) -> TeleportMessage {
    TeleportMessage {
        src_chain: 96_369,
        dst_chain: CHAIN_ID,
        nonce,
        sender: B256::repeat_byte(0xaa),
        recipient: recipient.into_word(),
        amount: U256::from(amount),
    }
}

/// Four messages for one recipient, one for another.
pub(super) fn messages() -> Vec<TeleportMessage> {
    let mut list: Vec<_> = (0..4).map(|nonce| message(nonce, RECIPIENT, 1_000 + u128::from(nonce))).collect();
    list.push(message(4, OTHER, u128::MAX));
    list
}

pub(super) fn chain() -> Genesis {
    Genesis { pending_teleports: messages(), ..genesis() }
}

fn id(index: usize) -> B256 {
    ids::teleport_id(&messages()[index])
}

fn claim(id: B256) -> CallSpec {
    call(claimTeleportCall { teleportId: id }.abi_encode())
}

fn pending(recipient: Address) -> CallSpec {
    call(pendingTeleportsCall { recipient }.abi_encode())
}

fn details(id: B256) -> CallSpec {
    call(getTeleportDetailsCall { teleportId: id }.abi_encode())
}

fn on(call: CallSpec) -> Scenario {
    Scenario::new(call).genesis(chain())
}

fn claims() -> Vec<Vector> {
    let cost = on(claim(id(1))).run().gas_used;
    let everything = TeleportMessage { amount: U256::MAX, ..message(5, OTHER, 0) };
    vec![
        on(claim(id(1))).succeeds("claim_from_the_middle", "The last entry of the list moves into the gap."),
        on(claim(id(3))).succeeds("claim_the_last", "Nothing moves."),
        on(claim(id(4))).succeeds("claim_the_only", "The list of the recipient becomes empty."),
        on(call_by(RECIPIENT, claim(id(0)).input.own().clone()))
            .succeeds("claim_by_the_recipient", "Who calls plays no part."),
        on(call_by(GOVERNOR, claim(id(0)).input.own().clone()))
            .succeeds("claim_by_a_stranger", "Paid to the recipient of the message."),
        on(claim(id(3)))
            .after(block(0), claim(id(1)))
            .succeeds("claim_the_moved", "The entry that moved is found at its new place."),
        on(claim(id(1))).after(block(0), claim(id(1))).at(block(5)).reverts(
            "TeleportAlreadyClaimed",
            "claim_again",
            "Once.",
        ),
        on(claim(B256::repeat_byte(7))).reverts("TeleportUnknown", "claim_unknown", "No such message."),
        on(claim(B256::ZERO)).reverts("TeleportUnknown", "claim_zero", "The id zero is no message's."),
        on(claim(id(1))).but(|call| call.gas = cost).succeeds("claim_exact_gas", "What the call costs."),
        on(claim(id(1))).but(|call| call.gas = cost - 1).runs_out("claim_gas_short", "One less."),
        Scenario::submit(&Miner::new(ParameterSet::MlDsa44, 1, 1))
            .genesis(Genesis { pending_teleports: vec![everything], ..genesis() })
            .after(block(0), claim(ids::teleport_id(&everything)))
            .reverts(
                "ArithmeticOverflow",
                "supply_overflow",
                "The supply would exceed 2^256 − 1: refused, never wrapped. Only a genesis that gives it all away leads here.",
            ),
    ]
}

fn views() -> Vec<Vector> {
    let cost = on(pending(RECIPIENT)).run().gas_used;
    vec![
        on(pending(RECIPIENT)).succeeds("list", "In the order of delivery."),
        on(pending(RECIPIENT))
            .after(block(0), claim(id(0)))
            .succeeds("list_after_a_claim", "The last entry stands in the gap."),
        on(pending(OTHER))
            .after(block(0), claim(id(4)))
            .succeeds("list_claimed_empty", "Everything is claimed."),
        on(pending(GOVERNOR)).succeeds("list_of_nobody", "Nothing pending: an empty array."),
        on(pending(RECIPIENT))
            .but(|call| call.gas = cost - 1)
            .runs_out("list_gas_short", "The last entry is not paid for, so it is not read."),
        on(pending(RECIPIENT)).but(|call| call.gas = cost).succeeds("list_exact_gas", "What the call costs."),
        on(pending(RECIPIENT))
            .but(|call| call.gas = gas::input(call.input.own().len()) + gas::operation::PENDING_TELEPORTS - 1)
            .runs_out("list_base_gas_short", "Not even the length is paid for."),
        on(details(id(2))).succeeds("details_pending", "Status 1."),
        on(details(id(2)))
            .after(block(0), claim(id(2)))
            .succeeds("details_claimed", "Status 2; the message stays readable."),
        on(details(B256::repeat_byte(7))).succeeds("details_unknown", "Status 0 and zeros."),
        on(call(miningBalanceCall { miner: RECIPIENT }.abi_encode()))
            .after(block(0), claim(id(0)))
            .after(block(0), claim(id(1)))
            .succeeds("balance", "1,000 + 1,001."),
    ]
}

pub(crate) fn file() -> File {
    build::file(
        "teleport",
        "claimTeleport, pendingTeleports, getTeleportDetails on pending teleports of genesis.",
        [claims(), views()].concat(),
    )
}
