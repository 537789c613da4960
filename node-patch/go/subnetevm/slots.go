package subnetevm

import (
	"fmt"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/common/lru"
	"github.com/ava-labs/libevm/core/state"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/crypto"
	"github.com/ava-labs/libevm/rlp"
	"github.com/ava-labs/libevm/trie"
)

// A storage trie knows a slot by its hash alone. slots turns hashes of slots that 0x0300 wrote in this process back into slots.
// It is bounded: what fell out, or was written before the process started, comes back by executing the block again.
var slots = lru.NewCache[common.Hash, common.Hash](1 << 16)

func remember(slot common.Hash) { slots.Add(crypto.Keccak256Hash(slot[:]), slot) }

// slotChange is a slot before and after a block.
type slotChange struct{ before, after common.Hash }

// storageTrie opens the storage of 0x0300 in a state; nil if the account has none.
func storageTrie(database state.Database, root common.Hash) (state.Trie, error) {
	if root == types.EmptyRootHash || root == (common.Hash{}) {
		return nil, nil
	}
	accounts, err := database.OpenTrie(root)
	if err != nil {
		return nil, err
	}
	account, err := accounts.GetAccount(ContractAddress)
	if err != nil {
		return nil, err
	}
	if account == nil || account.Root == types.EmptyRootHash {
		return nil, nil
	}
	return database.OpenStorageTrie(root, ContractAddress, account.Root, accounts)
}

// leaves calls visit with the hash and the value of each slot that is in the second trie and not, or with another value, in the
// first, which may be nil.
func leaves(without, within state.Trie, visit func(hash, value common.Hash) error) error {
	if within == nil {
		return nil
	}
	nodes, err := within.NodeIterator(nil)
	if err != nil {
		return err
	}
	if without != nil {
		known, err := without.NodeIterator(nil)
		if err != nil {
			return err
		}
		nodes, _ = trie.NewDifferenceIterator(known, nodes)
	}
	iterator := trie.NewIterator(nodes)
	for iterator.Next() {
		_, content, _, err := rlp.Split(iterator.Value)
		if err != nil {
			return fmt.Errorf("a slot of 0x0300 is no RLP string: %w", err)
		}
		if err := visit(common.BytesToHash(iterator.Key), common.BytesToHash(content)); err != nil {
			return err
		}
	}
	return iterator.Err
}

// changedSlots are the slots of 0x0300 that differ between two states, by their hashes.
func changedSlots(database state.Database, before, after common.Hash) (map[common.Hash]slotChange, error) {
	old, err := storageTrie(database, before)
	if err != nil {
		return nil, err
	}
	now, err := storageTrie(database, after)
	if err != nil {
		return nil, err
	}
	changes := make(map[common.Hash]slotChange)
	if err := leaves(now, old, func(hash, value common.Hash) error {
		changes[hash] = slotChange{before: value}
		return nil
	}); err != nil {
		return nil, err
	}
	err = leaves(old, now, func(hash, value common.Hash) error {
		changes[hash] = slotChange{before: changes[hash].before, after: value}
		return nil
	})
	return changes, err
}
