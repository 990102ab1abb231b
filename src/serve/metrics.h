// The server's figures in the text format that Prometheus reads. Names end as its conventions
// ask: counters in _total, units spelled out.

#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

struct buf;
struct common;

void metrics_write(const struct common *common, struct buf *ret); // any worker's thread

#endif
