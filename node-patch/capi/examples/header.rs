//! Writes `include/pars_aimining.h` again: `cargo run -p pars-capi --example header`.

#[path = "../tests/header/generate.rs"]
mod generate;

fn main() -> std::io::Result<()> {
    std::fs::write(generate::path(), generate::header())
}
