package subnetevm

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/ava-labs/libevm/common"
	"github.com/ava-labs/libevm/common/hexutil"
)

// A vector of precompile-spec/vectors/v1, as far as a whole chain can run it.
type vector struct {
	Name string
	Pre  struct {
		Genesis string
		Block   struct{ Number, Timestamp uint64 }
		Setup   []struct {
			Block struct{ Number, Timestamp uint64 }
			Call  vectorCall
		}
	}
	Call     vectorCall
	Expected struct {
		Status, Output string
		GasUsed        uint64
		Logs           []struct {
			Topics []common.Hash
			Data   hexutil.Bytes
		}
		Storage []struct {
			Field string
			Slot  common.Hash
			After string
		}
		NativeMinted map[common.Address]string
	}
}

type vectorCall struct {
	Caller common.Address
	Input  string
}

type vectorFile struct {
	Genesis map[string]map[string]any
	Inputs  map[string]string
	Vectors []vector
}

func readVectors(t testing.TB, topic string) *vectorFile {
	t.Helper()
	text, err := os.ReadFile("../../../precompile-spec/vectors/v1/" + topic + ".json")
	if err != nil {
		t.Fatal(err)
	}
	file := new(vectorFile)
	if err := json.Unmarshal(text, file); err != nil {
		t.Fatal(err)
	}
	return file
}

func (f *vectorFile) vector(t testing.TB, name string) *vector {
	t.Helper()
	for i := range f.Vectors {
		if f.Vectors[i].Name == name {
			return &f.Vectors[i]
		}
	}
	t.Fatalf("there is no vector %s", name)
	return nil
}

// input is a call's calldata.
func (f *vectorFile) input(t testing.TB, call vectorCall) []byte {
	t.Helper()
	text := call.Input
	if named, ok := f.Inputs[text]; ok {
		text = named
	}
	input, err := hexutil.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return input
}

// config is a vector's configuration with the profile of this host. Signatures do not depend on the profile.
func (f *vectorFile) config(name string) map[string]any {
	config := maps.Clone(f.Genesis[name])
	config["marker"], config["warm"], config["valueVisible"], config["callCodeVisible"] = "0x01", false, false, false
	config["evmRevision"] = "cancun"
	return config
}

// word reads a hex number of any length as 32 bytes.
func word(text string) common.Hash {
	digits := strings.TrimPrefix(text, "0x")
	return common.HexToHash("0x" + strings.Repeat("0", max(0, 64-len(digits))) + digits)
}
