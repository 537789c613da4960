package aimining

// #include "bridge.h"
import "C"

import (
	"encoding/json"
	"fmt"
	"runtime"
	"unsafe"
)

// Call is one call of the precompile, as the host sees its frame.
type Call struct {
	// Caller is who calls.
	Caller Address
	// RunningAs is the account that the frame runs as: 0x…0300 under CALL and STATICCALL.
	RunningAs Address
	// Static: inside a static call, at any depth.
	Static bool
	// Value is the call's apparent value. Only if ValueKnown; hosts that cannot see it leave both alone.
	Value      Uint256
	ValueKnown bool
	// Gas is the limit of the call.
	Gas uint64
	// ChainID is the host's own, from its chain configuration. A host whose precompiles cannot see that gives
	// [Precompile.ChainID].
	ChainID uint64
	// BlockNumber and BlockTimestamp are of the block that the call runs in.
	BlockNumber, BlockTimestamp uint64
}

// Block is where an activation happens.
type Block struct {
	// ChainID is the host's own, as in [Call].
	ChainID           uint64
	Number, Timestamp uint64
}

// Profile is what a chain's configuration says of its hosts.
type Profile struct {
	// Marker is the code of 0x…0300, as 0x and hex.
	Marker string `json:"marker"`
	// Warm: 0x…0300 is among the accessed addresses when a transaction starts.
	Warm bool `json:"warm"`
	// ValueVisible: hosts show a call's value to the precompile.
	ValueVisible bool `json:"valueVisible"`
	// CallCodeVisible: hosts can tell CALLCODE from CALL.
	CallCodeVisible bool `json:"callCodeVisible"`
	// EVMRevision is the one under which hosts compare the gas of whole transactions.
	EVMRevision string `json:"evmRevision"`
}

// Precompile is the precompile of one chain. It never changes, any number of goroutines may use it, and the garbage
// collector frees it.
type Precompile struct {
	handle     *C.pars_precompile
	config     []byte
	chainID    uint64
	activation uint64
	profile    Profile
}

// New reads a parsAiMiningConfig strictly. The keys that belong to hosts are not read here: see [ParseConfig].
//
// The error is a [*RefusedError].
func New(config []byte) (*Precompile, error) {
	f := newFrame(nil)
	defer f.release()
	handle := C.pars_go_new(pointer(config), C.size_t(len(config)), f.context())
	if handle == nil {
		return nil, &RefusedError{Reason: string(f.text)}
	}
	p := &Precompile{handle: handle, activation: uint64(C.pars_precompile_activation(handle))}
	runtime.SetFinalizer(p, func(p *Precompile) { C.pars_precompile_free(p.handle) })

	if status := C.pars_go_config(handle, f.context()); status != C.PARS_SUCCESS {
		return nil, f.fatal(status)
	}
	p.config = f.text
	read := struct {
		ChainID *uint64 `json:"chainId"`
		*Profile
	}{&p.chainID, &p.profile}
	if err := json.Unmarshal(p.config, &read); err != nil {
		return nil, &FatalError{Reason: "the library's configuration cannot be read", Cause: err}
	}
	return p, nil
}

// Config gives the complete configuration as JSON. Equal configurations give equal bytes.
func (p *Precompile) Config() []byte { return append([]byte(nil), p.config...) }

// ChainID is that of the configuration.
func (p *Precompile) ChainID() uint64 { return p.chainID }

// Profile is that of the configuration.
func (p *Precompile) Profile() Profile { return p.profile }

// Activation is blockTimestamp of the configuration.
func (p *Precompile) Activation() uint64 { return p.activation }

// IsActive tells whether the precompile answers in a block of this time.
func (p *Precompile) IsActive(timestamp uint64) bool {
	defer runtime.KeepAlive(p)
	return C.pars_precompile_is_active(p.handle, C.uint64_t(timestamp)) == 1
}

// Check looks at everything that activation refuses and no state decides. The error is a [*RefusedError].
func (p *Precompile) Check(hostChainID uint64) error {
	f := newFrame(nil)
	defer f.release()
	defer runtime.KeepAlive(p)
	return f.answer(C.pars_go_check(p.handle, C.uint64_t(hostChainID), f.context()))
}

// Account gives 0x…0300 as activation writes it, for the alloc of a genesis. The error is a [*RefusedError].
func (p *Precompile) Account(hostChainID uint64) (Account, error) {
	text, err := p.AccountJSON(hostChainID)
	if err != nil {
		return Account{}, err
	}
	return readAccount(text)
}

// AccountJSON gives the same as a genesis file has it.
func (p *Precompile) AccountJSON(hostChainID uint64) ([]byte, error) {
	f := newFrame(nil)
	defer f.release()
	defer runtime.KeepAlive(p)
	if err := f.answer(C.pars_go_account(p.handle, C.uint64_t(hostChainID), f.context())); err != nil {
		return nil, err
	}
	return f.text, nil
}

// Activate creates the account: once, before the first transaction of the first block whose time has reached
// [Precompile.Activation]. The error is a [*RefusedError] and nothing was written; the node does not go on then.
//
// It panics with a [*FatalError] as [Precompile.Run] does.
func (p *Precompile) Activate(state ActivationState, block Block) error {
	f := newFrame(state)
	defer f.release()
	defer runtime.KeepAlive(p)
	status := C.pars_go_activate(p.handle, C.uint64_t(block.ChainID), C.uint64_t(block.Number), C.uint64_t(block.Timestamp), f.context())
	f.checkHost(status)
	err := f.answer(status)
	if fatal, ok := err.(*FatalError); ok {
		panic(fatal)
	}
	return err
}

// Run runs one call. err is nil, [ErrExecutionReverted] with the precompile's typed error in ret, or [ErrOutOfGas] with
// neither data nor gas left. Whenever it is not nil the host takes back what the call changed, as for any frame.
//
// It panics with a [*FatalError] when the node is broken; the package's comment says why.
func (p *Precompile) Run(state State, call Call, input []byte) (ret []byte, remainingGas uint64, err error) {
	if call.ChainID != p.chainID {
		panic(&FatalError{Reason: fmt.Sprintf("the host runs chain %d and %s is for chain %d", call.ChainID, ConfigKey, p.chainID)})
	}
	f := newFrame(state)
	defer f.release()
	f.enter(&call)
	status := C.pars_go_call(p.handle, &f.call, pointer(input), C.size_t(len(input)), f.context(), &f.gasLeft)
	runtime.KeepAlive(p)
	f.checkHost(status)
	switch status {
	case C.PARS_SUCCESS:
		return f.text, uint64(f.gasLeft), nil
	case C.PARS_REVERT:
		return f.text, uint64(f.gasLeft), ErrExecutionReverted
	case C.PARS_OUT_OF_GAS:
		return nil, 0, ErrOutOfGas
	}
	panic(f.fatal(status))
}

// enter writes the call where the library reads it.
func (f *frame) enter(call *Call) {
	f.gasLeft = 0
	f.call = C.pars_call{
		size:            C.size_t(unsafe.Sizeof(f.call)),
		gas:             C.uint64_t(call.Gas),
		chain_id:        C.uint64_t(call.ChainID),
		block_number:    C.uint64_t(call.BlockNumber),
		block_timestamp: C.uint64_t(call.BlockTimestamp),
		is_static:       flag(call.Static),
		value_known:     flag(call.ValueKnown),
	}
	*(*Address)(unsafe.Pointer(&f.call.caller)) = call.Caller
	*(*Address)(unsafe.Pointer(&f.call.running_as)) = call.RunningAs
	*(*Hash)(unsafe.Pointer(&f.call.value)) = call.Value.Word()
}

func flag(set bool) C.uint8_t {
	if set {
		return 1
	}
	return 0
}

// checkHost panics if the host failed during the call, whatever the library made of it.
func (f *frame) checkHost(status C.int32_t) {
	if f.cause != nil {
		panic(f.fatal(status))
	}
	if state, ok := f.state.(FailingState); ok {
		if err := state.Error(); err != nil {
			panic(&FatalError{Reason: "the host's state failed", Cause: err})
		}
	}
}

// answer is the error of a call that has no other result than done or refused.
func (f *frame) answer(status C.int32_t) error {
	switch status {
	case C.PARS_SUCCESS:
		return nil
	case C.PARS_REFUSED:
		return &RefusedError{Reason: string(f.text)}
	}
	return f.fatal(status)
}
