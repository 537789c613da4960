package subnetevm

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/common/hexutil"
	"github.com/ava-labs/libevm/core/state"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/core/vm"
	"github.com/ava-labs/libevm/crypto"
	"github.com/ava-labs/subnet-evm/core"
	"github.com/holiman/uint256"
)

// The vectors' blocks are at this time.
const workTime = 1_800_000_000

// workGas is more than any call of these tests needs.
const workGas = 2_000_000

func selector(signature string) []byte { return crypto.Keccak256([]byte(signature))[:4] }

// workChain is a chain whose genesis has the configuration of a vector and, as it must, the account.
func workChain(t *testing.T, file *vectorFile, genesis string, archive bool) *chain {
	t.Helper()
	return newChain(t, workGenesis(t, file, genesis), archive)
}

func workGenesis(t *testing.T, file *vectorFile, genesis string) *core.Genesis {
	t.Helper()
	config := file.config(genesis)
	return readGenesis(t, genesisFile(t, testChainID, workTime-20, map[string]any{ConfigKey: config}, genesisAccount(t, config)), nil)
}

// expectPaid compares a receipt and the state after it with what a vector says of its call.
func expectPaid(t *testing.T, c *chain, v *vector, block *types.Block, index int) {
	t.Helper()
	receipt := c.receipt(block, index)
	if receipt.Status != types.ReceiptStatusSuccessful {
		t.Fatalf("%s: the transaction failed", v.Name)
	}
	tx := block.Transactions()[index]
	if want := transactionGas(tx.Data()) + v.Expected.GasUsed; receipt.GasUsed != want {
		t.Errorf("%s: the transaction used %d gas, want %d", v.Name, receipt.GasUsed, want)
	}
	if len(receipt.Logs) != len(v.Expected.Logs) {
		t.Fatalf("%s: %d logs, want %d", v.Name, len(receipt.Logs), len(v.Expected.Logs))
	}
	for i, log := range receipt.Logs {
		want := v.Expected.Logs[i]
		if log.Address != ContractAddress || !equalHashes(log.Topics, want.Topics) || !bytes.Equal(log.Data, want.Data) {
			t.Errorf("%s: log %d is %v %x, want %v %x", v.Name, i, log.Topics, log.Data, want.Topics, []byte(want.Data))
		}
	}
	after, err := c.StateAt(block.Root())
	if err != nil {
		t.Fatal(err)
	}
	expectStorage(t, v, after, block.NumberU64())
	for account, amount := range v.Expected.NativeMinted {
		if balance := after.GetBalance(account); balance.Hex() != uint256.MustFromHex(amount).Hex() {
			t.Errorf("%s: %s has %s, want %s", v.Name, account, balance.Hex(), amount)
		}
	}
}

// expectStorage compares slots; the seed of the next epoch depends on the block's number.
func expectStorage(t *testing.T, v *vector, after *state.StateDB, number uint64) {
	t.Helper()
	for _, slot := range v.Expected.Storage {
		if slot.Field == "seedCurrent" && number != v.Pre.Block.Number {
			continue
		}
		if value := after.GetState(ContractAddress, slot.Slot); value != word(slot.After) {
			t.Errorf("%s: %s is %s, want %s", v.Name, slot.Field, value, slot.After)
		}
	}
}

func equalHashes(a, b []common.Hash) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// transactionGas is what a transaction costs before the call: 21,000 and its calldata (EIP-2028).
func transactionGas(input []byte) uint64 {
	gas := uint64(21_000)
	for _, b := range input {
		if b == 0 {
			gas += 4
		} else {
			gas += 16
		}
	}
	return gas
}

// workID is topic 1 of WorkAccepted, the last log of a vector.
func workID(v *vector) common.Hash { return v.Expected.Logs[len(v.Expected.Logs)-1].Topics[1] }

// expectSpent wants the replay of a vector's call refused, on the state of a block, with the id of the work.
func expectSpent(t *testing.T, c *chain, v *vector, block *types.Block, input []byte) {
	t.Helper()
	output, err := c.call(block, v.Call.Caller, ContractAddress, input)
	want := append(selector("WorkAlreadySpent(bytes32)"), workID(v).Bytes()...)
	if !errors.Is(err, vm.ErrExecutionReverted) || !bytes.Equal(output, want) {
		t.Fatalf("a replay answered %x, %v; want %x, execution reverted", output, err, want)
	}
}

// Every proof of work-valid.json that needs no earlier call, in a transaction: paid as the vector says, whatever the host.
func Test_i5_vectors_in_blocks(t *testing.T) {
	file := readVectors(t, "work-valid")
	ran := 0
	for i := range file.Vectors {
		v := &file.Vectors[i]
		// Gas limits are a transaction's here, and CALL with a value is another test.
		if v.Pre.Block.Timestamp != workTime || len(v.Pre.Setup) > 0 || v.Name == "exact_gas" || v.Name == "value_not_visible" {
			continue
		}
		ran++
		t.Run(v.Name, func(t *testing.T) {
			c := workChain(t, file, v.Pre.Genesis, false)
			c.empty(v.Pre.Block.Number - 1)
			block := c.accept(20, c.tx(0, 0, &ContractAddress, file.input(t, v.Call), workGas))
			expectPaid(t, c, v, block, 0)
		})
	}
	if ran < 14 {
		t.Fatalf("only %d vectors ran", ran)
	}
}

func Test_a1_e1_work_is_paid_once(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_44")
	input := file.input(t, v.Call)
	c := workChain(t, file, v.Pre.Genesis, false)

	first := c.accept(20, c.tx(0, 0, &ContractAddress, input, workGas))
	expectPaid(t, c, v, first, 0)
	expectSpent(t, c, v, first, input)

	// In the next block, and twice in one: neither is paid, and the gas that the refusal did not need comes back.
	second := c.accept(2, c.tx(1, 0, &ContractAddress, input, workGas), c.tx(2, 0, &ContractAddress, input, workGas))
	for index := range 2 {
		receipt := c.receipt(second, index)
		if want := transactionGas(input) + 7_048; receipt.Status != types.ReceiptStatusFailed || receipt.GasUsed != want || len(receipt.Logs) != 0 {
			t.Errorf("replay %d: status %d, %d gas, %d logs; want 0, %d, 0", index, receipt.Status, receipt.GasUsed, len(receipt.Logs), want)
		}
	}
	before, after := c.state(first), c.state(second)
	for account := range v.Expected.NativeMinted {
		if before.GetBalance(account).Cmp(after.GetBalance(account)) != 0 {
			t.Errorf("a replay changed the balance of %s", account)
		}
	}
}

// The mark lives in the storage of an account that no transaction creates: it stays when tries are committed, pruned and read
// again from disk, on a node that keeps all states and on one that prunes.
func Test_a11_b7_spent_mark_outlives_commits_and_restarts(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_44")
	input := file.input(t, v.Call)
	for _, archive := range []bool{true, false} {
		c := workChain(t, file, v.Pre.Genesis, archive)
		c.accept(20, c.tx(0, 0, &ContractAddress, input, workGas))
		c.reopen()
		expectSpent(t, c, v, c.LastAcceptedBlock(), input)

		// More blocks than the tip buffer of a pruning node (32), each touching the account with no value.
		for nonce := uint64(1); nonce <= 40; nonce++ {
			c.accept(2, c.tx(0, nonce, &ContractAddress, selector("version()"), workGas))
		}
		expectSpent(t, c, v, c.LastAcceptedBlock(), input)
		c.reopen()
		last := c.LastAcceptedBlock()
		expectSpent(t, c, v, last, input)

		state := c.state(last)
		if state.GetNonce(ContractAddress) != 1 || !bytes.Equal(state.GetCode(ContractAddress), []byte{1}) {
			t.Errorf("0x0300 has nonce %d and code %x", state.GetNonce(ContractAddress), state.GetCode(ContractAddress))
		}
	}
}

// Two branches: in one the work is paid, in the other it is not yet. The chain prefers the first, then the second, pays it there,
// and accepts; nothing of the abandoned branch stays.
func Test_i1_reorganisation_forgets_the_abandoned_branch(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_87")
	input := file.input(t, v.Call)
	c := workChain(t, file, v.Pre.Genesis, false)
	root := c.LastConsensusAcceptedBlock()

	paid := c.make(root, 20, c.tx(0, 0, &ContractAddress, input, workGas))
	if err := c.SetPreference(paid); err != nil {
		t.Fatal(err)
	}
	expectSpent(t, c, v, paid, input)

	empty := c.make(root, 18, c.tx(1, 0, &ContractAddress, selector("version()"), workGas))
	if err := c.SetPreference(empty); err != nil {
		t.Fatal(err)
	}
	if head := c.CurrentBlock().Hash(); head != empty.Hash() {
		t.Fatalf("the head is %s", head)
	}
	if state := c.state(empty); state.GetState(ContractAddress, v.Expected.Storage[0].Slot) != (common.Hash{}) {
		t.Error("the other branch knows the payment")
	}
	again := c.make(empty, 2, c.tx(0, 0, &ContractAddress, input, workGas))
	expectPaid(t, c, v, again, 0)
	c.acceptBlock(empty)
	if err := c.Reject(paid); err != nil {
		t.Fatal(err)
	}
	c.acceptBlock(again)
	expectSpent(t, c, v, again, input)
	c.reopen()
	expectSpent(t, c, v, c.LastAcceptedBlock(), input)
}

// Executed again on its parent's state a block gives the same root and receipts.
func Test_i1_a_block_executes_twice_to_the_same(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_65")
	c := workChain(t, file, v.Pre.Genesis, true)
	parent := c.LastAcceptedBlock()
	block := c.accept(20, c.tx(0, 0, &ContractAddress, file.input(t, v.Call), workGas))
	state := c.state(parent)
	receipts, _, gas, err := c.Processor().Process(block, parent.Header(), state, vm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if root := state.IntermediateRoot(true); root != block.Root() || gas != block.GasUsed() {
		t.Errorf("root %s and %d gas, want %s and %d", root, gas, block.Root(), block.GasUsed())
	}
	if hexutil.Encode(receipts[0].Bloom[:]) != hexutil.Encode(c.receipt(block, 0).Bloom[:]) {
		t.Error("the logs differ")
	}
}
