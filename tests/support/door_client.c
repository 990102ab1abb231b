// The clients of a world: one request and its answer, or many in a row.

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/door_world.h"

enum { RECEIVED_MAX = 64 * 1024 * 1024, PATIENCE_MS = 20000 };

// The whole answer has come: *ret_body is where its body begins.
static bool is_whole(const struct buf *received, size_t *ret_body)
{
    const char *end = received->data != NULL ? strstr(received->data, "\r\n\r\n") : NULL;
    const char *length = end != NULL ? strstr(received->data, "Content-Length: ") : NULL;

    if (end == NULL) {
        return false;
    }
    *ret_body = (size_t)(end - received->data) + 4;
    size_t len = length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0;
    return received->len >= *ret_body + len;
}

static void say(struct world *world, int fd, const struct buf *text)
{
    for (size_t at = 0; at < text->len;) {
        ssize_t done = send(fd, text->data + at, text->len - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        at += done > 0 ? (size_t)done : 0;
        if (done < 0) {
            world_turn(world);
        }
    }
}

static size_t hear(struct world *world, int fd, struct buf *received)
{
    int64_t end_ms = clock_now().mono_ms + PATIENCE_MS;
    size_t body = 0;

    while (!is_whole(received, &body)) {
        char *room = buf_room(received, 65536);
        ssize_t len = recv(fd, room, 65536, MSG_DONTWAIT);
        if (len > 0) {
            buf_added(received, (size_t)len);
            continue;
        }
        assert_true(clock_now().mono_ms < end_ms);
        world_turn(world);
    }
    return body;
}

static void write_request(struct buf *ret, const char *method, const char *path,
                          const char *key, const char *more, const char *body)
{
    buf_init(ret, RECEIVED_MAX);
    buf_add_format(ret, "%s %s HTTP/1.1\r\nHost: door\r\n%s", method, path, more);
    if (key != NULL) {
        buf_add_format(ret, "Authorization: Bearer %s\r\n", key);
    }
    if (body != NULL) {
        buf_add_format(
            ret, "%sContent-Length: %zu\r\n",
            strstr(more, "Content-Type") != NULL ? "" : "Content-Type: application/json\r\n",
            strlen(body));
    }
    buf_add_str(ret, "\r\n");
    buf_add_str(ret, body != NULL ? body : "");
}

static struct reply ask_once(struct world *world, const struct buf *text)
{
    struct reply reply = {0};
    struct buf received;
    int fd = world_connect(world);

    buf_init(&received, RECEIVED_MAX);
    say(world, fd, text);
    size_t at = hear(world, fd, &received);

    reply.status = atoi(received.data + 9);
    snprintf(reply.head, sizeof reply.head, "%.*s", (int)at, received.data);
    reply.text = memory_copy(received.data + at, received.len - at);
    reply.json = json_loadb(received.data + at, received.len - at, JSON_DECODE_ANY, NULL);
    buf_done(&received);
    close(fd);
    world_turn(world);
    return reply;
}

struct reply world_ask(struct world *world, const char *method, const char *path,
                       const char *key, const char *more, const char *body)
{
    struct buf text;

    write_request(&text, method, path, key, more, body);
    struct reply reply = ask_once(world, &text);
    buf_done(&text);
    return reply;
}

struct reply world_say(struct world *world, const char *bytes)
{
    struct buf text;

    buf_init(&text, RECEIVED_MAX);
    buf_add_str(&text, bytes);
    struct reply reply = ask_once(world, &text);
    buf_done(&text);
    return reply;
}

struct pipeline {
    int fd;
    size_t count;
};

struct pipeline *world_begin(struct world *world, const char *method, const char *path,
                             const char *key, const char *body, size_t count)
{
    struct pipeline *pipeline = NEW(struct pipeline);
    struct buf text;
    int fd = world_connect(world);

    write_request(&text, method, path, key, "", body);
    for (size_t i = 0; i < count; i++) {
        say(world, fd, &text);
    }
    for (int i = 0; i < 50; i++) {
        world_turn(world);
    }
    buf_done(&text);
    *pipeline = (struct pipeline){fd, count};
    return pipeline;
}

void world_end(struct world *world, struct pipeline *pipeline, int *ret_statuses)
{
    struct buf received;

    buf_init(&received, RECEIVED_MAX);
    for (size_t i = 0; i < pipeline->count; i++) {
        size_t len = hear(world, pipeline->fd, &received);
        ret_statuses[i] = atoi(received.data + 9);
        const char *length = strstr(received.data, "Content-Length: ");
        len += length != NULL ? strtoul(length + 16, NULL, 10) : 0;
        buf_drop(&received, len);
    }
    buf_done(&received);
    close(pipeline->fd);
    world_turn(world);
    free(pipeline);
}

void reply_done(struct reply *reply)
{
    json_decref(reply->json);
    reply->json = NULL;
    free(reply->text);
    reply->text = NULL;
}

const char *reply_header(const struct reply *reply, const char *name, char ret[200])
{
    char line[100];

    snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *at = strstr(reply->head, line);
    ret[0] = '\0';
    if (at != NULL) {
        at += strlen(line);
        snprintf(ret, 200, "%.*s", (int)strcspn(at, "\r"), at);
    }
    return ret;
}

const char *reply_text(const struct reply *reply, const char *member)
{
    const char *text = json_string_value(json_object_get(reply->json, member));

    return text != NULL ? text : "";
}

int world_status(struct world *world, const char *method, const char *path, const char *key,
                 const char *body)
{
    struct reply reply = world_ask(world, method, path, key, "", body);

    reply_done(&reply);
    return reply.status;
}

void world_make(struct world *world, const char *path, const char *body, const char *member,
                char ret[160])
{
    struct reply reply = world_ask(world, "POST", path, world_operator(world), "", body);

    if (reply.status != 201) {
        fail_msg("POST %s %s: %d %s", path, body, reply.status, reply_text(&reply, "detail"));
    }
    snprintf(ret, 160, "%s", reply_text(&reply, member != NULL ? member : "id"));
    assert_true(ret[0] != '\0');
    reply_done(&reply);
}

void world_app(struct world *world, const char *profile, char ret[160])
{
    char body[200];

    snprintf(body, sizeof body, "{\"name\":\"Shop\",\"profile\":\"%s\"}", profile);
    world_make(world, "/v1/apps", body, NULL, ret);
}

struct reply world_app_ask(struct world *world, const char *method, const char *app,
                           const char *rest, const char *body)
{
    char path[600];

    snprintf(path, sizeof path, "/v1/apps/%s%s", app, rest);
    return world_ask(world, method, path, world_operator(world), "", body);
}

char *world_large_body(void)
{
    size_t len = (size_t)limit(LIMIT_REQUEST_BODY) + 1;
    char *body = memory_new(len + 1);

    memset(body, ' ', len);
    return body;
}

void world_refuses(struct world *world, const char *app, const char *rest, const char *body,
                   int status, const char *code, const char *place)
{
    struct reply reply = world_app_ask(world, "POST", app, rest, body);
    char *text = json_dumps(json_object_get(reply.json, "errors"), JSON_ENCODE_ANY);

    if (reply.status != status || strcmp(reply_text(&reply, "code"), code) != 0 ||
        (place != NULL && (text == NULL || strstr(text, place) == NULL))) {
        fail_msg("%s: %d %s %s", body, reply.status, reply_text(&reply, "code"), text);
    }
    free(text);
    reply_done(&reply);
}
