// Package aimining puts the AI-mining precompile of the Pars EVM, 0x…0300, into Go hosts of the go-ethereum family.
//
// All rules are in the Rust library that this package links; nothing is decided twice. What is here is the way in and
// out: a host's state behind [State], a call as [Call], and the results as a host of this family expects them.
//
//	config, err := aimining.ParseConfig(json)         // parsAiMiningConfig, read strictly
//	err = config.Verify()                             // this family's host profile, and all that a state does not decide
//	precompile := config.Precompile()
//	err = precompile.Activate(state, block)           // once, before the first transaction of the first active block
//	ret, gasLeft, err := precompile.Run(state, call, input)
//
// A binding to one host is a type that implements [State] on the host's StateDB, a configuration type that embeds
// [Config], and a contract that fills in a [Call] and translates [ErrExecutionReverted] and [ErrOutOfGas].
//
// # What stops a node
//
// [Precompile.Run] and [Precompile.Activate] panic with a [*FatalError] when the node itself is broken: its database
// failed, a slot of 0x…0300 holds what is never written there, or it runs another chain than the configuration's.
// In this family an error of a precompile burns the call's gas and the block goes on, so an error would write one
// machine's fault into a block that other machines refuse. Calldata never leads there. Do not recover it where blocks are
// built or verified; a server may recover it around a simulated call, where a user's state overrides can lead there.
//
// A panic of the host's own state inside a call does not unwind through the library, which would be undefined: it is
// caught at the boundary, the library returns, and it goes on as a [*FatalError] whose Cause it is.
package aimining
