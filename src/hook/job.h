// Work on many deliveries at once, asked for by a person and done behind everything else in
// small steps: what failed at a webhook in a window of time is tried anew. A job survives
// restarts, and goes on where it was.

#ifndef HOOK_JOB_H
#define HOOK_JOB_H

#include <stdint.h>

// Stored: append only.
enum job_state { JOB_RUNNING, JOB_DONE, JOB_CANCELLED };

enum { JOB_TOTAL_UNKNOWN = -1 };

struct job_row {
    int64_t id;
    int64_t app_id, webhook_id;
    enum job_state state;
    int64_t first_id, end_id; // of events: first_id <= id < end_id
    int64_t since_ms,
        until_ms;        // the same as it was asked for; until 0: up to the job's start
    int64_t done, total; // deliveries; total is unknown until all were counted
    int64_t created_ms, ended_ms;
};

#endif
