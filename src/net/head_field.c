#include "net/head_field.h"

#include <string.h>

enum {
    DIGIT = HEAD_TOKEN | HEAD_TARGET | HEAD_VALUE | HEAD_HOST,
    ALPHA = DIGIT,
    MARK = HEAD_TOKEN | HEAD_TARGET | HEAD_VALUE, // may stand in a token
    OTHER = HEAD_TARGET | HEAD_VALUE,
    NAMED = HEAD_TARGET | HEAD_VALUE | HEAD_HOST, // may stand in a host
};

static const uint8_t classes[256] = {
    [' '] = HEAD_VALUE,
    ['!'] = MARK,
    ['"'] = OTHER,
    ['#'] = MARK,
    ['$'] = MARK,
    ['%'] = MARK,
    ['&'] = MARK,
    ['\''] = MARK,
    ['('] = OTHER,
    [')'] = OTHER,
    ['*'] = MARK,
    ['+'] = MARK,
    [','] = OTHER,
    ['-'] = MARK | HEAD_HOST,
    ['.'] = MARK | HEAD_HOST,
    ['/'] = OTHER,
    ['0' ... '9'] = DIGIT,
    [':'] = NAMED,
    [';'] = OTHER,
    ['<'] = OTHER,
    ['='] = OTHER,
    ['>'] = OTHER,
    ['?'] = OTHER,
    ['@'] = OTHER,
    ['A' ... 'Z'] = ALPHA,
    ['['] = NAMED,
    ['\\'] = OTHER,
    [']'] = NAMED,
    ['^'] = MARK,
    ['_'] = MARK | HEAD_HOST,
    ['`'] = MARK,
    ['a' ... 'z'] = ALPHA,
    ['{'] = OTHER,
    ['|'] = MARK,
    ['}'] = OTHER,
    ['~'] = MARK,
    [0x80 ... 0xff] = HEAD_VALUE,
};

enum { HOST_MAX = 255 };

bool head_byte_is(char c, int class_bits)
{
    return (classes[(unsigned char)c] & class_bits) != 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool head_span_is(const char *bytes, struct head_span span, const char *name)
{
    for (uint32_t at = 0; at < span.len; at++)
        if (name[at] == '\0' || lower(bytes[span.at + at]) != name[at])
            return false;
    return name[span.len] == '\0';
}

static void count(uint8_t *counter)
{
    if (*counter < UINT8_MAX)
        (*counter)++;
}

// A response in doubt keeps its first fault for head_field_end(); a request ends here.
static enum head_fault doubt(struct head *head, enum head_fault fault)
{
    if (head->kind == HEAD_REQUEST)
        return fault;
    if (head->fault == HEAD_FAULT_NONE)
        head->fault = fault;
    return HEAD_FAULT_NONE;
}

static enum head_fault take_host(struct head *head, const char *bytes, struct head_span value)
{
    count(&head->host_count);
    if (head->kind == HEAD_RESPONSE)
        return HEAD_FAULT_NONE;
    if (head->host_count > 1 || value.len == 0 || value.len > HOST_MAX)
        return HEAD_FAULT_HOST;
    for (uint32_t at = 0; at < value.len; at++)
        if (!head_byte_is(bytes[value.at + at], HEAD_HOST))
            return HEAD_FAULT_HOST;
    head->host = value;
    return HEAD_FAULT_NONE;
}

// Digits only; what does not fit is as large as can be said, and too large for everyone.
static enum head_fault take_length(struct head *head, const char *bytes,
                                   struct head_span value)
{
    uint64_t number = 0;

    count(&head->length_count);
    if (head->length_count > 1 || value.len == 0)
        return doubt(head, HEAD_FAULT_LENGTH);
    for (uint32_t at = 0; at < value.len; at++) {
        char c = bytes[value.at + at];
        if (c < '0' || c > '9')
            return doubt(head, HEAD_FAULT_LENGTH);
        number =
            number > (INT64_MAX - 9) / 10 ? INT64_MAX : number * 10 + (uint64_t)(c - '0');
    }
    head->body_len = number;
    return HEAD_FAULT_NONE;
}

static enum head_fault take_coding(struct head *head, const char *bytes,
                                   struct head_span value)
{
    count(&head->coding_count);
    if (head->coding_count > 1 || !head_span_is(bytes, value, "chunked"))
        return doubt(head, HEAD_FAULT_CODING);
    return HEAD_FAULT_NONE;
}

// A list of tokens; only "close" matters here.
static enum head_fault take_connection(struct head *head, const char *bytes,
                                       struct head_span value)
{
    uint32_t end = value.at + value.len;

    for (uint32_t at = value.at; at < end;) {
        uint32_t from = at;
        while (at < end && bytes[at] != ',' && bytes[at] != ' ' && bytes[at] != '\t')
            at++;
        if (head_span_is(bytes, (struct head_span){from, at - from}, "close"))
            head->closes = true;
        at++;
    }
    return HEAD_FAULT_NONE;
}

static enum head_fault take_expect(struct head *head, const char *bytes,
                                   struct head_span value)
{
    if (head_span_is(bytes, value, "100-continue"))
        head->expects_continue = true;
    else
        head->expects_other = true;
    return HEAD_FAULT_NONE;
}

enum head_fault head_field_take(struct head *head, const char *bytes,
                                const struct head_line *line)
{
    static const struct {
        const char *name;
        enum head_fault (*take)(struct head *, const char *, struct head_span);
    } fields[] = {
        {"host", take_host},
        {"content-length", take_length},
        {"transfer-encoding", take_coding},
        {"connection", take_connection},
        {"expect", take_expect},
    };
    char first = lower(bytes[line->name.at]);

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (first == fields[i].name[0] && head_span_is(bytes, line->name, fields[i].name))
            return fields[i].take(head, bytes, line->value);
    return HEAD_FAULT_NONE;
}

static enum framing framing_of(const struct head *head)
{
    if (head->kind == HEAD_RESPONSE &&
        (head->status < 200 || head->status == 204 || head->status == 304))
        return FRAMING_NONE;
    if (head->fault)
        return FRAMING_UNKNOWN;
    if (head->coding_count)
        return FRAMING_CHUNKED;
    if (head->length_count)
        return head->body_len ? FRAMING_LENGTH : FRAMING_NONE;
    return head->kind == HEAD_REQUEST ? FRAMING_NONE : FRAMING_CLOSE;
}

enum head_fault head_field_end(struct head *head)
{
    enum head_fault fault = HEAD_FAULT_NONE;

    if (head->minor == 0)
        head->closes = true;
    if (head->kind == HEAD_REQUEST && head->host_count == 0 && head->minor == 1)
        return HEAD_FAULT_HOST;
    if (head->coding_count && head->length_count)
        fault = doubt(head, HEAD_FAULT_AMBIGUOUS);
    else if (head->coding_count && head->minor == 0) // HTTP/1.0 knows no chunks
        fault = doubt(head, HEAD_FAULT_CODING);
    if (!fault)
        head->framing = framing_of(head);
    return fault;
}
