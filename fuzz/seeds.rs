//! Writes the seeds of the corpus: `cargo run --example seeds` in this folder.

#[path = "../src/nvtrust/tests/entry.rs"]
#[allow(dead_code, reason = "the fuzz target uses the rest")]
mod entry;

fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/attestation");
    std::fs::create_dir_all(&folder)?;
    for (name, bytes) in entry::seeds() {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}
