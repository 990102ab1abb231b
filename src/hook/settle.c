#include "hook/settle.h"

#include <stdlib.h>

void settle_free(struct settle *settle)
{
    if (!settle)
        return;
    free(settle->attempt.detail);
    free(settle);
}
