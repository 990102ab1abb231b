// Every command that there is. What a row says is what parsing, --help, completion and the
// manual know.

#include "cli/command.h"

#include "cli/args.h"

#include <assert.h>

#define F(name) ((flag_set)1 << FLAG_##name)
#define SERVER (F(URL) | F(API_KEY_FILE) | F(CA_FILE) | F(JSON))
#define OF_APP (SERVER | F(APP))
#define OF_BOTH (OF_APP | F(OPERATOR)) // what an app has, and the operator, too
#define PAGES (F(LIMIT) | F(CURSOR) | F(ALL))
#define ONCE F(IDEMPOTENCY_KEY)
#define SETTINGS                                                                 \
    (F(NAME) | F(EVENTS) | F(HEADERS) | F(WAITS) | F(TIMEOUT) | F(IN_FLIGHT) |   \
     F(ENCRYPTED) | F(DISABLE_AFTER) | F(METADATA) | F(FILTER) | F(PER_SECOND) | \
     F(ALERT_EMAIL))
#define WHICH (F(WEBHOOK) | F(EVENT) | F(STATE) | F(TYPE) | F(STATUS))
#define PLACE (F(CONFIG) | F(DATA_DIR) | F(STORE) | F(MASTER_KEY_FILE))
#define PROVING (F(PROFILE) | F(PROFILES) | F(SECRET_FILE))

static_assert(FLAGS <= 128, "a command's flags are bits of 128");

const struct command commands[] = {
    {"serve", NULL, "[OPTION …]", 0, 0, 0, true, cmd_serve, "run the server"},

    {"demo", NULL, "", 0, 0, F(PROFILES) | F(KEEP), false, cmd_demo,
     "show it all: a server, a merchant for each contract, every event"},

    {"app", "add", "NAME", 1, 1,
     SERVER | ONCE | F(PROFILE) | F(UID) | F(ALERT_EMAIL) | F(STRICT), false, app_add,
     "make an app"},
    {"app", "list", "", 0, 0, SERVER | PAGES, false, app_list, "list them, newest first"},
    {"app", "show", "APP", 1, 1, SERVER, false, app_show, "show one"},
    {"app", "change", "APP", 1, 1, SERVER | F(NAME) | F(UID) | F(ALERT_EMAIL) | F(STRICT),
     false, app_change, "change its name, uid or address; it keeps its profile"},
    {"app", "portal-link", "APP", 1, 1, SERVER | ONCE | F(SCOPES) | F(EXPIRES_IN), false,
     app_portal_link, "make a link that opens its portal once"},
    {"app", "delete", "APP", 1, 1, SERVER | F(YES), false, app_delete,
     "erase it with all its webhooks, keys, events and deliveries"},

    {"key", "add", "NAME", 1, 1,
     OF_BOTH | ONCE | F(SCOPES) | F(MODE) | F(EXPIRES) | F(RATE) | F(BURST), false, key_add,
     "make a key; it is shown whole this once"},
    {"key", "list", "", 0, 0, OF_BOTH | PAGES, false, key_list, "list them, newest first"},
    {"key", "revoke", "KEY", 1, 1, OF_BOTH, false, key_revoke,
     "make it open nothing any more"},
    {"key", "self", "", 0, 0, SERVER, false, key_self,
     "show whose key you use, and what it may"},

    {"session", "list", "", 0, 0, OF_APP | PAGES, false, session_list,
     "list who is logged in at an app's portal, newest first"},
    {"session", "end", "SESSION", 1, 1, OF_APP, false, session_end, "log one out"},
    {"session", "end-all", "", 0, 0, OF_APP, false, session_end_all,
     "log all out, and void the links that are not yet used"},

    {"webhook", "add", "URL", 1, 1, OF_BOTH | ONCE | SETTINGS | F(DISABLED) | F(SECRET_FILE),
     false, webhook_add, "register an endpoint"},
    {"webhook", "list", "", 0, 0, OF_BOTH | PAGES, false, webhook_list,
     "list them, newest first"},
    {"webhook", "show", "WEBHOOK", 1, 1, OF_BOTH, false, webhook_show, "show one"},
    {"webhook", "change", "WEBHOOK", 1, 1, OF_BOTH | SETTINGS | F(URL_TO), false,
     webhook_change, "change it; an empty value goes back to the profile's"},
    {"webhook", "enable", "WEBHOOK", 1, 1, OF_BOTH, false, webhook_enable, "deliver to it"},
    {"webhook", "disable", "WEBHOOK", 1, 1, OF_BOTH, false, webhook_disable,
     "deliver nothing to it; what waits is cancelled"},
    {"webhook", "delete", "WEBHOOK", 1, 1, OF_BOTH, false, webhook_delete,
     "delete it; what waits is cancelled"},
    {"webhook", "secret", "WEBHOOK", 1, 1, OF_APP, false, webhook_secret,
     "show its secret, where its profile allows that"},
    {"webhook", "rotate", "WEBHOOK", 1, 1, OF_BOTH | ONCE | F(SECRET_FILE) | F(OVERLAP),
     false, webhook_rotate, "replace its secret; both sign for a while"},
    {"webhook", "signing-key", "WEBHOOK", 1, 1, OF_APP | F(SECRET_FILE), false, webhook_key,
     "sign with a key pair: RSA from a file, or Ed25519; shows the public key"},
    {"webhook", "drop-key", "WEBHOOK", 1, 1, OF_APP, false, webhook_key_drop,
     "sign with its key pair no longer"},
    {"webhook", "test", "WEBHOOK", 1, 1, OF_APP | F(TYPE) | F(DATA), false, webhook_test,
     "send a test event now, and show what came of it"},
    {"webhook", "recover", "WEBHOOK", 1, 1, OF_APP | ONCE | F(SINCE) | F(UNTIL) | F(DRY_RUN),
     false, webhook_recover, "try anew, from the first attempt on, what has failed since"},

    {"type", "list", "", 0, 0, OF_APP, false, type_list,
     "list those of the app's profile, and its own"},
    {"type", "put", "TYPE", 1, 1, OF_APP | F(DESCRIPTION) | F(SCHEMA) | F(EXAMPLE), false,
     type_put, "add one of the app's own, or replace it"},
    {"type", "delete", "TYPE", 1, 1, OF_APP, false, type_delete, "delete one of its own"},

    {"event", "send", "TYPE", 1, 1,
     OF_APP | ONCE | F(DATA) | F(ID) | F(MODE) | F(ORDER_KEY) | F(DELIVER_AT) | F(WAIT) |
         F(WAIT_MAX),
     false, event_send, "send an event to every webhook that gets its type"},
    {"event", "list", "", 0, 0, OF_APP | PAGES | F(TYPE) | F(MODE) | F(SINCE) | F(UNTIL),
     false, event_list, "list them, newest first"},
    {"event", "show", "EVENT", 1, 1, OF_APP, false, event_show, "show one with its payload"},

    {"delivery", "list", "", 0, 0, OF_APP | PAGES | WHICH | F(SINCE) | F(UNTIL), false,
     delivery_list, "list them, newest first"},
    {"delivery", "show", "DELIVERY", 1, 1, OF_APP, false, delivery_show,
     "show where it stands"},
    {"delivery", "attempts", "DELIVERY", 1, 1, OF_APP, false, delivery_attempts,
     "show each attempt and why it failed; --json has requests and answers"},
    {"delivery", "retry", "DELIVERY", 1, 1, OF_APP | F(WAIT) | F(WAIT_MAX), false,
     delivery_retry, "make one attempt now"},
    {"delivery", "cancel", "DELIVERY", 1, 1, OF_APP, false, delivery_cancel,
     "make no further attempt"},
    {"delivery", "tail", "", 0, 0, OF_APP | WHICH | F(LIMIT), false, delivery_tail,
     "show the last ones, and every change from then on"},

    {"stats", NULL, "", 0, 0, OF_APP | F(WEBHOOK) | F(SINCE) | F(UNTIL) | F(STEP), false,
     cmd_stats, "show by the hour what was sent, what failed and how long it took"},

    {"audit", "list", "", 0, 0,
     SERVER | PAGES | F(APP) | F(ACTION) | F(ACTOR) | F(SINCE) | F(UNTIL), false, audit_list,
     "list who did what, newest first"},
    {"audit", "export", "", 0, 0,
     (SERVER & ~F(JSON)) | F(LIMIT) | F(APP) | F(ACTION) | F(ACTOR) | F(SINCE) | F(UNTIL),
     false, audit_export, "print all of it, newest first, a line of JSON for each row"},
    {"audit", "verify", "", 0, 0, SERVER | F(FROM) | F(NOTED), false, audit_verify,
     "say whether all of it is as it was written, or name the first row that is not"},

    {"job", "show", "JOB", 1, 1, OF_APP, false, job_show, "show how far a recovery is"},
    {"job", "cancel", "JOB", 1, 1, OF_APP, false, job_cancel, "stop a recovery"},

    {"profile", "list", "", 0, 0, SERVER, false, profile_list,
     "list the contracts that the server speaks"},
    {"profile", "show", "PROFILE", 1, 1, SERVER, false, profile_show, "show its file"},
    {"profile", "check", "FILE", 1, 1, 0, false, profile_check,
     "check a file of your own; asks no server"},

    {"doctor", NULL, "", 0, 0, SERVER | PLACE, false, cmd_doctor,
     "look for what is wrong with a server, its data folder or its machine"},
    {"backup", "create", "", 0, 0, SERVER | F(WAIT), false, backup_create,
     "copy the running server's database, checked, into its data folder"},
    {"backup", "list", "", 0, 0, SERVER, false, backup_list, "list them, newest first"},
    {"backup", "restore", "FILE", 1, 1, PLACE | F(REPLACE), false, backup_restore,
     "put one in the place of a stopped server's database"},
    {"migrate", NULL, "", 0, 0, PLACE | F(CHECK), false, cmd_migrate,
     "bring a stopped server's database to this version's schema"},

    {"verify", NULL, "BODY", 1, 1, PROVING | F(HEADERS) | F(TOLERANCE), false, cmd_verify,
     "say why a signature does not hold; asks no server"},
    {"sign", NULL, "BODY", 1, 1, PROVING | F(ID) | F(TYPE) | F(MODE) | F(AT), false, cmd_sign,
     "print the headers that prove a body; asks no server"},
    {"limits", NULL, "", 0, 0, 0, false, cmd_limits,
     "show every limit, its default and the option that sets it"},
    {"version", NULL, "", 0, 0, 0, false, cmd_version, "show the version"},
    {"completion", NULL, "bash|zsh|fish", 1, 1, 0, false, cmd_completion,
     "print a script that completes commands in a shell"},
    {"manual", NULL, "FOLDER", 1, 1, 0, false, cmd_manual, "write the manual's pages"},
    {"help", NULL, "[COMMAND …]", 0, 2, 0, false, cmd_help, "show help"},
};
const size_t command_count = sizeof commands / sizeof *commands;

const struct noun nouns[] = {
    {"serve", "run the server", "posthorn serve --data-dir /var/lib/posthorn", false},
    {"demo", "show it all, and leave nothing behind", "posthorn demo --keep", false},
    {"app", "tenants of the platform",
     "posthorn app add 'Corner shop' --profile PROFILE --uid shop-7", false},
    {"key", "what opens an app",
     "posthorn key add till --app shop-7 --scopes event:create,delivery:read", false},
    {"session", "who is logged in at an app's portal",
     "posthorn app portal-link shop-7 --expires-in 5m\nposthorn session list --app shop-7",
     false},
    {"webhook", "where an app's events go",
     "posthorn webhook add https://shop.example/hooks --name Orders\n"
     "posthorn webhook change wh_… --waits 5s,5m,2h\n"
     "openssl rand -hex 32 | posthorn webhook rotate wh_… --secret-file -",
     false},
    {"type", "the types of events that an app knows",
     "posthorn type put order.paid --description 'An order was paid' --schema @order.json",
     false},
    {"event", "send events, and look at those that were sent",
     "posthorn event send order.paid -d @order.json --wait\n"
     "posthorn event list --since 2h --type order.paid",
     false},
    {"delivery", "one event to one webhook: where it stands and why",
     "posthorn delivery list --state failed\n"
     "posthorn delivery attempts dlv_…\n"
     "posthorn delivery retry dlv_… --wait",
     false},
    {"stats", "what was sent, by the hour",
     "posthorn stats --since 168h --step 1d --webhook wh_…", false},
    {"audit", "who did what, and proof that nobody changed the log of it",
     "posthorn audit list --since 1h --action webhook.\n"
     "posthorn audit verify >> /elsewhere/heads",
     false},
    {"job", "work that goes on after its request: recovery",
     "posthorn webhook recover wh_… --since 6h\n"
     "posthorn job show job_…",
     false},
    {"profile", "contracts: how a platform speaks to its merchants",
     "posthorn profile check mine.json", false},
    {"doctor", "look for what is wrong",
     "posthorn doctor --server https://hooks.example.com --api-key-file operator.key\n"
     "sudo posthorn doctor --data-dir /var/lib/posthorn",
     false},
    {"backup", "copies of the database",
     "posthorn backup create --wait\n"
     "posthorn backup restore posthorn-20260131T120000.000Z.db --data-dir /var/lib/posthorn",
     false},
    {"migrate", "bring a database to this version's schema",
     "posthorn migrate --check --data-dir /var/lib/posthorn", false},
    {"verify", "say why a signature does not hold",
     "posthorn verify --profile PROFILE --secret-file secret --headers headers body.json",
     false},
    {"sign", "sign a body as a profile says",
     "posthorn sign --profile standard --secret-file secret --id msg_1 body.json", false},
    {"limits", "show every limit", NULL, false},
    {"version", "show the version", NULL, false},
    {"completion", "complete commands in a shell",
     "posthorn completion bash > /etc/bash_completion.d/posthorn", false},
    {"manual", "write the manual's pages", NULL, true},
    {"help", "show help", "posthorn help webhook add", false},
};
const size_t noun_count = sizeof nouns / sizeof *nouns;
