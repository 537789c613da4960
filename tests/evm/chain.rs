//! A chain in memory: blocks on revm's `State` over a disk that can fail, and that keeps what it needs to unwind.

use crate::recorder::{Inner, Recorder};
use alloy_evm::{Evm as _, EvmEnv, EvmFactory as _};
use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256, address};
use pars_ai_mining::precompile::{
    ADDRESS, Genesis, Precompile, Verifiers,
    alloy::ParsEvmFactory,
    revm::{ParsPrecompiles, activate_if_due},
    testing::{self, NOW},
};
use revm::{
    Context, Database, DatabaseCommit, ExecuteEvm, InspectEvm, MainBuilder, MainContext,
    context::{
        BlockEnv, CfgEnv, TxEnv,
        result::{EVMError, ExecutionResult, Output, ResultAndState},
    },
    context_interface::{ContextTr, transaction::RecoveredAuthorization},
    database::{State, StateBuilder, states::bundle_state::BundleRetention, states::reverts::Reverts},
    database_interface::DBErrorMarker,
    handler::EthPrecompiles,
    primitives::hardfork::SpecId,
    state::{AccountInfo, Bytecode, EvmState},
};
use std::{collections::BTreeMap, sync::Arc};

/// Accounts with coins.
pub const ALICE: Address = address!("0x00000000000000000000000000000000000a11ce");
pub const BOB: Address = address!("0x0000000000000000000000000000000000000b0b");
pub const COINBASE: Address = address!("0x000000000000000000000000000000000000c01b");
/// More gas than any test's transaction needs.
pub const GAS: u64 = 16_000_000;

/// The disk could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct DiskError;

impl std::fmt::Display for DiskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("injected read failure")
    }
}
impl std::error::Error for DiskError {}
impl DBErrorMarker for DiskError {}

/// Plain state, as a node keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    accounts: BTreeMap<Address, AccountInfo>,
    codes: BTreeMap<B256, Bytecode>,
    storage: BTreeMap<Address, BTreeMap<U256, U256>>,
    /// So many reads succeed; every later one fails.
    pub reads_left: Option<u64>,
}

impl Disk {
    pub fn set(&mut self, address: Address, mut info: AccountInfo) {
        if let Some(code) = info.code.take() {
            info.code_hash = code.hash_slow();
            self.codes.insert(info.code_hash, code);
        }
        self.accounts.insert(address, info);
    }

    pub fn set_code(&mut self, address: Address, code: Bytecode) {
        self.set(address, AccountInfo { nonce: 1, code: Some(code), ..Default::default() });
    }

    pub fn set_storage(&mut self, address: Address, storage: BTreeMap<U256, U256>) {
        self.storage.insert(address, storage);
    }

    pub fn account(&self, address: Address) -> Option<&AccountInfo> {
        self.accounts.get(&address)
    }

    pub fn code(&self, address: Address) -> Bytes {
        let hash = self.accounts.get(&address).map(|info| info.code_hash).unwrap_or_default();
        self.codes.get(&hash).map(|code| code.original_bytes()).unwrap_or_default()
    }

    pub fn balance(&self, address: Address) -> U256 {
        self.accounts.get(&address).map(|info| info.balance).unwrap_or_default()
    }

    pub fn storage(&self, address: Address) -> BTreeMap<U256, U256> {
        self.storage.get(&address).cloned().unwrap_or_default()
    }

    fn write_slot(&mut self, address: Address, slot: U256, value: U256) {
        let storage = self.storage.entry(address).or_default();
        if value.is_zero() {
            storage.remove(&slot);
        } else {
            storage.insert(slot, value);
        }
        if storage.is_empty() {
            self.storage.remove(&address);
        }
    }

    fn write_account(&mut self, address: Address, info: Option<AccountInfo>) {
        match info {
            Some(info) => {
                self.accounts.insert(address, AccountInfo { code: None, ..info });
            }
            None => {
                self.accounts.remove(&address);
            }
        }
    }

    fn read(&mut self) -> Result<(), DiskError> {
        if let Some(left) = &mut self.reads_left {
            *left = left.checked_sub(1).ok_or(DiskError)?;
        }
        Ok(())
    }
}

impl Database for Disk {
    type Error = DiskError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, DiskError> {
        self.read()?;
        Ok(self.accounts.get(&address).cloned())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, DiskError> {
        self.read()?;
        Ok(self.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, DiskError> {
        self.read()?;
        Ok(self.storage.get(&address).and_then(|storage| storage.get(&slot)).copied().unwrap_or_default())
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, DiskError> {
        self.read()?;
        Ok(B256::from(U256::from(number)))
    }
}

/// A transaction; the nonce is the sender's.
#[derive(Clone, Debug)]
pub struct Tx {
    pub from: Address,
    pub to: TxKind,
    pub value: U256,
    pub data: Bytes,
    pub gas: u64,
    pub authorizations: Vec<RecoveredAuthorization>,
}

impl Tx {
    pub fn call(to: Address, data: impl Into<Bytes>) -> Self {
        Self {
            from: ALICE,
            to: TxKind::Call(to),
            value: U256::ZERO,
            data: data.into(),
            gas: GAS,
            authorizations: Vec::new(),
        }
    }

    /// A call of the precompile.
    pub fn precompile(data: impl Into<Bytes>) -> Self {
        Self::call(ADDRESS, data)
    }

    pub fn create(code: impl Into<Bytes>) -> Self {
        Self { to: TxKind::Create, ..Self::call(Address::ZERO, code) }
    }

    pub fn from(self, from: Address) -> Self {
        Self { from, ..self }
    }

    pub fn value(self, value: U256) -> Self {
        Self { value, ..self }
    }

    pub fn gas(self, gas: u64) -> Self {
        Self { gas, ..self }
    }

    /// The same for an EVM.
    pub fn env(&self, nonce: u64, chain_id: u64) -> TxEnv {
        let mut built = TxEnv::builder()
            .caller(self.from)
            .kind(self.to)
            .value(self.value)
            .data(self.data.clone())
            .gas_limit(self.gas)
            .gas_price(1)
            .nonce(nonce)
            .chain_id(Some(chain_id));
        if !self.authorizations.is_empty() {
            built = built.gas_priority_fee(Some(1)).authorization_list_recovered(self.authorizations.clone());
        }
        built.build().expect("a well-formed transaction")
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Success,
    Revert,
    Halt,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub status: Status,
    pub gas_used: u64,
    pub output: Bytes,
    pub logs: Vec<Log>,
    pub created: Option<Address>,
    /// Calls of the precompile, in the order in which they ended. Only in traced transactions.
    pub inner: Vec<Inner>,
}

impl Receipt {
    #[track_caller]
    pub fn success(&self) -> &Bytes {
        assert_eq!(self.status, Status::Success, "{self:?}");
        &self.output
    }

    #[track_caller]
    pub fn revert(&self) -> &Bytes {
        assert_eq!(self.status, Status::Revert, "{self:?}");
        &self.output
    }
}

/// Why a transaction has no receipt: the node is broken, or the transaction is not valid.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    Fatal(String),
    Invalid(String),
}

impl<E: DBErrorMarker> From<EVMError<E>> for Failure {
    fn from(error: EVMError<E>) -> Self {
        match error {
            EVMError::Transaction(invalid) => Self::Invalid(invalid.to_string()),
            other => Self::Fatal(other.to_string()),
        }
    }
}

type Executed = Result<(ResultAndState, Vec<Inner>), Failure>;

/// A way to run the precompile inside an EVM.
pub trait Engine: std::fmt::Debug + Send + Sync {
    fn execute(
        &self,
        database: &mut State<Disk>,
        env: EvmEnv,
        precompile: &Precompile,
        tx: TxEnv,
        traced: bool,
    ) -> Executed;
}

/// alloy-evm: the factory that reth, anvil and `pars-devnet` use.
#[derive(Debug)]
pub struct AlloyEvm;

impl Engine for AlloyEvm {
    fn execute(
        &self,
        database: &mut State<Disk>,
        env: EvmEnv,
        precompile: &Precompile,
        tx: TxEnv,
        traced: bool,
    ) -> Executed {
        let factory = ParsEvmFactory::new(precompile.clone());
        if !traced {
            return Ok((factory.create_evm(database, env).transact_raw(tx)?, Vec::new()));
        }
        let mut evm = factory.create_evm_with_inspector(database, env, Recorder::default());
        let done = evm.transact_raw(tx)?;
        Ok((done, std::mem::take(&mut evm.inspector_mut().inner)))
    }
}

/// Raw revm.
#[derive(Debug)]
pub struct RawRevm;

/// The provider around another one, for a context of this type.
fn around<CTX: ContextTr>(
    _: &CTX,
    inner: EthPrecompiles,
    precompile: Precompile,
    timestamp: u64,
) -> ParsPrecompiles {
    ParsPrecompiles::around::<CTX>(inner, precompile, timestamp)
}

impl Engine for RawRevm {
    fn execute(
        &self,
        database: &mut State<Disk>,
        env: EvmEnv,
        precompile: &Precompile,
        tx: TxEnv,
        traced: bool,
    ) -> Executed {
        let timestamp = env.block_env.timestamp.saturating_to();
        let precompiles = ParsPrecompiles::new(env.cfg_env.spec, precompile.clone(), timestamp);
        let inner = EthPrecompiles::new(env.cfg_env.spec);
        let context = Context::mainnet().with_db(database).with_cfg(env.cfg_env).with_block(env.block_env);
        if !traced {
            // Both ways to make the provider: around another one here, on its own where calls are traced.
            let precompiles = around(&context, inner, precompile.clone(), timestamp);
            let done = context.build_mainnet().with_precompiles(precompiles).transact(tx)?;
            return Ok((done, Vec::new()));
        }
        let mut evm = context.build_mainnet_with_inspector(Recorder::default()).with_precompiles(precompiles);
        let done = evm.inspect_tx(tx)?;
        Ok((done, std::mem::take(&mut evm.inspector.inner)))
    }
}

/// Both engines.
pub fn engines() -> [Arc<dyn Engine>; 2] {
    [Arc::new(AlloyEvm), Arc::new(RawRevm)]
}

/// A chain whose blocks are executed by one engine.
#[derive(Clone, Debug)]
pub struct Chain {
    pub engine: Arc<dyn Engine>,
    pub disk: Disk,
    pub genesis: Genesis,
    pub precompile: Precompile,
    pub spec: SpecId,
    /// Number and timestamp of the next block.
    pub number: u64,
    pub time: u64,
    pub beneficiary: Address,
    /// Record the calls of the precompile.
    pub traced: bool,
    undo: Vec<(Reverts, u64, u64)>,
}

impl Chain {
    /// A chain of the fixtures' genesis whose verifier says yes.
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Self::with(engine, testing::genesis(), testing::stubbed(true).0)
    }

    /// The fixtures' genesis under the reference verifier.
    pub fn real(engine: Arc<dyn Engine>) -> Self {
        Self::with(engine, testing::genesis(), testing::precompile())
    }

    /// Another genesis; the verifier says yes.
    pub fn of(engine: Arc<dyn Engine>, genesis: Genesis) -> Self {
        let stub = Arc::new(Yes);
        let precompile =
            Precompile::new(genesis.profile.clone(), Verifiers { mldsa: stub, ..Verifiers::reference() });
        Self::with(engine, genesis, precompile)
    }

    pub fn with(engine: Arc<dyn Engine>, genesis: Genesis, precompile: Precompile) -> Self {
        let mut disk = Disk::default();
        for address in [ALICE, BOB, testing::GOVERNOR, testing::RELAYER] {
            disk.set(
                address,
                AccountInfo { balance: U256::from(10).pow(U256::from(24)), ..Default::default() },
            );
        }
        if genesis.profile.is_active(0) {
            let account = genesis.account(u64::from(genesis.chain_id)).expect("a legal genesis");
            let code = Some(Bytecode::new_legacy(account.code));
            disk.set(ADDRESS, AccountInfo { nonce: account.nonce, code, ..Default::default() });
            disk.set_storage(ADDRESS, account.storage);
        }
        Self {
            engine,
            disk,
            genesis,
            precompile,
            spec: SpecId::PRAGUE,
            number: 100,
            time: NOW,
            beneficiary: COINBASE,
            traced: true,
            undo: Vec::new(),
        }
    }

    pub fn env(&self) -> EvmEnv {
        let block_env = BlockEnv {
            number: U256::from(self.number),
            timestamp: U256::from(self.time),
            beneficiary: self.beneficiary,
            gas_limit: 1_000_000_000,
            ..Default::default()
        };
        EvmEnv::new(
            CfgEnv::new_with_spec(self.spec).with_chain_id(u64::from(self.genesis.chain_id)),
            block_env,
        )
    }

    pub fn state(&self) -> State<Disk> {
        StateBuilder::new_with_database(self.disk.clone()).with_bundle_update().build()
    }

    fn run(&self, state: &mut State<Disk>, tx: &Tx) -> Result<(Receipt, EvmState), Failure> {
        let nonce = state
            .basic(tx.from)
            .map_err(|error| Failure::Fatal(error.to_string()))?
            .map_or(0, |account| account.nonce);
        let built = tx.env(nonce, u64::from(self.genesis.chain_id));
        let (done, inner) = self.engine.execute(state, self.env(), &self.precompile, built, self.traced)?;
        Ok((receipt(done.result, inner), done.state))
    }

    fn prepare(&self, state: &mut State<Disk>) -> Result<bool, Failure> {
        activate_if_due(state, &self.genesis, u64::from(self.genesis.chain_id), self.time)
            .map_err(|error| Failure::Fatal(error.to_string()))
    }

    /// Builds the next block and keeps it. `dry` runs before each transaction, as `eth_call` on the pending block and
    /// leaves nothing.
    pub fn block_with(&mut self, txs: &[Tx], dry: &[Tx]) -> Result<Vec<Receipt>, Failure> {
        let mut state = self.state();
        self.prepare(&mut state)?;
        let mut receipts = Vec::new();
        for tx in txs {
            for tx in dry {
                self.run(&mut state, tx)?;
            }
            let (receipt, changes) = self.run(&mut state, tx)?;
            state.commit(changes);
            receipts.push(receipt);
        }
        self.seal(state);
        Ok(receipts)
    }

    /// Merges the transitions of a block and writes them to the disk.
    pub fn seal(&mut self, mut state: State<Disk>) {
        state.merge_transitions(BundleRetention::Reverts);
        let bundle = state.take_bundle();
        self.undo.push((bundle.reverts.clone(), self.number, self.time));
        let changes = bundle.to_plain_state(revm::database::OriginalValuesKnown::Yes);
        for (hash, code) in changes.contracts {
            self.disk.codes.insert(hash, code);
        }
        for (address, info) in changes.accounts {
            self.disk.write_account(address, info);
        }
        for change in changes.storage {
            if change.wipe_storage {
                self.disk.storage.remove(&change.address);
            }
            for (slot, value) in change.storage {
                self.disk.write_slot(change.address, slot, value);
            }
        }
        self.number += 1;
    }

    /// Unwinds the latest block: a reorg of depth one.
    pub fn unwind(&mut self) {
        let (reverts, number, time) = self.undo.pop().expect("a block to unwind");
        let plain = reverts.to_plain_state_reverts();
        for (address, info) in plain.accounts.into_iter().flatten() {
            self.disk.write_account(address, info);
        }
        for revert in plain.storage.into_iter().flatten() {
            for (slot, value) in revert.storage_revert {
                self.disk.write_slot(revert.address, slot, value.to_previous_value());
            }
        }
        (self.number, self.time) = (number, time);
    }

    #[track_caller]
    pub fn block(&mut self, txs: &[Tx]) -> Vec<Receipt> {
        self.block_with(txs, &[]).expect("a block of valid transactions on a sound disk")
    }

    /// A block of one transaction.
    #[track_caller]
    pub fn send(&mut self, tx: Tx) -> Receipt {
        self.block(&[tx]).remove(0)
    }

    /// `eth_call` in the next block: the receipt, and what would have changed.
    pub fn try_call(&self, tx: &Tx) -> Result<(Receipt, EvmState), Failure> {
        let mut state = self.state();
        self.prepare(&mut state)?;
        self.run(&mut state, tx)
    }

    #[track_caller]
    pub fn call(&self, tx: &Tx) -> Receipt {
        self.try_call(tx).expect("a valid transaction on a sound disk").0
    }

    /// Deploys code in a block of its own.
    #[track_caller]
    pub fn deploy(&mut self, code: impl Into<Bytes>) -> Address {
        let receipt = self.send(Tx::create(code));
        receipt.success();
        receipt.created.expect("an address")
    }

    /// A word of the precompile's storage.
    pub fn slot(&self, slot: U256) -> U256 {
        self.disk.storage.get(&ADDRESS).and_then(|storage| storage.get(&slot)).copied().unwrap_or_default()
    }

    /// Everything that a call of the precompile could have left: account, code, storage.
    pub fn footprint(&self) -> (Option<AccountInfo>, BTreeMap<U256, U256>) {
        (self.disk.account(ADDRESS).cloned(), self.disk.storage(ADDRESS))
    }
}

pub fn receipt(result: ExecutionResult, inner: Vec<Inner>) -> Receipt {
    let gas_used = result.tx_gas_used();
    match result {
        ExecutionResult::Success { logs, output, .. } => {
            let (output, created) = match output {
                Output::Call(output) => (output, None),
                Output::Create(output, address) => (output, address),
            };
            Receipt { status: Status::Success, gas_used, output, logs, created, inner }
        }
        ExecutionResult::Revert { logs, output, .. } => {
            Receipt { status: Status::Revert, gas_used, output, logs, created: None, inner }
        }
        ExecutionResult::Halt { logs, .. } => {
            Receipt { status: Status::Halt, gas_used, output: Bytes::new(), logs, created: None, inner }
        }
    }
}

/// A verifier that says yes, and counts nothing.
struct Yes;

impl pars_ai_mining::mldsa::Verifier for Yes {
    fn verify(&self, _: pars_ai_mining::mldsa::ParameterSet, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> bool {
        true
    }
}
