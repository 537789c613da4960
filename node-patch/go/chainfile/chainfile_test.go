package chainfile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// genesis is a file with these entries of config and alloc.
func genesis(t *testing.T, timestamp any, config, alloc map[string]any) []byte {
	t.Helper()
	whole := map[string]any{"chainId": 6133}
	for key, value := range config {
		whole[key] = value
	}
	text, err := json.Marshal(map[string]any{"config": whole, "alloc": alloc, "timestamp": timestamp})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func configuration(time uint64) map[string]any {
	return map[string]any{
		"blockTimestamp": time, "chainId": 6133, "governor": "0x1111111111111111111111111111111111111111",
		"marker": "0x01", "warm": false, "valueVisible": false, "callCodeVisible": false, "evmRevision": "cancun",
	}
}

// entry is what alloc must have for a configuration.
func entry(t *testing.T, config map[string]any) map[string]any {
	t.Helper()
	text, err := Account(genesis(t, "0x64", map[string]any{key: config}, nil))
	if err != nil {
		t.Fatal(err)
	}
	account := map[string]any{}
	if err := json.Unmarshal(text, &account); err != nil {
		t.Fatal(err)
	}
	return account
}

func upgrades(t *testing.T, configs ...map[string]any) []byte {
	t.Helper()
	entries := []any{map[string]any{"feeManagerConfig": map[string]any{"blockTimestamp": 1}}}
	for _, config := range configs {
		entries = append(entries, map[string]any{key: config})
	}
	text, err := json.Marshal(map[string]any{"precompileUpgrades": entries})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const address = "0000000000000000000000000000000000000300"

func Test_a11_files_of_a_chain(t *testing.T) {
	now, later := configuration(0), configuration(1_000)
	account := entry(t, now)
	changed := func(key string, value any) map[string]any {
		copied := map[string]any{}
		for key, value := range account {
			copied[key] = value
		}
		copied[key] = value
		return map[string]any{address: copied}
	}
	storage := account["storage"].(map[string]any)
	padded, foreign, incomplete := map[string]any{}, map[string]any{}, map[string]any{}
	for slot, value := range storage {
		padded[slot], foreign[slot], incomplete[slot] = value, value, value
	}
	for slot := range storage {
		foreign[slot] = "0x00000000000000000000000000000000000000000000000000000000000000ff"
		delete(incomplete, slot)
		break
	}
	padded[fmt.Sprintf("0x%064x", 12345)] = "0x0"

	inConfig := map[string]any{key: now}
	for name, test := range map[string]struct {
		genesis, upgrade []byte
		want             string // empty: accepted
	}{
		"none":                     {genesis(t, "0x64", nil, nil), nil, ""},
		"active from the start":    {genesis(t, "0x64", inConfig, map[string]any{address: account}), nil, ""},
		"address with 0x":          {genesis(t, 100, inConfig, map[string]any{"0x" + address: account}), nil, ""},
		"in genesisPrecompiles":    {genesis(t, "100", map[string]any{"genesisPrecompiles": inConfig}, map[string]any{address: account}), nil, ""},
		"a slot written as zero":   {genesis(t, "0x64", inConfig, changed("storage", padded)), nil, ""},
		"decimal nonce":            {genesis(t, "0x64", inConfig, changed("nonce", 1)), nil, ""},
		"in an upgrade":            {genesis(t, "0x64", nil, nil), upgrades(t, later), ""},
		"coins before an upgrade":  {genesis(t, "0x64", nil, map[string]any{address: map[string]any{"balance": "0x1"}}), upgrades(t, later), ""},
		"later, in genesis":        {genesis(t, "0x64", map[string]any{key: later}, nil), nil, ""},
		"upgrades of others":       {genesis(t, "0x64", nil, nil), upgrades(t), ""},
		"no account":               {genesis(t, "0x64", inConfig, nil), nil, "alloc has no 0x0300"},
		"nonce":                    {genesis(t, "0x64", inConfig, changed("nonce", "0x2")), nil, "the nonce 2, not 1"},
		"code":                     {genesis(t, "0x64", inConfig, changed("code", "0x6001")), nil, `the code "0x6001", not 0x01`},
		"another value":            {genesis(t, "0x64", inConfig, changed("storage", foreign)), nil, "in slot"},
		"a slot less":              {genesis(t, "0x64", inConfig, changed("storage", incomplete)), nil, fmt.Sprintf("%d slots, not the %d", len(storage)-1, len(storage))},
		"account before its time":  {genesis(t, "0x64", nil, map[string]any{address: account}), upgrades(t, later), "the precompile starts later"},
		"another chain's":          {genesis(t, "0x64", map[string]any{key: now, "chainId": 7070}, nil), nil, "the configuration is for chain 6133, the host runs chain 7070"},
		"another chain's upgrade":  {genesis(t, "0x64", map[string]any{"chainId": 7070}, nil), upgrades(t, later), "the configuration is for chain 6133, the host runs chain 7070"},
		"twice":                    {genesis(t, "0x64", inConfig, map[string]any{address: account}), upgrades(t, later), "stands there 2 times"},
		"beside":                   {genesis(t, "0x64", map[string]any{key: now, "genesisPrecompiles": map[string]any{}}, nil), nil, "stands beside genesisPrecompiles"},
		"disabled in an upgrade":   {genesis(t, "0x64", nil, nil), upgrades(t, map[string]any{"blockTimestamp": 5, "disable": true}), "cannot be disabled"},
		"misnamed":                 {genesis(t, "0x64", map[string]any{"parsAIMiningConfig": now}, nil), nil, "hosts do not read parsAIMiningConfig: write parsAiMiningConfig"},
		"account without it":       {genesis(t, "0x64", nil, map[string]any{address: account}), nil, "there is no parsAiMiningConfig"},
		"no chain id":              {genesis(t, "0x64", map[string]any{key: now, "chainId": nil}, nil), nil, "config.chainId is missing"},
		"a time that is no number": {genesis(t, "soon", inConfig, nil), nil, "is no number"},
		"no genesis":               {[]byte("{"), nil, "genesis: "},
		"no upgrade file":          {genesis(t, "0x64", nil, nil), []byte("{"), "upgrade file: "},
	} {
		err := Verify(test.genesis, test.upgrade)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v; want %q", name, err, test.want)
		}
	}
	if _, err := Account(genesis(t, "0x64", map[string]any{key: later}, nil)); err == nil {
		t.Error("an account for a precompile that starts later")
	}
}

// The examples beside this package are what they say.
func Test_a11_examples(t *testing.T) {
	files, err := filepath.Glob("../genesis/*-*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(text, nil); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := Account(text); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	upgrade, err := os.ReadFile("../genesis/upgrade.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(genesis(t, "0x64", nil, nil), upgrade); err != nil {
		t.Errorf("upgrade.json: %v", err)
	}
}
