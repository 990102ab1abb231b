#include "serve/reach.h"

#include "base/log.h"
#include "hook/target.h"
#include "net/address.h"
#include "net/tls.h"
#include "serve/common.h"
#include "serve/serve.h"

#include <stdio.h>
#include <string.h>

static const char setting[] = "public-url";

static bool is_loopback(const struct target *target)
{
    bool is_v6 = strchr(target->host, ':') != NULL;
    char text[sizeof target->host + 8];
    struct address address;

    snprintf(text, sizeof text, is_v6 ? "[%s]:1" : "%s:1", target->host);
    return strcmp(target->host, "localhost") == 0 ||
           (address_parse(text, &address) && address_is_loopback(&address));
}

// As browsers spell an origin, so that the two can be compared: lower case, no default port.
static enum error_code read_url(const char *url, struct common *common, struct error *error)
{
    struct target target;
    enum error_code code = target_parse(url, strlen(url), &target, error);

    if (code != ERR_OK)
        return error_at(error, ERR_CONFIG, setting,
                        "%s is not a URL as https://hooks.example", url);
    if (strcmp(target.path, "/") != 0)
        return error_at(error, ERR_CONFIG, setting, "%s has a path, which it must not", url);
    if (!target.tls && !is_loopback(&target))
        return error_at(error, ERR_CONFIG, setting,
                        "must begin with https://: sessions are not sent in the clear");
    snprintf(common->base_url, sizeof common->base_url, "%s%s",
             target.tls ? "https://" : "http://", target.host_header);
    return ERR_OK;
}

static enum error_code set_url(struct common *common, const struct address *listener,
                               struct error *error)
{
    const char *url = common->options->public_url;
    char address[ADDRESS_TEXT_MAX];
    enum error_code code = url ? read_url(url, common, error) : ERR_OK;

    if (!url && common->is_loopback) {
        address_text(listener, address);
        snprintf(common->base_url, sizeof common->base_url, "%s%s",
                 common->tls ? "https://" : "http://", address);
    }
    common->has_plain_cookie =
        common->is_loopback && !common->tls && strncmp(common->base_url, "http://", 7) == 0;
    return code;
}

static enum error_code check_scale(const struct common *common, struct error *error)
{
    const struct serve_options *options = common->options;

    if (options->time_scale == 1)
        return ERR_OK;
    if (!common->is_loopback)
        return error_at(error, ERR_CONFIG, "time-scale", "is for loopback listeners only");
    log_write(LOG_WARNING, "time.scaled", "every wait passes %d times faster",
              options->time_scale);
    return ERR_OK;
}

static enum error_code open_tls(struct common *common, struct error *error)
{
    const struct serve_options *options = common->options;

    if (!options->tls_cert && !options->tls_key)
        return ERR_OK;
    if (!options->tls_cert || !options->tls_key)
        return error_at(error, ERR_CONFIG, options->tls_cert ? "tls-key" : "tls-cert",
                        "--tls-cert and --tls-key go together");
    return tls_server_new(options->tls_cert, options->tls_key, &common->tls, error);
}

enum error_code reach_open(struct common *common, const struct address *listener,
                           struct error *error)
{
    enum error_code code;

    common->is_loopback = address_is_loopback(listener);
    if ((code = check_scale(common, error)) != ERR_OK ||
        (code = open_tls(common, error)) != ERR_OK)
        return code;
    return set_url(common, listener, error);
}

void reach_close(struct common *common)
{
    tls_server_free(common->tls);
}
