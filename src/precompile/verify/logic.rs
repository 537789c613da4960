//! Pure answers about keys and signatures.

use crate::{
    context::Context,
    gas::{MAX_MESSAGE, operation},
    outcome::{Stop, require},
};
use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;
use pars_protocol::{
    ParameterSet,
    abi::{
        IAIMining::verifyMLDSACall,
        IAIMiningErrors::InputTooLarge,
        IAIMiningInspector::{deriveAddressCall, getSecurityLevelCall},
    },
    ids,
    strict::Reader,
};

/// FIPS 204 Algorithm 3 with the empty context; the parameter set follows from the key's length. Whatever is not a
/// valid signature is `false`.
pub(crate) fn verify_mldsa(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 3)?;
    let (public_key, message, signature) = (reader.bytes()?, reader.bytes()?, reader.bytes()?);
    reader.finish()?;
    require(message.len() <= MAX_MESSAGE, || InputTooLarge {})?;
    let set = ParameterSet::from_public_key_len(public_key.len());
    context.charge(operation::verify_mldsa(set, message.len()))?;
    let valid = set.is_some_and(|set| context.verify(set, public_key, message, &[], signature));
    Ok(verifyMLDSACall::abi_encode_returns(&valid).into())
}

pub(crate) fn derive_address(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let public_key = one_byte_string(arguments)?;
    context.charge(operation::PURE)?;
    Ok(deriveAddressCall::abi_encode_returns(&ids::miner_address(public_key)).into())
}

/// NIST category 2, 3 or 5; 0 for a length that is no parameter set's.
pub(crate) fn get_security_level(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let public_key = one_byte_string(arguments)?;
    context.charge(operation::PURE)?;
    let level = ParameterSet::from_public_key_len(public_key.len()).map_or(0, ParameterSet::security_level);
    Ok(getSecurityLevelCall::abi_encode_returns(&level).into())
}

fn one_byte_string(arguments: &[u8]) -> Result<&[u8], Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let bytes = reader.bytes()?;
    reader.finish()?;
    Ok(bytes)
}
