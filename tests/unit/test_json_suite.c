// The JSON parsing suite (tests/data/json-test-suite), and our scanner held against jansson:
// over the suite and over texts made from it by seeded mutations, both must refuse the same
// texts and read the same values, except where base/json_span.h says otherwise.

#include "base/json_span.h"

#include "base/memory.h"
#include "seeded.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILES = 318, MUTATIONS = 200000, TEXT_MAX = 4096 };

#define SUITE SOURCE_DIR "/tests/data/json-test-suite/test_parsing"

struct file {
    char name[100];
    char *text;
    size_t len;
};

static struct file files[FILES];
static size_t file_count;

// Where the standard leaves a choice (i_), these are accepted: a number is passed on as it is
// written, so its size does not matter. All others of the kind are no UTF-8, hold half a
// surrogate pair, start with a byte order mark or are too deep.
static const char *const accepted_by_choice[] = {
    "i_number_double_huge_neg_exp.json", "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",   "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",      "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",     "i_number_very_big_negative_int.json",
};

static enum error_code expected_of(const char *name)
{
    if (name[0] != 'i')
        return name[0] == 'y' ? ERR_OK : ERR_BAD_JSON;
    for (size_t i = 0; i < sizeof accepted_by_choice / sizeof *accepted_by_choice; i++)
        if (strcmp(name, accepted_by_choice[i]) == 0)
            return ERR_OK;
    return ERR_BAD_JSON;
}

static void read_file(const char *name, struct file *ret)
{
    char path[1000];
    FILE *stream;
    long len;

    snprintf(ret->name, sizeof ret->name, "%s", name);
    snprintf(path, sizeof path, SUITE "/%s", name);
    stream = fopen(path, "rb");
    assert_non_null(stream);
    assert_int_equal(fseek(stream, 0, SEEK_END), 0);
    len = ftell(stream);
    assert_true(len >= 0);
    rewind(stream);
    ret->len = (size_t)len;
    ret->text = memory_new(ret->len);
    assert_int_equal(fread(ret->text, 1, ret->len, stream), ret->len);
    fclose(stream);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int read_files(void **state)
{
    (void)state;
    DIR *directory = opendir(SUITE);
    const struct dirent *entry;

    if (!directory)
        return -1;
    while ((entry = readdir(directory)) && file_count < FILES)
        if (strstr(entry->d_name, ".json"))
            read_file(entry->d_name, &files[file_count++]);
    closedir(directory);
    // The mutations must not depend on the order in which the disk lists files.
    qsort(files, file_count, sizeof *files, by_name);
    return 0;
}

static int drop_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < file_count; i++)
        free(files[i].text);
    return 0;
}

static void the_suite_is_judged_right(void **state)
{
    (void)state;
    assert_int_equal(file_count, FILES);
    for (size_t i = 0; i < file_count; i++) {
        struct json_span span;
        enum error_code code = json_check(files[i].text, files[i].len, &span, NULL);
        if (code == ERR_JSON_TOO_DEEP)
            code = ERR_BAD_JSON;
        if (code != expected_of(files[i].name))
            fail_msg("%s", files[i].name);
    }
}

static void assert_same(const struct json_span *ours, const json_t *theirs);

static void assert_same_text(const struct json_span *ours, const json_t *theirs)
{
    char *text = memory_new(ours->len);
    size_t len;

    if (json_text(ours, text, ours->len, &len)) {
        assert_int_equal(len, json_string_length(theirs));
        assert_memory_equal(text, json_string_value(theirs), len);
    } else { // the only reason left
        assert_true(strlen(json_string_value(theirs)) < json_string_length(theirs));
    }
    free(text);
}

static void assert_same_map(const struct json_span *ours, const json_t *theirs)
{
    struct json_walk walk;
    struct json_member member;
    struct json_span first;
    size_t names = 0;

    json_walk_init(&walk, ours);
    while (json_next_member(&walk, &member)) {
        char *name = memory_new(member.name.len);
        size_t len;
        assert_true(json_text(&member.name, name, member.name.len, &len));
        size_t count = json_find(ours, name, &first);
        assert_true(count >= 1);
        names += first.at == member.value.at;
        if (count == 1) // of several, jansson keeps the last
            assert_same(&member.value, json_object_get(theirs, name));
        free(name);
    }
    assert_int_equal(names, json_object_size(theirs));
}

static void assert_same_list(const struct json_span *ours, const json_t *theirs)
{
    struct json_walk walk;
    struct json_span item;
    size_t count = 0;

    json_walk_init(&walk, ours);
    while (json_next_item(&walk, &item))
        assert_same(&item, json_array_get(theirs, count++));
    assert_int_equal(count, json_array_size(theirs));
}

static void assert_same_number(const struct json_span *ours, const json_t *theirs)
{
    char *text = memory_copy(ours->at, ours->len);
    char *end;
    double number = strtod(text, &end);
    double distance = fabs(number - json_number_value(theirs));

    assert_int_equal(*end, '\0');
    assert_true(distance <= 1e-15 * fabs(number));
    free(text);
}

static void assert_same(const struct json_span *ours, const json_t *theirs)
{
    assert_non_null(theirs);
    switch (json_typeof(theirs)) {
    case JSON_OBJECT:
        assert_int_equal(ours->kind, JSON_MAP);
        assert_same_map(ours, theirs);
        break;
    case JSON_ARRAY:
        assert_int_equal(ours->kind, JSON_LIST);
        assert_same_list(ours, theirs);
        break;
    case JSON_STRING:
        assert_int_equal(ours->kind, JSON_TEXT);
        assert_same_text(ours, theirs);
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        assert_int_equal(ours->kind, JSON_NUMBER);
        assert_same_number(ours, theirs);
        break;
    case JSON_TRUE: assert_int_equal(ours->kind, JSON_TRUE_VALUE); break;
    case JSON_FALSE: assert_int_equal(ours->kind, JSON_FALSE_VALUE); break;
    case JSON_NULL: assert_int_equal(ours->kind, JSON_NULL_VALUE); break;
    }
}

struct tally {
    size_t accepted;
    size_t refused;
    size_t differ; // by what json_span.h documents
};

// Is it a text on which the two may disagree? Each reason stands in base/json_span.h. jansson
// gives up at a number it cannot hold and at a name with a NUL, so what follows there is
// unknown to it.
static bool may_differ(const char *text, size_t len, enum error_code ours,
                       const json_error_t *theirs)
{
    enum json_error_code reason = json_error_code(theirs);

    return ours == ERR_JSON_TOO_DEEP || reason == json_error_numeric_overflow ||
           reason == json_error_null_byte_in_key || (ours && memchr(text, '\0', len));
}

static void compare(const char *text, size_t len, struct tally *tally)
{
    json_error_t error = {0};
    json_t *theirs = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    struct json_span ours;
    enum error_code code = json_check(text, len, &ours, NULL);

    if (code == ERR_OK && theirs) {
        tally->accepted++;
        assert_same(&ours, theirs);
    } else if (code != ERR_OK && !theirs) {
        tally->refused++;
    } else {
        tally->differ++;
        if (!may_differ(text, len, code, &error))
            fail_msg("we say %d, jansson \"%s\": %.*s", code, error.text, (int)len, text);
    }
    json_decref(theirs);
}

static void the_suite_is_judged_as_by_jansson(void **state)
{
    (void)state;
    struct tally tally = {0};

    for (size_t i = 0; i < file_count; i++)
        compare(files[i].text, files[i].len, &tally);
    assert_true(tally.accepted > 90 && tally.refused > 180 && tally.differ < 20);
}

static const char *const pieces[] = {
    "\"",
    "\\",
    "\\u",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "-",
    "+",
    ".",
    "e",
    "E",
    "0",
    "1",
    "9",
    "00",
    "1e5",
    "-0",
    "0.5",
    "true",
    "false",
    "null",
    "\"a\":1",
    "{\"a\":1}",
    "[1,2]",
    "\"\"",
    " ",
    "\n",
    "\t",
    "\r",
    "\f",
    "\v",
    "\x01",
    "\x1f",
    "\x7f",
    "\xc3\xa9",
    "\xe2\x82\xac",
    "\xf0\x9f\x98\x80",
    "\xc3",
    "\x80",
    "\xed\xa0\x80",
    "\xc0\xaf",
    "\xf4\x90\x80\x80",
    "\xff",
    "\xef\xbb\xbf",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\ude00",
    "\\u00e9",
    "\\n",
    "\\x",
    "\\u0041",
    "12345678901234567",
    "1.5e-10",
    "1e400",
    "\"abcdefghijklmnopqrstuvwxyz\"",
    "//",
    "'",
};

struct mutant {
    char text[TEXT_MAX + 64];
    size_t len;
};

static void replace(struct mutant *mutant, size_t at, size_t drop, const char *with,
                    size_t with_len)
{
    if (mutant->len - drop + with_len > TEXT_MAX)
        return;
    memmove(mutant->text + at + with_len, mutant->text + at + drop, mutant->len - at - drop);
    memcpy(mutant->text + at, with, with_len);
    mutant->len += with_len - drop;
}

static void mutate(struct mutant *mutant, uint64_t *random)
{
    const char *piece = pieces[seeded_below(random, sizeof pieces / sizeof *pieces)];
    size_t at = seeded_below(random, mutant->len + 1);
    size_t drop = seeded_below(random, 4);
    char copy[64];
    size_t len = seeded_below(random, sizeof copy);

    if (drop > mutant->len - at)
        drop = mutant->len - at;
    if (len > mutant->len - at)
        len = mutant->len - at;
    switch (seeded_below(random, 6)) {
    case 0: replace(mutant, at, drop, "", 0); break;
    case 1: mutant->len = at; break;
    case 2: // the same once more, elsewhere
        memcpy(copy, mutant->text + at, len);
        replace(mutant, seeded_below(random, mutant->len + 1), 0, copy, len);
        break;
    case 3: // another byte
        if (at < mutant->len)
            mutant->text[at] = (char)seeded_next(random);
        break;
    case 4: replace(mutant, at, drop, piece, strlen(piece)); break;
    default: replace(mutant, at, 0, piece, strlen(piece)); break;
    }
}

// Most come from good texts, or few would be good. Half are wrapped, so that what was a whole
// text stands inside others.
static void make_mutant(struct mutant *mutant, uint64_t *random)
{
    const struct file *file = &files[seeded_below(random, file_count)];
    size_t times = 1 + seeded_below(random, 2);

    while (expected_of(file->name) != ERR_OK && seeded_below(random, 8))
        file = &files[seeded_below(random, file_count)];
    mutant->len = file->len < TEXT_MAX / 2 ? file->len : TEXT_MAX / 2;
    memcpy(mutant->text, file->text, mutant->len);
    if (seeded_below(random, 2)) {
        static const char head[] = "{\"type\":\"order.paid\",\"data\":[";
        static const char tail[] = ",{\"id\":12,\"name\":\"J\xc3\xbcrgen \\u2014\"}]}";
        replace(mutant, 0, 0, head, sizeof head - 1);
        replace(mutant, mutant->len, 0, tail, sizeof tail - 1);
    }
    while (times--)
        mutate(mutant, random);
}

static void mutants_are_judged_as_by_jansson(void **state)
{
    (void)state;
    static struct mutant mutant;
    struct tally tally = {0};
    uint64_t random = 2024;

    for (int i = 0; i < MUTATIONS; i++) {
        // In a block of its own size, so that a read beyond the text is seen.
        char *text;
        make_mutant(&mutant, &random);
        text = malloc(mutant.len ? mutant.len : 1);
        assert_non_null(text);
        memcpy(text, mutant.text, mutant.len);
        compare(text, mutant.len, &tally);
        free(text);
    }
    print_message("accepted %zu, refused %zu, differ as documented %zu\n", tally.accepted,
                  tally.refused, tally.differ);
    assert_true(tally.accepted > MUTATIONS / 20);
    assert_true(tally.refused > MUTATIONS / 20);
    assert_true(tally.differ < MUTATIONS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_suite_is_judged_right),
        cmocka_unit_test(the_suite_is_judged_as_by_jansson),
        cmocka_unit_test(mutants_are_judged_as_by_jansson),
    };
    return cmocka_run_group_tests(tests, read_files, drop_files);
}
