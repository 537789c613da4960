package luxevm

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/luxfi/evm/params"
	"github.com/luxfi/evm/params/extras"
	"github.com/luxfi/evm/precompile/contract"
	"github.com/luxfi/evm/precompile/modules"
	"github.com/luxfi/geth/common"
	"github.com/luxfi/geth/core/vm"
	"pars.network/aimining"
)

const configText = `{"blockTimestamp":100,"chainId":6133,"governor":"0x1111111111111111111111111111111111111111",
	"marker":"0x01","warm":false,"valueVisible":false,"callCodeVisible":false,"evmRevision":"cancun"}`

func readConfig(t *testing.T, text string) *Config {
	t.Helper()
	config := configurator{}.MakeConfig().(*Config)
	if err := json.Unmarshal([]byte(text), config); err != nil {
		t.Fatal(err)
	}
	return config
}

// memory is a state of 0x0300 alone, as far as the precompile uses the host's.
type memory struct {
	contract.StateDB
	storage map[common.Hash]common.Hash
	nonce   uint64
}

func (m *memory) GetState(_ common.Address, slot common.Hash) common.Hash { return m.storage[slot] }
func (m *memory) SetState(_ common.Address, slot, value common.Hash) {
	if value == (common.Hash{}) {
		delete(m.storage, slot)
		return
	}
	m.storage[slot] = value
}
func (m *memory) GetNonce(common.Address) uint64          { return m.nonce }
func (m *memory) SetNonce(_ common.Address, nonce uint64) { m.nonce = nonce }

type environment struct {
	vm.PrecompileEnvironment
	chain *params.ChainConfig
}

func (e environment) ChainConfig() *params.ChainConfig { return e.chain }
func (e environment) StateDB() vm.StateDB              { return nil }
func (e environment) BlockNumber() *big.Int            { return big.NewInt(7) }
func (e environment) BlockTime() uint64                { return 100 }

type accessibleState struct {
	contract.AccessibleState
	state contract.StateDB
	env   environment
}

func (a accessibleState) GetStateDB() contract.StateDB               { return a.state }
func (a accessibleState) GetPrecompileEnv() vm.PrecompileEnvironment { return a.env }

type block struct{}

func (block) Number() *big.Int  { return big.NewInt(7) }
func (block) Timestamp() uint64 { return 100 }

func activated(t *testing.T, chainID int64) accessibleState {
	t.Helper()
	config := readConfig(t, configText)
	if err := config.Verify(nil); err != nil {
		t.Fatal(err)
	}
	state := &memory{storage: map[common.Hash]common.Hash{}}
	if err := (configurator{}).Configure(nil, config, state, block{}); err != nil {
		t.Fatal(err)
	}
	if account, err := config.Precompile().Account(6133); err != nil || len(account.Storage) != len(state.storage) || state.nonce != 1 {
		t.Fatalf("activation wrote %d slots and nonce %d: %v", len(state.storage), state.nonce, err)
	}
	chain := &params.ChainConfig{ChainID: big.NewInt(chainID)}
	params.WithExtra(chain, &extras.ChainConfig{GenesisPrecompiles: extras.Precompiles{ConfigKey: config}})
	return accessibleState{state: state, env: environment{chain: chain}}
}

// version(), which answers 1.
var version = []byte{0x54, 0xfd, 0x4d, 0x50}

func Test_a13_activates_and_answers(t *testing.T) {
	state := activated(t, 6133)
	ret, gasLeft, err := Module.Contract.Run(state, common.Address{1}, ContractAddress, version, 100_000, true)
	if err != nil || !bytes.Equal(ret, append(make([]byte, 31), 1)) || gasLeft == 0 || gasLeft >= 100_000 {
		t.Errorf("%x, %d gas left, %v", ret, gasLeft, err)
	}
	if ret, gasLeft, err := Module.Contract.Run(state, common.Address{1}, ContractAddress, version, 10, true); !errors.Is(err, vm.ErrOutOfGas) || ret != nil || gasLeft != 0 {
		t.Errorf("with 10 gas: %x, %d left, %v", ret, gasLeft, err)
	}
	if ret, gasLeft, err := Module.Contract.Run(state, common.Address{1}, ContractAddress, []byte{1, 2, 3, 4}, 100_000, true); !errors.Is(err, vm.ErrExecutionReverted) || len(ret) != 4 || gasLeft == 0 {
		t.Errorf("an unknown selector: %x, %d left, %v", ret, gasLeft, err)
	}
}

// CALLCODE and CALL both show 0x0300 here. DELEGATECALL shows the account that executes it: refused, unless that account is its own
// caller, which nobody can abuse.
func Test_a1_delegatecall_is_refused(t *testing.T) {
	state := activated(t, 6133)
	if _, _, err := Module.Contract.Run(state, common.Address{1}, common.Address{2}, version, 100_000, true); !errors.Is(err, vm.ErrExecutionReverted) {
		t.Errorf("a frame that runs as another account: %v", err)
	}
	if _, _, err := Module.Contract.Run(state, common.Address{1}, common.Address{1}, version, 100_000, true); err != nil {
		t.Errorf("a frame that runs as its caller: %v", err)
	}
}

func Test_c9_another_chain_stops_the_node(t *testing.T) {
	state := activated(t, 7070)
	defer func() {
		if _, ok := recover().(*aimining.FatalError); !ok {
			t.Error("the call went on")
		}
	}()
	_, _, _ = Module.Contract.Run(state, common.Address{1}, ContractAddress, version, 100_000, true)
}

func Test_the_host_knows_the_module(t *testing.T) {
	if module, ok := modules.GetPrecompileModule(ConfigKey); !ok || module.Address != ContractAddress {
		t.Error("the registry does not have it")
	}
	if err := modules.RegisterBridgedModule(Module); err == nil {
		t.Error("it can be registered twice")
	}
	if config := (configurator{}).MakeGenesisConfig(); config.Timestamp() != nil {
		t.Error("a chain would have it without asking")
	}
	one, two := readConfig(t, configText), readConfig(t, strings.Replace(configText, "100", "101", 1))
	if !one.Equal(readConfig(t, configText)) || one.Equal(two) || one.IsDisabled() || *two.Timestamp() != 101 {
		t.Error("equality or time")
	}
	if err := json.Unmarshal([]byte(`{"blockTimestamp":100,"disable":true}`), new(Config)); err == nil || !strings.Contains(err.Error(), "cannot be disabled") {
		t.Errorf("disable: %v", err)
	}
}
