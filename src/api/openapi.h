// The API's description as JSON: made of openapi.yaml at build time (cmake/openapi.cmake).

#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include <stddef.h>

extern const char openapi_json[]; // ends in a NUL that does not count
extern const size_t openapi_json_len;

#endif
