// A plain matrix product in memory that the caller laid out for it, a part of tiles.h: no offsets, no partly filled
// panels, nothing but numbers.

// Arrays have constant lengths, else they would stay in memory.
#define MATRIX_ROWS_MOST 16

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
  EACH_TILE(p, p->depth, MATRIX_CASE, )
}
