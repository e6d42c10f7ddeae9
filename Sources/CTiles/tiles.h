// The one source text of all instruction sets. The file that includes it defines TARGET (function attributes),
// NAME, LANES (numbers in a vector) and the rows of a tile for panels of one and of two vectors. A tile's
// accumulators must fit the registers: rows × vectors + vectors + 1 of them.
#include "CTiles.h"
#include <stdint.h>
#include <string.h>

typedef float vec __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t mask __attribute__((vector_size(LANES * 4), aligned(4)));

// Loops over the registers of a tile: unrolled before the compiler decides what lives in a register.
#define UNROLL _Pragma("clang loop unroll(full)")
#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE vec load(const float *p) { return *(const vec *)p; }
INLINE void put(float *p, vec v) { *(vec *)p = v; }
// A number times a vector is the number in every lane; 1 keeps every bit, zero plus it would lose a sign.
INLINE vec broadcast(float x) { return x * ((vec){} + 1.0f); }
INLINE vec choose(mask m, vec yes, vec no) { return (vec)((m & (mask)yes) | (~m & (mask)no)); }

// A vector's first `count` numbers, 0 < count < LANES; no other is touched. Where the instruction set has masks, its
// file defines LOAD_SOME and PUT_SOME; else they are moved in pieces, each half as long as the one before.
#define PIECES(MOVE) \
  if (LANES > 8 && (count & 8)) { MOVE(8) } \
  if (LANES > 4 && (count & 4)) { MOVE(4) } \
  if (count & 2) { MOVE(2) } \
  if (count & 1) { MOVE(1) }

#ifdef LOAD_SOME
INLINE vec load_some(const float *p, size_t count) { return LOAD_SOME(p, count); }
#else
INLINE vec load_some(const float *p, size_t count) {
  float numbers[LANES] = {};
  float *to = numbers;
#define MOVE(N) memcpy(to, p, N * sizeof(float)), to += N, p += N;
  PIECES(MOVE)
#undef MOVE
  return load(numbers);
}
#endif

#ifdef PUT_SOME
INLINE void put_some(float *p, vec v, size_t count) { PUT_SOME(p, v, count); }
#else
INLINE void put_some(float *p, vec v, size_t count) {
  float numbers[LANES];
  const float *from = numbers;
  put(numbers, v);
#define MOVE(N) memcpy(p, from, N * sizeof(float)), p += N, from += N;
  PIECES(MOVE)
#undef MOVE
}
#endif

#include "activations.h"

// Multiplications of a sum from which on its output is sent for beforehand.
#define LEAST_PREFETCHED_DEPTH 32

// One tile. R and V are constants at every call, so the accumulators live in registers.
INLINE void tile(const size_t R, const size_t V, const struct upconv_product *p, size_t first, const char *next,
    size_t next_step) {
  vec sum[R][V];
  const float *row[R];
  float *out[R];
  UNROLL for (size_t r = 0; r < R; r++) {
    row[r] = p->input + p->input_offsets[first + r];
    out[r] = p->output + p->output_offsets[first + r];
  }
  // Long sums take long enough for the lines that they go to to arrive.
  if (p->segments * p->depth >= LEAST_PREFETCHED_DEPTH)
    UNROLL for (size_t r = 0; r < R; r++) {
      __builtin_prefetch(out[r], 1);
      if (V * LANES > 16 - LANES) __builtin_prefetch(out[r] + V * LANES - 1, 1);
    }
  const size_t columns = p->columns;
  if (p->bias) {
    UNROLL for (size_t v = 0; v < V; v++) {
      vec start;
      if (columns >= (v + 1) * LANES) start = load(p->bias + v * LANES);
      else start = load_some(p->bias + v * LANES, columns - v * LANES);
      UNROLL for (size_t r = 0; r < R; r++) sum[r][v] = start;
    }
  } else if (columns == V * LANES) {
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++) sum[r][v] = load(out[r] + v * LANES);
  } else {
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++)
        sum[r][v] = columns >= (v + 1) * LANES ? load(out[r] + v * LANES) : load_some(out[r] + v * LANES, columns - v * LANES);
  }

  const float *b = p->panel;
  const size_t depth = p->depth;
  for (size_t s = 0; s < p->segments; s++) {
    const ptrdiff_t segment = p->segment_offsets[s];
    const float *a[R];
    UNROLL for (size_t r = 0; r < R; r++) a[r] = row[r] + segment;
    for (size_t k = 0; k < depth; k++) {
      vec w[V];
      UNROLL for (size_t v = 0; v < V; v++) w[v] = load(b + v * LANES);
      b += V * LANES;
      __builtin_prefetch(next, 0, 2);
      next += next_step;
      UNROLL for (size_t r = 0; r < R; r++) {
        const float x = a[r][k];
        UNROLL for (size_t v = 0; v < V; v++) sum[r][v] += x * w[v];
      }
    }
  }

  if (p->activation.function == UPCONV_RELU) {
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++) sum[r][v] = rectified(sum[r][v], UPCONV_RELU, (vec){});
  } else if (p->activation.function == UPCONV_LEAKY_RELU) {
    const vec slope = broadcast(p->activation.slope);
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++) sum[r][v] = rectified(sum[r][v], UPCONV_LEAKY_RELU, slope);
  } else if (p->activation.function == UPCONV_PARAMETRIC_RELU) {
    // One vector of slopes at a time: the sums leave room for no more.
    UNROLL for (size_t v = 0; v < V; v++) {
      const vec slopes = slopes_at(&p->activation, v * LANES, columns - v * LANES);
      UNROLL for (size_t r = 0; r < R; r++) sum[r][v] = rectified(sum[r][v], UPCONV_LEAKY_RELU, slopes);
    }
  }
  if (columns == V * LANES) {
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++) put(out[r] + v * LANES, sum[r][v]);
  } else {
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++) {
        if (columns >= (v + 1) * LANES) put(out[r] + v * LANES, sum[r][v]);
        else put_some(out[r] + v * LANES, sum[r][v], columns - v * LANES);
      }
  }
}

// A tile for every number of rows: what is left over at the end costs no more than its share.
#if ROWS_ONE > 8
#define HEIGHTS_ONE(CASE) \
  CASE(1, 1) CASE(2, 1) CASE(3, 1) CASE(4, 1) CASE(5, 1) CASE(6, 1) CASE(7, 1) CASE(8, 1) \
  CASE(9, 1) CASE(10, 1) CASE(11, 1) CASE(12, 1) CASE(13, 1) CASE(14, 1) CASE(15, 1) CASE(16, 1)
#else
#define HEIGHTS_ONE(CASE) \
  CASE(1, 1) CASE(2, 1) CASE(3, 1) CASE(4, 1) CASE(5, 1) CASE(6, 1) CASE(7, 1) CASE(8, 1)
#endif
#if ROWS_TWO > 6
#define HEIGHTS_TWO(CASE) \
  CASE(1, 2) CASE(2, 2) CASE(3, 2) CASE(4, 2) CASE(5, 2) CASE(6, 2) CASE(7, 2) CASE(8, 2)
#else
#define HEIGHTS_TWO(CASE) \
  CASE(1, 2) CASE(2, 2) CASE(3, 2) CASE(4, 2) CASE(5, 2) CASE(6, 2)
#endif

// All rows of a product in tiles of nearly the same height, rather than full ones and a sliver. Each tile fetches its
// share of the next panel a little with each row of this one, so that memory is busy all the time and never waited
// for; fetched in one go, a panel that comes from far away cost two thirds of the time.
#define EACH_TILE(p, depth_of_panel, CASE, AFTER) \
  const size_t most = (p)->panel_vectors == 1 ? ROWS_ONE : ROWS_TWO; \
  size_t tiles = ((p)->rows + most - 1) / most; \
  const char *next = (const char *)((p)->next_panel ? (p)->next_panel : (p)->panel); \
  const size_t next_step = (p)->next_panel && tiles ? (p)->panel_vectors * sizeof(vec) / tiles : 0; \
  for (size_t first = 0; tiles > 0; tiles--) { \
    const size_t rows = ((p)->rows - first + tiles - 1) / tiles; \
    if ((p)->panel_vectors == 1) { \
      switch (rows) { HEIGHTS_ONE(CASE) } \
    } else { \
      switch (rows) { HEIGHTS_TWO(CASE) } \
    } \
    AFTER \
    first += rows; \
    next += (depth_of_panel) * next_step; \
  }

#define PRODUCT_CASE(R, V) \
  case R: tile(R, V, p, first, next, next_step); break;

// What a tile has stored is still in the first-level cache.
#define AFTER_PRODUCT \
  if (is_function(&p->activation)) \
    activate_stored(&p->activation, p->output, p->output_offsets + first, rows, p->columns);

TARGET static void product(const struct upconv_product *p) {
  EACH_TILE(p, p->segments * p->depth, PRODUCT_CASE, AFTER_PRODUCT)
}

#include "matrix.h"
#include "lines.h"
#include "winograd.h"
#include "moving.h"
#include "strassen.h"

TARGET static float peak(size_t rounds) {
  vec sum[12];
  const vec factor = broadcast(0.999f), addend = broadcast(0.5f);
  for (size_t i = 0; i < 12; i++) sum[i] = broadcast((float)i);
  for (size_t n = 0; n < rounds; n++) {
    for (size_t i = 0; i < 12; i++) sum[i] = sum[i] * factor + addend;
    // Keeps the rounds apart, so that none is folded into the next.
    __asm__ volatile("" : "+r"(n));
  }
  vec all = {};
  for (size_t i = 0; i < 12; i++) all += sum[i];
  return all[0];
}

static const struct upconv_tiles tiles = {
    NAME, LANES, product, matrix_product, strassen_product, line_product, input_transform, output_transform,
    transpose, pixel_lines, pair_sums, add_scaled, largest, copy, activate, peak,
};
