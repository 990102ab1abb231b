#include "serve/privileges.h"

#include "base/log.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static enum error_code become(uid_t uid, gid_t gid, const char *folder, struct error *error)
{
    if (chown(folder, uid, gid) != 0 || setgroups(0, NULL) != 0 || setgid(gid) != 0 ||
        setuid(uid) != 0)
        return error_at(error, ERR_PERMISSION, "user", "cannot become user %u: %s",
                        (unsigned)uid, strerror(errno));
    return ERR_OK;
}

enum error_code privileges_drop(const char *user, const char *folder, struct error *error)
{
    struct passwd *entry;
    struct stat stat_of;

    if (geteuid() != 0)
        return user ? error_at(error, ERR_CONFIG, "user", "only root can become another user")
                    : ERR_OK;
    if (user) {
        entry = getpwnam(user);
        if (!entry)
            return error_at(error, ERR_CONFIG, "user", "there is no user %s", user);
        return become(entry->pw_uid, entry->pw_gid, folder, error);
    }
    if (stat(folder, &stat_of) != 0)
        return error_at(error, ERR_IO, "data-dir", "%s: %s", folder, strerror(errno));
    if (stat_of.st_uid != 0)
        return become(stat_of.st_uid, stat_of.st_gid, folder, error);
    log_write(
        LOG_WARNING, "privileges.root",
        "running as root, because root owns %s; give the folder to a user of its own, or "
        "say --user",
        folder);
    return ERR_OK;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = true }; // the leak check traces the process
#else
enum { IS_SANITIZED = false };
#endif

void privileges_harden(void)
{
    struct rlimit none = {0, 0};

    umask(077);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!IS_SANITIZED)
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
