//! From calldata to a feature: the only place that checks how the precompile was called.

use crate::{
    Host, HostProfile, Outcome, attestation,
    context::Context,
    gas, governance,
    outcome::{Stop, revert},
    teleport, token, verify, work,
};
use alloy_primitives::Bytes;
use pars_mldsa::Verifier;
use pars_nvtrust::P384Verifier;
use pars_protocol::{
    abi::IAIMiningErrors::{
        DelegateCallNotAllowed, InputTooLarge, MalformedInput, StaticCallNotAllowed, UnknownSelector,
        ValueNotAllowed,
    },
    strict::NonCanonical,
};
use std::sync::Arc;

/// Whether a method may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// Reads only; answers in static calls, too.
    View,
    /// Writes; refused in static calls.
    Write,
}

/// A row of a feature's `abi.rs`.
pub(crate) struct Method {
    pub(crate) selector: [u8; 4],
    pub(crate) signature: &'static str,
    pub(crate) mutability: Mutability,
    /// Decodes its arguments, charges its operation gas, does its work, encodes its result.
    pub(crate) run: fn(&mut Context<'_>, &[u8]) -> Result<Bytes, Stop>,
}

/// Builds a [`Method`] from a `sol!` call type.
macro_rules! method {
    ($mutability:ident $call:path => $run:path) => {
        $crate::dispatch::Method {
            selector: <$call as alloy_sol_types::SolCall>::SELECTOR,
            signature: <$call as alloy_sol_types::SolCall>::SIGNATURE,
            mutability: $crate::dispatch::Mutability::$mutability,
            run: $run,
        }
    };
}
pub(crate) use method;

/// Every method, feature by feature.
fn methods() -> impl Iterator<Item = &'static Method> {
    [
        token::METHODS,
        verify::METHODS,
        work::METHODS,
        attestation::METHODS,
        teleport::METHODS,
        governance::METHODS,
    ]
    .into_iter()
    .flatten()
}

/// Name, selector and mutability of every method, for documentation and tests.
pub fn method_table() -> impl Iterator<Item = (&'static str, [u8; 4], Mutability)> {
    methods().map(|method| (method.signature, method.selector, method.mutability))
}

impl From<NonCanonical> for Stop {
    fn from(_: NonCanonical) -> Self {
        revert(MalformedInput {})
    }
}

/// Who answers whether a signature is valid. Whatever stands here gives the answers of the references; some are faster.
#[derive(Clone)]
pub struct Verifiers {
    /// Of miners.
    pub mldsa: Arc<dyn Verifier>,
    /// Of GPUs.
    pub p384: Arc<dyn P384Verifier>,
}

impl Default for Verifiers {
    /// What this build has, without state: the engine, or without that feature the reference.
    fn default() -> Self {
        #[cfg(feature = "engine")]
        return Self { mldsa: Arc::new(pars_mldsa::Engine::new()), ..Self::reference() };
        #[cfg(not(feature = "engine"))]
        Self::reference()
    }
}

impl Verifiers {
    /// Packages of others in plain Rust, without state: the slowest that a validator may run. Gas holds for them too.
    pub fn reference() -> Self {
        Self { mldsa: Arc::new(pars_mldsa::Reference), p384: Arc::new(pars_nvtrust::Reference) }
    }
}

/// The precompile at `0x…0300`: rules and verifiers, no state of its own.
#[derive(Clone)]
pub struct Precompile {
    profile: Arc<HostProfile>,
    verifiers: Verifiers,
}

impl std::fmt::Debug for Precompile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Precompile").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl Precompile {
    /// The precompile of a host profile.
    pub fn new(profile: HostProfile, verifiers: Verifiers) -> Self {
        Self { profile: Arc::new(profile), verifiers }
    }

    /// What the hosts of this chain do.
    pub fn profile(&self) -> &HostProfile {
        &self.profile
    }

    /// Runs one call. The host reverts journal and logs unless the outcome is [`Outcome::Success`].
    pub fn call(&self, host: &mut dyn Host, input: &[u8]) -> Outcome {
        self.dispatch(host, input).into()
    }

    fn dispatch(&self, host: &mut dyn Host, input: &[u8]) -> Result<Bytes, Stop> {
        if !host.is_direct() {
            return Err(revert(DelegateCallNotAllowed {}));
        }
        if host.value().is_some_and(|value| !value.is_zero()) {
            return Err(revert(ValueNotAllowed {}));
        }
        if input.len() > gas::MAX_INPUT {
            return Err(revert(InputTooLarge {}));
        }
        host.charge(gas::input(input.len()))?;
        let (selector, arguments) =
            input.split_first_chunk::<4>().ok_or_else(|| revert(UnknownSelector {}))?;
        let method = methods()
            .find(|method| method.selector == *selector)
            .ok_or_else(|| revert(UnknownSelector {}))?;
        if method.mutability == Mutability::Write && host.is_static() {
            return Err(revert(StaticCallNotAllowed {}));
        }
        (method.run)(&mut Context::new(host, &self.verifiers, &self.profile), arguments)
    }
}
