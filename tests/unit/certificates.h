// Certificates by recipe, good and bad, signed by an authority made for the test. Setting up
// and tearing down are cmocka's, for a group of tests.

#ifndef TESTS_CERTIFICATES_H
#define TESTS_CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

enum { HOUR = 3600 };

struct recipe {
    const char *cn;
    const char *names; // of subjectAltName, as OpenSSL writes them; NULL: none
    const char *usage; // extendedKeyUsage; NULL: serverAuth
    long from, until;  // seconds from now
    bool is_self_signed;
    bool is_weak; // RSA of 1024 bits
    bool is_sha1;
};

extern char certificates_authority[]; // the file of the authority's certificate

int certificates_set_up(void **state);
int certificates_tear_down(void **state);
X509 *certificates_make(const struct recipe *recipe); // the caller's
EVP_PKEY *certificates_key(const struct recipe *recipe);

#endif
