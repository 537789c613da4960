package chain

import (
	"maps"
	"math/rand"
	"reflect"
	"slices"
	"testing"

	"pars.network/aimining"
)

// Random writes, nested snapshots, transactions and blocks: whatever is taken back, the state is the one from before.
func TestStateComesBackExactly(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewSource(seed))
	address := func() aimining.Address { return aimining.Address{19: byte(random.Intn(6))} }
	word := func() aimining.Hash { return aimining.Hash{31: byte(random.Intn(3))} }
	cleaned := 0
	for range 200 {
		state := NewState()
		var blocks [][]change
		dumps := []map[aimining.Address]Account{state.Dump()}
		for range 1 + random.Intn(5) {
			for range 1 + random.Intn(4) {
				type point struct {
					snapshot, logs int
					dump           map[aimining.Address]Account
					warm           map[aimining.Address]bool
				}
				var points []point
				for range random.Intn(30) {
					switch random.Intn(9) {
					case 0, 1:
						state.SetState(address(), word(), word())
					case 2:
						state.SetNonce(address(), uint64(random.Intn(2)))
					case 3:
						state.AddBalance(address(), aimining.Uint256{uint64(random.Intn(2))})
					case 4:
						state.SubBalance(address(), aimining.Uint256{1})
					case 5:
						state.AddLog(address(), nil, nil)
						state.AccessAccount(address())
					case 6:
						state.SetCode(address(), make([]byte, random.Intn(2)))
					case 7:
						points = append(points, point{state.Snapshot(), len(state.Logs()), state.Dump(), maps.Clone(state.warm)})
					case 8:
						if len(points) == 0 {
							continue
						}
						at := random.Intn(len(points))
						back := points[at]
						points = points[:at]
						state.RevertToSnapshot(back.snapshot)
						if !reflect.DeepEqual(state.Dump(), back.dump) || len(state.Logs()) != back.logs || !maps.Equal(state.warm, back.warm) {
							t.Fatal("a snapshot does not come back")
						}
					}
				}
				accounts := len(state.accounts)
				state.Finalise()
				cleaned += accounts - len(state.accounts)
				for address, a := range state.accounts {
					for _, c := range state.journal {
						if c.address == address && a.empty() {
							t.Fatal("an empty account stays")
						}
					}
				}
				if len(state.Logs()) != 0 || len(state.warm) != 0 {
					t.Fatal("logs or accesses outlive the transaction")
				}
			}
			blocks = append(blocks, state.seal())
			dumps = append(dumps, state.Dump())
		}
		for i := len(blocks) - 1; i >= 0; i-- {
			before, after := dumps[i], dumps[i+1]
			for address := range after {
				if slices.ContainsFunc(blocks[i], func(c change) bool { return c.kind == removed && c.address == address }) {
					continue
				}
				want := aimining.Changes{}
				for last := range byte(3) {
					slot := aimining.Hash{31: last}
					want.Record(slot, before[address].Storage[slot], after[address].Storage[slot])
				}
				if got := state.slotsOf(address, blocks[i]); !maps.Equal(got, want) {
					t.Fatalf("changes %v, not %v", got, want)
				}
			}
			state.undo(blocks[i])
			if !reflect.DeepEqual(state.Dump(), before) {
				t.Fatal("a block does not come back")
			}
		}
	}
	if cleaned == 0 {
		t.Error("no empty account was removed: nothing was tested")
	}
}

func TestKeccakAndTheEmptyRootAreEthereums(t *testing.T) {
	for data, want := range map[string]string{
		"":    "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
		"abc": "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
	} {
		if got := Keccak256([]byte(data)).String(); got != want {
			t.Errorf("%q: %s", data, got)
		}
	}
	if got := NewState().StorageRoot(aimining.Address{}).String(); got != "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421" {
		t.Error(got)
	}
}
