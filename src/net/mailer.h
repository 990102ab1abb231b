// Letters over SMTP, one at a time, blocking: for a thread of its own, never for a loop. The
// mail server is the operator's choice, so its address is exempt from the guard's lists; it
// is still only TCP over IPv4 or IPv6, and libcurl follows nothing else.
//
// A text of a stranger reaches a header only through mailer_header(), which leaves no way to
// begin another line.

#ifndef NET_MAILER_H
#define NET_MAILER_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct mailer;

enum { MAILER_MS = 10000, MAILER_WHY_MAX = 200 }; // a letter takes no longer

struct mailer_options {
    // "smtp://host:port", where STARTTLS is used when offered, or with "?tls=required";
    // "smtps://host:port". A user may stand before the host ("user%40example@host"): TLS is
    // then required, because the password would be read on the way. Ports: 25 and 465.
    const char *url;
    const char *password; // NULL: none. Never part of the URL
    const char *from;     // an address
    const char *ca_file;  // authorities; NULL: the system's
};

// Errors: ERR_CONFIG, naming the setting. Nothing is connected yet.
enum error_code mailer_new(const struct mailer_options *options, struct mailer **ret,
                           struct error *error) MUST_CHECK;
void mailer_free(struct mailer *mailer); // wipes the password; does nothing to NULL
const char *mailer_host(const struct mailer *mailer); // a name, or an address without []
uint16_t mailer_port(const struct mailer *mailer);

struct letter {
    const char *to;      // one address
    const char *subject; // UTF-8, any bytes
    const char *text;    // UTF-8, lines end with '\n'
    const char *id;      // of the Message-ID before the '@': letters, digits, _ . -
};

enum letter_outcome {
    LETTER_TAKEN,   // by the mail server
    LETTER_LATER,   // not reachable, or it says so: worth another try
    LETTER_REFUSED, // for good
};

// why: what the mail server or the way to it said, for the log; "" when taken.
enum letter_outcome mailer_send(struct mailer *mailer, const struct letter *letter,
                                char why[MAILER_WHY_MAX]);
// From another thread: ends what is under way (LETTER_LATER), and all that follows.
void mailer_stop(struct mailer *mailer);

// Appends "Name: text" on lines of at most 76 bytes, without the last line's end: control
// bytes become spaces, and anything beyond ASCII encoded words (RFC 2047). The text is cut
// after 200 bytes.
void mailer_header(struct buf *ret, const char *name, const char *text);

#endif
