// posthorn doctor: what to run when something is wrong. It looks and says; it changes
// nothing.

#include "cli/args.h"
#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/place.h"
#include "cli/session.h"

#include <stdlib.h>
#include <sys/stat.h>

static bool names_a_place(const struct args *args)
{
    return args_has(args, FLAG_DATA_DIR) || args_has(args, FLAG_STORE) ||
           args_has(args, FLAG_CONFIG);
}

static bool names_a_server(const struct args *args)
{
    const char *url = getenv("POSTHORN_URL");

    return args_has(args, FLAG_URL) || (url && url[0]);
}

static bool is_there(const char *folder)
{
    struct stat status;

    return stat(folder, &status) == 0;
}

// Whichever of the two is named; where none is, the server, and the folder if there is one.
int cmd_doctor(const struct args *args)
{
    struct doctor doctor;
    struct session session = {0};
    struct place place;
    int code = place_find(&place, args);

    doctor_init(&doctor, args_has(args, FLAG_JSON));
    if (code == 0 && (names_a_server(args) || !names_a_place(args))) {
        if (session_open(&session, args) == 0)
            doctor_server(&doctor, &session);
        else // it has said why
            doctor_say(&doctor, VERDICT_FAIL, "server", NULL,
                       "it was not asked: its URL or the key's file is wrong");
        session_close(&session);
    }
    if (code == 0 && (names_a_place(args) ||
                      (!names_a_server(args) && is_there(place.options.data_dir)))) {
        doctor_folder(&doctor, &place);
        doctor_machine(&doctor, &place);
    }
    place_done(&place);
    if (code == 0)
        return doctor_done(&doctor);
    buf_done(&doctor.json);
    return code;
}
