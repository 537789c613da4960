package chain

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"pars.network/aimining"
)

// StorageRoot is the root that a real host's trie has for an account's storage.
func (s *State) StorageRoot(address aimining.Address) aimining.Hash {
	var leaves []leaf
	for slot, value := range s.read(address).storage {
		key := Keccak256(slot[:])
		nibbles := make([]byte, 0, 64)
		for _, b := range key {
			nibbles = append(nibbles, b>>4, b&15)
		}
		leaves = append(leaves, leaf{nibbles, text(bytes.TrimLeft(value[:], "\x00"))})
	}
	slices.SortFunc(leaves, func(a, b leaf) int { return bytes.Compare(a.path, b.path) })
	return Keccak256(node(leaves, 0))
}

// leaf is a value, itself RLP, at the end of a path of nibbles.
type leaf struct{ path, value []byte }

// node encodes the node over leaves that share their path up to depth.
func node(leaves []leaf, depth int) []byte {
	if len(leaves) == 0 {
		return text(nil)
	}
	first, last := leaves[0].path[depth:], leaves[len(leaves)-1].path[depth:]
	if len(leaves) == 1 {
		return list(text(compact(first, true)), text(leaves[0].value))
	}
	shared := 0
	for first[shared] == last[shared] { // sorted: what these share all share
		shared++
	}
	if shared > 0 {
		return list(text(compact(first[:shared], false)), reference(node(leaves, depth+shared)))
	}
	children := make([][]byte, 17)
	for nibble := range children {
		end := 0
		for end < len(leaves) && int(leaves[end].path[depth]) == nibble {
			end++
		}
		children[nibble] = text(nil)
		if end > 0 {
			children[nibble] = reference(node(leaves[:end], depth+1))
		}
		leaves = leaves[end:]
	}
	return list(children...)
}

// reference stands for a node in its parent: the node itself if it is short.
func reference(node []byte) []byte {
	if len(node) < 32 {
		return node
	}
	hash := Keccak256(node)
	return text(hash[:])
}

// compact packs nibbles into bytes behind a flag of what node they are in.
func compact(nibbles []byte, isLeaf bool) []byte {
	flag := byte(0)
	if isLeaf {
		flag = 0x20
	}
	packed := []byte{flag}
	if len(nibbles)%2 == 1 {
		packed[0] |= 0x10 | nibbles[0]
		nibbles = nibbles[1:]
	}
	for i := 0; i < len(nibbles); i += 2 {
		packed = append(packed, nibbles[i]<<4|nibbles[i+1])
	}
	return packed
}

// text and list are RLP.
func text(data []byte) []byte {
	if len(data) == 1 && data[0] < 0x80 {
		return data
	}
	return append(prefix(0x80, len(data)), data...)
}

func list(items ...[]byte) []byte {
	body := bytes.Join(items, nil)
	return append(prefix(0xc0, len(body)), body...)
}

func prefix(kind byte, length int) []byte {
	if length < 56 {
		return []byte{kind + byte(length)}
	}
	size := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, uint64(length)), "\x00")
	return append([]byte{kind + 55 + byte(len(size))}, size...)
}

// Keccak256 is Ethereum's hash: the standard library has SHA-3 alone, whose padding is another.
func Keccak256(data []byte) (hash aimining.Hash) {
	const rate = 136
	padded := append(slices.Clone(data), 1)
	padded = append(padded, make([]byte, (rate-len(padded)%rate)%rate)...)
	padded[len(padded)-1] |= 0x80
	var state [25]uint64
	for ; len(padded) > 0; padded = padded[rate:] {
		for lane := range rate / 8 {
			state[lane] ^= binary.LittleEndian.Uint64(padded[8*lane:])
		}
		permute(&state)
	}
	for lane := range 4 {
		binary.LittleEndian.PutUint64(hash[8*lane:], state[lane])
	}
	return hash
}

// permute is Keccak-f[1600] of FIPS 202, its constants computed as the standard defines them.
func permute(a *[25]uint64) {
	lfsr := byte(1)
	for range 24 {
		// θ
		var c [5]uint64
		for x := range c {
			c[x] = a[x] ^ a[x+5] ^ a[x+10] ^ a[x+15] ^ a[x+20]
		}
		for i := range a {
			a[i] ^= c[(i+4)%5] ^ bits.RotateLeft64(c[(i+1)%5], 1)
		}
		// ρ and π
		x, y, lane := 1, 0, a[1]
		for t := range 24 {
			x, y = y, (2*x+3*y)%5
			next := a[x+5*y]
			a[x+5*y] = bits.RotateLeft64(lane, (t+1)*(t+2)/2%64)
			lane = next
		}
		// χ
		for row := 0; row < 25; row += 5 {
			var b [5]uint64
			copy(b[:], a[row:])
			for x := range b {
				a[row+x] = b[x] ^ ^b[(x+1)%5]&b[(x+2)%5]
			}
		}
		// ι
		for j := range 7 {
			if lfsr&1 != 0 {
				a[0] ^= 1 << (1<<j - 1)
			}
			high := lfsr >> 7
			lfsr <<= 1
			if high != 0 {
				lfsr ^= 0x71
			}
		}
	}
}
