//! Each rule of the report's parser, broken alone.

use super::{
    device::{Device, tlv as entry},
    support::H100_REPORT,
};
use crate::{Architecture, DeviceKind, MAX_REPORT_LEN, OpaqueError, Report, ReportError as E, Toggle, tlv};

fn refused(bytes: &[u8]) -> E {
    Report::parse(bytes).expect_err("broken")
}

/// The fixture with one byte set.
fn with(at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = H100_REPORT.to_vec();
    assert_ne!(bytes[at], byte);
    bytes[at] = byte;
    bytes
}

#[test]
fn d4_every_fixed_field_of_request_and_response() {
    for (at, byte, error) in [
        (0, 0x10, E::RequestVersion(0x10)),
        (0, 0x12, E::RequestVersion(0x12)),
        (1, 0xE1, E::RequestCode(0xE1)),
        (2, 0x00, E::RequestAttributes(0)),
        (2, 0x03, E::RequestAttributes(3)),
        (3, 0xFE, E::RequestOperation(0xFE)),
        (36, 1, E::Slot(1)),
        (37, 0x12, E::ResponseVersion(0x12)),
        (38, 0x7F, E::ResponseCode(0x7F)),
        (39, 1, E::ResponseParameters(1, 0)),
        (40, 1, E::ResponseParameters(0, 1)),
        (41, 0, E::BlockCount(0)),
        (41, 63, E::BlockCount(63)),
        (41, 65, E::BlockCount(65)),
        (41, 255, E::BlockCount(255)),
        // 31 blocks are a switch's, whose record is shorter.
        (41, 31, E::RecordLength(3520)),
        (42, 0xC1, E::RecordLength(3521)),
        (43, 0x0E, E::RecordLength(3776)),
        (44, 0x01, E::RecordLength(3520 + 0x10000)),
    ] {
        assert_eq!(refused(&with(at, byte)), error, "byte {at} = {byte:#04x}");
    }
}

#[test]
fn d4_every_field_of_every_block() {
    for position in 1..=64u8 {
        let at = 45 + 55 * (usize::from(position) - 1);
        for (offset, byte, error) in [
            (0, 0, E::IndexOutOfRange { position, index: 0 }),
            (0, 65, E::IndexOutOfRange { position, index: 65 }),
            (0, 255, E::IndexOutOfRange { position, index: 255 }),
            (1, 2, E::Specification(position, 2)),
            (2, 50, E::BlockSize(position, 50)),
            (3, 1, E::BlockSize(position, 51 + 256)),
            (4, 0x81, E::ValueType(position, 0x81)),
            (5, 47, E::ValueSize(position, 47)),
            (6, 1, E::ValueSize(position, 48 + 256)),
        ] {
            assert_eq!(refused(&with(at + offset, byte)), error, "block {position}");
        }
        if position > 1 {
            let index = position - 1;
            assert_eq!(refused(&with(at, index)), E::DuplicateIndex { position, index });
        }
        if position < 64 {
            let index = position + 1;
            assert_eq!(refused(&with(at, index)), E::IndexOrder { position, index });
        }
    }
}

#[test]
fn d4_a_report_cut_anywhere_or_continued_is_refused() {
    for length in 0..H100_REPORT.len() {
        let error = refused(&H100_REPORT[..length]);
        assert!(matches!(error, E::Truncated(_)), "{length}: {error}");
    }
    for trailing in [1, 96, MAX_REPORT_LEN - H100_REPORT.len()] {
        let mut bytes = H100_REPORT.to_vec();
        bytes.resize(H100_REPORT.len() + trailing, 0);
        assert_eq!(refused(&bytes), E::TrailingBytes(trailing));
        assert_eq!(Report::without_padding(&bytes), Ok(H100_REPORT));
        *bytes.last_mut().expect("a byte") = 1;
        assert_eq!(Report::without_padding(&bytes), Err(E::TrailingBytes(trailing)));
    }
    assert_eq!(Report::without_padding(H100_REPORT), Ok(H100_REPORT));
    let mut bytes = H100_REPORT.to_vec();
    bytes.resize(MAX_REPORT_LEN + 1, 0);
    assert_eq!(refused(&bytes), E::TooLong(MAX_REPORT_LEN + 1));
}

#[test]
fn d4_the_longest_report_is_read() {
    let device = Device::new(Architecture::GH100);
    let room = MAX_REPORT_LEN - device.report().len();
    let mut opaque = device.opaque_bytes();
    opaque.extend(entry(255, &vec![7; room - 4]));
    let bytes = device.report_with_opaque(&opaque);
    assert_eq!(bytes.len(), MAX_REPORT_LEN);
    let report = Report::parse(&bytes).expect("legal");
    assert_eq!(report.opaque().get(255).map(<[u8]>::len), Some(room - 4));
}

fn opaque_error(change: impl FnOnce(&mut Vec<u8>)) -> OpaqueError {
    let device = Device::new(Architecture::GH100);
    let mut opaque = device.opaque_bytes();
    change(&mut opaque);
    match refused(&device.report_with_opaque(&opaque)) {
        E::Opaque(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn d4_opaque_entries_neither_overrun_nor_repeat_nor_leave_a_rest() {
    for rest in 1..4 {
        let error = opaque_error(|opaque| opaque.extend(vec![0; rest]));
        assert_eq!(error, OpaqueError::Rest(rest));
    }
    let error = opaque_error(|opaque| opaque.extend([99, 0, 1, 0]));
    assert_eq!(error, OpaqueError::Overrun(99));
    let error = opaque_error(|opaque| opaque.extend([99, 0, 0xFF, 0xFF, 1]));
    assert_eq!(error, OpaqueError::Overrun(99));
    for kind in [3, 11, 20, 34] {
        let device = Device::new(Architecture::GH100);
        let data = device.opaque.iter().find(|(other, _)| *other == kind).expect("there").1.clone();
        assert_eq!(opaque_error(|opaque| opaque.extend(entry(kind, &data))), OpaqueError::Duplicate(kind));
    }
    // Also of a type without a meaning, and at both ends of the range.
    for kind in [0, 63, 64, 99, 255, u16::MAX] {
        let twice = [entry(kind, b"a"), entry(kind, b"b")].concat();
        assert_eq!(opaque_error(|opaque| opaque.extend(twice)), OpaqueError::Duplicate(kind));
    }
}

#[test]
fn d4_known_entries_have_their_shape() {
    for (kind, data, error) in [
        (tlv::NVDEC0_STATUS, &[0xAA, 0xAA][..], OpaqueError::Length(11, 2)),
        (tlv::NVDEC0_STATUS, &[], OpaqueError::Length(11, 0)),
        (tlv::NVDEC0_STATUS, &[0], OpaqueError::Status(11, 0)),
        (tlv::PROTECTED_PCIE_STATUS, &[1], OpaqueError::Status(21, 1)),
        (tlv::FWID, &[7; 47], OpaqueError::Length(20, 47)),
        (tlv::FWID, &[7; 49], OpaqueError::Length(20, 49)),
        (tlv::VBIOS_VERSION, b"96.00.9F.00.01", OpaqueError::Length(6, 14)),
        (tlv::GPU_INFO, &[0; 7], OpaqueError::Length(4, 7)),
        (tlv::MSRSCNT, &[0; 5], OpaqueError::Length(12, 5)),
        (tlv::SWITCH_PDI, &[0; 9], OpaqueError::Length(22, 9)),
        (tlv::FEATURE_FLAG, &[0], OpaqueError::Length(36, 1)),
        (tlv::OPAQUE_DATA_VERSION, &[2, 0], OpaqueError::Version(2)),
        (tlv::OPAQUE_DATA_VERSION, &[0, 1], OpaqueError::Version(256)),
        (tlv::DRIVER_VERSION, b"580.95.05", OpaqueError::Text(3)),
        (tlv::DRIVER_VERSION, b"580\0.95\0", OpaqueError::Text(3)),
        (tlv::DRIVER_VERSION, b"580\xFF\0", OpaqueError::Text(3)),
        (tlv::CHIP_SKU, b"88\n\0", OpaqueError::Text(15)),
        (tlv::PROJECT_SKU_MOD, b"", OpaqueError::Text(19)),
        (tlv::CHIP_INFO, b"GB100", OpaqueError::Text(35)),
    ] {
        let mut device = Device::new(Architecture::GH100);
        device.set(kind, data);
        assert_eq!(refused(&device.report()), E::Opaque(error));
    }
}

#[test]
fn d4_an_unknown_entry_is_kept_and_changes_nothing() {
    let mut device = Device::new(Architecture::GB100);
    let before = device.evidence().verdict().expect("genuine");
    for kind in [0, 37, 255, u16::MAX] {
        device.set(kind, b"what a newer driver says");
    }
    let evidence = device.evidence();
    assert_eq!(evidence.verdict(), Ok(before));
    let report = Report::parse(&evidence.report).expect("a report");
    assert_eq!(report.opaque().get(37), Some(&b"what a newer driver says"[..]));
}

#[test]
fn d4_blocks_are_read_where_they_stand() {
    let mut device = Device::new(Architecture::GH100);
    let bytes = device.report();
    let report = Report::parse(&bytes).expect("a report");
    assert_eq!(report.kind(), DeviceKind::Gpu);
    assert_eq!(report.measurement(0), Some(&[1; 48]));
    assert_eq!(report.measurement(63), Some(&[64; 48]));
    assert_eq!(report.measurement(64), None);
    assert!(report.measurements().zip(1..).all(|(value, index)| *value == [index; 48]));
    device.blocks.truncate(31);
    device.set(tlv::VBIOS_VERSION, b"96.10.55.00.01");
    let bytes = device.report();
    let report = Report::parse(&bytes).expect("a report");
    assert_eq!((report.kind(), report.measurements().len()), (DeviceKind::NvSwitch, 31));
    assert_eq!(report.opaque().vbios().expect("a VBIOS").to_string(), "96.10.55.00.01");
}

#[test]
fn d6_index_35_is_the_decoders_and_skipped_only_while_that_is_off() {
    for index in 0..64 {
        assert_eq!(Toggle::Disabled.skips(index), index == 35);
        assert!(!Toggle::Enabled.skips(index));
    }
    let status = |byte: u8| {
        let mut device = Device::new(Architecture::GH100);
        device.set(tlv::NVDEC0_STATUS, &[byte]);
        let bytes = device.report();
        Report::parse(&bytes).expect("a report").opaque().nvdec0()
    };
    assert_eq!([status(0xAA), status(0x55)], [Some(Toggle::Enabled), Some(Toggle::Disabled)]);
}
