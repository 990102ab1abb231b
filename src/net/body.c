#include "net/body.h"

#include "net/head_field.h"

// What the next byte of a chunked body's framing is.
enum step {
    STEP_SIZE,
    STEP_EXTENSION,
    STEP_SIZE_LF,
    STEP_DATA,
    STEP_DATA_CR,
    STEP_DATA_LF,
    STEP_TRAILER, // the first byte of a trailer line, or the CR of the last, empty one
    STEP_TRAILER_NAME,
    STEP_TRAILER_VALUE,
    STEP_TRAILER_LF,
    STEP_LAST_LF,
    STEP_END,
};

enum { DIGITS_MAX = 16 };

void body_init(struct body *body, enum framing framing, uint64_t body_len, uint64_t body_max,
               uint32_t trailer_max)
{
    *body = (struct body){
        .framing = framing,
        .left = framing == FRAMING_LENGTH ? body_len : 0,
        .room = body_max,
        .trailer_max = trailer_max,
        .step = STEP_SIZE,
    };
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static enum body_state go(struct body *body, enum step step)
{
    body->step = (uint8_t)step;
    return BODY_MORE;
}

static enum body_state expect(struct body *body, char c, char expected, enum step step)
{
    return c == expected ? go(body, step) : BODY_BAD;
}

static enum body_state on_size(struct body *body, char c)
{
    int value = hex_value(c);

    if (value >= 0) {
        if (body->digits == DIGITS_MAX)
            return BODY_BAD;
        body->digits++;
        body->left = body->left << 4 | (uint64_t)value;
        return BODY_MORE;
    }
    if (body->digits == 0)
        return BODY_BAD;
    if (body->left > body->room)
        return BODY_TOO_LARGE;
    if (c == ';')
        return go(body, STEP_EXTENSION);
    return expect(body, c, '\r', STEP_SIZE_LF);
}

static enum body_state on_extension(struct body *body, char c)
{
    if (c == '\r')
        return go(body, STEP_SIZE_LF);
    if (!head_byte_is(c, HEAD_VALUE) || ++body->extensions > BODY_EXTENSIONS_MAX)
        return BODY_BAD;
    return BODY_MORE;
}

static enum body_state on_size_lf(struct body *body, char c)
{
    enum step next = body->left ? STEP_DATA : STEP_TRAILER;

    body->digits = 0;
    body->room -= body->left;
    return expect(body, c, '\n', next);
}

static enum body_state on_trailer(struct body *body, char c)
{
    if (c == '\r')
        return go(body, STEP_LAST_LF);
    if (!head_byte_is(c, HEAD_TOKEN))
        return BODY_BAD;
    if (++body->trailer_lines > BODY_TRAILER_LINES_MAX)
        return BODY_TRAILER_OVER;
    return go(body, STEP_TRAILER_NAME);
}

static enum body_state on_trailer_name(struct body *body, char c)
{
    if (c == ':')
        return go(body, STEP_TRAILER_VALUE);
    return head_byte_is(c, HEAD_TOKEN) ? BODY_MORE : BODY_BAD;
}

static enum body_state on_trailer_value(struct body *body, char c)
{
    if (c == '\r')
        return go(body, STEP_TRAILER_LF);
    return head_byte_is(c, HEAD_VALUE) ? BODY_MORE : BODY_BAD;
}

static enum body_state on_framing_byte(struct body *body, char c)
{
    if (body->step >= STEP_TRAILER && body->step <= STEP_TRAILER_LF) {
        if (body->trailer_max == 0 && c != '\r')
            return BODY_TRAILER_OVER;
        if (body->trailer_max)
            body->trailer_max--;
    }
    switch ((enum step)body->step) {
    case STEP_SIZE: return on_size(body, c);
    case STEP_EXTENSION: return on_extension(body, c);
    case STEP_SIZE_LF: return on_size_lf(body, c);
    case STEP_DATA_CR: return expect(body, c, '\r', STEP_DATA_LF);
    case STEP_DATA_LF: return expect(body, c, '\n', STEP_SIZE);
    case STEP_TRAILER: return on_trailer(body, c);
    case STEP_TRAILER_NAME: return on_trailer_name(body, c);
    case STEP_TRAILER_VALUE: return on_trailer_value(body, c);
    case STEP_TRAILER_LF: return expect(body, c, '\n', STEP_TRAILER);
    case STEP_LAST_LF:
        if (c != '\n')
            return BODY_BAD;
        go(body, STEP_END);
        return BODY_DONE;
    case STEP_DATA:
    case STEP_END: break;
    }
    return BODY_DONE;
}

// Up to the end of the data of this chunk; the rest of the bytes is for the next call.
static enum body_state take_data(struct body *body, const char *bytes, size_t len,
                                 size_t *used, struct body_piece *ret_piece)
{
    size_t piece_len = len - *used < body->left ? len - *used : (size_t)body->left;

    *ret_piece = (struct body_piece){bytes + *used, piece_len};
    *used += piece_len;
    body->left -= piece_len;
    if (body->left == 0)
        body->step = STEP_DATA_CR;
    return BODY_MORE;
}

static enum body_state read_chunked(struct body *body, const char *bytes, size_t len,
                                    size_t *ret_used, struct body_piece *ret_piece)
{
    enum body_state state = body->step == STEP_END ? BODY_DONE : BODY_MORE;
    size_t used = 0;

    while (state == BODY_MORE && used < len) {
        if (body->step == STEP_DATA) {
            state = take_data(body, bytes, len, &used, ret_piece);
            break;
        }
        state = on_framing_byte(body, bytes[used++]);
    }
    *ret_used = used;
    return state;
}

enum body_state body_read(struct body *body, const char *bytes, size_t len, size_t *ret_used,
                          struct body_piece *ret_piece)
{
    *ret_piece = (struct body_piece){bytes, 0};
    *ret_used = 0;
    if (body->framing == FRAMING_CHUNKED)
        return read_chunked(body, bytes, len, ret_used, ret_piece);
    if (body->framing == FRAMING_CLOSE) {
        *ret_used = ret_piece->len = len;
        return BODY_MORE;
    }
    *ret_used = ret_piece->len = len < body->left ? len : (size_t)body->left;
    body->left -= *ret_used;
    return body->left ? BODY_MORE : BODY_DONE;
}
