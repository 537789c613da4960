package main

import (
	"encoding/json"
	"time"

	"pars.network/aimining"
)

// ledgerPatience is how long a question waits for the ledger to reach the chain's head.
const ledgerPatience = 2 * time.Second

// ledgerAPI answers aimining_…: who was paid what, when. precompile-spec/ledger.md has the methods and fields.
type ledgerAPI struct {
	ledger *aimining.Ledger
	blocks aimining.Blocks
}

func (a *ledgerAPI) query(method string, params ...any) (json.RawMessage, error) {
	tip, err := a.blocks.Tip()
	if err != nil {
		return nil, err
	}
	for patience := time.Now().Add(ledgerPatience); time.Now().Before(patience); time.Sleep(10 * time.Millisecond) {
		status, err := a.ledger.Status()
		if err != nil {
			return nil, err
		}
		if status.Head != nil && *status.Head == tip {
			break
		}
	}
	return a.ledger.Query(&tip, method, params...)
}

func (a *ledgerAPI) GetWork(id string) (json.RawMessage, error) { return a.query("getWork", id) }

func (a *ledgerAPI) GetTeleport(id string) (json.RawMessage, error) {
	return a.query("getTeleport", id)
}

func (a *ledgerAPI) GetDevice(id string, from *json.RawMessage, limit *uint64) (json.RawMessage, error) {
	return a.query("getDevice", page(from, limit, id)...)
}

func (a *ledgerAPI) GetHistory(account, by string, from *json.RawMessage, limit *uint64) (json.RawMessage, error) {
	return a.query("getHistory", page(from, limit, account, by)...)
}

func (a *ledgerAPI) Stats(span *json.RawMessage) (json.RawMessage, error) {
	if span == nil {
		return a.query("stats")
	}
	return a.query("stats", span)
}

// SyncStatus waits for nothing: it tells how far the ledger is.
func (a *ledgerAPI) SyncStatus() (json.RawMessage, error) {
	tip, err := a.blocks.Tip()
	if err != nil {
		return nil, err
	}
	return a.ledger.Query(&tip, "syncStatus")
}

// page adds what the caller said of a page, and nothing else.
func page(from *json.RawMessage, limit *uint64, params ...any) []any {
	if from == nil && limit == nil {
		return params
	}
	params = append(params, from)
	if limit != nil {
		params = append(params, *limit)
	}
	return params
}
