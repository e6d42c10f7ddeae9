// Winograd's transforms, a part of tiles.h, so compiled once for each instruction set.
//
// An axis has 1, 3, 4, 5 or 6 points. Three: 0, 1, ∞. Four: 0, 1, -1, ∞. Five: ±P5, ±Q5, ∞. Six: 0, ±P6, ±Q6, ∞.
// An input's row of a point is the product of (x - other points), a filter's the powers of the point over the
// product of its distances from the others (TransformMatrices.swift in the tests derives all of them), so that halves
// and fractions are in the filters. The points of five and six are those of few bits that let rounding grow least.
#define P5 0.5f
#define Q5 1.25f
#define P6 0.625f
#define Q6 1.5f
#define MOST_POINTS 6
#define MOST_OUTPUTS 4

INLINE void input_points(const size_t P, const vec d[MOST_POINTS], vec out[MOST_POINTS]) {
  if (P == 1) {
    out[0] = d[0];
  } else if (P == 3) {
    out[0] = d[0] - d[1];
    out[1] = d[1];
    out[2] = d[2] - d[1];
  } else if (P == 4) {
    out[0] = d[0] - d[2];
    out[1] = d[1] + d[2];
    out[2] = d[2] - d[1];
    out[3] = d[1] - d[3];
  } else if (P == 5) {
    const vec even_p = d[2] - Q5 * Q5 * d[0], odd_p = d[3] - Q5 * Q5 * d[1];
    const vec even_q = d[2] - P5 * P5 * d[0], odd_q = d[3] - P5 * P5 * d[1];
    out[0] = odd_p + P5 * even_p;
    out[1] = odd_p - P5 * even_p;
    out[2] = odd_q + Q5 * even_q;
    out[3] = odd_q - Q5 * even_q;
    out[4] = (d[4] + P5 * P5 * Q5 * Q5 * d[0]) - (P5 * P5 + Q5 * Q5) * d[2];
  } else {
    const vec even_p = d[4] - Q6 * Q6 * d[2], odd_p = d[3] - Q6 * Q6 * d[1];
    const vec even_q = d[4] - P6 * P6 * d[2], odd_q = d[3] - P6 * P6 * d[1];
    out[0] = (d[4] + P6 * P6 * Q6 * Q6 * d[0]) - (P6 * P6 + Q6 * Q6) * d[2];
    out[1] = even_p + P6 * odd_p;
    out[2] = even_p - P6 * odd_p;
    out[3] = even_q + Q6 * odd_q;
    out[4] = even_q - Q6 * odd_q;
    out[5] = (d[5] + P6 * P6 * Q6 * Q6 * d[1]) - (P6 * P6 + Q6 * Q6) * d[3];
  }
}

INLINE void outputs_of_pairs(
    const size_t O, const float p, const float q, const vec pairs[4], const vec infinity, vec out[MOST_OUTPUTS]) {
  const vec sum_p = pairs[0] + pairs[1], difference_p = pairs[0] - pairs[1];
  const vec sum_q = pairs[2] + pairs[3], difference_q = pairs[2] - pairs[3];
  out[0] = sum_p + sum_q;
  out[1] = p * difference_p + q * difference_q;
  out[2] = p * p * sum_p + q * q * sum_q;
  if (O == 3) {
    out[2] += infinity;
  } else {
    out[3] = (infinity + p * p * p * difference_p) + q * q * q * difference_q;
  }
}

INLINE void outputs(const size_t P, const size_t O, const vec m[MOST_POINTS], vec out[MOST_OUTPUTS]) {
  if (P == 1) {
    out[0] = m[0];
  } else if (P == 3) {
    out[0] = m[0] + m[1];
    out[1] = m[1] + m[2];
  } else if (P == 4) {
    out[0] = m[0] + m[1] + m[2];
    if (O == 2) {
      out[1] = m[1] - m[2] - m[3];
    } else {
      out[1] = m[1] - m[2];
      out[2] = m[1] + m[2] - m[3];
    }
  } else if (P == 5) {
    outputs_of_pairs(O, P5, Q5, m, m[4], out);
  } else {
    outputs_of_pairs(O, P6, Q6, m + 1, m[5], out);
    out[0] += m[0];
  }
}

// The two axes of a tile one after the other, each for all lines of the tile: `half` stays in the first-level cache
// where it does not fit the registers.

#define EACH_INPUT_AXIS(P, BODY) \
  switch (P) { \
  case 1: { BODY(1) } break; \
  case 3: { BODY(3) } break; \
  case 4: { BODY(4) } break; \
  case 5: { BODY(5) } break; \
  case 6: { BODY(6) } break; \
  }

INLINE void input_column(const struct upconv_input_transform *t, const float *from, float *to, size_t count) {
  vec half[MOST_POINTS][MOST_POINTS], in[MOST_POINTS], out[MOST_POINTS];
  const size_t points_x = t->points_x, points_y = t->points_y;
#define VERTICAL(P) \
  for (size_t x = 0; x < points_x; x++) { \
    UNROLL for (size_t y = 0; y < P; y++) { \
      const float *p = from + (ptrdiff_t)y * t->row_step + (ptrdiff_t)x * t->column_step; \
      in[y] = count == LANES ? load(p) : load_some(p, count); \
    } \
    input_points(P, in, out); \
    UNROLL for (size_t y = 0; y < P; y++) half[y][x] = out[y]; \
  }
  EACH_INPUT_AXIS(points_y, VERTICAL)
#undef VERTICAL
#define HORIZONTAL(P) \
  for (size_t y = 0; y < points_y; y++) { \
    input_points(P, half[y], out); \
    UNROLL for (size_t x = 0; x < P; x++) { \
      float *p = to + (ptrdiff_t)(y * P + x) * t->point_step; \
      if (count == LANES) put(p, out[x]); \
      else put_some(p, out[x], count); \
    } \
  }
  EACH_INPUT_AXIS(points_x, HORIZONTAL)
#undef HORIZONTAL
}

TARGET static void input_transform(const struct upconv_input_transform *t) {
  const float *from = t->input;
  float *to = t->output;
  for (size_t tile = 0; tile < t->tiles; tile++, from += t->tile_step, to += t->channels) {
    size_t c = 0;
    for (; c + LANES <= t->channels; c += LANES) input_column(t, from + c, to + c, LANES);
    if (c < t->channels) input_column(t, from + c, to + c, t->channels - c);
  }
}

#define EACH_OUTPUT_AXIS(P, O, BODY) \
  switch (P * 8 + O) { \
  case 1 * 8 + 1: { BODY(1, 1) } break; \
  case 3 * 8 + 2: { BODY(3, 2) } break; \
  case 4 * 8 + 2: { BODY(4, 2) } break; \
  case 4 * 8 + 3: { BODY(4, 3) } break; \
  case 5 * 8 + 3: { BODY(5, 3) } break; \
  case 5 * 8 + 4: { BODY(5, 4) } break; \
  case 6 * 8 + 4: { BODY(6, 4) } break; \
  }

INLINE void output_column(
    const struct upconv_output_transform *t, const float *from, size_t channel, float *to, size_t first_x, size_t end_x,
    size_t count) {
  vec half[MOST_OUTPUTS][MOST_POINTS], in[MOST_POINTS], out[MOST_OUTPUTS];
  const size_t points_x = t->points_x;
#define VERTICAL(P, O) \
  for (size_t x = 0; x < points_x; x++) { \
    UNROLL for (size_t y = 0; y < P; y++) { \
      const float *p = from + (ptrdiff_t)(y * points_x + x) * t->point_step; \
      in[y] = count == LANES ? load(p) : load_some(p, count); \
    } \
    outputs(P, O, in, out); \
    UNROLL for (size_t y = 0; y < O; y++) half[y][x] = out[y]; \
  }
  EACH_OUTPUT_AXIS(t->points_y, t->outputs_y, VERTICAL)
#undef VERTICAL
  const vec bias = count == LANES ? load(t->bias + channel) : load_some(t->bias + channel, count);
  const vec slopes = slopes_at(&t->activation, channel, count);
#define HORIZONTAL(P, O) \
  for (size_t y = t->first_y; y < t->end_y; y++) { \
    outputs(P, O, half[y], out); \
    UNROLL for (size_t x = 0; x < O; x++) { \
      if (x < first_x || x >= end_x) continue; \
      float *p = to + (ptrdiff_t)y * t->row_step + (ptrdiff_t)x * t->column_step; \
      const vec result = rectified(out[x] + bias, t->activation.function, slopes); \
      if (count == LANES) put(p, result); \
      else put_some(p, result, count); \
    } \
  }
  EACH_OUTPUT_AXIS(points_x, t->outputs_x, HORIZONTAL)
#undef HORIZONTAL
}

TARGET static void output_transform(const struct upconv_output_transform *t) {
  const float *from = t->input;
  float *to = t->output;
  for (size_t tile = 0; tile < t->tiles; tile++) {
    const size_t left = tile * t->outputs_x;
    const size_t first_x = t->first_x > left ? t->first_x - left : 0;
    const size_t end_x = t->end_x > left ? t->end_x - left : 0;
    size_t c = 0;
    for (; c + LANES <= t->channels; c += LANES)
      output_column(t, from + c, c, to + c, first_x, end_x, LANES);
    if (c < t->channels) output_column(t, from + c, c, to + c, first_x, end_x, t->channels - c);
    if (is_function(&t->activation) && first_x < end_x)
      for (size_t y = t->first_y; y < t->end_y; y++)
        activate(
            &t->activation, to + (ptrdiff_t)y * t->row_step + (ptrdiff_t)first_x * t->column_step,
            (end_x < t->outputs_x ? end_x : t->outputs_x) - first_x, t->column_step, t->channels);
    from += t->tile_step;
    to += (ptrdiff_t)t->outputs_x * t->column_step;
  }
}
