//! ACVP's other interfaces, through what the engine has for tests alone: HashML-DSA and the internal interface by
//! `verify_internal`, external µ by `verify_mu`.

use pars_mldsa::ParameterSet;
use serde_json::Value;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use sha3::digest::{Digest as Digest10, ExtendableOutput, XofReader};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512, Shake128, Shake256};

use crate::backends::engines;
use crate::known_answers::acvp_file;

fn field(test: &Value, name: &str) -> Vec<u8> {
    hex::decode(test[name].as_str().unwrap_or_else(|| panic!("no {name}"))).expect("hex")
}

fn shake(mut hash: impl ExtendableOutput, message: &[u8], len: usize) -> Vec<u8> {
    hash.update(message);
    let mut output = vec![0; len];
    hash.finalize_xof().read(&mut output);
    output
}

/// M' of HashML-DSA (FIPS 204 Algorithm 5): 1 ‖ |ctx| ‖ ctx ‖ OID ‖ PH(M).
fn pre_hashed(context: &[u8], algorithm: &str, message: &[u8]) -> Vec<u8> {
    // The last arc of 2.16.840.1.101.3.4.2, and the hash.
    let (arc, hash) = match algorithm {
        "SHA2-256" => (1, Sha256::digest(message).to_vec()),
        "SHA2-384" => (2, Sha384::digest(message).to_vec()),
        "SHA2-512" => (3, Sha512::digest(message).to_vec()),
        "SHA2-224" => (4, Sha224::digest(message).to_vec()),
        "SHA2-512/224" => (5, Sha512_224::digest(message).to_vec()),
        "SHA2-512/256" => (6, Sha512_256::digest(message).to_vec()),
        "SHA3-224" => (7, <Sha3_224 as Digest10>::digest(message).to_vec()),
        "SHA3-256" => (8, <Sha3_256 as Digest10>::digest(message).to_vec()),
        "SHA3-384" => (9, <Sha3_384 as Digest10>::digest(message).to_vec()),
        "SHA3-512" => (10, <Sha3_512 as Digest10>::digest(message).to_vec()),
        "SHAKE-128" => (11, shake(Shake128::default(), message, 32)),
        "SHAKE-256" => (12, shake(Shake256::default(), message, 64)),
        other => panic!("no hash {other}"),
    };
    let header = [1, u8::try_from(context.len()).expect("a legal context")];
    let oid = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc];
    [&header, context, &oid, &hash].concat()
}

#[test]
fn c1_acvp_135_of_the_other_interfaces() {
    let Some(json) = acvp_file("the 135 ACVP cases of c1 that are not pure") else { return };
    let file: Value = serde_json::from_str(&json).expect("an ACVP file");
    for engine in engines() {
        // Cases and valid ones: pre-hashed, internal, external µ.
        let mut seen = [(0, 0); 3];
        for group in file["testGroups"].as_array().expect("groups") {
            let name = group["parameterSet"].as_str().expect("a set");
            let set = ParameterSet::ALL.into_iter().find(|set| set.to_string() == name).expect("a set");
            if group["preHash"] == "pure" {
                continue;
            }
            for test in group["tests"].as_array().expect("tests") {
                let (key, signature) = (field(test, "pk"), field(test, "signature"));
                let (kind, answer) = if group["preHash"] == "preHash" {
                    let algorithm = test["hashAlg"].as_str().expect("a hash");
                    let message = pre_hashed(&field(test, "context"), algorithm, &field(test, "message"));
                    (0, engine.verify_internal(set, &key, &message, &signature))
                } else if group["externalMu"] == true {
                    let mu = field(test, "mu").try_into().expect("64 bytes");
                    (2, engine.verify_mu(set, &key, &mu, &signature))
                } else {
                    (1, engine.verify_internal(set, &key, &field(test, "message"), &signature))
                };
                assert_eq!(test["testPassed"], answer, "{} {set} case {}", engine.name(), test["tcId"]);
                seen[kind] = (seen[kind].0 + 1, seen[kind].1 + usize::from(answer));
            }
        }
        assert_eq!(seen, [(45, 9); 3], "{}: cases run, of which valid, by interface", engine.name());
    }
}
