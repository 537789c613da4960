// Package luxevm plugs the AI-mining precompile into github.com/luxfi/evm, the EVM of the Pars chain: importing it registers
// [Module], and a chain has the precompile from the time on that its configuration names.
//
//	import _ "pars.network/aimining/luxevm"
//
// cmd/pars-evm is luxfi/evm's plugin with that import. To build luxfi/evm itself with it, add the line to
// precompile/registry/registry.go and the module to go.mod.
//
// Written against luxfi/evm v1.104.49 (cedf95c, 2026-08-21) and the environment of precompiles in luxfi/geth v1.20.2, and
// type-checked against stubs of the declarations it uses. It has not been compiled with the real modules: where it was
// written, no proxy served them. `./test.sh` does that where they can be had. Package subnetevm is the same text against the
// nearest relative that can be had, and is tested there on real blocks.
//
// There is no ledger here: the plugin keeps its chain to itself.
package luxevm

import (
	"fmt"

	"github.com/luxfi/evm/precompile/contract"
	"github.com/luxfi/evm/precompile/modules"
	"github.com/luxfi/evm/precompile/precompileconfig"
	"github.com/luxfi/geth/common"
	"pars.network/aimining"
)

// ConfigKey is the key of the configuration in genesis and upgrade files.
const ConfigKey = aimining.ConfigKey

// ContractAddress is 0x0000000000000000000000000000000000000300. luxfi's own aiMiningConfig is another precompile, whose
// address has the bytes 03 00 in front.
var ContractAddress = common.Address(aimining.ContractAddress)

// Module is what the host's registry holds.
var Module = modules.Module{
	ConfigKey:    ConfigKey,
	Address:      ContractAddress,
	Contract:     precompile{},
	Configurator: configurator{},
}

func init() {
	// RegisterModule would refuse the address, which is outside the ranges that it reserves.
	if err := modules.RegisterBridgedModule(Module); err != nil {
		panic(err)
	}
}

type configurator struct{}

func (configurator) MakeConfig() precompileconfig.Config { return new(Config) }

// MakeGenesisConfig gives a configuration without a time, which never activates: there is no governor to fall back on.
func (configurator) MakeGenesisConfig() precompileconfig.Config { return new(Config) }

// Configure activates. The host has set nonce 1 and code 0x01.
//
// It cannot see the host's chain id here, so the configuration is believed: package chainfile compares them when pars-evm starts,
// and each call does.
func (configurator) Configure(
	_ precompileconfig.ChainConfig, config precompileconfig.Config, database contract.StateDB, block contract.ConfigurationBlockContext,
) error {
	ours, ok := config.(*Config)
	if !ok {
		return fmt.Errorf("%s has a configuration of type %T", ConfigKey, config)
	}
	number := block.Number().Uint64()
	return ours.Precompile().Activate(hostState{StateDB: database, block: number}, aimining.Block{
		ChainID: ours.Precompile().ChainID(), Number: number, Timestamp: block.Timestamp(),
	})
}
