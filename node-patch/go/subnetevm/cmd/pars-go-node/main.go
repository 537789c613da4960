// Command pars-go-node runs one node of subnet-evm with the AI-mining precompile: its transaction pool, block builder, chain,
// database and JSON-RPC, with nobody else to agree with. Each block is accepted as soon as it is built.
//
//	pars-go-node --genesis genesis.json --datadir DIR [--upgrade upgrade.json] [--http-port 8545] [--ledger]
//
// It listens on loopback and has no keys. Blocks come no faster than subnet-evm's rules let them: two seconds apart at first.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"syscall"

	"github.com/ava-labs/avalanchego/upgrade"
	"github.com/ava-labs/libevm/log"
	"github.com/ava-labs/subnet-evm/core"
	"github.com/ava-labs/subnet-evm/params"
	"github.com/ava-labs/subnet-evm/plugin/evm/customtypes"
	"pars.network/aimining/chainfile"
	"pars.network/aimining/subnetevm"
)

// networkUpgrades: everything that Avalanche's networks have activated is active.
var networkUpgrades = upgrade.Default

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pars-go-node:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	flags := flag.NewFlagSet("pars-go-node", flag.ContinueOnError)
	var (
		genesisFile = flags.String("genesis", "", "genesis `file`, with config.parsAiMiningConfig")
		upgradeFile = flags.String("upgrade", "", "upgrade `file`, with precompileUpgrades")
		dataDir     = flags.String("datadir", "", "`folder` of chain and ledger")
		httpPort    = flags.Uint("http-port", 8545, "`port` of JSON-RPC on 127.0.0.1; 0 takes a free one")
		keepLedger  = flags.Bool("ledger", false, "keep a ledger in the data directory and answer aimining_…")
		account     = flags.Bool("print-account", false, "print what alloc must have for 0x0300 when the precompile is active from genesis, and stop")
		verbose     = flags.Bool("verbose", false, "log what subnet-evm logs, not errors alone")
	)
	if err := flags.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	level := log.LevelError
	if *verbose {
		level = log.LevelInfo
	}
	log.SetDefault(log.NewLogger(log.NewTerminalHandlerWithLevel(os.Stderr, level, false)))

	core.RegisterExtras()
	customtypes.Register()
	params.RegisterExtras()

	genesisText, upgradeText, err := readFiles(*genesisFile, *upgradeFile)
	if err != nil {
		return err
	}
	if *account {
		text, err := chainfile.Account(genesisText)
		if err == nil {
			fmt.Printf("%s\n", text)
		}
		return err
	}
	genesis, err := subnetevm.ReadGenesis(genesisText, upgradeText, networkUpgrades)
	if err != nil {
		return err
	}
	if *dataDir == "" {
		return errors.New("--datadir is missing")
	}
	if *httpPort > math.MaxUint16 {
		return fmt.Errorf("--http-port: %d is no port", *httpPort)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	node, err := open(genesis, *dataDir, *keepLedger)
	if err != nil {
		return err
	}
	url, err := node.listen(uint16(*httpPort))
	if err != nil {
		return errors.Join(err, node.close())
	}
	head := node.chain().LastAcceptedBlock()
	fmt.Printf("pars-go-node: chain %s at block %d, %s\n", genesis.Config.ChainID, head.NumberU64(), url)
	return errors.Join(node.produce(ctx), node.close())
}

func readFiles(genesisFile, upgradeFile string) (genesis, upgrades []byte, err error) {
	if genesisFile == "" {
		return nil, nil, errors.New("--genesis is missing")
	}
	if genesis, err = os.ReadFile(genesisFile); err == nil && upgradeFile != "" {
		upgrades, err = os.ReadFile(upgradeFile)
	}
	return genesis, upgrades, err
}
