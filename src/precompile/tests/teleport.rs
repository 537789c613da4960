//! Pending teleports: claims, lists, details.

use super::*;
use crate::{storage::layout::*, testing::GOVERNOR};
use alloy_primitives::{LogData, keccak256};
use alloy_sol_types::SolEvent;
use pars_protocol::{
    abi::{
        IAIMining::{claimTeleportCall, miningBalanceCall, pendingTeleportsCall},
        IAIMiningErrors::{ArithmeticOverflow, TeleportAlreadyClaimed, TeleportUnknown},
        IAIMiningEvents::{TeleportClaimed, Transfer},
        IAIMiningInspector::{getTeleportDetailsCall, getTeleportDetailsReturn},
    },
    ids,
};

fn id(message: &TeleportMessage) -> B256 {
    ids::teleport_id(message)
}

fn claim(teleport_id: B256) -> Bytes {
    claimTeleportCall { teleportId: teleport_id }.abi_encode().into()
}

fn pending(host: &mut MemoryHost, recipient: Address) -> Vec<B256> {
    let (precompile, _) = stubbed(true);
    // Twenty million gas are enough for the longest list here.
    let input = pendingTeleportsCall { recipient }.abi_encode();
    let (output, _) = accepted(host, &precompile, call(input));
    pendingTeleportsCall::abi_decode_returns(&output).unwrap()
}

fn list_of(count: u64) -> (Vec<TeleportMessage>, MemoryHost) {
    let messages: Vec<_> = (0..count).map(|n| teleport_of(n, RECIPIENT, U256::from(n + 1))).collect();
    let host = host(&genesis_with(messages.clone()));
    (messages, host)
}

#[test]
fn f2_a_claim_pays_the_recipient_of_the_message_whoever_calls() {
    let (precompile, _) = stubbed(true);
    let (messages, start) = list_of(1);
    let mut ends = Vec::new();
    for caller in [RELAYER, RECIPIENT, GOVERNOR, Address::ZERO] {
        let mut host = start.clone();
        let input = claim(id(&messages[0]));
        let (output, executed) = accepted(&mut host, &precompile, from(caller, input));
        assert_eq!(output.as_ref(), U256::ONE.to_be_bytes::<32>());
        let expected: [LogData; 2] = [
            Transfer { from: Address::ZERO, to: RECIPIENT, value: U256::ONE }.encode_log_data(),
            TeleportClaimed { teleportId: id(&messages[0]), recipient: RECIPIENT, amount: U256::ONE }
                .encode_log_data(),
        ];
        assert_eq!(executed.logs, expected);
        assert_eq!(executed.logs[1].topics()[0], keccak256("TeleportClaimed(bytes32,address,uint256)"));
        assert_eq!(view(&mut host, &precompile, miningBalanceCall { miner: RECIPIENT }), U256::ONE);
        assert_eq!(word(&host, TOTAL_SUPPLY.key()), U256::ONE);
        assert!(host.native.is_empty(), "a claim mints no PARS");
        ends.push(state(&host));
    }
    assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "the caller left a trace");
}

#[test]
fn a_claimed_teleport_is_never_paid_again_and_an_unknown_one_never() {
    let (precompile, _) = stubbed(true);
    let (messages, mut host) = list_of(2);
    for unknown in [B256::ZERO, B256::repeat_byte(0xff), keccak256("x")] {
        let expected = error(TeleportUnknown { teleportId: unknown });
        refused(&mut host, &precompile, call(claim(unknown)), &expected);
    }
    let first = id(&messages[0]);
    accepted(&mut host, &precompile, call(claim(first)));
    let expected = error(TeleportAlreadyClaimed { teleportId: first });
    for caller in [RELAYER, RECIPIENT] {
        refused(&mut host, &precompile, from(caller, claim(first)), &expected);
    }
    accepted(&mut host, &precompile, call(claim(id(&messages[1]))));
    refused(&mut host, &precompile, call(claim(first)), &expected);
    assert!(pending(&mut host, RECIPIENT).is_empty());
    // Nothing of the list is left in storage.
    let list = TELEPORT_PENDING.at(RECIPIENT);
    for slot in [list.at(0).key(), list.at(1).key(), TELEPORT_INDEX.at(first).key()] {
        assert_eq!(word(&host, slot), U256::ZERO);
    }
}

#[test]
fn details_follow_a_teleport_from_unknown_to_claimed() {
    let (precompile, _) = stubbed(true);
    let (messages, mut host) = list_of(3);
    let ask = |host: &mut MemoryHost, teleport_id| {
        view(host, &precompile, getTeleportDetailsCall { teleportId: teleport_id })
    };
    let message = messages[2];
    let mut expected = getTeleportDetailsReturn {
        src: 7070,
        nonce: 2,
        sender: B256::repeat_byte(0x77),
        recipient: RECIPIENT,
        amount: U256::from(3),
        status: 1,
    };
    assert_eq!(ask(&mut host, id(&message)), expected);
    accepted(&mut host, &precompile, call(claim(id(&message))));
    expected.status = 2;
    assert_eq!(ask(&mut host, id(&message)), expected);
    for unknown in [B256::ZERO, keccak256("x")] {
        let nothing = getTeleportDetailsReturn {
            src: 0,
            nonce: 0,
            sender: B256::ZERO,
            recipient: Address::ZERO,
            amount: U256::ZERO,
            status: 0,
        };
        assert_eq!(ask(&mut host, unknown), nothing);
    }
}

#[test]
fn pending_teleports_stand_in_delivery_order_and_the_last_fills_a_gap() {
    let (precompile, _) = stubbed(true);
    let (messages, mut host) = list_of(5);
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|n| id(&messages[n]));
    assert_eq!(pending(&mut host, RECIPIENT), [a, b, c, d, e]);
    assert!(pending(&mut host, RELAYER).is_empty());
    for (claimed, left) in
        [(b, vec![a, e, c, d]), (a, vec![d, e, c]), (c, vec![d, e]), (d, vec![e]), (e, vec![])]
    {
        accepted(&mut host, &precompile, call(claim(claimed)));
        assert_eq!(pending(&mut host, RECIPIENT), left);
        for (index, entry) in left.iter().enumerate() {
            assert_eq!(word(&host, TELEPORT_INDEX.at(*entry).key()), U256::from(index));
        }
    }
    assert_eq!(word(&host, BALANCES.at(RECIPIENT).key()), U256::from(15));
    assert_eq!(word(&host, TOTAL_SUPPLY.key()), U256::from(15));
}

#[test]
fn lists_of_two_recipients_do_not_touch() {
    let (precompile, _) = stubbed(true);
    let messages: Vec<_> = (0..6)
        .map(|n| teleport_of(n, if n % 2 == 0 { RECIPIENT } else { RELAYER }, U256::from(n + 1)))
        .collect();
    let mut host = host(&genesis_with(messages.clone()));
    accepted(&mut host, &precompile, call(claim(id(&messages[0]))));
    assert_eq!(pending(&mut host, RECIPIENT), [id(&messages[4]), id(&messages[2])]);
    assert_eq!(pending(&mut host, RELAYER), [1, 3, 5].map(|n| id(&messages[n])));
}

#[test]
fn g1_each_entry_is_paid_before_it_is_read() {
    let (precompile, _) = stubbed(true);
    let input: Bytes = pendingTeleportsCall { recipient: RECIPIENT }.abi_encode().into();
    for count in [0, 1, 2, 10] {
        let (_, mut host) = list_of(count);
        let price = 6_000 + 16 + 2_100 * (1 + count);
        let (output, executed) = accepted(&mut host, &precompile, Call { gas: price, ..call(input.clone()) });
        assert_eq!(executed.gas_used, price);
        assert_eq!(output.len() as u64, 32 * (2 + count));
        // Out of gas at each entry, and half-way between two.
        for entry in 0..=count {
            for gas in [6_016 + 2_100 * entry, 6_016 + 2_100 * entry + 1_050, 6_016 + 2_100 * (entry + 1) - 1]
            {
                let call = Call { gas, ..call(input.clone()) };
                refused(&mut host, &precompile, call, &Outcome::OutOfGas);
            }
        }
    }
}

#[test]
fn f10_a_thousand_entries_cannot_keep_a_recipient_from_its_claims() {
    let (precompile, _) = stubbed(true);
    let (messages, mut host) = list_of(1_000);
    assert_eq!(pending(&mut host, RECIPIENT), messages.iter().map(id).collect::<Vec<_>>());
    let mut prices = std::collections::BTreeSet::new();
    let mut left: Vec<B256> = messages.iter().map(id).collect();
    let mut random = Random(seed());
    let mut paid = U256::ZERO;
    while !left.is_empty() {
        let at = usize::try_from(random.below(left.len() as u64)).unwrap();
        let claimed = left.swap_remove(at);
        let (output, executed) = accepted(&mut host, &precompile, call(claim(claimed)));
        prices.insert(executed.gas_used);
        paid += U256::from_be_slice(&output);
        if left.len().is_multiple_of(97) {
            assert_eq!(pending(&mut host, RECIPIENT), left);
        }
    }
    assert_eq!(prices.len(), 1, "a claim's price depends on the list");
    assert_eq!(paid, U256::from(500_500));
    assert_eq!(word(&host, BALANCES.at(RECIPIENT).key()), paid);
    assert_eq!(word(&host, TOTAL_SUPPLY.key()), paid);
    assert!(pending(&mut host, RECIPIENT).is_empty());
}

#[test]
fn a4_amounts_at_the_edges_of_widths_are_paid_exactly() {
    let (precompile, _) = stubbed(true);
    let two = |bits: usize| U256::ONE << bits;
    for amount in [U256::ONE, two(64), two(128), two(128) + U256::ONE, U256::MAX] {
        let message = teleport_of(1, RECIPIENT, amount);
        let mut host = host(&genesis_with(vec![message]));
        let (output, _) = accepted(&mut host, &precompile, call(claim(id(&message))));
        assert_eq!(U256::from_be_slice(&output), amount);
        assert_eq!(view(&mut host, &precompile, miningBalanceCall { miner: RECIPIENT }), amount);
    }
    // Where supply has grown meanwhile, a claim that would leave 256 bits waits; it is neither wrapped nor lost.
    let message = teleport_of(1, RECIPIENT, U256::MAX);
    let mut host = host(&genesis_with(vec![message]));
    put(&mut host, TOTAL_SUPPLY.key(), U256::ONE);
    refused(&mut host, &precompile, call(claim(id(&message))), &error(ArithmeticOverflow {}));
    assert_eq!(pending(&mut host, RECIPIENT), [id(&message)]);
}

#[test]
fn e1_the_id_is_the_messages_meaning() {
    let message = teleport_of(1, RECIPIENT, U256::from(5));
    let expected = blake3::derive_key("pars.aimining.teleport.v1", &message.encode());
    assert_eq!(id(&message), B256::from(expected));
    let host = host(&genesis_with(vec![message]));
    assert_eq!(word(&host, TELEPORT_BY_NONCE.at(7070).at(1).key()), U256::from_be_bytes(expected));
    // The claimed amount, recipient and sender come from storage that only delivery writes.
    assert_eq!(
        word(&host, TELEPORT_RECIPIENT.at(id(&message)).key()),
        U256::from_be_slice(RECIPIENT.as_slice())
    );
}
