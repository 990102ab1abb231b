// URLs: what is accepted has parts that fit together, and is accepted again, as the same
// place, when it is put together from them.

#include "hook/target.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct target target, again;
    char url[4096];
    if (target_parse((const char *)data, len, &target, NULL) != ERR_OK)
        return 0;
    assert(target.port > 0 && target.host[0] != '\0' && target.path[0] == '/');
    for (const char *c = target.host_header; *c; c++)
        assert(*c > ' ' && *c < 0x7f && !strchr("@/\\#?%", *c));
    for (const char *c = target.path; *c; c++)
        assert(*c > ' ' && *c < 0x7f);
    int url_len = snprintf(url, sizeof url, "%s://%s%s", target.tls ? "https" : "http",
                           target.host_header, target.path);
    if (url_len > 2048) // a slash was added
        return 0;
    assert(target_parse(url, (size_t)url_len, &again, NULL) == ERR_OK);
    assert(again.tls == target.tls && again.port == target.port);
    assert(strcmp(again.host, target.host) == 0 && strcmp(again.path, target.path) == 0);
    return 0;
}
