package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ava-labs/avalanchego/utils/timer/mockable"
	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/core/rawdb"
	"github.com/ava-labs/libevm/core/types"
	"github.com/ava-labs/libevm/ethdb"
	"github.com/ava-labs/libevm/log"
	"github.com/ava-labs/subnet-evm/consensus/dummy"
	"github.com/ava-labs/subnet-evm/constants"
	"github.com/ava-labs/subnet-evm/core"
	"github.com/ava-labs/subnet-evm/core/txpool"
	"github.com/ava-labs/subnet-evm/eth"
	"github.com/ava-labs/subnet-evm/eth/ethconfig"
	stack "github.com/ava-labs/subnet-evm/node"
	"github.com/ava-labs/subnet-evm/params"
	"github.com/ava-labs/subnet-evm/plugin/evm/customheader"
	"github.com/ava-labs/subnet-evm/plugin/evm/customtypes"
	"github.com/ava-labs/subnet-evm/rpc"
	"github.com/holiman/uint256"
	"pars.network/aimining"
	"pars.network/aimining/subnetevm"

	// callTracer, prestateTracer and their kin for debug_trace…, as in the plugin.
	_ "github.com/ava-labs/libevm/eth/tracers/js"
	_ "github.com/ava-labs/libevm/eth/tracers/native"
)

// Where the node keeps the hash of the last block it accepted, in the chain's database: subnet-evm leaves that to its host.
var lastAcceptedKey = []byte("pars-go-node/last-accepted")

type node struct {
	genesis  *core.Genesis
	database ethdb.Database
	backend  *eth.Ethereum
	server   *rpc.Server
	http     *http.Server
	ledger   *aimining.Ledger
	unfollow func()
	clock    mockable.Clock // the machine's, but in tests
}

func (n *node) chain() *core.BlockChain { return n.backend.BlockChain() }

// open starts the chain of a data directory, or makes one there.
func open(genesis *core.Genesis, dataDir string, keepLedger bool) (*node, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, err
	}
	database, err := rawdb.NewLevelDBDatabase(filepath.Join(dataDir, "chain"), 64, 256, "", false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (does another node have it open?)", filepath.Join(dataDir, "chain"), err)
	}
	n := &node{genesis: genesis, database: database}
	if err := n.start(dataDir); err != nil {
		return nil, errors.Join(err, database.Close())
	}
	if keepLedger {
		if err := n.openLedger(filepath.Join(dataDir, "ledger")); err != nil {
			return nil, errors.Join(err, n.close())
		}
	}
	return n, nil
}

func (n *node) start(dataDir string) error {
	lastAccepted := n.genesis.ToBlock().Hash()
	if stored, err := n.database.Get(lastAcceptedKey); err == nil {
		lastAccepted = common.BytesToHash(stored)
	}
	keys, err := stack.New(&stack.Config{KeyStoreDir: filepath.Join(dataDir, "keystore"), SubnetEVMVersion: params.VersionWithMeta})
	if err != nil {
		return err
	}
	config := ethconfig.NewDefaultConfig()
	config.Genesis = n.genesis
	config.NetworkId = n.genesis.Config.ChainID.Uint64()
	config.Pruning = false // past states answer eth_call, and the ledger comes of them
	config.TrieCleanCache, config.SnapshotCache = 64, 64
	config.TxPool.Journal = ""
	config.Miner.Etherbase = constants.BlackholeAddr
	n.backend, err = eth.New(keys, &config, nobody{}, n.database, eth.DefaultSettings, lastAccepted, dummy.NewDummyEngine(dummy.Mode{}, nil), &n.clock)
	if err != nil {
		return err
	}
	fees, _, err := n.chain().GetFeeConfigAt(n.chain().LastAcceptedBlock().Header())
	if err != nil {
		return err
	}
	n.backend.TxPool().SetMinFee(fees.MinBaseFee)
	n.backend.TxPool().SetGasTip(new(big.Int))
	n.backend.Start()
	return nil
}

// nobody is to whom the node gossips.
type nobody struct{}

func (nobody) Add(*types.Transaction) {}

func (n *node) openLedger(folder string) error {
	config := subnetevm.ConfigOf(n.genesis.Config)
	if config == nil {
		return fmt.Errorf("--ledger: the chain has no %s", subnetevm.ConfigKey)
	}
	ledger, err := aimining.OpenLedger(config.Precompile(), folder, aimining.Hash(n.chain().Genesis().Hash()))
	if err != nil {
		return err
	}
	n.ledger, n.unfollow = ledger, subnetevm.Follow(n.chain(), ledger)
	return nil
}

// listen serves JSON-RPC on loopback and gives the URL.
func (n *node) listen(port uint16) (string, error) {
	n.server = rpc.NewServer(0)
	for _, api := range n.backend.APIs() {
		if api.Namespace == "admin" {
			continue // it writes files
		}
		if err := n.server.RegisterName(api.Namespace, api.Service); err != nil {
			return "", err
		}
	}
	if n.ledger != nil {
		if err := n.server.RegisterName("aimining", &ledgerAPI{n.ledger, subnetevm.NewBlocks(n.chain())}); err != nil {
			return "", err
		}
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", err
	}
	n.http = &http.Server{Handler: loopbackOnly(n.server), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := n.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("JSON-RPC stopped", "err", err)
		}
	}()
	return "http://" + listener.Addr().String(), nil
}

// loopbackOnly refuses requests for a name that a web page made resolve to this machine.
func loopbackOnly(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		host := request.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(writer, "this node answers on loopback only", http.StatusForbidden)
			return
		}
		handler.ServeHTTP(writer, request)
	})
}

// produce builds and accepts blocks while transactions wait, until ctx is done.
func (n *node) produce(ctx context.Context) error {
	incoming := make(chan core.NewTxsEvent, 16)
	subscription := n.backend.TxPool().SubscribeTransactions(incoming, true)
	defer subscription.Unsubscribe()
	for {
		for n.waiting() && n.sleep(ctx) {
			built, err := n.build()
			if err != nil {
				return err
			}
			if !built {
				break // what waits does not pay the base fee, say, which falls with time
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-incoming:
		case <-time.After(2 * time.Second):
		}
	}
}

func (n *node) waiting() bool {
	return n.backend.TxPool().PendingSize(txpool.PendingFilter{MinTip: uint256.MustFromBig(n.backend.TxPool().GasTip())}) > 0
}

// sleep waits until the next block may come (ACP-226); false when ctx was done first.
func (n *node) sleep(ctx context.Context) bool {
	parent := n.chain().CurrentBlock()
	next := customtypes.BlockTime(parent)
	if excess := customtypes.GetHeaderExtra(parent).MinDelayExcess; excess != nil {
		next = next.Add(time.Duration(excess.Delay()) * time.Millisecond)
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(next.Sub(n.clock.Time())):
		return true
	}
}

// build does to a block what consensus does on a network of one: build, verify, prefer, accept.
func (n *node) build() (bool, error) {
	if err := n.backend.TxPool().Sync(); err != nil {
		return false, err
	}
	block, err := n.backend.Miner().GenerateBlock(nil)
	if err != nil {
		return false, fmt.Errorf("no block could be built: %w", err)
	}
	if len(block.Transactions()) == 0 {
		return false, nil // subnet-evm has no empty blocks
	}
	chain := n.chain()
	extra := params.GetExtra(chain.Config())
	if err := customheader.VerifyTime(extra, chain.CurrentBlock(), block.Header(), n.clock.Time()); err != nil {
		log.Error("The block that was built would be refused", "err", err) // a clock that was set back, say
		return false, nil
	}
	if err := chain.InsertBlock(block); err != nil {
		return false, err
	}
	if err := chain.SetPreference(block); err != nil {
		return false, err
	}
	if err := chain.Accept(block); err != nil {
		return false, err
	}
	chain.DrainAcceptorQueue()
	return true, n.database.Put(lastAcceptedKey, block.Hash().Bytes())
}

func (n *node) close() error {
	var problem error
	if n.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		problem = n.http.Shutdown(ctx)
		n.server.Stop()
	}
	if n.ledger != nil {
		n.unfollow()
		n.ledger.Close()
	}
	return errors.Join(problem, n.backend.Stop())
}
