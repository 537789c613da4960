//! Balances, and how AI comes into being.

use super::storage::{BALANCES, TOTAL_SUPPLY};
use crate::{
    context::{Context, add},
    gas::operation,
    outcome::Stop,
};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use pars_protocol::{
    abi::{IAIMining::miningBalanceCall, IAIMiningEvents::Transfer},
    strict::Reader,
};

pub(crate) fn mining_balance(context: &mut Context<'_>, arguments: &[u8]) -> Result<Bytes, Stop> {
    let mut reader = Reader::new(arguments, 1)?;
    let miner = reader.address()?;
    reader.finish()?;
    context.charge(operation::ONE_SLOT)?;
    let balance = BALANCES.at(miner).get(context)?;
    Ok(miningBalanceCall::abi_encode_returns(&balance).into())
}

/// Creates AI for an address: balance, supply, and `Transfer` from the zero address.
pub(crate) fn mint(context: &mut Context<'_>, to: Address, amount: U256) -> Result<(), Stop> {
    let slot = BALANCES.at(to);
    let balance = add(slot.get(context)?, amount)?;
    let supply = add(TOTAL_SUPPLY.get(context)?, amount)?;
    slot.set(context, balance)?;
    TOTAL_SUPPLY.set(context, supply)?;
    context.emit(&Transfer { from: Address::ZERO, to, value: amount })
}
