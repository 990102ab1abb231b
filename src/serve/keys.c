#include "serve/keys.h"

#include "api/door.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/random.h"
#include "hook/id.h"
#include "hook/rows.h"
#include "hook/scope.h"
#include "hook/seal.h"
#include "serve/common.h"
#include "serve/files.h"
#include "serve/serve.h"
#include "store/store.h"

#include <inttypes.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MAX = 65536 };

static const struct seal_place id_key_place = {.table = "setting", .column = "id_key"};
static const struct seal_place pepper_place = {.table = "setting", .column = "pepper"};
static const struct seal_place audit_place = {.table = "setting", .column = "audit_key"};

static void master_key_path(const struct common *common, char path[PATH_MAX])
{
    if (common->options->master_key_file)
        snprintf(path, PATH_MAX, "%s", common->options->master_key_file);
    else
        snprintf(path, PATH_MAX, "%s/master.key", common->options->data_dir);
}

static enum error_code make_master_key(const char *path, struct buf *ret, struct error *error)
{
    unsigned char key[MASTER_KEY_LEN];
    enum error_code code;

    random_fill(key, sizeof key);
    keyring_line(key, ret);
    OPENSSL_cleanse(key, sizeof key);
    code = files_write_new(path, ret->data, ret->len, error);
    if (code == ERR_OK)
        log_write(LOG_INFO, "keys.made",
                  "the master key is in %s; without it the secrets in the database cannot be "
                  "read: keep a copy elsewhere",
                  path);
    return code;
}

static enum error_code open_keyring(struct common *common, bool is_first_start,
                                    struct error *error)
{
    char path[PATH_MAX];
    struct buf text;
    bool is_found;
    enum error_code code;

    master_key_path(common, path);
    buf_init(&text, KEY_FILE_MAX);
    code = files_read(path, true, &text, &is_found, error);
    if (code == ERR_OK && !is_found)
        code =
            is_first_start
                ? make_master_key(path, &text, error)
                : error_at(error, ERR_CONFIG, "master-key-file",
                           "the database was made with a master key, and %s is missing; put "
                           "it back from your copy",
                           path);
    if (code == ERR_OK)
        code = keyring_parse(text.data ? text.data : "", text.len, &common->keyring, error);
    if (text.data)
        OPENSSL_cleanse(text.data, text.cap);
    buf_done(&text);
    return code;
}

// A random key of the database's own: made once, kept sealed among its settings.
static enum error_code make_sealed_key(struct common *common, const struct seal_place *place,
                                       unsigned char *ret, size_t len, struct error *error)
{
    unsigned char nonce[SEAL_NONCE_LEN];
    struct buf sealed;
    enum error_code code;

    random_fill(ret, len);
    random_fill(nonce, sizeof nonce);
    buf_init(&sealed, 1024);
    seal(common->keyring, place, nonce, ret, len, &sealed);
    code = store_set_setting(common->store, place->column, sealed.data, error);
    buf_done(&sealed);
    return code;
}

// Errors: ERR_DAMAGED where it is missing or was changed; ERR_CONFIG where its master key is
// not in the key file.
static enum error_code open_sealed_key(struct common *common, const struct seal_place *place,
                                       unsigned char *ret, size_t len, struct error *error)
{
    struct buf sealed, plain;
    enum error_code code;

    buf_init(&sealed, 4096);
    buf_init(&plain, 64);
    if (!store_setting(common->store, place->column, &sealed))
        code = error_set(error, ERR_DAMAGED, "the setting %s is missing from the database",
                         place->column);
    else
        code = unseal(common->keyring, place, sealed.data, &plain, error);
    if (code == ERR_OK && plain.len != len)
        code =
            error_set(error, ERR_DAMAGED, "the setting %s has another length", place->column);
    if (code == ERR_OK)
        memcpy(ret, plain.data, len);
    if (plain.data)
        OPENSSL_cleanse(plain.data, plain.cap);
    buf_done(&plain);
    buf_done(&sealed);
    return code;
}

static struct audit_row *own_audit(struct op *op, const char *action)
{
    op->audit = arena_take(&op->arena, sizeof *op->audit);
    *op->audit =
        (struct audit_row){.actor = AUDIT_SERVER, .action = action, .result = "done"};
    return op->audit;
}

// It stands in the log for whoever reads it, and in the server's own for whoever runs it.
static enum error_code note_broken_audit(struct common *common, int64_t now_ms,
                                         struct error *error)
{
    struct op *op = op_new(OP_AUDIT, 0, NULL);
    enum error_code code;

    log_write(LOG_ERROR, "audit.broken",
              "the audit log does not end where this server left it; "
              "posthorn audit verify says where");
    own_audit(op, "audit.broken");
    code = store_do(common->store, op, now_ms, error);
    op_free(op);
    return code;
}

// A start that was cut off may have left a key, with a row or two under it.
static enum error_code open_audit(struct common *common, bool is_first_start, int64_t now_ms,
                                  struct error *error)
{
    unsigned char key[AUDIT_KEY_LEN];
    bool is_whole;
    enum error_code code = open_sealed_key(common, &audit_place, key, sizeof key, error);

    if (code != ERR_OK && is_first_start)
        code = make_sealed_key(common, &audit_place, key, sizeof key, error);
    if (code != ERR_OK)
        return code;
    is_whole = store_audit_key(common->store, key, is_first_start);
    OPENSSL_cleanse(key, sizeof key);
    return is_whole ? ERR_OK : note_broken_audit(common, now_ms, error);
}

static struct op *operator_key_op(struct common *common, int64_t now_ms, char text[128])
{
    unsigned char dice[64];
    char lookup[16], hint[8];
    struct minter minter = {.number = 1023};
    struct op *op = op_new(OP_KEY, 0, NULL);
    struct key_row *row = &op->as.key.row;

    random_fill(dice, sizeof dice);
    door_make_key(common->pepper_key, "ph_live_", dice, text, row, lookup, hint);
    OPENSSL_cleanse(dice, sizeof dice);
    op->as.key.verb = VERB_CREATE;
    op->as.key.count_max = INT_MAX;
    row->id = minter_next(&minter, now_ms);
    row->scopes = SCOPE_OPERATOR;
    row->mode = EVENT_LIVE;
    row->name = "operator";
    row->created_ms = now_ms;
    row->lookup = arena_copy(&op->arena, lookup, strlen(lookup));
    row->hint = arena_copy(&op->arena, hint, strlen(hint));
    own_audit(op, "key.create")->kind = ID_KEY;
    op->audit->object_id = row->id;
    return op;
}

// The row first, the file second: a start that is cut off between them leaves a key that
// nobody knows, which opens nothing, and the next start makes another.
static enum error_code make_operator_key(struct common *common, int64_t now_ms,
                                         struct error *error)
{
    char text[128], line[130], path[PATH_MAX];
    struct op *op = operator_key_op(common, now_ms, text);
    enum error_code code = store_do(common->store, op, now_ms, error);

    op_free(op);
    if (code != ERR_OK)
        return code;
    snprintf(path, sizeof path, "%s/operator.key", common->options->data_dir);
    snprintf(line, sizeof line, "%s\n", text);
    code = files_write_new(path, line, strlen(line), error);
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(line, sizeof line);
    if (code == ERR_OK)
        log_write(LOG_INFO, "keys.made", "the operator's API key is in %s", path);
    return code;
}

// Another pepper than the one of a start that was cut off: the key hashed under that opens
// nothing.
static enum error_code make_keys(struct common *common, int64_t now_ms, struct error *error)
{
    enum error_code code = make_sealed_key(common, &pepper_place, common->pepper_key,
                                           sizeof common->pepper_key, error);

    if (code == ERR_OK)
        code = open_audit(common, true, now_ms, error);
    if (code == ERR_OK)
        code = make_operator_key(common, now_ms, error);
    if (code == ERR_OK) // last: it marks the first start as complete
        code = make_sealed_key(common, &id_key_place, common->id_key, sizeof common->id_key,
                               error);
    return code;
}

static enum error_code open_keys(struct common *common, int64_t now_ms, struct error *error)
{
    enum error_code code =
        open_sealed_key(common, &id_key_place, common->id_key, sizeof common->id_key, error);

    if (code != ERR_OK)
        return error_at(error, ERR_CONFIG, "master-key-file",
                        "this is not the master key that the database was made with");
    code = open_sealed_key(common, &pepper_place, common->pepper_key,
                           sizeof common->pepper_key, error);
    return code == ERR_OK ? open_audit(common, false, now_ms, error) : code;
}

enum error_code keys_open(struct common *common, int64_t now_ms, struct error *error)
{
    struct buf sealed;
    bool is_first_start;
    enum error_code code;

    buf_init(&sealed, 4096);
    is_first_start = !store_setting(common->store, id_key_place.column, &sealed);
    buf_done(&sealed);
    code = open_keyring(common, is_first_start, error);
    if (code != ERR_OK)
        return code;
    return is_first_start ? make_keys(common, now_ms, error)
                          : open_keys(common, now_ms, error);
}

static enum error_code read_keyring(const char *path, struct keyring **ret,
                                    struct error *error)
{
    struct buf text;
    bool is_found;
    enum error_code code;

    buf_init(&text, KEY_FILE_MAX);
    code = files_read(path, true, &text, &is_found, error);
    if (code == ERR_OK && !is_found)
        code = error_at(error, ERR_CONFIG, "master-key-file",
                        "%s is missing; put it there from your copy", path);
    if (code == ERR_OK)
        code = keyring_parse(text.data ? text.data : "", text.len, ret, error);
    if (text.data)
        OPENSSL_cleanse(text.data, text.cap);
    buf_done(&text);
    return code;
}

enum error_code keys_fit(const char *master_key_file, const char *sealed, struct error *error)
{
    struct keyring *keyring = NULL;
    struct buf plain;
    enum error_code code = read_keyring(master_key_file, &keyring, error);

    if (code != ERR_OK)
        return code;
    buf_init(&plain, 64);
    if (unseal(keyring, &id_key_place, sealed, &plain, error) != ERR_OK)
        code = error_at(error, ERR_CONFIG, "master-key-file",
                        "%s is not the master key that the database was made with; put that "
                        "one there from your copy",
                        master_key_file);
    if (plain.data)
        OPENSSL_cleanse(plain.data, plain.cap);
    buf_done(&plain);
    keyring_free(keyring);
    return code;
}
