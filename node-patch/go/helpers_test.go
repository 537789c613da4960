package aimining_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pars.network/aimining"
	"pars.network/aimining/internal/chain"
)

const vectors = "../../precompile-spec/vectors/v1"

// Fixtures of the vectors.
const (
	chainID = 6133
	now     = 1_800_000_000
	gas     = 10_000_000
)

var (
	relayer   = address(0xc0)
	recipient = address(0xb0)
	contract  = address(0xdead)
)

func address(n uint64) (a aimining.Address) {
	word := number(n).Word()
	copy(a[:], word[12:])
	return a
}

func number(n uint64) aimining.Uint256 { return aimining.Uint256{n} }

// hexBytes is 0x and hex of any length.
type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(strings.TrimPrefix(string(text), "0x"))
	return err
}

// word is a number in hex of up to 256 bits.
type word aimining.Hash

func (w *word) UnmarshalText(text []byte) error {
	n, ok := new(big.Int).SetString(strings.TrimPrefix(string(text), "0x"), 16)
	if !ok || n.BitLen() > 256 {
		return fmt.Errorf("%q is no word", text)
	}
	n.FillBytes(w[:])
	return nil
}

type vectorBlock struct{ Number, Timestamp uint64 }

type vectorCall struct {
	Caller      aimining.Address
	Input       string
	AppendZeros int
	Value       word
	Static      bool
	Direct      bool
	Gas         uint64
}

type vectorLog struct {
	Topics []aimining.Hash
	Data   hexBytes
}

type vector struct {
	Name string
	Pre  struct {
		Genesis string
		Setup   []struct {
			Block  vectorBlock
			Call   vectorCall
			Status string
		}
		Block vectorBlock
	}
	Call     vectorCall
	Expected struct {
		Status       string
		Output       hexBytes
		Error        string
		GasUsed      uint64
		Logs         []vectorLog
		Storage      []struct{ Slot, Before, After word }
		NativeMinted map[aimining.Address]word
	}
}

type vectorFile struct {
	Genesis map[string]json.RawMessage
	Inputs  map[string]string
	Vectors []vector
}

// input gives the calldata of a call.
func (f *vectorFile) input(t testing.TB, call vectorCall) []byte {
	t.Helper()
	text := call.Input
	if named, ok := f.Inputs[text]; ok {
		text = named
	}
	data, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil {
		t.Fatalf("input %.20s…: %v", text, err)
	}
	return append(data, make([]byte, call.AppendZeros)...)
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(vectors, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// with gives a configuration with other values under some keys; nil takes a key out.
func with(t testing.TB, config []byte, keys map[string]any) []byte {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(config, &object); err != nil {
		t.Fatal(err)
	}
	for key, value := range keys {
		object[key] = value
		if value == nil {
			delete(object, key)
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// hostConfig is the vectors' first chain for hosts of this family.
func hostConfig(t testing.TB) []byte {
	t.Helper()
	var file vectorFile
	readJSON(t, "work-valid.json", &file)
	return with(t, file.Genesis["chain-00"], map[string]any{
		"marker": "0x01", "warm": false, "valueVisible": false, "callCodeVisible": false, "evmRevision": "cancun",
	})
}

func parse(t testing.TB, config []byte) *aimining.Precompile {
	t.Helper()
	parsed, err := aimining.ParseConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Precompile()
}

var luxHost = chain.Host{ChainID: chainID, CallCodeAsCall: true}

// newChain is a chain of the host configuration, with coins of the relayer's.
func newChain(t testing.TB) *chain.Chain {
	t.Helper()
	return chainOf(t, hostConfig(t), luxHost)
}

func chainOf(t testing.TB, config []byte, host chain.Host) *chain.Chain {
	t.Helper()
	c, err := chain.New(host, parse(t, config), now-1_000, func(state *chain.State) {
		state.AddBalance(relayer, number(1_000_000))
		state.SetNonce(contract, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func extend(t testing.TB, c *chain.Chain, timestamp uint64, salt string, txs ...chain.Tx) *chain.Block {
	t.Helper()
	block, err := c.Extend(timestamp, salt, txs...)
	if err != nil {
		t.Fatal(err)
	}
	return block
}

// proofs are the calldata of signed proofs that are paid one after the other at the time now on the vectors' first chain.
func proofs(t testing.TB) [][]byte {
	t.Helper()
	var file vectorFile
	readJSON(t, "work-valid.json", &file)
	var found [][]byte
	for _, name := range []string{"ml_dsa_44", "same_job_other_device", "ml_dsa_65", "ml_dsa_87", "second_of_a_device"} {
		for _, v := range file.Vectors {
			if v.Name == name {
				found = append(found, file.input(t, v.Call))
			}
		}
	}
	if len(found) != 5 {
		t.Fatalf("%d of 5 proofs found in the vectors", len(found))
	}
	return found
}

func submit(proof []byte) chain.Tx { return chain.Tx{From: relayer, Data: proof, Gas: gas} }

// selectors of functions, errors and events by signature.
var selectors = func() map[string][]byte {
	var file struct {
		Functions, Errors []struct {
			Signature string
			Selector  hexBytes
		}
	}
	text, err := os.ReadFile(filepath.Join(vectors, "interface.json"))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		panic(err)
	}
	found := map[string][]byte{}
	for _, entry := range append(file.Functions, file.Errors...) {
		found[entry.Signature] = entry.Selector
	}
	return found
}()

// view is calldata of a function of words.
func view(signature string, words ...aimining.Hash) []byte {
	data, ok := selectors[signature]
	if !ok {
		panic("no selector of " + signature)
	}
	data = append([]byte(nil), data...)
	for _, w := range words {
		data = append(data, w[:]...)
	}
	return data
}

func addressWord(a aimining.Address) (w aimining.Hash) {
	copy(w[12:], a[:])
	return w
}

// isError tells whether revert data are of a typed error.
func isError(data []byte, signature string) bool {
	selector, ok := selectors[signature]
	if !ok {
		panic("no selector of " + signature)
	}
	return strings.HasPrefix(string(data), string(selector))
}

// ask runs a view on the chain's newest state, without a trace.
func ask(t testing.TB, c *chain.Chain, data []byte) []byte {
	t.Helper()
	snapshot := c.State.Snapshot()
	defer c.State.RevertToSnapshot(snapshot)
	ret, _, err := c.Precompile.Run(c.State, callAt(c, relayer), data)
	if err != nil {
		t.Fatalf("%x: %v %x", data[:4], err, ret)
	}
	return ret
}

// callAt is an ordinary call in a block beside the newest.
func callAt(c *chain.Chain, caller aimining.Address) aimining.Call {
	return aimining.Call{
		Caller: caller, RunningAs: aimining.ContractAddress, Gas: gas,
		ChainID: c.Host.ChainID, BlockNumber: c.Head().ID.Number, BlockTimestamp: c.Head().Timestamp,
	}
}

func balance(t testing.TB, c *chain.Chain, of aimining.Address) aimining.Uint256 {
	t.Helper()
	return aimining.Uint256FromWord(aimining.Hash(ask(t, c, view("miningBalance(address)", addressWord(of)))))
}

// fatalOf runs f and gives what it panics with.
func fatalOf(t testing.TB, f func()) (fatal *aimining.FatalError) {
	t.Helper()
	defer func() {
		cause := recover()
		var ok bool
		if fatal, ok = cause.(*aimining.FatalError); !ok {
			t.Fatalf("no FatalError but %v", cause)
		}
	}()
	f()
	return nil
}
