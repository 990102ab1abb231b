#include "cli/doctor.h"

#include "base/clock.h"
#include "cli/escape.h"
#include "cli/say.h"
#include "cli/sheet.h"
#include "cli/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1024, JSON_MAX = 1 << 24 };

static const struct {
    const char *word, *colour;
} verdicts[] = {
    [VERDICT_OK] = {"ok", "\033[32m"},
    [VERDICT_WARN] = {"warn", "\033[33m"},
    [VERDICT_FAIL] = {"fail", "\033[31m"},
};

void doctor_init(struct doctor *doctor, bool is_json)
{
    *doctor = (struct doctor){.is_json = is_json};
    buf_init(&doctor->json, JSON_MAX);
}

static void print_line(enum verdict verdict, const char *check, const char *text)
{
    bool is_coloured = sheet_has_colours();
    struct buf safe;

    buf_init(&safe, 8 * TEXT_MAX);
    escape_text(&safe, text, strlen(text));
    if (sheet_is_for_people())
        printf("%s%-4s%s  %-9s  %s\n", is_coloured ? verdicts[verdict].colour : "",
               verdicts[verdict].word, is_coloured ? "\033[0m" : "", check, safe.data);
    else
        printf("%s\t%s\t%s", verdicts[verdict].word, check, safe.data);
    buf_done(&safe);
}

static void print_hint(const char *hint)
{
    if (!sheet_is_for_people())
        printf("\t%s\n", hint ? hint : "");
    else if (hint)
        printf("%17s%s\n", "", hint);
    fflush(stdout); // the next check may take a while
}

static void add_json(struct doctor *doctor, enum verdict verdict, const char *check,
                     const char *text, const char *hint)
{
    struct buf *json = &doctor->json;

    buf_add_str(json, json->len == 0 ? "{\"check\":" : ",{\"check\":");
    buf_add_json(json, check, strlen(check));
    buf_add_format(json, ",\"verdict\":\"%s\",\"text\":", verdicts[verdict].word);
    buf_add_json(json, text, strlen(text));
    buf_add_str(json, ",\"hint\":");
    if (hint)
        buf_add_json(json, hint, strlen(hint));
    else
        buf_add_str(json, "null");
    buf_add_char(json, '}');
}

void doctor_say(struct doctor *doctor, enum verdict verdict, const char *check,
                const char *hint, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    doctor->counts[verdict]++;
    if (doctor->is_json) {
        add_json(doctor, verdict, check, text, hint);
        return;
    }
    print_line(verdict, check, text);
    print_hint(hint);
}

int doctor_done(struct doctor *doctor)
{
    size_t failed = doctor->counts[VERDICT_FAIL];
    struct buf all;

    if (doctor->is_json) {
        buf_init(&all, JSON_MAX + 64);
        buf_add_format(&all, "{\"ok\":%s,\"checks\":[", failed == 0 ? "true" : "false");
        buf_add(&all, doctor->json.data ? doctor->json.data : "", doctor->json.len);
        buf_add_str(&all, "]}");
        view_json(all.data, all.len);
        buf_done(&all);
    }
    buf_done(&doctor->json);
    if (failed > 0)
        return say_failed(EXIT_FAILED, "%zu of these would not work", failed);
    return 0;
}
