//! What wallets ask before they send: gas price and fee history.

use alloy_consensus::Transaction as _;
use alloy_eips::BlockId;
use alloy_rpc_types_eth::FeeHistory;

use super::{Chain, UnknownBlock, block::Block};

/// The tip that is suggested: 1 gwei. Blocks are never fought over here, so it does not move.
pub const SUGGESTED_TIP: u128 = 1_000_000_000;
/// Blocks one fee history covers.
pub const MAX_FEE_HISTORY_BLOCKS: u64 = 1024;
/// Percentiles one fee history may ask for.
pub const MAX_FEE_PERCENTILES: usize = 100;

/// A fee history cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FeeHistoryError {
    /// The newest block asked for does not exist.
    #[error(transparent)]
    UnknownBlock(#[from] UnknownBlock),
    /// Percentiles rise from 0 to 100.
    #[error("invalid reward percentile: they must rise, from 0 to 100, at most {MAX_FEE_PERCENTILES}")]
    Percentiles,
}

impl Chain {
    /// A gas price with which a transaction gets into the next block.
    pub fn gas_price(&self) -> u128 {
        u128::from(self.next_base_fee()).saturating_add(SUGGESTED_TIP)
    }

    /// Base fees, fill ratios and tips of `count` blocks up to `newest`.
    ///
    /// # Errors
    /// Unknown block or bad percentiles.
    pub fn fee_history(
        &self,
        count: u64,
        newest: BlockId,
        percentiles: Option<&[f64]>,
    ) -> Result<FeeHistory, FeeHistoryError> {
        let asked = percentiles.unwrap_or_default();
        let in_range = asked.iter().all(|p| (0.0..=100.0).contains(p));
        if asked.len() > MAX_FEE_PERCENTILES || !in_range || !asked.is_sorted() {
            return Err(FeeHistoryError::Percentiles);
        }
        let last = self.resolve(newest)?.into_entry().block.number();
        let count = count.min(MAX_FEE_HISTORY_BLOCKS).min(last.saturating_add(1));
        if count == 0 {
            return Ok(FeeHistory::default());
        }
        let first = last + 1 - count;
        // One more than asked: its base fee is the prediction, except at the head, where it is computed.
        let blocks = self.blocks(first, last);
        let mut base_fee_per_gas: Vec<u128> =
            blocks.iter().map(|block| u128::from(block.base_fee())).collect();
        let next = match self.block(last + 1) {
            Some(entry) => entry.block.base_fee(),
            None => self.next_base_fee(),
        };
        base_fee_per_gas.push(u128::from(next));
        let blob_fees = vec![1; base_fee_per_gas.len()];
        Ok(FeeHistory {
            base_fee_per_gas,
            gas_used_ratio: blocks
                .iter()
                .map(|block| block.header.gas_used as f64 / block.header.gas_limit as f64)
                .collect(),
            base_fee_per_blob_gas: blob_fees,
            blob_gas_used_ratio: vec![0.0; blocks.len()],
            oldest_block: first,
            reward: percentiles.map(|asked| blocks.iter().map(|block| tips(block, asked)).collect()),
        })
    }
}

/// The tip at each percentile of the gas used in `block`.
fn tips(block: &Block, percentiles: &[f64]) -> Vec<u128> {
    let base_fee = block.base_fee();
    let mut paid: Vec<(u128, u64)> = block
        .transactions
        .iter()
        .zip(&block.receipts)
        .map(|(tx, receipt)| (tx.effective_tip_per_gas(base_fee).unwrap_or_default(), receipt.gas_used))
        .collect();
    paid.sort_unstable();
    percentiles
        .iter()
        .map(|percentile| {
            let threshold = block.header.gas_used as f64 * percentile / 100.0;
            let mut sum = 0u64;
            let mut tip = 0;
            for (paid_tip, gas) in &paid {
                tip = *paid_tip;
                sum = sum.saturating_add(*gas);
                if sum as f64 >= threshold {
                    break;
                }
            }
            tip
        })
        .collect()
}
