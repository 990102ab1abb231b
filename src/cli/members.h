// Flags as members of a request's JSON or of its query: a table of them for each command, so
// that the next one is a row. An empty value (--uid "") says null: back to the default.

#ifndef CLI_MEMBERS_H
#define CLI_MEMBERS_H

#include "base/error.h"
#include "cli/args.h"

#include <stddef.h>

struct buf;

enum member_kind {
    MEMBER_TEXT,
    MEMBER_TEXTS,        // a,b,c
    MEMBER_NUMBER,       //
    MEMBER_SECONDS,      // 5m
    MEMBER_SECONDS_LIST, // 5s,5m
    MEMBER_YES,          // yes|no
    MEMBER_TRUE,         // a switch
    MEMBER_NO,           // a switch that says false
    MEMBER_JSON,         // @FILE, - or the JSON itself
    MEMBER_HEADERS,      // a file of lines
    MEMBER_SECRET,       // a file
    MEMBER_TIME,         // RFC 3339, or that long ago
    MEMBER_LATER         // RFC 3339, or in that time
};

struct member {
    enum flag flag; // or ARG_FIRST
    const char *name;
    enum member_kind kind;
};

// Append {"name":…} with the members that were given. Errors: those of given.h;
// ERR_BAD_REQUEST.
enum error_code members_write(const struct member *members, size_t count,
                              const struct args *args, struct buf *ret,
                              struct error *error) MUST_CHECK;
// Append "?name=…&…", or nothing; to a query that was begun, "&name=…". For texts and times.
enum error_code members_query(const struct member *members, size_t count,
                              const struct args *args, struct buf *ret,
                              struct error *error) MUST_CHECK;

// Append one JSON value, checked to be just that.
enum error_code members_json(const char *flag, const char *text, struct buf *ret,
                             struct error *error) MUST_CHECK;

#endif
