#include "base/error.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/option.h"
#include "cli/option_value.h"
#include "serve/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Variables that would change how names are resolved or keys are written; nothing of ours
// reads them, and libraries must not.
static void forget_environment(void)
{
    static const char *const names[] = {"SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR",
                                        "RES_OPTIONS",   "LOCALDOMAIN",   "HOSTALIASES"};
    static const char *const proxies[] = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
                                          "http_proxy", "https_proxy", "all_proxy"};

    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++) {
        if (getenv(proxies[i]))
            fprintf(stderr, "posthorn: %s is ignored\n", proxies[i]);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

int cmd_serve(const struct args *args)
{
    char **argv = args->argv;
    struct serve_options options;
    struct error error = {0};
    int code;

    if (argv[0] && strcmp(argv[0], "--help") == 0) {
        option_help(stdout);
        return 0;
    }
    if (option_read(argv, &options, &error) != ERR_OK) {
        fprintf(stderr, "posthorn: %s%s%s\n", error.field, error.field[0] ? ": " : "",
                error.text);
        option_done(&options);
        return error_exit_code(error.code);
    }
    forget_environment();
    code = serve_run(&options);
    option_done(&options);
    return code;
}
