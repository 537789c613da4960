//! The factory of simulated devices, whose keys are public by design.

mod keys;

use crate::Architecture;
pub(crate) use keys::{public_key, signing_key};

/// Common name of an architecture's simulated intermediate. Its private key follows from it.
pub(crate) fn ica_name(architecture: Architecture) -> String {
    format!("Pars simulated {} ICA, not NVIDIA", architecture.name())
}
