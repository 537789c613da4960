// What cgo sees of the library: its header, and calls that pass a Go handle as host and as sink context.
#ifndef PARS_GO_BRIDGE_H
#define PARS_GO_BRIDGE_H

#if defined(__has_include)
#if !__has_include("lib/pars_aimining.h") || !__has_include("lib/libpars_aimining.a")
#error "node-patch/go/lib has no pars_aimining.h and libpars_aimining.a: run `make capi` in the root of the repository"
#endif
#endif
#include "lib/pars_aimining.h"

#include <stddef.h>
#include <stdint.h>

// A handle (runtime/cgo) stands where the library has a context pointer: an integer, converted in C, where that is no
// claim that it points anywhere.
pars_precompile *pars_go_new(const uint8_t *config, size_t length, uintptr_t sink);
int32_t pars_go_check(const pars_precompile *precompile, uint64_t chain_id, uintptr_t sink);
int32_t pars_go_config(const pars_precompile *precompile, uintptr_t sink);
int32_t pars_go_account(const pars_precompile *precompile, uint64_t chain_id, uintptr_t sink);
int32_t pars_go_call(const pars_precompile *precompile, const pars_call *call, const uint8_t *input, size_t length,
                     uintptr_t frame, uint64_t *gas_left);
int32_t pars_go_activate(const pars_precompile *precompile, uint64_t chain_id, uint64_t number, uint64_t timestamp,
                         uintptr_t frame);

pars_ledger *pars_go_ledger_open(const pars_precompile *precompile, const uint8_t *path, size_t length,
                                 const uint8_t *genesis, uintptr_t sink);
int32_t pars_go_ledger_apply(const pars_ledger *ledger, const uint8_t *block, size_t length, uintptr_t sink);
int32_t pars_go_ledger_revert_to(const pars_ledger *ledger, const uint8_t *hash, uintptr_t sink);
int32_t pars_go_ledger_finalize(const pars_ledger *ledger, uint64_t number, uintptr_t sink);
int32_t pars_go_ledger_query(const pars_ledger *ledger, const uint8_t *request, size_t length, uintptr_t sink);

#endif
