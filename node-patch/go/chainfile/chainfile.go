// Package chainfile checks the files of a chain, genesis and upgrades, before a node of it starts: that a parsAiMiningConfig in them
// is one that a host of the go-ethereum family can follow, that it is for this chain, and that the genesis gives 0x…0300 what
// it must. Hosts check only the first of these, when they read their files: their configurations see no chain id.
package chainfile

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"pars.network/aimining"
)

const key = aimining.ConfigKey

type genesisFile struct {
	Config map[string]json.RawMessage `json:"config"`
	Alloc  map[string]account         `json:"alloc"`
	// Timestamp is hex or decimal, as a string or a number.
	Timestamp quantity `json:"timestamp"`
	chainID   uint64
}

type account struct {
	Nonce   quantity          `json:"nonce"`
	Code    string            `json:"code"`
	Storage map[string]string `json:"storage"`
}

// account is what alloc has for 0x…0300, nil if nothing.
func (f *genesisFile) account() *account {
	for address, entry := range f.Alloc {
		if bytes, err := hex.DecodeString(strings.TrimPrefix(address, "0x")); err == nil && string(bytes) == string(aimining.ContractAddress[:]) {
			return &entry
		}
	}
	return nil
}

// plain: it has coins at most.
func (a *account) plain() bool {
	return a.Nonce.Sign() == 0 && strings.TrimPrefix(a.Code, "0x") == "" && len(a.Storage) == 0
}

// quantity is a number as genesis files have it; the zero value is 0.
type quantity struct{ big.Int }

func (q *quantity) UnmarshalJSON(text []byte) error {
	digits := strings.Trim(string(text), `"`)
	if digits == "" {
		return nil
	}
	if _, ok := q.SetString(digits, 0); !ok {
		return fmt.Errorf("%s is no number", text)
	}
	return nil
}

// Verify checks a genesis file and, unless empty, an upgrade file. Without a parsAiMiningConfig in them there is nothing to check.
func Verify(genesis, upgrade []byte) error {
	file, config, err := read(genesis, upgrade)
	if config == nil || err != nil {
		return err
	}
	return verifyAlloc(file, config)
}

// Account is what alloc must have for 0x…0300 in a genesis whose precompile is active from the start, as JSON without a balance.
func Account(genesis []byte) ([]byte, error) {
	file, config, err := read(genesis, nil)
	if err != nil {
		return nil, err
	}
	if config == nil || !config.Precompile().IsActive(file.Timestamp.Uint64()) {
		return nil, fmt.Errorf("genesis: no %s in it is active from the start", key)
	}
	return config.Precompile().AccountJSON(file.chainID)
}

// read gives the files' one configuration, nil if there is none. It is for the chain of the genesis.
func read(genesis, upgrade []byte) (*genesisFile, *aimining.Config, error) {
	file := new(genesisFile)
	if err := json.Unmarshal(genesis, file); err != nil {
		return nil, nil, fmt.Errorf("genesis: %w", err)
	}
	config, err := find(file.Config, upgrade)
	if err != nil {
		return nil, nil, err
	}
	if config == nil {
		if account := file.account(); account != nil && !account.plain() {
			return nil, nil, fmt.Errorf("genesis: alloc gives 0x0300 a nonce, code or storage, and there is no %s", key)
		}
		return nil, nil, nil
	}
	var chainID quantity
	if err := json.Unmarshal(file.Config["chainId"], &chainID); err != nil || !chainID.IsUint64() {
		return nil, nil, fmt.Errorf("genesis: config.chainId is missing or no number of 64 bits")
	}
	if !file.Timestamp.IsUint64() {
		return nil, nil, fmt.Errorf("genesis: timestamp is no number of 64 bits")
	}
	if err := config.Verify(); err != nil {
		return nil, nil, err
	}
	if err := config.VerifyChain(chainID.Uint64()); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", key, err)
	}
	file.chainID = chainID.Uint64()
	return file, config, nil
}

// find gives the one configuration there is, nil if there is none.
func find(chain map[string]json.RawMessage, upgrade []byte) (*aimining.Config, error) {
	texts := []json.RawMessage{}
	// luxfi/evm reads genesisPrecompiles and, if that is not there, what stands in config itself.
	if text, ok := chain["genesisPrecompiles"]; ok {
		var within map[string]json.RawMessage
		if err := json.Unmarshal(text, &within); err != nil {
			return nil, fmt.Errorf("genesis: genesisPrecompiles: %w", err)
		}
		if _, beside := chain[key]; beside {
			return nil, fmt.Errorf("genesis: %s stands beside genesisPrecompiles, where hosts do not read it: put it into genesisPrecompiles", key)
		}
		chain = within
	}
	for name, text := range chain {
		if name == key {
			texts = append(texts, text)
		} else if strings.EqualFold(name, key) {
			return nil, fmt.Errorf("genesis: hosts do not read %s: write %s", name, key) // and would say nothing
		}
	}
	if len(upgrade) > 0 {
		var file struct {
			PrecompileUpgrades []map[string]json.RawMessage `json:"precompileUpgrades"`
		}
		if err := json.Unmarshal(upgrade, &file); err != nil {
			return nil, fmt.Errorf("upgrade file: %w", err)
		}
		for _, entry := range file.PrecompileUpgrades {
			if text, ok := entry[key]; ok {
				texts = append(texts, text)
			}
		}
	}
	var configs []*aimining.Config
	for _, text := range texts {
		config, err := aimining.ParseConfig(text)
		if err != nil {
			return nil, err
		}
		configs = append(configs, config)
	}
	switch len(configs) {
	case 0:
		return nil, nil
	case 1:
		return configs[0], nil
	}
	return nil, fmt.Errorf("%s stands there %d times, in the genesis and the upgrades together; a chain has one, and governance changes what may change", key, len(configs))
}

// verifyAlloc compares alloc with what the specification asks of it: the whole account if the precompile is active from genesis,
// nothing but coins if not.
func verifyAlloc(file *genesisFile, config *aimining.Config) error {
	found := file.account()
	if !config.Precompile().IsActive(file.Timestamp.Uint64()) {
		if found != nil && !found.plain() {
			return fmt.Errorf("genesis: alloc gives 0x0300 a nonce, code or storage, and the precompile starts later: leave them out")
		}
		return nil
	}
	if found == nil {
		return fmt.Errorf("genesis: the precompile is active from the start and alloc has no 0x0300: hosts that take the file as it is would start another chain; put in what pars-go-node --print-account prints")
	}
	want, err := config.Precompile().Account(file.chainID)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if difference := compare(found, want); difference != "" {
		return fmt.Errorf("genesis: alloc gives 0x0300 %s; put in what pars-go-node --print-account prints", difference)
	}
	return nil
}

// compare tells the first difference, or nothing.
func compare(found *account, want aimining.Account) string {
	if !found.Nonce.IsUint64() || found.Nonce.Uint64() != want.Nonce {
		return fmt.Sprintf("the nonce %s, not %d", found.Nonce.String(), want.Nonce)
	}
	if code := hex.EncodeToString(want.Code); !strings.EqualFold(strings.TrimPrefix(found.Code, "0x"), code) {
		return fmt.Sprintf("the code %q, not 0x%s", found.Code, code)
	}
	seen := 0
	for slot, value := range found.Storage {
		slot, value := word(slot), word(value)
		if value == (aimining.Hash{}) {
			continue
		}
		if want.Storage[slot] != value {
			return fmt.Sprintf("%s in slot %s, not %s", value, slot, want.Storage[slot])
		}
		seen++
	}
	if seen != len(want.Storage) {
		return fmt.Sprintf("%d slots, not the %d of its configuration", seen, len(want.Storage))
	}
	return ""
}

// word reads 32 bytes from hex, of which leading zeros may be missing. What is no hex is zero here; the host refuses it.
func word(text string) (hash aimining.Hash) {
	digits := strings.TrimPrefix(text, "0x")
	if len(digits) > 64 {
		return hash
	}
	if bytes, err := hex.DecodeString(strings.Repeat("0", 64-len(digits)) + digits); err == nil {
		copy(hash[:], bytes)
	}
	return hash
}
