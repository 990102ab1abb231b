#include "cli/client.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/say.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 1 << 28, CONNECT_TIMEOUT_MS = 10000, TIMEOUT_MS = 60000 };

struct client {
    CURL *curl;
    char *url; // without a slash at its end
    char *authorization;
    char *ca_file; // or NULL
    char reason[CURL_ERROR_SIZE];
};

static bool is_web_url(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static bool is_local(const char *url)
{
    static const char *const hosts[] = {"http://127.", "http://localhost", "http://[::1]"};

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (strncmp(url, hosts[i], strlen(hosts[i])) == 0)
            return true;
    }
    return false;
}

static enum error_code check_url(const char *url, struct error *error)
{
    const char *host = strstr(url, "://");

    if (!is_web_url(url) || !text_is(url, strlen(url), "!-~"))
        return error_set(error, ERR_CONFIG,
                         "%.100s is not a URL of a server: http://… or "
                         "https://…",
                         url);
    if (strcspn(host + 3, "@") < strcspn(host + 3, "/") || strpbrk(host, "?#"))
        return error_set(error, ERR_CONFIG,
                         "the server's URL holds more than a host, a port and a path");
    return ERR_OK;
}

enum error_code client_new(const char *url, const char *key, const char *ca_file,
                           struct client **ret, struct error *error)
{
    enum error_code code = check_url(url, error);
    struct client *client;
    size_t len = strlen(url);

    if (code != ERR_OK)
        return code;
    if (key && (!key[0] || !text_is(key, strlen(key), "!-~")))
        return error_set(error, ERR_CONFIG, "the key is not one line of letters and digits");
    unsetenv("SSLKEYLOGFILE"); // else libcurl would write down what decrypts the traffic
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return error_set(error, ERR_CONFIG, "libcurl cannot be used");
    client = *ret = NEW(struct client);
    client->curl = curl_easy_init();
    client->url = memory_copy(url, len);
    while (len > 0 && client->url[len - 1] == '/')
        client->url[--len] = '\0';
    if (key) {
        size_t room = strlen(key) + 32;

        client->authorization = memory_new(room);
        snprintf(client->authorization, room, "Authorization: Bearer %s", key);
        if (url[4] == ':' && !is_local(url))
            say("the key travels unencrypted to %s", url);
    }
    client->ca_file = ca_file ? memory_copy(ca_file, strlen(ca_file)) : NULL;
    return client->curl ? ERR_OK : error_set(error, ERR_CONFIG, "libcurl cannot be used");
}

void client_free(struct client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    if (client->authorization)
        memory_wipe(client->authorization, strlen(client->authorization));
    free(client->authorization);
    free(client->ca_file);
    free(client->url);
    free(client);
    curl_global_cleanup();
}

static size_t on_body(char *bytes, size_t size, size_t count, void *owner)
{
    struct client_answer *answer = owner;

    buf_add(&answer->body, bytes, size * count);
    return buf_ok(&answer->body) ? size * count : 0;
}

// One header line of the answer.
static size_t on_header(char *bytes, size_t size, size_t count, void *owner)
{
    struct client_answer *answer = owner;
    size_t len = size * count, end = len;
    uint64_t seconds;

    while (end > 0 && (bytes[end - 1] == '\r' || bytes[end - 1] == '\n'))
        end--;
    if (end > 13 && text_equal_nocase(bytes, 13, "Retry-After: ") &&
        text_to_uint(bytes + 13, end - 13, INT32_MAX, &seconds))
        answer->retry_after_s = (int64_t)seconds;
    if (end > 6 && text_equal_nocase(bytes, 6, "Date: ") &&
        !text_from_http_time(bytes + 6, end - 6, &answer->date_ms))
        answer->date_ms = -1;
    return len;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name,
                                     const char *value)
{
    struct buf line;
    struct curl_slist *longer;

    buf_init(&line, 4096);
    buf_add_str(&line, name);
    buf_add_str(&line, value);
    longer = curl_slist_append(list, line.data);
    buf_done(&line);
    return longer ? longer : list;
}

static struct curl_slist *headers_of(const struct client *client,
                                     const struct question *question)
{
    struct curl_slist *list = NULL;

    if (client->authorization)
        list = curl_slist_append(list, client->authorization);
    list = add_header(list, "Content-Type:", question->body ? " application/json" : "");
    if (question->idempotency_key)
        list = add_header(list, "Idempotency-Key: ", question->idempotency_key);
    return add_header(list, "Expect:", ""); // a body is never held back for a 100
}

static void set_up(struct client *client, const struct question *question, const char *url,
                   struct curl_slist *headers, struct client_answer *answer)
{
    CURL *curl = client->curl;

    curl_easy_reset(curl); // the connection stays
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "posthorn/" POSTHORN_VERSION);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->reason);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
    if (client->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca_file);
    if (question->body || strcmp(question->method, "POST") == 0) { // a POST says its length
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)question->body_len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question->body ? question->body : "");
    }
}

// Why nothing came back, in one line.
static enum error_code say_why(const struct client *client, CURLcode code,
                               struct error *error)
{
    const char *reason = client->reason[0] ? client->reason : curl_easy_strerror(code);

    if (code == CURLE_SSL_CACERT_BADFILE)
        return error_set(error, ERR_CONFIG, "--ca-file: %s", reason);
    return error_set(error, ERR_UNAVAILABLE, "%s: %s", client->url, reason);
}

enum error_code client_ask(struct client *client, const struct question *question,
                           struct client_answer *ret, struct error *error)
{
    struct curl_slist *headers = headers_of(client, question);
    struct buf url;
    long status = 0;
    CURLcode code;

    *ret = (struct client_answer){.retry_after_s = -1, .date_ms = -1};
    buf_init(&ret->body, ANSWER_BYTES_MAX);
    buf_init(&url, ANSWER_BYTES_MAX);
    buf_add_str(&url, client->url);
    buf_add_str(&url, question->path);
    client->reason[0] = '\0';
    set_up(client, question, url.data, headers, ret);
    code = curl_easy_perform(client->curl);
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    ret->status = (int)status;
    curl_slist_free_all(headers);
    buf_done(&url);
    return code == CURLE_OK ? ERR_OK : say_why(client, code, error);
}

void client_answer_done(struct client_answer *answer)
{
    if (answer->body.data)
        memory_wipe(answer->body.data, answer->body.cap);
    buf_done(&answer->body);
}

const char *client_url(const struct client *client)
{
    return client->url;
}

bool client_is_encrypted(const struct client *client)
{
    return strncmp(client->url, "https:", 6) == 0;
}

bool client_is_local(const struct client *client)
{
    return is_local(client->url);
}

bool client_has_key(const struct client *client)
{
    return client->authorization != NULL;
}
