package aimining_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"pars.network/aimining"
	"pars.network/aimining/internal/chain"
)

// conformanceFile has blocks that every host must execute alike; its words are in the README beside it.
type conformanceFile struct {
	Chains []struct {
		Name        string
		Config      json.RawMessage
		GenesisTime uint64
		Accounts    []struct {
			Address aimining.Address
			Balance word
		}
		Contracts []struct {
			Address aimining.Address
			Code    hexBytes
		}
		Blocks []conformanceBlock
	}
}

type conformanceBlock struct {
	Number, Timestamp uint64
	Transactions      []conformanceTx
	Account           struct {
		Nonce                 uint64
		Balance               word
		CodeHash, StorageRoot aimining.Hash
	}
	Balances map[aimining.Address]word
}

type conformanceTx struct {
	About    string
	From, To aimining.Address
	Value    word
	Gas      uint64
	Input    hexBytes
	Expected struct {
		End     string
		GasUsed uint64
		Output  hexBytes
		Logs    []struct {
			Address aimining.Address
			vectorLog
		}
		Calls []conformanceCall
	}
}

type conformanceCall struct {
	Caller, RunningAs aimining.Address
	Static            bool
	Input             hexBytes
	Gas               uint64
	End               string
	GasUsed           uint64
	Output            hexBytes
	Kept              bool
}

// Without an EVM: the calls of 0x0300 inside each transaction, and the account that they leave after each block, to its
// storage root.
func TestI1_ConformanceOfGoAlone(t *testing.T) {
	var file conformanceFile
	readJSON(t, "../conformance-v1.json", &file)
	transactions, calls := 0, 0
	for _, c := range file.Chains {
		config, err := aimining.ParseConfig(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		if err := config.Verify(); err != nil {
			t.Errorf("%s: its configuration is not for this family of hosts: %v", c.Name, err)
		}
		precompile := config.Precompile()
		running, err := chain.New(chain.Host{ChainID: precompile.ChainID()}, precompile, c.GenesisTime, func(state *chain.State) {
			for _, account := range c.Accounts {
				state.AddBalance(account.Address, aimining.Uint256FromWord(aimining.Hash(account.Balance)))
			}
			for _, contract := range c.Contracts {
				state.SetNonce(contract.Address, 1)
				state.SetCode(contract.Address, contract.Code)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range c.Blocks {
			// Each transaction is a script of the calls that the file names.
			txs := make([]chain.Tx, len(block.Transactions))
			for i, tx := range block.Transactions {
				transactions++
				calls += len(tx.Expected.Calls)
				txs[i] = replayTx(t, running, block, tx)
			}
			for running.Head().ID.Number+1 < block.Number {
				extend(t, running, running.Head().Timestamp, "between")
			}
			done := extend(t, running, block.Timestamp, "", txs...)
			for i, receipt := range done.Receipts {
				checkTx(t, block.Transactions[i], receipt)
			}
			checkBlock(t, running.State, c.Name, block)
		}
	}
	t.Logf("Go alone: %d transactions with %d calls agree with the file", transactions, calls)
	if transactions < 50 || calls < 50 {
		t.Errorf("only %d transactions with %d calls", transactions, calls)
	}
}

func replayTx(t *testing.T, c *chain.Chain, block conformanceBlock, tx conformanceTx) chain.Tx {
	value := aimining.Uint256FromWord(aimining.Hash(tx.Value))
	if tx.To == aimining.ContractAddress {
		return chain.Tx{From: tx.From, Value: value, Data: tx.Input, Gas: tx.Gas}
	}
	return chain.Tx{From: tx.From, Contract: tx.To, Data: tx.Input, Gas: tx.Gas, Script: func(f *chain.Frame) error {
		if !f.State.SubBalance(tx.From, value) {
			return chain.ErrFunds
		}
		f.State.AddBalance(tx.To, value)
		for _, call := range tx.Expected.Calls {
			_ = f.Try(func() error {
				// The contracts of the file hand their coins on where the opcode has a value, to 0x0300 under CALL alone.
				if call.RunningAs == aimining.ContractAddress && !call.Static {
					f.State.SubBalance(tx.To, value)
					f.State.AddBalance(aimining.ContractAddress, value)
				}
				ret, left, err := c.Precompile.Run(f.State, aimining.Call{
					Caller: call.Caller, RunningAs: call.RunningAs, Static: call.Static, Gas: call.Gas,
					ChainID: c.Host.ChainID, BlockNumber: block.Number, BlockTimestamp: block.Timestamp,
				}, call.Input)
				if end(err) != call.End || call.Gas-left != call.GasUsed || !bytes.Equal(ret, call.Output) {
					t.Errorf("%s: %s with %d gas and %x, not %s with %d gas and %x", tx.About, end(err), call.Gas-left, ret, call.End, call.GasUsed, call.Output)
				}
				if !call.Kept {
					return errContract
				}
				return err
			})
		}
		if tx.Expected.End != "success" {
			return errContract
		}
		return nil
	}}
}

func end(err error) string {
	switch {
	case err == nil:
		return "success"
	case errors.Is(err, aimining.ErrExecutionReverted):
		return "revert"
	}
	return "halt"
}

func checkTx(t *testing.T, tx conformanceTx, receipt chain.Receipt) {
	t.Helper()
	want := tx.Expected
	if tx.To == aimining.ContractAddress {
		if got := end(receipt.Err); got != want.End || receipt.GasUsed != want.GasUsed || !bytes.Equal(receipt.Output, want.Output) {
			t.Errorf("%s: %s with %d gas and %x, not %s with %d gas and %x", tx.About, got, receipt.GasUsed, receipt.Output, want.End, want.GasUsed, want.Output)
		}
	}
	var logs []aimining.Log
	for _, log := range want.Logs {
		logs = append(logs, aimining.Log{Address: log.Address, Topics: log.Topics, Data: log.Data})
	}
	if !sameLogs(receipt.Logs, logs) {
		t.Errorf("%s: logs %v, not %v", tx.About, receipt.Logs, logs)
	}
}

func checkBlock(t *testing.T, state *chain.State, name string, block conformanceBlock) {
	t.Helper()
	at := aimining.ContractAddress
	want := block.Account
	if got := state.GetNonce(at); got != want.Nonce {
		t.Errorf("%s block %d: nonce %d, not %d", name, block.Number, got, want.Nonce)
	}
	if got := state.GetBalance(at).Word(); got != aimining.Hash(want.Balance) {
		t.Errorf("%s block %d: balance %s, not %x", name, block.Number, got, want.Balance)
	}
	if got := chain.Keccak256(state.GetCode(at)); got != want.CodeHash {
		t.Errorf("%s block %d: code hash %s, not %s", name, block.Number, got, want.CodeHash)
	}
	if got := state.StorageRoot(at); got != want.StorageRoot {
		t.Errorf("%s block %d: storage root %s, not %s", name, block.Number, got, want.StorageRoot)
	}
	for account, balance := range block.Balances {
		if got := state.GetBalance(account).Word(); got != aimining.Hash(balance) {
			t.Errorf("%s block %d: %s has %s, not %x", name, block.Number, account, got, balance)
		}
	}
}
