#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"
#include "support/portal_client.h"

void world_link(struct world *world, const char *app, const char *body, char ret[64])
{
    struct reply made = world_app_ask(world, "POST", app, "/portal-links", body);
    const char *hash = strchr(reply_text(&made, "url"), '=');

    if (made.status != 201 || hash == NULL) {
        fail_msg("%d %s", made.status, reply_text(&made, "detail"));
    }
    snprintf(ret, 64, "%s", hash + 1);
    reply_done(&made);
}

void world_log_in(struct world *world, const char *app, const char *body, struct login *ret)
{
    char asked[100], header[200];

    world_link(world, app, body, ret->token);
    snprintf(asked, sizeof asked, "{\"token\":\"%s\"}", ret->token);
    struct reply made = world_ask(world, "POST", "/v1/session", NULL, "", asked);
    assert_int_equal(made.status, 201);
    reply_header(&made, "Set-Cookie", header);
    assert_int_equal(strncmp(header, "__Host-posthorn=", 16), 0);
    snprintf(ret->cookie, sizeof ret->cookie, "%.*s", (int)strcspn(header + 16, ";"),
             header + 16);
    snprintf(ret->id, sizeof ret->id, "%s", reply_text(&made, "id"));
    snprintf(ret->csrf, sizeof ret->csrf, "%s", reply_text(&made, "csrf_token"));
    snprintf(ret->reads, sizeof ret->reads, "Cookie: __Host-posthorn=%s\r\n", ret->cookie);
    snprintf(ret->lines, sizeof ret->lines,
             "%sSec-Fetch-Site: same-origin\r\nX-Posthorn-CSRF: %s\r\n", ret->reads,
             ret->csrf);
    reply_done(&made);
}
