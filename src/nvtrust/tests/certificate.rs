//! Each rule of the certificate's parser, broken alone. All certificates here are validly signed.

use super::device::{
    BASIC_CONSTRAINTS, COMMON_NAME, COMPOSITE_DEVICE_ID, CertificateParts, DICE_TCB_INFO, Device, FWID,
    KEY_USAGE, SERIAL_NUMBER, composite, der, dice, extension, fwid, key, name, sign, signature_der, spki,
};
use super::support::{H100_IK, H100_LEAF, Random};
use crate::{
    Architecture, Certificate, CertificateError as E, DerError, FwidError, FwidForm, Leaf,
    MAX_CERTIFICATE_LEN, SPKI_PREFIX,
};
use p384::elliptic_curve::sec1::ToSec1Point;

fn leaf_with(change: impl FnOnce(&mut CertificateParts)) -> Vec<u8> {
    let mut device = Device::new(Architecture::GH100);
    change(&mut device.leaf);
    device.leaf.signed_by(&device.ik_key)
}

fn refused(change: impl FnOnce(&mut CertificateParts)) -> E {
    Certificate::parse(&leaf_with(change)).expect_err("broken")
}

#[test]
fn d4_certificates_of_our_own_and_nvidias_are_read() {
    assert!(Certificate::parse(&leaf_with(|_| ())).is_ok());
    let leaf = Leaf::parse(H100_LEAF).expect("a leaf");
    assert_eq!(leaf.fwid().form, FwidForm::CompositeDeviceId);
    assert_eq!(leaf.fwid().ik_spki, Some(Certificate::parse(H100_IK).expect("a certificate").spki()));
    assert_eq!(leaf.certificate().spki()[..24], SPKI_PREFIX);
    assert_eq!(leaf.certificate().spki()[24..], leaf.public_key()[..]);
}

#[test]
fn d4_the_one_encoding_of_the_public_key() {
    let point = key(3).verifying_key().as_affine().to_sec1_point(true);
    assert_eq!(point.as_bytes().len(), 49);
    // A compressed point: the same key, in another encoding, with correct lengths around it.
    let algorithm = &SPKI_PREFIX[2..20];
    let compressed = der(0x30, &[algorithm, &der(0x03, &[&[0], point.as_bytes()])]);
    assert_eq!(refused(|leaf| leaf.spki.clone_from(&compressed)), E::PublicKey);
    // The hybrid form, the other curve of NIST, explicit parameters, one byte more or less.
    for (at, byte) in [(23, 0x06), (23, 0x07), (23, 0x02), (22, 0x01), (19, 0x23), (12, 0x02)] {
        assert_eq!(refused(|leaf| leaf.spki[at] = byte), E::PublicKey, "byte {at}");
    }
    let long = der(0x30, &[algorithm, &der(0x03, &[&[0, 4], &[7; 97]])]);
    assert_eq!(refused(|leaf| leaf.spki.clone_from(&long)), E::PublicKey);
    let short = der(0x30, &[algorithm, &der(0x03, &[&[0, 4], &[7; 95]])]);
    assert_eq!(refused(|leaf| leaf.spki.clone_from(&short)), E::PublicKey);
}

#[test]
fn d4_fields_before_the_key() {
    assert_eq!(refused(|leaf| leaf.version = vec![0xA0, 3, 2, 1, 1]), E::Version);
    assert_eq!(refused(|leaf| leaf.version.clear()), E::Version);
    for serial in [&[][..], &[0x80], &[0, 0x7F], &[0, 0], &[0xFF, 1]] {
        assert_eq!(refused(|leaf| leaf.serial = der(2, &[serial])), E::Der(DerError::Integer), "{serial:?}");
    }
    assert_eq!(refused(|leaf| leaf.serial = der(2, &[&[0]])), E::SerialNumber);
    assert_eq!(refused(|leaf| leaf.serial = der(2, &[&[1; 21]])), E::SerialNumber);
    // ecdsa-with-SHA256, and parameters that must be absent.
    let sha256 = der(0x30, &[&der(6, &[&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]])]);
    let null = der(0x30, &[&der(6, &[&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3]]), &[5, 0]]);
    for other in [sha256, null] {
        assert_eq!(refused(|leaf| leaf.algorithm.clone_from(&other)), E::SignatureAlgorithm);
        assert_eq!(refused(|leaf| leaf.outer_algorithm.clone_from(&other)), E::SignatureAlgorithm);
    }
    let two = der(0x31, &[&der(0x30, &[&der(6, &[COMMON_NAME]), &der(0x0C, &[b"a"])]).repeat(2)]);
    for bad in [
        der(0x30, &[&two]),
        name(&[(COMMON_NAME, "a"), (COMMON_NAME, "b")]),
        name(&[(SERIAL_NUMBER, "1"), (SERIAL_NUMBER, "2")]),
        der(0x30, &[&der(0x31, &[&der(0x30, &[&der(6, &[COMMON_NAME]), &der(0x16, &[b"a"])])])]),
        der(0x30, &[&der(0x31, &[&der(0x30, &[&der(6, &[COMMON_NAME]), &der(0x0C, &[&[0xFF]])])])]),
    ] {
        assert_eq!(refused(|leaf| leaf.subject.clone_from(&bad)), E::Name);
        assert_eq!(refused(|leaf| leaf.issuer.clone_from(&bad)), E::Name);
    }
}

#[test]
fn d6_a_certificate_that_can_expire_is_refused_without_a_clock() {
    for not_after in [
        der(0x18, &[b"99991231235958Z"]),
        der(0x18, &[b"20991231235959Z"]),
        der(0x18, &[b"99991231235959z"]),
        der(0x18, &[b"99991231235959.0Z"]),
        der(0x17, &[b"991231235959Z"]),
        der(0x0C, &[b"99991231235959Z"]),
    ] {
        assert_eq!(refused(|leaf| leaf.not_after.clone_from(&not_after)), E::NotAfter);
    }
    for not_before in [
        der(0x17, &[b"201017000000"]),
        der(0x17, &[b"2010170000+0Z"]),
        der(0x17, &[b"20201017000000Z"]),
        der(0x18, &[b"201017000000Z"]),
        der(0x0C, &[b"201017000000Z"]),
    ] {
        assert_eq!(refused(|leaf| leaf.not_before.clone_from(&not_before)), E::NotBefore);
    }
    assert!(
        Certificate::parse(&leaf_with(|leaf| leaf.not_before = der(0x18, &[b"20510101000000Z"]))).is_ok()
    );
}

#[test]
fn d4_extensions() {
    assert_eq!(refused(|leaf| leaf.extensions.clear()), E::Extensions);
    assert_eq!(refused(|leaf| leaf.unique_ids = vec![0x81, 2, 0, 1]), E::Extensions);
    // Duplicates, known and unknown, next to each other and apart.
    for at in 0..2 {
        let twice = |leaf: &mut CertificateParts| leaf.extensions.push(leaf.extensions[at].clone());
        assert_eq!(refused(twice), E::DuplicateExtension);
    }
    let unknown = extension(&[0x2A, 3], false, b"?");
    assert_eq!(
        refused(|leaf| leaf.extensions.splice(0..0, [unknown.clone(), unknown.clone()]).for_each(drop)),
        E::DuplicateExtension
    );
    assert!(Certificate::parse(&leaf_with(|leaf| leaf.extensions.push(unknown))).is_ok());
    let critical = extension(&[0x2A, 3], true, b"?");
    assert_eq!(refused(|leaf| leaf.extensions.push(critical)), E::CriticalExtension);
    // FALSE is the default, which DER leaves out; and TRUE is 0xff.
    for byte in [0, 1] {
        let flag = der(0x30, &[&der(6, &[KEY_USAGE]), &[1, 1, byte], &der(4, &[&[3, 2, 7, 0x80]])]);
        assert_eq!(refused(|leaf| leaf.extensions[0] = flag), E::Der(DerError::Boolean));
    }
    for bits in
        [&[3, 2, 6, 0x80][..], &[3, 2, 7, 0x81], &[3, 2, 7, 0], &[3, 3, 7, 0x80, 0x80], &[3, 1, 0], &[]]
    {
        let usage = extension(KEY_USAGE, true, bits);
        assert_eq!(refused(|leaf| leaf.extensions[0] = usage), E::KeyUsage, "{bits:?}");
    }
    for value in [&[][..], &[0x30, 3, 1, 1, 0], &[0x30, 3, 1, 1, 1], &[0x30, 3, 2, 1, 0], &[0x30, 0, 0]] {
        let constraints = extension(BASIC_CONSTRAINTS, true, value);
        assert_eq!(refused(|leaf| leaf.extensions.push(constraints)), E::BasicConstraints, "{value:?}");
    }
}

#[test]
fn d4_the_firmware_id_in_both_forms() {
    let ik = spki(&key(2));
    let refused_as = |kind: &[u8], value: &[u8]| {
        let firmware = extension(kind, false, value);
        refused(|leaf| leaf.extensions[1] = firmware)
    };
    let sha256 = der(0x30, &[&der(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]]), &der(4, &[&FWID])]);
    for (value, error) in [
        (der(0x30, &[&[2, 1, 2], &ik, &fwid(&FWID)]), FwidError::Version),
        (composite(&ik, &fwid(&FWID[1..])), FwidError::Length(47)),
        (composite(&ik, &fwid(&[7; 49])), FwidError::Length(49)),
        (composite(&ik, &sha256), FwidError::Algorithm),
        (composite(&der(0x30, &[&[5, 0]]), &fwid(&FWID)), FwidError::PublicKey),
        (composite(&ik, &[]), FwidError::Der(DerError::Truncated)),
        (composite(&ik, &[&fwid(&FWID)[..], &[5, 0]].concat()), FwidError::Der(DerError::Trailing)),
        ([&composite(&ik, &fwid(&FWID))[..], &[5, 0]].concat(), FwidError::Der(DerError::Trailing)),
        (vec![0x31, 0], FwidError::Der(DerError::Tag { expected: 0x30, found: 0x31 })),
        (vec![], FwidError::Der(DerError::Truncated)),
    ] {
        assert_eq!(refused_as(COMPOSITE_DEVICE_ID, &value), E::Fwid(error));
    }
    let list = der(0xA6, &[&fwid(&FWID)]);
    for (value, error) in [
        (dice(&[]), FwidError::Missing),
        (der(0x30, &[&der(0x80, &[b"NVIDIA"])]), FwidError::Missing),
        (dice(std::slice::from_ref(&sha256)), FwidError::Algorithm),
        (dice(&[fwid(&FWID), fwid(&[0; 47])]), FwidError::Length(47)),
        (dice(&[fwid(&FWID), vec![5, 0]]), FwidError::Der(DerError::Tag { expected: 0x30, found: 5 })),
        (der(0x30, &[&list, &list]), FwidError::Order),
        (der(0x30, &[&list, &der(0x83, &[&[1]])]), FwidError::Order),
        (der(0x30, &[&list, &der(0x8A, &[&[1]])]), FwidError::Order),
        (der(0x30, &[&der(2, &[&[1]]), &list]), FwidError::Order),
    ] {
        assert_eq!(refused_as(DICE_TCB_INFO, &value), E::Fwid(error));
    }
    let both = extension(DICE_TCB_INFO, false, &dice(&[fwid(&FWID)]));
    assert_eq!(refused(|leaf| leaf.extensions.push(both)), E::Fwid(FwidError::BothForms));
    // The first one of the list counts; a list of one is one.
    for count in 1..4u8 {
        let list: Vec<_> = (0..count).map(|other| fwid(&[FWID[0] + other; 48])).collect();
        let bytes = leaf_with(|leaf| leaf.extensions[1] = extension(DICE_TCB_INFO, false, &dice(&list)));
        let leaf = Leaf::parse(&bytes).expect("a leaf");
        assert_eq!((leaf.fwid().form, leaf.fwid().digest), (FwidForm::DiceTcbInfo, &FWID));
    }
}

#[test]
fn d4_der_lengths_are_minimal_and_definite_everywhere() {
    // The outermost length says the same in three other ways.
    let body = &H100_LEAF[4..];
    for prefix in [&[0x30, 0x83, 0, 3, 0x7D][..], &[0x30, 0x84, 0, 0, 3, 0x7D], &[0x30, 0x80]] {
        let bytes = [prefix, body].concat();
        assert_eq!(Certificate::parse(&bytes).expect_err("not DER"), E::Der(DerError::Length));
    }
    let long_form = |leaf: &mut CertificateParts| leaf.serial = [&[2, 0x81, 20][..], &[0x53; 20]].concat();
    assert_eq!(refused(long_form), E::Der(DerError::Length));
    let long_form = |leaf: &mut CertificateParts| leaf.serial = [&[2, 0x82, 0, 20][..], &[0x53; 20]].concat();
    assert_eq!(refused(long_form), E::Der(DerError::Length));
    assert_eq!(refused(|leaf| leaf.serial = vec![0x1F, 2, 1, 1]), E::Der(DerError::LongTag));
    for length in 0..H100_LEAF.len() {
        let error = Certificate::parse(&H100_LEAF[..length]).expect_err("cut");
        assert_eq!(error, E::Der(DerError::Truncated), "{length}");
    }
    let longer = [H100_LEAF, &[0]].concat();
    assert_eq!(Certificate::parse(&longer).expect_err("longer"), E::Der(DerError::Trailing));
    let longest = [H100_LEAF, &vec![0; MAX_CERTIFICATE_LEN + 1 - H100_LEAF.len()]].concat();
    assert_eq!(Certificate::parse(&longest).expect_err("too long"), E::TooLong(MAX_CERTIFICATE_LEN + 1));
}

#[test]
fn d4_the_signatures_one_encoding() {
    let device = Device::new(Architecture::GH100);
    let good = sign(&device.ik_key, &device.leaf.body());
    let parse = |signature: &[u8]| Certificate::parse(&device.leaf.with_signature(signature)).err();
    assert_eq!(parse(&signature_der(&good)), None);
    let (r, s) = (&signature_der(&good)[2..], der(2, &[&[1]]));
    for (signature, error) in [
        (der(0x30, &[&der(2, &[&[1; 49]]), &s]), E::Signature),
        (der(0x30, &[&der(2, &[&[0x80]]), &s]), E::Der(DerError::Integer)),
        (der(0x30, &[&der(2, &[&[0, 1]]), &s]), E::Der(DerError::Integer)),
        (der(0x30, &[&der(2, &[]), &s]), E::Der(DerError::Integer)),
        (der(0x30, &[&s]), E::Der(DerError::Truncated)),
        (der(0x30, &[r, &s]), E::Der(DerError::Trailing)),
        (vec![], E::Der(DerError::Truncated)),
    ] {
        assert_eq!(parse(&signature), Some(error));
    }
    assert!(parse(&good).is_some(), "r and s without their encoding");
    // Unused bits in the BIT STRING around it.
    let mut bytes = device.leaf.signed_by(&device.ik_key);
    let at = bytes.len() - signature_der(&good).len() - 1;
    assert_eq!(bytes[at], 0);
    bytes[at] = 1;
    assert_eq!(Certificate::parse(&bytes).expect_err("bits"), E::Der(DerError::BitString));
    // Short integers keep their value: they are right-aligned.
    let short = der(0x30, &[&der(2, &[&[7]]), &der(2, &[&[0, 0x80]])]);
    assert_eq!(parse(&short), None);
}

/// Two readers that agree on every certificate of NVIDIA's also agree that these are none.
#[test]
fn d4_no_random_change_of_length_is_read_as_something_else() {
    let seed = 0xD4;
    println!("seed {seed}");
    let mut random = Random(seed);
    for _ in 0..20_000 {
        let mut bytes = H100_LEAF.to_vec();
        let at = random.below(bytes.len());
        match random.below(2) {
            0 => drop(bytes.remove(at)),
            _ => bytes.insert(at, random.next().to_le_bytes()[0]),
        }
        assert!(Certificate::parse(&bytes).is_err(), "byte {at}");
    }
}
