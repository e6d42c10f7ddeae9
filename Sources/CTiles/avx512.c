#include "CTiles.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET __attribute__((target("avx512f,fma"), min_vector_width(512)))
#define NAME "avx512"
#define LANES 16
#define ROWS_ONE 16
#define ROWS_TWO 8
#define FIRST(count) ((__mmask16)((1u << (count)) - 1))
#define LOAD_SOME(p, count) (vec)_mm512_maskz_loadu_ps(FIRST(count), p)
#define PUT_SOME(p, v, count) _mm512_mask_storeu_ps(p, FIRST(count), (__m512)(v))
#define LINE_ROWS_ONE 12
#define LINE_ROWS_TWO 12
#include "tiles.h"

const struct upconv_tiles *upconv_avx512(void) { return __builtin_cpu_supports("avx512f") ? &tiles : NULL; }
#else
const struct upconv_tiles *upconv_avx512(void) { return NULL; }
#endif
