//! Block executors that activate `0x…0300`.

use std::sync::Arc;

use alloy_consensus::Transaction;
use alloy_evm::{
    Evm, EvmFactory, RecoveredTx,
    block::{
        BlockExecutionError, BlockExecutionResult, BlockExecutor, BlockExecutorFactory, CommitChanges,
        ExecutableTx, ExecutableTxParts, GasOutput, StateDB,
    },
};
use pars_precompile::{Genesis, revm::activate_if_due};
use revm::{Inspector, context::Block};

use crate::{ActivationRefused, Ground, Lookahead};

/// Any factory of block executors, whose blocks activate `0x…0300` when it is due.
///
/// A node without it needs the account in its genesis alloc. A node with it may have that too: what is active is left
/// alone.
#[derive(Clone, Debug)]
pub struct ParsBlockExecutorFactory<F> {
    inner: F,
    genesis: Arc<Genesis>,
    lookahead: Option<Lookahead>,
}

impl<F> ParsBlockExecutorFactory<F> {
    pub(crate) fn new(inner: F, genesis: Arc<Genesis>, lookahead: Option<Lookahead>) -> Self {
        Self { inner, genesis, lookahead }
    }

    /// The same without looking ahead: signatures are verified one by one, when execution comes to them.
    #[must_use]
    pub fn without_lookahead(self) -> Self {
        Self { lookahead: None, ..self }
    }

    /// The factory inside.
    pub fn inner(&self) -> &F {
        &self.inner
    }
}

impl<F> BlockExecutorFactory for ParsBlockExecutorFactory<F>
where
    F: BlockExecutorFactory<Transaction: Transaction>,
{
    type EvmFactory = F::EvmFactory;
    type TxExecutionResult = F::TxExecutionResult;
    type ExecutionCtx<'a> = F::ExecutionCtx<'a>;
    type Transaction = F::Transaction;
    type Receipt = F::Receipt;
    type Executor<'a, DB: StateDB, I: Inspector<<F::EvmFactory as EvmFactory>::Context<DB>>> =
        ParsBlockExecutor<'a, F::Executor<'a, DB, I>>;

    fn evm_factory(&self) -> &Self::EvmFactory {
        self.inner.evm_factory()
    }

    fn create_executor<'a, DB, I>(
        &'a self,
        evm: <Self::EvmFactory as EvmFactory>::Evm<DB, I>,
        ctx: Self::ExecutionCtx<'a>,
    ) -> Self::Executor<'a, DB, I>
    where
        DB: StateDB,
        I: Inspector<<Self::EvmFactory as EvmFactory>::Context<DB>>,
    {
        ParsBlockExecutor {
            inner: self.inner.create_executor(evm, ctx),
            genesis: &self.genesis,
            lookahead: self.lookahead.as_ref(),
        }
    }
}

/// A block executor that activates `0x…0300` before its first transaction if the block is due to, and is otherwise the
/// one inside.
#[derive(Debug)]
pub struct ParsBlockExecutor<'a, E> {
    inner: E,
    genesis: &'a Genesis,
    lookahead: Option<&'a Lookahead>,
}

impl<E: BlockExecutor<Evm: Evm<DB: StateDB>>> ParsBlockExecutor<'_, E> {
    fn ground(&self) -> Ground {
        let evm = self.inner.evm();
        Ground {
            chain_id: evm.chain_id(),
            number: evm.block().number().saturating_to(),
            timestamp: evm.block().timestamp().saturating_to(),
        }
    }

    /// The change is committed to the EVM's database like a transaction's: revm's `State` tells its `OnStateHook` of
    /// it, from which reth computes the state root beside execution.
    fn activate(&mut self) -> Result<bool, ActivationRefused> {
        let Ground { chain_id, number, timestamp } = self.ground();
        let database = self.inner.evm_mut().db_mut();
        activate_if_due(database, self.genesis, chain_id, timestamp).map_err(|source| ActivationRefused {
            number,
            timestamp,
            source,
        })
    }
}

impl<E> BlockExecutor for ParsBlockExecutor<'_, E>
where
    E: BlockExecutor<Transaction: Transaction, Evm: Evm<DB: StateDB>>,
{
    type Transaction = E::Transaction;
    type Receipt = E::Receipt;
    type Evm = E::Evm;
    type Result = E::Result;

    fn apply_pre_execution_changes(&mut self) -> Result<(), BlockExecutionError> {
        self.activate()?;
        self.inner.apply_pre_execution_changes()
    }

    fn execute_transaction_with_commit_condition(
        &mut self,
        tx: impl ExecutableTx<Self>,
        f: impl FnOnce(&Self::Result) -> CommitChanges,
    ) -> Result<Option<GasOutput>, BlockExecutionError> {
        self.inner.execute_transaction_with_commit_condition(tx, f)
    }

    fn execute_transaction_without_commit(
        &mut self,
        tx: impl ExecutableTx<Self>,
    ) -> Result<Self::Result, BlockExecutionError> {
        self.inner.execute_transaction_without_commit(tx)
    }

    fn commit_transaction(&mut self, output: Self::Result) -> GasOutput {
        self.inner.commit_transaction(output)
    }

    fn finish(self) -> Result<(Self::Evm, BlockExecutionResult<Self::Receipt>), BlockExecutionError> {
        self.inner.finish()
    }

    fn evm_mut(&mut self) -> &mut Self::Evm {
        self.inner.evm_mut()
    }

    fn evm(&self) -> &Self::Evm {
        self.inner.evm()
    }

    fn receipts(&self) -> &[Self::Receipt] {
        self.inner.receipts()
    }

    /// Here all transactions are at hand, so their signatures are verified together before the first is executed.
    fn execute_block(
        mut self,
        transactions: impl IntoIterator<Item = impl ExecutableTx<Self>>,
    ) -> Result<BlockExecutionResult<Self::Receipt>, BlockExecutionError> {
        self.apply_pre_execution_changes()?;
        if let Some(lookahead) = self.lookahead {
            let transactions: Vec<_> = transactions.into_iter().map(ExecutableTxParts::into_parts).collect();
            let ground = self.ground();
            let signed = transactions.iter().map(|(_, tx)| (tx.tx(), *tx.signer()));
            // What it could not look at, execution looks at.
            let _ = lookahead.look(self.inner.evm_mut().db_mut(), ground, signed);
            for transaction in transactions {
                self.execute_transaction(transaction)?;
            }
        } else {
            for transaction in transactions {
                self.execute_transaction(transaction)?;
            }
        }
        self.apply_post_execution_changes()
    }
}
