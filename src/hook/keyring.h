// What seal.c needs of a keyring beyond hook/seal.h.

#ifndef HOOK_KEYRING_H
#define HOOK_KEYRING_H

struct keyring;

enum { KEY_ID_MAX = 32 };

// The 32 bytes that wrap secrets under the master key of that kid. NULL: no such kid.
const unsigned char *keyring_wrap_key(const struct keyring *keyring, const char *kid);

#endif
