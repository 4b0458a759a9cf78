#pragma once
#include <string.h>
#include <zlib.h>

// deflateInit2 is a macro that passes the header's version and the struct's size; Swift imports neither kind of macro.
static inline int voicera_deflate_init_gzip(z_stream *stream, int level) {
    memset(stream, 0, sizeof *stream);
    // 15 bits of window, and 16 more for the wrapper of gzip instead of zlib's.
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
