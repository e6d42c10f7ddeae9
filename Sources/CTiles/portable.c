// What the architecture promises everywhere: SSE2 on x86-64, NEON with its fused multiply-add on arm64.
#define TARGET
#define NAME "portable"
#define LANES 4
#define ROWS_ONE 8
#define LINE_ROWS_ONE 12
#if defined(__aarch64__)
#define ROWS_TWO 8
#define LINE_ROWS_TWO 12
#else
#define ROWS_TWO 6
#define LINE_ROWS_TWO 6
#endif
#include "tiles.h"

const struct upconv_tiles *upconv_portable(void) { return &tiles; }
