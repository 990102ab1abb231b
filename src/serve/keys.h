// The keys a server cannot do without: the master key, under which every secret is sealed;
// the id key, under which public ids are made; the pepper, under which API keys are hashed;
// the key that chains the audit log; and the operator's API key. Id key, pepper and audit key
// are random and lie sealed in the database, so that a new primary master key changes none of
// them. All are made at the first start, beside a new, empty database, and never silently
// made again.

#ifndef SERVE_KEYS_H
#define SERVE_KEYS_H

#include "base/error.h"

#include <stdint.h>

struct common;

// Reads master.key, or makes it, with the id key and the operator's key, where the database
// is new. Between store_open() and store_start(). Fills common's keyring, id_key and
// pepper_key. Errors: ERR_CONFIG naming the way out, ERR_DAMAGED.
enum error_code keys_open(struct common *common, int64_t now_ms,
                          struct error *error) MUST_CHECK;

// Does the key file open what a database keeps sealed as its setting "id_key"? Errors:
// ERR_CONFIG naming the file and the way out.
enum error_code keys_fit(const char *master_key_file, const char *sealed,
                         struct error *error) MUST_CHECK;

#endif
