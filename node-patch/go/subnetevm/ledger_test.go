package subnetevm

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ava-labs/libevm/common"
	"pars.network/aimining"
)

// ledgerChain is a chain that paid two proofs, the second in a later block, and refused one in between.
func ledgerChain(t *testing.T, file *vectorFile, archive bool) (c *chain, paid []common.Hash) {
	t.Helper()
	first, second := file.vector(t, "ml_dsa_44"), file.vector(t, "second_of_a_device")
	setup := second.Pre.Setup[0].Call
	c = workChain(t, file, first.Pre.Genesis, archive)
	c.accept(20, c.tx(0, 0, &ContractAddress, file.input(t, setup), workGas), c.tx(1, 0, &ContractAddress, selector("version()"), workGas))
	c.accept(2, c.tx(0, 1, &ContractAddress, file.input(t, setup), workGas))
	block := c.accept(10, c.tx(0, 2, &ContractAddress, file.input(t, second.Call), workGas))
	expectStorage(t, second, c.state(block), block.NumberU64())
	return c, []common.Hash{workIDOf(t, c, 1), workIDOf(t, c, 3)}
}

// workIDOf is topic 1 of the first WorkAccepted in a block.
func workIDOf(t *testing.T, c *chain, number uint64) common.Hash {
	t.Helper()
	for _, log := range c.receipt(c.GetBlockByNumber(number), 0).Logs {
		if len(log.Topics) == 4 {
			return log.Topics[1]
		}
	}
	t.Fatalf("block %d accepted no work", number)
	return common.Hash{}
}

func openLedger(t *testing.T, c *chain, folder string) *aimining.Ledger {
	t.Helper()
	ledger, err := aimining.OpenLedger(ConfigOf(c.Config()).Precompile(), folder, aimining.Hash(c.Genesis().Hash()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ledger.Close)
	return ledger
}

func status(t *testing.T, ledger *aimining.Ledger) aimining.LedgerStatus {
	t.Helper()
	status, err := ledger.Status()
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// waitForLedger waits until the ledger has the chain's last accepted block.
func waitForLedger(t *testing.T, c *chain, ledger *aimining.Ledger) aimining.BlockID {
	t.Helper()
	tip, err := NewBlocks(c.BlockChain).Tip()
	if err != nil {
		t.Fatal(err)
	}
	for patience := time.Now().Add(20 * time.Second); time.Now().Before(patience); time.Sleep(5 * time.Millisecond) {
		if head := status(t, ledger).Head; head != nil && *head == tip {
			return tip
		}
	}
	t.Fatalf("the ledger is at %v and the chain at %v", status(t, ledger).Head, tip)
	return tip
}

func query(t *testing.T, ledger *aimining.Ledger, answer any, head *aimining.BlockID, method string, params ...any) {
	t.Helper()
	text, err := ledger.Query(head, method, params...)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// The ledger's answers are the chain's: transaction, block, recipient and amount of each work, and the supply.
func Test_e9_ledger_follows_accepted_blocks(t *testing.T) {
	file := readVectors(t, "work-valid")
	slots.Purge()
	c, paid := ledgerChain(t, file, true)
	folder := t.TempDir()
	ledger := openLedger(t, c, folder+"/ledger")
	stop := Follow(c.BlockChain, ledger)
	defer stop()
	tip := waitForLedger(t, c, ledger)

	for i, number := range []uint64{1, 3} {
		block := c.GetBlockByNumber(number)
		var answer struct {
			Status string
			Work   struct {
				TransactionHash common.Hash
				BlockNumber     string
				Recipient       common.Address
				Reward          string
			}
		}
		query(t, ledger, &answer, &tip, "getWork", paid[i])
		transfer := c.receipt(block, 0).Logs[0]
		if answer.Status != "spent" || answer.Work.TransactionHash != block.Transactions()[0].Hash() ||
			answer.Work.Recipient != recipient || word(answer.Work.BlockNumber) != common.BigToHash(block.Number()) ||
			word(answer.Work.Reward) != common.BytesToHash(transfer.Data) {
			t.Errorf("work %d: the ledger answers %+v; the chain has %s in block %d", i, answer, block.Transactions()[0].Hash(), number)
		}
	}
	var stats struct {
		Supply string
	}
	query(t, ledger, &stats, &tip, "stats")
	// Slot 4 is totalSupply (precompile-spec/state.md).
	if supply := c.state(c.LastAcceptedBlock()).GetState(ContractAddress, word("0x4")); word(stats.Supply) != supply {
		t.Errorf("the ledger's supply is %s, the chain's %s", stats.Supply, supply)
	}

	// A block that comes while it follows.
	c.accept(2, c.tx(0, 3, &ContractAddress, selector("version()"), workGas))
	waitForLedger(t, c, ledger)
}

// A ledger made by a process that executed none of the blocks, from what is on disk, is equal to the one that followed.
func Test_e7_ledger_catches_up_after_a_restart(t *testing.T) {
	file := readVectors(t, "work-valid")
	c, _ := ledgerChain(t, file, true)
	folder := t.TempDir()
	followed := openLedger(t, c, folder+"/followed")
	stop := Follow(c.BlockChain, followed)
	waitForLedger(t, c, followed)
	digest := *status(t, followed).Digest
	stop()

	c.reopen()
	slots.Purge()
	again := openLedger(t, c, folder+"/again")
	stop = Follow(c.BlockChain, again)
	defer stop()
	waitForLedger(t, c, again)
	if other := *status(t, again).Digest; other != digest {
		t.Errorf("digest %s, want %s", other, digest)
	}

	// The first one goes on where it stopped, with blocks that came while it was away.
	c.accept(2, c.tx(0, 3, &ContractAddress, selector("version()"), workGas))
	followed.Close()
	slots.Purge()
	followed = openLedger(t, c, folder+"/followed")
	stopped := Follow(c.BlockChain, followed)
	defer stopped()
	waitForLedger(t, c, followed)
	waitForLedger(t, c, again)
	if a, b := *status(t, followed).Digest, *status(t, again).Digest; a != b {
		t.Errorf("digests %s and %s", a, b)
	}
}

// A node that prunes keeps a ledger from the start, and says why it cannot make one of old blocks.
func Test_e7_ledger_of_a_node_that_prunes(t *testing.T) {
	file := readVectors(t, "work-valid")
	c, _ := ledgerChain(t, file, false)
	for nonce := uint64(3); nonce < 43; nonce++ {
		c.accept(2, c.tx(0, nonce, &ContractAddress, selector("version()"), workGas))
	}
	late := openLedger(t, c, t.TempDir()+"/ledger")
	err := aimining.NewFollower(late, NewBlocks(c.BlockChain), finality).CatchUp()
	if err == nil || !strings.Contains(err.Error(), "pruned maybe") {
		t.Errorf("an old chain without its states: %v", err)
	}
}

// The slots that a block changed, from the tries, are those that the vectors say.
func Test_e9_changed_slots_are_the_vectors(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_44")
	for _, known := range []bool{true, false} {
		c := workChain(t, file, v.Pre.Genesis, true)
		c.empty(v.Pre.Block.Number - 1)
		block := c.accept(20, c.tx(0, 0, &ContractAddress, file.input(t, v.Call), workGas))
		if !known {
			slots.Purge()
		}
		committed, err := NewBlocks(c.BlockChain).Block(block.NumberU64())
		if err != nil {
			t.Fatal(err)
		}
		if len(committed.Changes) != len(v.Expected.Storage) {
			t.Errorf("%d slots changed, want %d", len(committed.Changes), len(v.Expected.Storage))
		}
		for _, slot := range v.Expected.Storage {
			if after := committed.Changes[aimining.Hash(slot.Slot)].After; common.Hash(after) != word(slot.After) {
				t.Errorf("%s is %s, want %s", slot.Field, after, slot.After)
			}
		}
		if committed.Receipts[0].Transaction != aimining.Hash(block.Transactions()[0].Hash()) || !committed.Receipts[0].Success {
			t.Errorf("the receipt is %+v", committed.Receipts[0])
		}
	}
}
