package aimining_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pars.network/aimining"
)

// refusal is the sentence of a RefusedError.
func refusal(t *testing.T, err error) string {
	t.Helper()
	var refused *aimining.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("not refused but %v", err)
	}
	return refused.Reason
}

func TestA9_AddressAndKey(t *testing.T) {
	var file struct{ Address aimining.Address }
	readJSON(t, "interface.json", &file)
	if file.Address != aimining.ContractAddress {
		t.Errorf("%s, not %s", aimining.ContractAddress, file.Address)
	}
	if got := new(aimining.Config).Key(); got != "parsAiMiningConfig" {
		t.Error(got)
	}
}

func TestConfig_DisableIsRefusedWithTheReason(t *testing.T) {
	config := hostConfig(t)
	for _, text := range [][]byte{with(t, config, map[string]any{"disable": true}), []byte(`{"disable": true, "blockTimestamp": 5}`)} {
		_, err := aimining.ParseConfig(text)
		reason := refusal(t, err)
		for _, part := range []string{"cannot be disabled", "paid again", "leave the entry out"} {
			if !strings.Contains(reason, part) {
				t.Errorf("%q is not in: %s", part, reason)
			}
		}
	}
	plain, err := aimining.ParseConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	enabled, err := aimining.ParseConfig(with(t, config, map[string]any{"disable": false}))
	if err != nil {
		t.Fatal(err)
	}
	if !plain.Equal(enabled) || plain.IsDisabled() || enabled.IsDisabled() {
		t.Error(`"disable": false is not the same as nothing`)
	}
	for _, value := range []any{nil, 0, "false", map[string]any{}} {
		text, _ := json.Marshal(value)
		_, err := aimining.ParseConfig([]byte(strings.Replace(string(config), "{", `{"disable":`+string(text)+`,`, 1)))
		if reason := refusal(t, err); !strings.Contains(reason, "disable is true or false") {
			t.Error(reason)
		}
	}
}

func TestConfig_IsReadStrictly(t *testing.T) {
	config := string(hostConfig(t))
	put := func(member string) string { return strings.Replace(config, "{", "{"+member+",", 1) }
	for name, text := range map[string]string{
		"unknown key":      put(`"surprise": 1`),
		"wrong case":       put(`"Disable": false`),
		"twice":            put(`"chainId": 6133`),
		"disable twice":    put(`"disable": false, "disable": false`),
		"nested":           `{"upgrade": ` + config + `}`,
		"nested timestamp": `{"upgrade": {"blockTimestamp": 0}}`,
		"no object":        `[` + config + `]`,
		"null":             `null`,
		"nothing":          ``,
		"cut":              config[:len(config)-1],
		"followed":         config + `{}`,
		"comma":            put(`"disable": false,`),
		"no timestamp":     string(with(t, []byte(config), map[string]any{"blockTimestamp": nil})),
		"no chain":         string(with(t, []byte(config), map[string]any{"chainId": nil})),
		"chain beyond u32": string(with(t, []byte(config), map[string]any{"chainId": 1 << 33})),
		"negative":         string(with(t, []byte(config), map[string]any{"blockTimestamp": -1})),
		"bad marker":       string(with(t, []byte(config), map[string]any{"marker": "0x02"})),
	} {
		_, err := aimining.ParseConfig([]byte(text))
		if reason := refusal(t, err); !strings.Contains(reason, aimining.ConfigKey) {
			t.Errorf("%s: %s", name, reason)
		}
		// A host reads it inside of something else.
		var host struct {
			Config *aimining.Config `json:"parsAiMiningConfig"`
		}
		if text == "null" || !json.Valid([]byte(text)) {
			continue
		}
		if err := json.Unmarshal([]byte(`{"parsAiMiningConfig":`+text+`}`), &host); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	_, err := aimining.ParseConfig([]byte(`{"upgrade": {"blockTimestamp": 0}}`))
	if reason := refusal(t, err); !strings.Contains(reason, "write blockTimestamp") {
		t.Error(reason)
	}
}

func TestConfig_RoundTripsCanonically(t *testing.T) {
	config := hostConfig(t)
	parsed, err := aimining.ParseConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	again, err := aimining.ParseConfig(text)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	twice, err := json.Marshal(again)
	if err != nil || !bytes.Equal(text, twice) || !parsed.Equal(again) {
		t.Errorf("%v\n%s\n%s", err, text, twice)
	}
	// The same said with fewer words, in another order.
	short := with(t, config, map[string]any{"parameters": nil, "pendingTeleports": nil, "rules": nil})
	brief, err := aimining.ParseConfig(short)
	if err != nil {
		t.Fatal(err)
	}
	if !brief.Equal(parsed) {
		t.Error("defaults said and not said differ")
	}
	for key, value := range map[string]any{
		"governor": "0x00000000000000000000000000000000000000a1", "dev": false, "chainId": 6134, "callCodeVisible": true,
		"evmRevision": "prague", "parameters": map[string]any{"max_age": 7201},
	} {
		other, err := aimining.ParseConfig(with(t, config, map[string]any{key: value}))
		if err != nil {
			t.Fatal(err)
		}
		if other.Equal(parsed) || parsed.Equal(other) {
			t.Errorf("another %s is equal", key)
		}
	}
	if parsed.Equal(nil) || parsed.Equal(new(aimining.Config)) || new(aimining.Config).Equal(parsed) {
		t.Error("equal to what was not read")
	}
	if got := parsed.Timestamp(); got == nil || *got != 0 || new(aimining.Config).Timestamp() != nil {
		t.Error("Timestamp")
	}
	if _, err := json.Marshal(new(aimining.Config)); err == nil {
		t.Error("what was not read is written")
	}
}

func TestConfig_VerifyNamesWhatToWrite(t *testing.T) {
	config := hostConfig(t)
	verify := func(keys map[string]any) error {
		parsed, err := aimining.ParseConfig(with(t, config, keys))
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Verify()
	}
	if err := verify(nil); err != nil {
		t.Error(err)
	}
	for key, write := range map[string]string{
		"marker": `"marker": "0x01"`, "warm": `"warm": false`, "valueVisible": `"valueVisible": false`, "callCodeVisible": `"callCodeVisible": false`,
	} {
		// Left out it has its default, which hosts of this family cannot follow.
		if reason := refusal(t, verify(map[string]any{key: nil})); !strings.Contains(reason, "write "+write) {
			t.Errorf("%s: %s", key, reason)
		}
	}
	for name, keys := range map[string]map[string]any{
		"governor":  {"governor": "0x0000000000000000000000000000000000000000"},
		"chain":     {"chainId": 0},
		"parameter": {"parameters": map[string]any{"epoch_length": 0}},
		"rules":     {"parameters": map[string]any{"d_min": "5000000000000000000"}},
	} {
		if reason := refusal(t, verify(keys)); reason == "" {
			t.Errorf("%s: no reason", name)
		}
	}
	if err := new(aimining.Config).Verify(); err == nil {
		t.Error("what was not read is verified")
	}
}

func TestConfig_AnotherChainIsRefused(t *testing.T) {
	parsed, err := aimining.ParseConfig(hostConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.VerifyChain(chainID); err != nil {
		t.Error(err)
	}
	for _, id := range []uint64{0, 1, chainID + 1, chainID + 1<<32, 1 << 63} {
		if reason := refusal(t, parsed.VerifyChain(id)); !strings.Contains(reason, "6133") {
			t.Error(reason)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"disable": false}`))
	f.Add([]byte(`{"blockTimestamp":0,"chainId":6133,"governor":"0x00000000000000000000000000000000000000a0"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := aimining.ParseConfig(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Error("no JSON is accepted")
		}
		again, err := aimining.ParseConfig(parsed.Precompile().Config())
		if err != nil || !again.Equal(parsed) {
			t.Errorf("the canonical form is another: %v", err)
		}
	})
}
