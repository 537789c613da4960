/* pars_aimining.h: the AI-mining precompile at 0x0300 for hosts that are not Rust.
 *
 * Generated from the Rust sources of pars-capi by `cargo run -p pars-capi --example header`. Do not edit.
 *
 * - Every byte string is copied by its receiver during the call: into the library as pointer and length, out of it
 *   through a sink. Nothing that one side allocates is freed by the other, but for two handles, each with its own end:
 *   pars_precompile_free and pars_ledger_close.
 * - Handles never change and may be used by any number of threads at once. A host context and a sink context are used only
 *   during the call that they are given to, on the calling thread.
 * - Functions answer with a pars_status as int32_t. No panic leaves the library: it becomes PARS_FATAL. Null, misaligned or
 *   impossible arguments become PARS_MISUSE. A host that does not know a status treats it as PARS_FATAL.
 * - Structures begin with their size, which the caller sets to sizeof. A later version of the interface may add fields at their end.
 * - The functions pars_ledger_* are in libraries that were built with the feature `ledger`, which is on by default.
 */

#ifndef PARS_AIMINING_H
#define PARS_AIMINING_H

#include <stddef.h>
#include <stdint.h>

/**
 * Version of this interface: the functions, the structures, the meaning of both. A host compares it with
 * `pars_abi_version()` once, at start: the library may be another than the one it was compiled against.
 */
#define PARS_ABI_VERSION 1

/**
 * How a function ended. Functions return it as `int32_t`.
 */
typedef enum pars_status {
    /**
     * Done. Of a call: it returned; its result is in the sink.
     */
    PARS_SUCCESS = 0,
    /**
     * Of a call: refused with a typed error, which is in the sink. The host undoes the frame; unused gas stays.
     */
    PARS_REVERT = 1,
    /**
     * Of a call: the gas did not cover a charge. The host undoes the frame; all gas of the call is gone.
     */
    PARS_OUT_OF_GAS = 2,
    /**
     * This node cannot go on: a callback failed, the state or the ledger is damaged, or there is a bug. Never the fault of
     * calldata. The block must neither be built nor judged here. A text for the node's log is in the sink.
     */
    PARS_FATAL = 3,
    /**
     * The arguments are wrong; nothing was done. A text that says which one is in the sink.
     */
    PARS_MISUSE = 4,
    /**
     * The configuration, block or question is not accepted; nothing was done. A sentence that says why is in the sink.
     */
    PARS_REFUSED = 5,
} pars_status;

/**
 * An open ledger. Any number of threads may ask it at once; those that write take turns.
 */
typedef struct pars_ledger pars_ledger;

/**
 * A chain's configuration and the precompile that it makes. It never changes: any number of threads may use it at once.
 */
typedef struct pars_precompile pars_precompile;

/**
 * Takes what a function has to say: a result, or a text (UTF-8, without a NUL at its end). It is called at most once, on the
 * calling thread, before the function returns; it copies what it wants to keep, and must return: no exception,
 * no longjmp. `data` is never null, also where `length` is 0.
 */
typedef void (*pars_sink)(void *context, const uint8_t *data, size_t length);

/**
 * What a host does for the precompile: all of it on the account 0x0300 and through the host's journal, so that a frame
 * that does not succeed leaves nothing. The library calls these functions only during the call that they were given to, on
 * the calling thread, with the context of that call. Each returns 0 for done; anything else means that the host is broken,
 * and the call ends as `PARS_FATAL` at once. They must return: no exception, no longjmp. Pointers hold during
 * the callback only.
 *
 * The table holds no state: one may serve all calls and threads.
 */
typedef struct pars_host {
    /**
     * `sizeof(pars_host)` as the host was compiled.
     */
    size_t size;
    /**
     * Reads a slot of 0x0300: 32 bytes of key, 32 bytes of value (all zero where nothing lies).
     */
    int32_t (*get_state)(void *host, const uint8_t *slot, uint8_t *value);
    /**
     * Writes a slot of 0x0300: 32 bytes of key, 32 bytes of value.
     */
    int32_t (*set_state)(void *host, const uint8_t *slot, const uint8_t *value);
    /**
     * Emits a log of 0x0300: `topic_count` topics of 32 bytes one after the other, `length` bytes of data.
     */
    int32_t (*add_log)(void *host,
                       const uint8_t *topics,
                       size_t topic_count,
                       const uint8_t *data,
                       size_t length);
    /**
     * Reads the nonce of 0x0300.
     */
    int32_t (*get_nonce)(void *host, uint64_t *nonce);
    /**
     * Sets the nonce of 0x0300.
     */
    int32_t (*set_nonce)(void *host, uint64_t nonce);
    /**
     * Sets the code of 0x0300. Activation only: may be null for calls.
     */
    int32_t (*set_code)(void *host, const uint8_t *code, size_t length);
    /**
     * Adds native coins (32 bytes, big-endian) to the balance of an address (20 bytes). The account counts as accessed afterwards
     * (EIP-2929). 1 = the balance would exceed 256 bits, and nothing was changed: that is no failure of the host.
     */
    int32_t (*mint_native)(void *host, const uint8_t *to, const uint8_t *amount);
} pars_host;

/**
 * A call to 0x0300, as the host shows it. It holds no pointers, so that it may lie in memory of a garbage collector.
 */
typedef struct pars_call {
    /**
     * `sizeof(pars_call)` as the host was compiled.
     */
    size_t size;
    /**
     * Who calls.
     */
    uint8_t caller[20];
    /**
     * The account that the frame runs as, whose storage and balance it has: 0x0300 under CALL and STATICCALL; under DELEGATECALL and
     * CALLCODE the account that executes it, or what the host knows of it. The profile's `callCodeVisible` decides what counts.
     */
    uint8_t running_as[20];
    /**
     * Not 0: inside a static call, at any depth.
     */
    uint8_t is_static;
    /**
     * 0: the host cannot see the call's value. Not looked at where the profile's `valueVisible` is false.
     */
    uint8_t value_known;
    /**
     * Coins sent with the call, big-endian.
     */
    uint8_t value[32];
    /**
     * Gas limit of the call.
     */
    uint64_t gas;
    /**
     * Id of the chain, from the host's configuration.
     */
    uint64_t chain_id;
    /**
     * Number of the block.
     */
    uint64_t block_number;
    /**
     * Time of the block, Unix seconds.
     */
    uint64_t block_timestamp;
} pars_call;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of this interface that the library has: `PARS_ABI_VERSION` as the library was compiled. From any thread.
 */
uint32_t pars_abi_version(void);

/**
 * The version of the software, as text that ends in NUL and lives as long as the process. From any thread.
 */
const char *pars_version(void);

/**
 * Makes the precompile of a chain from `parsAiMiningConfig`, the JSON object under that key in the chain's
 * genesis. It is read strictly: an unknown key, a key that stands twice, a number out of range is an error. From
 * any thread.
 *
 * - `config`, `length`: the JSON, UTF-8.
 * - `error`, `context`: takes the reason of a refusal; may be null.
 *
 * Answers the handle, which `pars_precompile_free` frees; null if the configuration cannot be read, with the
 * reason in the sink. Whether its values are allowed, `pars_precompile_check` says.
 */
struct pars_precompile *pars_precompile_new(const uint8_t *config,
                                            size_t length,
                                            pars_sink error,
                                            void *context);

/**
 * Frees a handle; null is nothing to free. From any thread, when no other uses the handle any more. Ledgers that
 * were opened with it stay open.
 */
void pars_precompile_free(struct pars_precompile *precompile);

/**
 * Checks everything that activation refuses and that does not depend on a state: at the start of a node. From any
 * thread.
 *
 * - `host_chain_id`: id of the chain, from the host's own configuration.
 * - `error`, `context`: takes the reason; may be null.
 *
 * Answers:
 * - `PARS_SUCCESS`: activation will accept it. The sink was not called.
 * - `PARS_REFUSED`: the node must not start. A sentence is in the sink.
 * - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
 */
int32_t pars_precompile_check(const struct pars_precompile *precompile,
                              uint64_t host_chain_id,
                              pars_sink error,
                              void *context);

/**
 * Writes the whole configuration as JSON, every default filled in. Equal configurations give equal bytes, so that
 * a host can compare what it runs with what it is told to run. From any thread.
 *
 * - `json`, `context`: takes the JSON; not null.
 *
 * Answers:
 * - `PARS_SUCCESS`: the JSON is in the sink.
 * - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
 */
int32_t pars_precompile_config(const struct pars_precompile *precompile,
                               pars_sink json,
                               void *context);

/**
 * Writes the account 0x0300 as activation makes it, as an entry of a genesis alloc: `{balance, nonce, code,
 * storage}`, for chains that are active from genesis. The balance is zero: coins that the alloc gives the address
 * are the host's to add. From any thread.
 *
 * - `host_chain_id`: id of the chain, from the host's own configuration.
 * - `json`, `context`: takes the JSON or the reason; not null.
 *
 * Answers:
 * - `PARS_SUCCESS`: the JSON is in the sink.
 * - `PARS_REFUSED`: as `pars_precompile_check`. A sentence is in the sink.
 * - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
 */
int32_t pars_precompile_account(const struct pars_precompile *precompile,
                                uint64_t host_chain_id,
                                pars_sink json,
                                void *context);

/**
 * Whether the precompile answers in a block of this time: 1 or 0. Before activation the address is an ordinary
 * account, and the host must not run the precompile. 0 for a null handle. From any thread.
 */
int32_t pars_precompile_is_active(const struct pars_precompile *precompile,
                                  uint64_t timestamp);

/**
 * The time of activation, `blockTimestamp` of the configuration; the largest number for a null handle. From any
 * thread.
 */
uint64_t pars_precompile_activation(const struct pars_precompile *precompile);

/**
 * Activates 0x0300 on a state: nonce, code and storage. Once, before the first transaction of the first block
 * whose time has reached activation. Coins that lie at the address stay. From any thread.
 *
 * - `chain_id`, `block_number`, `block_timestamp`: of the host's configuration and of the block.
 * - `table`, `host`: the callbacks, `set_code` among them, and their context, which belongs to this call.
 * - `error`, `context`: takes the reason; may be null.
 *
 * Answers:
 * - `PARS_SUCCESS`: the state is active. The sink was not called.
 * - `PARS_REFUSED`: nothing was written; so too if the state is active already. A sentence is in the sink.
 * - `PARS_FATAL`: a callback failed, perhaps after some writes: the state is to be thrown away. A text is in the
 *   sink.
 * - `PARS_MISUSE`: an argument is wrong, a text is in the sink, nothing was written.
 */
int32_t pars_precompile_activate(const struct pars_precompile *precompile,
                                 uint64_t chain_id,
                                 uint64_t block_number,
                                 uint64_t block_timestamp,
                                 const struct pars_host *table,
                                 void *host,
                                 pars_sink error,
                                 void *context);

/**
 * Runs one call. From any thread, any number at once over one handle. The host asks `pars_precompile_is_active`
 * first: before activation there is no precompile.
 *
 * - `precompile`: the handle.
 * - `call`: who calls, how, in which block.
 * - `input`, `length`: the calldata, read in place; null if `length` is 0.
 * - `table`, `host`: the callbacks, and their context, which belongs to this call.
 * - `output`, `output_context`: takes the result; not null.
 * - `gas_left`: takes the gas that the caller keeps, 0 unless the call succeeded or reverted; not null.
 *
 * Answers:
 * - `PARS_SUCCESS`: the ABI-encoded result is in the sink.
 * - `PARS_REVERT`: the ABI-encoded error is in the sink. The host undoes the frame; unused gas stays.
 * - `PARS_OUT_OF_GAS`: the sink was not called. The host undoes the frame; all gas of the call is gone.
 * - `PARS_FATAL`: a callback failed, the state is damaged, or there is a bug. A text is in
 *   the sink; the block must not go on.
 * - `PARS_MISUSE`: an argument is wrong, a text is in the sink, nothing was done.
 */
int32_t pars_precompile_call(const struct pars_precompile *precompile,
                             const struct pars_call *call,
                             const uint8_t *input,
                             size_t length,
                             const struct pars_host *table,
                             void *host,
                             pars_sink output,
                             void *output_context,
                             uint64_t *gas_left);

/**
 * Opens the ledger in a folder, or makes one where there is nothing. It stands where it stood: the host compares
 * its head (`syncStatus`) with the chain's, takes back and applies what differs. One process at a time has a
 * ledger open. From any thread.
 *
 * - `precompile`: the chain's configuration, of which the ledger keeps a copy.
 * - `path`, `length`: the folder, in the system's own bytes (UTF-8 where it has none).
 * - `genesis_hash`: hash of block 0, 32 bytes.
 * - `error`, `context`: takes the reason; may be null.
 *
 * Answers the handle, which `pars_ledger_close` frees; null if the folder holds the ledger of another chain or of
 * a later release, a damaged one, one that is in use, or something else. A sentence is in the sink then, and
 * nothing was written.
 */
struct pars_ledger *pars_ledger_open(const struct pars_precompile *precompile,
                                     const uint8_t *path,
                                     size_t length,
                                     const uint8_t *genesis_hash,
                                     pars_sink error,
                                     void *context);

/**
 * Closes a ledger; null is nothing to close. From any thread, when no other uses the handle any more.
 */
void pars_ledger_close(struct pars_ledger *ledger);

/**
 * Makes the child of the ledger's head the new head; it is on disk when this returns. A block that is there
 * already, with the same contents, is left alone. From any thread; those that write take turns.
 *
 * - `block`, `length`: the block as JSON, `{id: {number, hash}, parent, timestamp, receipts: [{transaction,
 *   success, logs: [{address, topics, data}]}], changes: {slot: {before, after}}}`. `number` and `timestamp` are
 *   JSON numbers, all else is hex. There is a receipt for each transaction, in order. `changes` are the slots of
 *   0x0300 that the block changed; of block 0 the whole storage, from zero.
 * - `error`, `context`: takes the reason; may be null.
 *
 * Answers:
 * - `PARS_SUCCESS`: it is the head. The sink was not called.
 * - `PARS_REFUSED`: it is no child of the head, or contradicts itself.
 * - `PARS_FATAL`: the disk failed, or the ledger is wrong and has to be built again, in another folder. The chain
 *   goes on.
 * - `PARS_MISUSE`: an argument is wrong, or the JSON is no block.
 *
 * Unless it succeeded, nothing was written and a sentence is in the sink.
 */
int32_t pars_ledger_apply(const struct pars_ledger *ledger,
                          const uint8_t *block,
                          size_t length,
                          pars_sink error,
                          void *context);

/**
 * Takes back the blocks above the one with this hash, newest first. To the head itself changes nothing. From any
 * thread; those that write take turns.
 *
 * - `hash`: 32 bytes.
 * - `error`, `context`: takes the reason; may be null.
 *
 * Answers:
 * - `PARS_SUCCESS`: it is the head. The sink was not called.
 * - `PARS_REFUSED`: it is none of the blocks from the finalized one to the head. A sentence is in the sink.
 * - `PARS_FATAL`: as `pars_ledger_apply`; the ledger stands at the blocks that were done. A sentence is in the
 *   sink.
 * - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
 */
int32_t pars_ledger_revert_to(const struct pars_ledger *ledger,
                              const uint8_t *hash,
                              pars_sink error,
                              void *context);

/**
 * Says that the blocks up to this height will not be taken back. A height below an earlier one changes nothing.
 * From any thread; those that write take turns.
 *
 * - `number`: the height.
 * - `error`, `context`: takes the reason; may be null.
 *
 * Answers:
 * - `PARS_SUCCESS`: they are final. The sink was not called.
 * - `PARS_REFUSED`: the height is above the head. A sentence is in the sink.
 * - `PARS_FATAL`: as `pars_ledger_apply`. A sentence is in the sink.
 * - `PARS_MISUSE`: an argument is wrong, a text is in the sink.
 */
int32_t pars_ledger_finalize(const struct pars_ledger *ledger,
                             uint64_t number,
                             pars_sink error,
                             void *context);

/**
 * Asks the ledger. From any thread, beside a writer too: an answer holds for one block, which it names.
 *
 * - `request`, `length`: JSON, `{"method": …, "params": […], "head": {number, hash}}`. Methods, parameters and
 *   answers are those of the RPC namespace `aimining_`, without the prefix: `getWork`, `getTeleport`, `getDevice`,
 *   `getHistory`, `stats`, `syncStatus`. `head` is the chain's head and may be absent: then the ledger answers for
 *   its own. With it `getWork` answers for that block or says `unknown`, and `syncStatus` says how far the ledger
 *   is from it.
 * - `answer`, `context`: takes the JSON or the reason; not null.
 *
 * Answers:
 * - `PARS_SUCCESS`: the JSON is in the sink.
 * - `PARS_REFUSED`: a list or a figure that cannot be given (-32000 in JSON-RPC). A sentence is in the sink.
 * - `PARS_MISUSE`: no such method, or wrong parameters (-32601, -32602). A text is in the sink.
 */
int32_t pars_ledger_query(const struct pars_ledger *ledger,
                          const uint8_t *request,
                          size_t length,
                          pars_sink answer,
                          void *context);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PARS_AIMINING_H */
