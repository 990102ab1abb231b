// The sealed things of a webhook: its signing secret, and the headers that its owner set.

#ifndef API_WEBHOOK_SECRETS_H
#define API_WEBHOOK_SECRETS_H

#include "base/error.h"
#include "hook/profile.h"
#include "hook/rows.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct op;
struct request;
struct settings;

// The secret that a webhook shall have: the one given (NULL: none), or a fresh one, or none
// at all (ret is "" then), as the profile says. Errors: ERR_INVALID_FIELD, field "secret".
enum error_code webhook_secret_choose(const struct profile *profile, const char *given,
                                      char ret[PROFILE_SECRET_MAX],
                                      struct error *error) MUST_CHECK;
// May the answer that made it show it?
bool webhook_secret_shows(const struct profile *profile);

// An update of the webhook that was found that leaves it as it is, for rows of secrets to be
// added to.
void webhook_put_unchanged(struct request *request, struct op *op);
// Adds a row to op's, in which the webhook's row must stand already. The store counts its
// version.
void webhook_secret_add(struct request *request, struct op *op, enum secret_kind kind,
                        const char *plain, size_t len);
// The headers, where there are any; those that stood there before go.
void webhook_headers_add(struct request *request, struct op *op,
                         const struct settings *settings);

// The newest secret of that kind among those of the webhook that was found; NULL: none.
const struct secret_row *webhook_secret_find(const struct op *found, enum secret_kind kind);
// Appends it unsealed. Errors: ERR_DAMAGED, ERR_CONFIG.
enum error_code webhook_secret_open(const struct request *request,
                                    const struct secret_row *row, struct buf *ret,
                                    struct error *error) MUST_CHECK;
// All settings of the webhook that was found. Errors: ERR_DAMAGED, ERR_CONFIG.
enum error_code webhook_settings_found(const struct request *request, struct settings *ret,
                                       struct error *error) MUST_CHECK;

#endif
