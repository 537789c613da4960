//! verifyMLDSA and the two functions of a public key.

use crate::suite::{
    build::{self, Scenario, call},
    forge::{forge, weak_key},
    format::{File, Vector},
};
use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;
use pars_ai_mining::{
    mldsa::SigningKey,
    precompile::gas,
    protocol::{
        ParameterSet, WORK_SIGNATURE_CONTEXT,
        abi::{
            IAIMining::verifyMLDSACall,
            IAIMiningInspector::{deriveAddressCall, getSecurityLevelCall},
        },
    },
};

const MESSAGE: &[u8] = b"Pars AI mining";

/// A triple of verifyMLDSA.
#[derive(Clone)]
struct Triple {
    pk: Vec<u8>,
    msg: Vec<u8>,
    sig: Vec<u8>,
}

fn signed(set: ParameterSet, message: &[u8], context: &[u8]) -> Triple {
    let key = SigningKey::from_seed(set, &[4; 32]);
    let sig = key.sign(message, context, &[0; 32]).expect("the contexts are short");
    Triple { pk: key.public_key().to_vec(), msg: message.to_vec(), sig }
}

impl Triple {
    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn scenario(self) -> Scenario {
        let input = verifyMLDSACall { pk: self.pk.into(), msg: self.msg.into(), sig: self.sig.into() };
        Scenario::new(call(input.abi_encode()))
    }

    fn is(self, valid: bool, name: &str, description: &str) -> Vector {
        let vector = self.scenario().succeeds(name, description);
        let mut answer = [0; 32];
        answer[31] = u8::from(valid);
        assert_eq!(vector.expected.output.as_ref(), answer, "{name}");
        vector
    }
}

/// A message of zeros and an empty signature, so that the calldata ends in zeros that need not be written out.
fn zeros(pk: Vec<u8>, length: usize) -> Scenario {
    let whole =
        verifyMLDSACall { pk: pk.into(), msg: vec![0; length].into(), sig: Bytes::new() }.abi_encode();
    let head = whole.iter().rposition(|byte| *byte != 0).expect("a length stands before the zeros") + 1;
    Scenario::new(call(whole[..head].to_vec())).but(|call| call.append_zeros = Some(whole.len() - head))
}

fn verifications() -> Vec<Vector> {
    let base = || signed(ParameterSet::MlDsa44, MESSAGE, b"");
    let weak = Triple {
        pk: weak_key(ParameterSet::MlDsa44),
        msg: MESSAGE.to_vec(),
        sig: forge(ParameterSet::MlDsa44, MESSAGE, b""),
    };
    let mut vectors: Vec<_> = ParameterSet::ALL
        .map(|set| {
            signed(set, MESSAGE, b"").is(
                true,
                &format!("ml_dsa_{}", set.id()),
                "Valid under the empty context string.",
            )
        })
        .into();
    vectors.extend([
        signed(ParameterSet::MlDsa44, b"", b"").is(true, "empty_message", "The empty message is a message."),
        signed(ParameterSet::MlDsa44, &[7; 1_000], b"").is(
            true,
            "message_of_1000_bytes",
            "32 words of message gas.",
        ),
        weak.clone().is(true, "weak_public_key", "t1 = 0: FIPS 204 says valid, so does this pure function."),
        weak.but(|triple| triple.sig[0] ^= 1).is(
            false,
            "weak_public_key_wrong_challenge",
            "The same with a changed challenge.",
        ),
        base().but(|triple| triple.msg.push(0)).is(false, "message_longer", "A byte more of message."),
        base().but(|triple| triple.msg[0] ^= 1).is(false, "message_changed", "One bit of the message."),
        base().but(|triple| triple.sig[0] ^= 1).is(false, "challenge_changed", "One bit of c̃."),
        base().but(|triple| triple.sig[1_000] ^= 1).is(false, "response_changed", "One bit of z."),
        base().but(|triple| triple.pk[0] ^= 1).is(false, "rho_changed", "One bit of ρ."),
        base().but(|triple| triple.pk[1_311] ^= 1).is(false, "t1_changed", "One bit of t1."),
        signed(ParameterSet::MlDsa44, MESSAGE, WORK_SIGNATURE_CONTEXT).is(
            false,
            "signed_under_the_work_context",
            "A signature made for work proofs is none here.",
        ),
        base().but(|triple| triple.sig.truncate(2_419)).is(
            false,
            "signature_short",
            "2,419 bytes: false, at the full price.",
        ),
        base().but(|triple| triple.sig.push(0)).is(false, "signature_long", "2,421 bytes."),
        base().but(|triple| triple.sig.clear()).is(false, "signature_empty", "No signature."),
        base().but(|triple| triple.pk.truncate(1_311)).is(
            false,
            "key_short",
            "1,311 bytes are no parameter set's: false, at the price of ML-DSA-44.",
        ),
        base().but(|triple| triple.pk.clear()).is(false, "key_empty", "No key."),
        base().but(|triple| triple.pk.resize(1_952, 0)).is(
            false,
            "key_of_another_set",
            "The length of ML-DSA-65 decides the set and the price.",
        ),
        zeros(weak_key(ParameterSet::MlDsa44), gas::MAX_MESSAGE).succeeds(
            "longest_message",
            "65,536 bytes of message, 2,048 words of message gas; no signature: false.",
        ),
        zeros(weak_key(ParameterSet::MlDsa44), gas::MAX_MESSAGE + 1).reverts(
            "InputTooLarge",
            "message_too_long",
            "65,537 bytes: refused after decoding, before operation gas.",
        ),
    ]);
    vectors
}

fn gas_and_keys() -> Vec<Vector> {
    let scenario = || signed(ParameterSet::MlDsa44, MESSAGE, b"").scenario();
    let used = scenario().run().gas_used;
    let key = |bytes: Vec<u8>| (deriveAddressCall { publicKey: bytes.clone().into() }, bytes);
    let mut vectors = vec![
        scenario().but(|call| call.gas = used).succeeds("exact_gas", "What the call costs."),
        scenario().but(|call| call.gas = used - 1).runs_out("gas_short", "One less: nothing is verified."),
        scenario().but(|call| call.is_static = true).succeeds("static_call", "Same answer, same gas."),
    ];
    for length in [0_usize, 32, 1_312, 1_952, 2_592] {
        let (derive, bytes) = key(vec![0; length]);
        vectors.push(Scenario::new(call(derive.abi_encode())).succeeds(
            &format!("derive_address_{length}"),
            "The first 20 bytes of BLAKE3, for a byte string of any length.",
        ));
        let level = getSecurityLevelCall { publicKey: bytes.into() };
        vectors.push(Scenario::new(call(level.abi_encode())).succeeds(
            &format!("security_level_{length}"),
            "2, 3 or 5 by the length of the key; 0 for any other length.",
        ));
    }
    vectors
}

pub(crate) fn file() -> File {
    build::file(
        "verify-mldsa",
        "verifyMLDSA, deriveAddress, getSecurityLevel.",
        [verifications(), gas_and_keys()].concat(),
    )
}
