#include "net/head.h"

#include "net/head_field.h"

#include <assert.h>
#include <string.h>

const char *head_fault_text(enum head_fault fault)
{
    static const char *const texts[] = {
#define X(name, sentence) [HEAD_FAULT_##name] = sentence,
        HEAD_FAULTS(X)
#undef X
    };

    return texts[fault];
}

void head_init(struct head *head, enum head_kind kind, struct head_limits limits)
{
    assert(limits.lines_max <= HEAD_LINES_MAX);
    memset(head, 0, offsetof(struct head, lines));
    head->kind = kind;
    head->limits = limits;
}

static enum head_state bad(struct head *head, enum head_fault fault)
{
    head->fault = fault;
    return HEAD_BAD;
}

// "HTTP/1.0" or "HTTP/1.1"; another single-digit version is told apart from no version.
static enum head_fault take_version(struct head *head, const char *text, size_t len)
{
    if (len != 8 || memcmp(text, "HTTP/", 5) != 0 || text[6] != '.')
        return HEAD_FAULT_START;
    if (text[5] < '0' || text[5] > '9' || text[7] < '0' || text[7] > '9')
        return HEAD_FAULT_START;
    if (text[5] != '1' || text[7] > '1')
        return HEAD_FAULT_VERSION;
    head->minor = text[7] - '0';
    return HEAD_FAULT_NONE;
}

static size_t token_len(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && head_byte_is(text[at], HEAD_TOKEN))
        at++;
    return at;
}

// method SP target SP version, with exactly these two spaces.
static enum head_fault take_request_line(struct head *head, const char *line, size_t len)
{
    size_t method_len = token_len(line, len);
    size_t target_at = method_len + 1;
    size_t at = target_at;

    if (method_len == 0 || method_len == len || line[method_len] != ' ')
        return HEAD_FAULT_START;
    for (size_t i = 0; i < method_len; i++)
        if (line[i] >= 'a' && line[i] <= 'z')
            return HEAD_FAULT_START;
    while (at < len && head_byte_is(line[at], HEAD_TARGET))
        at++;
    if (at == target_at || at == len || line[at] != ' ')
        return HEAD_FAULT_START;
    head->method = (struct head_span){0, (uint32_t)method_len};
    head->target = (struct head_span){(uint32_t)target_at, (uint32_t)(at - target_at)};
    return take_version(head, line + at + 1, len - at - 1);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// version SP three digits, and SP with a reason, which many servers leave out.
static enum head_fault take_status_line(struct head *head, const char *line, size_t len)
{
    enum head_fault fault = take_version(head, line, len < 8 ? len : 8);

    if (fault)
        return fault;
    if (len < 12 || line[8] != ' ' || (len > 12 && line[12] != ' '))
        return HEAD_FAULT_START;
    if (line[9] == '0' || !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]))
        return HEAD_FAULT_START;
    for (size_t at = 12; at < len; at++)
        if (!head_byte_is(line[at], HEAD_VALUE) && line[at] != '\t')
            return HEAD_FAULT_START;
    head->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    return HEAD_FAULT_NONE;
}

// A tab is white space in responses; nobody honest sends one in a request.
static bool is_value_byte(const struct head *head, char c)
{
    return head_byte_is(c, HEAD_VALUE) || (c == '\t' && head->kind == HEAD_RESPONSE);
}

static struct head_span trimmed(const char *bytes, uint32_t at, uint32_t end)
{
    while (at < end && (bytes[at] == ' ' || bytes[at] == '\t'))
        at++;
    while (at < end && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t'))
        end--;
    return (struct head_span){at, end - at};
}

static enum head_fault take_header_line(struct head *head, const char *bytes, uint32_t at,
                                        uint32_t end)
{
    uint32_t name_len = (uint32_t)token_len(bytes + at, end - at);
    uint32_t colon = at + name_len;
    struct head_line *line;

    if (head->line_count == head->limits.lines_max)
        return HEAD_FAULT_TOO_MANY;
    if (name_len == 0 || colon == end || bytes[colon] != ':')
        return HEAD_FAULT_LINE;
    for (uint32_t i = colon + 1; i < end; i++)
        if (!is_value_byte(head, bytes[i]))
            return HEAD_FAULT_LINE;
    line = &head->lines[head->line_count++];
    line->name = (struct head_span){at, name_len};
    line->value = trimmed(bytes, colon + 1, end);
    return head_field_take(head, bytes, line);
}

// The first bytes of something that is not HTTP (a TLS hello) are refused at once, not when
// a line happens to end. An empty line has its fault from the start line's grammar.
static bool begins_wrong(char first)
{
    return !head_byte_is(first, HEAD_TOKEN) && first != '\r' && first != '\n';
}

static uint32_t line_max(const struct head *head)
{
    if (!head->lines_at)
        return head->limits.start_max;
    // The empty line that ends the head is not counted.
    uint32_t used = head->line_at - head->lines_at;
    return head->limits.bytes_max > used + 2 ? head->limits.bytes_max - used - 2 : 0;
}

static enum head_state too_long(struct head *head)
{
    return bad(head, head->lines_at ? HEAD_FAULT_TOO_LARGE : HEAD_FAULT_START_TOO_LONG);
}

// The line from line_at to end, without its LF, is complete.
static enum head_state take_line(struct head *head, const char *bytes, uint32_t end)
{
    uint32_t at = head->line_at;
    enum head_fault fault;

    if (end - at > (size_t)line_max(head) + 1)
        return too_long(head);
    if (end == at || bytes[end - 1] != '\r')
        return bad(head, head->lines_at ? HEAD_FAULT_LINE : HEAD_FAULT_START);
    end--;
    if (head->lines_at && end == at) {
        head->len = end + 2;
        fault = head_field_end(head);
        return fault ? bad(head, fault) : HEAD_DONE;
    }
    if (head->lines_at)
        fault = take_header_line(head, bytes, at, end);
    else if (head->kind == HEAD_REQUEST)
        fault = take_request_line(head, bytes, end);
    else
        fault = take_status_line(head, bytes, end);
    if (fault)
        return bad(head, fault);
    head->line_at = head->searched = end + 2;
    if (!head->lines_at)
        head->lines_at = head->line_at;
    return HEAD_MORE;
}

enum head_state head_feed(struct head *head, const char *bytes, size_t len)
{
    enum head_state state = HEAD_MORE;

    if (len > UINT32_MAX)
        len = UINT32_MAX;
    if (len > 0 && head->searched == 0 && begins_wrong(bytes[0]))
        return bad(head, HEAD_FAULT_START);
    while (state == HEAD_MORE && head->searched < len) {
        const char *from = bytes + head->searched;
        const char *lf = memchr(from, '\n', len - head->searched);
        if (lf) {
            state = take_line(head, bytes, (uint32_t)(lf - bytes));
        } else {
            head->searched = (uint32_t)len;
            if (len - head->line_at > (size_t)line_max(head) + 1) // the last may be its CR
                return too_long(head);
        }
    }
    return state;
}

void head_lower_names(const struct head *head, char *bytes)
{
    for (uint32_t i = 0; i < head->line_count; i++) {
        char *name = bytes + head->lines[i].name.at;
        for (uint32_t at = 0; at < head->lines[i].name.len; at++)
            if (name[at] >= 'A' && name[at] <= 'Z')
                name[at] = (char)(name[at] | 0x20);
    }
}

const struct head_line *head_find(const struct head *head, const char *bytes,
                                  const char *name)
{
    for (uint32_t i = 0; i < head->line_count; i++)
        if (head_span_is(bytes, head->lines[i].name, name))
            return &head->lines[i];
    return NULL;
}
