#include "CTiles.h"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,fma"), min_vector_width(512)))
#define NAME "avx512"
#define LANES 16
#define ROWS_ONE 8
#define ROWS_TWO 8
#define LINE_ROWS_ONE 12
#define LINE_ROWS_TWO 12
#include "tiles.h"

const struct upconv_tiles *upconv_avx512(void) { return __builtin_cpu_supports("avx512f") ? &tiles : NULL; }
#else
const struct upconv_tiles *upconv_avx512(void) { return NULL; }
#endif
