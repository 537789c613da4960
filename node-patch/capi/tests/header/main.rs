//! The header is what the sources make.

mod generate;

#[test]
fn the_header_is_what_the_sources_make() {
    let path = generate::path();
    let found = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(
        found == generate::header(),
        "{} differs: run `cargo run -p pars-capi --example header` and read the difference",
        path.display()
    );
}
