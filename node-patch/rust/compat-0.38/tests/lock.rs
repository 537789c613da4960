//! The lock file next to this holds the versions that this folder is there for.

/// Versions of a package in the lock file.
fn locked(package: &str) -> Vec<&'static str> {
    let name = format!("name = \"{package}\"");
    let mut lines = include_str!("../Cargo.lock").lines();
    let mut versions = Vec::new();
    while lines.any(|line| line == name) {
        let version = lines.next().and_then(|line| line.strip_prefix("version = \""));
        versions.push(version.and_then(|version| version.strip_suffix('"')).expect("a version"));
    }
    versions
}

#[test]
fn i6_one_alloy_evm_0_38_and_one_revm_42_are_locked() {
    assert_eq!(locked("alloy-evm"), ["0.38.0"]);
    assert_eq!(locked("revm"), ["42.0.1"]);
    for package in ["revm-database", "revm-context", "revm-state", "revm-precompile"] {
        let versions = locked(package);
        assert!(versions.len() == 1 && versions[0].starts_with("42."), "{package}: {versions:?}");
    }
}
