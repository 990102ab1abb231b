// Reads openapi.yaml and writes the C source of what GET /openapi.json answers: the same
// document as JSON. Run at build time, so that there is one source and no copy to forget.
//
//     embed_openapi openapi.yaml openapi_json.c
//
// YAML's core schema, as far as such documents go: a plain scalar is null, a flag, a number
// or a text; a quoted or folded one is a text. Anchors, tags and keys that are no text are
// refused, so that nothing is read in another way than a YAML parser would.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 64 };

struct writer {
    FILE *to;
    int column;
    struct level {
        int is_map;
        int count; // of keys and values
    } levels[DEPTH_MAX];
    int depth;
};

static void refuse(const char *why, size_t line)
{
    fprintf(stderr, "openapi.yaml:%zu: %s\n", line + 1, why);
    exit(1);
}

// As C spells it: an octal escape has three digits, so nothing that follows joins it.
static void put_byte(struct writer *writer, unsigned char byte)
{
    int is_plain = byte >= 0x20 && byte < 0x7f && strchr("\"\\?", byte) == NULL;

    fprintf(writer->to, is_plain ? "%c" : "\\%03o", byte);
    if (++writer->column % 80 == 0) {
        fputs("\"\n\"", writer->to);
    }
}

static void put(struct writer *writer, const char *text)
{
    for (; *text != '\0'; text++) {
        put_byte(writer, (unsigned char)*text);
    }
}

static void put_text(struct writer *writer, const char *text, size_t len)
{
    char escape[8];

    put(writer, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\' || byte < 0x20) {
            snprintf(escape, sizeof escape, byte < 0x20 ? "\\u%04x" : "\\%c", byte);
            put(writer, escape);
        } else {
            put_byte(writer, byte);
        }
    }
    put(writer, "\"");
}

static int is_number(const char *text)
{
    char *end;

    text += *text == '-';
    if (!isdigit((unsigned char)*text) || (*text == '0' && isdigit((unsigned char)text[1]))) {
        return 0;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (!isdigit((unsigned char)*at) && strchr(".eE+-", *at) == NULL) {
            return 0;
        }
    }
    (void)strtod(text, &end);
    return *end == '\0' && end[-1] != '.';
}

static int is_one_of(const char *text, const char *const words[])
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return 1;
        }
    }
    return 0;
}

// Words that YAML 1.1 and 1.2, or two parsers, read in two ways.
static const char *const unclear[] = {"yes", "no", "on",  "off", "Yes", "No",  "On",
                                      "Off", "~",  "YES", "NO",  "ON",  "OFF", NULL};
static const char *const literals[] = {"null", "true", "false", NULL};

static void put_scalar(struct writer *writer, const yaml_event_t *event, int is_key)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length, line = event->start_mark.line;
    int is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL) {
        refuse("anchors and tags are not understood", line);
    }
    if (is_plain && (len == 0 || is_one_of(text, unclear))) {
        refuse("say it in quotes, or say null, true or false", line);
    }
    int is_bare = is_plain && (is_one_of(text, literals) || is_number(text));
    if (is_bare && is_key) {
        refuse("a name must be a text: put it in quotes", line);
    }
    if (is_bare) {
        put(writer, text);
    } else {
        put_text(writer, text, len);
    }
}

// What stands before the next value. Is that value a name?
static int put_separator(struct writer *writer)
{
    if (writer->depth == 0) {
        return 0;
    }
    struct level *level = &writer->levels[writer->depth - 1];
    int is_key = level->is_map && level->count % 2 == 0;
    if (level->count > 0) {
        put(writer, level->is_map && !is_key ? ":" : ",");
    }
    level->count++;
    return is_key;
}

static void open_level(struct writer *writer, int is_map, size_t line)
{
    if (put_separator(writer)) {
        refuse("a name must be a text", line);
    }
    if (writer->depth == DEPTH_MAX) {
        refuse("too deep", line);
    }
    writer->levels[writer->depth++] = (struct level){.is_map = is_map};
    put(writer, is_map ? "{" : "[");
}

static void put_event(struct writer *writer, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: put_scalar(writer, event, put_separator(writer)); break;
    case YAML_MAPPING_START_EVENT: open_level(writer, 1, event->start_mark.line); break;
    case YAML_SEQUENCE_START_EVENT: open_level(writer, 0, event->start_mark.line); break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        writer->depth--;
        put(writer, event->type == YAML_MAPPING_END_EVENT ? "}" : "]");
        break;
    case YAML_ALIAS_EVENT:
        refuse("aliases are not understood", event->start_mark.line);
        break;
    default: break;
    }
}

static void put_document(struct writer *writer, yaml_parser_t *parser)
{
    yaml_event_type_t type;

    do {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            refuse(parser->problem, parser->problem_mark.line);
        }
        type = event.type;
        put_event(writer, &event);
        yaml_event_delete(&event);
    } while (type != YAML_STREAM_END_EVENT);
}

int main(int argc, char **argv)
{
    FILE *from = argc == 3 ? fopen(argv[1], "rb") : NULL;
    struct writer writer = {.to = from != NULL ? fopen(argv[2], "w") : NULL};
    yaml_parser_t parser;

    if (writer.to == NULL || !yaml_parser_initialize(&parser)) {
        perror("embed_openapi");
        return 1;
    }
    fputs("#include \"api/openapi.h\"\n\nconst char openapi_json[] =\n\"", writer.to);
    yaml_parser_set_input_file(&parser, from);
    put_document(&writer, &parser);
    yaml_parser_delete(&parser);
    fclose(from);
    fputs("\";\nconst size_t openapi_json_len = sizeof openapi_json - 1;\n", writer.to);
    if (fclose(writer.to) != 0) {
        perror(argv[2]);
        return 1;
    }
    return 0;
}
