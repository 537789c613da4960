package aimining

// #include "bridge.h"
import "C"

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// BlockID is a block, by number and hash.
type BlockID struct {
	Number uint64 `json:"number"`
	Hash   Hash   `json:"hash"`
}

func (id BlockID) String() string { return fmt.Sprintf("%d (%s)", id.Number, id.Hash) }

// Log is a log of any address.
type Log struct {
	Address Address
	Topics  []Hash
	Data    []byte
}

// MarshalJSON gives {address, topics, data}.
func (l Log) MarshalJSON() ([]byte, error) {
	topics := l.Topics
	if topics == nil {
		topics = []Hash{} // never null
	}
	return json.Marshal(struct {
		Address Address `json:"address"`
		Topics  []Hash  `json:"topics"`
		Data    string  `json:"data"`
	}{l.Address, topics, fmt.Sprintf("%#x", l.Data)})
}

// Receipt is what a transaction left.
type Receipt struct {
	// Transaction is its hash.
	Transaction Hash `json:"transaction"`
	// Success: it did not revert or halt.
	Success bool `json:"success"`
	// Logs are all of them, of every address: the ledger counts log indices here.
	Logs []Log `json:"logs"`
}

// SlotChange is a slot before and after a block.
type SlotChange struct {
	Before, After Hash
}

// Changes are the slots of 0x…0300 that a block changed.
type Changes map[Hash]SlotChange

// Record adds what a later part of the block did to a slot. Parts are given in their order; a slot that ends as it began
// is no change.
func (c Changes) Record(slot, before, after Hash) {
	if earlier, known := c[slot]; known {
		before = earlier.Before
	}
	if before == after {
		delete(c, slot)
		return
	}
	c[slot] = SlotChange{before, after}
}

// CommittedBlock is a block that the chain has accepted, as far as the ledger reads it.
type CommittedBlock struct {
	ID BlockID
	// Parent is its parent's hash; of block 0 whatever its header says.
	Parent    Hash
	Timestamp uint64
	// Receipts: one for each transaction, in order.
	Receipts []Receipt
	// Changes: slots of 0x…0300 that differ between the parent's state and this block's. Of block 0 its whole storage, from
	// zero.
	Changes Changes
}

// MarshalJSON gives the library's form.
func (b *CommittedBlock) MarshalJSON() ([]byte, error) {
	type change struct {
		Before string `json:"before"`
		After  string `json:"after"`
	}
	changes := make(map[string]change, len(b.Changes))
	for slot, values := range b.Changes {
		changes[trimmed(slot)] = change{trimmed(values.Before), trimmed(values.After)}
	}
	receipts := make([]Receipt, len(b.Receipts))
	for i, receipt := range b.Receipts {
		if receipt.Logs == nil {
			receipt.Logs = []Log{}
		}
		receipts[i] = receipt
	}
	return json.Marshal(struct {
		ID        BlockID           `json:"id"`
		Parent    Hash              `json:"parent"`
		Timestamp uint64            `json:"timestamp"`
		Receipts  []Receipt         `json:"receipts"`
		Changes   map[string]change `json:"changes"`
	}{b.ID, b.Parent, b.Timestamp, receipts, changes})
}

// trimmed is a word as a number in hex, without leading zeros.
func trimmed(word Hash) string {
	text := word.String()
	at := 2
	for at < len(text)-1 && text[at] == '0' {
		at++
	}
	return "0x" + text[at:]
}

// Ledger is the history of a chain's accepted blocks on disk: who was paid what, when. It decides nothing; lost or late,
// it changes no answer of the precompile. Any number of goroutines may use it.
//
// Errors of its methods are [*RefusedError], when the ledger stands as before, and [*FatalError], when it cannot go on;
// the chain goes on in either case. After Close it is [ErrLedgerClosed].
type Ledger struct {
	// Held for writing by Close alone: the library locks by itself.
	open   sync.RWMutex
	handle *C.pars_ledger
}

// ErrLedgerClosed says that the ledger was closed.
var ErrLedgerClosed = errors.New("the ledger is closed")

// OpenLedger opens the ledger of a chain in a folder of its own, or makes one. One process at a time has it open.
func OpenLedger(precompile *Precompile, path string, genesis Hash) (*Ledger, error) {
	f := newFrame(nil)
	defer f.release()
	defer runtime.KeepAlive(precompile)
	folder := []byte(path)
	handle := C.pars_go_ledger_open(precompile.handle, pointer(folder), C.size_t(len(folder)), pointer(genesis[:]), f.context())
	if handle == nil {
		return nil, &RefusedError{Reason: string(f.text)}
	}
	return &Ledger{handle: handle}, nil
}

// Close waits for the calls under way and closes the ledger. Again, it does nothing.
func (l *Ledger) Close() {
	l.open.Lock()
	defer l.open.Unlock()
	if l.handle != nil {
		C.pars_ledger_close(l.handle)
		l.handle = nil
	}
}

// do runs a call of the library on the open ledger and gives what the sink got.
func (l *Ledger) do(call func(sink C.uintptr_t) C.int32_t) ([]byte, error) {
	l.open.RLock()
	defer l.open.RUnlock()
	if l.handle == nil {
		return nil, ErrLedgerClosed
	}
	f := newFrame(nil)
	defer f.release()
	status := call(f.context())
	if status == C.PARS_MISUSE {
		// A block or a question that cannot be read: the ledger stands as before.
		status = C.PARS_REFUSED
	}
	if err := f.answer(status); err != nil {
		return nil, err
	}
	return f.text, nil
}

// Apply makes the child of the ledger's head its new head; block 0 comes first. On disk when it returns. The block that
// is the head already changes nothing.
func (l *Ledger) Apply(block *CommittedBlock) error {
	text, err := json.Marshal(block)
	if err != nil {
		return err
	}
	_, err = l.do(func(sink C.uintptr_t) C.int32_t {
		return C.pars_go_ledger_apply(l.handle, pointer(text), C.size_t(len(text)), sink)
	})
	return err
}

// RevertTo takes back the blocks above the one with this hash.
func (l *Ledger) RevertTo(hash Hash) error {
	_, err := l.do(func(sink C.uintptr_t) C.int32_t {
		return C.pars_go_ledger_revert_to(l.handle, pointer(hash[:]), sink)
	})
	return err
}

// Finalize says that the blocks up to this number are never taken back.
func (l *Ledger) Finalize(number uint64) error {
	_, err := l.do(func(sink C.uintptr_t) C.int32_t {
		return C.pars_go_ledger_finalize(l.handle, C.uint64_t(number), sink)
	})
	return err
}

// Query asks what the RPC method aimining_… answers: Query(nil, "getWork", id). With the chain's head the answer holds for
// that block or says that it is unknown; with nil it holds for the ledger's own, which it names.
func (l *Ledger) Query(head *BlockID, method string, params ...any) (json.RawMessage, error) {
	if params == nil {
		params = []any{} // never null
	}
	request, err := json.Marshal(struct {
		Method string   `json:"method"`
		Params []any    `json:"params"`
		Head   *BlockID `json:"head,omitempty"`
	}{method, params, head})
	if err != nil {
		return nil, err
	}
	return l.do(func(sink C.uintptr_t) C.int32_t {
		return C.pars_go_ledger_query(l.handle, pointer(request), C.size_t(len(request)), sink)
	})
}

// LedgerStatus is where a ledger stands.
type LedgerStatus struct {
	// Head is its newest block, Finalized the newest that it never takes back; nil before block 0.
	Head, Finalized *BlockID
	// Digest is over everything up to the head: ledgers with equal digests hold the same.
	Digest *Hash
	// Stalled says why it takes no blocks; empty if it does.
	Stalled string
}

// Status tells where the ledger stands.
func (l *Ledger) Status() (LedgerStatus, error) {
	text, err := l.Query(nil, "syncStatus")
	if err != nil {
		return LedgerStatus{}, err
	}
	type block struct {
		Number quantity `json:"number"`
		Hash   Hash     `json:"hash"`
	}
	var answer struct {
		Status    string
		Reason    *string
		Head      *block `json:"ledgerHead"`
		Finalized *block `json:"ledgerFinalized"`
		Digest    *Hash
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return LedgerStatus{}, &FatalError{Reason: "the library's answer cannot be read", Cause: err}
	}
	id := func(at *block) *BlockID {
		if at == nil {
			return nil
		}
		return &BlockID{uint64(at.Number), at.Hash}
	}
	status := LedgerStatus{Head: id(answer.Head), Finalized: id(answer.Finalized), Digest: answer.Digest}
	if answer.Status != "following" && answer.Reason != nil {
		status.Stalled = *answer.Reason
	}
	return status, nil
}
