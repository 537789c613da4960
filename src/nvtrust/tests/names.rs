//! The names of reasons are part of the chain's answers: this table is them, and a rename fails here.

use crate::{
    Architecture, AttestationError as A, CertificateError as C, ChainError, DerError as D,
    EvidenceError as E, FwidError as F, GoldenSetError, OpaqueError as O, PathError, ReportError as R,
};
use strum::VariantNames;

/// Every variant of every reason. One that wraps another (in parentheses) never answers with its own name.
const NAMES: [(&str, &[&str], &[&str]); 10] = [
    (
        "AttestationError",
        A::VARIANTS,
        &["truncated", "version", "kind", "empty", "too_long", "trailing_bytes"],
    ),
    (
        "CertificateError",
        C::VARIANTS,
        &[
            "too_long",
            "der", // (DerError)
            "version",
            "serial_number",
            "signature_algorithm",
            "name",
            "not_before",
            "not_after",
            "public_key",
            "extensions",
            "duplicate_extension",
            "critical_extension",
            "key_usage",
            "basic_constraints",
            "fwid", // (FwidError)
            "signature",
        ],
    ),
    (
        "ChainError",
        ChainError::VARIANTS,
        &[
            "leaf",         // (CertificateError)
            "identity_key", // (CertificateError)
            "ica",          // (CertificateError)
            "leaf_is_authority",
            "leaf_key_usage",
            "fwid_missing",
            "issuer_is_no_authority",
            "issuer_key_usage",
            "serial_number",
            "subject_serial_number",
            "nv_switch",
            "architecture",
            "issuer",
            "composite_key",
            "identity_key_signature",
            "leaf_signature",
        ],
    ),
    (
        "DerError",
        D::VARIANTS,
        &["truncated", "length", "long_tag", "tag", "trailing", "integer", "boolean", "bit_string"],
    ),
    (
        "EvidenceError",
        E::VARIANTS,
        &[
            "report", // (ReportError)
            "chain",  // (ChainError)
            "nv_switch",
            "missing_entry",
            "nonce",
            "fwid_mismatch",
            "fwid_missing",
            "report_signature",
        ],
    ),
    (
        "FwidError",
        F::VARIANTS,
        &[
            "der", // (DerError)
            "version",
            "public_key",
            "algorithm",
            "length",
            "missing",
            "order",
            "both_forms",
        ],
    ),
    ("GoldenSetError", GoldenSetError::VARIANTS, &["no_such_block", "empty_mask"]),
    ("OpaqueError", O::VARIANTS, &["rest", "overrun", "duplicate", "length", "status", "text", "version"]),
    (
        "PathError",
        PathError::VARIANTS,
        &[
            "length",
            "root",
            "chain", // (ChainError)
            "issuer",
            "signature",
        ],
    ),
    (
        "ReportError",
        R::VARIANTS,
        &[
            "too_long",
            "truncated",
            "request_version",
            "request_code",
            "request_attributes",
            "request_operation",
            "slot",
            "response_version",
            "response_code",
            "response_parameters",
            "block_count",
            "record_length",
            "index_out_of_range",
            "duplicate_index",
            "index_order",
            "specification",
            "block_size",
            "value_type",
            "value_size",
            "opaque", // (OpaqueError)
            "trailing_bytes",
        ],
    ),
];

#[test]
fn d6_the_names_of_all_reasons_are_these() {
    for (error, variants, names) in NAMES {
        assert_eq!(variants, names, "{error}");
        for name in names {
            assert!(!name.is_empty() && name.len() <= 31, "{error}: {name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{error}: {name}");
        }
    }
}

#[test]
fn d6_a_reason_is_named_after_its_innermost_one() {
    for (name, expected) in [
        (A::Truncated("report").name(), "truncated"),
        (A::TooLong { part: "leaf", length: 1025 }.name(), "too_long"),
        (GoldenSetError::NoSuchBlock(32).name(), "no_such_block"),
        (O::Status(11, 0).name(), "status"),
        (R::Opaque(O::Duplicate(3)).name(), "duplicate"),
        (R::ResponseParameters(1, 0).name(), "response_parameters"),
        (E::Report(R::Opaque(O::Overrun(99))).name(), "overrun"),
        (E::Report(R::TrailingBytes(1)).name(), "trailing_bytes"),
        (E::Nonce.name(), "nonce"),
        (D::Tag { expected: 0x30, found: 0x31 }.name(), "tag"),
        (F::Der(D::Boolean).name(), "boolean"),
        (F::BothForms.name(), "both_forms"),
        (C::Der(D::LongTag).name(), "long_tag"),
        (C::Fwid(F::Der(D::BitString)).name(), "bit_string"),
        (C::Fwid(F::Length(47)).name(), "length"),
        (ChainError::Leaf(C::NotAfter).name(), "not_after"),
        (ChainError::IdentityKey(C::KeyUsage).name(), "key_usage"),
        (ChainError::Ica(C::Name).name(), "name"),
        (ChainError::Architecture(Architecture::GH100).name(), "architecture"),
        (E::Chain(ChainError::Leaf(C::Fwid(F::Der(D::Truncated)))).name(), "truncated"),
        (E::Chain(ChainError::NvSwitch).name(), "nv_switch"),
        (PathError::Chain(ChainError::LeafIsAuthority).name(), "leaf_is_authority"),
        (PathError::Length(4).name(), "length"),
    ] {
        assert_eq!(name, expected);
    }
}
