package aimining

import (
	"errors"
	"fmt"
)

var (
	// ErrExecutionReverted says that the call reverted: its return data is the precompile's typed error and the gas left
	// stays the caller's. A binding returns its host's own vm.ErrExecutionReverted for it: with any other error the host
	// drops the data and burns the gas.
	ErrExecutionReverted = errors.New("execution reverted")
	// ErrOutOfGas says that the gas limit did not cover the call. A binding returns its host's own vm.ErrOutOfGas for it.
	ErrOutOfGas = errors.New("out of gas")
)

// RefusedError is a configuration, an activation or a block that was refused. Nothing was written.
type RefusedError struct {
	// Reason is a sentence for the operator.
	Reason string
}

func (e *RefusedError) Error() string { return e.Reason }

func refused(format string, args ...any) error {
	return &RefusedError{Reason: fmt.Sprintf(format, args...)}
}

// FatalError is what [Precompile.Run] and [Precompile.Activate] panic with: this node is broken and must not go on.
// The methods of [Ledger] return it as an error, because a ledger decides nothing: there the chain goes on.
type FatalError struct {
	// Reason is for the node's log.
	Reason string
	// Cause is what the host's state panicked with, nil otherwise.
	Cause any
	// Stack is where it did.
	Stack []byte
}

func (e *FatalError) Error() string {
	text := "AI-mining precompile 0x0300: this node must stop: " + e.Reason
	if e.Cause != nil {
		text += fmt.Sprintf(": %v\n%s", e.Cause, e.Stack)
	}
	return text
}

// Unwrap gives the cause if it is an error.
func (e *FatalError) Unwrap() error {
	cause, _ := e.Cause.(error)
	return cause
}
