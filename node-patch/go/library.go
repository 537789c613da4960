package aimining

/*
#cgo linux LDFLAGS: ${SRCDIR}/lib/libpars_aimining.a -lstdc++ -lm -ldl -lpthread
#cgo darwin LDFLAGS: ${SRCDIR}/lib/libpars_aimining.a -lc++ -lm
#include "bridge.h"
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"runtime/debug"
	"sync"
	"unsafe"
)

// Results of a callback. Of mint_native 1 is an answer; of the others anything but 0 says that the host is broken.
const (
	done     C.int32_t = 0
	overflow C.int32_t = 1
	broken   C.int32_t = 2
)

func init() {
	if version := C.pars_abi_version(); version != C.PARS_ABI_VERSION {
		panic(fmt.Sprintf("libpars_aimining speaks version %d of its C interface and this package version %d: run `make capi` and build again", version, C.PARS_ABI_VERSION))
	}
}

// Version is that of the library.
func Version() string { return C.GoString(C.pars_version()) }

// frame is what a call's callbacks need. Frames are kept and used again, each with its handle, so that a call allocates
// nothing for the crossing; there are as many as calls ever ran at once.
type frame struct {
	handle cgo.Handle
	state  State
	// The call and what it leaves of its gas, here so that they can be pointed to without an allocation.
	call    C.pars_call
	gasLeft C.uint64_t
	// What the sink got.
	text []byte
	// What a callback panicked with, and where.
	cause any
	stack []byte
}

var frames struct {
	sync.Mutex
	free []*frame
}

// newFrame takes a frame for one call of the library; state is nil where that has no host.
func newFrame(state State) *frame {
	frames.Lock()
	defer frames.Unlock()
	last := len(frames.free) - 1
	if last < 0 {
		f := &frame{state: state}
		f.handle = cgo.NewHandle(f)
		return f
	}
	f := frames.free[last]
	frames.free = frames.free[:last]
	f.state = state
	return f
}

// release gives the frame back, holding nothing of the call.
func (f *frame) release() {
	f.state, f.text, f.cause, f.stack = nil, nil, nil, nil
	frames.Lock()
	frames.free = append(frames.free, f)
	frames.Unlock()
}

func (f *frame) context() C.uintptr_t { return C.uintptr_t(f.handle) }

// fatal is the error for a status that is no answer.
func (f *frame) fatal(status C.int32_t) *FatalError {
	reason := string(f.text)
	if f.cause != nil {
		reason = "the host's state failed"
	}
	if reason == "" {
		reason = fmt.Sprintf("the library answered status %d", status)
	}
	return &FatalError{Reason: reason, Cause: f.cause, Stack: f.stack}
}

// guard keeps a panic of the host from unwinding through the library's frames.
func (f *frame) guard(status *C.int32_t) {
	if cause := recover(); cause != nil {
		f.cause, f.stack = cause, debug.Stack()
		*status = broken
	}
}

func frameOf(context C.uintptr_t) *frame { return cgo.Handle(context).Value().(*frame) }

func hashAt(word *C.uint8_t) Hash { return *(*Hash)(unsafe.Pointer(word)) }

// bytesOf gives Go a copy.
func bytesOf(data *C.uint8_t, length C.size_t) []byte {
	if length == 0 {
		return nil
	}
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(data)), int(length))...)
}

// pointer is for the time of one call of the library; nil if there is nothing.
func pointer(data []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(data)) }

//export parsGoSink
func parsGoSink(context C.uintptr_t, data *C.uint8_t, length C.size_t) {
	frameOf(context).text = bytesOf(data, length)
}

//export parsGoGetState
func parsGoGetState(host C.uintptr_t, slot, value *C.uint8_t) (status C.int32_t) {
	f := frameOf(host)
	defer f.guard(&status)
	*(*Hash)(unsafe.Pointer(value)) = f.state.GetState(ContractAddress, hashAt(slot))
	return done
}

//export parsGoSetState
func parsGoSetState(host C.uintptr_t, slot, value *C.uint8_t) (status C.int32_t) {
	f := frameOf(host)
	defer f.guard(&status)
	f.state.SetState(ContractAddress, hashAt(slot), hashAt(value))
	return done
}

//export parsGoAddLog
func parsGoAddLog(host C.uintptr_t, topics *C.uint8_t, count C.size_t, data *C.uint8_t, length C.size_t) (status C.int32_t) {
	f := frameOf(host)
	defer f.guard(&status)
	var words []Hash
	if count > 0 {
		words = append(words, unsafe.Slice((*Hash)(unsafe.Pointer(topics)), int(count))...)
	}
	f.state.AddLog(ContractAddress, words, bytesOf(data, length))
	return done
}

//export parsGoGetNonce
func parsGoGetNonce(host C.uintptr_t, nonce *C.uint64_t) (status C.int32_t) {
	f := frameOf(host)
	defer f.guard(&status)
	*nonce = C.uint64_t(f.state.GetNonce(ContractAddress))
	return done
}

//export parsGoSetNonce
func parsGoSetNonce(host C.uintptr_t, nonce C.uint64_t) (status C.int32_t) {
	f := frameOf(host)
	defer f.guard(&status)
	f.state.SetNonce(ContractAddress, uint64(nonce))
	return done
}

//export parsGoSetCode
func parsGoSetCode(host C.uintptr_t, code *C.uint8_t, length C.size_t) (status C.int32_t) {
	f := frameOf(host)
	defer f.guard(&status)
	f.state.(ActivationState).SetCode(ContractAddress, bytesOf(code, length))
	return done
}

//export parsGoMintNative
func parsGoMintNative(host C.uintptr_t, to, amount *C.uint8_t) (status C.int32_t) {
	f := frameOf(host)
	defer f.guard(&status)
	account, coins := *(*Address)(unsafe.Pointer(to)), Uint256FromWord(hashAt(amount))
	if _, over := f.state.GetBalance(account).Add(coins); over {
		return overflow
	}
	f.state.AddBalance(account, coins)
	f.state.AccessAccount(account)
	return done
}
