#include "api/translate.h"

#include "api/json_tree.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum error_code translate_skip(void *owner, const char *name, const json_t *value,
                               struct error *error)
{
    (void)owner;
    (void)name;
    (void)value;
    (void)error;
    return ERR_OK;
}

static void name_theirs(const struct word *words, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(error->field, words[i].ours) == 0) {
            assert(strlen(words[i].theirs) < sizeof error->field);
            memcpy(error->field, words[i].theirs, strlen(words[i].theirs) + 1);
            return;
        }
    }
}

enum error_code translate_ask(struct request *request, struct op *op,
                              const struct word *words, size_t count, ask_fn *ask,
                              struct error *error)
{
    json_t *theirs = request->json, *ours = json_object();

    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(theirs, words[i].theirs);
        if (value != NULL) {
            json_object_set(ours, words[i].ours, value);
        }
    }
    request->json = ours;
    enum error_code code = ask(request, op, error);
    request->json = theirs; // it may be asked again
    json_decref(ours);
    if (code != ERR_OK) {
        name_theirs(words, count, error);
    }
    return code;
}

json_t *translate_take_answer(struct request *request)
{
    json_error_t why;
    json_t *answer = json_tree(request->answer.data, request->answer.len, 0, &why);

    assert(answer != NULL);
    memory_wipe(request->answer.data, request->answer.len);
    buf_clear(&request->answer);
    return answer;
}
