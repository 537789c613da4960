package aimining

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Account is an account of a genesis alloc; its balance is the host's affair.
type Account struct {
	Nonce   uint64
	Code    []byte
	Storage map[Hash]Hash
}

// quantity is a number that JSON has as 0x and hex.
type quantity uint64

func (q *quantity) UnmarshalText(text []byte) error {
	digits, found := strings.CutPrefix(string(text), "0x")
	if !found {
		return fmt.Errorf("%q is not 0x and hex digits", text)
	}
	number, err := strconv.ParseUint(digits, 16, 64)
	*q = quantity(number)
	return err
}

// code is bytes that JSON has as 0x and hex.
type code []byte

func (c *code) UnmarshalText(text []byte) (err error) {
	digits, found := strings.CutPrefix(string(text), "0x")
	if !found {
		return fmt.Errorf("%q is not 0x and hex digits", text)
	}
	*c, err = hex.DecodeString(digits)
	return err
}

// readAccount reads an entry of a genesis alloc.
func readAccount(text []byte) (Account, error) {
	var entry struct {
		Nonce   quantity      `json:"nonce"`
		Code    code          `json:"code"`
		Storage map[Hash]Hash `json:"storage"`
	}
	if err := json.Unmarshal(text, &entry); err != nil {
		return Account{}, &FatalError{Reason: "the library's account cannot be read", Cause: err}
	}
	return Account{uint64(entry.Nonce), entry.Code, entry.Storage}, nil
}
