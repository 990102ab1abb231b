#include "serve/profile_folder.h"

#include "base/buf.h"
#include "hook/profile.h"
#include "hook/profile_files.h"
#include "serve/files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROFILE_BYTES_MAX = 1 << 20 };

static enum error_code load_text(struct profile_set *set, const char *name, const char *text,
                                 size_t len, struct error *error)
{
    struct profile *profile;
    enum error_code code = profile_load(name, text, len, &profile, error);

    if (code == ERR_OK)
        profile_set_add(set, profile);
    return code;
}

static enum error_code load_file(struct profile_set *set, const char *folder,
                                 const char *name, struct error *error)
{
    char path[PATH_MAX];
    struct buf text;
    bool is_found;
    enum error_code code;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return error_at(error, ERR_CONFIG, "profiles", "the path of %s is too long", name);
    buf_init(&text, PROFILE_BYTES_MAX);
    code = files_read(path, false, &text, &is_found, error);
    if (code == ERR_OK)
        code = load_text(set, path, text.data ? text.data : "", text.len, error);
    buf_done(&text);
    return code;
}

static int is_profile(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static enum error_code load_folder(struct profile_set *set, const char *folder,
                                   struct error *error)
{
    struct dirent **entries;
    enum error_code code = ERR_OK;
    int count = scandir(folder, &entries, is_profile, alphasort);

    if (count < 0)
        return error_at(error, ERR_CONFIG, "profiles", "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (code == ERR_OK)
            code = load_file(set, folder, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    return code;
}

enum error_code profile_folder_load(const char *folder, struct profile_set *ret,
                                    struct error *error)
{
    for (size_t i = 0; i < profile_files_count; i++) {
        const struct profile_file *file = &profile_files[i];
        enum error_code code = load_text(ret, file->name, file->text, file->len, error);

        if (code != ERR_OK)
            return code;
    }
    return folder ? load_folder(ret, folder, error) : ERR_OK;
}
