package aimining_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"

	"pars.network/aimining"
	"pars.network/aimining/internal/chain"
)

func TestVersion(t *testing.T) {
	if aimining.Version() == "" {
		t.Error("no version")
	}
}

func TestI1_ManyGoroutinesOnOnePrecompileGiveWhatOneGives(t *testing.T) {
	all := proofs(t)
	precompile := parse(t, hostConfig(t))
	run := func() (string, error) {
		c, err := chain.New(luxHost, precompile, now-1_000, nil)
		if err != nil {
			return "", err
		}
		for i, proof := range all {
			if _, err := c.Extend(now+uint64(i), "", submit(proof), submit(proof)); err != nil {
				return "", err
			}
		}
		return fmt.Sprint(c.State.Dump(), c.Head().Receipts[0].GasUsed), nil
	}
	want, err := run()
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 16 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 4 {
				got, err := run()
				if err != nil || got != want {
					t.Errorf("a goroutine got another state: %v", err)
				}
				// Calls that panic beside those that do not.
				func() {
					defer func() { _ = recover() }()
					call := aimining.Call{RunningAs: aimining.ContractAddress, Gas: gas, ChainID: chainID, BlockTimestamp: now}
					_, _, _ = precompile.Run(&failing{State: chain.NewState()}, call, all[0])
				}()
				runtime.Gosched()
			}
		}()
	}
	group.Wait()
}

// A state may itself run a call of the precompile: frames are one for each call.
func TestNestedCallsKeepTheirOwnFrames(t *testing.T) {
	c := newChain(t)
	extend(t, c, now, "", submit(proofs(t)[0]))
	call := callAt(c, relayer)
	data := view("miningBalance(address)", addressWord(recipient))
	want := ask(t, c, data)
	inner := 0
	outer := &nesting{State: c.State, run: func() {
		inner++
		if ret, _, err := c.Precompile.Run(c.State, call, view("version()")); err != nil || len(ret) != 32 {
			panic(fmt.Sprint(err, ret))
		}
	}}
	ret, _, err := c.Precompile.Run(outer, call, data)
	if err != nil || inner == 0 || !bytes.Equal(ret, want) {
		t.Errorf("%v, %d calls inside, %x", err, inner, ret)
	}
}

type nesting struct {
	*chain.State
	run func()
}

func (n *nesting) GetState(a aimining.Address, slot aimining.Hash) aimining.Hash {
	n.run()
	return n.State.GetState(a, slot)
}

// resident is the memory of this process in bytes.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("NOT RUN: this system has no /proc/self/statm: %v", err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

func TestCallsLeakNothing(t *testing.T) {
	calls := 1_000_000
	if testing.Short() {
		calls = 100_000
	}
	c := newChain(t)
	extend(t, c, now, "", submit(proofs(t)[0]))
	call := callAt(c, relayer)
	inputs := [][]byte{
		view("miningBalance(address)", addressWord(recipient)), // a result
		proofs(t)[0],      // a revert
		view("version()"), // no callback
		nil,
	}
	run := func(n int) {
		for i := range n {
			_, _, _ = c.Precompile.Run(c.State, call, inputs[i%len(inputs)])
		}
		runtime.GC()
	}
	run(calls / 10)
	before := resident(t)
	run(calls)
	grown := resident(t) - before
	t.Logf("%d calls: %+d KiB", calls, grown/1024)
	// A leak of 40 bytes a call would show: five times as much.
	if limit := max(calls*8, 4<<20); grown > limit {
		t.Errorf("%d bytes more after %d calls", grown, calls)
	}
}

func TestHandlesLeakNothing(t *testing.T) {
	handles := 20_000
	if testing.Short() {
		handles = 4_000
	}
	config := hostConfig(t)
	run := func(n int) {
		for i := range n {
			if _, err := aimining.ParseConfig(config); err != nil {
				t.Fatal(err)
			}
			if i%500 == 0 {
				runtime.GC()
			}
		}
		runtime.GC()
		runtime.GC()
	}
	run(handles / 4)
	before := resident(t)
	run(handles)
	grown := resident(t) - before
	t.Logf("%d handles: %+d KiB", handles, grown/1024)
	if grown > 8<<20 {
		t.Errorf("%d bytes more after %d handles", grown, handles)
	}
}

func TestCallsAllocateLittle(t *testing.T) {
	c := newChain(t)
	call := callAt(c, relayer)
	data := view("miningBalance(address)", addressWord(recipient))
	allocations := testing.AllocsPerRun(1_000, func() {
		if _, _, err := c.Precompile.Run(c.State, call, data); err != nil {
			t.Fatal(err)
		}
	})
	// The result is one.
	if allocations > 1 {
		t.Errorf("%v allocations a call", allocations)
	}
}

// No state: what the crossing costs.
func BenchmarkCrossing(b *testing.B) {
	precompile := parse(b, hostConfig(b))
	call := aimining.Call{RunningAs: relayer, Caller: recipient, Gas: gas, ChainID: chainID, BlockTimestamp: now}
	state := chain.NewState()
	data := view("version()")
	b.ReportAllocs()
	for range b.N {
		_, _, _ = precompile.Run(state, call, data)
	}
}

func benchmarkView(b *testing.B, data []byte) {
	c := newChain(b)
	call := callAt(c, relayer)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, _, err := c.Precompile.Run(c.State, call, data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVersion(b *testing.B) { benchmarkView(b, view("version()")) }

func BenchmarkMiningBalance(b *testing.B) {
	benchmarkView(b, view("miningBalance(address)", addressWord(recipient)))
}

func BenchmarkEpochInfo(b *testing.B) { benchmarkView(b, view("epochInfo()")) }

// countReads counts the callbacks of a call.
type countReads struct {
	*chain.State
	reads int
}

func (s *countReads) GetState(a aimining.Address, slot aimining.Hash) aimining.Hash {
	s.reads++
	return s.State.GetState(a, slot)
}

func BenchmarkSubmitWorkProof(b *testing.B) {
	c := newChain(b)
	call := callAt(c, relayer)
	call.BlockTimestamp = now
	proof := proofs(b)[0]
	count := &countReads{State: c.State}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		snapshot := c.State.Snapshot()
		if _, _, err := c.Precompile.Run(count, call, proof); err != nil {
			b.Fatal(err)
		}
		c.State.RevertToSnapshot(snapshot)
	}
	b.ReportMetric(float64(count.reads)/float64(b.N), "reads/op")
}
