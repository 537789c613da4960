package aimining_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pars.network/aimining"
	"pars.network/aimining/internal/chain"
)

// everySelector is one call of every function, with no arguments.
func everySelector(t *testing.T) map[string][]byte {
	var file struct{ Functions []struct{ Signature string } }
	readJSON(t, "interface.json", &file)
	calls := map[string][]byte{}
	for _, function := range file.Functions {
		calls[function.Signature] = view(function.Signature)
	}
	calls["submitWorkProof(bytes,bytes)"] = proofs(t)[0]
	return calls
}

// script is a transaction of a contract that does one call and passes its result on.
func script(opcode chain.Opcode, data []byte, limit uint64, result *[]byte) chain.Tx {
	return chain.Tx{From: relayer, Contract: contract, Gas: gas, Script: func(f *chain.Frame) (err error) {
		*result, _, err = f.Call(opcode, aimining.Uint256{}, data, limit)
		return err
	}}
}

// untouched compares the account 0x0300, which no failed call may change.
func untouched(t *testing.T, c *chain.Chain, before chain.Account) {
	t.Helper()
	if after := c.State.Dump()[aimining.ContractAddress]; !reflect.DeepEqual(before, after) {
		t.Error("the account changed")
	}
}

func TestA1_DelegateCallIsRefusedForEverySelector(t *testing.T) {
	c := newChain(t)
	before := c.State.Dump()[aimining.ContractAddress]
	for signature, data := range everySelector(t) {
		var result []byte
		receipt := extend(t, c, now, signature, script(chain.DelegateCall, data, gas, &result)).Receipts[0]
		if receipt.Success || !isError(result, "DelegateCallNotAllowed()") || len(receipt.Logs) != 0 {
			t.Errorf("%s: %v %x", signature, receipt.Err, result)
		}
	}
	untouched(t, c, before)
}

func TestA1_CallCodeIsRefusedWhereItIsVisible(t *testing.T) {
	config := with(t, hostConfig(t), map[string]any{"callCodeVisible": true})
	c := chainOf(t, config, chain.Host{ChainID: chainID})
	before := c.State.Dump()[aimining.ContractAddress]
	for signature, data := range everySelector(t) {
		var result []byte
		receipt := extend(t, c, now, signature, script(chain.CallCode, data, gas, &result)).Receipts[0]
		if receipt.Success || !isError(result, "DelegateCallNotAllowed()") {
			t.Errorf("%s: %v %x", signature, receipt.Err, result)
		}
	}
	untouched(t, c, before)
}

// A host that shows CALLCODE as CALL and one that shows the account twice answer alike under this profile.
func TestA1_CallCodeIsACallWhereItIsNotVisible(t *testing.T) {
	data := proofs(t)[0]
	var dumps []map[aimining.Hash]aimining.Hash
	for _, host := range []chain.Host{luxHost, {ChainID: chainID}} {
		for _, opcode := range []chain.Opcode{chain.Call, chain.CallCode} {
			c := chainOf(t, hostConfig(t), host)
			var result []byte
			receipt := extend(t, c, now, "", script(opcode, data, gas, &result)).Receipts[0]
			if !receipt.Success {
				t.Fatalf("%v %x", receipt.Err, result)
			}
			dumps = append(dumps, c.State.Storage(aimining.ContractAddress))
		}
	}
	for _, dump := range dumps[1:] {
		if !maps.Equal(dump, dumps[0]) {
			t.Error("hosts differ")
		}
	}
}

func TestA3_VisibleValueGoesBackAndInvisibleStays(t *testing.T) {
	visible := with(t, hostConfig(t), map[string]any{"valueVisible": true})
	for _, test := range []struct {
		config []byte
		ok     bool
	}{{visible, false}, {hostConfig(t), true}} {
		c := chainOf(t, test.config, chain.Host{ChainID: chainID, ShowsValue: true})
		before := c.State.GetBalance(relayer)
		tx := chain.Tx{From: relayer, Value: number(7), Data: view("version()"), Gas: gas}
		receipt := extend(t, c, now, "", tx).Receipts[0]
		lost, _ := before.Sub(c.State.GetBalance(relayer))
		at := c.State.GetBalance(aimining.ContractAddress)
		if receipt.Success != test.ok || (lost == number(7)) != test.ok || lost != at {
			t.Errorf("success %v, sender lost %v, 0x0300 has %v", receipt.Success, lost, at)
		}
		if !test.ok && !isError(receipt.Output, "ValueNotAllowed()") {
			t.Errorf("%x", receipt.Output)
		}
	}
}

// The state of a static call panics when it is written to, and a panic would end the test.
func TestA5_StaticCallsWriteNothingAndViewsAnswerAlike(t *testing.T) {
	var file struct {
		Functions []struct {
			Signature string
			Writes    bool
		}
	}
	readJSON(t, "interface.json", &file)
	c := newChain(t)
	extend(t, c, now, "", submit(proofs(t)[0]))
	before := c.State.Dump()[aimining.ContractAddress]
	calls := everySelector(t)
	for _, function := range file.Functions {
		data := calls[function.Signature]
		var result, inCall []byte
		static := extend(t, c, now, "static", script(chain.StaticCall, data, gas, &result)).Receipts[0]
		if function.Writes {
			if static.Success || !isError(result, "StaticCallNotAllowed()") {
				t.Errorf("%s: %v %x", function.Signature, static.Err, result)
			}
			continue
		}
		ordinary := extend(t, c, now, "call", script(chain.Call, data, gas, &inCall)).Receipts[0]
		if !bytes.Equal(result, inCall) || static.GasUsed != ordinary.GasUsed || !errors.Is(static.Err, ordinary.Err) {
			t.Errorf("%s: static %x, %d gas, %v; call %x, %d gas, %v", function.Signature, result, static.GasUsed, static.Err, inCall, ordinary.GasUsed, ordinary.Err)
		}
	}
	untouched(t, c, before)
}

// EIP-161 drops what has neither nonce nor code nor balance, whatever lies in its storage: that is how a precompile without
// a marker loses its spent marks. The state that these tests use does so, and 0x0300 outlives it.
func TestA11_SpentMarksOutliveTheCleanUpOfEmptyAccounts(t *testing.T) {
	unmarked, slot, mark := address(0x0301), aimining.Hash{31: 1}, aimining.Hash{0: 1}
	c := newChain(t)
	write := func(account aimining.Address) chain.Tx {
		return chain.Tx{From: relayer, Contract: contract, Gas: gas, Script: func(f *chain.Frame) error {
			f.State.SetState(account, slot, mark)
			return nil
		}}
	}
	extend(t, c, now, "", write(unmarked), write(contract))
	if got := c.State.GetState(unmarked, slot); got != (aimining.Hash{}) {
		t.Fatal("this state keeps the storage of an account without a marker: the test below would prove nothing")
	}
	if got := c.State.GetState(contract, slot); got != mark {
		t.Fatal("this state loses the storage of an account with a nonce")
	}

	proof := proofs(t)[0]
	receipt := extend(t, c, now, "", submit(proof)).Receipts[0]
	if !receipt.Success {
		t.Fatalf("%v %x", receipt.Err, receipt.Output)
	}
	touch := chain.Tx{From: relayer, Gas: gas, Data: view("version()")}
	for i := range 50 {
		block := extend(t, c, now+uint64(i), "later", touch, submit(proof))
		if block.Receipts[1].Success || !isError(block.Receipts[1].Output, "WorkAlreadySpent(bytes32)") {
			t.Fatalf("block %d pays again: %x", block.ID.Number, block.Receipts[1].Output)
		}
	}
	if c.State.GetNonce(aimining.ContractAddress) != 1 || !bytes.Equal(c.State.GetCode(aimining.ContractAddress), []byte{1}) {
		t.Error("the marker is gone")
	}
}

func TestA12_TheStipendChangesNothing(t *testing.T) {
	c := newChain(t)
	before := c.State.Dump()[aimining.ContractAddress]
	for signature, data := range everySelector(t) {
		var result []byte
		receipt := extend(t, c, now, "", script(chain.Call, data, 2_300, &result)).Receipts[0]
		if receipt.Success || !errors.Is(receipt.Err, aimining.ErrOutOfGas) || result != nil {
			t.Errorf("%s: %v %x", signature, receipt.Err, result)
		}
	}
	untouched(t, c, before)
}

func TestA13_BeforeActivationTheAddressIsAnOrdinaryAccount(t *testing.T) {
	config := with(t, hostConfig(t), map[string]any{"blockTimestamp": now, "rules": nil})
	c := chainOf(t, config, luxHost)
	if c.State.Exists(aimining.ContractAddress) {
		t.Error("genesis has the account already")
	}
	ask := chain.Tx{From: relayer, Gas: gas, Data: view("version()"), Value: number(3)}
	early := extend(t, c, now-1, "", ask).Receipts[0]
	if !early.Success || len(early.Output) != 0 || len(c.Head().Changes) != 0 {
		t.Errorf("before: %v %x", early.Err, early.Output)
	}
	ask.Value = number(0)
	block := extend(t, c, now, "", ask, submit(proofs(t)[0]))
	if got := block.Receipts[0].Output; !bytes.Equal(got, append(make([]byte, 31), 1)) {
		t.Errorf("at activation: %x", got)
	}
	if !block.Receipts[1].Success {
		t.Errorf("the first block refuses a proof: %x", block.Receipts[1].Output)
	}
	if c.State.GetBalance(aimining.ContractAddress) != number(3) {
		t.Error("coins that lay there are gone")
	}
	c.Unwind(1)
	if c.State.GetNonce(aimining.ContractAddress) != 0 || len(c.State.Storage(aimining.ContractAddress)) != 0 {
		t.Error("an unwound activation left something")
	}
	extend(t, c, now+5, "other", ask)
	if got := c.Head().Receipts[0].Output; len(got) != 32 {
		t.Errorf("the other branch does not activate: %x", got)
	}
}

// Hosts of this family give the account nonce and code before they configure the precompile.
func TestA13_ActivationAcceptsTheMarkThatTheHostHasSet(t *testing.T) {
	precompile := parse(t, hostConfig(t))
	state := chain.NewState()
	state.SetNonce(aimining.ContractAddress, 1)
	state.SetCode(aimining.ContractAddress, []byte{1})
	if err := precompile.Activate(state, aimining.Block{ChainID: chainID}); err != nil {
		t.Fatal(err)
	}
	account, err := precompile.Account(chainID)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(account.Storage, state.Storage(aimining.ContractAddress)) || !slices.Equal(account.Code, []byte{1}) || account.Nonce != 1 {
		t.Error("activation and Account differ")
	}
	text, err := precompile.AccountJSON(chainID)
	if err != nil {
		t.Fatal(err)
	}
	var entry map[string]json.RawMessage
	if err := json.Unmarshal(text, &entry); err != nil || string(entry["code"]) != `"0x01"` {
		t.Errorf("%v: %s", err, text)
	}
}

// The gas of a whole transaction is what the revision takes for it and what the vector says.
func TestG1_TransactionsCostIntrinsicGasAndTheCall(t *testing.T) {
	for _, prague := range []bool{false, true} {
		host := luxHost
		host.Prague = prague
		c := chainOf(t, hostConfig(t), host)
		proof := proofs(t)[0]
		tokens := uint64(0)
		for _, b := range proof {
			if tokens += 1; b != 0 {
				tokens += 3
			}
		}
		want := 21_000 + 4*tokens + 309_139
		if floor := 21_000 + 10*tokens; prague && floor > want {
			want = floor
		}
		receipt := extend(t, c, now, "", submit(proof)).Receipts[0]
		if !receipt.Success || receipt.GasUsed != want {
			t.Errorf("%d gas, not %d (%v)", receipt.GasUsed, want, receipt.Err)
		}
	}
}
