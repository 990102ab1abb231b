// Keys from keys: HKDF-SHA256 (RFC 5869) without a salt.

#ifndef HOOK_DERIVE_H
#define HOOK_DERIVE_H

#include <stdbool.h>
#include <stddef.h>

// False: OpenSSL refused; ret is then not to be used.
bool derive_key(const void *key, size_t key_len, const char *info, unsigned char *ret,
                size_t ret_len);

#endif
