package aimining_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pars.network/aimining"
	"pars.network/aimining/internal/chain"
)

// source gives a follower the blocks of a chain in memory.
type source struct{ *chain.Chain }

func (s source) Tip() (aimining.BlockID, error) { return s.Head().ID, nil }

func (s source) at(number uint64) (*chain.Block, error) {
	if number >= uint64(len(s.Blocks)) {
		return nil, fmt.Errorf("the chain has no block %d", number)
	}
	return s.Blocks[number], nil
}

func (s source) Hash(number uint64) (aimining.Hash, error) {
	block, err := s.at(number)
	if err != nil {
		return aimining.Hash{}, err
	}
	return block.ID.Hash, nil
}

func (s source) Block(number uint64) (*aimining.CommittedBlock, error) {
	block, err := s.at(number)
	if err != nil {
		return nil, err
	}
	return block.Committed(), nil
}

func openLedger(t *testing.T, c *chain.Chain, folder string) *aimining.Ledger {
	t.Helper()
	ledger, err := aimining.OpenLedger(c.Precompile, folder, c.Blocks[0].ID.Hash)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ledger.Close)
	return ledger
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func status(t *testing.T, ledger *aimining.Ledger) aimining.LedgerStatus {
	t.Helper()
	status, err := ledger.Status()
	ok(t, err)
	if status.Stalled != "" {
		t.Fatal(status.Stalled)
	}
	return status
}

// rebuilt is the digest of a ledger that is made of the whole chain at once.
func rebuilt(t *testing.T, c *chain.Chain) aimining.Hash {
	t.Helper()
	ledger := openLedger(t, c, filepath.Join(t.TempDir(), "ledger"))
	defer ledger.Close()
	ok(t, aimining.NewFollower(ledger, source{c}, 64).CatchUp())
	return *status(t, ledger).Digest
}

// follows compares the ledger with the chain and with one that was made of the whole chain at once.
func follows(t *testing.T, ledger *aimining.Ledger, c *chain.Chain) {
	t.Helper()
	at := status(t, ledger)
	if at.Head == nil || *at.Head != c.Head().ID {
		t.Fatalf("the ledger is at %v, the chain at %v", at.Head, c.Head().ID)
	}
	if want := rebuilt(t, c); *at.Digest != want {
		t.Fatalf("digest %s, rebuilt %s", at.Digest, want)
	}
}

// workID is the first topic of WorkAccepted after its name.
func workID(t *testing.T, receipt chain.Receipt) aimining.Hash {
	t.Helper()
	if len(receipt.Logs) != 2 {
		t.Fatalf("%d logs: %v %x", len(receipt.Logs), receipt.Err, receipt.Output)
	}
	return receipt.Logs[1].Topics[1]
}

// work is the status of a work id.
func work(t *testing.T, ledger *aimining.Ledger, id aimining.Hash) string {
	t.Helper()
	text, err := ledger.Query(nil, "getWork", id)
	ok(t, err)
	var answer struct{ Status string }
	ok(t, json.Unmarshal(text, &answer))
	return answer.Status
}

func TestE2_TheLedgerFollowsAcceptedBlocksAndReorganisations(t *testing.T) {
	all := proofs(t)
	c := newChain(t)
	ledger := openLedger(t, c, filepath.Join(t.TempDir(), "ledger"))
	follower := aimining.NewFollower(ledger, source{c}, 64)
	ok(t, follower.Accepted(c.Blocks[0].Committed()))

	first := extend(t, c, now, "", submit(all[0]), submit(all[0]))
	ok(t, follower.Accepted(first.Committed()))
	ok(t, follower.Accepted(first.Committed())) // twice changes nothing
	second := extend(t, c, now+1, "left", chain.Tx{From: relayer, Gas: gas, Data: view("version()")}, submit(all[1]))
	ok(t, follower.Accepted(second.Committed()))
	follows(t, ledger, c)
	spent, left := workID(t, first.Receipts[0]), workID(t, second.Receipts[1])
	if work(t, ledger, spent) != "spent" || work(t, ledger, left) != "spent" {
		t.Error("accepted work is not spent")
	}

	text, err := ledger.Query(nil, "getHistory", recipient, "recipient")
	ok(t, err)
	var history struct {
		Entries []struct {
			WorkID aimining.Hash
			Reward string
		}
	}
	ok(t, json.Unmarshal(text, &history))
	if len(history.Entries) != 2 || history.Entries[0].WorkID != spent || history.Entries[0].Reward != "0x1550f7dca70000" {
		t.Errorf("%s", text)
	}

	// A deeper branch comes in one notification of its tip.
	c.Unwind(1)
	extend(t, c, now+2, "right", submit(all[2]))
	tip := extend(t, c, now+3, "right", submit(all[3]))
	ok(t, follower.Accepted(tip.Committed()))
	follows(t, ledger, c)
	if work(t, ledger, spent) != "spent" || work(t, ledger, left) != "unspent" || work(t, ledger, workID(t, tip.Receipts[0])) != "spent" {
		t.Error("a reorganisation is not followed")
	}
}

func TestE7_ALedgerIsRightAfterARestartWhereverItStands(t *testing.T) {
	all := proofs(t)
	for name, meanwhile := range map[string]func(c *chain.Chain){
		"nothing": func(*chain.Chain) {},
		"behind": func(c *chain.Chain) {
			extend(t, c, now+10, "more", submit(all[2]))
			extend(t, c, now+11, "more")
		},
		"ahead":   func(c *chain.Chain) { c.Unwind(1) },
		"genesis": func(c *chain.Chain) { c.Unwind(0) },
		"forked": func(c *chain.Chain) {
			c.Unwind(1)
			extend(t, c, now+10, "other", submit(all[3]))
		},
		"forked and behind": func(c *chain.Chain) {
			c.Unwind(0)
			for i := range 5 {
				extend(t, c, now+10, "other", submit(all[i]))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t)
			folder := filepath.Join(t.TempDir(), "ledger")
			ledger := openLedger(t, c, folder)
			extend(t, c, now, "", submit(all[0]))
			extend(t, c, now+1, "", submit(all[1]))
			ok(t, aimining.NewFollower(ledger, source{c}, 64).CatchUp())
			ledger.Close()
			meanwhile(c)
			again := openLedger(t, c, folder)
			ok(t, aimining.NewFollower(again, source{c}, 64).CatchUp())
			follows(t, again, c)
		})
	}
}

func TestE4_ABranchBelowTheFinalBlockIsRefusedAndTheChainGoesOn(t *testing.T) {
	c := newChain(t)
	ledger := openLedger(t, c, filepath.Join(t.TempDir(), "ledger"))
	follower := aimining.NewFollower(ledger, source{c}, 2)
	for i := range 5 {
		ok(t, follower.Accepted(extend(t, c, now+uint64(i), "").Committed()))
	}
	at := status(t, ledger)
	if at.Finalized == nil || at.Finalized.Number != 3 {
		t.Fatalf("final is %v", at.Finalized)
	}
	// Down to the final block it can go.
	c.Unwind(3)
	ok(t, follower.Accepted(extend(t, c, now+9, "other").Committed()))
	follows(t, ledger, c)
	// Below it cannot.
	c.Unwind(2)
	extend(t, c, now+10, "third")
	if reason := refusal(t, follower.CatchUp()); !strings.Contains(reason, "move its folder away") {
		t.Error(reason)
	}
	if after := status(t, ledger); after.Head.Number != 4 {
		t.Errorf("a refused branch moved the ledger to %v", after.Head)
	}
	if receipt := extend(t, c, now+11, "third", submit(proofs(t)[0])).Receipts[0]; !receipt.Success {
		t.Error("the chain stands still")
	}
}

func TestE5_WhatIsNotItsOwnIsRefused(t *testing.T) {
	c := newChain(t)
	folder := filepath.Join(t.TempDir(), "ledger")
	ledger := openLedger(t, c, folder)
	ok(t, ledger.Apply(c.Blocks[0].Committed()))
	block := extend(t, c, now, "", submit(proofs(t)[0]))

	if _, err := aimining.OpenLedger(c.Precompile, folder, c.Blocks[0].ID.Hash); refusal(t, err) == "" {
		t.Error("no reason")
	}
	wrong := block.Committed()
	wrong.Parent = aimining.Hash{1}
	without := block.Committed()
	without.Changes = nil
	for name, bad := range map[string]*aimining.CommittedBlock{"another parent": wrong, "no changes": without} {
		if reason := refusal(t, ledger.Apply(bad)); reason == "" {
			t.Errorf("%s: no reason", name)
		}
	}
	if reason := refusal(t, ledger.Finalize(5)); reason == "" {
		t.Error("no reason")
	}
	if reason := refusal(t, ledger.RevertTo(aimining.Hash{7})); reason == "" {
		t.Error("no reason")
	}
	for _, method := range []string{"", "getwork", "getWork"} {
		if _, err := ledger.Query(nil, method); refusal(t, err) == "" {
			t.Error("no reason")
		}
	}
	// The chain's head beside it: an answer for another block than the ledger's is unknown.
	text, err := ledger.Query(&block.ID, "getWork", workID(t, block.Receipts[0]))
	if err != nil || !strings.Contains(string(text), `"unknown"`) {
		t.Errorf("%v %s", err, text)
	}
	ok(t, ledger.Apply(block.Committed()))
	ledger.Close()
	ledger.Close()
	if err := ledger.Apply(block.Committed()); !errors.Is(err, aimining.ErrLedgerClosed) {
		t.Error(err)
	}
	if _, err := ledger.Status(); !errors.Is(err, aimining.ErrLedgerClosed) {
		t.Error(err)
	}
	if _, err := aimining.OpenLedger(c.Precompile, folder, aimining.Hash{9}); refusal(t, err) == "" {
		t.Error("no reason")
	}
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, []byte("no ledger"), 0o600))
	if _, err := aimining.OpenLedger(c.Precompile, file, c.Blocks[0].ID.Hash); refusal(t, err) == "" {
		t.Error("no reason")
	}
}

func TestE3_ReadersBesideAWriterSeeWholeBlocks(t *testing.T) {
	c := newChain(t)
	ledger := openLedger(t, c, filepath.Join(t.TempDir(), "ledger"))
	follower := aimining.NewFollower(ledger, source{c}, 64)
	ok(t, follower.CatchUp())
	block := extend(t, c, now, "", submit(proofs(t)[0]))
	id := workID(t, block.Receipts[0])
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				select {
				case <-stop:
					return
				default:
				}
				text, err := ledger.Query(nil, "getWork", id)
				var answer struct {
					Status string
					Block  struct{ Hash aimining.Hash }
				}
				if err == nil {
					err = json.Unmarshal(text, &answer)
				}
				spent := answer.Block.Hash == block.ID.Hash
				if err != nil || answer.Status == "spent" && !spent || answer.Status == "unspent" && spent {
					t.Errorf("%v %s", err, text)
					return
				}
			}
		}()
	}
	for range 100 {
		if err := ledger.Apply(block.Committed()); err != nil {
			t.Error(err)
		}
		if err := ledger.RevertTo(c.Blocks[0].ID.Hash); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	group.Wait()
	follower2 := aimining.NewFollower(ledger, source{c}, 64)
	ok(t, follower2.CatchUp())
	follows(t, ledger, c)
}

func TestE9_WithoutALedgerTheChainIsTheSame(t *testing.T) {
	all := proofs(t)
	with, without := newChain(t), newChain(t)
	folder := filepath.Join(t.TempDir(), "ledger")
	ledger := openLedger(t, with, folder)
	follower := aimining.NewFollower(ledger, source{with}, 64)
	for i, proof := range all {
		if i == 3 {
			ledger.Close() // it is gone, and nobody minds
		}
		block := extend(t, with, now+uint64(i), "", submit(proof), submit(all[0]))
		if err := follower.Accepted(block.Committed()); (i >= 3) != errors.Is(err, aimining.ErrLedgerClosed) {
			t.Error(err)
		}
		plain := extend(t, without, now+uint64(i), "", submit(proof), submit(all[0]))
		if fmt.Sprint(block.Receipts) != fmt.Sprint(plain.Receipts) {
			t.Errorf("block %d differs", i)
		}
	}
	if fmt.Sprint(with.State.Dump()) != fmt.Sprint(without.State.Dump()) {
		t.Error("the states differ")
	}
}

func TestChanges_RecordKeepsTheFirstBeforeAndTheLastAfter(t *testing.T) {
	one, two, three := aimining.Hash{31: 1}, aimining.Hash{31: 2}, aimining.Hash{31: 3}
	changes := aimining.Changes{}
	changes.Record(one, aimining.Hash{}, two)
	changes.Record(one, two, three)
	changes.Record(two, one, two)
	changes.Record(two, two, one)
	if len(changes) != 1 || changes[one] != (aimining.SlotChange{After: three}) {
		t.Error(changes)
	}
	// Gone and there again.
	changes.Record(one, three, aimining.Hash{})
	changes.Record(one, aimining.Hash{}, two)
	if changes[one] != (aimining.SlotChange{After: two}) {
		t.Error(changes)
	}
}
