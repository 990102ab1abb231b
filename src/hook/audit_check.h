// A walk along the audit log that finds the first row which is not as it was written. The
// store's back ends hand over the rows; what they mean is decided here, once.
//
// The order of calls: fill in what is asked; audit_check_begin(); audit_check_row() for each
// row from check->first on, in order, as long as it is true; audit_check_end().

#ifndef HOOK_AUDIT_CHECK_H
#define HOOK_AUDIT_CHECK_H

#include "hook/audit.h"

#include <stdbool.h>
#include <stdint.h>

// X(NAME, code, sentence)
#define AUDIT_FAULTS(X)                                                                  \
    X(NONE, "none", "the log is whole")                                                  \
    X(MISSING, "missing", "this row was deleted")                                        \
    X(CHANGED, "changed", "this row was edited, or put in another's place")              \
    X(CUT, "cut", "this row, and all that stood behind it, were deleted")                \
    X(ADDED, "added",                                                                    \
      "this row stands behind the log's end: the record of that end is "                 \
      "older than it")                                                                   \
    X(ENDS, "ends", "the record of where the log begins and ends was deleted or edited") \
    X(NOTED, "noted",                                                                    \
      "this row is not the one that was noted: an older copy of the log "                \
      "was put back, or the note is of another log")

enum audit_fault {
#define X(name, code, text) AUDIT_FAULT_##name,
    AUDIT_FAULTS(X)
#undef X
        AUDIT_FAULTS_COUNT
};
const char *audit_fault_code(enum audit_fault fault);
const char *audit_fault_text(enum audit_fault fault);

struct audit_check {
    // asked
    int64_t from;  // the row to begin at; 0, or one that was dropped: the oldest
    int64_t noted; // a row whose hash somebody noted; 0: none
    unsigned char noted_hash[AUDIT_HASH_LEN];
    // found
    struct audit_ends ends;
    int64_t first, last; // the rows that were looked at; last below first: none
    int64_t next;        // the row to go on from; 0: all were looked at
    enum audit_fault fault;
    int64_t bad; // the first row that is not as it was written; 0: of no one row
    unsigned char hash[AUDIT_HASH_LEN]; // of the last one that was looked at
};

// Which rows the walk needs to know before it can begin; 0: none.
int64_t audit_check_before(const struct audit_check *check, const struct audit_ends *ends);
// ends: the record, or NULL where there is none. before, noted: those rows, or NULL where
// there are none such. False: there is a fault already.
bool audit_check_begin(struct audit_check *check, struct audit_mac *mac,
                       const struct audit_ends *ends, const struct audit_row *before,
                       const struct audit_row *noted);
// False: it is not as it was written. is_readable false: only its number could be read.
bool audit_check_row(struct audit_check *check, struct audit_mac *mac,
                     const struct audit_row *row, bool is_readable);
void audit_check_end(struct audit_check *check, bool was_last); // no row follows

#endif
