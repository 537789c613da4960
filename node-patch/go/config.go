package aimining

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ConfigKey is the precompile's key in a chain's configuration and in upgrades of it.
const ConfigKey = "parsAiMiningConfig"

// Config is a precompile configuration as hosts of this family keep it: parsAiMiningConfig, the same on every host of the
// chain, and in it the key "disable" that these hosts know, which may only be false.
//
// A binding embeds it in its own configuration type and adds Equal and Verify over its host's types. The zero value is
// what a host unmarshals into; until then it has a Key and nothing else.
type Config struct {
	precompile *Precompile
}

// ParseConfig reads a configuration strictly. The error is a [*RefusedError].
func ParseConfig(text []byte) (*Config, error) {
	config := new(Config)
	if err := config.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	return config, nil
}

// UnmarshalJSON is [ParseConfig].
func (c *Config) UnmarshalJSON(text []byte) error {
	flat, err := withoutHostKeys(text)
	if err != nil {
		return err
	}
	precompile, err := New(flat)
	if err != nil {
		return err
	}
	c.precompile = precompile
	return nil
}

// MarshalJSON gives the complete configuration, which [ParseConfig] reads to an equal one.
func (c *Config) MarshalJSON() ([]byte, error) {
	if c.precompile == nil {
		return nil, errors.New("this " + ConfigKey + " was not read from JSON yet")
	}
	return c.precompile.Config(), nil
}

// Precompile is the precompile of this configuration; nil before it was read.
func (c *Config) Precompile() *Precompile { return c.precompile }

// Key is [ConfigKey].
func (c *Config) Key() string { return ConfigKey }

// Timestamp is blockTimestamp: active in blocks of this time or later, 0 from genesis on.
func (c *Config) Timestamp() *uint64 {
	if c.precompile == nil {
		return nil
	}
	activation := c.precompile.activation
	return &activation
}

// IsDisabled is false: this precompile cannot be disabled.
func (c *Config) IsDisabled() bool { return false }

// Equal tells whether both configure the same. A configuration that was not read equals none.
func (c *Config) Equal(other *Config) bool {
	if c == nil || other == nil || c.precompile == nil || other.precompile == nil {
		return false
	}
	return bytes.Equal(c.precompile.config, other.precompile.config)
}

// Verify refuses a configuration that luxfi/evm hosts cannot follow, and everything that activation refuses and no state
// decides, so that a node stops when it starts and not when the time has come. A relative that could do better must not:
// every host of a chain answers as the one that sees least. The error is a [*RefusedError].
func (c *Config) Verify() error {
	if c.precompile == nil {
		return refused("%s was not read from JSON", ConfigKey)
	}
	profile := c.precompile.profile
	for _, rule := range []struct {
		broken     bool
		write, why string
	}{
		{profile.Marker != "0x01", `"marker": "0x01"`, "luxfi/evm gives every precompile the code 0x01 and no other"},
		{profile.Warm, `"warm": false`, "luxfi/evm does not put 0x0300 among a transaction's accessed addresses"},
		{profile.ValueVisible, `"valueVisible": false`, "luxfi/evm does not show a call's value to precompiles"},
		{profile.CallCodeVisible, `"callCodeVisible": false`, "luxfi/evm shows CALLCODE as CALL"},
	} {
		if rule.broken {
			return refused("%s: %s; write %s, on every host of the chain", ConfigKey, rule.why, rule.write)
		}
	}
	return c.precompile.Check(c.precompile.chainID)
}

// VerifyChain refuses a configuration of another chain than the host's. The error is a [*RefusedError].
func (c *Config) VerifyChain(hostChainID uint64) error {
	if c.precompile == nil {
		return refused("%s was not read from JSON", ConfigKey)
	}
	return c.precompile.Check(hostChainID)
}

// withoutHostKeys refuses what only this family of hosts writes and this precompile does not take, and drops
// `"disable": false`. Whatever else stands there the library reads, as it stands: duplicate keys, too.
func withoutHostKeys(text []byte) ([]byte, error) {
	malformed := func(err error) error { return refused("%s is no JSON object: %v", ConfigKey, err) }
	decoder := json.NewDecoder(bytes.NewReader(text))
	if start, err := decoder.Token(); err != nil {
		return nil, malformed(err)
	} else if start != json.Delim('{') {
		return nil, malformed(fmt.Errorf("it begins with %v", start))
	}
	flat := []byte{'{'}
	disableSeen := false
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, malformed(err)
		}
		key := token.(string) // the decoder takes nothing else for a key
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, malformed(err)
		}
		switch {
		case key == "upgrade":
			return nil, refused(`%s: there is no "upgrade" in it; write blockTimestamp and the other keys directly into %s`, ConfigKey, ConfigKey)
		case key == "disable" && disableSeen:
			return nil, refused("%s: disable stands there twice", ConfigKey)
		case key == "disable" && string(value) == "true":
			return nil, refused("%s cannot be disabled: this host's disable erases the account 0x0300 with every mark of what was paid, "+
				"and once enabled again each old proof and teleport would be paid again; leave the entry out, and to pause payments let the governor set base to 0", ConfigKey)
		case key == "disable" && string(value) == "false":
			disableSeen = true
			continue
		case key == "disable":
			return nil, refused("%s: disable is true or false, not %s", ConfigKey, value)
		}
		if len(flat) > 1 {
			flat = append(flat, ',')
		}
		quoted, err := json.Marshal(key)
		if err != nil {
			return nil, malformed(err)
		}
		flat = append(append(append(flat, quoted...), ':'), value...)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, malformed(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, malformed(errors.New("something follows it"))
	}
	return append(flat, '}'), nil
}
