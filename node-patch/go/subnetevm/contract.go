package subnetevm

import (
	"errors"
	"fmt"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/core/vm"
	"github.com/ava-labs/subnet-evm/params"
	"github.com/ava-labs/subnet-evm/precompile/contract"
	"github.com/holiman/uint256"
	"pars.network/aimining"
)

// precompile is the same for every chain of a process: the configuration that a call runs under is the chain's own.
type precompile struct{}

// Run runs one call. A broken node panics: see the package comment of aimining.
//
// self is 0x…0300 under CALL and STATICCALL, else the account that executes the opcode. This host could tell the value and the opcode,
// luxfi/evm cannot: hence `valueVisible: false` and `callCodeVisible: false` here, too.
func (precompile) Run(
	accessible contract.AccessibleState, caller, self common.Address, input []byte, suppliedGas uint64, readOnly bool,
) ([]byte, uint64, error) {
	// The host's public interface tells no chain id and cannot put an address on the access list; its environment can both.
	env := accessible.(interface {
		GetPrecompileEnv() vm.PrecompileEnvironment
	}).GetPrecompileEnv()

	time := env.BlockTime()
	config, ok := params.GetExtra(env.ChainConfig()).GetActivePrecompileConfig(ContractAddress, time).(*Config)
	if !ok {
		panic(&aimining.FatalError{Reason: fmt.Sprintf("called at time %d, when no %s is active", time, ConfigKey)})
	}
	call := aimining.Call{
		Caller:         aimining.Address(caller),
		RunningAs:      aimining.Address(self),
		Static:         readOnly,
		Gas:            suppliedGas,
		ChainID:        chainID(env.ChainConfig()),
		BlockNumber:    env.BlockNumber().Uint64(),
		BlockTimestamp: time,
	}
	ret, gasLeft, err := config.Precompile().Run(newState(accessible.GetStateDB(), call.BlockNumber), call, input)
	switch {
	case errors.Is(err, aimining.ErrExecutionReverted):
		err = vm.ErrExecutionReverted
	case errors.Is(err, aimining.ErrOutOfGas):
		err = vm.ErrOutOfGas
	}
	return ret, gasLeft, err
}

// chainID is the chain id of a configuration; of one beyond 64 bits, which no parsAiMiningConfig names, 0.
func chainID(config *params.ChainConfig) uint64 {
	if !config.ChainID.IsUint64() {
		return 0
	}
	return config.ChainID.Uint64()
}

// fullStateDB is what every StateDB that the host hands to a precompile has beside contract.StateDB.
type fullStateDB interface {
	contract.StateDB
	GetCode(common.Address) []byte
	AddAddressToAccessList(common.Address)
	Error() error
}

// hostState is the host's state as package aimining wants it.
type hostState struct {
	fullStateDB
	block uint64
}

var (
	_ aimining.ActivationState = hostState{}
	_ aimining.FailingState    = hostState{}
)

func newState(database contract.StateDB, block uint64) hostState {
	return hostState{database.(fullStateDB), block}
}

func (s hostState) GetState(account aimining.Address, slot aimining.Hash) aimining.Hash {
	return aimining.Hash(s.fullStateDB.GetState(common.Address(account), common.Hash(slot)))
}

func (s hostState) SetState(account aimining.Address, slot, value aimining.Hash) {
	remember(common.Hash(slot))
	s.fullStateDB.SetState(common.Address(account), common.Hash(slot), common.Hash(value))
}

func (s hostState) GetNonce(account aimining.Address) uint64 {
	return s.fullStateDB.GetNonce(common.Address(account))
}

func (s hostState) SetNonce(account aimining.Address, nonce uint64) {
	s.fullStateDB.SetNonce(common.Address(account), nonce)
}

func (s hostState) AddLog(account aimining.Address, topics []aimining.Hash, data []byte) {
	log := &types.Log{Address: common.Address(account), Topics: make([]common.Hash, len(topics)), Data: data, BlockNumber: s.block}
	for i, topic := range topics {
		log.Topics[i] = common.Hash(topic)
	}
	s.fullStateDB.AddLog(log)
}

func (s hostState) GetBalance(account aimining.Address) aimining.Uint256 {
	return aimining.Uint256(*s.fullStateDB.GetBalance(common.Address(account)))
}

func (s hostState) AddBalance(account aimining.Address, amount aimining.Uint256) {
	coins := uint256.Int(amount)
	s.fullStateDB.AddBalance(common.Address(account), &coins)
}

func (s hostState) AccessAccount(account aimining.Address) {
	s.AddAddressToAccessList(common.Address(account))
}

// SetCode writes nothing: the host has set the code before it configures a precompile.
func (s hostState) SetCode(account aimining.Address, code []byte) {
	if found := s.GetCode(common.Address(account)); string(found) != string(code) {
		panic(fmt.Sprintf("the host gave %s the code 0x%x, %s wants 0x%x", account, found, ConfigKey, code))
	}
}
