package subnetevm

import (
	"fmt"
	"sync"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/core/vm"
	"github.com/ava-labs/libevm/log"
	"github.com/ava-labs/subnet-evm/core"
	"github.com/ava-labs/subnet-evm/params"
	"pars.network/aimining"
)

// finality is what the ledger keeps so that it can take blocks back: accepted blocks are final, but a crash can cost a node the
// last ones that it wrote.
const finality = 64

// Blocks are the accepted blocks of a chain as the ledger reads them: receipts from the chain, changed slots from the storage
// tries of a block and its parent.
//
// Both states must be there. A node that prunes has those of its last blocks, so it can keep a ledger up to date and not make one
// of an old chain: for that it runs once with pruning off ("pruning-enabled": false).
type Blocks struct{ chain *core.BlockChain }

var _ aimining.Blocks = Blocks{}

// NewBlocks reads a chain.
func NewBlocks(chain *core.BlockChain) Blocks { return Blocks{chain} }

// Tip is the last block whose acceptance is processed.
func (b Blocks) Tip() (aimining.BlockID, error) {
	block := b.chain.LastAcceptedBlock()
	return aimining.BlockID{Number: block.NumberU64(), Hash: aimining.Hash(block.Hash())}, nil
}

// Hash is that of an accepted block.
func (b Blocks) Hash(number uint64) (aimining.Hash, error) {
	hash := b.chain.GetCanonicalHash(number)
	if hash == (common.Hash{}) {
		return aimining.Hash{}, fmt.Errorf("the chain has no block %d", number)
	}
	return aimining.Hash(hash), nil
}

// Block is an accepted block.
func (b Blocks) Block(number uint64) (*aimining.CommittedBlock, error) {
	block := b.chain.GetBlockByNumber(number)
	if block == nil {
		return nil, fmt.Errorf("the chain has no block %d", number)
	}
	committed := &aimining.CommittedBlock{
		ID:        aimining.BlockID{Number: number, Hash: aimining.Hash(block.Hash())},
		Parent:    aimining.Hash(block.ParentHash()),
		Timestamp: block.Time(),
	}
	receipts := b.chain.GetReceiptsByHash(block.Hash())
	if len(receipts) != len(block.Transactions()) {
		return nil, fmt.Errorf("block %d has %d transactions, and the chain %d receipts of it", number, len(block.Transactions()), len(receipts))
	}
	for i, receipt := range receipts {
		committed.Receipts = append(committed.Receipts, ledgerReceipt(block.Transactions()[i].Hash(), receipt))
	}
	changes, err := b.changes(block)
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", number, err)
	}
	committed.Changes = changes
	return committed, nil
}

func ledgerReceipt(transaction common.Hash, receipt *types.Receipt) aimining.Receipt {
	converted := aimining.Receipt{Transaction: aimining.Hash(transaction), Success: receipt.Status == types.ReceiptStatusSuccessful}
	for _, log := range receipt.Logs {
		topics := make([]aimining.Hash, len(log.Topics))
		for i, topic := range log.Topics {
			topics[i] = aimining.Hash(topic)
		}
		converted.Logs = append(converted.Logs, aimining.Log{Address: aimining.Address(log.Address), Topics: topics, Data: log.Data})
	}
	return converted
}

// changes are the slots that a block changed; of block 0 all it has.
func (b Blocks) changes(block *types.Block) (aimining.Changes, error) {
	before := types.EmptyRootHash
	if number := block.NumberU64(); number > 0 {
		parent := b.chain.GetHeader(block.ParentHash(), number-1)
		if parent == nil {
			return nil, fmt.Errorf("the chain has not its parent %s", block.ParentHash())
		}
		before = parent.Root
	}
	hashed, err := changedSlots(b.chain.StateCache(), before, block.Root())
	if err != nil {
		return nil, fmt.Errorf("its changes cannot be read, pruned maybe: %w", err)
	}
	changes := make(aimining.Changes, len(hashed))
	executed := false
	for hash, change := range hashed {
		slot, known := slots.Get(hash)
		if !known && !executed {
			if err := b.execute(block); err != nil {
				return nil, err
			}
			executed = true
			slot, known = slots.Get(hash)
		}
		if !known {
			return nil, fmt.Errorf("the slot with the hash %s changed, and no execution of the block writes it", hash)
		}
		changes.Record(aimining.Hash(slot), aimining.Hash(change.before), aimining.Hash(change.after))
	}
	return changes, nil
}

// execute makes the process know the slots that a block writes.
func (b Blocks) execute(block *types.Block) error {
	if block.NumberU64() == 0 {
		config := ConfigOf(b.chain.Config())
		if config == nil {
			return nil
		}
		account, err := config.Precompile().Account(chainID(b.chain.Config()))
		for slot := range account.Storage {
			remember(common.Hash(slot))
		}
		return err
	}
	parent := b.chain.GetHeader(block.ParentHash(), block.NumberU64()-1)
	state, err := b.chain.StateAt(parent.Root)
	if err != nil {
		return err
	}
	_, _, _, err = b.chain.Processor().Process(block, parent, state, vm.Config{})
	return err
}

// ConfigOf is a chain's parsAiMiningConfig, from its genesis or its upgrades: there is at most one, because it cannot be
// disabled. Nil if there is none.
func ConfigOf(chain *params.ChainConfig) *Config {
	extra := params.GetExtra(chain)
	if config, ok := extra.GenesisPrecompiles[ConfigKey].(*Config); ok {
		return config
	}
	for _, upgrade := range extra.PrecompileUpgrades {
		if config, ok := upgrade.Config.(*Config); ok {
			return config
		}
	}
	return nil
}

// Follow keeps a ledger at the tip of a chain, in the background, until stop is called. What goes wrong is logged: the chain
// goes on, and the next block tries again.
func Follow(chain *core.BlockChain, ledger *aimining.Ledger) (stop func()) {
	accepted := make(chan core.ChainEvent, 1)
	subscription := chain.SubscribeChainAcceptedEvent(accepted)
	wake := make(chan struct{}, 1)
	wake <- struct{}{}

	var running sync.WaitGroup
	running.Add(2)
	// The chain waits for who listens, so that listening must not wait for the ledger.
	go func() {
		defer running.Done()
		defer close(wake)
		for {
			select {
			case <-accepted:
				select {
				case wake <- struct{}{}:
				default: // the ledger will see this block, too
				}
			case <-subscription.Err():
				return
			}
		}
	}()
	go func() {
		defer running.Done()
		follower := aimining.NewFollower(ledger, NewBlocks(chain), finality)
		for range wake {
			if err := follower.CatchUp(); err != nil {
				log.Error("The AI-mining ledger does not follow", "err", err)
			}
		}
	}()
	return sync.OnceFunc(func() {
		subscription.Unsubscribe()
		running.Wait()
	})
}
