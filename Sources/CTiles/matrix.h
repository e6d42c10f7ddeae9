// A plain matrix product in memory that the caller laid out for it, a part of tiles.h: no offsets, no partly filled
// panels, nothing but numbers.

// Arrays have constant lengths, else they would stay in memory.
#define MATRIX_ROWS_MOST 12

// One tile. R and V are constants at every call, so the accumulators live in registers.
INLINE void matrix_tile(const size_t R, const size_t V, const struct upconv_matrix_product *p, size_t first,
    const char *next, size_t next_step) {
  const float *row[MATRIX_ROWS_MOST];
  float *out[MATRIX_ROWS_MOST];
  UNROLL for (size_t r = 0; r < R; r++) {
    row[r] = p->input + (ptrdiff_t)(first + r) * p->input_step;
    out[r] = p->output + (ptrdiff_t)(first + r) * p->output_step;
    UNROLL for (size_t v = 0; v < V; v++) __builtin_prefetch(out[r] + v * LANES, 1);
  }
  const float *b = p->panel;
  vec sum[MATRIX_ROWS_MOST][2];
  for (size_t start = 0; start < p->depth; start += p->run) {
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++) sum[r][v] = (vec){};
    const size_t end = p->depth - start < p->run ? p->depth : start + p->run;
    for (size_t k = start; k < end; k++) {
      vec w[2];
      UNROLL for (size_t v = 0; v < V; v++) w[v] = load(b + v * LANES);
      b += V * LANES;
      __builtin_prefetch(next, 0, 2);
      next += next_step;
      UNROLL for (size_t r = 0; r < R; r++) {
        const float x = row[r][k];
        UNROLL for (size_t v = 0; v < V; v++) sum[r][v] += x * w[v];
      }
    }
    // The sums of runs meet in memory, which is near: registers are taken.
    UNROLL for (size_t r = 0; r < R; r++)
      UNROLL for (size_t v = 0; v < V; v++)
        put(out[r] + v * LANES, start == 0 ? sum[r][v] : load(out[r] + v * LANES) + sum[r][v]);
  }
}

#define MATRIX_CASE(R, V) \
  case R: matrix_tile(R, V, p, first, next, next_step); break;

TARGET static void matrix_product(const struct upconv_matrix_product *p) {
  const size_t most = p->panel_vectors == 1 ? ROWS_ONE : MATRIX_ROWS_TWO;
  size_t tiles = (p->rows + most - 1) / most;
  // Each row of the panel fetches a share of the next panel, so that memory is busy all the time and never waited for.
  const char *next = (const char *)(p->next_panel ? p->next_panel : p->panel);
  const size_t next_step = p->next_panel && tiles ? p->panel_vectors * sizeof(vec) / tiles : 0;
  for (size_t first = 0; tiles > 0; tiles--) {
    const size_t rows = (p->rows - first + tiles - 1) / tiles;
    if (p->panel_vectors == 1) {
      switch (rows) {
        MATRIX_CASE(1, 1) MATRIX_CASE(2, 1) MATRIX_CASE(3, 1) MATRIX_CASE(4, 1)
        MATRIX_CASE(5, 1) MATRIX_CASE(6, 1) MATRIX_CASE(7, 1) MATRIX_CASE(8, 1)
      }
    } else {
      switch (rows) {
        MATRIX_CASE(1, 2) MATRIX_CASE(2, 2) MATRIX_CASE(3, 2) MATRIX_CASE(4, 2) MATRIX_CASE(5, 2) MATRIX_CASE(6, 2)
#if MATRIX_ROWS_TWO > 6
        MATRIX_CASE(7, 2) MATRIX_CASE(8, 2)
#endif
#if MATRIX_ROWS_TWO > 8
        MATRIX_CASE(9, 2) MATRIX_CASE(10, 2) MATRIX_CASE(11, 2) MATRIX_CASE(12, 2)
#endif
      }
    }
    first += rows;
    next += p->depth * next_step;
  }
}
