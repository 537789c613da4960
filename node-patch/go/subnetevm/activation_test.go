package subnetevm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ava-labs/avalanchego/upgrade"
	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/core/vm"
	"github.com/ava-labs/subnet-evm/consensus/dummy"
	"github.com/ava-labs/subnet-evm/core"
	"github.com/ava-labs/subnet-evm/params"
)

// upgradeFile is the text of an upgrade file with these entries for the precompile.
func upgradeFile(t testing.TB, configs ...map[string]any) []byte {
	t.Helper()
	entries := []any{}
	for _, config := range configs {
		entries = append(entries, map[string]any{ConfigKey: config})
	}
	text, err := json.Marshal(map[string]any{"precompileUpgrades": entries})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// startingAt is a configuration that starts at a time.
func startingAt(config map[string]any, time uint64) map[string]any {
	config["blockTimestamp"] = time
	config["rules"] = map[string]any{"1": time}
	return config
}

// A chain that already runs is given an upgrade file and started again. Before the time 0x0300 is an account like any other; in
// the first block that reaches it, work is paid.
func Test_a13_activates_later_on_a_chain_that_runs(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_65")
	input := file.input(t, v.Call)
	plain := genesisFile(t, testChainID, workTime-60, nil, nil)

	c := newChain(t, readGenesis(t, plain, nil), false)
	c.accept(10, c.tx(0, 0, &ContractAddress, input, workGas))
	c.accept(10, c.tx(0, 1, &ContractAddress, nil, workGas))

	c.genesis = readGenesis(t, plain, upgradeFile(t, startingAt(file.config(v.Pre.Genesis), workTime)))
	c.reopen()
	before := c.accept(39, c.tx(0, 2, &ContractAddress, input, workGas)) // one second before the time
	if output, err := c.call(before, v.Call.Caller, ContractAddress, input); err != nil || len(output) != 0 {
		t.Errorf("before activation a call answered %x, %v", output, err)
	}
	state := c.state(before)
	if state.GetNonce(ContractAddress) != 0 || len(state.GetCode(ContractAddress)) != 0 || state.GetState(ContractAddress, common.Hash{}) != (common.Hash{}) {
		t.Error("before activation 0x0300 has nonce, code or storage")
	}
	if receipt := c.receipt(before, 0); receipt.GasUsed != transactionGas(input) || len(receipt.Logs) != 0 {
		t.Errorf("before activation a transaction used %d gas and left %d logs", receipt.GasUsed, len(receipt.Logs))
	}

	first := c.accept(1, c.tx(0, 3, &ContractAddress, input, workGas))
	expectPaid(t, c, v, first, 0)
	state = c.state(first)
	if state.GetNonce(ContractAddress) != 1 || !bytes.Equal(state.GetCode(ContractAddress), []byte{1}) {
		t.Errorf("0x0300 has nonce %d and code %x", state.GetNonce(ContractAddress), state.GetCode(ContractAddress))
	}
	c.reopen()
	expectSpent(t, c, v, c.LastAcceptedBlock(), input)

	// Once the time has passed, the entry stays as it is.
	for name, upgrades := range map[string][]byte{
		"without the entry":      nil,
		"with another parameter": upgradeFile(t, governedBy(startingAt(file.config(v.Pre.Genesis), workTime), "0x00000000000000000000000000000000000000a1")),
	} {
		config := *core.DefaultCacheConfig
		_, err := core.NewBlockChain(c.db, &config, readGenesis(t, plain, upgrades), dummy.NewCoinbaseFaker(), vm.Config{}, c.LastAcceptedBlock().Hash(), false)
		if err == nil || !strings.Contains(err.Error(), "PrecompileUpgrade[0]") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func governedBy(config map[string]any, governor string) map[string]any {
	config["governor"] = governor
	return config
}

// The block of activation makes the account that a genesis would have, but for what lay there before.
func Test_a11_activation_is_the_genesis_account(t *testing.T) {
	file := readVectors(t, "work-valid")
	config := startingAt(file.config("chain-00"), workTime)
	c := newChain(t, readGenesis(t, genesisFile(t, testChainID, workTime-20, nil, nil), upgradeFile(t, config)), true)
	to := common.HexToAddress("0xdead")
	block := c.accept(20, c.tx(0, 0, &to, nil, workGas))

	account, err := ConfigOf(c.Config()).Precompile().Account(testChainID)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := NewBlocks(c.BlockChain).Block(block.NumberU64())
	if err != nil {
		t.Fatal(err)
	}
	if len(changes.Changes) != len(account.Storage) {
		t.Errorf("%d slots, want %d", len(changes.Changes), len(account.Storage))
	}
	for slot, value := range account.Storage {
		if changes.Changes[slot].After != value {
			t.Errorf("slot %s is %s, want %s", slot, changes.Changes[slot].After, value)
		}
	}
}

// With the account in alloc, as the file must have it, and without, the host makes the same state. So operators who leave it out
// get the same chain from this host, and another from those that take the file as it stands.
func Test_a11_genesis_with_and_without_the_account(t *testing.T) {
	config := readVectors(t, "work-valid").config("chain-00")
	with := readGenesis(t, genesisFile(t, testChainID, workTime, map[string]any{ConfigKey: config}, genesisAccount(t, config)), nil)
	text := genesisFile(t, testChainID, workTime, map[string]any{ConfigKey: config}, nil)
	without, err := parse(text, nil, upgrade.Default)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadGenesis(text, nil, upgrade.Default); err == nil || !strings.Contains(err.Error(), "alloc has no 0x0300") {
		t.Errorf("without the account: %v", err)
	}
	if with.ToBlock().Hash() != without.ToBlock().Hash() {
		t.Error("the genesis blocks differ")
	}
}

// What an operator can get wrong, and what the node says, before it has written anything.
func Test_configurations_that_are_refused(t *testing.T) {
	file := readVectors(t, "work-valid")
	base := func() map[string]any { return file.config("chain-00") }
	genesis := func(configs map[string]any) []byte { return genesisFile(t, testChainID, workTime, configs, nil) }
	inGenesis := func(config map[string]any) []byte { return genesis(map[string]any{ConfigKey: config}) }
	with := func(key string, value any) map[string]any {
		config := base()
		config[key] = value
		return config
	}
	disable := map[string]any{"blockTimestamp": workTime + 100, "disable": true}
	for name, test := range map[string]struct {
		genesis, upgrade []byte
		want             string
	}{
		"disabled":            {inGenesis(base()), upgradeFile(t, disable), "cannot be disabled"},
		"disabled in genesis": {inGenesis(with("disable", true)), nil, "cannot be disabled"},
		"of another chain":    {inGenesis(with("chainId", 7070)), nil, "the configuration is for chain 7070, the host runs chain 6133"},
		"upgrade of another chain": {
			genesis(nil), upgradeFile(t, startingAt(with("chainId", 7070), workTime+100)), "the configuration is for chain 7070, the host runs chain 6133",
		},
		"of a Rust host":  {inGenesis(with("warm", true)), nil, `write "warm": false`},
		"marker":          {inGenesis(map[string]any(file.Genesis["chain-00"])), nil, `"0x01"`},
		"value":           {inGenesis(with("valueVisible", true)), nil, `write "valueVisible": false`},
		"callcode":        {inGenesis(with("callCodeVisible", true)), nil, `write "callCodeVisible": false`},
		"unknown key":     {inGenesis(with("govenor", "0x1")), nil, "govenor"},
		"misnamed":        {genesis(nil), []byte(`{"precompileUpgrades":[{"parsAIMiningConfig":{"blockTimestamp":1}}]}`), "unknown precompile config: parsAIMiningConfig"},
		"nested":          {inGenesis(map[string]any{"upgrade": base()}), nil, "blockTimestamp and the other keys directly"},
		"enabled twice":   {inGenesis(base()), upgradeFile(t, startingAt(base(), workTime+100)), "disable should be [true]"},
		"governor":        {inGenesis(with("governor", ContractAddress.Hex())), nil, "cannot be the governor"},
		"parameter":       {inGenesis(with("parameters", map[string]any{"epoch_length": "0"})), nil, "epoch_length"},
		"float parameter": {inGenesis(with("parameters", map[string]any{"base": 1.5})), nil, "parsAiMiningConfig: "},
	} {
		_, err := ReadGenesis(test.genesis, test.upgrade, upgrade.Default)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %s", name, err, test.want)
		}
	}
	notDisabled := genesisFile(t, testChainID, workTime, map[string]any{ConfigKey: with("disable", false)}, genesisAccount(t, base()))
	if _, err := ReadGenesis(notDisabled, nil, upgrade.Default); err != nil {
		t.Errorf("disable: false is refused: %v", err)
	}
}

// How a configuration is written does not matter, nor what it leaves at its default; what it configures does.
func Test_equal_compares_meaning(t *testing.T) {
	read := func(text string) *Config {
		config := new(Config)
		if err := json.Unmarshal([]byte(text), config); err != nil {
			t.Fatal(err)
		}
		return config
	}
	const head = `"chainId":6133,"governor":"0x1111111111111111111111111111111111111111","marker":"0x01","warm":false`
	one := read(`{"blockTimestamp":5,` + head + `}`)
	if same := read(`{` + head + `,"parameters":{"base":10000000000},"rules":{"1":5},"blockTimestamp":5,"disable":false}`); !one.Equal(same) || !same.Equal(one) {
		t.Error("equal configurations differ")
	}
	if other := read(`{"blockTimestamp":6,` + head + `}`); one.Equal(other) || one.Equal(nil) {
		t.Error("different configurations are equal")
	}
	text, err := json.Marshal(one)
	if err != nil || !one.Equal(read(string(text))) {
		t.Errorf("written and read again it differs: %s, %v", text, err)
	}
	if one.Key() != ConfigKey || *one.Timestamp() != 5 || one.IsDisabled() {
		t.Error("key, time or disabled")
	}
}

// A host whose chain id is not the configuration's, which ReadGenesis would have refused, stops at the first call.
func Test_c9_another_chain_stops_the_node(t *testing.T) {
	config := readVectors(t, "work-valid").config("chain-00")
	genesis := readGenesis(t, genesisFile(t, testChainID, workTime, map[string]any{ConfigKey: config}, genesisAccount(t, config)), nil)
	c := newChain(t, genesis, true)
	foreign := params.Copy(c.Config())
	foreign.ChainID = common.Big1
	defer func() {
		if cause := recover(); cause == nil || !strings.Contains(fmt.Sprint(cause), "the host runs chain 1") {
			t.Errorf("the call went on: %v", cause)
		}
	}()
	evm := vm.NewEVM(core.NewEVMBlockContext(c.Genesis().Header(), c.BlockChain, nil), vm.TxContext{GasPrice: new(big.Int)}, c.state(c.Genesis()), &foreign, vm.Config{NoBaseFee: true})
	_, _, _ = evm.StaticCall(vm.AccountRef{}, ContractAddress, selector("version()"), workGas)
}

// The registry holds the module once, at its address and in order, and configurations survive the chain's database.
func Test_the_host_knows_the_module(t *testing.T) {
	config := readVectors(t, "work-valid").config("chain-00")
	genesis := readGenesis(t, genesisFile(t, testChainID, workTime, map[string]any{ConfigKey: config}, genesisAccount(t, config)), nil)
	text, err := json.Marshal(genesis.Config)
	if err != nil {
		t.Fatal(err)
	}
	again := new(params.ChainConfig)
	if err := json.Unmarshal(text, again); err != nil {
		t.Fatal(err)
	}
	if found := ConfigOf(again); found == nil || !found.Equal(ConfigOf(genesis.Config)) {
		t.Error("the configuration does not survive JSON")
	}
	if err := register(Module); err == nil {
		t.Error("the module can be registered twice")
	}
}

// The example files start chains that answer, and the example of an upgrade goes with a chain of 6133.
func Test_a13_example_files(t *testing.T) {
	paths, err := filepath.Glob("../genesis/*-*.json")
	if err != nil || len(paths) < 3 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := newChain(t, readGenesis(t, text, nil), false)
		if output, err := c.call(c.Genesis(), senderAddress(0), ContractAddress, selector("version()")); err != nil || common.BytesToHash(output) != word("0x1") {
			t.Errorf("%s: version() answered %x, %v", path, output, err)
		}
	}
	text, err := os.ReadFile("../genesis/upgrade.json")
	if err != nil {
		t.Fatal(err)
	}
	genesis := genesisFile(t, testChainID, workTime-20, nil, nil)
	c := newChain(t, readGenesis(t, genesis, text), false)
	if output, err := c.call(c.accept(19), senderAddress(0), ContractAddress, selector("version()")); err != nil || len(output) != 0 {
		t.Errorf("before its time version() answered %x, %v", output, err)
	}
	if output, err := c.call(c.accept(1), senderAddress(0), ContractAddress, selector("version()")); err != nil || common.BytesToHash(output) != word("0x1") {
		t.Errorf("at its time version() answered %x, %v", output, err)
	}
}
