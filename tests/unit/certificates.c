#include "certificates.h"

#include <assert.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static EVP_PKEY *ca_key, *leaf_key, *weak_key;
static X509 *ca_cert;
char certificates_authority[] = "/tmp/posthorn-test-ca-XXXXXX";

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert(extension);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *cert_new(const char *cn, long from, long until, EVP_PKEY *key)
{
    static long serial = 1;
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), from);
    X509_gmtime_adj(X509_getm_notAfter(cert), until);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)cn, -1, -1, 0);
    return cert;
}

EVP_PKEY *certificates_key(const struct recipe *recipe)
{
    return recipe->is_weak ? weak_key : leaf_key;
}

X509 *certificates_make(const struct recipe *recipe)
{
    EVP_PKEY *key = certificates_key(recipe);
    X509 *cert = cert_new(recipe->cn, recipe->from, recipe->until, key);
    X509 *issuer = recipe->is_self_signed ? cert : ca_cert;
    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    if (recipe->names)
        add_extension(cert, issuer, NID_subject_alt_name, recipe->names);
    add_extension(cert, issuer, NID_ext_key_usage,
                  recipe->usage ? recipe->usage : "serverAuth");
    X509_sign(cert, recipe->is_self_signed ? key : ca_key,
              recipe->is_sha1 ? EVP_sha1() : EVP_sha256());
    return cert;
}

int certificates_set_up(void **state)
{
    (void)state;
    ca_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    weak_key = EVP_RSA_gen(1024);
    ca_cert = cert_new("Test authority", -HOUR, HOUR, ca_key);
    X509_set_issuer_name(ca_cert, X509_get_subject_name(ca_cert));
    add_extension(ca_cert, ca_cert, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(ca_cert, ca_key, EVP_sha256());
    FILE *file = fdopen(mkstemp(certificates_authority), "w");
    PEM_write_X509(file, ca_cert);
    return fclose(file);
}

int certificates_tear_down(void **state)
{
    (void)state;
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(leaf_key);
    EVP_PKEY_free(weak_key);
    X509_free(ca_cert);
    return unlink(certificates_authority);
}
