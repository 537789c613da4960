use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::{
    EMPTY_ROOT_HASH, Nibbles, TrieAccount,
    proof::verify_proof,
    root::{state_root_unhashed, storage_root, storage_root_unhashed},
};

use super::{Seeded, Slots};
use crate::chain::{
    state::{AccountState, Code, StateView},
    trie::Trie,
};

const SEED: u64 = 0x7061_7273;

/// Keys that share long prefixes, so that extensions split and branches collapse all the time.
fn crowded_key(random: &mut Seeded) -> B256 {
    let mut key = B256::repeat_byte(0x11);
    for _ in 0..random.below(4) {
        let place = [0usize, 1, 15, 16, 30, 31][random.below(6) as usize];
        key[place] = [0x11, 0x12, 0x21, 0xf1][random.below(4) as usize];
    }
    key
}

#[test]
fn trie_root_equals_the_hash_builders_after_every_change() {
    println!("seed {SEED:#x}");
    let mut random = Seeded(SEED);
    let mut trie = Trie::default();
    let mut model = std::collections::BTreeMap::new();
    for step in 0..3000 {
        let key = crowded_key(&mut random);
        if random.below(3) == 0 {
            trie.remove(&key);
            model.remove(&key);
        } else {
            // Short and long values: nodes below 32 bytes stand inside their parents.
            let value = U256::from(random.below(200) + 1) << (random.below(2) * 240);
            trie.insert(&key, value);
            model.insert(key, value);
        }
        assert_eq!(trie.root(), storage_root(model.iter().map(|(k, v)| (*k, *v))), "step {step}");
        let probe = crowded_key(&mut random);
        assert_eq!(trie.get(&probe), model.get(&probe), "step {step}");
    }
    for key in model.keys() {
        trie.remove(key);
    }
    assert!(trie.is_empty());
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);
}

#[test]
fn an_update_leaves_the_old_trie_as_it_was() {
    let mut random = Seeded(SEED ^ 1);
    let mut trie = Trie::default();
    let mut past = Vec::new();
    for _ in 0..200 {
        let key = crowded_key(&mut random);
        if random.below(4) == 0 {
            trie.remove(&key);
        } else {
            trie.insert(&key, U256::from(random.next()));
        }
        past.push((trie.clone(), trie.root()));
    }
    for (trie, root) in past {
        // Cloned, so that no cached reference helps.
        let mut values = Vec::new();
        trie.for_each(&mut |value: &U256| values.push(*value));
        assert_eq!(trie.root(), root);
    }
}

fn sample_state(random: &mut Seeded) -> (StateView, Vec<(Address, AccountState, Slots)>) {
    let mut state = StateView::default();
    let mut model = Vec::new();
    for index in 0..60u8 {
        let address = Address::from_word(keccak256([index]));
        let mut slots = Slots::new();
        for _ in 0..random.below(20) {
            slots.insert(U256::from(random.below(1000)), U256::from(random.next()));
        }
        let code = if index % 3 == 0 { vec![0x60, index] } else { Vec::new() };
        let mut account = AccountState {
            nonce: random.below(5),
            balance: U256::from(random.next()),
            code: Code::new(code.into()).unwrap(),
            ..Default::default()
        };
        for (slot, value) in &slots {
            account.set_storage(*slot, *value);
        }
        state.set_account(&address, account.clone());
        model.push((address, account, slots));
    }
    (state, model)
}

#[test]
fn state_root_equals_an_independent_computation() {
    let (state, model) = sample_state(&mut Seeded(SEED));
    let independent = state_root_unhashed(model.iter().map(|(address, account, slots)| {
        let storage_root = storage_root_unhashed(slots.iter().map(|(k, v)| (B256::from(*k), *v)));
        let code_hash = keccak256(account.code.bytes());
        (*address, TrieAccount { nonce: account.nonce, balance: account.balance, storage_root, code_hash })
    }));
    assert_eq!(state.root(), independent);
}

#[test]
fn proofs_of_presence_and_absence_verify_and_forged_ones_do_not() {
    let mut random = Seeded(SEED ^ 2);
    let (state, model) = sample_state(&mut random);
    let root = state.root();
    let (mut present, mut absent) = (0, 0);
    for (address, account, slots) in &model {
        let mut asked: Vec<U256> = slots.keys().copied().collect();
        asked.push(U256::from(1_000_000 + random.below(1000)));
        let proof = state.proof(address, &asked);
        let leaf = TrieAccount {
            nonce: account.nonce,
            balance: account.balance,
            storage_root: proof.storage_root,
            code_hash: account.code.hash(),
        };
        let key = Nibbles::unpack(keccak256(address));
        let mut encoded = Vec::new();
        leaf.encode(&mut encoded);
        verify_proof(root, key, Some(encoded), &proof.proof).unwrap();
        let mut forged = Vec::new();
        TrieAccount { balance: leaf.balance + U256::from(1), ..leaf }.encode(&mut forged);
        assert!(verify_proof(root, key, Some(forged), &proof.proof).is_err());
        assert!(verify_proof(root, key, None, &proof.proof).is_err());

        for (slot, (value, nodes)) in asked.iter().zip(&proof.storage) {
            let key = Nibbles::unpack(keccak256(B256::from(*slot)));
            assert_eq!(*value, slots.get(slot).copied().unwrap_or_default());
            let expected = (!value.is_zero()).then(|| alloy_rlp::encode(value));
            verify_proof(proof.storage_root, key, expected.clone(), nodes).unwrap();
            let other = alloy_rlp::encode(*value + U256::from(1));
            assert!(verify_proof(proof.storage_root, key, Some(other), nodes).is_err());
            if expected.is_some() { present += 1 } else { absent += 1 }
        }
    }
    assert!(present > 100 && absent >= 60, "{present} {absent}");

    let nobody = Address::repeat_byte(0x77);
    let proof = state.proof(&nobody, &[U256::ZERO]);
    assert!(proof.account.is_none());
    assert_eq!(proof.storage_root, EMPTY_ROOT_HASH);
    verify_proof(root, Nibbles::unpack(keccak256(nobody)), None, &proof.proof).unwrap();
}
