package aimining_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"pars.network/aimining"
	"pars.network/aimining/internal/chain"
)

// Files of the manifest that have no calls.
var withoutCalls = []string{"activation.json", "interface.json"}

func TestI5_EveryCallVectorRunsAsItSays(t *testing.T) {
	var manifest struct{ Files []struct{ File string } }
	readJSON(t, "manifest.json", &manifest)
	ran := 0
	for _, entry := range manifest.Files {
		if slices.Contains(withoutCalls, entry.File) {
			continue
		}
		var file vectorFile
		readJSON(t, entry.File, &file)
		if len(file.Vectors) == 0 {
			t.Errorf("%s has no vectors", entry.File)
		}
		chains := map[string]*aimining.Precompile{}
		for name, config := range file.Genesis {
			chains[name] = parse(t, config)
		}
		for _, v := range file.Vectors {
			ran++
			t.Run(entry.File+"/"+v.Name, func(t *testing.T) { replay(t, &file, chains[v.Pre.Genesis], v) })
		}
	}
	t.Logf("%d vectors", ran)
	if ran < 500 {
		t.Errorf("only %d vectors were found", ran)
	}
}

// runVector runs a call as a frame does: what does not succeed leaves nothing.
func runVector(t *testing.T, file *vectorFile, precompile *aimining.Precompile, state *chain.State, block vectorBlock, call vectorCall) (ret []byte, used uint64, status string) {
	t.Helper()
	at := aimining.Call{
		Caller: call.Caller, RunningAs: aimining.ContractAddress, Static: call.Static,
		Value: aimining.Uint256FromWord(aimining.Hash(call.Value)), ValueKnown: true, Gas: call.Gas,
		ChainID: precompile.ChainID(), BlockNumber: block.Number, BlockTimestamp: block.Timestamp,
	}
	if !call.Direct {
		at.RunningAs = contract
	}
	snapshot := state.Snapshot()
	ret, left, err := precompile.Run(state, at, file.input(t, call))
	if err != nil {
		state.RevertToSnapshot(snapshot)
	}
	switch {
	case err == nil:
		status = "success"
	case errors.Is(err, aimining.ErrExecutionReverted):
		status = "revert"
	case errors.Is(err, aimining.ErrOutOfGas):
		status = "out_of_gas"
	default:
		t.Fatal(err)
	}
	return ret, call.Gas - left, status
}

func replay(t *testing.T, file *vectorFile, precompile *aimining.Precompile, v vector) {
	state := chain.NewState()
	if err := precompile.Activate(state, aimining.Block{ChainID: precompile.ChainID()}); err != nil {
		t.Fatal(err)
	}
	state.Finalise()
	for i, setup := range v.Pre.Setup {
		_, _, status := runVector(t, file, precompile, state, setup.Block, setup.Call)
		if status != setup.Status {
			t.Fatalf("setup %d: %s, not %s", i, status, setup.Status)
		}
		state.Finalise()
	}
	before := state.Dump()
	ret, used, status := runVector(t, file, precompile, state, v.Pre.Block, v.Call)
	if status != v.Expected.Status || used != v.Expected.GasUsed || !bytes.Equal(ret, v.Expected.Output) {
		t.Errorf("%s with %d gas and %x, not %s with %d gas and %x", status, used, ret, v.Expected.Status, v.Expected.GasUsed, v.Expected.Output)
	}
	var logs []aimining.Log
	for _, log := range v.Expected.Logs {
		logs = append(logs, aimining.Log{Address: aimining.ContractAddress, Topics: log.Topics, Data: log.Data})
	}
	if !sameLogs(state.Logs(), logs) {
		t.Errorf("logs %v, not %v", state.Logs(), logs)
	}
	// Nothing but what the vector names may change: its changes on the state before give the state after.
	account := before[aimining.ContractAddress]
	for _, change := range v.Expected.Storage {
		slot := aimining.Hash(change.Slot)
		if account.Storage[slot] != aimining.Hash(change.Before) {
			t.Errorf("slot %s was %s before, not %x", slot, account.Storage[slot], change.Before)
		}
		if change.After == (word{}) {
			delete(account.Storage, slot)
		} else {
			account.Storage[slot] = aimining.Hash(change.After)
		}
	}
	for to, amount := range v.Expected.NativeMinted {
		paid := before[to]
		sum, over := paid.Balance.Add(aimining.Uint256FromWord(aimining.Hash(amount)))
		if over {
			t.Fatal("overflow")
		}
		paid.Balance = sum
		if paid.Storage == nil {
			paid.Storage = map[aimining.Hash]aimining.Hash{}
		}
		before[to] = paid
		if !state.IsWarm(to) {
			t.Errorf("%s got coins and is not warm", to)
		}
	}
	state.Finalise()
	if after := state.Dump(); !reflect.DeepEqual(after, before) {
		t.Errorf("the state is\n%v\nnot\n%v", after, before)
	}
}

func sameLogs(a, b []aimining.Log) bool {
	return slices.EqualFunc(a, b, func(a, b aimining.Log) bool {
		return a.Address == b.Address && slices.Equal(a.Topics, b.Topics) && bytes.Equal(a.Data, b.Data)
	})
}

func TestI5_EveryActivationVectorRunsAsItSays(t *testing.T) {
	var file struct {
		Vectors []struct {
			Name        string
			Genesis     json.RawMessage
			HostChainID uint64
			Expected    struct {
				Refused string
				Account *struct {
					Nonce   uint64
					Code    hexBytes
					Storage []struct{ Slot, Value word }
				}
			}
		}
	}
	readJSON(t, "activation.json", &file)
	if len(file.Vectors) < 20 {
		t.Errorf("only %d vectors were found", len(file.Vectors))
	}
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			precompile := parse(t, v.Genesis)
			state := chain.NewState()
			block := aimining.Block{ChainID: v.HostChainID}
			checked := precompile.Check(v.HostChainID)
			account, accountErr := precompile.Account(v.HostChainID)
			err := precompile.Activate(state, block)
			if v.Expected.Account == nil {
				var refused *aimining.RefusedError
				for _, err := range []error{checked, accountErr, err} {
					if !errors.As(err, &refused) || refused.Reason == "" {
						t.Errorf("not refused (%s) but %v", v.Expected.Refused, err)
					}
				}
				if len(state.Dump()) != 0 {
					t.Error("a refused activation left something")
				}
				return
			}
			for _, err := range []error{checked, accountErr, err} {
				if err != nil {
					t.Fatal(err)
				}
			}
			want := chain.Account{Nonce: v.Expected.Account.Nonce, Code: string(v.Expected.Account.Code), Storage: map[aimining.Hash]aimining.Hash{}}
			for _, entry := range v.Expected.Account.Storage {
				want.Storage[aimining.Hash(entry.Slot)] = aimining.Hash(entry.Value)
			}
			state.Finalise()
			if got := state.Dump()[aimining.ContractAddress]; !reflect.DeepEqual(got, want) {
				t.Errorf("activated to\n%v\nnot\n%v", got, want)
			}
			if account.Nonce != want.Nonce || string(account.Code) != want.Code || !reflect.DeepEqual(account.Storage, want.Storage) {
				t.Errorf("Account gives\n%v\nnot\n%v", account, want)
			}
			again := precompile.Activate(state, block)
			var refused *aimining.RefusedError
			if !errors.As(again, &refused) {
				t.Errorf("a second activation gives %v", again)
			}
		})
	}
}
