//! Why a call reverted, in words, where the data says it in a way this node knows.

use alloy_sol_types::{Revert, SolError};
use pars_protocol::abi::IAIMiningErrors::IAIMiningErrorsErrors;

/// The text of `Error(string)`, or the name of an error of 0x0300.
pub fn reason(data: &[u8]) -> Option<String> {
    if let Ok(Revert { reason }) = Revert::abi_decode(data) {
        return Some(reason);
    }
    let selector = data.first_chunk::<4>()?;
    IAIMiningErrorsErrors::name_by_selector(*selector).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;
    use pars_protocol::abi::IAIMiningErrors::WorkAlreadySpent;

    #[test]
    fn a_reason_is_told_where_it_is_known() {
        let spent = WorkAlreadySpent { workId: B256::ZERO }.abi_encode();
        assert_eq!(reason(&spent).as_deref(), Some("WorkAlreadySpent"));
        assert_eq!(reason(&Revert::from("no").abi_encode()).as_deref(), Some("no"));
        assert_eq!(reason(&[1, 2, 3, 4]), None);
        assert_eq!(reason(&[]), None);
    }
}
