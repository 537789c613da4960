/* A host in C, with its state in memory: it activates a chain, claims a teleport, submits a proof, and shows what each status
 * means. C99, and C++ as well.
 *
 *     demo CONFIG CHAIN_ID [CALLDATA]
 *
 * CONFIG: a file with parsAiMiningConfig; one teleport waits for 0x…b0. CALLDATA: a file with the calldata of
 * submitWorkProof in hex, as `pars-devnet prove` prints it. */
#include "pars_aimining.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1024, BALANCES = 16, OUTPUT = 65536 };

static const uint64_t NOW = 1800000000;
static const uint64_t PLENTY = 10000000;

typedef struct {
    uint8_t key[32];
    uint8_t value[32];
} entry;

/* The account 0x0300 and the native coins that were minted. */
typedef struct {
    entry slots[SLOTS];
    size_t slot_count;
    uint64_t nonce;
    size_t code_length;
    entry balances[BALANCES]; /* the key is an address, padded with zeros on the right */
    size_t balance_count;
    size_t logs;
    int broken;
} state;

/* ---- the host: nothing but reads and writes of `state`; the frame below undoes them ---- */

static const uint8_t ZERO[32] = {0};

static entry *find(entry *entries, size_t count, const uint8_t *key) {
    size_t i;
    for (i = 0; i < count; i++) {
        if (memcmp(entries[i].key, key, 32) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

static int32_t put(entry *entries, size_t *count, size_t limit, const uint8_t *key, const uint8_t *value) {
    entry *found = find(entries, *count, key);
    if (found == NULL) {
        if (*count == limit) {
            return 2; /* no room: this host is broken */
        }
        found = &entries[(*count)++];
        memcpy(found->key, key, 32);
    }
    memcpy(found->value, value, 32);
    return 0;
}

/* Slots that are not zero: those that a state trie would have. */
static unsigned live(const state *s) {
    unsigned count = 0;
    size_t i;
    for (i = 0; i < s->slot_count; i++) {
        count += memcmp(s->slots[i].value, ZERO, 32) != 0;
    }
    return count;
}

static int32_t get_state(void *host, const uint8_t *slot, uint8_t *value) {
    state *s = (state *)host;
    const entry *found = find(s->slots, s->slot_count, slot);
    if (s->broken) {
        return 5; /* a database would say EIO */
    }
    memcpy(value, found == NULL ? ZERO : found->value, 32);
    return 0;
}

static int32_t set_state(void *host, const uint8_t *slot, const uint8_t *value) {
    state *s = (state *)host;
    return put(s->slots, &s->slot_count, SLOTS, slot, value);
}

static int32_t add_log(void *host, const uint8_t *topics, size_t topic_count, const uint8_t *data, size_t length) {
    (void)topics;
    (void)topic_count;
    (void)data;
    (void)length;
    ((state *)host)->logs++;
    return 0;
}

static int32_t get_nonce(void *host, uint64_t *nonce) {
    *nonce = ((state *)host)->nonce;
    return 0;
}

static int32_t set_nonce(void *host, uint64_t nonce) {
    ((state *)host)->nonce = nonce;
    return 0;
}

static int32_t set_code(void *host, const uint8_t *code, size_t length) {
    (void)code;
    ((state *)host)->code_length = length;
    return 0;
}

static int32_t mint_native(void *host, const uint8_t *to, const uint8_t *amount) {
    state *s = (state *)host;
    uint8_t key[32] = {0};
    uint8_t sum[32];
    const entry *found;
    unsigned carry = 0;
    int i;
    memcpy(key, to, 20);
    found = find(s->balances, s->balance_count, key);
    for (i = 31; i >= 0; i--) {
        carry += (unsigned)amount[i] + (found == NULL ? 0u : (unsigned)found->value[i]);
        sum[i] = (uint8_t)(carry & 0xff);
        carry >>= 8;
    }
    if (carry != 0) {
        return 1; /* beyond 256 bits: the call reverts, the host is well */
    }
    return put(s->balances, &s->balance_count, BALANCES, key, sum);
}

static const pars_host HOST = {
    sizeof(pars_host), get_state, set_state, add_log, get_nonce, set_nonce, set_code, mint_native,
};

/* ---- sinks ---- */

typedef struct {
    uint8_t bytes[OUTPUT];
    size_t length;
} buffer;

static void keep(void *context, const uint8_t *data, size_t length) {
    buffer *b = (buffer *)context;
    b->length = length < sizeof b->bytes ? length : sizeof b->bytes;
    memcpy(b->bytes, data, b->length);
}

static void say(void *context, const uint8_t *data, size_t length) {
    printf("%s: %.*s\n", (const char *)context, (int)length, (const char *)data);
}

/* ---- one call, as an EVM frame makes it ---- */

static buffer output;

static void print_word(const uint8_t *word) {
    int i = 0;
    while (i < 31 && word[i] == 0) {
        i++;
    }
    printf(" 0x");
    for (; i < 32; i++) {
        printf("%02x", word[i]);
    }
}

static int32_t run(const pars_precompile *precompile, state *s, uint64_t chain_id, const char *what,
                   const uint8_t *input, size_t length, uint64_t gas) {
    static state before;
    pars_call call;
    uint64_t gas_left = 0;
    int32_t status;

    memset(&call, 0, sizeof call);
    call.size = sizeof call;
    call.caller[19] = 0xc0;
    call.running_as[18] = 0x03; /* a CALL: the frame runs as 0x0300 */
    call.value_known = 1;
    call.gas = gas;
    call.chain_id = chain_id;
    call.block_number = 100;
    call.block_timestamp = NOW;

    before = *s;
    s->logs = 0;
    output.length = 0;
    status = pars_precompile_call(precompile, &call, input, length, &HOST, s, keep, &output, &gas_left);
    if (status != PARS_SUCCESS) {
        *s = before;
    }
    printf("%s:", what);
    switch (status) {
    case PARS_SUCCESS:
        printf(" success,");
        print_word(output.length < 32 ? ZERO : output.bytes);
        printf(", %u bytes, %u logs, %u gas\n", (unsigned)output.length, (unsigned)s->logs,
               (unsigned)(gas - gas_left));
        break;
    case PARS_REVERT:
        printf(" reverted with %02x%02x%02x%02x, %u gas\n", output.bytes[0], output.bytes[1], output.bytes[2],
               output.bytes[3], (unsigned)(gas - gas_left));
        break;
    case PARS_OUT_OF_GAS:
        printf(" out of gas\n");
        break;
    default: /* fatal, misuse, and whatever a later library may say: this node must not go on */
        printf(" status %d, %.*s\n", (int)status, (int)output.length, (const char *)output.bytes);
    }
    return status;
}

/* ---- the files ---- */

static uint8_t *read_file(const char *path, size_t *length) {
    enum { LIMIT = 1 << 20 };
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = (uint8_t *)malloc(LIMIT);
    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    *length = fread(bytes, 1, LIMIT, file);
    fclose(file);
    return bytes;
}

static int digit(int c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex in place, up to the first character that is none. Answers the number of bytes. */
static size_t from_hex(uint8_t *text, size_t length) {
    size_t start = length >= 2 && text[0] == '0' && text[1] == 'x' ? 2 : 0;
    size_t i;
    for (i = 0; start + 2 * i + 1 < length; i++) {
        int high = digit(text[start + 2 * i]);
        int low = digit(text[start + 2 * i + 1]);
        if (high < 0 || low < 0) {
            break;
        }
        text[i] = (uint8_t)(high * 16 + low);
    }
    return i;
}

int main(int count, char **arguments) {
    static state chain;
    static const uint8_t VERSION[4] = {0x54, 0xfd, 0x4d, 0x50};
    uint8_t balance[36] = {0xd3, 0xd7, 0xbc, 0x64};
    uint8_t pending[36] = {0x31, 0xc8, 0x62, 0x78};
    uint8_t claim[36] = {0x66, 0x91, 0x99, 0x98};
    char refused[] = "refused", again[] = "activated again";
    pars_precompile *precompile;
    uint8_t *config;
    size_t length;
    uint64_t chain_id;

    if (count < 3) {
        fprintf(stderr, "usage: demo CONFIG CHAIN_ID [CALLDATA]\n");
        return 2;
    }
    if (pars_abi_version() != PARS_ABI_VERSION) {
        fprintf(stderr, "compiled for interface %u, the library has %u\n", (unsigned)PARS_ABI_VERSION,
                (unsigned)pars_abi_version());
        return 1;
    }
    printf("library %s, interface %u, pars_call %u bytes, pars_host %u bytes\n", pars_version(),
           (unsigned)pars_abi_version(), (unsigned)sizeof(pars_call), (unsigned)sizeof(pars_host));

    config = read_file(arguments[1], &length);
    chain_id = strtoul(arguments[2], NULL, 10);
    precompile = pars_precompile_new(config, length, say, refused);
    free(config);
    if (precompile == NULL) {
        return 1;
    }
    if (pars_precompile_check(precompile, chain_id, say, refused) != PARS_SUCCESS) {
        pars_precompile_free(precompile);
        return 1;
    }
    printf("active at %lu: %d\n", (unsigned long)NOW, (int)pars_precompile_is_active(precompile, NOW));
    if (pars_precompile_activate(precompile, chain_id, 0, NOW - 1, &HOST, &chain, say, refused) != PARS_SUCCESS) {
        pars_precompile_free(precompile);
        return 1;
    }
    printf("activated: nonce %u, code of %u bytes, %u slots\n", (unsigned)chain.nonce, (unsigned)chain.code_length,
           live(&chain));
    pars_precompile_activate(precompile, chain_id, 1, NOW, &HOST, &chain, say, again);

    balance[35] = pending[35] = 0xb0;
    run(precompile, &chain, chain_id, "version()", VERSION, sizeof VERSION, PLENTY);
    run(precompile, &chain, chain_id, "miningBalance(b0)", balance, sizeof balance, PLENTY);
    /* offset, length, then the ids */
    if (run(precompile, &chain, chain_id, "pendingTeleports(b0)", pending, sizeof pending, PLENTY) == PARS_SUCCESS
        && output.length >= 96) {
        memcpy(claim + 4, output.bytes + 64, 32);
        run(precompile, &chain, chain_id, "claimTeleport(id)", claim, sizeof claim, PLENTY);
        run(precompile, &chain, chain_id, "claimTeleport(id) again", claim, sizeof claim, PLENTY);
        run(precompile, &chain, chain_id, "miningBalance(b0)", balance, sizeof balance, PLENTY);
    }
    if (count > 3) {
        uint8_t *calldata = read_file(arguments[3], &length);
        length = from_hex(calldata, length);
        run(precompile, &chain, chain_id, "submitWorkProof(proof)", calldata, length, PLENTY);
        run(precompile, &chain, chain_id, "submitWorkProof(proof) again", calldata, length, PLENTY);
        free(calldata);
    }
    run(precompile, &chain, chain_id, "version() with 10 gas", VERSION, sizeof VERSION, 10);
    run(precompile, &chain, chain_id, "a call without its calldata", NULL, 4, PLENTY);
    chain.broken = 1;
    run(precompile, &chain, chain_id, "miningBalance(b0) on a broken host", balance, sizeof balance, PLENTY);

    pars_precompile_free(precompile);
    return 0;
}
