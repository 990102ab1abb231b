// posthorn demo: the whole of it with nothing but this program. A server, one merchant for
// each contract, every event of its catalogue, and what came of it; nothing is left behind.

#include "base/memory.h"
#include "cli/command.h"
#include "cli/demo_server.h"
#include "cli/demo_shops.h"
#include "cli/say.h"
#include "cli/sheet.h"
#include "hook/profile.h"
#include "serve/profile_folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_MAX = 200, WAIT_MS = 50, BODY_MAX = 1 << 20 };

struct demo {
    struct demo_server server;
    struct profile_set profiles;
    struct receiver *receiver;
    struct shops shops;
    size_t events, received, attempts, forged;
};

static volatile sig_atomic_t is_interrupted;

static void on_signal(int number)
{
    is_interrupted = number;
}

// No SA_RESTART: whatever waits, ends.
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

// --- what is shown ---

static void show_row(const char *profile, const char *event, const char *attempt,
                     const char *status, const char *signature)
{
    if (sheet_is_for_people())
        printf("%-12s %-30s %-8s %-7s %s\n", profile, event, attempt, status, signature);
    else
        printf("%s\t%s\t%s\t%s\t%s\n", profile, event, attempt, status, signature);
    if (fflush(stdout) != 0) // nobody looks any more
        is_interrupted = SIGPIPE;
}

static void show_receipt(struct demo *demo, const struct receipt *receipt, const char *event,
                         size_t attempt)
{
    const struct stand *stand = &demo->shops.stands[receipt->stand];
    char count[24], status[16];

    snprintf(count, sizeof count, "%zu", attempt);
    snprintf(status, sizeof status, "%d", receipt->status);
    demo->attempts++;
    demo->forged += !receipt->holds;
    show_row(stand->profile, event, attempt > 0 ? count : "", status,
             !receipt->holds    ? receipt->why
             : stand->is_signed ? "holds"
                                : "none in this contract");
}

// --- what happens ---

static bool send(struct demo *demo, const struct shop *shop, const char *type, char *payload)
{
    char path[SHOP_ID_MAX + 32];
    struct demo_answer answer;
    struct buf body;
    bool is_accepted;

    buf_init(&body, BODY_MAX);
    buf_add_str(&body, "{\"type\":");
    buf_add_json(&body, type, strlen(type));
    buf_add_format(&body, ",\"payload\":%s}", payload);
    snprintf(path, sizeof path, "/v1/apps/%s/events", shop->app);
    is_accepted = demo_ask(&demo->server, "POST", path, body.data, &answer);
    if (!is_accepted)
        say("%s: %s was not accepted: status %d", shop->profile->name, type,
            answer.raw.status);
    demo_answer_done(&answer);
    buf_done(&body);
    return is_accepted;
}

// Shows what arrives, until it is received; in the order of their lines, each with its
// number.
static void await(struct demo *demo, size_t stand, const char *type)
{
    bool is_received = false;
    size_t attempt = 0;

    for (int i = 0; i < TRIES_MAX && !is_received && !is_interrupted; i++) {
        struct receipt *receipt = receiver_wait(demo->receiver, WAIT_MS);

        while (receipt) {
            struct mail *next = receipt->mail.next;

            show_receipt(demo, receipt, type, ++attempt);
            is_received |= receipt->stand == stand && receipt->status == 200;
            free(receipt);
            receipt = next ? container_of(next, struct receipt, mail) : NULL;
        }
    }
    demo->received += is_received;
    if (!is_received && !is_interrupted)
        say("%s: %s did not arrive", demo->shops.stands[stand].profile, type);
}

static void play_event(struct demo *demo, size_t number, const char *type,
                       const json_t *example)
{
    char *payload = example ? json_dumps(example, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    demo->events++;
    if (send(demo, &demo->shops.shops[number], type,
             payload ? payload : "{\"order\":\"77\"}"))
        await(demo, number, type);
    free(payload);
}

static void play_shop(struct demo *demo, size_t number)
{
    const struct shop *shop = &demo->shops.shops[number];
    const struct profile *profile = shop->profile;

    if (shop->only) {
        play_event(demo, number, shop->only->name, shop->only->example);
        return;
    }
    for (size_t i = 0; i < profile->type_count && !is_interrupted; i++)
        play_event(demo, number, profile->types[i].name, profile->types[i].example);
    if (profile->type_count == 0) // a contract whose types are the platform's own
        play_event(demo, number, "order.paid", NULL);
}

static int play(struct demo *demo)
{
    say("a server on %s, %zu contracts, an endpoint for each of %zu webhooks; every wait "
        "passes %d times faster",
        demo->server.url, demo->profiles.count, demo->shops.count, DEMO_FACTOR);
    show_row("CONTRACT", "EVENT", "ATTEMPT", "STATUS", "SIGNATURE, AS THE RECEIVER FINDS IT");
    for (size_t i = 0; i < demo->shops.count && !is_interrupted; i++)
        play_shop(demo, i);
    if (is_interrupted)
        return EXIT_INTERRUPTED;
    say("%zu of %zu events were received, in %zu attempts; the first endpoint answered 500 "
        "at "
        "first, and was tried again",
        demo->received, demo->events, demo->attempts);
    if (demo->received == demo->events && demo->forged == 0)
        return 0;
    return say_failed(EXIT_NOT_DELIVERED, "that is not as it should be");
}

// An event that can be typed: of a contract that knows no types of its own.
static void hint_event(const struct demo *demo)
{
    for (size_t i = 0; i < demo->shops.count; i++) {
        if (demo->shops.shops[i].profile->type_count == 0) {
            say_hint("posthorn event send order.paid --app %s -d '{\"order\":\"78\"}' --wait",
                     demo->shops.shops[i].app);
            return;
        }
    }
}

// Goes on until somebody ends it, and shows what arrives.
static void keep(struct demo *demo)
{
    say("the server goes on until Ctrl-C; in another terminal:");
    say_hint("export POSTHORN_URL=%s POSTHORN_API_KEY_FILE=%s/data/operator.key",
             demo->server.url, demo->server.folder);
    say_hint("posthorn app list");
    say_hint("posthorn delivery list --app %s", demo->shops.shops[0].app);
    hint_event(demo);
    while (!is_interrupted) {
        struct receipt *receipt = receiver_wait(demo->receiver, WAIT_MS);

        while (receipt) {
            struct mail *next = receipt->mail.next;

            show_receipt(demo, receipt, "(yours)", 0);
            free(receipt);
            receipt = next ? container_of(next, struct receipt, mail) : NULL;
        }
    }
}

static int open_demo(struct demo *demo, const char *folder)
{
    struct error error = {0};
    int code;

    if (profile_folder_load(folder, &demo->profiles, &error) != ERR_OK)
        return say_failed(EXIT_USAGE, "%s: %s", error.field, error.text);
    code = demo_server_start(&demo->server, folder);
    if (code == 0 && receiver_new(&demo->receiver, &error) != ERR_OK)
        code = say_failed(EXIT_FAILED, "%s", error.text);
    if (code == 0)
        code = shops_open(&demo->shops, &demo->server, &demo->profiles,
                          receiver_port(demo->receiver));
    if (code == 0)
        receiver_start(demo->receiver, demo->shops.stands, demo->shops.count);
    return code;
}

int cmd_demo(const struct args *args)
{
    struct demo *demo = NEW(struct demo);
    int code;

    catch_signals();
    code = open_demo(demo, args_value(args, FLAG_PROFILES));
    if (code == 0)
        code = play(demo);
    if (code == 0 && args_has(args, FLAG_KEEP))
        keep(demo);
    demo_server_end(&demo->server);
    receiver_free(demo->receiver);
    shops_close(&demo->shops);
    profile_set_done(&demo->profiles);
    free(demo);
    return code;
}
