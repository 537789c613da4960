package chain

import (
	"errors"

	"pars.network/aimining"
)

// Opcode calls a precompile.
type Opcode int

// The four.
const (
	Call Opcode = iota
	StaticCall
	DelegateCall
	CallCode
)

// Frame is a contract that runs.
type Frame struct {
	State *State
	// Self is the contract, Caller who called it.
	Self, Caller aimining.Address
	// GasUsed counts what its calls used.
	GasUsed uint64

	chain  *Chain
	block  aimining.Block
	static bool
}

// ErrFunds says that a sender has less than it sends.
var ErrFunds = errors.New("insufficient funds")

// Call runs 0x…0300 in a frame of its own, which leaves nothing unless it succeeds.
func (f *Frame) Call(opcode Opcode, value aimining.Uint256, data []byte, gas uint64) ([]byte, uint64, error) {
	call := aimining.Call{
		Caller: f.Self, RunningAs: aimining.ContractAddress, Static: f.static || opcode == StaticCall, Gas: gas,
		ChainID: f.block.ChainID, BlockNumber: f.block.Number, BlockTimestamp: f.block.Timestamp,
	}
	switch {
	case opcode == DelegateCall:
		call.Caller, call.RunningAs = f.Caller, f.Self
	case opcode == CallCode && !f.chain.Host.CallCodeAsCall:
		call.RunningAs = f.Self
	}
	if f.chain.Host.ShowsValue {
		call.Value, call.ValueKnown = value, true
	}
	snapshot := f.State.Snapshot()
	if opcode == Call && !value.IsZero() {
		if !f.State.SubBalance(f.Self, value) {
			return nil, gas, ErrFunds
		}
		f.State.AddBalance(aimining.ContractAddress, value)
	}
	ret, left, err := f.run(call, data)
	if err != nil {
		f.State.RevertToSnapshot(snapshot)
	}
	f.GasUsed += gas - left
	return ret, left, err
}

// run asks the precompile, or before activation the empty account.
func (f *Frame) run(call aimining.Call, data []byte) ([]byte, uint64, error) {
	if !f.chain.Precompile.IsActive(f.block.Timestamp) {
		return nil, call.Gas, nil
	}
	var state aimining.State = f.State
	if call.Static {
		state = readOnly{f.State}
	}
	return f.chain.Precompile.Run(state, call, data)
}

// Try runs a part of the contract whose changes are taken back if it gives an error.
func (f *Frame) Try(part func() error) error {
	snapshot := f.State.Snapshot()
	err := part()
	if err != nil {
		f.State.RevertToSnapshot(snapshot)
	}
	return err
}

// execute runs a transaction; an error is of one that cannot be in a block.
func (c *Chain) execute(tx Tx, number, timestamp uint64) (Receipt, error) {
	intrinsic, floor := c.intrinsic(tx.Data)
	if tx.Gas < max(intrinsic, floor) {
		return Receipt{}, errors.New("intrinsic gas too low")
	}
	frame := &Frame{
		State: c.State, Self: tx.From, chain: c,
		block: aimining.Block{ChainID: c.Host.ChainID, Number: number, Timestamp: timestamp},
	}
	c.State.SetNonce(tx.From, c.State.GetNonce(tx.From)+1)
	c.State.AccessAccount(tx.From)
	var receipt Receipt
	if tx.Script != nil {
		frame.Self, frame.Caller = tx.Contract, tx.From
		c.State.AccessAccount(tx.Contract)
		receipt.Err = frame.Try(func() error { return tx.Script(frame) })
	} else {
		c.State.AccessAccount(aimining.ContractAddress)
		receipt.Output, _, receipt.Err = frame.Call(Call, tx.Value, tx.Data, tx.Gas-intrinsic)
	}
	if errors.Is(receipt.Err, ErrFunds) {
		c.State.RevertToSnapshot(c.State.transaction)
		return Receipt{}, ErrFunds
	}
	receipt.Success = receipt.Err == nil
	receipt.GasUsed = max(intrinsic+frame.GasUsed, floor)
	receipt.Logs = c.State.Logs()
	c.State.Finalise()
	return receipt, nil
}

// intrinsic gives the gas that a transaction pays before it runs, and what it pays at least.
func (c *Chain) intrinsic(data []byte) (intrinsic, floor uint64) {
	var tokens uint64
	for _, b := range data {
		if b == 0 {
			tokens++
		} else {
			tokens += 4
		}
	}
	intrinsic = 21_000 + 4*tokens
	if c.Host.Prague {
		floor = 21_000 + 10*tokens
	}
	return intrinsic, floor
}

// readOnly is the state in a static call: a host would not let a precompile write there, and this one must not try.
type readOnly struct{ *State }

const wrote = "the precompile wrote in a static call"

func (readOnly) SetState(aimining.Address, aimining.Hash, aimining.Hash) { panic(wrote) }
func (readOnly) SetNonce(aimining.Address, uint64)                       { panic(wrote) }
func (readOnly) SetCode(aimining.Address, []byte)                        { panic(wrote) }
func (readOnly) AddLog(aimining.Address, []aimining.Hash, []byte)        { panic(wrote) }
func (readOnly) AddBalance(aimining.Address, aimining.Uint256)           { panic(wrote) }
func (readOnly) SubBalance(aimining.Address, aimining.Uint256) bool      { panic(wrote) }
func (readOnly) AccessAccount(aimining.Address)                          { panic(wrote) }
