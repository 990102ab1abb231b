// The conformance suite on SQLite, with runs of seven rows.

#include "store/conformance.h"
#include "store/scratch.h"

#include <stdio.h>

int main(void)
{
    char folder[SCRATCH_MAX];
    char url[200];
    int failed;

    scratch_make(folder, "conformance");
    snprintf(url, sizeof url, "sqlite:%s/*.db?run_rows=7", folder);
    failed = run_conformance(&store_sqlite, url);
    scratch_remove(folder);
    return failed;
}
