#include "CTiles.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET __attribute__((target("avx2,fma")))
#define NAME "avx2"
#define LANES 8
#define ROWS_ONE 8
#define ROWS_TWO 6
#define FIRST(count) ((__m256i)((mask){0, 1, 2, 3, 4, 5, 6, 7} < (int32_t)(count)))
#define LOAD_SOME(p, count) (vec)_mm256_maskload_ps(p, FIRST(count))
#define PUT_SOME(p, v, count) _mm256_maskstore_ps(p, FIRST(count), (__m256)(v))
#define LINE_ROWS_ONE 12
#define LINE_ROWS_TWO 6
#include "tiles.h"

const struct upconv_tiles *upconv_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &tiles : NULL;
}
#else
const struct upconv_tiles *upconv_avx2(void) { return NULL; }
#endif
