// The header lines that decide how a message is read (RFC 9110, RFC 9112): Host,
// Content-Length, Transfer-Encoding, Connection, Expect; and the bytes that may stand where.
// Part of the parser of net/head.h; nobody else needs it.

#ifndef NET_HEAD_FIELD_H
#define NET_HEAD_FIELD_H

#include "net/head.h"

// Classes of bytes, as bits.
enum { HEAD_TOKEN = 1, HEAD_TARGET = 2, HEAD_VALUE = 4, HEAD_HOST = 8 };

bool head_byte_is(char c, int class_bits);
bool head_span_is(const char *bytes, struct head_span span, const char *name); // no case

// A line was read: take from it what concerns the reading of the message.
enum head_fault head_field_take(struct head *head, const char *bytes,
                                const struct head_line *line);

// The last line was read: decide the framing. A response whose framing is in doubt is
// FRAMING_UNKNOWN and no fault is returned; a request's is refused.
enum head_fault head_field_end(struct head *head);

#endif
