// generator PORT TARGETS KEY RATE COUNT CONNECTIONS: posts COUNT events of about 1 KiB and
// prints one JSON line. TARGETS is a file of paths, used in turn; KEY "-" posts the bare
// event, as the receiver gets it. RATE 0: each connection posts as soon as its last answer
// came; else so many a second in all, and a latency counts from when the event was due, not
// from when it could be sent.

#include "common.h"

#include <stdbool.h>
#include <sys/epoll.h>

enum { REQUEST_MAX = 4096, CONNECTIONS_MAX = 4096 };

struct run {
    int port;
    char **paths;
    size_t path_count;
    const char *key;
    double rate;
    uint64_t count;
    int connections;
    int fds[CONNECTIONS_MAX];
    uint64_t due_ns[CONNECTIONS_MAX];
    int idle[CONNECTIONS_MAX];
    int idle_count;
    uint64_t sent, answered, refused;
    uint64_t begun_ns;
    struct latencies latencies;
};

static void read_paths(struct run *run, const char *file)
{
    FILE *in = fopen(file, "re");
    char *line = NULL;
    size_t room = 0;

    if (!in)
        fail(file);
    while (getline(&line, &room, in) > 0) {
        line[strcspn(line, "\n")] = '\0';
        run->paths = realloc(run->paths, (run->path_count + 1) * sizeof *run->paths);
        if (!run->paths)
            fail("realloc");
        run->paths[run->path_count++] = strdup(line);
    }
    free(line);
    fclose(in);
}

static size_t write_event(char *to, uint64_t due_ns, uint64_t number)
{
    static char pad[900];

    if (!pad[0])
        memset(pad, 'x', sizeof pad - 1);
    return (size_t)sprintf(to,
                           "{\"t\":\"%lu\",\"id\":\"pi_%lu\",\"amount\":1.10,\"pad\":\"%s\"}",
                           due_ns, number, pad);
}

static size_t write_request(struct run *run, char *to, uint64_t due_ns)
{
    char body[2048];
    const char *path = run->paths[run->sent % run->path_count];
    size_t len, head;
    bool is_bare = run->key[0] == '-';

    if (is_bare) {
        len = write_event(body, due_ns, run->sent);
    } else {
        len = (size_t)sprintf(body, "{\"type\":\"payment.succeeded\",\"payload\":");
        len += write_event(body + len, due_ns, run->sent);
        body[len++] = '}';
    }
    head = (size_t)sprintf(
        to,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n",
        path, len);
    if (!is_bare)
        head += (size_t)sprintf(to + head,
                                "Authorization: Bearer %s\r\nIdempotency-Key: b-%lx-%lu\r\n",
                                run->key, run->begun_ns, run->sent);
    memcpy(to + head, "\r\n", 2);
    memcpy(to + head + 2, body, len);
    return head + 2 + len;
}

static void post_next(struct run *run)
{
    char request[REQUEST_MAX];
    int place = run->idle[--run->idle_count];
    uint64_t due = run->rate > 0
                       ? run->begun_ns + (uint64_t)((double)run->sent * 1e9 / run->rate)
                       : now_ns();
    size_t len = write_request(run, request, due);

    run->due_ns[place] = due;
    if (send(run->fds[place], request, len, MSG_NOSIGNAL) != (ssize_t)len)
        fail("send");
    run->sent++;
}

static bool may_post(const struct run *run, uint64_t now)
{
    return run->idle_count > 0 && run->sent < run->count &&
           (run->rate <= 0 ||
            (double)run->sent < (double)(now - run->begun_ns) / 1e9 * run->rate);
}

static void take_answer(struct run *run, int place)
{
    char answer[8192];
    ssize_t got = recv(run->fds[place], answer, sizeof answer - 1, 0);

    if (got <= 0) {
        fprintf(stderr, "generator: the server closed a connection\n");
        exit(1);
    }
    answer[got] = '\0';
    if (answer[9] != '2' && run->refused++ < 3)
        fprintf(stderr, "generator: refused: %.300s\n", answer);
    latencies_add(&run->latencies, now_ns() - run->due_ns[place]);
    run->answered++;
    run->idle[run->idle_count++] = place;
}

static void post_all(struct run *run)
{
    struct epoll_event event = {.events = EPOLLIN}, events[256];
    int poll = epoll_create1(EPOLL_CLOEXEC);

    for (int i = 0; i < run->connections; i++) {
        run->fds[i] = dial(run->port);
        run->idle[run->idle_count++] = i;
        event.data.u32 = (uint32_t)i;
        epoll_ctl(poll, EPOLL_CTL_ADD, run->fds[i], &event);
    }
    run->begun_ns = now_ns();
    while (run->answered < run->count) {
        uint64_t now = now_ns();

        while (may_post(run, now))
            post_next(run);
        bool is_paced = run->rate > 0 && run->sent < run->count && run->idle_count > 0;
        int count = epoll_wait(poll, events, 256, is_paced ? 1 : 5000);
        if (count == 0 && !is_paced) {
            fprintf(stderr, "generator: no answer for 5 s\n");
            exit(1);
        }
        for (int i = 0; i < count; i++)
            take_answer(run, (int)events[i].data.u32);
    }
}

int main(int argc, char **argv)
{
    static struct run run;
    double seconds;

    if (argc != 7) {
        fprintf(stderr, "usage: generator PORT TARGETS KEY RATE COUNT CONNECTIONS\n");
        return 2;
    }
    run.port = (int)strtol(argv[1], NULL, 10);
    read_paths(&run, argv[2]);
    run.key = argv[3];
    run.rate = strtod(argv[4], NULL);
    run.count = strtoull(argv[5], NULL, 10);
    run.connections = (int)strtol(argv[6], NULL, 10);
    if (run.path_count == 0 || run.connections < 1 || run.connections > CONNECTIONS_MAX)
        return 2;
    post_all(&run);
    seconds = (double)(now_ns() - run.begun_ns) / 1e9;
    printf("{\"accepted\":%lu,\"refused\":%lu,\"seconds\":%.4f,\"per_second\":%.0f,\"p50_"
           "ms\":%.2f,"
           "\"p99_ms\":%.2f}\n",
           run.answered, run.refused, seconds, (double)run.answered / seconds,
           latencies_ms(&run.latencies, 0.5), latencies_ms(&run.latencies, 0.99));
    return run.refused > 0;
}
