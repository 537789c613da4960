package subnetevm

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/common/hexutil"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/core/vm"
)

// Where the contracts of these tests stand in genesis.
var (
	forwarder    = common.HexToAddress("0xc0ffee0000000000000000000000000000000001")
	staticCaller = common.HexToAddress("0xc0ffee0000000000000000000000000000000002")
	reverter     = common.HexToAddress("0xc0ffee0000000000000000000000000000000003")
	catcher      = common.HexToAddress("0xc0ffee0000000000000000000000000000000004")
	meter        = common.HexToAddress("0xc0ffee0000000000000000000000000000000005")
	delegator    = common.HexToAddress("0xc0ffee0000000000000000000000000000000006")
	codeCaller   = common.HexToAddress("0xc0ffee0000000000000000000000000000000007")
)

// recipient is who is paid in work-valid.json.
var recipient = common.HexToAddress("0xb0")

// program assembles opcodes, byte strings and addresses, which are pushed.
func program(parts ...any) (code []byte) {
	for _, part := range parts {
		switch part := part.(type) {
		case vm.OpCode:
			code = append(code, byte(part))
		case int:
			code = append(code, byte(vm.PUSH1), byte(part))
		case common.Address:
			code = append(append(code, byte(vm.PUSH20)), part.Bytes()...)
		case []byte:
			code = append(code, part...)
		}
	}
	return code
}

// copyInput puts the calldata at memory 0.
var copyInput = program(vm.CALLDATASIZE, vm.PUSH0, vm.PUSH0, vm.CALLDATACOPY)

// forward makes a call of a kind with the calldata and leaves its success on the stack.
func forward(kind vm.OpCode, to common.Address) []byte {
	code := program(vm.PUSH0, vm.PUSH0, vm.CALLDATASIZE, vm.PUSH0)
	if kind == vm.CALL || kind == vm.CALLCODE {
		code = append(code, byte(vm.PUSH0))
	}
	return append(code, program(to, vm.GAS, kind)...)
}

// answer returns the success on the stack and what the call returned.
var answer = program(
	vm.PUSH0, vm.MSTORE,
	vm.RETURNDATASIZE, vm.PUSH0, 32, vm.RETURNDATACOPY,
	vm.RETURNDATASIZE, 32, vm.ADD, vm.PUSH0, vm.RETURN,
)

func contracts() map[string]any {
	accounts := map[string]any{}
	for address, code := range map[common.Address][]byte{
		forwarder:    program(copyInput, forward(vm.CALL, ContractAddress), answer),
		staticCaller: program(copyInput, forward(vm.STATICCALL, ContractAddress), answer),
		delegator:    program(copyInput, forward(vm.DELEGATECALL, ContractAddress), answer),
		codeCaller:   program(copyInput, forward(vm.CALLCODE, ContractAddress), answer),
		// reverter reverts with what the call returned.
		reverter: program(copyInput, forward(vm.CALL, ContractAddress), vm.POP,
			vm.RETURNDATASIZE, vm.PUSH0, vm.PUSH0, vm.RETURNDATACOPY, vm.RETURNDATASIZE, vm.PUSH0, vm.REVERT),
		// catcher lets reverter submit, catches that, and submits itself. Slots 0 and 1: what succeeded, plus one.
		catcher: program(copyInput,
			forward(vm.CALL, reverter), 1, vm.ADD, vm.PUSH0, vm.SSTORE,
			forward(vm.CALL, ContractAddress), 1, vm.ADD, 1, vm.SSTORE),
		// meter submits and measures what reading the recipient's balance then costs. Slot 0: the gas.
		meter: program(copyInput, forward(vm.CALL, ContractAddress), vm.POP,
			vm.GAS, recipient, vm.BALANCE, vm.POP, vm.GAS, vm.OpCode(vm.SWAP1), vm.SUB, vm.PUSH0, vm.SSTORE),
	} {
		accounts[address.Hex()[2:]] = map[string]any{"balance": "0x0", "code": hexutil.Encode(code)}
	}
	return accounts
}

// meterOverhead is what meter spends beside BALANCE: PUSH20, POP, GAS.
const meterOverhead = 3 + 2 + 2

func nestedChain(t *testing.T, file *vectorFile, genesis string) *chain {
	t.Helper()
	config := file.config(genesis)
	accounts := contracts()
	for address, account := range genesisAccount(t, config) {
		accounts[address] = account
	}
	return newChain(t, readGenesis(t, genesisFile(t, testChainID, workTime-20, map[string]any{ConfigKey: config}, accounts), nil), true)
}

// A contract is paid for as anybody else: the events and slots are those of the direct call.
func Test_h5_a_contract_relays_work(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_65")
	c := nestedChain(t, file, v.Pre.Genesis)
	block := c.accept(20, c.tx(0, 0, &forwarder, file.input(t, v.Call), workGas))
	if receipt := c.receipt(block, 0); receipt.Status != types.ReceiptStatusSuccessful || len(receipt.Logs) != len(v.Expected.Logs) {
		t.Fatalf("status %d and %d logs", receipt.Status, len(receipt.Logs))
	}
	expectStorage(t, v, c.state(block), block.NumberU64())
	expectSpent(t, c, v, block, file.input(t, v.Call))
}

// In a static call views answer as in a call and work is refused, however much gas there is.
func Test_a5_static_calls_read_and_do_not_write(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_44")
	c := nestedChain(t, file, v.Pre.Genesis)
	input := file.input(t, v.Call)
	paid := c.accept(20, c.tx(0, 0, &ContractAddress, input, workGas))

	view := append(selector("miningBalance(address)"), common.LeftPadBytes(recipient.Bytes(), 32)...)
	direct, err := c.call(paid, senderAddress(0), ContractAddress, view)
	if err != nil || len(direct) != 32 {
		t.Fatalf("miningBalance answered %x, %v", direct, err)
	}
	for _, contract := range []common.Address{forwarder, staticCaller} {
		answer, err := c.call(paid, senderAddress(0), contract, view)
		if want := append(word("0x1").Bytes(), direct...); err != nil || !bytes.Equal(answer, want) {
			t.Errorf("through %s miningBalance answered %x, %v; want %x", contract, answer, err, want)
		}
	}
	answer, err := c.call(c.Genesis(), senderAddress(0), staticCaller, input)
	want := append(word("0x0").Bytes(), selector("StaticCallNotAllowed()")...)
	if err != nil || !bytes.Equal(answer, want) {
		t.Errorf("submitWorkProof in a static call answered %x, %v; want %x", answer, err, want)
	}
}

// What a caught revert took back was never there: the same proof is paid after it, once.
func Test_b1_caught_revert_takes_the_payment_back(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_44")
	c := nestedChain(t, file, v.Pre.Genesis)
	input := file.input(t, v.Call)
	block := c.accept(20, c.tx(0, 0, &catcher, input, workGas))
	receipt := c.receipt(block, 0)
	state := c.state(block)
	if state.GetState(catcher, word("0x0")) != word("0x1") || state.GetState(catcher, word("0x1")) != word("0x2") {
		t.Fatalf("inside: %s, after: %s", state.GetState(catcher, word("0x0")), state.GetState(catcher, word("0x1")))
	}
	if len(receipt.Logs) != len(v.Expected.Logs) {
		t.Errorf("%d logs, want %d", len(receipt.Logs), len(v.Expected.Logs))
	}
	expectStorage(t, v, state, block.NumberU64())
	for account, amount := range v.Expected.NativeMinted {
		if balance := state.GetBalance(account); balance.Hex() != amount {
			t.Errorf("%s has %s, want %s", account, balance.Hex(), amount)
		}
	}
}

// A mint makes the recipient's account a warm one (EIP-2929), as consensus needs it the same on every host; a call that reverts
// leaves it cold.
func Test_g1_mint_warms_the_recipient(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_44")
	c := nestedChain(t, file, v.Pre.Genesis)
	input := file.input(t, v.Call)
	for nonce, want := range []uint64{100 + meterOverhead, 2_600 + meterOverhead} { // paid, then refused
		gap := uint64(20)
		if nonce > 0 {
			gap = 2
		}
		block := c.accept(gap, c.tx(0, uint64(nonce), &meter, input, workGas))
		if gas := c.state(block).GetState(meter, word("0x0")).Big().Uint64(); gas != want {
			t.Errorf("call %d: BALANCE of the recipient took %d gas, want %d", nonce, gas, want)
		}
	}
}

// 0x0300 itself is cold: the profile of these hosts says `warm: false`.
func Test_g1_the_address_is_cold(t *testing.T) {
	file := readVectors(t, "work-valid")
	c := nestedChain(t, file, file.vector(t, "ml_dsa_44").Pre.Genesis)
	view := selector("version()")
	gas := map[common.Address]uint64{}
	for nonce, to := range []common.Address{forwarder, ContractAddress} {
		block := c.accept(2, c.tx(0, uint64(nonce), &to, view, workGas))
		gas[to] = c.receipt(block, 0).GasUsed
	}
	// The forwarder's own steps, at the prices of the Yellow Paper. CALLDATACOPY and RETURNDATACOPY copy one word each; memory grows to
	// one word, then to two.
	copyInput := uint64(2 + 2 + 2 + 3 + 3 + 3)
	forward := uint64(2 + 2 + 2 + 2 + 2 + 3 + 2)
	answer := uint64(2+3) + (2 + 2 + 3 + 3 + 3 + 3) + (2 + 3 + 3 + 2 + 0)
	steps := copyInput + forward + answer
	if extra := gas[forwarder] - gas[ContractAddress]; extra != steps+2_600 {
		t.Errorf("a call from a contract takes %d gas beside the call, want %d", extra, steps+2_600)
	}
}

// This host refuses both opcodes before the precompile is asked: no data, all gas of the call.
func Test_a1_delegatecall_and_callcode_change_nothing(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_44")
	c := nestedChain(t, file, v.Pre.Genesis)
	for _, contract := range []common.Address{delegator, codeCaller} {
		answer, err := c.call(c.Genesis(), senderAddress(0), contract, file.input(t, v.Call))
		if err != nil || !bytes.Equal(answer, word("0x0").Bytes()) {
			t.Errorf("through %s: %x, %v", contract, answer, err)
		}
	}
}

// The profile's `valueVisible: false`: coins sent along stay at 0x0300, and the work is paid.
func Test_a3_value_stays_where_the_profile_says_it_is_not_seen(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "value_not_visible")
	c := workChain(t, file, v.Pre.Genesis, false)
	unsigned := &types.DynamicFeeTx{
		ChainID: c.Config().ChainID, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1_000_000_000_000),
		Gas: workGas, To: &ContractAddress, Value: big.NewInt(1), Data: file.input(t, v.Call),
	}
	tx, err := types.SignNewTx(senders[0], types.LatestSigner(c.Config()), unsigned)
	if err != nil {
		t.Fatal(err)
	}
	block := c.accept(20, tx)
	expectPaid(t, c, v, block, 0)
	if balance := c.state(block).GetBalance(ContractAddress); balance.Uint64() != 1 {
		t.Errorf("0x0300 has %s", balance)
	}
}

// A block whose transaction gives the call less than it costs: out of gas, all of it gone, nothing written.
func Test_b3_out_of_gas_leaves_nothing(t *testing.T) {
	file := readVectors(t, "work-valid")
	v := file.vector(t, "ml_dsa_44")
	input := file.input(t, v.Call)
	enough := transactionGas(input) + v.Expected.GasUsed
	for _, missing := range []uint64{1, 0} {
		c := workChain(t, file, v.Pre.Genesis, false)
		block := c.accept(20, c.tx(0, 0, &ContractAddress, input, enough-missing))
		receipt := c.receipt(block, 0)
		if paid := receipt.Status == types.ReceiptStatusSuccessful; paid != (missing == 0) || receipt.GasUsed != enough-missing {
			t.Errorf("with %d gas too little: status %d, %d gas of %d", missing, receipt.Status, receipt.GasUsed, enough-missing)
		}
		if missing == 0 {
			expectStorage(t, v, c.state(block), block.NumberU64())
		} else if c.state(block).GetState(ContractAddress, v.Expected.Storage[0].Slot) != (common.Hash{}) {
			t.Error("something was written")
		}
	}
}
