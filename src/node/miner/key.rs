//! A miner's ML-DSA key and its file.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use alloy_primitives::{Address, B256, Bytes};
use pars_mldsa::{ParameterSet, SignError, SigningKey};
use pars_protocol::ids;
use serde::{Deserialize, Serialize};

use super::{NoRandomness, random};

/// The only version of the file.
pub const FILE_VERSION: u64 = 1;
/// A key file is about 4.2 KB for the smallest set and 5.6 KB for the largest; what exceeds this is something else.
pub const MAX_FILE_BYTES: u64 = 64 << 10;

/// A key could not be made, written or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key without randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// A key file is never overwritten: what it held would be lost.
    #[error(
        "{0} exists already and is never overwritten; name another file with --out, or move that one away"
    )]
    Exists(PathBuf),
    /// The file could not be written; nothing is left of it.
    #[error("cannot write {path}: {source}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file could not be read.
    #[error("cannot read the key file {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not what `pars-devnet keygen` writes.
    #[error("{path} is not a miner's key file: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// The file. The seed is the whole secret; the rest follows from it and is checked against it when read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u64,
    parameter_set: u8,
    seed: B256,
    public_key: Bytes,
    #[serde(serialize_with = "checksummed")]
    miner: Address,
    device_id: B256,
}

fn checksummed<S: serde::Serializer>(address: &Address, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(address)
}

/// A miner's key.
pub struct MinerKey {
    seed: B256,
    key: SigningKey,
}

/// Says whose key it is and nothing secret.
impl fmt::Debug for MinerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MinerKey")
            .field("parameter_set", &self.parameter_set())
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

impl MinerKey {
    /// The key of a seed (FIPS 204 Algorithm 6).
    pub fn from_seed(set: ParameterSet, seed: B256) -> Self {
        Self { seed, key: SigningKey::from_seed(set, &seed.0) }
    }

    /// A new key.
    ///
    /// # Errors
    /// The operating system has no randomness.
    pub fn generate(set: ParameterSet) -> Result<Self, NoRandomness> {
        Ok(Self::from_seed(set, random()?))
    }

    /// The parameter set.
    pub fn parameter_set(&self) -> ParameterSet {
        self.key.parameter_set()
    }

    /// The public key.
    pub fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    /// The miner's address: a name, not an account. Nobody holds a private key for it, so it is never paid.
    pub fn address(&self) -> Address {
        ids::miner_address(self.public_key())
    }

    /// The device id of this key's work while no GPU attests it.
    pub fn device_id(&self) -> B256 {
        ids::software_device_id(self.public_key())
    }

    /// Signs, hedged with fresh randomness where there is any (FIPS 204 section 3.4).
    ///
    /// # Errors
    /// A context above 255 bytes, or the signing loop's limit.
    pub fn sign(&self, message: &[u8], context: &[u8]) -> Result<Vec<u8>, SignError> {
        // Without fresh randomness the standard's deterministic variant is as valid.
        self.key.sign(message, context, &random().unwrap_or_default().0)
    }

    /// Writes a new file that only its owner can read.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is one already; [`KeyError::Write`].
    pub fn create(&self, path: &Path) -> Result<(), KeyError> {
        let failed = |source| KeyError::Write { path: path.to_owned(), source };
        let content = KeyFile {
            version: FILE_VERSION,
            parameter_set: self.parameter_set().id(),
            seed: self.seed,
            public_key: self.public_key().to_vec().into(),
            miner: self.address(),
            device_id: self.device_id(),
        };
        let mut text = serde_json::to_vec_pretty(&content).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        let mut file = match create_private(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(KeyError::Exists(path.to_owned()));
            }
            Err(error) => return Err(failed(error)),
        };
        if let Err(error) = file.write_all(&text).and_then(|()| file.sync_all()) {
            // Half a key is worth nothing and would stand in the next one's way. The first error is the one to tell.
            let _ = std::fs::remove_file(path);
            return Err(failed(error));
        }
        Ok(())
    }

    /// Reads a file that [`Self::create`] wrote.
    ///
    /// # Errors
    /// [`KeyError::Read`], or [`KeyError::Malformed`] where a field does not follow from the seed.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Read { path: path.to_owned(), source };
        let malformed = |reason: String| KeyError::Malformed { path: path.to_owned(), reason };
        let mut text = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text).map_err(failed)?;
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(malformed(format!("it has more than {MAX_FILE_BYTES} bytes")));
        }
        let content: KeyFile = serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        if content.version != FILE_VERSION {
            return Err(malformed(format!("version {} is unknown", content.version)));
        }
        let set = ParameterSet::from_id(content.parameter_set).ok_or_else(|| {
            malformed(format!("{} is not a parameter set (44, 65, 87)", content.parameter_set))
        })?;
        let key = Self::from_seed(set, content.seed);
        for (name, same) in [
            ("public_key", *content.public_key == *key.public_key()),
            ("miner", content.miner == key.address()),
            ("device_id", content.device_id == key.device_id()),
        ] {
            if !same {
                return Err(malformed(format!("{name} does not follow from the seed")));
            }
        }
        Ok(key)
    }
}

/// True if others than the owner may read the file. Unknown counts as no.
#[cfg(unix)]
pub fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// True if others than the owner may read the file. Unknown counts as no.
#[cfg(not(unix))]
pub fn readable_by_others(_: &Path) -> bool {
    false
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
