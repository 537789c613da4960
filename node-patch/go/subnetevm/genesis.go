package subnetevm

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ava-labs/avalanchego/snow"
	"github.com/ava-labs/avalanchego/upgrade"
	"github.com/ava-labs/subnet-evm/core"
	"github.com/ava-labs/subnet-evm/params"
	"github.com/ava-labs/subnet-evm/params/extras"
	"pars.network/aimining/chainfile"
)

// ReadGenesis reads a genesis file and, unless empty, an upgrade file, as the plugin of subnet-evm does when a node starts, and
// has package chainfile check what the plugin cannot. The libevm extras must be registered.
//
// network has the times of the network's own upgrades; [upgrade.Default] has all of them behind it.
func ReadGenesis(genesisJSON, upgradeJSON []byte, network upgrade.Config) (*core.Genesis, error) {
	genesis, err := parse(genesisJSON, upgradeJSON, network)
	if err != nil {
		return nil, err
	}
	return genesis, chainfile.Verify(genesisJSON, upgradeJSON)
}

// parse does what the plugin does.
func parse(genesisJSON, upgradeJSON []byte, network upgrade.Config) (*core.Genesis, error) {
	genesis := new(core.Genesis)
	if err := json.Unmarshal(genesisJSON, genesis); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if genesis.Config == nil || genesis.Config.ChainID == nil {
		return nil, errors.New("genesis: config.chainId is missing")
	}
	extra := params.GetExtra(genesis.Config)
	extra.AvalancheContext = extras.AvalancheContext{SnowCtx: &snow.Context{NetworkUpgrades: network}}
	if extra.FeeConfig.GasLimit == nil {
		return nil, errors.New("genesis: config.feeConfig is missing")
	}
	extra.SetDefaults(network)
	if len(upgradeJSON) > 0 {
		if err := json.Unmarshal(upgradeJSON, &extra.UpgradeConfig); err != nil {
			return nil, fmt.Errorf("upgrade file: %w", err)
		}
	}
	if overrides := extra.NetworkUpgradeOverrides; overrides != nil {
		extra.Override(overrides)
	}
	if err := genesis.Verify(); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if err := params.SetEthUpgrades(genesis.Config); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	return genesis, nil
}
