// A command line, read by the table of flags: every flag of every command is a row here, so
// that it has one name and one meaning everywhere. Which of them a command takes stands in
// its own row (cli/command.h).

#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;

// X(NAME, text, letter, value, says). value NULL: a switch; words with | between them are all
// that it takes; FILE and FOLDER are completed as such.
#define FLAGS_TABLE(X)                                                                       \
    X(HELP, "help", 'h', NULL, "show this help")                                             \
    X(JSON, "json", 0, NULL, "print the API's own objects, byte for byte")                   \
    X(APP, "app", 'a', "APP",                                                                \
      "the app, by id or uid (POSTHORN_APP; the key's own, or one alone, is found)")         \
    X(URL, "server", 0, "URL", "the server (POSTHORN_URL, or http://127.0.0.1:8080)")        \
    X(API_KEY_FILE, "api-key-file", 0, "FILE",                                               \
      "holds the key (POSTHORN_API_KEY_FILE, or the key itself in POSTHORN_API_KEY)")        \
    X(CA_FILE, "ca-file", 0, "FILE",                                                         \
      "authorities that the server's certificate is checked against")                        \
    X(YES, "yes", 'y', NULL, "yes, do erase it")                                             \
    X(NAME, "name", 0, "NAME", "for people")                                                 \
    X(UID, "uid", 0, "UID", "your own id for it, usable wherever its id is")                 \
    X(PROFILE, "profile", 'p', "PROFILE", "the contract, as `posthorn profile list` shows")  \
    X(ALERT_EMAIL, "alert-email", 0, "ADDRESS", "who is told when deliveries fail")          \
    X(SCOPES, "scopes", 0, "SCOPE,…", "what it may do (all that the maker may)")             \
    X(MODE, "mode", 0, "live|test", "its mode")                                              \
    X(EXPIRES, "expires", 0, "TIME", "when it stops to count: a time, or in 30d")            \
    X(EXPIRES_IN, "expires-in", 0, "TIME", "how long it works: up to 15m")                   \
    X(URL_TO, "to", 0, "URL", "where deliveries go")                                         \
    X(EVENTS, "events", 0, "TYPE,…", "the types of events that it gets")                     \
    X(HEADERS, "headers", 0, "FILE", "lines \"Name: value\"; - is standard input")           \
    X(WAITS, "waits", 0, "TIME,…", "after each failed attempt: 5s,5m,2h")                    \
    X(TIMEOUT, "timeout", 0, "TIME", "of an attempt: 1s to 30s")                             \
    X(IN_FLIGHT, "in-flight", 0, "COUNT", "attempts at the same time")                       \
    X(ENCRYPTED, "encrypted", 0, "yes|no", "encrypt the bodies")                             \
    X(DISABLE_AFTER, "disable-after-days", 0, "DAYS",                                        \
      "disable it when nothing has succeeded for so long")                                   \
    X(METADATA, "metadata", 0, "@FILE|-|JSON", "an object of your own")                      \
    X(DISABLED, "disabled", 0, NULL, "made, but not yet enabled")                            \
    X(SECRET_FILE, "secret-file", 0, "FILE", "holds the secret; - is standard input")        \
    X(OVERLAP, "overlap", 0, "TIME", "how long the old secret signs, too: 0s to 168h")       \
    X(DATA, "data", 'd', "@FILE|-|JSON", "the payload, sent byte for byte")                  \
    X(ID, "id", 0, "ID", "your own id for it: accepted once")                                \
    X(IDEMPOTENCY_KEY, "idempotency-key", 0, "KEY", "sent again with this, it is done once") \
    X(WAIT, "wait", 'w', NULL, "until every delivery has ended, showing each attempt")       \
    X(WAIT_MAX, "wait-max", 0, "TIME", "wait no longer than this (60s)")                     \
    X(LIMIT, "limit", 'n', "COUNT", "at most this many (50)")                                \
    X(ALL, "all", 0, NULL, "all of them, page after page")                                   \
    X(CURSOR, "cursor", 0, "CURSOR", "go on where a list ended")                             \
    X(STATE, "state", 0, "waiting|in_flight|delivered|failed|cancelled",                     \
      "only in this state")                                                                  \
    X(WEBHOOK, "webhook", 0, "WEBHOOK", "only to this webhook")                              \
    X(EVENT, "event", 0, "EVENT", "only of this event")                                      \
    X(TYPE, "type", 0, "TYPE", "of this type of events")                                     \
    X(STATUS, "status", 0, "2xx|3xx|4xx|5xx",                                                \
      "only where the last answer was of this class")                                        \
    X(SINCE, "since", 0, "TIME", "only of events from then on; 2h is two hours ago")         \
    X(UNTIL, "until", 0, "TIME", "only of events before then")                               \
    X(PROFILES, "profiles", 0, "FOLDER", "profiles of your own, beside the built-in ones")   \
    X(FILTER, "filter", 0, "@FILE|-|JSON", "conditions that a payload must meet")            \
    X(PER_SECOND, "per-second", 0, "COUNT", "attempts in a second")                          \
    X(STRICT, "strict", 0, "yes|no", "refuse events whose sums do not hold")                 \
    X(DESCRIPTION, "description", 0, "TEXT", "what it says")                                 \
    X(SCHEMA, "schema", 0, "@FILE|-|JSON", "the JSON schema of its payload")                 \
    X(EXAMPLE, "example", 0, "@FILE|-|JSON", "a payload, as an example")                     \
    X(DELIVER_AT, "deliver-at", 0, "TIME",                                                   \
      "not before then: 2026-01-31T12:00:00Z, or in 2h")                                     \
    X(CONFIG, "config", 0, "FILE", "the server's settings, name=value in each line")         \
    X(DATA_DIR, "data-dir", 0, "FOLDER", "the server's data folder (./posthorn-data)")       \
    X(STORE, "store", 0, "URL", "sqlite:PATH (posthorn.db in the data folder)")              \
    X(MASTER_KEY_FILE, "master-key-file", 0, "FILE", "(master.key in the data folder)")      \
    X(KEEP, "keep", 0, NULL, "let the server run until Ctrl-C")                              \
    X(REPLACE, "replace", 0, NULL, "move the database that is there aside")                  \
    X(CHECK, "check", 0, NULL, "only say what it would do")                                  \
    X(ORDER_KEY, "order-key", 0, "KEY", "after the earlier events of this key")              \
    X(RATE, "rate", 0, "COUNT", "requests in a second; 0 is without a limit")                \
    X(BURST, "burst", 0, "COUNT", "requests at once; 0 is without a limit")                  \
    X(STEP, "step", 0, "TIME", "of whole hours or days: 6h, 7d (1h)")                        \
    X(OPERATOR, "operator", 0, NULL, "of the operator, not of an app")                       \
    X(DRY_RUN, "dry-run", 0, NULL, "only count them")                                        \
    X(ACTION, "action", 0, "ACTION",                                                         \
      "only this one, as webhook.update; webhook. is all that begin so")                     \
    X(ACTOR, "actor", 0, "ACTOR", "only by this key or session; server; stranger")           \
    X(FROM, "from", 0, "SEQ", "the row to begin at (the oldest)")                            \
    X(NOTED, "noted", 0, "SEQ:HASH", "a head that an earlier verify printed")                \
    X(AT, "at", 0, "TIME", "the time of the attempt (now)")                                  \
    X(TOLERANCE, "tolerance", 0, "TIME", "refuse a timestamp further away than this")

enum flag {
#define X(name, text, letter, value, says) FLAG_##name,
    FLAGS_TABLE(X)
#undef X
        FLAGS,
    ARG_FIRST // in tables of members: the first argument that is no flag
};

// Bits of enum flag.
__extension__ typedef unsigned __int128 flag_set;

struct flag_row {
    const char *name;
    char letter; // or 0
    const char *value;
    const char *says;
};

const struct flag_row *flag_row(enum flag flag);
bool flag_has_words(const struct flag_row *row); // its value is one of few words

struct args {
    const struct command *command;
    const char *values[FLAGS]; // NULL: not given; a switch's is its name
    char **rest;               // what is no flag, NULL-terminated
    size_t count;
    char **argv; // all of it, for commands that read it themselves
};

// argv: behind noun and verb. Strings stay argv's; args_done() frees the list alone.
// Errors: ERR_BAD_REQUEST; ERR_PERMISSION where a secret stands on the line.
enum error_code args_read(const struct command *command, char **argv, struct args *ret,
                          struct error *error) MUST_CHECK;
void args_done(struct args *args);

const char *args_value(const struct args *args, enum flag flag); // or NULL
bool args_has(const struct args *args, enum flag flag);

#endif
