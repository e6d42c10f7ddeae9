// The innermost loops of the core: what Swift cannot compile for one instruction set at a time.
//
// Every function exists once per instruction set, from one source text (tiles.h). A table of them is chosen
// once, when the process starts. Nothing here allocates, checks or keeps anything: sizes and pointers are the
// caller's promise, and no function reads or writes an element that its description does not name.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// What is applied to each number as it is stored. A NaN stays a NaN.
enum upconv_function {
  UPCONV_LINEAR,
  UPCONV_RELU,             // x < 0 ? 0 : x
  UPCONV_LEAKY_RELU,       // x < 0 ? slope · x : x
  UPCONV_PARAMETRIC_RELU,  // the same with a slope for each column
  UPCONV_CLIPPED_RELU,     // x <= threshold ? slope · (x - threshold) : min(x, largest); 0 for a slope of 0
  UPCONV_SIGMOID,
  UPCONV_TANH,
  UPCONV_ELU,  // x < 0 ? slope · (exp(x) - 1) : x
  UPCONV_SELU,
  UPCONV_GELU,
  UPCONV_APPROXIMATE_GELU,
  UPCONV_SILU,
  UPCONV_SOFTPLUS,
  UPCONV_SOFTSIGN,
  UPCONV_EXPONENTIAL,
  UPCONV_HARD_SIGMOID,  // slope · x + 0.5, from 0 to 1
};

struct upconv_activation {
  enum upconv_function function;
  float slope, threshold, largest;
  /// A slope for each column; read by UPCONV_PARAMETRIC_RELU alone.
  const float *slopes;
};

/// A block of a matrix product: rows × columns numbers, each a sum over segments × depth products.
///
///   output[output_offsets[m] + n] = activation(start + Σ_s Σ_k input[input_offsets[m] + segment_offsets[s] + k]
///                                                        · panel[(s·depth + k)·width + n])
///
/// with n < columns ≤ width, where width is one or two of the instruction set's vectors, the last of them not empty.
/// The sum's order is s, then k, for every block shape, so a number's bits do not depend on its neighbours.
struct upconv_product {
  const float *input;
  const ptrdiff_t *input_offsets;
  size_t rows;
  const ptrdiff_t *segment_offsets;
  size_t segments;
  size_t depth;
  const float *panel;
  /// 1 or 2: the panel's width in vectors.
  size_t panel_vectors;
  size_t columns;
  float *output;
  const ptrdiff_t *output_offsets;
  /// `columns` numbers that sums start with; NULL: they start with what the output holds.
  const float *bias;
  struct upconv_activation activation;
  /// The panel that will be wanted next, as large as this one, or NULL: it is brought near meanwhile, and not read.
  const float *next_panel;
};

/// A product of a matrix with a panel of a packed one, in memory that has room for whole panels.
///
///   output[m·output_step + n] = Σ_k input[m·input_step + k] · panel[k·width + n]    with k < depth, n < width
///
/// Sums are taken `run` products at a time and then added up, so that rounding grows with run + depth / run instead
/// of depth. The order is the same for every row.
struct upconv_matrix_product {
  const float *input;
  ptrdiff_t input_step;
  size_t rows;
  size_t depth;
  /// At least 1.
  size_t run;
  const float *panel;
  /// 1 or 2: the panel's width in vectors.
  size_t panel_vectors;
  float *output;
  ptrdiff_t output_step;
  /// The panel that will be wanted next, as large as this one, or NULL: it is brought near meanwhile, and not read.
  const float *next_panel;
};

/// The left factors of Strassen's seven products in Winograd's form, for neighbouring pixels a and b of a row, whose
/// channels are cut into halves a1, a2, b1, b2:
///
///   a1,  a2,  b1 + b2 - a1,  a1 - b1,  b2,  b1 + b2,  a1 + a2 - b1 - b2
///
/// each `channels` / 2 numbers, one after another. The last of an odd number of pixels has zeros beside it.
struct upconv_pair_sums {
  const float *input;
  ptrdiff_t pixel_step;
  size_t pixels;
  /// An even number.
  size_t channels;
  float *output;
  ptrdiff_t pair_step;
};

/// In the place of a pixel that there is not.
#define UPCONV_NO_PIXEL PTRDIFF_MIN

/// Pixels a, b times two panels p, q of equal columns, by Strassen's seven products: a pair's seven left factors times
/// `panel`, the seven right ones, each `depth` rows. With p1, p2, q1, q2 for the panels' halves, these are
///
///   p1,  p2,  p1 - q1 + q2,  q2 - q1,  p2 - p1 + q1 - q2,  q1 - p1,  q2
///
/// Four outputs of `columns` numbers for each pair: output[offset of a], output[offset of b], and both `second_panel`
/// further on.
struct upconv_strassen_product {
  const float *input;
  /// From one pair to the next, and from one left factor to the next.
  ptrdiff_t pair_step, sum_step;
  /// Pairs.
  size_t rows;
  size_t depth;
  /// Products that are summed by themselves, at least 1: see `upconv_matrix_product`.
  size_t run;
  const float *panel;
  /// 1 or 2: the panel's width in vectors.
  size_t panel_vectors;
  size_t columns;
  float *output;
  /// Of each pair's two pixels; the second may be UPCONV_NO_PIXEL.
  const ptrdiff_t *output_offsets;
  ptrdiff_t second_panel;
  /// Room for a panel's width of numbers, which take what belongs to no pixel.
  float *unused;
  /// `columns` numbers that sums start with; NULL: sums are added to what the output holds.
  const float *bias;
  struct upconv_activation activation;
  /// What will be wanted next, as large as `panel`, or NULL: it is brought near meanwhile, and not read.
  const float *next_panel;
};

/// Products of filters and a line of pixels, added to sums along the line:
///
///   sums[sum_offsets[r] + x] += Σ_s Σ_k filters[(s·depth + k)·filter_step + r]
///                                       · pixels[segment_offsets[s] + k·pixel_step + x]
///
/// with r < rows and x < columns. The sum's order is s, then k, for every r and x.
struct upconv_line_product {
  const float *filters;
  size_t filter_step;
  size_t rows;
  const float *pixels;
  size_t pixel_step;
  const ptrdiff_t *segment_offsets;
  size_t segments;
  size_t depth;
  /// A multiple of the instruction set's lanes.
  size_t columns;
  float *sums;
  const ptrdiff_t *sum_offsets;
  /// `next_count` numbers that will be wanted next: they are brought near meanwhile, and not read.
  const float *next;
  size_t next_count;
};

/// Pixels of an image's row turned over into lines, one a channel, with zeros where there is no pixel:
///
///   output[c·output_step + i] = 0 ≤ first + i < pixels ? input[(first + i)·pixel_step + c·channel_step] : 0
///
/// with i < count and c < channels. One of the input's steps is 1. Before that the last `kept` numbers of each line are
/// moved to before its first:
///
///   output[c·output_step - kept + j] = output[c·output_step + count - kept + j]
///
/// with j < kept ≤ count.
struct upconv_pixel_lines {
  /// Where pixel 0 is, or would be.
  const float *input;
  ptrdiff_t pixel_step, channel_step;
  size_t pixels;
  ptrdiff_t first;
  /// A multiple of the instruction set's lanes.
  size_t count;
  size_t channels;
  float *output;
  ptrdiff_t output_step;
  /// A multiple of the instruction set's lanes.
  size_t kept;
};

// Winograd's transforms, a line of neighbouring tiles at a time. Both axes of a tile have 1, 3, 4, 5 or 6 points: 1
// point gives 1 output; 3 give 2; 4 give 2 or 3; 5 give 3 or 4; 6 give 4.

struct upconv_input_transform {
  /// The first tile's points_y × points_x pixels, each `channels` numbers; the next tile begins `tile_step` further.
  const float *input;
  ptrdiff_t row_step, column_step, tile_step;
  size_t points_y, points_x;
  size_t tiles;
  size_t channels;
  /// Results of each tile, `channels` numbers a point, points `point_step` apart; tiles are neighbours.
  float *output;
  ptrdiff_t point_step;
};

struct upconv_output_transform {
  /// Products of the first tile, `channels` numbers a point, points `point_step` apart; tiles are `tile_step` apart.
  const float *input;
  ptrdiff_t point_step, tile_step;
  size_t points_y, points_x;
  size_t outputs_y, outputs_x;
  size_t tiles;
  /// Which rows of the tiles exist, and which columns of the whole line: the others are not stored.
  size_t first_y, end_y, first_x, end_x;
  size_t channels;
  const float *bias;  // `channels` numbers
  /// Where the first tile's output (0, 0) is, or would be if it existed.
  float *output;
  ptrdiff_t row_step, column_step;
  struct upconv_activation activation;
};

/// Functions compiled for one instruction set.
struct upconv_tiles {
  const char *name;
  /// Numbers in a vector.
  size_t lanes;
  void (*product)(const struct upconv_product *);
  void (*matrix_product)(const struct upconv_matrix_product *);
  void (*strassen_product)(const struct upconv_strassen_product *);
  void (*line_product)(const struct upconv_line_product *);
  void (*input_transform)(const struct upconv_input_transform *);
  void (*output_transform)(const struct upconv_output_transform *);
  /// output[c·output_step + r] = input[r·input_step + c] for r < rows, c < columns.
  void (*transpose)(
      const float *input, ptrdiff_t input_step, size_t rows, size_t columns, float *output, ptrdiff_t output_step);
  void (*pixel_lines)(const struct upconv_pixel_lines *);
  /// Answers the largest magnitude of the input, as `largest`.
  float (*pair_sums)(const struct upconv_pair_sums *);
  /// sum[i] += factor · addend[i]
  void (*add_scaled)(float *sum, float factor, const float *addend, size_t count);
  /// The largest magnitude of `count` numbers; infinity or a NaN where one is not finite.
  float (*largest)(const float *numbers, size_t count);
  /// Copies, and answers the same.
  float (*copy)(const float *from, size_t count, float *to);
  /// Applies an activation in place to rows of `columns` numbers each, `row_step` apart. A number's result has an error of
  /// at most 0.75 units in the last place, and depends on nothing but the number.
  void (*activate)(const struct upconv_activation *, float *numbers, size_t rows, ptrdiff_t row_step, size_t columns);
  /// FMA operations from registers alone, `rounds` × 2 × lanes × 12 floating point operations: the core's peak.
  float (*peak)(size_t rounds);
};

/// The functions for an instruction set, NULL where this machine cannot run it.
const struct upconv_tiles *upconv_portable(void);
const struct upconv_tiles *upconv_avx2(void);
const struct upconv_tiles *upconv_avx512(void);

/// Tells the processor that this thread looks again and again at what another one will write.
static inline void upconv_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
