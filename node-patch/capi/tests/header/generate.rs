//! Makes the C header out of the sources.

use cbindgen::{Builder, Config, DocumentationLength, EnumConfig, ExportConfig, Language, RenameRule, Style};
use std::path::{Path, PathBuf};

const TOP: &str = "\
/* pars_aimining.h: the AI-mining precompile at 0x0300 for hosts that are not Rust.
 *
 * Generated from the Rust sources of pars-capi by `cargo run -p pars-capi --example header`. Do not edit.
 *
 * - Every byte string is copied by its receiver during the call: into the library as pointer and length, out of it
 *   through a sink. Nothing that one side allocates is freed by the other, but for two handles, each with its own end:
 *   pars_precompile_free and pars_ledger_close.
 * - Handles never change and may be used by any number of threads at once. A host context and a sink context are used only
 *   during the call that they are given to, on the calling thread.
 * - Functions answer with a pars_status as int32_t. No panic leaves the library: it becomes PARS_FATAL. Null, misaligned or
 *   impossible arguments become PARS_MISUSE. A host that does not know a status treats it as PARS_FATAL.
 * - Structures begin with their size, which the caller sets to sizeof. A later version of the interface may add fields at their end.
 * - The functions pars_ledger_* are in libraries that were built with the feature `ledger`, which is on by default.
 */";

/// Where the header lies.
pub(crate) fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include/pars_aimining.h")
}

/// The header, as the sources make it.
pub(crate) fn header() -> String {
    let rename = [
        ("ParsStatus", "pars_status"),
        ("ParsSink", "pars_sink"),
        ("ParsHost", "pars_host"),
        ("ParsCall", "pars_call"),
        ("ParsPrecompile", "pars_precompile"),
        ("ParsLedger", "pars_ledger"),
    ];
    let config = Config {
        language: Language::C,
        cpp_compat: true,
        header: Some(TOP.into()),
        include_guard: Some("PARS_AIMINING_H".into()),
        no_includes: true,
        sys_includes: vec!["stddef.h".into(), "stdint.h".into()],
        usize_is_size_t: true,
        style: Style::Both,
        documentation_length: DocumentationLength::Full,
        line_length: 110,
        tab_width: 4,
        export: ExportConfig {
            // No signature names it: they say int32_t.
            include: vec!["ParsStatus".into()],
            rename: rename.map(|(from, to)| (from.into(), to.into())).into(),
            ..Default::default()
        },
        enumeration: EnumConfig {
            rename_variants: RenameRule::QualifiedScreamingSnakeCase,
            ..Default::default()
        },
        ..Default::default()
    };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("lib.rs");
    let bindings = Builder::new().with_config(config).with_src(source).generate();
    let mut text = Vec::new();
    bindings.expect("cbindgen reads the sources").write(&mut text);
    // The statuses are the interface's, not the type's: PARS_SUCCESS.
    String::from_utf8(text).expect("C is ASCII").replace("PARS_STATUS_", "PARS_")
}
