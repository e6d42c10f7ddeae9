// zlib's initialisers are macros, which Swift cannot import; each is wrapped once.
#pragma once
#include <zlib.h>

static inline int upconv_inflateInit2(z_streamp stream, int windowBits) {
  return inflateInit2(stream, windowBits);
}

static inline int upconv_deflateInit2(z_streamp stream, int level, int windowBits, int memLevel) {
  return deflateInit2(stream, level, Z_DEFLATED, windowBits, memLevel, Z_DEFAULT_STRATEGY);
}
