package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/common/hexutil"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/crypto"
	"github.com/ava-labs/subnet-evm/core"
	"github.com/ava-labs/subnet-evm/params"
	"github.com/ava-labs/subnet-evm/plugin/evm/customtypes"
	"github.com/ava-labs/subnet-evm/rpc"
	"pars.network/aimining"
	"pars.network/aimining/subnetevm"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	core.RegisterExtras()
	customtypes.Register()
	params.RegisterExtras()
	os.Exit(m.Run())
}

// The block of the vectors' proofs. The node's clock is set to it.
const workTime = 1_800_000_000

// A proof of the vectors, its configuration, and what it answers.
type work struct {
	Genesis map[string]map[string]any
	Inputs  map[string]string
	Vectors []struct {
		Name     string
		Pre      struct{ Genesis string }
		Call     struct{ Input string }
		Expected struct {
			Output hexutil.Bytes
			Logs   []struct{ Topics []common.Hash }
		}
	}
}

// running is a node with a client of its JSON-RPC.
type running struct {
	*node
	t      *testing.T
	client *rpc.Client
	stop   context.CancelFunc
	ended  chan error
}

func start(t *testing.T, genesis []byte, folder string, now time.Time) *running {
	t.Helper()
	parsed, err := subnetevm.ReadGenesis(genesis, nil, networkUpgrades)
	if err != nil {
		t.Fatal(err)
	}
	node, err := open(parsed, folder, true)
	if err != nil {
		t.Fatal(err)
	}
	node.clock.Set(now)
	url, err := node.listen(0)
	if err != nil {
		t.Fatal(err)
	}
	client, err := rpc.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{node, t, client, stop, make(chan error, 1)}
	go func() { r.ended <- node.produce(ctx) }()
	return r
}

func (r *running) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		r.t.Error(err)
	}
	r.client.Close()
	if err := r.close(); err != nil {
		r.t.Error(err)
	}
}

func (r *running) ask(answer any, method string, arguments ...any) {
	r.t.Helper()
	if err := r.client.Call(answer, method, arguments...); err != nil {
		r.t.Fatalf("%s: %v", method, err)
	}
}

// send signs a transaction, sends it and waits for its receipt.
func (r *running) send(input []byte) *types.Receipt {
	r.t.Helper()
	key, err := crypto.ToECDSA(common.LeftPadBytes([]byte{1}, 32))
	if err != nil {
		r.t.Fatal(err)
	}
	var nonce hexutil.Uint64
	r.ask(&nonce, "eth_getTransactionCount", crypto.PubkeyToAddress(key.PublicKey), "latest")
	to := subnetevm.ContractAddress
	tx, err := types.SignNewTx(key, types.LatestSigner(r.genesis.Config), &types.DynamicFeeTx{
		ChainID: r.genesis.Config.ChainID, Nonce: uint64(nonce), GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1_000_000_000_000),
		Gas: 1_000_000, To: &to, Data: input,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		r.t.Fatal(err)
	}
	var hash common.Hash
	r.ask(&hash, "eth_sendRawTransaction", hexutil.Encode(raw))
	for patience := time.Now().Add(20 * time.Second); time.Now().Before(patience); time.Sleep(20 * time.Millisecond) {
		var receipt *types.Receipt
		if err := r.client.Call(&receipt, "eth_getTransactionReceipt", hash); err == nil && receipt != nil {
			return receipt
		}
	}
	r.t.Fatal("no receipt came")
	return nil
}

func (r *running) call(input []byte) (hexutil.Bytes, error) {
	var output hexutil.Bytes
	err := r.client.Call(&output, "eth_call", map[string]any{
		"from": "0x00000000000000000000000000000000000000c0", "to": subnetevm.ContractAddress, "input": hexutil.Encode(input),
	}, "latest")
	return output, err
}

func readWork(t *testing.T) (genesis, input []byte, id common.Hash, reward []byte) {
	t.Helper()
	text, err := os.ReadFile("../../../../../precompile-spec/vectors/v1/work-valid.json")
	if err != nil {
		t.Fatal(err)
	}
	var file work
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	v := file.Vectors[0]
	config := file.Genesis[v.Pre.Genesis]
	config["marker"], config["warm"], config["valueVisible"], config["callCodeVisible"] = "0x01", false, false, false
	genesis = genesisWith(t, config)
	return genesis, hexutil.MustDecode(file.Inputs[v.Call.Input]), v.Expected.Logs[1].Topics[1], v.Expected.Output
}

// genesisWith is a genesis with a configuration, the account that it makes, and one who can pay for gas.
func genesisWith(t *testing.T, config map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	read, err := aimining.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := read.Precompile().AccountJSON(6133)
	if err != nil {
		t.Fatal(err)
	}
	account := map[string]any{"balance": "0x0"}
	if err := json.Unmarshal(entry, &account); err != nil {
		t.Fatal(err)
	}
	text, err = json.Marshal(map[string]any{
		"config": map[string]any{
			"chainId": 6133, subnetevm.ConfigKey: config,
			"feeConfig": map[string]any{
				"gasLimit": 15_000_000, "targetBlockRate": 2, "minBaseFee": 1_000_000_000, "targetGas": 100_000_000,
				"baseFeeChangeDenominator": 48, "minBlockGasCost": 0, "maxBlockGasCost": 0, "blockGasCostStep": 0,
			},
		},
		"alloc": map[string]any{
			"7e5f4552091a69125d5dfcb7b8c2659029395bdf": map[string]any{"balance": "0x3635c9adc5dea00000"},
			subnetevm.ContractAddress.Hex()[2:]:        account,
		},
		"gasLimit": "0xe4e1c0", "difficulty": "0x0", "timestamp": hexutil.EncodeUint64(workTime - 20),
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func Test_a1_e1_work_is_paid_over_rpc_and_spent_after_a_restart(t *testing.T) {
	genesis, input, id, reward := readWork(t)
	folder := t.TempDir()
	replay := func(r *running) {
		t.Helper()
		_, err := r.call(input)
		failure, ok := err.(rpc.DataError)
		want := hexutil.Encode(append(crypto.Keccak256([]byte("WorkAlreadySpent(bytes32)"))[:4], id.Bytes()...))
		if !ok || failure.ErrorData() != want {
			t.Errorf("a replay answered %v, want %s", err, want)
		}
	}
	r := start(t, genesis, folder, time.Unix(workTime, 0))
	balance := append(crypto.Keccak256([]byte("miningBalance(address)"))[:4], common.LeftPadBytes([]byte{0xb0}, 32)...)
	if output, err := r.call(input); err != nil || !bytes.Equal(output, reward) {
		t.Fatalf("eth_call answered %s, %v", output, err)
	}
	receipt := r.send(input)
	if receipt.Status != types.ReceiptStatusSuccessful || len(receipt.Logs) != 2 {
		t.Fatalf("status %d and %d logs", receipt.Status, len(receipt.Logs))
	}
	if output, err := r.call(balance); err != nil || !bytes.Equal(output, reward) {
		t.Errorf("miningBalance answered %s, %v; want %x", output, err, reward)
	}
	replay(r)
	expectLedger(r, id, receipt)

	// In a block of its own it fails, and the ledger does not count it.
	r.clock.Set(time.Unix(workTime+10, 0))
	again := r.send(input)
	if again.Status != types.ReceiptStatusFailed {
		t.Errorf("a replay in a block: status %d", again.Status)
	}
	var trace struct{ Error, Output string }
	r.ask(&trace, "debug_traceTransaction", again.TxHash, map[string]any{"tracer": "callTracer"})
	if want := crypto.Keccak256([]byte("WorkAlreadySpent(bytes32)"))[:4]; trace.Error != "execution reverted" || trace.Output != hexutil.Encode(append(want, id.Bytes()...)) {
		t.Errorf("its trace is %+v", trace)
	}
	r.end()

	r = start(t, genesis, folder, time.Unix(workTime+20, 0))
	replay(r)
	expectLedger(r, id, receipt)
	var code hexutil.Bytes
	r.ask(&code, "eth_getCode", subnetevm.ContractAddress, "latest")
	if code.String() != "0x01" {
		t.Errorf("0x0300 has the code %s", code)
	}
	if _, err := open(r.genesis, folder, false); err == nil {
		t.Error("two nodes have the folder open")
	}
	r.end()

	// Without its ledger's folder the node makes it again of the chain.
	if err := os.RemoveAll(filepath.Join(folder, "ledger")); err != nil {
		t.Fatal(err)
	}
	r = start(t, genesis, folder, time.Unix(workTime+20, 0))
	expectLedger(r, id, receipt)
	r.end()
}

func expectLedger(r *running, id common.Hash, receipt *types.Receipt) {
	r.t.Helper()
	var answer struct {
		Status string
		Block  struct{ Number hexutil.Uint64 }
		Work   map[string]any
	}
	r.ask(&answer, "aimining_getWork", id)
	if answer.Status != "spent" || !strings.EqualFold(answer.Work["transactionHash"].(string), receipt.TxHash.Hex()) {
		r.t.Errorf("the ledger answers %+v, the work is in %s", answer, receipt.TxHash)
	}
	if head := r.chain().LastAcceptedBlock().NumberU64(); uint64(answer.Block.Number) != head {
		r.t.Errorf("the ledger answers for block %d of %d", answer.Block.Number, head)
	}
}

// without is a genesis file with neither the configuration nor the account.
func without(t *testing.T, genesis []byte) []byte {
	t.Helper()
	var file map[string]any
	if err := json.Unmarshal(genesis, &file); err != nil {
		t.Fatal(err)
	}
	delete(file["config"].(map[string]any), subnetevm.ConfigKey)
	delete(file["alloc"].(map[string]any), subnetevm.ContractAddress.Hex()[2:])
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A state that no execution makes is fatal to the precompile. Given as a simulated call's override it ends that request, and
// the node goes on.
func Test_i4_state_overrides_end_the_request_alone(t *testing.T) {
	genesis, _, _, _ := readWork(t)
	r := start(t, genesis, t.TempDir(), time.Unix(workTime, 0))
	defer r.end()
	call := map[string]any{"to": subnetevm.ContractAddress, "input": hexutil.Encode(crypto.Keccak256([]byte("epochInfo()"))[:4])}
	overrides := map[string]any{subnetevm.ContractAddress.Hex(): map[string]any{"state": map[string]any{
		// epochLength, a u64
		"0x000000000000000000000000000000000000000000000000000000000000000b": "0x" + strings.Repeat("ff", 32),
	}}}
	for _, method := range []string{"eth_call", "eth_estimateGas"} {
		if err := r.client.Call(new(hexutil.Bytes), method, call, "latest", overrides); err == nil || err.Error() != "method handler crashed" {
			t.Errorf("%s answered %v", method, err)
		}
	}
	if _, err := r.call(crypto.Keccak256([]byte("epochInfo()"))[:4]); err != nil {
		t.Errorf("the node does not go on: %v", err)
	}
}
