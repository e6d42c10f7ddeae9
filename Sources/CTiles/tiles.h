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

// A comparison with a NaN is false, so a NaN stays what it is.
INLINE vec stored(vec x, enum upconv_store store, float slope) {
  switch (store) {
  case UPCONV_STORE_RELU: return choose(x < 0, (vec){}, x);
  case UPCONV_STORE_LEAKY_RELU: return choose(x < 0, x * slope, x);
  default: return x;
  }
}

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

  if (p->store != UPCONV_STORE_LINEAR)
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++) sum[r][v] = stored(sum[r][v], p->store, p->slope);
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
#define EACH_TILE(p, depth_of_panel, CASE) \
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
    first += rows; \
    next += (depth_of_panel) * next_step; \
  }

#define PRODUCT_CASE(R, V) \
  case R: tile(R, V, p, first, next, next_step); break;

TARGET static void product(const struct upconv_product *p) {
  EACH_TILE(p, p->segments * p->depth, PRODUCT_CASE)
}

#include "matrix.h"
#include "lines.h"
#include "winograd.h"

// ---- Moving numbers.

// Without the sign, numbers order as their bits do, infinity above them and every NaN above infinity.
INLINE mask larger(mask largest, vec x) { return __builtin_elementwise_max((mask)x & 0x7fffffff, largest); }

INLINE float largest_lane(mask m) {
  int32_t most = 0;
  for (size_t i = 0; i < LANES; i++) most = m[i] > most ? m[i] : most;
  float number;
  memcpy(&number, &most, sizeof number);
  return number;
}

// A square of LANES × LANES numbers, turned over in registers: pairs of neighbours, then pairs of pairs, then quarters
// of four numbers.
INLINE void turn_square(vec v[LANES]) {
  vec t[LANES];
#define PAIRS(A, B) \
  UNROLL for (size_t i = 0; i < LANES; i += 2) { t[i] = A(v[i], v[i + 1]), t[i + 1] = B(v[i], v[i + 1]); }
#define QUADS(A, B) \
  UNROLL for (size_t i = 0; i < LANES; i += 4) { \
    v[i] = A(t[i], t[i + 2]), v[i + 1] = B(t[i], t[i + 2]); \
    v[i + 2] = A(t[i + 1], t[i + 3]), v[i + 3] = B(t[i + 1], t[i + 3]); \
  }
#if LANES == 16
#define LOW(A, B) __builtin_shufflevector(A, B, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH(A, B) __builtin_shufflevector(A, B, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LOW_PAIRS(A, B) __builtin_shufflevector(A, B, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH_PAIRS(A, B) __builtin_shufflevector(A, B, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define EVEN(A, B) __builtin_shufflevector(A, B, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD(A, B) __builtin_shufflevector(A, B, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
#elif LANES == 8
#define LOW(A, B) __builtin_shufflevector(A, B, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(A, B) __builtin_shufflevector(A, B, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW_PAIRS(A, B) __builtin_shufflevector(A, B, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH_PAIRS(A, B) __builtin_shufflevector(A, B, 2, 3, 10, 11, 6, 7, 14, 15)
#define EVEN(A, B) __builtin_shufflevector(A, B, 0, 1, 2, 3, 8, 9, 10, 11)
#define ODD(A, B) __builtin_shufflevector(A, B, 4, 5, 6, 7, 12, 13, 14, 15)
#else
#define LOW(A, B) __builtin_shufflevector(A, B, 0, 4, 1, 5)
#define HIGH(A, B) __builtin_shufflevector(A, B, 2, 6, 3, 7)
#define LOW_PAIRS(A, B) __builtin_shufflevector(A, B, 0, 1, 4, 5)
#define HIGH_PAIRS(A, B) __builtin_shufflevector(A, B, 2, 3, 6, 7)
#endif
  PAIRS(LOW, HIGH)
  QUADS(LOW_PAIRS, HIGH_PAIRS)
  // Now quarter q of v[4·g + j] holds column 4·q + j of rows 4·g to 4·g + 3.
#if LANES == 16
  UNROLL for (size_t j = 0; j < 4; j++) {
    const vec a = EVEN(v[j], v[4 + j]), b = ODD(v[j], v[4 + j]);
    const vec c = EVEN(v[8 + j], v[12 + j]), d = ODD(v[8 + j], v[12 + j]);
    t[j] = EVEN(a, c), t[8 + j] = ODD(a, c), t[4 + j] = EVEN(b, d), t[12 + j] = ODD(b, d);
  }
  UNROLL for (size_t i = 0; i < LANES; i++) v[i] = t[i];
#elif LANES == 8
  UNROLL for (size_t j = 0; j < 4; j++) {
    t[j] = EVEN(v[j], v[4 + j]), t[4 + j] = ODD(v[j], v[4 + j]);
  }
  UNROLL for (size_t i = 0; i < LANES; i++) v[i] = t[i];
#endif
}

INLINE void transpose_square(const float *input, ptrdiff_t input_step, float *output, ptrdiff_t output_step) {
  vec v[LANES];
  UNROLL for (size_t r = 0; r < LANES; r++) v[r] = load(input + (ptrdiff_t)r * input_step);
  turn_square(v);
  UNROLL for (size_t c = 0; c < LANES; c++) put(output + (ptrdiff_t)c * output_step, v[c]);
}

typedef float quad __attribute__((vector_size(16), aligned(4)));

// Four rows of which `rows` exist, for columns in fours; a column's place is written as a whole, so what is behind its
// rows must be written later, or again. Answers the columns that it has done.
INLINE size_t transpose_quads(
    const size_t rows, const float *input, ptrdiff_t input_step, size_t columns, float *output,
    ptrdiff_t output_step) {
  size_t c = 0;
  for (; c + 4 <= columns; c += 4, output += 4 * output_step) {
    quad v[4] = {};
    UNROLL for (size_t r = 0; r < rows; r++) v[r] = *(const quad *)(input + (ptrdiff_t)r * input_step + c);
    const quad a = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5), b = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
    if (rows == 2) {
      *(quad *)output = a;
      *(quad *)(output + 4) = b;
      continue;
    }
    const quad d = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5), e = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);
    *(quad *)output = __builtin_shufflevector(a, d, 0, 1, 4, 5);
    *(quad *)(output + output_step) = __builtin_shufflevector(a, d, 2, 3, 6, 7);
    *(quad *)(output + 2 * output_step) = __builtin_shufflevector(b, e, 0, 1, 4, 5);
    *(quad *)(output + 3 * output_step) = __builtin_shufflevector(b, e, 2, 3, 6, 7);
  }
  return c;
}

// Less than a square in one direction at least.
INLINE void transpose_rest(
    const float *input, ptrdiff_t input_step, size_t rows, size_t columns, float *output, ptrdiff_t output_step) {
  size_t c = 0;
  if (rows >= 4) {
    // The last four rows overlap those before where they are no multiple of four.
    for (size_t r = 0;; r = r + 8 <= rows ? r + 4 : rows - 4) {
      c = transpose_quads(4, input + (ptrdiff_t)r * input_step, input_step, columns, output + r, output_step);
      if (r + 4 == rows) break;
    }
  } else if (rows == 3 && output_step == 3 && columns > 0) {
    // The last column has no other behind it that would write over what is too much.
    c = transpose_quads(3, input, input_step, columns - 1, output, output_step);
  } else if (rows == 2 && output_step == 2) {
    c = transpose_quads(2, input, input_step, columns, output, output_step);
  }
  if (rows == 1 && output_step == 1)
    for (; c + 4 <= columns; c += 4) *(quad *)(output + c) = *(const quad *)(input + c);
  for (; c < columns; c++)
    for (size_t r = 0; r < rows; r++)
      output[(ptrdiff_t)c * output_step + (ptrdiff_t)r] = input[(ptrdiff_t)r * input_step + (ptrdiff_t)c];
}

TARGET static void transpose(
    const float *input, ptrdiff_t input_step, size_t rows, size_t columns, float *output, ptrdiff_t output_step) {
  size_t r = 0;
  for (; r + LANES <= rows; r += LANES, input += LANES * input_step, output += LANES) {
    size_t c = 0;
    for (; c + LANES <= columns; c += LANES) {
      // The same columns of the rows that come next.
      UNROLL for (size_t i = 0; i < LANES; i++) __builtin_prefetch(input + (ptrdiff_t)(LANES + i) * input_step + c);
      transpose_square(input + c, input_step, output + (ptrdiff_t)c * output_step, output_step);
    }
    transpose_rest(
        input + c, input_step, LANES, columns - c, output + (ptrdiff_t)c * output_step, output_step);
  }
  transpose_rest(input, input_step, rows - r, columns, output, output_step);
}

// A vector's width of pixels, of which those from `from` to below `end` exist, for `count` channels.
INLINE void turn_some(
    const float *input, ptrdiff_t pixel_step, size_t from, size_t end, size_t count, float *output,
    ptrdiff_t output_step) {
  vec v[LANES];
  UNROLL for (size_t i = 0; i < LANES; i++) {
    const float *p = input + (ptrdiff_t)i * pixel_step;
    if (i < from || i >= end) v[i] = (vec){};
    else v[i] = count == LANES ? load(p) : load_some(p, count);
  }
  turn_square(v);
  for (size_t c = 0; c < count; c++) put(output + (ptrdiff_t)c * output_step, v[c]);
}

TARGET static void pixel_lines(const struct upconv_pixel_lines *l) {
  const size_t channels = l->channels, kept = l->kept;
  const ptrdiff_t pixel_step = l->pixel_step, channel_step = l->channel_step, output_step = l->output_step;
  // A vector of every line, then the next, four lines at once: they are too short for a loop each.
  for (size_t i = 0; i < kept; i += LANES) {
    float *to = l->output - kept + i;
    const float *from = to + l->count;
    size_t c = 0;
    for (; c + 4 <= channels; c += 4, to += 4 * output_step, from += 4 * output_step) {
      const vec v0 = load(from), v1 = load(from + output_step);
      const vec v2 = load(from + 2 * output_step), v3 = load(from + 3 * output_step);
      put(to, v0), put(to + output_step, v1), put(to + 2 * output_step, v2), put(to + 3 * output_step, v3);
    }
    for (; c < channels; c++, to += output_step, from += output_step) put(to, load(from));
  }
  for (size_t i = 0; i < l->count; i += LANES) {
    const ptrdiff_t first = l->first + (ptrdiff_t)i, pixels = (ptrdiff_t)l->pixels;
    const size_t from = first >= 0 ? 0 : -first < LANES ? (size_t)-first : LANES;
    const size_t end = first + LANES <= pixels ? LANES : first < pixels ? (size_t)(pixels - first) : 0;
    const float *input = l->input + first * pixel_step;
    float *output = l->output + i;
    if (channel_step != 1) {
      for (size_t c = 0; c < channels; c++, input += channel_step, output += output_step) {
        if (from == 0 && end == LANES) {
          put(output, load(input));
        } else {
          put(output, (vec){});
          for (size_t p = from; p < end; p++) output[p] = input[p];
        }
      }
    } else if (channels < LANES) {
      turn_some(input, pixel_step, from, end, channels, output, output_step);
    } else {
      // The last channels are turned over twice where they do not fill a vector.
      for (size_t c = 0; c < channels; c += LANES) {
        if (c + LANES > channels) c = channels - LANES;
        float *to = output + (ptrdiff_t)c * output_step;
        if (from == 0 && end == LANES) transpose_square(input + c, pixel_step, to, output_step);
        else turn_some(input + c, pixel_step, from, end, LANES, to, output_step);
      }
    }
  }
}

TARGET static void add_scaled(float *sum, float factor, const float *addend, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) put(sum + i, load(sum + i) + factor * load(addend + i));
  if (i < count) put_some(sum + i, load_some(sum + i, count - i) + factor * load_some(addend + i, count - i), count - i);
}

TARGET static float largest(const float *numbers, size_t count) {
  mask most = {};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) most = larger(most, load(numbers + i));
  if (i < count) most = larger(most, load_some(numbers + i, count - i));
  return largest_lane(most);
}

TARGET static float copy(const float *from, size_t count, float *to) {
  mask most = {};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const vec x = load(from + i);
    put(to + i, x);
    most = larger(most, x);
  }
  if (i < count) {
    const vec x = load_some(from + i, count - i);
    put_some(to + i, x, count - i);
    most = larger(most, x);
  }
  return largest_lane(most);
}

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
    NAME, LANES, {0, ROWS_ONE, ROWS_TWO}, product, matrix_product, line_product, input_transform, output_transform,
    transpose, pixel_lines, add_scaled, largest, copy, peak,
};
