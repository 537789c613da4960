//! A chain in memory whose blocks are executed as reth executes them: alloy-evm's Ethereum block executor under the
//! wrapper, on revm's `State`, over a disk. Every block's state is kept.

#![allow(dead_code, unreachable_pub, reason = "shared by test binaries of which none uses everything")]

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Header, ReceiptEnvelope, SignableTransaction, TxEip1559, TxEnvelope, TxReceipt,
    proofs::{calculate_receipt_root, calculate_transaction_root},
    transaction::Recovered,
};
use alloy_evm::{
    EvmEnv, EvmFactory,
    block::{
        BlockExecutionError, BlockExecutionResult, BlockExecutor, BlockExecutorFactory, OnStateHook, StateDB,
    },
    eth::{
        EthBlockExecutionCtx, EthBlockExecutorFactory, receipt_builder::AlloyReceiptBuilder, spec::EthSpec,
    },
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, keccak256};
use alloy_trie::{TrieAccount, root};
use pars_evm::{
    Genesis, ParsBlockExecutorFactory, ParsChain, ParsEvmFactory,
    feed::{self, Changes, SealedBlock},
    ledger::{BlockId, ChainView, CommittedBlock, Notification, Segment, SlotChange},
};
use pars_precompile::{ADDRESS, testing};
use revm::{
    Database,
    context::{BlockEnv, CfgEnv},
    database::{BundleState, State, states::bundle_state::BundleRetention},
    primitives::hardfork::SpecId,
    state::{AccountInfo, Bytecode},
};
use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

/// Accounts with coins.
pub const ALICE: Address = address!("0x00000000000000000000000000000000000a11ce");
pub const BOB: Address = address!("0x0000000000000000000000000000000000000b0b");
/// Time of block 0; block `n` comes `n` seconds later.
pub const START: u64 = testing::NOW;
/// More gas than a proof needs.
pub const GAS: u64 = 1_000_000;

pub type Executors =
    ParsBlockExecutorFactory<EthBlockExecutorFactory<AlloyReceiptBuilder, EthSpec, ParsEvmFactory>>;
pub type Tx = Recovered<TxEnvelope>;

/// A chain's state after a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    pub accounts: BTreeMap<Address, AccountInfo>,
    pub codes: BTreeMap<B256, Bytecode>,
    pub storage: BTreeMap<Address, BTreeMap<U256, U256>>,
}

impl Disk {
    pub fn put(&mut self, address: Address, mut info: AccountInfo, storage: BTreeMap<U256, U256>) {
        if let Some(code) = info.code.take() {
            info.code_hash = code.hash_slow();
            self.codes.insert(info.code_hash, code);
        }
        self.accounts.insert(address, info);
        self.storage.insert(address, storage);
    }

    pub fn slots(&self) -> BTreeMap<U256, U256> {
        self.storage.get(&ADDRESS).cloned().unwrap_or_default()
    }

    /// Writes what a block changed.
    fn apply(&mut self, bundle: &BundleState) {
        self.codes.extend(bundle.contracts.iter().map(|(hash, code)| (*hash, code.clone())));
        for (address, account) in &bundle.state {
            match &account.info {
                Some(info) => self.accounts.insert(*address, AccountInfo { code: None, ..info.clone() }),
                None => self.accounts.remove(address),
            };
            if account.was_destroyed() {
                self.storage.remove(address);
            }
            let storage = self.storage.entry(*address).or_default();
            for (slot, value) in &account.storage {
                if value.present_value.is_zero() {
                    storage.remove(slot);
                } else {
                    storage.insert(*slot, value.present_value);
                }
            }
        }
    }

    pub fn root(&self) -> B256 {
        root::state_root_unhashed(self.accounts.iter().map(|(address, info)| {
            let storage = self.storage.get(address).into_iter().flatten();
            let storage = storage.map(|(slot, value)| (B256::from(*slot), *value));
            let account = TrieAccount {
                nonce: info.nonce,
                balance: info.balance,
                storage_root: root::storage_root_unhashed(storage),
                code_hash: info.code_hash,
            };
            (*address, account)
        }))
    }
}

impl Database for Disk {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.accounts.get(&address).cloned())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.storage.get(&address).and_then(|storage| storage.get(&slot)).copied().unwrap_or_default())
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(B256::from(U256::from(number)))
    }
}

/// A block with everything that execution left.
#[derive(Clone, Debug)]
pub struct Block {
    pub id: BlockId,
    pub header: Header,
    pub txs: Vec<Tx>,
    pub result: BlockExecutionResult<ReceiptEnvelope>,
    pub bundle: BundleState,
    pub disk: Disk,
}

impl Block {
    pub fn sealed(&self) -> SealedBlock<'_, ReceiptEnvelope> {
        SealedBlock {
            id: self.id,
            parent: self.header.parent_hash,
            timestamp: self.header.timestamp,
            transactions: self.txs.iter().map(|tx| *tx.inner().tx_hash()).collect(),
            receipts: &self.result.receipts,
        }
    }

    pub fn successes(&self) -> Vec<bool> {
        self.result.receipts.iter().map(TxReceipt::status).collect()
    }
}

/// A chain, all of whose blocks are there.
#[derive(Clone, Debug)]
pub struct Chain {
    pub pars: ParsChain,
    pub executors: Arc<Executors>,
    pub blocks: Vec<Block>,
    pub finalized: u64,
}

/// What a block is executed with.
#[derive(Default)]
pub struct How {
    /// Told of every change that is committed.
    pub hook: Option<Box<dyn OnStateHook>>,
    /// One transaction after the other, as reth's engine does, instead of the whole block.
    pub streamed: bool,
}

pub fn executors(pars: &ParsChain) -> Executors {
    let inner =
        EthBlockExecutorFactory::new(AlloyReceiptBuilder::default(), EthSpec::mainnet(), pars.evm_factory());
    pars.block_executor_factory(inner)
}

impl Chain {
    /// A chain of this configuration; the account is in block 0 if it is active then.
    pub fn new(genesis: Genesis) -> Self {
        let pars = ParsChain::new(genesis, testing::CHAIN_ID.into()).expect("a legal configuration");
        let mut disk = Disk::default();
        if pars.genesis().profile.is_active(START) {
            let account = pars.account();
            let code = Some(Bytecode::new_legacy(account.code.clone()));
            let info = AccountInfo { nonce: account.nonce, code, ..Default::default() };
            disk.put(ADDRESS, info, account.storage.clone());
        }
        Self::on(pars, disk)
    }

    /// The same on a state of its own; two accounts get coins.
    pub fn on(pars: ParsChain, mut disk: Disk) -> Self {
        for address in [ALICE, BOB] {
            let balance = U256::from(10).pow(U256::from(24));
            disk.put(address, AccountInfo { balance, ..Default::default() }, BTreeMap::new());
        }
        let header = Header { timestamp: START, state_root: disk.root(), ..Default::default() };
        let id = BlockId { number: 0, hash: header.hash_slow() };
        let block =
            Block { id, header, txs: vec![], result: Default::default(), bundle: Default::default(), disk };
        let executors = Arc::new(executors(&pars));
        Self { pars, executors, blocks: vec![block], finalized: 0 }
    }

    pub fn tip(&self) -> &Block {
        self.blocks.last().expect("block 0")
    }

    /// A call of `to` by `from`, with the nonce that comes after `earlier` transactions of the block.
    pub fn tx(&self, from: Address, to: Address, earlier: u64, gas: u64, input: impl Into<Bytes>) -> Tx {
        let nonce = self.tip().disk.accounts.get(&from).map_or(0, |info| info.nonce) + earlier;
        let tx = TxEip1559 {
            chain_id: testing::CHAIN_ID.into(),
            nonce,
            gas_limit: gas,
            max_fee_per_gas: 1,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(to),
            value: U256::ZERO,
            access_list: Default::default(),
            input: input.into(),
        };
        Recovered::new_unchecked(TxEnvelope::Eip1559(tx.into_signed(Signature::test_signature())), from)
    }

    /// Transactions of one sender to the precompile, in order.
    pub fn calls(&self, inputs: impl IntoIterator<Item = Bytes>) -> Vec<Tx> {
        let numbered = (0..).zip(inputs);
        numbered.map(|(earlier, input)| self.tx(ALICE, ADDRESS, earlier, GAS, input)).collect()
    }

    pub fn env(&self, number: u64, timestamp: u64) -> EvmEnv {
        let cfg = CfgEnv::new_with_spec(SpecId::PRAGUE).with_chain_id(testing::CHAIN_ID.into());
        let block = BlockEnv {
            number: U256::from(number),
            timestamp: U256::from(timestamp),
            gas_limit: 100_000_000,
            basefee: 0,
            ..Default::default()
        };
        EvmEnv::new(cfg, block)
    }

    /// Executes the next block, and keeps nothing of it.
    pub fn execute<F>(&self, executors: &F, txs: &[Tx], how: How) -> Result<Executed, BlockExecutionError>
    where
        F: for<'a> BlockExecutorFactory<
                EvmFactory = ParsEvmFactory,
                Transaction = TxEnvelope,
                Receipt = ReceiptEnvelope,
                ExecutionCtx<'a> = EthBlockExecutionCtx<'a>,
            >,
    {
        let parent = self.tip();
        let mut state = State::builder().with_database(parent.disk.clone()).with_bundle_update().build();
        state.set_state_hook(how.hook);
        let result = self.run(executors, &mut state, parent, txs, how.streamed)?;
        state.merge_transitions(BundleRetention::Reverts);
        Ok(Executed { result, bundle: state.take_bundle() })
    }

    pub fn run<F, DB>(
        &self,
        executors: &F,
        state: &mut DB,
        parent: &Block,
        txs: &[Tx],
        streamed: bool,
    ) -> Result<BlockExecutionResult<ReceiptEnvelope>, BlockExecutionError>
    where
        DB: StateDB,
        F: for<'a> BlockExecutorFactory<
                EvmFactory = ParsEvmFactory,
                Transaction = TxEnvelope,
                Receipt = ReceiptEnvelope,
                ExecutionCtx<'a> = EthBlockExecutionCtx<'a>,
            >,
    {
        let env = self.env(parent.id.number + 1, parent.header.timestamp + 1);
        let evm = executors.evm_factory().create_evm(state, env);
        let context = EthBlockExecutionCtx {
            parent_hash: parent.id.hash,
            parent_beacon_block_root: Some(B256::ZERO),
            ommers: &[],
            withdrawals: None,
            extra_data: Bytes::new(),
            tx_count_hint: Some(txs.len()),
            slot_number: None,
        };
        let mut executor = executors.create_executor(evm, context);
        if !streamed {
            return executor.execute_block(txs);
        }
        executor.apply_pre_execution_changes()?;
        for tx in txs {
            executor.execute_transaction(tx)?;
        }
        executor.apply_post_execution_changes()
    }

    /// Executes the next block with the chain's own executors and appends it.
    pub fn build(&mut self, txs: Vec<Tx>) -> &Block {
        let executed =
            self.execute(&*self.executors, &txs, How::default()).expect("a block of valid transactions");
        self.append(txs, executed)
    }

    /// Blocks of one proof each.
    pub fn mine(&mut self, works: impl IntoIterator<Item = u64>) {
        for work in works {
            let txs = self.calls([proof(work)]);
            assert_eq!(self.build(txs).successes(), [true], "work {work}");
        }
    }

    pub fn append(&mut self, txs: Vec<Tx>, executed: Executed) -> &Block {
        let parent = self.tip();
        let Executed { result, bundle } = executed;
        let mut disk = parent.disk.clone();
        disk.apply(&bundle);
        let envelopes: Vec<_> = txs.iter().map(|tx| tx.inner().clone()).collect();
        let header = Header {
            parent_hash: parent.id.hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            number: parent.id.number + 1,
            timestamp: parent.header.timestamp + 1,
            state_root: disk.root(),
            transactions_root: calculate_transaction_root(&envelopes),
            receipts_root: calculate_receipt_root(&result.receipts),
            gas_used: result.gas_used,
            gas_limit: 100_000_000,
            ..Default::default()
        };
        let id = BlockId { number: header.number, hash: header.hash_slow() };
        self.blocks.push(Block { id, header, txs, result, bundle, disk });
        self.tip()
    }

    /// Takes back the blocks above `height`; returns them, oldest first.
    pub fn unwind(&mut self, height: u64) -> Vec<Block> {
        let keep = usize::try_from(height).expect("a small number") + 1;
        self.blocks.split_off(keep)
    }

    /// The block as a walk over the states before and after it says: nothing of the bundle is used.
    pub fn walked(&self, number: u64) -> Option<CommittedBlock> {
        let index = usize::try_from(number).expect("a small number");
        let block = self.blocks.get(index)?;
        let before = index.checked_sub(1).map(|parent| self.blocks[parent].disk.slots()).unwrap_or_default();
        let after = block.disk.slots();
        let value = |slots: &BTreeMap<U256, U256>, slot| slots.get(slot).copied().unwrap_or_default();
        let changes: Changes = before
            .keys()
            .chain(after.keys())
            .map(|slot| (*slot, SlotChange { before: value(&before, slot), after: value(&after, slot) }))
            .filter(|(_, change)| change.before != change.after)
            .collect();
        Some(block.sealed().committed(changes).expect("a receipt for each transaction"))
    }
}

/// What is left of a block's execution.
#[derive(Debug)]
pub struct Executed {
    pub result: BlockExecutionResult<ReceiptEnvelope>,
    pub bundle: BundleState,
}

impl ChainView for Chain {
    type Error = Infallible;

    fn head(&self) -> Result<BlockId, Infallible> {
        Ok(self.tip().id)
    }

    fn canonical_hash(&self, number: u64) -> Result<Option<B256>, Infallible> {
        let block = usize::try_from(number).ok().and_then(|index| self.blocks.get(index));
        Ok(block.map(|block| block.id.hash))
    }

    fn block(&self, number: u64) -> Result<Option<Arc<CommittedBlock>>, Infallible> {
        Ok(self.walked(number).map(Arc::new))
    }

    fn finalized(&self) -> Result<u64, Infallible> {
        Ok(self.finalized)
    }
}

/// What the ledger is told of these blocks, of which each has a bundle of its own.
pub fn segment(blocks: &[Block]) -> Segment {
    let blocks = blocks.iter().map(|block| {
        let segment = feed::segment(&[block.sealed()], &block.bundle).expect("one block, one bundle");
        segment.blocks()[0].clone()
    });
    Segment::new(blocks.collect()).expect("blocks that follow each other")
}

pub fn committed(blocks: &[Block]) -> Notification {
    Notification::Committed { new: segment(blocks) }
}

/// A miner of work `work`, whose proofs are valid.
pub fn miner(work: u64) -> testing::Miner {
    let mut miner =
        testing::Miner::new(pars_protocol::ParameterSet::MlDsa44, u8::try_from(work % 5 + 1).unwrap(), work);
    // Units small enough that no cap of an epoch is met.
    miner.statement.compute_units = 1_000;
    miner
}

/// Calldata of its proof.
pub fn proof(work: u64) -> Bytes {
    miner(work).calldata()
}

/// The slot of `acceptedWork[id]`.
pub fn accepted_slot(id: B256) -> U256 {
    keccak256([id.0, B256::from(U256::from(6)).0].concat()).into()
}

/// Genesis of the fixtures, active from a later time on.
pub fn active_from(timestamp: u64) -> Genesis {
    let mut genesis = testing::genesis();
    genesis.profile.rules = pars_precompile::profile::Rules::v1(timestamp);
    genesis
}
