// What a server needs of the machine it runs on.

#include "cli/doctor.h"

#include "base/clock.h"
#include "cli/place.h"
#include "net/tls.h"

#include <arpa/nameser.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/x509.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

enum { FILES_WANTED = 4096, ANSWER_MAX = 4096 };

static const int64_t program_made_ms = 1767225600000; // 2026: no clock is right before that

static void check_files(struct doctor *doctor)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    if (files.rlim_max < FILES_WANTED)
        doctor_say(doctor, VERDICT_WARN, "files",
                   "LimitNOFILE=65536 in the unit, or ulimit -Hn 65536",
                   "a process here may have %llu files and connections open, which is few",
                   (unsigned long long)files.rlim_max);
    else
        doctor_say(doctor, VERDICT_OK, "files", NULL,
                   "a process here may have %llu files and connections open",
                   (unsigned long long)files.rlim_max);
}

// Asks the configured name server for the root's: a question that says nothing about us.
static void check_resolver(struct doctor *doctor)
{
    unsigned char answer[ANSWER_MAX];
    struct __res_state state = {0};
    int len = -1;

    if (res_ninit(&state) == 0) {
        state.retrans = 2;
        state.retry = 1;
        len = res_nquery(&state, ".", ns_c_in, ns_t_ns, answer, sizeof answer);
        res_nclose(&state);
    }
    if (len > 0)
        doctor_say(doctor, VERDICT_OK, "names", NULL, "the name server answers");
    else
        doctor_say(doctor, VERDICT_WARN, "names",
                   "see /etc/resolv.conf; endpoints that are named by address work without",
                   "the name server does not answer");
}

static bool has_entries(const char *folder)
{
    DIR *list = opendir(folder);
    size_t count = 0;

    while (list && count <= 2 && readdir(list))
        count++;
    if (list)
        closedir(list);
    return count > 2; // . and ..
}

static void check_authorities(struct doctor *doctor, const char *ca_file)
{
    struct tls_client *client = NULL;
    struct error error = {0};

    if (ca_file && tls_client_new(ca_file, &client, &error) != ERR_OK)
        doctor_say(doctor, VERDICT_FAIL, "ca", "--ca-file of posthorn serve names it", "%s",
                   error.text);
    else if (!ca_file && access(X509_get_default_cert_file(), R_OK) != 0 &&
             !has_entries(X509_get_default_cert_dir()))
        doctor_say(doctor, VERDICT_FAIL, "ca", "apt install ca-certificates",
                   "there are no certificate authorities in %s: no https endpoint can be "
                   "trusted",
                   X509_get_default_cert_dir());
    else
        doctor_say(doctor, VERDICT_OK, "ca", NULL, "certificate authorities are in %s",
                   ca_file ? ca_file : X509_get_default_cert_dir());
    tls_client_free(client);
}

static void check_time(struct doctor *doctor)
{
    struct timex state = {0};
    int answer = adjtimex(&state);

    if (clock_now().wall_ms < program_made_ms)
        doctor_say(doctor, VERDICT_FAIL, "time", "timedatectl set-ntp true",
                   "this machine's clock is years behind");
    else if (answer == TIME_ERROR || (answer >= 0 && (state.status & STA_UNSYNC)))
        doctor_say(doctor, VERDICT_WARN, "time",
                   "timedatectl set-ntp true; in a container look at its host",
                   "nothing keeps this machine's clock right");
    else
        doctor_say(doctor, VERDICT_OK, "time", NULL, "this machine's clock is kept right");
}

void doctor_machine(struct doctor *doctor, const struct place *place)
{
    check_files(doctor);
    check_resolver(doctor);
    check_authorities(doctor, place->options.ca_file);
    check_time(doctor);
}
