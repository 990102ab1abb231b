// What generator and receiver share: sockets on loopback, a clock, percentiles. Each includes
// it once; a bench has no library.

#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void fail(const char *what)
{
    perror(what);
    exit(1);
}

static inline struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline int dial(int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

// Latencies in places of 10 µs up to 2 s; the last place holds what is over.
enum { PLACES = 200000 };
struct latencies {
    uint64_t count;
    uint32_t place[PLACES];
};

static inline void latencies_add(struct latencies *latencies, uint64_t ns)
{
    uint64_t place = ns / 10000;

    latencies->place[place < PLACES ? place : PLACES - 1]++;
    latencies->count++;
}

static inline double latencies_ms(const struct latencies *latencies, double share)
{
    uint64_t want = (uint64_t)((double)latencies->count * share), seen = 0;

    for (int i = 0; i < PLACES; i++) {
        seen += latencies->place[i];
        if (seen > want)
            return i * 0.01;
    }
    return -1;
}

#endif
