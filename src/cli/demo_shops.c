#include "cli/demo_shops.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/demo_server.h"
#include "cli/say.h"
#include "cli/view.h"
#include "hook/profile.h"
#include "serve/files.h"

#include <inttypes.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES_MAX = 400, BODY_MAX = 65536, KEY_TEXT_MAX = 16384, RSA_BITS = 2048 };

// Has said why.
static int refused(const char *what, const struct shop *shop, struct demo_answer *answer)
{
    struct json_span detail = {.kind = JSON_NONE}, json;
    struct buf words;
    struct error error;
    int code;

    buf_init(&words, 4096);
    buf_add_str(&words, "");
    if (answer->raw.body.len > 0 &&
        json_check(answer->raw.body.data, answer->raw.body.len, &json, &error) == ERR_OK)
        detail = view_member(&json, "detail");
    view_value(&words, &detail);
    code = say_failed(EXIT_FAILED, "%s: %s got status %d: %s", shop->profile->name, what,
                      answer->raw.status, words.data);
    buf_done(&words);
    return code;
}

static bool take_text(const struct demo_answer *answer, const char *member, char *ret,
                      size_t room)
{
    struct json_span value = view_member(&answer->json, member);
    size_t len;

    return value.kind == JSON_TEXT && json_text(&value, ret, room, &len) && len > 0;
}

static int open_app(const struct demo_server *server, struct shop *shop)
{
    struct demo_answer answer;
    struct buf body;
    int code = 0;

    buf_init(&body, BODY_MAX);
    buf_add_str(&body, "{\"name\":\"A merchant\",\"profile\":");
    buf_add_json(&body, shop->profile->name, strlen(shop->profile->name));
    buf_add_char(&body, '}');
    if (!demo_ask(server, "POST", "/v1/apps", body.data, &answer) ||
        !take_text(&answer, "id", shop->app, sizeof shop->app))
        code = refused("making an app", shop, &answer);
    demo_answer_done(&answer);
    buf_done(&body);
    return code;
}

// A secret of the merchant's own choice, where the contract has it choose.
static void choose_secret(const struct profile *profile, char *ret, size_t room)
{
    unsigned char dice[24];
    char hex[2 * sizeof dice + 1];
    size_t most = profile->secret_max < room - 1 ? profile->secret_max : room - 1;

    ret[0] = '\0';
    if (profile->secret_from != SECRET_FROM_GIVEN)
        return;
    random_fill(dice, sizeof dice);
    text_hex(hex, dice, sizeof dice);
    hex[2 * sizeof dice] = '\0';
    snprintf(ret, room, "%.*s", (int)(most < sizeof hex ? most : sizeof hex - 1), hex);
}

static void write_webhook(const struct shop *shop, const char *url, const char *secret,
                          struct buf *ret)
{
    buf_add_str(ret, "{\"name\":\"Orders\",\"url\":");
    buf_add_json(ret, url, strlen(url));
    if (shop->only) {
        buf_add_str(ret, ",\"events\":[");
        buf_add_json(ret, shop->only->name, strlen(shop->only->name));
        buf_add_char(ret, ']');
    }
    if (secret[0]) {
        buf_add_str(ret, ",\"secret\":");
        buf_add_json(ret, secret, strlen(secret));
    }
    buf_add_char(ret, '}');
}

// An RSA key of the merchant's, handed to the server; what is kept is its public half, which
// the server answers.
static bool give_rsa_key(const struct demo_server *server, const char *webhook, char *ret,
                         size_t room)
{
    EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
    BIO *bio = BIO_new(BIO_s_mem());
    struct demo_answer answer;
    char path[PATH_BYTES_MAX + 16], *pem;
    struct buf body;
    bool is_given = false;
    long len;

    buf_init(&body, KEY_TEXT_MAX);
    if (key && bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
        len = BIO_get_mem_data(bio, &pem);
        buf_add_str(&body, "{\"pem\":");
        buf_add_json(&body, pem, (size_t)len);
        buf_add_char(&body, '}');
        snprintf(path, sizeof path, "%s/signing-key", webhook);
        is_given = demo_ask(server, "PUT", path, body.data, &answer) &&
                   take_text(&answer, "public_key", ret, room);
        demo_answer_done(&answer);
    }
    if (body.data)
        memory_wipe(body.data, body.len);
    buf_done(&body);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return is_given;
}

// What the endpoint checks with: the secret that was chosen, or shown, or can be asked for;
// else the public half of a key pair.
static bool find_key(const struct demo_server *server, const struct shop *shop,
                     const struct demo_answer *made, char *ret, size_t room)
{
    char path[PATH_BYTES_MAX], id[SHOP_ID_MAX];
    struct demo_answer answer;
    bool is_found;

    if (ret[0] || take_text(made, "secret", ret, room))
        return true;
    if (!take_text(made, "id", id, sizeof id))
        return false;
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks/%s/secret", shop->app, id);
    is_found = demo_ask(server, "GET", path, NULL, &answer) &&
               take_text(&answer, "secret", ret, room);
    demo_answer_done(&answer);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks/%s", shop->app, id);
    return is_found || give_rsa_key(server, path, ret, room);
}

// By way of a file, as a merchant who runs `posthorn verify` has it.
static int read_keys(const struct demo_server *server, const struct shop *shop, size_t number,
                     char *key, struct stand *stand)
{
    char path[PATH_MAX + 32];
    struct error error;

    snprintf(path, sizeof path, "%s/key-%zu", server->folder, number);
    if (files_write_new(path, key, strlen(key), &error) != ERR_OK ||
        proof_keys_read(stand->plan, path, &stand->keys, &error) != ERR_OK)
        return say_failed(EXIT_FAILED, "%s: %s", shop->profile->name, error.text);
    return 0;
}

static int open_webhook(const struct demo_server *server, const struct shop *shop,
                        size_t number, uint16_t port, struct stand *stand)
{
    char url[64], path[PATH_BYTES_MAX], key[KEY_TEXT_MAX];
    struct demo_answer answer;
    struct buf body;
    int code = 0;

    choose_secret(shop->profile, key, sizeof key);
    snprintf(url, sizeof url, "http://127.0.0.1:%" PRIu16 "/%zu", port, number);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", shop->app);
    buf_init(&body, BODY_MAX);
    write_webhook(shop, url, key, &body);
    if (!demo_ask(server, "POST", path, body.data, &answer))
        code = refused("registering an endpoint", shop, &answer);
    else if (stand->is_signed && !find_key(server, shop, &answer, key, sizeof key))
        code = say_failed(EXIT_FAILED, "%s: no key to check with", shop->profile->name);
    else if (stand->is_signed)
        code = read_keys(server, shop, number, key, stand);
    demo_answer_done(&answer);
    memory_wipe(key, sizeof key);
    buf_done(&body);
    return code;
}

static size_t webhooks_of(const struct profile *profile)
{
    return profile->events == EVENTS_ONE ? profile->type_count : 1;
}

static int open_shop(struct shops *shops, const struct demo_server *server,
                     const struct profile *profile, uint16_t port)
{
    struct shop shop = {.profile = profile};
    int code = open_app(server, &shop);

    for (size_t i = 0; i < webhooks_of(profile) && code == 0; i++) {
        size_t number = shops->count++;
        struct stand *stand = &shops->stands[number];

        shop.only = profile->events == EVENTS_ONE ? &profile->types[i] : NULL;
        shops->shops[number] = shop;
        *stand = (struct stand){.profile = profile->name,
                                .plan = profile->plan,
                                .is_signed = profile->plan->proof_count > 0,
                                .failures_left = number == 0}; // so that a retry is seen
        code = open_webhook(server, &shop, number, port, stand);
    }
    return code;
}

int shops_open(struct shops *shops, const struct demo_server *server,
               const struct profile_set *profiles, uint16_t port)
{
    size_t room = 0;
    int code = 0;

    for (size_t i = 0; i < profiles->count; i++)
        room += webhooks_of(profiles->profiles[i]);
    shops->shops = NEW_ARRAY(struct shop, room + 1);
    shops->stands = NEW_ARRAY(struct stand, room + 1);
    for (size_t i = 0; i < profiles->count && code == 0; i++)
        code = open_shop(shops, server, profiles->profiles[i], port);
    return code;
}

void shops_close(struct shops *shops)
{
    for (size_t i = 0; i < shops->count; i++)
        proof_keys_done(&shops->stands[i].keys);
    free(shops->shops);
    free(shops->stands);
    *shops = (struct shops){0};
}
