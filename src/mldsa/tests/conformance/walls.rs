//! The rules of consensus code are the same in every consensus crate.

/// The lists of banned methods and types are copies of each other: none of them may fall behind.
#[test]
fn clippy_rules_are_the_same_in_every_consensus_crate() {
    let ours = include_str!("../../clippy.toml");
    assert!(ours.contains("std::time::SystemTime::now"), "the list is not empty");
    assert_eq!(ours, include_str!("../../../protocol/clippy.toml"), "src/protocol/clippy.toml differs");
    assert_eq!(ours, include_str!("../../../nvtrust/clippy.toml"), "src/nvtrust/clippy.toml differs");
    assert_eq!(ours, include_str!("../../../precompile/clippy.toml"), "src/precompile/clippy.toml differs");
}
