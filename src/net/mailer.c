#include "net/mailer.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "net/hostname.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { URL_MAX = 600, HEADERS_BYTES_MAX = 8192, TEXT_MAX = 1 << 20 };

struct mailer {
    char *url; // scheme, host and port alone
    char *host;
    uint16_t port;
    char *user; // or NULL
    char *password;
    char *from;
    char *ca_file;
    bool needs_tls;
    atomic_bool is_stopped;
};

static char *copy(const char *text)
{
    return text ? memory_copy(text, strlen(text)) : NULL;
}

void mailer_free(struct mailer *mailer)
{
    if (!mailer)
        return;
    if (mailer->password)
        OPENSSL_cleanse(mailer->password, strlen(mailer->password));
    free(mailer->password);
    free(mailer->url);
    free(mailer->host);
    free(mailer->user);
    free(mailer->from);
    free(mailer->ca_file);
    free(mailer);
}

const char *mailer_host(const struct mailer *mailer)
{
    return mailer->host;
}

uint16_t mailer_port(const struct mailer *mailer)
{
    return mailer->port;
}

void mailer_stop(struct mailer *mailer)
{
    atomic_store(&mailer->is_stopped, true);
}

// --- the setting ---

static char *part_of(CURLU *url, CURLUPart what, unsigned flags)
{
    char *part = NULL;
    char *own;

    if (curl_url_get(url, what, &part, flags) != CURLUE_OK)
        return NULL;
    own = copy(part);
    curl_free(part);
    return own;
}

// The host without the brackets of IPv6.
static void take_host(struct mailer *mailer, CURLU *url)
{
    char *host = part_of(url, CURLUPART_HOST, 0);
    size_t len = host ? strlen(host) : 0;

    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        memmove(host, host + 1, len - 2);
        host[len - 2] = '\0';
    }
    mailer->host = host;
}

static const char *read_parts(struct mailer *mailer, CURLU *url)
{
    char *scheme = part_of(url, CURLUPART_SCHEME, 0);
    char *query = part_of(url, CURLUPART_QUERY, 0);
    char *path = part_of(url, CURLUPART_PATH, 0);
    char *password = part_of(url, CURLUPART_PASSWORD, 0);
    char *port = part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    struct address literal;
    uint64_t number = 0;
    const char *wrong = NULL;
    bool is_smtps = scheme && strcmp(scheme, "smtps") == 0;

    take_host(mailer, url);
    mailer->user = part_of(url, CURLUPART_USER, CURLU_URLDECODE);
    mailer->needs_tls = (query && strcmp(query, "tls=required") == 0) || mailer->user != NULL;
    if (!is_smtps && !(scheme && strcmp(scheme, "smtp") == 0))
        wrong = "must begin with smtp:// or smtps://";
    else if (password)
        wrong = "must not hold the password: --smtp-password-file does";
    else if ((path && strcmp(path, "/") != 0) ||
             (query && strcmp(query, "tls=required") != 0))
        wrong = "has nothing behind host and port but ?tls=required";
    else if (!mailer->host || (!hostname_is_good(mailer->host) &&
                               !hostname_to_address(mailer->host, 25, &literal)))
        wrong = "names no host";
    else if (!port || !text_to_uint(port, strlen(port), 65535, &number) || number == 0)
        wrong = "has no such port";
    mailer->port = (uint16_t)number;
    if (!wrong) {
        struct buf text;

        buf_init(&text, URL_MAX);
        buf_add_format(&text, strchr(mailer->host, ':') ? "%s://[%s]:%d" : "%s://%s:%d",
                       scheme, mailer->host, (int)mailer->port);
        mailer->url = copy(text.data);
        buf_done(&text);
    }
    if (password)
        OPENSSL_cleanse(password, strlen(password));
    free(scheme);
    free(query);
    free(path);
    free(password);
    free(port);
    return wrong;
}

static enum error_code read_url(struct mailer *mailer, const char *text, struct error *error)
{
    CURLU *url = curl_url();
    const char *wrong = "is not a URL";

    if (!url)
        abort(); // no memory
    if (strlen(text) < URL_MAX / 2 &&
        curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
        wrong = read_parts(mailer, url);
    curl_url_cleanup(url);
    return wrong ? error_at(error, ERR_CONFIG, "smtp-url", "%s", wrong) : ERR_OK;
}

static void start_curl(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
}

enum error_code mailer_new(const struct mailer_options *options, struct mailer **ret,
                           struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct mailer *mailer = NEW(struct mailer);
    enum error_code code;

    pthread_once(&once, start_curl);
    mailer->password = copy(options->password);
    mailer->from = copy(options->from);
    mailer->ca_file = copy(options->ca_file);
    code = read_url(mailer, options->url, error);
    if (code == ERR_OK &&
        (!mailer->from || !text_is_email(mailer->from, strlen(mailer->from))))
        code = error_at(error, ERR_CONFIG, "mail-from",
                        "must be one e-mail address where --smtp-url is given");
    if (code == ERR_OK && (mailer->user != NULL) != (mailer->password != NULL))
        code = error_at(error, ERR_CONFIG, mailer->user ? "smtp-password-file" : "smtp-url",
                        "a user in --smtp-url and a password go together");
    if (code == ERR_OK)
        *ret = mailer;
    else
        mailer_free(mailer);
    return code;
}

// --- headers ---

enum { HEADER_TEXT_MAX = 200, WORD_BYTES_MAX = 39 }; // 12 + 52 characters of a line

// Encoded words, one to a line; a character is never cut in two.
static void add_words(struct buf *ret, const char *text, size_t len)
{
    char word[TEXT_BASE64_LEN(WORD_BYTES_MAX) + 1];

    for (size_t at = 0; at < len;) {
        size_t took = 0, step;

        while (at + took < len &&
               (step = text_utf8_step(text + at + took, len - at - took)) > 0 &&
               took + step <= WORD_BYTES_MAX)
            took += step;
        text_base64(word, text + at, took);
        buf_add_format(ret, "%s=?utf-8?B?%s?=", at > 0 ? "\r\n " : "", word);
        at += took;
    }
}

void mailer_header(struct buf *ret, const char *name, const char *text)
{
    char clean[HEADER_TEXT_MAX + 1];
    size_t len = 0;
    bool is_plain = true;

    while (*text) {
        size_t left = strlen(text);
        size_t step = text_utf8_step(text, left);
        char c = step == 0 ? '?' : (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text;

        if (len + (step > 1 ? step : 1) > HEADER_TEXT_MAX)
            break;
        if (step > 1) {
            memcpy(clean + len, text, step);
            is_plain = false;
        } else {
            clean[len] = c;
        }
        len += step > 1 ? step : 1;
        text += step > 1 ? step : 1;
    }
    clean[len] = '\0';
    buf_add_format(ret, "%s: ", name);
    if (is_plain && strlen(name) + 2 + len <= 76 && !strstr(clean, "=?"))
        buf_add(ret, clean, len);
    else
        add_words(ret, clean, len);
}

static struct curl_slist *add_line(struct curl_slist *lines, const char *line)
{
    struct curl_slist *longer = curl_slist_append(lines, line);

    if (!longer)
        abort(); // no memory
    return longer;
}

static struct curl_slist *header_lines(const struct mailer *mailer,
                                       const struct letter *letter)
{
    struct curl_slist *lines = NULL;
    time_t now = (time_t)(clock_now().wall_ms / 1000);
    char line[700], date[64];
    struct buf subject;
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S +0000", &utc);
    lines = add_line(lines, date);
    snprintf(line, sizeof line, "From: Posthorn <%s>", mailer->from);
    lines = add_line(lines, line);
    snprintf(line, sizeof line, "To: <%s>", letter->to);
    lines = add_line(lines, line);
    buf_init(&subject, HEADERS_BYTES_MAX);
    mailer_header(&subject, "Subject", letter->subject);
    lines = add_line(lines, subject.data);
    buf_done(&subject);
    snprintf(line, sizeof line, "Message-ID: <%s%s>", letter->id, strchr(mailer->from, '@'));
    lines = add_line(lines, line);
    return add_line(lines, "Auto-Submitted: auto-generated");
}

// --- sending ---

// The lines of a text part end with CR LF.
static void add_text(curl_mime *mime, const char *text)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    struct buf lines;

    buf_init(&lines, TEXT_MAX);
    for (; *text; text++) {
        if (*text == '\n')
            buf_add_char(&lines, '\r');
        if (*text != '\r')
            buf_add_char(&lines, *text);
    }
    if (!part || curl_mime_data(part, lines.data ? lines.data : "", lines.len) != CURLE_OK ||
        curl_mime_type(part, "text/plain; charset=utf-8") != CURLE_OK ||
        curl_mime_encoder(part, "quoted-printable") != CURLE_OK)
        abort(); // no memory
    buf_done(&lines);
}

static curl_socket_t open_socket(void *owner, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    (void)owner;
    if (purpose != CURLSOCKTYPE_IPCXN || address->socktype != SOCK_STREAM ||
        (address->family != AF_INET && address->family != AF_INET6))
        return CURL_SOCKET_BAD;
    return socket(address->family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
}

static int look_whether_stopped(void *owner, curl_off_t down_total, curl_off_t down,
                                curl_off_t up_total, curl_off_t up)
{
    struct mailer *mailer = owner;

    (void)down_total, (void)down, (void)up_total, (void)up;
    return atomic_load(&mailer->is_stopped);
}

static bool set_up(CURL *curl, struct mailer *mailer, struct curl_slist *to, char *why)
{
    return !curl_easy_setopt(curl, CURLOPT_URL, mailer->url) &&
           !curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps") &&
           !curl_easy_setopt(curl, CURLOPT_PROXY, "") &&
           !curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) &&
           !curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)MAILER_MS) &&
           !curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)MAILER_MS) &&
           !curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, MAILER_MS / 1000L) &&
           !curl_easy_setopt(curl, CURLOPT_USE_SSL,
                             (long)(mailer->needs_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY)) &&
           !curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           !(mailer->ca_file && curl_easy_setopt(curl, CURLOPT_CAINFO, mailer->ca_file)) &&
           !(mailer->user && curl_easy_setopt(curl, CURLOPT_USERNAME, mailer->user)) &&
           !(mailer->user && curl_easy_setopt(curl, CURLOPT_PASSWORD, mailer->password)) &&
           !curl_easy_setopt(curl, CURLOPT_MAIL_FROM, mailer->from) &&
           !curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to) &&
           !curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
           !curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_whether_stopped) &&
           !curl_easy_setopt(curl, CURLOPT_XFERINFODATA, mailer) &&
           !curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) &&
           !curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
}

// A mail server's 5yz is for good, unless it is about who we are: that is repaired here.
static enum letter_outcome outcome_of(CURL *curl, CURLcode code)
{
    long reply = 0;

    if (code == CURLE_OK)
        return LETTER_TAKEN;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
    return reply >= 500 && reply <= 599 && (reply < 530 || reply > 538) &&
                   code != CURLE_LOGIN_DENIED && code != CURLE_USE_SSL_FAILED
               ? LETTER_REFUSED
               : LETTER_LATER;
}

static enum letter_outcome post(CURL *curl, struct mailer *mailer,
                                const struct letter *letter, char *why)
{
    struct curl_slist *to = add_line(NULL, letter->to);
    struct curl_slist *lines = header_lines(mailer, letter);
    curl_mime *mime = curl_mime_init(curl);
    CURLcode code = CURLE_OUT_OF_MEMORY;

    if (!mime)
        abort();
    add_text(mime, letter->text);
    if (set_up(curl, mailer, to, why) && !curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines) &&
        !curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime))
        code = curl_easy_perform(curl);
    if (code != CURLE_OK && !why[0])
        snprintf(why, CURL_ERROR_SIZE, "%s", curl_easy_strerror(code));
    enum letter_outcome outcome = outcome_of(curl, code);
    curl_mime_free(mime);
    curl_slist_free_all(lines);
    curl_slist_free_all(to);
    return outcome;
}

enum letter_outcome mailer_send(struct mailer *mailer, const struct letter *letter,
                                char why[MAILER_WHY_MAX])
{
    char said[CURL_ERROR_SIZE] = "";
    enum letter_outcome outcome;
    CURL *curl;

    why[0] = '\0';
    if (!text_is_email(letter->to, strlen(letter->to)) ||
        !text_is(letter->id, strlen(letter->id), "A-Za-z0-9_.-")) {
        snprintf(why, MAILER_WHY_MAX, "the address is not one");
        return LETTER_REFUSED;
    }
    curl = curl_easy_init();
    if (!curl)
        abort();
    outcome = post(curl, mailer, letter, said);
    curl_easy_cleanup(curl);
    if (outcome != LETTER_TAKEN)
        snprintf(why, MAILER_WHY_MAX, "%.*s", MAILER_WHY_MAX - 1, said);
    return outcome;
}
