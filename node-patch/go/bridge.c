#include "bridge.h"
#include "_cgo_export.h"

// The library's callbacks: each is its Go function, with the context as the integer that it is.

static void sink(void *context, const uint8_t *data, size_t length) {
  parsGoSink((uintptr_t)context, (uint8_t *)data, length);
}

static int32_t get_state(void *host, const uint8_t *slot, uint8_t *value) {
  return parsGoGetState((uintptr_t)host, (uint8_t *)slot, value);
}

static int32_t set_state(void *host, const uint8_t *slot, const uint8_t *value) {
  return parsGoSetState((uintptr_t)host, (uint8_t *)slot, (uint8_t *)value);
}

static int32_t add_log(void *host, const uint8_t *topics, size_t count, const uint8_t *data, size_t length) {
  return parsGoAddLog((uintptr_t)host, (uint8_t *)topics, count, (uint8_t *)data, length);
}

static int32_t get_nonce(void *host, uint64_t *nonce) { return parsGoGetNonce((uintptr_t)host, nonce); }

static int32_t set_nonce(void *host, uint64_t nonce) { return parsGoSetNonce((uintptr_t)host, nonce); }

static int32_t set_code(void *host, const uint8_t *code, size_t length) {
  return parsGoSetCode((uintptr_t)host, (uint8_t *)code, length);
}

static int32_t mint_native(void *host, const uint8_t *to, const uint8_t *amount) {
  return parsGoMintNative((uintptr_t)host, (uint8_t *)to, (uint8_t *)amount);
}

static const pars_host HOST = {
    .size = sizeof(pars_host),
    .get_state = get_state,
    .set_state = set_state,
    .add_log = add_log,
    .get_nonce = get_nonce,
    .set_nonce = set_nonce,
    .set_code = set_code,
    .mint_native = mint_native,
};

pars_precompile *pars_go_new(const uint8_t *config, size_t length, uintptr_t context) {
  return pars_precompile_new(config, length, sink, (void *)context);
}

int32_t pars_go_check(const pars_precompile *precompile, uint64_t chain_id, uintptr_t context) {
  return pars_precompile_check(precompile, chain_id, sink, (void *)context);
}

int32_t pars_go_config(const pars_precompile *precompile, uintptr_t context) {
  return pars_precompile_config(precompile, sink, (void *)context);
}

int32_t pars_go_account(const pars_precompile *precompile, uint64_t chain_id, uintptr_t context) {
  return pars_precompile_account(precompile, chain_id, sink, (void *)context);
}

int32_t pars_go_call(const pars_precompile *precompile, const pars_call *call, const uint8_t *input, size_t length,
                     uintptr_t frame, uint64_t *gas_left) {
  return pars_precompile_call(precompile, call, input, length, &HOST, (void *)frame, sink, (void *)frame, gas_left);
}

int32_t pars_go_activate(const pars_precompile *precompile, uint64_t chain_id, uint64_t number, uint64_t timestamp,
                         uintptr_t frame) {
  return pars_precompile_activate(precompile, chain_id, number, timestamp, &HOST, (void *)frame, sink, (void *)frame);
}

pars_ledger *pars_go_ledger_open(const pars_precompile *precompile, const uint8_t *path, size_t length,
                                 const uint8_t *genesis, uintptr_t context) {
  return pars_ledger_open(precompile, path, length, genesis, sink, (void *)context);
}

int32_t pars_go_ledger_apply(const pars_ledger *ledger, const uint8_t *block, size_t length, uintptr_t context) {
  return pars_ledger_apply(ledger, block, length, sink, (void *)context);
}

int32_t pars_go_ledger_revert_to(const pars_ledger *ledger, const uint8_t *hash, uintptr_t context) {
  return pars_ledger_revert_to(ledger, hash, sink, (void *)context);
}

int32_t pars_go_ledger_finalize(const pars_ledger *ledger, uint64_t number, uintptr_t context) {
  return pars_ledger_finalize(ledger, number, sink, (void *)context);
}

int32_t pars_go_ledger_query(const pars_ledger *ledger, const uint8_t *request, size_t length, uintptr_t context) {
  return pars_ledger_query(ledger, request, length, sink, (void *)context);
}
