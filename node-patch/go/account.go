package aimining

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// readAccount reads an entry of a genesis alloc.
func readAccount(text []byte) (Account, error) {
	fail := func(err error) (Account, error) {
		return Account{}, &FatalError{Reason: "the library's account cannot be read", Cause: err}
	}
	var entry struct {
		Nonce   string        `json:"nonce"`
		Code    string        `json:"code"`
		Storage map[Hash]Hash `json:"storage"`
	}
	if err := json.Unmarshal(text, &entry); err != nil {
		return fail(err)
	}
	digits, found := strings.CutPrefix(entry.Nonce, "0x")
	code, prefixed := strings.CutPrefix(entry.Code, "0x")
	if !found || !prefixed {
		return fail(errors.New("a number without 0x"))
	}
	account := Account{Storage: entry.Storage}
	var err error
	if account.Nonce, err = strconv.ParseUint(digits, 16, 64); err != nil {
		return fail(err)
	}
	if account.Code, err = hex.DecodeString(code); err != nil {
		return fail(err)
	}
	return account, nil
}
