// The portable loops of CTiles and CDecimal against plain C in double precision: for a machine on which the tests in
// Swift cannot run. `scripts/check-arm64` runs it under QEMU. Exits with 1 where a result is wrong.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CDecimal.h"
#include "CTiles.h"

static unsigned state = 1;
/// A number from -1 to 1.
static float next_number(void) {
  state = state * 1664525u + 1013904223u;
  return (float)(int)state / 2147483648.0f;
}

static float *numbers(size_t count) {
  float *result = malloc(count * sizeof *result);
  if (result == NULL) abort();
  for (size_t i = 0; i < count; i++) result[i] = next_number();
  return result;
}

static int faults = 0;
static size_t compared = 0;
/// `scale` is the sum of the result's absolute products.
static void compare(const char *what, float got, double expected, double scale) {
  compared++;
  if (fabs(got - expected) <= 1e-6 * scale + 1e-30) return;
  if (faults++ < 10) printf("wrong: %s is %.9g instead of %.9g\n", what, got, expected);
}

/// `upconv_product` for every number of rows, columns and vectors, each with every way to store.
static void check_product(const struct upconv_tiles *tiles) {
  enum { max_rows = 13, segments = 3, depth = 17, step = 64 };
  for (size_t vectors = 1; vectors <= 2; vectors++) {
    const size_t width = vectors * tiles->lanes;
    for (size_t rows = 1; rows <= max_rows; rows++) {
      for (size_t columns = (vectors - 1) * tiles->lanes + 1; columns <= width; columns++) {
        for (int function = UPCONV_LINEAR; function <= UPCONV_PARAMETRIC_RELU; function++) {
          float *input = numbers((max_rows + segments) * step), *panel = numbers(segments * depth * width);
          float *bias = numbers(width), *output = numbers(max_rows * step);
          float *slopes = numbers(width);
          ptrdiff_t from[max_rows], to[max_rows];
          const ptrdiff_t offsets[segments] = {0, step, 2 * step};
          for (size_t m = 0; m < rows; m++) from[m] = to[m] = (ptrdiff_t)(m * step);
          const struct upconv_product product = {
              .input = input, .input_offsets = from, .rows = rows, .segment_offsets = offsets, .segments = segments,
              .depth = depth, .panel = panel, .panel_vectors = vectors, .columns = columns, .output = output,
              .output_offsets = to, .bias = bias,
              .activation = {.function = (enum upconv_function)function, .slope = 0.25f, .slopes = slopes}};
          tiles->product(&product);
          for (size_t m = 0; m < rows; m++) {
            for (size_t n = 0; n < columns; n++) {
              double sum = bias[n], scale = fabs(bias[n]);
              for (size_t s = 0; s < segments; s++) {
                for (size_t k = 0; k < depth; k++) {
                  const double term = (double)input[from[m] + offsets[s] + (ptrdiff_t)k]
                                      * panel[(s * depth + k) * width + n];
                  sum += term;
                  scale += fabs(term);
                }
              }
              if (sum < 0 && function == UPCONV_RELU) sum = 0;
              if (sum < 0 && function == UPCONV_LEAKY_RELU) sum *= 0.25;
              if (sum < 0 && function == UPCONV_PARAMETRIC_RELU) sum *= slopes[n];
              compare("a product", output[to[m] + (ptrdiff_t)n], sum, scale);
            }
          }
          free(input), free(panel), free(bias), free(slopes), free(output);
        }
      }
    }
  }
}

static void check_matrix_product(const struct upconv_tiles *tiles) {
  enum { rows = 11, depth = 70 };
  for (size_t vectors = 1; vectors <= 2; vectors++) {
    const size_t width = vectors * tiles->lanes;
    float *input = numbers(rows * depth), *panel = numbers(depth * width), *output = numbers(rows * width);
    const struct upconv_matrix_product product = {
        .input = input, .input_step = depth, .rows = rows, .depth = depth, .run = 32, .panel = panel,
        .panel_vectors = vectors, .output = output, .output_step = (ptrdiff_t)width};
    tiles->matrix_product(&product);
    for (size_t m = 0; m < rows; m++) {
      for (size_t n = 0; n < width; n++) {
        double sum = 0, scale = 0;
        for (size_t k = 0; k < depth; k++) {
          const double term = (double)input[m * depth + k] * panel[k * width + n];
          sum += term;
          scale += fabs(term);
        }
        compare("a matrix product", output[m * width + n], sum, scale);
      }
    }
    free(input), free(panel), free(output);
  }
}

static void check_moving(const struct upconv_tiles *tiles) {
  enum { rows = 13, columns = 21 };
  float *input = numbers(rows * columns), *output = numbers(rows * columns);
  tiles->transpose(input, columns, rows, columns, output, rows);
  double largest = 0;
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = 0; c < columns; c++) {
      compare("a transposed number", output[c * rows + r], input[r * columns + c], 0);
      largest = fmax(largest, fabs(input[r * columns + c]));
    }
  }
  compare("the largest", tiles->largest(input, rows * columns), largest, 0);
  compare("the largest copied", tiles->copy(input, rows * columns, output), largest, 0);
  compared++;
  faults += memcmp(input, output, rows * columns * sizeof *input) != 0;
  float sums[columns];
  memcpy(sums, input, sizeof sums);
  tiles->add_scaled(sums, 3, input + columns, columns);
  for (size_t c = 0; c < columns; c++) {
    compare("a scaled sum", sums[c], input[c] + 3.0 * input[columns + c], 4);
  }
  input[7] = INFINITY;
  compared++;
  faults += isfinite(tiles->largest(input, rows * columns)) != 0;
  free(input), free(output);
}

/// Every text must read back as the same bits, by the C library.
static void check_decimal(const struct upconv_decimal *decimal) {
  enum { count = 200000, batch = 64 };
  static uint8_t text[batch * UPCONV_DECIMAL_BYTES + UPCONV_DECIMAL_SLACK + 1];
  for (size_t done = 0; done < count; done += batch) {
    float values[batch];
    for (size_t i = 0; i < batch; i++) {
      do {
        state = state * 1664525u + 1013904223u;
        const unsigned bits = state ^ state >> 16;
        memcpy(&values[i], &bits, sizeof bits);
      } while (!isfinite(values[i]));
    }
    *decimal->write(values, batch, SIZE_MAX, 0, text) = 0;
    char *at = (char *)text;
    for (size_t i = 0; i < batch; i++) {
      const float back = strtof(at, &at);
      compared++;
      if (memcmp(&back, &values[i], sizeof back) != 0 && faults++ < 10) {
        printf("wrong: %.9g is written so that it reads back as %.9g\n", values[i], back);
      }
      if (*at == ',') at++;
    }
    if (*at != 0 && faults++ < 10) printf("wrong: behind the numbers stands %s\n", at);
  }
}

int main(void) {
  const struct upconv_tiles *tiles = upconv_portable();
  check_product(tiles);
  check_matrix_product(tiles);
  check_moving(tiles);
  check_decimal(upconv_decimal_portable());
  printf("%zu results compared, %d wrong\n", compared, faults);
  return faults != 0;
}
