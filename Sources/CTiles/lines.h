// Sums along lines of pixels, a part of tiles.h.

// R sums of V vectors each. R and V are constants at every call; filters are lines of numbers, so one pointer serves
// all rows.
INLINE void line_tile(
    const size_t R, const size_t V, const struct upconv_line_product *p, size_t first, size_t column,
    const float *next, size_t next_step) {
  vec sum[R][V];
  float *out[R];
  UNROLL for (size_t r = 0; r < R; r++) {
    out[r] = p->sums + p->sum_offsets[first + r] + column;
    UNROLL for (size_t v = 0; v < V; v++) sum[r][v] = load(out[r] + v * LANES);
  }
  const float *filters = p->filters + first;
  const size_t depth = p->depth, filter_step = p->filter_step, pixel_step = p->pixel_step;
  for (size_t s = 0; s < p->segments; s++) {
    const float *pixels = p->pixels + p->segment_offsets[s] + column;
    for (size_t k = 0; k < depth; k++) {
      vec x[2];
      UNROLL for (size_t v = 0; v < V; v++) x[v] = load(pixels + v * LANES);
      UNROLL for (size_t r = 0; r < R; r++) {
        const float w = filters[r];
        UNROLL for (size_t v = 0; v < V; v++) sum[r][v] += w * x[v];
      }
      pixels += pixel_step;
      filters += filter_step;
      __builtin_prefetch(next, 0, 2);
      next += next_step;
    }
  }
  UNROLL for (size_t r = 0; r < R; r++)
    UNROLL for (size_t v = 0; v < V; v++) put(out[r] + v * LANES, sum[r][v]);
}

#define LINE_CASE(R, V) \
  case R: line_tile(R, V, p, first, column, next, next_step); break;

TARGET static void line_product(const struct upconv_line_product *p) {
  // A share of what comes next for each step, so that memory is busy all the time and never waited for.
  const size_t pairs = (p->columns + 2 * LANES - 1) / (2 * LANES);
  const size_t steps = pairs * ((p->rows + LINE_ROWS_TWO - 1) / LINE_ROWS_TWO) * p->segments * p->depth;
  const size_t next_step = steps ? (p->next_count + steps - 1) / steps : 0;
  const float *next = p->next;
  for (size_t column = 0; column < p->columns;) {
    const size_t vectors = column + 2 * LANES <= p->columns ? 2 : 1;
    const size_t most = vectors == 1 ? LINE_ROWS_ONE : LINE_ROWS_TWO;
    size_t tiles = (p->rows + most - 1) / most;
    for (size_t first = 0; tiles > 0; tiles--) {
      const size_t rows = (p->rows - first + tiles - 1) / tiles;
      if (vectors == 1) {
        switch (rows) {
          LINE_CASE(1, 1) LINE_CASE(2, 1) LINE_CASE(3, 1) LINE_CASE(4, 1) LINE_CASE(5, 1) LINE_CASE(6, 1)
          LINE_CASE(7, 1) LINE_CASE(8, 1) LINE_CASE(9, 1) LINE_CASE(10, 1) LINE_CASE(11, 1) LINE_CASE(12, 1)
        }
      } else {
        switch (rows) {
          LINE_CASE(1, 2) LINE_CASE(2, 2) LINE_CASE(3, 2) LINE_CASE(4, 2) LINE_CASE(5, 2) LINE_CASE(6, 2)
#if LINE_ROWS_TWO > 6
          LINE_CASE(7, 2) LINE_CASE(8, 2) LINE_CASE(9, 2) LINE_CASE(10, 2) LINE_CASE(11, 2) LINE_CASE(12, 2)
#endif
        }
      }
      first += rows;
      next += p->segments * p->depth * next_step;
    }
    column += vectors * LANES;
  }
}
