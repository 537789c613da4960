package chain

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"pars.network/aimining"
)

// Host is how a host differs from others.
type Host struct {
	// ChainID is of its chain configuration.
	ChainID uint64
	// Prague: calldata has a floor price (EIP-7623).
	Prague bool
	// CallCodeAsCall: CALLCODE looks like CALL to a precompile, as on luxfi/evm. Otherwise it looks like what it is.
	CallCodeAsCall bool
	// ShowsValue: precompiles see a call's value.
	ShowsValue bool
}

// Tx is a transaction to 0x…0300 with Data, or, if it has one, to a contract at Contract that does what its Script says.
type Tx struct {
	From     aimining.Address
	Value    aimining.Uint256
	Data     []byte
	Gas      uint64
	Contract aimining.Address
	Script   func(*Frame) error
}

// Receipt is what a transaction left. Output, also of a revert, is that of the outermost frame.
type Receipt struct {
	aimining.Receipt
	GasUsed uint64
	Output  []byte
	Err     error
}

// Block is a block of the chain, not to be changed.
type Block struct {
	ID        aimining.BlockID
	Parent    aimining.Hash
	Timestamp uint64
	Receipts  []Receipt
	Changes   aimining.Changes
	journal   []change
}

// Committed is the block as the ledger reads it.
func (b *Block) Committed() *aimining.CommittedBlock {
	committed := &aimining.CommittedBlock{ID: b.ID, Parent: b.Parent, Timestamp: b.Timestamp, Changes: b.Changes}
	for _, receipt := range b.Receipts {
		committed.Receipts = append(committed.Receipts, receipt.Receipt)
	}
	return committed
}

// Chain is a chain with its state after the newest block.
type Chain struct {
	Host       Host
	Precompile *aimining.Precompile
	State      *State
	Blocks     []*Block
}

// New makes block 0, with the precompile's account if it is active from genesis. alloc writes what else lies there.
func New(host Host, precompile *aimining.Precompile, timestamp uint64, alloc func(*State)) (*Chain, error) {
	c := &Chain{Host: host, Precompile: precompile, State: NewState()}
	if alloc != nil {
		alloc(c.State)
	}
	if precompile.IsActive(timestamp) {
		if err := precompile.Activate(c.State, aimining.Block{ChainID: host.ChainID, Timestamp: timestamp}); err != nil {
			return nil, err
		}
	}
	c.State.Finalise()
	c.seal(timestamp, nil, nil)
	return c, nil
}

// Head is the newest block.
func (c *Chain) Head() *Block { return c.Blocks[len(c.Blocks)-1] }

// Extend builds, executes and commits the next block. Blocks of different salt have different hashes.
func (c *Chain) Extend(timestamp uint64, salt string, txs ...Tx) (*Block, error) {
	parent := c.Head()
	if timestamp < parent.Timestamp {
		return nil, errors.New("time goes back")
	}
	number := parent.ID.Number + 1
	if c.Precompile.IsActive(timestamp) && !c.Precompile.IsActive(parent.Timestamp) {
		at := aimining.Block{ChainID: c.Host.ChainID, Number: number, Timestamp: timestamp}
		if err := c.Precompile.Activate(c.State, at); err != nil {
			return nil, err
		}
		c.State.Finalise()
	}
	receipts := make([]Receipt, len(txs))
	for i, tx := range txs {
		receipt, err := c.execute(tx, number, timestamp)
		if err != nil {
			c.State.RevertToSnapshot(0)
			c.State.transaction = 0
			return nil, fmt.Errorf("transaction %d: %w", i, err)
		}
		receipt.Transaction = digest("transaction", number, timestamp, salt, fmt.Sprint(i, tx.From), string(tx.Data))
		receipts[i] = receipt
	}
	return c.seal(timestamp, receipts, []byte(salt)), nil
}

func (c *Chain) seal(timestamp uint64, receipts []Receipt, salt []byte) *Block {
	block := &Block{Timestamp: timestamp, Receipts: receipts}
	if len(c.Blocks) > 0 {
		block.ID.Number, block.Parent = c.Head().ID.Number+1, c.Head().ID.Hash
	}
	block.ID.Hash = digest("block", block.ID.Number, timestamp, string(block.Parent[:]), string(salt), fmt.Sprint(len(receipts)))
	block.journal = c.State.seal()
	block.Changes = c.State.slotsOf(aimining.ContractAddress, block.journal)
	c.Blocks = append(c.Blocks, block)
	return block
}

// Unwind takes blocks back, newest first, until this number is the head.
func (c *Chain) Unwind(number uint64) {
	for c.Head().ID.Number > number {
		c.State.undo(c.Head().journal)
		c.Blocks = c.Blocks[:len(c.Blocks)-1]
	}
}

// digest stands for the hash that a real chain has.
func digest(what string, number, timestamp uint64, parts ...string) (hash aimining.Hash) {
	hasher := sha256.New()
	write := func(part string) {
		hasher.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		hasher.Write([]byte(part))
	}
	write(what)
	write(fmt.Sprint(number, " ", timestamp))
	for _, part := range parts {
		write(part)
	}
	hasher.Sum(hash[:0])
	return hash
}
