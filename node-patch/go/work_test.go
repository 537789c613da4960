package aimining_test

import (
	"bytes"
	"reflect"
	"testing"

	"pars.network/aimining"
	"pars.network/aimining/internal/chain"
)

func TestI1_AProofIsPaidOnceAcrossBlocksAndRelayers(t *testing.T) {
	c := newChain(t)
	proof := proofs(t)[0]
	first := extend(t, c, now, "", submit(proof), submit(proof))
	if !first.Receipts[0].Success || first.Receipts[1].Success || !isError(first.Receipts[1].Output, "WorkAlreadySpent(bytes32)") {
		t.Fatalf("%x, then %x", first.Receipts[0].Output, first.Receipts[1].Output)
	}
	reward := aimining.Uint256FromWord(aimining.Hash(first.Receipts[0].Output))
	copied := submit(proof)
	copied.From = address(0xbad)
	second := extend(t, c, now+1, "", copied)
	if second.Receipts[0].Success || !isError(second.Receipts[0].Output, "WorkAlreadySpent(bytes32)") {
		t.Errorf("the next block pays again: %x", second.Receipts[0].Output)
	}
	if got := balance(t, c, recipient); got != reward || reward.IsZero() {
		t.Errorf("balance %v, reward %v", got, reward)
	}
	if got := c.State.GetBalance(recipient); got.IsZero() {
		t.Error("no native coins")
	}
}

func TestH5_ACopiedProofPaysTheRecipient(t *testing.T) {
	c := newChain(t)
	thief := address(0xbad)
	tx := submit(proofs(t)[0])
	tx.From = thief
	if receipt := extend(t, c, now, "", tx).Receipts[0]; !receipt.Success {
		t.Fatalf("%v %x", receipt.Err, receipt.Output)
	}
	if !balance(t, c, thief).IsZero() || balance(t, c, recipient).IsZero() || !c.State.GetBalance(thief).IsZero() {
		t.Error("the one who copied is paid")
	}
}

func TestI1_AReorganisationForgetsExactlyWhatLeft(t *testing.T) {
	all := proofs(t)
	c, plain := newChain(t), newChain(t)
	for i, proof := range all[:2] {
		extend(t, c, now+uint64(i), "main", submit(proof))
		extend(t, plain, now+uint64(i), "main", submit(proof))
	}
	common := c.State.Dump()
	for depth := 1; depth <= 2; depth++ {
		for i, proof := range all[2 : 2+depth] {
			if receipt := extend(t, c, now+10+uint64(i), "left", submit(proof)).Receipts[0]; !receipt.Success {
				t.Fatalf("%x", receipt.Output)
			}
		}
		c.Unwind(2)
		if !reflect.DeepEqual(common, c.State.Dump()) {
			t.Fatalf("depth %d: the state is not the one before", depth)
		}
	}
	// What stayed is spent, what left is not.
	block := extend(t, c, now+20, "right", submit(all[0]), submit(all[2]), submit(all[1]), submit(all[3]))
	for i, paid := range []bool{false, true, false, true} {
		if block.Receipts[i].Success != paid {
			t.Errorf("proof %d: paid %v: %x", i, block.Receipts[i].Success, block.Receipts[i].Output)
		}
	}
	// The branch gives what a chain gives that never had another.
	straight := extend(t, plain, now+20, "right", submit(all[0]), submit(all[2]), submit(all[1]), submit(all[3]))
	if !reflect.DeepEqual(c.State.Dump(), plain.State.Dump()) || !reflect.DeepEqual(block.Receipts, straight.Receipts) {
		t.Error("a branch after a reorganisation differs from the same chain without one")
	}
}

func TestI2_ResultsFollowTheStateAndNotTheCalldata(t *testing.T) {
	c := newChain(t)
	proof := proofs(t)[0]
	data := view("miningBalance(address)", addressWord(recipient))
	before := ask(t, c, data)
	extend(t, c, now, "", submit(proof))
	after := ask(t, c, data)
	c.Unwind(0)
	if bytes.Equal(before, after) || !bytes.Equal(before, ask(t, c, data)) {
		t.Errorf("%x, %x, %x", before, after, ask(t, c, data))
	}
}

func TestI4_NoCalldataIsFatal(t *testing.T) {
	c := newChain(t)
	for signature, data := range everySelector(t) {
		for length := 0; length <= len(data); length += 1 + length/16 {
			for _, fill := range []byte{0, 0xff} {
				input := append(append([]byte(nil), data[:length]...), bytes.Repeat([]byte{fill}, 97)...)
				receipt := extend(t, c, now, "", chain.Tx{From: relayer, Data: input, Gas: gas}).Receipts[0]
				if receipt.Err == nil && length > 4 && signature != "submitWorkProof(bytes,bytes)" {
					t.Errorf("%s: %d bytes of rubbish succeed", signature, length)
				}
			}
		}
	}
}
