//! Writes the seeds of the corpus, and adds to it from folders of finds: for each way in which the entry can end and
//! that the corpus does not have, the shortest find.

#[path = "../src/nvtrust/tests/entry.rs"]
#[allow(dead_code, reason = "the fuzz target uses the rest")]
mod entry;

use std::{
    collections::BTreeSet,
    fs,
    io::Result,
    path::{Path, PathBuf},
};

fn files(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    fs::read_dir(folder)?
        .map(|entry| {
            let path = entry?.path();
            Ok((path.clone(), fs::read(path)?))
        })
        .collect()
}

fn main() -> Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/attestation");
    fs::create_dir_all(&corpus)?;
    for (name, bytes) in entry::seeds() {
        fs::write(corpus.join(name), bytes)?;
    }
    let known = entry::Known::new();
    let mut outcomes: BTreeSet<_> = files(&corpus)?.iter().map(|(_, bytes)| known.outcome(bytes)).collect();
    let mut finds = Vec::new();
    for folder in std::env::args().skip(1) {
        finds.extend(files(Path::new(&folder))?);
    }
    finds.sort_by_key(|(path, bytes)| (bytes.len(), path.file_name().map(ToOwned::to_owned)));
    for (path, bytes) in finds {
        let outcome = known.outcome(&bytes);
        if outcomes.insert(outcome.clone())
            && let Some(name) = path.file_name()
        {
            println!("{} bytes: {outcome}", bytes.len());
            fs::write(corpus.join(name), bytes)?;
        }
    }
    println!("{} outcomes", outcomes.len());
    Ok(())
}
