// Command pars-evm is the plugin of github.com/luxfi/evm with the AI-mining precompile. luxd runs it as it runs luxfi/evm: put it
// into the plugin directory under the id of the chain's VM.
//
// It checks genesis and upgrade file, as package chainfile does, before luxfi/evm sees them.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/luxfi/consensus/engine/chain/block"
	"github.com/luxfi/evm/plugin/evm"
	"github.com/luxfi/evm/plugin/runner"
	log "github.com/luxfi/log"
	"github.com/luxfi/sys/ulimit"
	"github.com/luxfi/version"
	"github.com/luxfi/vm/rpc"
	"pars.network/aimining"
	"pars.network/aimining/chainfile"
	_ "pars.network/aimining/luxevm"
)

// checkedVM is luxfi/evm's VM behind that check.
type checkedVM struct{ *evm.VM }

func (vm checkedVM) Initialize(ctx context.Context, init block.Init) error {
	if err := chainfile.Verify(init.Genesis, init.Upgrade); err != nil {
		return err
	}
	return vm.VM.Initialize(ctx, init)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pars-evm:", err)
		os.Exit(1)
	}
}

func run() error {
	asked, err := runner.PrintVersion()
	if err != nil {
		return err
	}
	if asked {
		fmt.Printf("Pars-EVM/%s [aimining=%s, node=%s, rpcchainvm=%d]\n", evm.Version, aimining.Version(), version.Current, version.RPCChainVMProtocol)
		return nil
	}
	if err := ulimit.Set(ulimit.DefaultFDLimit, log.Root()); err != nil {
		return err
	}
	return rpc.Serve(context.Background(), log.Root(), checkedVM{&evm.VM{}})
}
