package subnetevm

import (
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"testing"

	"github.com/ava-labs/avalanchego/upgrade"
	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/core/rawdb"
	"github.com/ava-labs/libevm/core/state"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/core/vm"
	"github.com/ava-labs/libevm/crypto"
	"github.com/ava-labs/libevm/ethdb"
	"github.com/ava-labs/libevm/triedb"
	"github.com/ava-labs/subnet-evm/consensus/dummy"
	"github.com/ava-labs/subnet-evm/core"
	"github.com/ava-labs/subnet-evm/params"
	"github.com/ava-labs/subnet-evm/plugin/evm/customtypes"
	"github.com/holiman/uint256"
	"pars.network/aimining"
)

// TestMain registers what subnet-evm's plugin registers.
func TestMain(m *testing.M) {
	core.RegisterExtras()
	customtypes.Register()
	params.RegisterExtras()
	os.Exit(m.Run())
}

const testChainID = 6133

// senders pay for gas and nothing else: anybody may relay a proof.
var senders = func() (keys []*ecdsa.PrivateKey) {
	for i := byte(1); i <= 3; i++ {
		key, err := crypto.ToECDSA(common.LeftPadBytes([]byte{i}, 32))
		if err != nil {
			panic(err)
		}
		keys = append(keys, key)
	}
	return keys
}()

func senderAddress(i int) common.Address { return crypto.PubkeyToAddress(senders[i].PublicKey) }

// genesisFile is the text of a genesis file: configs go inline into config, accounts into alloc.
func genesisFile(t testing.TB, chainID, timestamp uint64, configs map[string]any, accounts map[string]any) []byte {
	t.Helper()
	config := map[string]any{
		"chainId": chainID,
		"feeConfig": map[string]any{
			"gasLimit": 15_000_000, "targetBlockRate": 2, "minBaseFee": 1_000_000_000, "targetGas": 100_000_000,
			"baseFeeChangeDenominator": 48, "minBlockGasCost": 0, "maxBlockGasCost": 0, "blockGasCostStep": 0,
		},
	}
	for key, value := range configs {
		config[key] = value
	}
	alloc := map[string]any{}
	for i := range senders {
		alloc[senderAddress(i).Hex()[2:]] = map[string]any{"balance": "0x3635c9adc5dea00000"}
	}
	for address, account := range accounts {
		alloc[address] = account
	}
	text, err := json.Marshal(map[string]any{
		"config": config, "alloc": alloc, "gasLimit": fmt.Sprintf("0x%x", 15_000_000), "difficulty": "0x0",
		"timestamp": fmt.Sprintf("0x%x", timestamp),
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readGenesis(t testing.TB, genesisJSON, upgradeJSON []byte) *core.Genesis {
	t.Helper()
	genesis, err := ReadGenesis(genesisJSON, upgradeJSON, upgrade.Default)
	if err != nil {
		t.Fatal(err)
	}
	return genesis
}

// chain is subnet-evm's blockchain with a chain maker beside it. The maker writes the states of the blocks it makes into a
// database of its own, so that what the chain knows it knows by executing the blocks.
type chain struct {
	*core.BlockChain
	t       testing.TB
	genesis *core.Genesis
	db      ethdb.Database
	maker   ethdb.Database
	archive bool
}

func newChain(t testing.TB, genesis *core.Genesis, archive bool) *chain {
	t.Helper()
	c := &chain{t: t, genesis: genesis, db: rawdb.NewMemoryDatabase(), maker: rawdb.NewMemoryDatabase(), archive: archive}
	states := triedb.NewDatabase(c.maker, triedb.HashDefaults)
	if _, err := genesis.Commit(c.maker, states); err != nil {
		t.Fatal(err)
	}
	if err := states.Close(); err != nil {
		t.Fatal(err)
	}
	c.open(genesis.ToBlock().Hash())
	t.Cleanup(func() { c.Stop() })
	return c
}

func (c *chain) open(lastAccepted common.Hash) {
	c.t.Helper()
	config := *core.DefaultCacheConfig
	config.Pruning = !c.archive
	config.TrieCleanLimit, config.SnapshotLimit = 16, 16
	blockchain, err := core.NewBlockChain(c.db, &config, c.genesis, dummy.NewCoinbaseFaker(), vm.Config{}, lastAccepted, false)
	if err != nil {
		c.t.Fatal(err)
	}
	c.BlockChain = blockchain
}

// reopen stops the chain and starts it again from its database.
func (c *chain) reopen() {
	c.t.Helper()
	c.DrainAcceptorQueue()
	last := c.LastAcceptedBlock().Hash()
	c.Stop()
	c.open(last)
}

// make makes a block on parent, gap seconds later, and inserts it. It does not prefer it.
func (c *chain) make(parent *types.Block, gap uint64, txs ...*types.Transaction) *types.Block {
	c.t.Helper()
	blocks, _, err := core.GenerateChain(c.genesis.Config, parent, dummy.NewCoinbaseFaker(), c.maker, 1, gap,
		func(_ int, generator *core.BlockGen) {
			for _, tx := range txs {
				generator.AddTx(tx)
			}
		})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.InsertBlock(blocks[0]); err != nil {
		c.t.Fatal(err)
	}
	return blocks[0]
}

// accept makes, prefers and accepts a block on the last accepted one.
func (c *chain) accept(gap uint64, txs ...*types.Transaction) *types.Block {
	c.t.Helper()
	block := c.make(c.LastConsensusAcceptedBlock(), gap, txs...)
	c.acceptBlock(block)
	return block
}

// empty accepts empty blocks of no seconds.
func (c *chain) empty(count uint64) {
	c.t.Helper()
	parent := c.LastConsensusAcceptedBlock()
	blocks, _, err := core.GenerateChain(c.genesis.Config, parent, dummy.NewCoinbaseFaker(), c.maker, int(count), 0, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, block := range blocks {
		if err := c.InsertBlock(block); err != nil {
			c.t.Fatal(err)
		}
		c.acceptBlock(block)
	}
}

func (c *chain) acceptBlock(block *types.Block) {
	c.t.Helper()
	if err := c.SetPreference(block); err != nil {
		c.t.Fatal(err)
	}
	if err := c.Accept(block); err != nil {
		c.t.Fatal(err)
	}
	c.DrainAcceptorQueue()
}

// tx signs a call by sender i.
func (c *chain) tx(i int, nonce uint64, to *common.Address, input []byte, gas uint64) *types.Transaction {
	c.t.Helper()
	tx, err := types.SignNewTx(senders[i], types.LatestSigner(c.genesis.Config), &types.DynamicFeeTx{
		ChainID: c.genesis.Config.ChainID, Nonce: nonce, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1_000_000_000_000),
		Gas: gas, To: to, Data: input,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return tx
}

func (c *chain) receipt(block *types.Block, index int) *types.Receipt {
	c.t.Helper()
	receipts := c.GetReceiptsByHash(block.Hash())
	if index >= len(receipts) {
		c.t.Fatalf("block %d has %d receipts", block.NumberU64(), len(receipts))
	}
	return receipts[index]
}

// call is eth_call on the state of a block, in that block.
func (c *chain) call(block *types.Block, from, to common.Address, input []byte) ([]byte, error) {
	c.t.Helper()
	state := c.state(block)
	evm := vm.NewEVM(core.NewEVMBlockContext(block.Header(), c.BlockChain, nil), vm.TxContext{Origin: from, GasPrice: new(big.Int)}, state, c.Config(), vm.Config{NoBaseFee: true})
	output, _, err := evm.Call(vm.AccountRef(from), to, input, 10_000_000, new(uint256.Int))
	return output, err
}

func (c *chain) state(block *types.Block) *state.StateDB {
	c.t.Helper()
	state, err := c.StateAt(block.Root())
	if err != nil {
		c.t.Fatal(err)
	}
	return state
}

// genesisAccount is 0x0300 as a genesis file must have it when the precompile is active from the start.
func genesisAccount(t testing.TB, config map[string]any) map[string]any {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	read, err := aimining.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	account, err := read.Precompile().AccountJSON(testChainID)
	if err != nil {
		t.Fatal(err)
	}
	entry := map[string]any{"balance": "0x0"}
	if err := json.Unmarshal(account, &entry); err != nil {
		t.Fatal(err)
	}
	return map[string]any{ContractAddress.Hex()[2:]: entry}
}
