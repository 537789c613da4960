package aimining

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
)

// Bytes of an address, and of a hash or word.
type (
	// Address is 20 bytes; every common.Address converts to it.
	Address [20]byte
	// Hash is 32 bytes, a word of storage as well; every common.Hash converts to it.
	Hash [32]byte
)

// ContractAddress is 0x0000000000000000000000000000000000000300.
var ContractAddress = Address{18: 3}

// String gives 0x and lower-case hex.
func (a Address) String() string { return "0x" + hex.EncodeToString(a[:]) }

// String gives 0x and lower-case hex.
func (h Hash) String() string { return "0x" + hex.EncodeToString(h[:]) }

// MarshalText gives the same.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// MarshalText gives the same.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads 0x and 40 digits.
func (a *Address) UnmarshalText(text []byte) error { return unhex(a[:], text) }

// UnmarshalText reads 0x and 64 digits.
func (h *Hash) UnmarshalText(text []byte) error { return unhex(h[:], text) }

func unhex(into, text []byte) error {
	if len(text) != 2+2*len(into) || string(text[:2]) != "0x" {
		return fmt.Errorf("%q is not 0x and %d hex digits", text, 2*len(into))
	}
	_, err := hex.Decode(into, text[2:])
	return err
}

// Uint256 is an unsigned integer of 256 bits, least significant limb first: [4]uint64 as holiman/uint256 has it, so that
// uint256.Int(x) and Uint256(*y) are conversions.
type Uint256 [4]uint64

// Uint256FromWord reads 32 bytes, big-endian.
func Uint256FromWord(word Hash) (x Uint256) {
	for limb := range x {
		x[limb] = binary.BigEndian.Uint64(word[24-8*limb:])
	}
	return x
}

// Word gives 32 bytes, big-endian.
func (x Uint256) Word() (word Hash) {
	for limb := range x {
		binary.BigEndian.PutUint64(word[24-8*limb:], x[limb])
	}
	return word
}

// Add gives the sum, and whether it left 256 bits.
func (x Uint256) Add(y Uint256) (sum Uint256, overflow bool) {
	var carry uint64
	for limb := range x {
		sum[limb], carry = bits.Add64(x[limb], y[limb], carry)
	}
	return sum, carry != 0
}

// Sub gives the difference, and whether y was larger.
func (x Uint256) Sub(y Uint256) (difference Uint256, underflow bool) {
	var borrow uint64
	for limb := range x {
		difference[limb], borrow = bits.Sub64(x[limb], y[limb], borrow)
	}
	return difference, borrow != 0
}

// IsZero tells whether x is 0.
func (x Uint256) IsZero() bool { return x == Uint256{} }

// State is a host's state as the precompile needs it: the StateDB of this family, over plain arrays. Every change goes
// through the host's journal, so that the host takes it back when the call, or a frame around it, does not succeed.
//
// Only 0x…0300 is read and written, but for the last three methods, which a reward in native coins uses.
//
// A state used by several calls at once must be safe for that; hosts give each execution its own.
type State interface {
	GetState(account Address, slot Hash) Hash
	SetState(account Address, slot, value Hash)
	GetNonce(account Address) uint64
	SetNonce(account Address, nonce uint64)
	// AddLog gets slices of its own.
	AddLog(account Address, topics []Hash, data []byte)

	GetBalance(account Address) Uint256
	// AddBalance never overflows: that was looked at before.
	AddBalance(account Address, amount Uint256)
	// AccessAccount puts the account among the accessed ones of the transaction (EIP-2929), through the journal:
	// AddAddressToAccessList of the full StateDB.
	AccessAccount(account Address)
}

// ActivationState is a state that can also give an account its code. A host that has set nonce and code before it
// configures a precompile compares the code and panics if it is another one.
type ActivationState interface {
	State
	SetCode(account Address, code []byte)
}

// FailingState is a state that remembers that its database failed and answers zeros from then on, as go-ethereum's
// StateDB does. If Error is not nil after a call, Run panics with a [*FatalError] and gives no result.
type FailingState interface {
	State
	Error() error
}
