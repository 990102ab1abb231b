#include "serve/egress.h"

#include "base/buf.h"
#include "base/limits.h"
#include "net/guard.h"
#include "net/hostname.h"
#include "net/mailer.h"
#include "net/resolver.h"
#include "serve/common.h"
#include "serve/files.h"
#include "serve/serve.h"

#include <netdb.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASSWORD_MAX = 1024 };
static const char password_variable[] = "POSTHORN_SMTP_PASSWORD";

// The file's first line, or what the environment says, which then forgets it.
static enum error_code read_password(const char *path, struct buf *ret, struct error *error)
{
    char *value = getenv(password_variable);
    bool is_found = true;
    enum error_code code = ERR_OK;

    if (path)
        code = files_read(path, true, ret, &is_found, error);
    else if (value)
        buf_add_str(ret, value);
    if (value)
        OPENSSL_cleanse(value, strlen(value));
    unsetenv(password_variable);
    if (code == ERR_OK && !is_found)
        code = error_at(error, ERR_CONFIG, "smtp-password-file", "%s is missing", path);
    if (code == ERR_OK && ret->data)
        ret->data[strcspn(ret->data, "\r\n")] = '\0';
    return code;
}

static void deny(struct guard *guard, const struct sockaddr *sockaddr, socklen_t len)
{
    struct address address = {.len = len};

    if (len > sizeof address.as)
        return;
    memcpy(&address.as, sockaddr, len);
    guard_deny_own(guard, &address);
}

// A name is resolved once, now: addresses that it gets later are not known here.
static void deny_mail_server(struct guard *guard, const struct mailer *mailer)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct address literal;
    char port[8];

    if (hostname_to_address(mailer_host(mailer), mailer_port(mailer), &literal)) {
        guard_deny_own(guard, &literal);
        return;
    }
    snprintf(port, sizeof port, "%d", (int)mailer_port(mailer));
    if (getaddrinfo(mailer_host(mailer), port, &hints, &found) != 0)
        return;
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
            deny(guard, at->ai_addr, at->ai_addrlen);
    freeaddrinfo(found);
}

static enum error_code open_mailer(struct common *common, struct error *error)
{
    const struct serve_options *options = common->options;
    struct mailer_options route = {
        .url = options->smtp_url, .from = options->mail_from, .ca_file = options->ca_file};
    struct buf password;
    enum error_code code;

    if (!options->smtp_url && (options->mail_from || options->smtp_password_file))
        return error_at(error, ERR_CONFIG,
                        options->mail_from ? "mail-from" : "smtp-password-file",
                        "is of no use without --smtp-url");
    if (!options->smtp_url)
        return ERR_OK;
    buf_init(&password, PASSWORD_MAX);
    code = read_password(options->smtp_password_file, &password, error);
    if (password.len > 0 && password.data[0])
        route.password = password.data;
    if (code == ERR_OK)
        code = mailer_new(&route, &common->mailer, error);
    if (code == ERR_OK)
        deny_mail_server(common->guard, common->mailer);
    if (password.data)
        OPENSSL_cleanse(password.data, password.cap);
    buf_done(&password);
    return code;
}

enum error_code egress_open(struct common *common, const struct address *listener,
                            struct error *error)
{
    const struct serve_options *options = common->options;
    enum error_code code = ERR_OK;

    common->guard = guard_new(options->http);
    for (size_t i = 0; i < options->allow_count && code == ERR_OK; i++)
        code = guard_allow(common->guard, options->allow_private[i], error);
    if (code != ERR_OK)
        return code;
    guard_deny_own(common->guard, listener);
    return open_mailer(common, error);
}

void egress_look(struct common *common)
{
    guard_refresh(common->guard);
}

void egress_start(struct common *common)
{
    common->resolver = resolver_new((int)limit(LIMIT_RESOLVERS));
}

void egress_close(struct common *common)
{
    if (common->resolver)
        resolver_free(common->resolver);
    mailer_free(common->mailer);
    guard_free(common->guard);
}
