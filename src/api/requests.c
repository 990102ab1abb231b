#include "api/requests.h"

#include "api/door_parts.h"
#include "api/style.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_ANSWER_MAX = 1024 * 1024 };

static struct request *request_new(struct door *door)
{
    struct request *request = NEW(struct request);

    request->door = door;
    arena_init(&request->arena);
    buf_init(&request->answer, KEPT_ANSWER_MAX);
    list_init(&request->link);
    list_init(&request->followers);
    return request;
}

struct request *request_take(struct door *door)
{
    struct request *request;

    if (list_is_empty(&door->spare)) {
        request = request_new(door);
    } else {
        request = container_of(door->spare.next, struct request, link);
        list_remove(&request->link);
        door->spare_count--;
    }
    list_add_last(&door->requests, &request->link);
    door->waiting++;
    return request;
}

enum { NOT_COUNTED = 0 };
#define AT(member) offsetof(struct request, member)

// The headers that are looked at. Those that must not stand twice are counted.
static const struct {
    const char *name;
    size_t span, count;
} headers[] = {
    {"authorization", AT(authorization), AT(authorization_count)},
    {"content-type", AT(content_type), NOT_COUNTED},
    {"content-encoding", AT(content_encoding), NOT_COUNTED},
    {"if-match", AT(if_match), AT(if_match_count)},
    {"idempotency-key", AT(idempotency), AT(idempotency_count)},
    {"x-client-key", AT(client_key), AT(client_key_count)},
    {"x-client-secret", AT(client_secret), AT(client_secret_count)},
    {"cookie", AT(cookie), AT(cookie_count)},
    {"origin", AT(origin), AT(origin_count)},
    {"sec-fetch-site", AT(fetch_site), AT(fetch_site_count)},
    {"x-posthorn-csrf", AT(csrf), AT(csrf_count)},
};

static void read_header(struct request *request, const struct http_header *header)
{
    char *start = (char *)request;

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (!text_equal(header->name, header->name_len, headers[i].name)) {
            continue;
        }
        *(struct text_span *)(void *)(start + headers[i].span) =
            (struct text_span){header->value, header->value_len};
        if (headers[i].count != NOT_COUNTED) {
            ++*(size_t *)(void *)(start + headers[i].count);
        }
        return;
    }
}

void request_read(struct request *request, const struct http_request *http)
{
    request->method = (struct text_span){http->method, http->method_len};
    request->path = (struct text_span){http->path, http->path_len};
    request->query = (struct text_span){http->query, http->query_len};
    request->body = (struct text_span){http->body != NULL ? http->body : "", http->body_len};
    request->peer = http->peer;
    request->fault = http->fault;
    request->style = style_of(request->path);
    for (size_t i = 0; i < http->header_count; i++) {
        read_header(request, &http->headers[i]);
    }
}

static void keep_span(struct arena *arena, struct text_span *span)
{
    if (span->at != NULL) {
        span->at = arena_copy(arena, span->at, span->len);
    }
}

const char *request_asker(const struct request *request)
{
    return request->is_session ? "session" : "key";
}

void request_keep(struct request *request)
{
    struct text_span *spans[] = {
        &request->method,     &request->path,          &request->query,
        &request->body,       &request->content_type,  &request->content_encoding,
        &request->if_match,   &request->authorization, &request->idempotency,
        &request->client_key, &request->client_secret, &request->cookie,
        &request->origin,     &request->fetch_site,    &request->csrf,
    };

    if (request->is_kept) {
        return;
    }
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        keep_span(&request->arena, spans[i]);
    }
    for (size_t i = 0; i < PATH_NAMES; i++) {
        keep_span(&request->arena, &request->names[i]);
    }
    if (request->fault != NULL) {
        request->fault = (const void *)arena_copy(
            &request->arena, (const char *)request->fault, sizeof *request->fault);
    }
    request->is_kept = true;
}

// Drops all that belongs to this request and keeps its memory.
static void request_clear(struct request *request)
{
    json_decref(request->json);
    op_free(request->found);
    op_free(request->figures);
    op_free(request->op);
    event_drop(request->planned);
    list_remove(&request->link);
    list_remove(&request->followers);
    if (request->answer.data != NULL) { // it may hold a secret
        memory_wipe(request->answer.data, request->answer.len);
    }
    buf_clear(&request->answer);
    arena_clear(&request->arena);

    struct request blank = {
        .door = request->door, .arena = request->arena, .answer = request->answer};
    *request = blank;
    list_init(&request->link);
    list_init(&request->followers);
}

void request_release(struct request *request)
{
    struct door *door = request->door;

    door->waiting--;
    request_clear(request);
    if (door->spare_count >= DOOR_SPARE_MAX) {
        request_free(request);
        return;
    }
    list_add_first(&door->spare, &request->link);
    door->spare_count++;
}

void request_free(struct request *request)
{
    request_clear(request);
    arena_done(&request->arena);
    buf_done(&request->answer);
    free(request);
}
