package subnetevm

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"testing"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/common/hexutil"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/core/vm"
	"github.com/ava-labs/libevm/crypto"
	"github.com/ava-labs/subnet-evm/core"
)

// conformanceFile has blocks that every host must execute alike; its words are in the README beside it.
type conformanceFile struct {
	Chains []conformanceChain
}

type conformanceChain struct {
	Name        string
	Config      map[string]any
	GenesisTime uint64
	Accounts    []struct {
		SecretKey hexutil.Bytes
		Address   common.Address
		Balance   string
	}
	Contracts []struct {
		Address common.Address
		Code    string
	}
	Blocks []conformanceBlock
}

type conformanceBlock struct {
	Number, Timestamp uint64
	Transactions      []conformanceTx
	Account           struct {
		Nonce                 uint64
		Balance               string
		CodeHash, StorageRoot common.Hash
	}
	Balances map[common.Address]string
}

type conformanceTx struct {
	About    string
	From, To common.Address
	Value    *hexutil.Big
	Gas      uint64
	Input    hexutil.Bytes
	Expected struct {
		End     string
		GasUsed uint64
		Output  hexutil.Bytes
		Logs    []struct {
			Address common.Address
			Topics  []common.Hash
			Data    hexutil.Bytes
		}
	}
}

// Whole transactions in whole blocks: their end, gas, output and logs, and the account after each block to its storage root.
// Nothing is left out: the blocks lie before the time from which on this host lets no other opcode than CALL and STATICCALL
// reach a precompile, and Granite, which does the same, is off.
func Test_i1_Conformance_of_subnet_evm(t *testing.T) {
	text, err := os.ReadFile("../../../precompile-spec/vectors/conformance-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var file conformanceFile
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	transactions := 0
	for _, script := range file.Chains {
		t.Run(script.Name, func(t *testing.T) {
			c, keys := conformingChain(t, script)
			for _, block := range script.Blocks {
				parent := c.LastConsensusAcceptedBlock()
				if between := block.Number - parent.NumberU64() - 1; between > 0 {
					c.empty(between)
					parent = c.LastConsensusAcceptedBlock()
				}
				made := c.accept(block.Timestamp-parent.Time(), keys.sign(c, parent, block.Transactions)...)
				c.compare(t, parent, made, block)
				transactions += len(block.Transactions)
			}
		})
	}
	t.Logf("subnet-evm: %d transactions agree with the file", transactions)
	if transactions < 50 {
		t.Errorf("only %d transactions", transactions)
	}
}

type signingKeys map[common.Address][]byte

func conformingChain(t *testing.T, script conformanceChain) (*chain, signingKeys) {
	t.Helper()
	keys := signingKeys{}
	alloc := map[string]any{}
	for _, account := range script.Accounts {
		keys[account.Address] = account.SecretKey
		alloc[account.Address.Hex()[2:]] = map[string]any{"balance": account.Balance}
	}
	for _, contract := range script.Contracts {
		alloc[contract.Address.Hex()[2:]] = map[string]any{"balance": "0x0", "nonce": "0x1", "code": contract.Code}
	}
	config := map[string]any{"graniteTimestamp": 4_000_000_000}
	var upgrade []byte
	if uint64(script.Config["blockTimestamp"].(float64)) <= script.GenesisTime {
		config[ConfigKey] = script.Config
		for address, account := range genesisAccount(t, script.Config) {
			alloc[address] = account
		}
	} else {
		upgrade = upgradeFile(t, script.Config)
	}
	return newChain(t, readGenesis(t, genesisFile(t, testChainID, script.GenesisTime, config, alloc), upgrade), true), keys
}

func (k signingKeys) sign(c *chain, parent *types.Block, scripts []conformanceTx) (txs []*types.Transaction) {
	c.t.Helper()
	nonces := map[common.Address]uint64{}
	for _, script := range scripts {
		if _, known := nonces[script.From]; !known {
			nonces[script.From] = c.state(parent).GetNonce(script.From)
		}
		key, err := crypto.ToECDSA(k[script.From])
		if err != nil {
			c.t.Fatal(err)
		}
		tx, err := types.SignNewTx(key, types.LatestSigner(c.Config()), &types.DynamicFeeTx{
			ChainID: c.Config().ChainID, Nonce: nonces[script.From], GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1_000_000_000_000),
			Gas: script.Gas, To: &script.To, Value: script.Value.ToInt(), Data: script.Input,
		})
		if err != nil {
			c.t.Fatal(err)
		}
		nonces[script.From]++
		txs = append(txs, tx)
	}
	return txs
}

// compare looks at the block that the chain has, and executes it once more for what receipts do not have: output.
func (c *chain) compare(t *testing.T, parent, made *types.Block, want conformanceBlock) {
	t.Helper()
	again := c.state(parent)
	time := parent.Time()
	if err := core.ApplyUpgrades(c.Config(), &time, core.NewBlockContext(made.Number(), made.Time()), again); err != nil {
		t.Fatal(err)
	}
	pool := new(core.GasPool).AddGas(made.GasLimit())
	evm := vm.NewEVM(core.NewEVMBlockContext(made.Header(), c.BlockChain, nil), vm.TxContext{}, again, c.Config(), vm.Config{})
	if root := made.BeaconRoot(); root != nil {
		core.ProcessBeaconBlockRoot(*root, evm, again)
	}
	for i, tx := range made.Transactions() {
		message, err := core.TransactionToMessage(tx, types.MakeSigner(c.Config(), made.Number(), made.Time()), made.BaseFee())
		if err != nil {
			t.Fatal(err)
		}
		again.SetTxContext(tx.Hash(), i)
		evm.Reset(core.NewEVMTxContext(message), again)
		result, err := core.ApplyMessage(evm, message, pool)
		if err != nil {
			t.Fatal(err)
		}
		again.Finalise(true)
		compareTx(t, c.receipt(made, i), result, want.Transactions[i])
	}
	if root := again.IntermediateRoot(true); root != made.Root() {
		t.Errorf("block %d: executed again it has another root", want.Number)
	}
	compareAccount(t, c, made, want)
}

func compareTx(t *testing.T, receipt *types.Receipt, result *core.ExecutionResult, script conformanceTx) {
	t.Helper()
	want, end := script.Expected, "halt"
	switch {
	case result.Err == nil:
		end = "success"
	case errors.Is(result.Err, vm.ErrExecutionReverted):
		end = "revert"
	}
	if end != want.End || result.UsedGas != want.GasUsed || !bytes.Equal(result.ReturnData, want.Output) {
		t.Errorf("%s: %s with %d gas and %x, not %s with %d gas and %x", script.About, end, result.UsedGas, result.ReturnData, want.End, want.GasUsed, []byte(want.Output))
	}
	if receipt.GasUsed != result.UsedGas || (receipt.Status == types.ReceiptStatusSuccessful) != (end == "success") {
		t.Errorf("%s: the receipt says status %d and %d gas", script.About, receipt.Status, receipt.GasUsed)
	}
	if len(receipt.Logs) != len(want.Logs) {
		t.Errorf("%s: %d logs, not %d", script.About, len(receipt.Logs), len(want.Logs))
		return
	}
	for i, log := range receipt.Logs {
		if log.Address != want.Logs[i].Address || !equalHashes(log.Topics, want.Logs[i].Topics) || !bytes.Equal(log.Data, want.Logs[i].Data) {
			t.Errorf("%s: log %d is %+v", script.About, i, log)
		}
	}
}

func compareAccount(t *testing.T, c *chain, made *types.Block, want conformanceBlock) {
	t.Helper()
	state := c.state(made)
	if nonce := state.GetNonce(ContractAddress); nonce != want.Account.Nonce {
		t.Errorf("block %d: nonce %d, not %d", want.Number, nonce, want.Account.Nonce)
	}
	if hash := state.GetCodeHash(ContractAddress); hash != want.Account.CodeHash {
		t.Errorf("block %d: code hash %s, not %s", want.Number, hash, want.Account.CodeHash)
	}
	if root := state.GetStorageRoot(ContractAddress); root != want.Account.StorageRoot {
		t.Errorf("block %d: storage root %s, not %s", want.Number, root, want.Account.StorageRoot)
	}
	want.Balances[ContractAddress] = want.Account.Balance
	for account, balance := range want.Balances {
		if found := state.GetBalance(account).Bytes32(); common.Hash(found) != word(balance) {
			t.Errorf("block %d: %s has %s, not %s", want.Number, account, common.Hash(found), balance)
		}
	}
}
