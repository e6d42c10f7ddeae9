// The innermost loops between float32 and decimal text: what Swift cannot compile for one instruction set at a time.
//
// Every function exists once per instruction set, from one source text (decimal_write.h, decimal_read.h). Nothing here
// allocates or keeps anything, and no function reads or writes a byte that its description does not name.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A run of numbers with commas between them, which may go on over the ends of rows: `1,2],[3,4`.
struct upconv_decimal_run {
  /// The bytes that may be read: those before `text` are the ones already read.
  const uint8_t *begin, *end;
  /// A number's first byte. Left at the first byte that was not taken: the byte behind a number, or the first of one
  /// that is for a slower reader: malformed, cut off, too near to `end`, or hard to round.
  const uint8_t *text;
  /// Where numbers go, and how many at most. Both move on.
  float *numbers;
  size_t room;
  /// Numbers in a row; SIZE_MAX where a row's end is for the caller. And how many the present row has.
  size_t row_length, column;
  /// Row ends that were passed.
  size_t rows;
  /// Whether the last byte that was taken was a comma (and perhaps a blank).
  size_t after_comma;
};

/// Functions compiled for one instruction set.
struct upconv_decimal {
  const char *name;
  /// Reads numbers, each the nearest float32. NULL where the instruction set has no quick way.
  void (*read)(struct upconv_decimal_run *);
  /// Writes `count` numbers, each as the shortest text that reads back the same; `null` for one that is not finite.
  /// `column` numbers of the first row are there already. A comma stands before each number but a row's first, and
  /// `],[` before a number that comes after a row of `row_length`. Answers the text's end, which is at most
  /// UPCONV_DECIMAL_BYTES × count beyond its start; as many bytes and UPCONV_DECIMAL_SLACK more may be written.
  uint8_t *(*write)(const float *numbers, size_t count, size_t row_length, size_t column, uint8_t *text);
};

/// Sign, nine digits, point, exponent, and `],[`.
#define UPCONV_DECIMAL_BYTES 18
#define UPCONV_DECIMAL_SLACK 16

/// The functions for an instruction set, NULL where this machine cannot run it.
const struct upconv_decimal *upconv_decimal_portable(void);
const struct upconv_decimal *upconv_decimal_avx2(void);
const struct upconv_decimal *upconv_decimal_avx512(void);

/// 10^0 to 10^60, each the nearest double; those up to 10^22 are exact.
extern const double upconv_powers_of_ten[61];

/// 10^-k for k from -45 to 31, scaled by a power of two to 2^63 ≤ x < 2^64 and rounded up.
extern const uint64_t upconv_scaled_powers_of_ten[77];

/// 10^exponent, 0 where that is not in the table.
static inline double upconv_power_of_ten(size_t exponent) {
  return exponent < 61 ? upconv_powers_of_ten[exponent] : 0;
}

/// The scaled power for k, 0 where that is not in the table.
static inline uint64_t upconv_scaled_power_of_ten(int k) {
  return k >= -45 && k <= 31 ? upconv_scaled_powers_of_ten[k + 45] : 0;
}

/// A whole number from 0 to 999 as text, behind a comma: the first byte, the comma, in the lowest place. Bytes beyond
/// `length` mean nothing.
struct upconv_small_number {
  uint32_t text;
  uint32_t length;
};
extern const struct upconv_small_number upconv_small_numbers[1000];
