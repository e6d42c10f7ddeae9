// What only moves numbers, adds them or looks at them, a part of tiles.h.

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
