package subnetevm

import (
	"github.com/ava-labs/subnet-evm/precompile/precompileconfig"
	"pars.network/aimining"
)

// Config is parsAiMiningConfig in a genesis or an upgrade file of this host.
type Config struct{ aimining.Config }

var _ precompileconfig.Config = (*Config)(nil)

// Equal compares what two configurations configure, not how they are written.
func (c *Config) Equal(other precompileconfig.Config) bool {
	ours, ok := other.(*Config)
	return ok && c.Config.Equal(&ours.Config)
}

// Verify refuses what this host cannot follow. It cannot see the chain's id: package chainfile can.
func (c *Config) Verify(precompileconfig.ChainConfig) error { return c.Config.Verify() }
