package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ava-labs/libevm/common/hexutil"
	"github.com/ava-labs/libevm/crypto"
	"github.com/ava-labs/subnet-evm/rpc"
	"pars.network/aimining/subnetevm"
)

// With this variable the test's own binary is pars-go-node.
const asProgram = "PARS_GO_NODE_AS_PROGRAM"

const devGenesis = "../../../genesis/dev-6133.json"

func program(arguments ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], arguments...)
	command.Env = append(os.Environ(), asProgram+"=1")
	return command
}

// The program says one line when it is ready, answers, ends with success when it is told to, and starts again on its folder.
func Test_a13_program_starts_answers_and_stops(t *testing.T) {
	folder := t.TempDir()
	version := hexutil.Encode(crypto.Keccak256([]byte("version()"))[:4])
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		command := program("--genesis", devGenesis, "--datadir", folder, "--http-port", "0", "--ledger")
		var complaints bytes.Buffer
		command.Stderr = &complaints
		stdout, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
		lines := bufio.NewScanner(stdout)
		if !lines.Scan() {
			t.Fatalf("it said nothing: %s", &complaints)
		}
		line, url := lines.Text(), lines.Text()[strings.LastIndexByte(lines.Text(), ' ')+1:]
		if !strings.HasPrefix(line, "pars-go-node: chain 6133 at block 0, http://127.0.0.1:") {
			t.Errorf("it said %q", line)
		}
		client, err := rpc.Dial(url)
		if err != nil {
			t.Fatal(err)
		}
		var output string
		if err := client.Call(&output, "eth_call", map[string]any{"to": subnetevm.ContractAddress, "input": version}, "latest"); err != nil || !strings.HasSuffix(output, "01") {
			t.Errorf("version() answered %s, %v", output, err)
		}
		if err := client.Call(&output, "eth_chainId"); err != nil || output != "0x17f5" {
			t.Errorf("eth_chainId answered %s, %v", output, err)
		}
		if err := client.Call(nil, "admin_exportChain", filepath.Join(folder, "x")); err == nil {
			t.Error("it answers admin_exportChain")
		}
		client.Close()
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if lines.Scan() {
			t.Errorf("it said more: %q", lines.Text())
		}
		if err := command.Wait(); err != nil {
			t.Errorf("after %s: %v: %s", signal, err, &complaints)
		}
		ended.Stop()
	}
}

// The example of an upgrade file goes with a genesis that has no precompile, and not with one that has.
func Test_a13_program_takes_an_upgrade_file(t *testing.T) {
	const upgrade = "../../../genesis/upgrade.json"
	output, err := program("--genesis", devGenesis, "--upgrade", upgrade, "--datadir", t.TempDir()).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "disable should be [true]") {
		t.Errorf("a chain that has the precompile: %v: %s", err, output)
	}
	text, err := os.ReadFile(upgrade)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := subnetevm.ReadGenesis(plainGenesis(t), text, networkUpgrades); err != nil {
		t.Errorf("a chain that has it not: %v", err)
	}
}

// plainGenesis is the development genesis without the precompile.
func plainGenesis(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(devGenesis)
	if err != nil {
		t.Fatal(err)
	}
	return without(t, text)
}

func Test_program_says_what_is_wrong(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.json")
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{nil, "pars-go-node: --genesis is missing"},
		{[]string{"--genesis", missing}, "no such file"},
		{[]string{"--genesis", devGenesis}, "--datadir is missing"},
		{[]string{"--genesis", devGenesis, "more"}, `unknown argument "more"`},
		{[]string{"--genesis", devGenesis, "--datadir", t.TempDir(), "--http-port", "70000"}, "70000 is no port"},
	} {
		output, err := program(test.arguments...).CombinedOutput()
		if err == nil || !strings.Contains(string(output), test.want) {
			t.Errorf("%v: %v: %s; want %s", test.arguments, err, output, test.want)
		}
	}
}
