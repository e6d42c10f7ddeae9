// Strassen's algorithm, one level of it, a part of tiles.h: seven products do the work of eight.

// Neighbouring pixels a, b and the halves of their channels, a = (a1, a2), b = (b1, b2), to the seven left factors.
INLINE mask pair_sums_of(mask most, vec a1, vec a2, vec b1, vec b2, vec sum[7]) {
  sum[0] = a1;
  sum[1] = a2;
  sum[5] = b1 + b2;
  sum[2] = sum[5] - a1;
  sum[3] = a1 - b1;
  sum[4] = b2;
  sum[6] = a2 - sum[2];
  return larger(larger(larger(larger(most, a1), a2), b1), b2);
}

TARGET static float pair_sums(const struct upconv_pair_sums *p) {
  const size_t half = p->channels / 2;
  mask most = {};
  for (size_t pixel = 0; pixel < p->pixels; pixel += 2) {
    const float *a = p->input + (ptrdiff_t)pixel * p->pixel_step;
    const float *b = a + p->pixel_step;
    const int alone = pixel + 1 == p->pixels;
    float *out = p->output + (ptrdiff_t)(pixel / 2) * p->pair_step;
    vec sum[7];
    size_t c = 0;
    for (; c + LANES <= half; c += LANES) {
      const vec b1 = alone ? (vec){} : load(b + c), b2 = alone ? (vec){} : load(b + half + c);
      most = pair_sums_of(most, load(a + c), load(a + half + c), b1, b2, sum);
      UNROLL for (size_t i = 0; i < 7; i++) put(out + i * half + c, sum[i]);
    }
    if (c < half) {
      const size_t rest = half - c;
      const vec b1 = alone ? (vec){} : load_some(b + c, rest), b2 = alone ? (vec){} : load_some(b + half + c, rest);
      most = pair_sums_of(most, load_some(a + c, rest), load_some(a + half + c, rest), b1, b2, sum);
      UNROLL for (size_t i = 0; i < 7; i++) put_some(out + i * half + c, sum[i], rest);
    }
  }
  return largest_lane(most);
}

// Sums of a tile on their way: they meet in memory, which is near, since registers are taken.
#define SUMS_MOST (MATRIX_ROWS_MOST * LANES * 2)
struct strassen_sums {
  float buffer[3][SUMS_MOST];
};

// Of a pair's four outputs: pixel a or b, in the first panel's columns or in the second's.
enum strassen_output { A_FIRST, A_SECOND, B_FIRST, B_SECOND };

INLINE float *strassen_place(const struct upconv_strassen_product *p, size_t pair, enum strassen_output which) {
  const ptrdiff_t place = p->output_offsets[2 * pair + (which >= B_FIRST)];
  return place == UPCONV_NO_PIXEL ? p->unused : p->output + place + (which & 1 ? p->second_panel : 0);
}

// Stores one output of each pair of a tile, added to what is there where earlier channels have been.
TARGET static void strassen_store(const struct upconv_strassen_product *p, size_t first, size_t rows, const float *sum,
    enum strassen_output which) {
  const size_t width = p->panel_vectors * LANES;
  // As most are: nothing to ask of each number.
  if (p->columns == 2 * LANES && p->bias && p->activation.function == UPCONV_LINEAR) {
    for (size_t r = 0; r < rows; r++, sum += 2 * LANES) {
      float *to = strassen_place(p, first + r, which);
      put(to, load(sum)), put(to + LANES, load(sum + LANES));
    }
    return;
  }
  for (size_t r = 0; r < rows; r++, sum += width) {
    float *to = strassen_place(p, first + r, which);
    for (size_t c = 0; c < p->columns; c += LANES) {
      const size_t rest = p->columns - c;
      vec x = load(sum + c);
      if (!p->bias) x += rest >= LANES ? load(to + c) : load_some(to + c, rest);
      if (is_rectifier(&p->activation)) x = rectified(x, p->activation.function, slopes_at(&p->activation, c, rest));
      if (rest >= LANES) put(to + c, x);
      else put_some(to + c, x, rest);
    }
    if (is_function(&p->activation)) activate_line(&p->activation, to, p->columns);
  }
}

// What sums start with. Long sums take long enough for the lines that they go to to arrive.
TARGET static void strassen_start(const struct upconv_strassen_product *p, size_t first, size_t rows, float *sum) {
  const size_t vectors = p->panel_vectors;
  vec start[2] = {};
  if (p->bias)
    for (size_t v = 0; v < vectors; v++) {
      const size_t rest = p->columns - v * LANES;
      start[v] = rest >= LANES ? load(p->bias + v * LANES) : load_some(p->bias + v * LANES, rest);
    }
  const vec first_vector = start[0], second_vector = start[1];
  for (size_t r = 0; r < rows; r++, sum += vectors * LANES) {
    put(sum, first_vector);
    if (vectors == 2) put(sum + LANES, second_vector);
    UNROLL for (enum strassen_output which = A_FIRST; which <= B_SECOND; which++) {
      float *to = strassen_place(p, first + r, which);
      __builtin_prefetch(to, 1);
      __builtin_prefetch(to + p->columns - 1, 1);
    }
  }
}

// The four outputs of a pair are made of products that they share, in an order in which most are added to one another
// as they are summed: the product's number, where its sum starts, where it goes, and which output is then complete.
//
//   0: shared = bias + 0    1: free = shared + 1: A_FIRST     2: shared += 2    3: other = shared + 3
//   4: free = other + 4: B_FIRST    5: free = 5; other += free: B_SECOND; shared += free    6: free = shared + 6: A_SECOND
enum { SHARED, OTHER, FREE };
static const unsigned char strassen_from[7] = {SHARED, SHARED, SHARED, SHARED, OTHER, FREE, SHARED};
static const unsigned char strassen_to[7] = {SHARED, FREE, SHARED, OTHER, FREE, FREE, FREE};

// What follows product `i`.
TARGET static void strassen_combine(
    const struct upconv_strassen_product *p, size_t first, size_t rows, struct strassen_sums *s, size_t i) {
  const size_t count = rows * p->panel_vectors * LANES;
  float *shared = s->buffer[SHARED], *other = s->buffer[OTHER], *free = s->buffer[FREE];
  switch (i) {
  case 1: strassen_store(p, first, rows, free, A_FIRST); break;
  case 4:
    strassen_store(p, first, rows, free, B_FIRST);
    for (size_t c = 0; c < count; c += LANES) put(free + c, (vec){});
    break;
  case 5:
    for (size_t c = 0; c < count; c += LANES) {
      const vec x = load(free + c);
      put(other + c, load(other + c) + x);
      put(shared + c, load(shared + c) + x);
    }
    strassen_store(p, first, rows, other, B_SECOND);
    break;
  case 6: strassen_store(p, first, rows, free, A_SECOND); break;
  default: break;
  }
}

// One tile. R and V are constants at every call, so the accumulators live in registers.
INLINE void strassen_tile(const size_t R, const size_t V, const struct upconv_strassen_product *p, size_t first,
    const char *next, size_t next_step) {
  struct strassen_sums sums __attribute__((aligned(64)));
  strassen_start(p, first, R, sums.buffer[SHARED]);
  const float *panel = p->panel;
  for (size_t i = 0; i < 7; i++) {
    const float *row[MATRIX_ROWS_MOST];
    UNROLL for (size_t r = 0; r < R; r++)
      row[r] = p->input + (ptrdiff_t)(first + r) * p->pair_step + (ptrdiff_t)i * p->sum_step;
    const float *from = sums.buffer[strassen_from[i]];
    float *to = sums.buffer[strassen_to[i]];
    for (size_t start = 0; start < p->depth; start += p->run) {
      vec sum[MATRIX_ROWS_MOST][2];
      UNROLL for (size_t r = 0; r < R; r++)
        UNROLL for (size_t v = 0; v < V; v++) sum[r][v] = (vec){};
      const size_t end = p->depth - start < p->run ? p->depth : start + p->run;
      for (size_t k = start; k < end; k++) {
        vec w[2];
        UNROLL for (size_t v = 0; v < V; v++) w[v] = load(panel + v * LANES);
        panel += V * LANES;
        __builtin_prefetch(next, 0, 2);
        next += next_step;
        UNROLL for (size_t r = 0; r < R; r++) {
          const float x = row[r][k];
          UNROLL for (size_t v = 0; v < V; v++) sum[r][v] += x * w[v];
        }
      }
      UNROLL for (size_t r = 0; r < R; r++)
        UNROLL for (size_t v = 0; v < V; v++) {
          const size_t place = (r * V + v) * LANES;
          put(to + place, load(from + place) + sum[r][v]);
        }
      from = to;
    }
    strassen_combine(p, first, R, &sums, i);
  }
}

#define STRASSEN_CASE(R, V) \
  case R: strassen_tile(R, V, p, first, next, next_step); break;

TARGET static void strassen_product(const struct upconv_strassen_product *p) {
  EACH_TILE(p, 7 * p->depth, STRASSEN_CASE, )
}
