// What most commands are: one request, made of the flags by a table of members, and its reply
// shown by a table of columns. The functions return the exit code.

#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "cli/members.h"
#include "cli/session.h"
#include "cli/view.h"

struct remote_call {
    const char *method;
    const char *pattern; // as session_path()'s
    const struct member *members;
    size_t member_count;
    bool has_body;     // the members are the body, even if none was given; else the query
    const char *fixed; // or the body itself
    bool is_whole;     // the list comes in one page
    bool is_lines;     // all its rows, each the API's own object on a line of its own
};
#define MEMBERS(table) .members = (table), .member_count = sizeof(table) / sizeof *(table)

// Makes the call and shows the object that comes, or the API's bytes for --json. Of what has
// no reply, done is said: "deleted".
int remote_show(const struct args *args, const struct remote_call *call,
                const struct view *view, const char *done);

// Sends it within a session; *ret is to be released with reply_done() unless that failed.
int remote_ask(struct session *session, const struct remote_call *call, struct reply *ret);

// Shows the rows of a list, page after page, up to --limit (or 50), all for --all.
int remote_list(const struct args *args, const struct remote_call *call,
                const struct view *view);

#endif
