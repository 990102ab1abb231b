// Evidence: whatever bytes lie in the store, unpacking them reads nothing beyond. The check
// sum is made right, or no input would ever come past it.

#include "hook/evidence.h"

#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { CRC_AT = 2, REST_AT = 6 };
    struct evidence evidence;
    unsigned char *packed = memory_copy(data, len);
    if (len >= REST_AT) {
        uint32_t crc = text_crc32(packed + REST_AT, len - REST_AT);
        for (int i = 0; i < 4; i++)
            packed[CRC_AT + i] = (unsigned char)(crc >> 8 * i);
    }
    if (evidence_unpack(packed, len, &evidence)) {
        assert(evidence.request_head_len + evidence.response_body_len <= len);
        assert(strlen(evidence.url) <= len && strlen(evidence.detail) <= len);
        evidence_done(&evidence);
    }
    free(packed);
    return 0;
}
