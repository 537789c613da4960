package aimining_test

import (
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"pars.network/aimining"
	"pars.network/aimining/internal/chain"
)

var errContract = errors.New("the contract reverts")

func TestB1_SubmissionsInsideRevertsLeaveNoTrace(t *testing.T) {
	all := proofs(t)
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewSource(seed))
	for range 40 {
		c := newChain(t)
		plain := newChain(t)
		var kept [][]byte
		// Random nesting: a part that fails takes everything inside it along.
		var part func(f *chain.Frame, depth int, alive bool, left *[][]byte) error
		part = func(f *chain.Frame, depth int, alive bool, left *[][]byte) error {
			for range 1 + random.Intn(3) {
				if len(*left) == 0 {
					return nil
				}
				if depth < 3 && random.Intn(2) == 0 {
					fails := random.Intn(2) == 0
					_ = f.Try(func() error {
						err := part(f, depth+1, alive && !fails, left)
						if fails {
							return errContract
						}
						return err
					})
					continue
				}
				proof := (*left)[0]
				*left = (*left)[1:]
				if ret, _, err := f.Call(chain.Call, aimining.Uint256{}, proof, gas); err != nil {
					t.Fatalf("%v %x", err, ret)
				}
				if alive {
					kept = append(kept, proof)
				}
			}
			return nil
		}
		left := append([][]byte(nil), all...)
		block := extend(t, c, now, "", chain.Tx{From: relayer, Contract: contract, Gas: gas, Script: func(f *chain.Frame) error {
			return part(f, 0, true, &left)
		}})
		reference := extend(t, plain, now, "", chain.Tx{From: relayer, Contract: contract, Gas: gas, Script: func(f *chain.Frame) error {
			for _, proof := range kept {
				if _, _, err := f.Call(chain.Call, aimining.Uint256{}, proof, gas); err != nil {
					return err
				}
			}
			return nil
		}})
		if !reference.Receipts[0].Success || !block.Receipts[0].Success {
			t.Fatal(reference.Receipts[0].Err, block.Receipts[0].Err)
		}
		if !reflect.DeepEqual(c.State.Dump(), plain.State.Dump()) {
			t.Fatalf("%d kept proofs: the states differ", len(kept))
		}
		if !sameLogs(block.Receipts[0].Logs, reference.Receipts[0].Logs) || len(block.Receipts[0].Logs) != 2*len(kept) {
			t.Fatalf("%d logs of %d kept proofs", len(block.Receipts[0].Logs), len(kept))
		}
	}
}

func TestB3_EveryGasLimitSucceedsWholeOrLeavesNothing(t *testing.T) {
	c := newChain(t)
	proof, cost := proofs(t)[0], uint64(309_139)
	before := c.State.Dump()
	limits := []uint64{0, 1, 2_300, cost - 1, cost, cost + 1, 2 * cost}
	for limit := uint64(0); limit < cost; limit += 1_009 {
		limits = append(limits, limit)
	}
	for _, limit := range limits {
		call := callAt(c, relayer)
		call.Gas, call.BlockTimestamp = limit, now
		snapshot := c.State.Snapshot()
		_, left, err := c.Precompile.Run(c.State, call, proof)
		switch {
		case limit < cost && (!errors.Is(err, aimining.ErrOutOfGas) || left != 0):
			t.Errorf("%d gas: %v, %d left", limit, err, left)
		case limit >= cost && (err != nil || left != limit-cost):
			t.Errorf("%d gas: %v, %d left", limit, err, left)
		}
		c.State.RevertToSnapshot(snapshot)
		if !reflect.DeepEqual(before, c.State.Dump()) {
			t.Fatalf("%d gas: a trace is left", limit)
		}
	}
}

// failing is a state whose database breaks after so many calls of it.
type failing struct {
	*chain.State
	left int
	// sticky: it answers zeros and remembers, as go-ethereum's StateDB does; otherwise it panics.
	sticky bool
	err    error
}

var errDisk = errors.New("injected disk failure")

func (f *failing) broken() bool {
	if f.left--; f.left >= 0 {
		return false
	}
	if !f.sticky {
		panic(errDisk)
	}
	f.err = errDisk
	return true
}

func (f *failing) GetState(a aimining.Address, slot aimining.Hash) aimining.Hash {
	if f.broken() {
		return aimining.Hash{}
	}
	return f.State.GetState(a, slot)
}

func (f *failing) SetState(a aimining.Address, slot, value aimining.Hash) {
	if !f.broken() {
		f.State.SetState(a, slot, value)
	}
}

func (f *failing) GetNonce(a aimining.Address) uint64 {
	if f.broken() {
		return 0
	}
	return f.State.GetNonce(a)
}

func (f *failing) GetBalance(a aimining.Address) aimining.Uint256 {
	if f.broken() {
		return aimining.Uint256{}
	}
	return f.State.GetBalance(a)
}

func (f *failing) AddLog(a aimining.Address, topics []aimining.Hash, data []byte) {
	if !f.broken() {
		f.State.AddLog(a, topics, data)
	}
}

func (f *failing) Error() error { return f.err }

func TestB4_ABrokenStateStopsTheNodeAndIsNeverAnAnswer(t *testing.T) {
	proof := proofs(t)[0]
	for _, sticky := range []bool{false, true} {
		survived := false
		fatal := 0
		for n := 0; !survived; n++ {
			c := newChain(t)
			call := callAt(c, relayer)
			call.BlockTimestamp = now
			state := &failing{State: c.State, left: n, sticky: sticky}
			if n < 200 {
				// Each access of a proof in turn, until it needs no more.
				probe := &failing{State: c.State, left: n}
				func() {
					snapshot := c.State.Snapshot()
					defer c.State.RevertToSnapshot(snapshot)
					defer func() { _ = recover() }()
					_, _, err := c.Precompile.Run(probe, call, proof)
					survived = err == nil
				}()
			}
			if survived {
				break
			}
			err := fatalOf(t, func() {
				ret, _, err := c.Precompile.Run(state, call, proof)
				t.Errorf("access %d: an answer: %v %x", n, err, ret)
			})
			fatal++
			if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "node must stop") {
				t.Fatalf("access %d: %v", n, err)
			}
			if !sticky && !strings.Contains(string(err.Stack), "broken") {
				t.Fatalf("access %d: the stack is not the host's: %s", n, err.Stack)
			}
		}
		t.Logf("sticky %v: each of %d accesses was fatal", sticky, fatal)
		if fatal < 30 {
			t.Errorf("only %d accesses", fatal)
		}
	}
}

func TestB4_AFatalEndLeavesThePackageSound(t *testing.T) {
	c := newChain(t)
	proof := proofs(t)[0]
	call := callAt(c, relayer)
	call.BlockTimestamp = now
	for n := range 200 {
		func() {
			snapshot := c.State.Snapshot()
			defer c.State.RevertToSnapshot(snapshot)
			defer func() { _ = recover() }()
			_, _, _ = c.Precompile.Run(&failing{State: c.State, left: n % 20}, call, proof)
		}()
	}
	if receipt := extend(t, c, now, "", submit(proof)).Receipts[0]; !receipt.Success {
		t.Errorf("%v %x", receipt.Err, receipt.Output)
	}
}

func TestB4_AnImpossibleSlotIsFatal(t *testing.T) {
	c := newChain(t)
	epochStart := aimining.Hash{31: 9} // of 64 bits
	c.State.SetState(aimining.ContractAddress, epochStart, aimining.Hash{0: 1})
	for name, data := range map[string][]byte{"proof": proofs(t)[0], "epochInfo": view("epochInfo()")} {
		call := callAt(c, relayer)
		call.BlockTimestamp = now
		err := fatalOf(t, func() {
			ret, _, err := c.Precompile.Run(c.State, call, data)
			t.Errorf("%s: an answer: %v %x", name, err, ret)
		})
		if !strings.Contains(err.Error(), "impossible value") || err.Cause != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestB4_ActivationOnABrokenStateIsFatal(t *testing.T) {
	for _, n := range []int{0, 1, 5, 20} {
		err := fatalOf(t, func() {
			err := parse(t, hostConfig(t)).Activate(&failing{State: chain.NewState(), left: n}, aimining.Block{ChainID: chainID})
			t.Errorf("%d accesses: %v", n, err)
		})
		if !errors.Is(err, errDisk) {
			t.Error(err)
		}
	}
}

func TestC9_AnotherChainThanTheConfigurationsIsFatal(t *testing.T) {
	c := newChain(t)
	call := callAt(c, relayer)
	call.ChainID = 1
	err := fatalOf(t, func() {
		_, _, err := c.Precompile.Run(c.State, call, view("version()"))
		t.Errorf("an answer: %v", err)
	})
	if text := err.Error(); !strings.Contains(text, "chain 1") || !strings.Contains(text, fmt.Sprint(chainID)) {
		t.Error(text)
	}
	if _, err := chain.New(chain.Host{ChainID: 6134}, c.Precompile, now, nil); err == nil {
		t.Error("genesis of another chain is accepted")
	}
}

func TestA4_NativeCoinsBeyond256BitsAreRefusedAndLeaveNothing(t *testing.T) {
	c := newChain(t)
	most, _ := aimining.Uint256{}.Sub(number(1))
	c.State.AddBalance(recipient, most)
	c.State.Finalise()
	before := c.State.Dump()[aimining.ContractAddress]
	receipt := extend(t, c, now, "", submit(proofs(t)[0])).Receipts[0]
	if receipt.Success || !isError(receipt.Output, "ArithmeticOverflow()") {
		t.Errorf("%v %x", receipt.Err, receipt.Output)
	}
	untouched(t, c, before)
	if c.State.GetBalance(recipient) != most {
		t.Error("the balance changed")
	}
}
