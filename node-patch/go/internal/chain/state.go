// Package chain is a small chain in memory for tests: a journaled state as this family of hosts has it, with snapshots,
// the clean-up of empty accounts after every transaction (EIP-161) and blocks that can be unwound. Its transactions call
// 0x…0300 directly or from a script that stands for a contract; there is no EVM, no trie and no fee.
package chain

import (
	"maps"
	"slices"

	"pars.network/aimining"
)

// account is one of the state.
type account struct {
	nonce   uint64
	balance aimining.Uint256
	code    []byte
	storage map[aimining.Hash]aimining.Hash // without zeros
}

// empty as EIP-161 says: storage does not count.
func (a *account) empty() bool { return a.nonce == 0 && a.balance.IsZero() && len(a.code) == 0 }

// change is what one write replaced.
type change struct {
	kind    kind
	address aimining.Address
	nonce   uint64
	balance aimining.Uint256
	code    []byte
	slot    aimining.Hash
	value   aimining.Hash
	account *account
}

type kind int

const (
	created kind = iota
	removed
	setNonce
	setBalance
	setCode
	setSlot
	// These two end with their transaction.
	logged
	accessed
)

// State implements aimining.ActivationState.
type State struct {
	accounts map[aimining.Address]*account
	// journal has the changes of the block under way, oldest first; transaction is where those of the running one begin.
	journal     []change
	transaction int
	logs        []aimining.Log
	warm        map[aimining.Address]bool
}

// NewState makes an empty state.
func NewState() *State {
	return &State{accounts: map[aimining.Address]*account{}, warm: map[aimining.Address]bool{}}
}

// read gives the account, or an empty one that nobody keeps.
func (s *State) read(address aimining.Address) *account {
	if a := s.accounts[address]; a != nil {
		return a
	}
	return &account{}
}

// write gives the account to change, and makes it if need be.
func (s *State) write(address aimining.Address) *account {
	if s.accounts[address] == nil {
		s.journal = append(s.journal, change{kind: created, address: address})
		s.accounts[address] = &account{storage: map[aimining.Hash]aimining.Hash{}}
	}
	return s.accounts[address]
}

// GetState reads a slot.
func (s *State) GetState(address aimining.Address, slot aimining.Hash) aimining.Hash {
	return s.read(address).storage[slot]
}

// SetState writes a slot.
func (s *State) SetState(address aimining.Address, slot, value aimining.Hash) {
	a := s.write(address)
	s.journal = append(s.journal, change{kind: setSlot, address: address, slot: slot, value: a.storage[slot]})
	a.put(slot, value)
}

func (a *account) put(slot, value aimining.Hash) {
	if value == (aimining.Hash{}) {
		delete(a.storage, slot)
		return
	}
	a.storage[slot] = value
}

// GetNonce reads a nonce.
func (s *State) GetNonce(address aimining.Address) uint64 { return s.read(address).nonce }

// SetNonce writes a nonce.
func (s *State) SetNonce(address aimining.Address, nonce uint64) {
	a := s.write(address)
	s.journal = append(s.journal, change{kind: setNonce, address: address, nonce: a.nonce})
	a.nonce = nonce
}

// GetCode reads a code.
func (s *State) GetCode(address aimining.Address) []byte { return s.read(address).code }

// SetCode writes a code.
func (s *State) SetCode(address aimining.Address, code []byte) {
	a := s.write(address)
	s.journal = append(s.journal, change{kind: setCode, address: address, code: a.code})
	a.code = code
}

// GetBalance reads a balance.
func (s *State) GetBalance(address aimining.Address) aimining.Uint256 { return s.read(address).balance }

// AddBalance adds to a balance. It panics beyond 256 bits.
func (s *State) AddBalance(address aimining.Address, amount aimining.Uint256) {
	sum, over := s.GetBalance(address).Add(amount)
	if over {
		panic("balance beyond 256 bits")
	}
	s.setBalance(address, sum)
}

// SubBalance takes from a balance; false if there is less.
func (s *State) SubBalance(address aimining.Address, amount aimining.Uint256) bool {
	rest, under := s.GetBalance(address).Sub(amount)
	if !under {
		s.setBalance(address, rest)
	}
	return !under
}

func (s *State) setBalance(address aimining.Address, balance aimining.Uint256) {
	a := s.write(address)
	s.journal = append(s.journal, change{kind: setBalance, address: address, balance: a.balance})
	a.balance = balance
}

// AddLog emits a log.
func (s *State) AddLog(address aimining.Address, topics []aimining.Hash, data []byte) {
	s.journal = append(s.journal, change{kind: logged})
	s.logs = append(s.logs, aimining.Log{Address: address, Topics: topics, Data: data})
}

// AccessAccount makes an account warm.
func (s *State) AccessAccount(address aimining.Address) {
	if !s.warm[address] {
		s.journal = append(s.journal, change{kind: accessed, address: address})
		s.warm[address] = true
	}
}

// IsWarm tells whether the transaction has accessed an account.
func (s *State) IsWarm(address aimining.Address) bool { return s.warm[address] }

// Logs are those of the running transaction.
func (s *State) Logs() []aimining.Log { return slices.Clone(s.logs) }

// Storage gives a copy of an account's storage.
func (s *State) Storage(address aimining.Address) map[aimining.Hash]aimining.Hash {
	return maps.Clone(s.read(address).storage)
}

// Exists tells whether the state has the account.
func (s *State) Exists(address aimining.Address) bool { return s.accounts[address] != nil }

// Account is a copy of one account.
type Account struct {
	Nonce   uint64
	Balance aimining.Uint256
	Code    string
	Storage map[aimining.Hash]aimining.Hash
}

// Dump gives a copy of everything, to compare.
func (s *State) Dump() map[aimining.Address]Account {
	dump := make(map[aimining.Address]Account, len(s.accounts))
	for address, a := range s.accounts {
		dump[address] = Account{a.nonce, a.balance, string(a.code), maps.Clone(a.storage)}
	}
	return dump
}

// Snapshot is a point to come back to within the transaction.
func (s *State) Snapshot() int { return len(s.journal) }

// RevertToSnapshot takes back what came after it.
func (s *State) RevertToSnapshot(snapshot int) {
	s.undo(s.journal[snapshot:])
	s.journal = s.journal[:snapshot]
}

// undo takes changes back, newest first.
func (s *State) undo(changes []change) {
	for i := len(changes) - 1; i >= 0; i-- {
		switch c := changes[i]; c.kind {
		case created:
			delete(s.accounts, c.address)
		case removed:
			s.accounts[c.address] = c.account
		case setNonce:
			s.accounts[c.address].nonce = c.nonce
		case setBalance:
			s.accounts[c.address].balance = c.balance
		case setCode:
			s.accounts[c.address].code = c.code
		case setSlot:
			s.accounts[c.address].put(c.slot, c.value)
		case logged:
			s.logs = s.logs[:len(s.logs)-1]
		case accessed:
			delete(s.warm, c.address)
		}
	}
}

// Finalise ends a transaction: accounts that it touched and that are empty go, with their storage.
func (s *State) Finalise() {
	kept := s.journal[:s.transaction]
	touched := map[aimining.Address]bool{}
	for _, c := range s.journal[s.transaction:] {
		if c.kind != logged && c.kind != accessed {
			touched[c.address] = true
			kept = append(kept, c)
		}
	}
	s.journal = kept
	for address := range touched {
		if a := s.accounts[address]; a != nil && a.empty() {
			s.journal = append(s.journal, change{kind: removed, address: address, account: a})
			delete(s.accounts, address)
		}
	}
	s.transaction, s.logs = len(s.journal), nil
	clear(s.warm)
}

// seal ends a block and gives its changes.
func (s *State) seal() []change {
	changes := s.journal
	s.journal, s.transaction = nil, 0
	return changes
}

// slotsOf gives what changes did to the storage of an account that is not removed in them.
func (s *State) slotsOf(address aimining.Address, changes []change) aimining.Changes {
	slots := aimining.Changes{}
	for _, c := range changes {
		if _, known := slots[c.slot]; c.kind == setSlot && c.address == address && !known {
			slots[c.slot] = aimining.SlotChange{Before: c.value, After: s.GetState(address, c.slot)}
		}
	}
	maps.DeleteFunc(slots, func(_ aimining.Hash, c aimining.SlotChange) bool { return c.Before == c.After })
	return slots
}
