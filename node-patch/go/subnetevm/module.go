// Package subnetevm plugs the AI-mining precompile into github.com/ava-labs/subnet-evm: importing it registers
// [Module], and a chain has the precompile from the time on that its configuration names.
//
//	import _ "pars.network/aimining/subnetevm"
//
// subnet-evm v0.8.0 is the nearest relative of luxfi/evm that the module proxy serves. It stands here to build and test on
// real blocks what package luxevm does for the chain of Pars, which differs from this package in the names of types, in what
// they can tell, and in [register].
package subnetevm

import (
	"fmt"
	"slices"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/subnet-evm/precompile/contract"
	"github.com/ava-labs/subnet-evm/precompile/modules"
	"github.com/ava-labs/subnet-evm/precompile/precompileconfig"
	"pars.network/aimining"
)

// ConfigKey is the key of the configuration in genesis and upgrade files.
const ConfigKey = aimining.ConfigKey

// ContractAddress is 0x0000000000000000000000000000000000000300.
var ContractAddress = common.Address(aimining.ContractAddress)

// Module is what the host's registry holds.
var Module = modules.Module{
	ConfigKey:    ConfigKey,
	Address:      ContractAddress,
	Contract:     precompile{},
	Configurator: configurator{},
}

func init() {
	if err := register(Module); err != nil {
		panic(err)
	}
}

// register puts a module at an address that the registry of subnet-evm refuses. It has no function for that, as luxfi/evm has
// (modules.RegisterBridgedModule), but it hands out its own list: the module is registered within a reserved range and moved.
func register(module modules.Module) error {
	address := module.Address
	module.Address = common.HexToAddress("0x03000000000000000000000000000000000000ff")
	if err := modules.RegisterModule(module); err != nil {
		return err
	}
	registered := modules.RegisteredModules()
	for i := range registered {
		if registered[i].ConfigKey == module.ConfigKey {
			registered[i].Address = address
		}
	}
	// The order is that in which hosts configure modules.
	slices.SortFunc(registered, func(a, b modules.Module) int { return a.Address.Cmp(b.Address) })
	if _, ok := modules.GetPrecompileModuleByAddress(address); !ok {
		return fmt.Errorf("the registry of subnet-evm did not keep %s at %s", module.ConfigKey, address)
	}
	return nil
}

type configurator struct{}

func (configurator) MakeConfig() precompileconfig.Config { return new(Config) }

// Configure activates. The host has set nonce 1 and code 0x01.
//
// It cannot see the host's chain id here, so the configuration is believed: package chainfile compares them when a node starts,
// and each call does.
func (configurator) Configure(
	_ precompileconfig.ChainConfig, config precompileconfig.Config, database contract.StateDB, block contract.ConfigurationBlockContext,
) error {
	ours, ok := config.(*Config)
	if !ok {
		return fmt.Errorf("%s has a configuration of type %T", ConfigKey, config)
	}
	number := block.Number().Uint64()
	return ours.Precompile().Activate(newState(database, number), aimining.Block{
		ChainID: ours.Precompile().ChainID(), Number: number, Timestamp: block.Timestamp(),
	})
}
