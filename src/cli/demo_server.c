#include "cli/demo_server.h"

#include "cli/given.h"
#include "cli/say.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_TRIES = 400, PAUSE_MS = 25, LOG_SHOWN = 2000, OPEN_MAX_FOR_REMOVAL = 16 };

static void pause_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

// A port that was free just now; 0: none.
static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
                    getsockname(fd, (struct sockaddr *)&address, &len) == 0;

    if (fd >= 0)
        close(fd);
    return is_bound ? ntohs(address.sin_port) : 0;
}

static int make_folder(struct demo_server *server)
{
    const char *where = getenv("TMPDIR");

    if (snprintf(server->folder, sizeof server->folder, "%s/posthorn-demo-XXXXXX",
                 where && where[0] ? where : "/tmp") < (int)sizeof server->folder &&
        mkdtemp(server->folder))
        return 0;
    server->folder[0] = '\0';
    return say_failed(EXIT_FAILED, "no folder can be made: %s", strerror(errno));
}

// In the child: becomes the server. It ends with its parent, whatever becomes of that.
static void become_server(const struct demo_server *server, char *const *argv)
{
    char *const environment[] = {NULL};
    char path[PATH_MAX + 16];
    int log;

    snprintf(path, sizeof path, "%s/log", server->folder);
    log = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0); // Ctrl-C is the parent's
    if (log >= 0 && dup2(log, STDERR_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0)
        execve("/proc/self/exe", argv, environment);
    _exit(127);
}

static int spawn(struct demo_server *server, const char *profiles)
{
    char listen[32], data[PATH_MAX + 16], scale[16];
    char *argv[16] = {"posthorn",        "serve",       "--listen",     listen,
                      "--data-dir",      data,          "--time-scale", scale,
                      "--allow-private", "127.0.0.0/8", "--workers",    "1"};
    uint16_t port = free_port();

    if (port == 0)
        return say_failed(EXIT_FAILED, "no port on loopback: %s", strerror(errno));
    snprintf(listen, sizeof listen, "127.0.0.1:%u", (unsigned)port);
    snprintf(data, sizeof data, "%s/data", server->folder);
    snprintf(scale, sizeof scale, "%d", DEMO_FACTOR);
    snprintf(server->url, sizeof server->url, "http://%s", listen);
    if (profiles) {
        argv[12] = "--profiles";
        argv[13] = (char *)profiles;
    }
    fflush(NULL);
    server->pid = fork();
    if (server->pid == 0)
        become_server(server, argv);
    if (server->pid > 0)
        return 0;
    server->pid = 0;
    return say_failed(EXIT_FAILED, "no process can be made: %s", strerror(errno));
}

static int say_log(const struct demo_server *server)
{
    char path[PATH_MAX + 16], text[LOG_SHOWN + 1];
    int code = say_failed(EXIT_FAILED, "the server did not start");
    FILE *log;
    size_t len;

    snprintf(path, sizeof path, "%s/log", server->folder);
    log = fopen(path, "re");
    if (!log)
        return code;
    len = fread(text, 1, LOG_SHOWN, log);
    text[len] = '\0';
    fclose(log);
    for (char *line = text; *line;) {
        size_t line_len = strcspn(line, "\n");

        say_hint("%.*s", (int)line_len, line);
        line += line_len + (line[line_len] == '\n');
    }
    return code;
}

static int open_client(struct demo_server *server)
{
    char path[PATH_MAX + 32];
    struct error error;
    struct buf key;
    enum error_code code;

    snprintf(path, sizeof path, "%s/data/operator.key", server->folder);
    buf_init(&key, 4096);
    code = given_secret(path, &key, &error);
    if (code == ERR_OK)
        code = client_new(server->url, key.data, NULL, &server->client, &error);
    buf_done(&key);
    return code == ERR_OK ? 0 : say_failed(EXIT_FAILED, "%s", error.text);
}

static bool is_gone(struct demo_server *server)
{
    if (waitpid(server->pid, NULL, WNOHANG) != server->pid)
        return false;
    server->pid = 0;
    return true;
}

static bool is_ready(const struct demo_server *server)
{
    struct client *client = NULL;
    struct client_answer answer = {0};
    const struct question question = {.method = "GET", .path = "/readyz"};
    struct error error;
    bool is;

    if (client_new(server->url, NULL, NULL, &client, &error) != ERR_OK)
        return false;
    is = client_ask(client, &question, &answer, &error) == ERR_OK && answer.status == 200;
    client_answer_done(&answer);
    client_free(client);
    return is;
}

int demo_server_start(struct demo_server *server, const char *profiles)
{
    int code;

    *server = (struct demo_server){0};
    code = make_folder(server);
    if (code == 0)
        code = spawn(server, profiles);
    for (int i = 0; code == 0 && !is_ready(server); i++) {
        if (i == READY_TRIES || is_gone(server))
            return say_log(server);
        pause_ms(PAUSE_MS);
    }
    return code == 0 ? open_client(server) : code;
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void demo_server_end(struct demo_server *server)
{
    client_free(server->client);
    if (server->pid > 0) {
        kill(server->pid, SIGTERM);
        while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (server->folder[0])
        nftw(server->folder, remove_one, OPEN_MAX_FOR_REMOVAL, FTW_DEPTH | FTW_PHYS);
    *server = (struct demo_server){0};
}

bool demo_ask(const struct demo_server *server, const char *method, const char *path,
              const char *body, struct demo_answer *ret)
{
    const struct question question = {
        .method = method, .path = path, .body = body, .body_len = body ? strlen(body) : 0};
    struct error error;

    ret->json = (struct json_span){.kind = JSON_NONE};
    return client_ask(server->client, &question, &ret->raw, &error) == ERR_OK &&
           ret->raw.status >= 200 && ret->raw.status < 300 && ret->raw.body.len > 0 &&
           json_check(ret->raw.body.data, ret->raw.body.len, &ret->json, &error) == ERR_OK;
}

void demo_answer_done(struct demo_answer *answer)
{
    client_answer_done(&answer->raw);
}
