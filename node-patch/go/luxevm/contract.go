package luxevm

import (
	"errors"
	"fmt"

	"github.com/holiman/uint256"
	"github.com/luxfi/evm/params"
	"github.com/luxfi/evm/precompile/contract"
	"github.com/luxfi/geth/common"
	"github.com/luxfi/geth/core/types"
	"github.com/luxfi/geth/core/vm"
	"pars.network/aimining"
)

// precompile is the same for every chain of a process: the configuration that a call runs under is the chain's own.
type precompile struct{}

// Run runs one call. A broken node panics: see the package comment of aimining.
//
// self is 0x…0300 under CALL and under CALLCODE, which this host does not tell apart, and the account that executes the opcode
// under DELEGATECALL. Nothing tells the value. Hence `callCodeVisible: false` and `valueVisible: false`.
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
	state := hostState{StateDB: accessible.GetStateDB(), full: env.StateDB(), block: call.BlockNumber}
	ret, gasLeft, err := config.Precompile().Run(state, call, input)
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

// hostState is the host's state as package aimining wants it.
type hostState struct {
	contract.StateDB
	// full is the EVM's own, within a call; nil during activation, which mints nothing.
	full  vm.StateDB
	block uint64
}

var (
	_ aimining.ActivationState = hostState{}
	_ aimining.FailingState    = hostState{}
)

func (s hostState) GetState(account aimining.Address, slot aimining.Hash) aimining.Hash {
	return aimining.Hash(s.StateDB.GetState(common.Address(account), common.Hash(slot)))
}

func (s hostState) SetState(account aimining.Address, slot, value aimining.Hash) {
	s.StateDB.SetState(common.Address(account), common.Hash(slot), common.Hash(value))
}

func (s hostState) GetNonce(account aimining.Address) uint64 {
	return s.StateDB.GetNonce(common.Address(account))
}

func (s hostState) SetNonce(account aimining.Address, nonce uint64) {
	s.StateDB.SetNonce(common.Address(account), nonce)
}

func (s hostState) AddLog(account aimining.Address, topics []aimining.Hash, data []byte) {
	log := &types.Log{Address: common.Address(account), Topics: make([]common.Hash, len(topics)), Data: data, BlockNumber: s.block}
	for i, topic := range topics {
		log.Topics[i] = common.Hash(topic)
	}
	s.StateDB.AddLog(log)
}

func (s hostState) GetBalance(account aimining.Address) aimining.Uint256 {
	return aimining.Uint256(*s.StateDB.GetBalance(common.Address(account)))
}

func (s hostState) AddBalance(account aimining.Address, amount aimining.Uint256) {
	coins := uint256.Int(amount)
	s.StateDB.AddBalance(common.Address(account), &coins)
}

func (s hostState) AccessAccount(account aimining.Address) {
	s.full.AddAddressToAccessList(common.Address(account))
}

// SetCode writes nothing: the host has given the account the code 0x01 before it configures a precompile, and shows it to nobody.
func (s hostState) SetCode(account aimining.Address, code []byte) {
	if string(code) != "\x01" {
		panic(fmt.Sprintf("the host gave %s the code 0x01, %s wants 0x%x", account, ConfigKey, code))
	}
}

// Error is what the database failed with, if the host's state tells it.
func (s hostState) Error() error {
	if failing, ok := s.full.(interface{ Error() error }); ok {
		return failing.Error()
	}
	return nil
}
