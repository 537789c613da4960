package aimining

import (
	"errors"
	"fmt"
	"sync"
)

// Blocks are the blocks that a chain has accepted, by height. A host keeps them; the follower asks for what it lost.
type Blocks interface {
	// Tip is the newest.
	Tip() (BlockID, error)
	// Hash is that of the accepted block of a height up to the tip's.
	Hash(number uint64) (Hash, error)
	// Block is that block as the ledger reads it. Its changes can be had from the states of its parent and of itself at the
	// slots that its calls wrote (SetState names them), or from a prestate tracer in diff mode.
	Block(number uint64) (*CommittedBlock, error)
}

// Follower keeps a ledger at the tip of a chain. It never holds up the chain: whatever it answers, the block stands, and
// the next call tries again from where the ledger is. A host calls it beside the acceptance of blocks, not within.
type Follower struct {
	ledger *Ledger
	blocks Blocks
	// finality is how far below the tip blocks are final for the ledger.
	finality uint64
	turn     sync.Mutex
}

// NewFollower makes one. finality is the distance below the tip from which on the ledger drops what it needs to take blocks
// back. It covers what a chain can take back and what a crash can cost it of its own tail: not 0 where blocks are accepted
// for good, either; 64 does.
func NewFollower(ledger *Ledger, blocks Blocks, finality uint64) *Follower {
	return &Follower{ledger: ledger, blocks: blocks, finality: finality}
}

// Accepted tells the ledger of the chain's new tip. A block that does not follow the ledger's head makes it catch up: so
// do blocks that were missed, and those of another branch.
func (f *Follower) Accepted(block *CommittedBlock) error {
	f.turn.Lock()
	defer f.turn.Unlock()
	err := f.ledger.Apply(block)
	if err == nil {
		return f.finalize(block.ID.Number)
	}
	var missed *RefusedError
	if !errors.As(err, &missed) {
		return err
	}
	return f.catchUp()
}

// CatchUp brings the ledger to the tip of the chain: after a restart, whichever of the two is ahead.
func (f *Follower) CatchUp() error {
	f.turn.Lock()
	defer f.turn.Unlock()
	return f.catchUp()
}

func (f *Follower) catchUp() error {
	tip, err := f.blocks.Tip()
	if err != nil {
		return err
	}
	next, err := f.unwind(tip)
	if err != nil {
		return err
	}
	for ; next <= tip.Number; next++ {
		block, err := f.blocks.Block(next)
		if err != nil {
			return err
		}
		if err := f.ledger.Apply(block); err != nil {
			return fmt.Errorf("block %d: %w", next, err)
		}
	}
	return f.finalize(tip.Number)
}

// unwind takes the ledger back to the newest block that it shares with the chain, and gives the height after it.
func (f *Follower) unwind(tip BlockID) (uint64, error) {
	status, err := f.ledger.Status()
	if err != nil {
		return 0, err
	}
	if status.Stalled != "" {
		return 0, &FatalError{Reason: status.Stalled}
	}
	if status.Head == nil {
		return 0, nil
	}
	for number := min(status.Head.Number, tip.Number); ; number-- {
		hash, err := f.blocks.Hash(number)
		if err != nil {
			return 0, err
		}
		err = f.ledger.RevertTo(hash)
		var foreign *RefusedError
		if err == nil {
			return number + 1, nil
		} else if !errors.As(err, &foreign) {
			return 0, err
		}
		if number == 0 || status.Finalized != nil && number <= status.Finalized.Number {
			return 0, refused("the ledger's blocks up to %d, which it takes for final, are not those of this chain: move its folder away, and it is built again", number)
		}
	}
}

func (f *Follower) finalize(tip uint64) error {
	if tip < f.finality {
		return nil
	}
	return f.ledger.Finalize(tip - f.finality)
}
