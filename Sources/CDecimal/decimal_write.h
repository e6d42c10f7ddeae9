// Float32 to the shortest decimal text. The file that includes it defines TARGET (function attributes), and SHUFFLE
// where there are byte shuffles.
//
// Method: R. Giulietti, "The Schubfach way to render doubles" (2021), for float32, arranged so that a compiler can
// compute several numbers at once: a batch goes through one loop after another instead of each number through all.
//
// A number is c·2^q, and k the largest with 10^k at most the width of the interval that rounds to it: so the interval
// holds a multiple of 10^k, and at most one of 10^(k+1). If it holds the latter, that is the shortest text once its
// zeros are gone; else the multiple of 10^k that is nearest to the number.
#include "CDecimal.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline)) TARGET

enum { BATCH = 64, STEP = 8 };

/// Numbers on their way to text: an integer times a power of ten, then the integer's digits.
struct batch {
  /// The scaled power; then the integer, at most 167,772,160; then its last eight digits, one in each byte, the first
  /// in the lowest.
  uint64_t digits[BATCH];
  /// The digit before those, in the highest byte.
  uint64_t ninth[BATCH];
  int32_t power[BATCH];
};

/// What `power` says of numbers whose text does not come from digits: -0, infinities, NaN.
#define NO_DIGITS (-1000)

/// Numbers up to 2^24 are written with a point, or as integers; larger ones with an exponent.
#define FIRST_WITH_EXPONENT 0x4B800001u

// Fixed point with 59 bits behind the point, so that ten units fit. The scaled power is rounded up by less than 2^-63
// of itself, thus products by less than 2^-34 units. Distances that should be equal differ by less than 2 · 2^-34, and
// others by far more: all 2^32 float32 were tried.
#define POINT 59
#define SAME (INT64_C(1) << (POINT - 33))

/// Below a power of two numbers lie twice as dense: its interval is 3/4 as wide, and reaches half as far down.
INLINE int32_t is_uneven(uint32_t magnitude) { return (magnitude & 0x7FFFFF) == 0 && magnitude >> 23 > 1; }

/// Finds k and the scaled 10^-k of `count` numbers.
TARGET static void find_powers(const uint32_t *bits, size_t count, struct batch *batch) {
  for (size_t i = 0; i < count; i++) {
    uint32_t magnitude = bits[i] & 0x7FFFFFFF;
    int32_t q = (int32_t)(magnitude >> 23 ? magnitude >> 23 : 1) - 150;
    // ⌊log10(2^q)⌋ or ⌊log10(3/4 · 2^q)⌋
    batch->power[i] = (q * 1262611 - (is_uneven(magnitude) ? 524031 : 0)) >> 22;
  }
  // A loop of its own: processors are slow at looking up several places with one instruction.
#pragma clang loop vectorize(disable)
  for (size_t i = 0; i < count; i++) batch->digits[i] = upconv_scaled_powers_of_ten[batch->power[i] + 45];
}

/// Finds the shortest decimals of `count` numbers whose powers are found.
TARGET static void find_decimals(const uint32_t *bits, size_t count, struct batch *batch) {
  for (size_t i = 0; i < count; i++) {
    uint32_t magnitude = bits[i] & 0x7FFFFFFF;
    uint32_t exponent = magnitude >> 23, fraction = magnitude & 0x7FFFFF;
    uint32_t c = exponent ? fraction | 0x800000 : fraction;
    int32_t q = (int32_t)(exponent ? exponent : 1) - 150;
    // Of 2^q / 10^k, the bits before the point.
    int32_t k = batch->power[i];
    int32_t h = q + (-k * 1741647 >> 19) + 1;
    uint64_t power = batch->digits[i];
    // c·2^q / 10^k, in two steps of 32 bits.
    uint64_t scaled = c << h;
    uint64_t low = scaled * (uint32_t)power, high = scaled * (power >> 32) + (low >> 32);
    uint64_t units = high >> 32;
    int64_t rest = (int64_t)((high & 0xFFFFFFFF) << (POINT - 32) | (uint32_t)low >> (64 - POINT));
    // Half the width of the interval, on either side; the ends belong to it where c is even.
    int64_t above = (int64_t)(power >> (64 - POINT + 1 - h));
    int64_t below = above >> is_uneven(magnitude);
    int64_t end = c & 1 ? -SAME : SAME;
    uint64_t tens = (units * 0xCCCCCCCD >> 35) * 10;
    int64_t beyond_tens = (int64_t)(units - tens) << POINT | rest;
    // Ties go to the even digit. A neighbour below that is nearer may lie outside of an uneven interval.
    int64_t beyond_half = rest - (INT64_C(1) << (POINT - 1));
    uint64_t up = beyond_half > 0;
    up = (beyond_half < 0 ? -beyond_half : beyond_half) < SAME ? units & 1 : up;
    up = rest >= below + end ? 1 : up;
    uint64_t decimal = units + up;
    decimal = (INT64_C(10) << POINT) - beyond_tens < above + end ? tens + 10 : decimal;
    decimal = beyond_tens < below + end ? tens : decimal;
    batch->digits[i] = decimal;
    k = magnitude ? k : 0;
    batch->power[i] = magnitude < 0x7F800000 && bits[i] != 0x80000000 ? k : NO_DIGITS;
  }
}

/// Takes the decimals of `count` numbers apart into digits: pairs of four, of two, of one, in all lanes at once.
TARGET static void split_digits(size_t count, struct batch *batch) {
  for (size_t i = 0; i < count; i++) {
    uint64_t decimal = batch->digits[i];
    uint64_t ninth = decimal >= 100000000;
    decimal -= ninth * 100000000;
    batch->ninth[i] = ninth << 56;
    uint64_t fours = decimal * 0xD1B71759 >> 45;
    fours |= (decimal - fours * 10000) << 32;
    uint64_t hundreds = fours * 10486 >> 20 & 0x7F0000007F;
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = twos * 103 >> 10 & 0x000F000F000F000F;
    batch->digits[i] = tens | (twos - 10 * tens) << 8;
  }
}

/// Where the point stands: a number's first digit counts 10^scale, and `width` more follow. A scale from -4 to 7.
INLINE size_t plain_length(int scale, int width) {
  int zeros_before = -scale & scale >> 31, zeros_behind = scale - width;
  int has_point = (int)((uint32_t)zeros_behind >> 31);
  return (size_t)(width + (zeros_behind & ~(zeros_behind >> 31)) + 1 + has_point + zeros_before);
}

INLINE uint8_t *put_exponent(uint8_t *text, int scale) {
  text[0] = 'e';
  text[1] = scale < 0 ? '-' : '+';
  int magnitude = scale < 0 ? -scale : scale;
  text[2] = (uint8_t)('0' + magnitude / 10);
  text[3] = (uint8_t)('0' + magnitude % 10);
  return text + 4;
}

#ifdef SHUFFLE
#include <immintrin.h>

/// For a scale from -4 to 7: which digit, counted from the first, stands at each place of the text, and what besides.
static const int8_t places[12][2][16] __attribute__((aligned(16))) = {
#define X -128
#define O '0'
#define LEADING O, '.', O, O, O, O, O, O, O, O, O, O, O, O, O, O
  {{X, X, X, X, X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {LEADING}},
  {{X, X, X, X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {LEADING}},
  {{X, X, X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {LEADING}},
  {{X, X, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, {LEADING}},
  {{0, X, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {O, '.', O, O, O, O, O, O, O, O, O, O, O, O, O, O}},
  {{0, 1, X, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {O, O, '.', O, O, O, O, O, O, O, O, O, O, O, O, O}},
  {{0, 1, 2, X, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {O, O, O, '.', O, O, O, O, O, O, O, O, O, O, O, O}},
  {{0, 1, 2, 3, X, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {O, O, O, O, '.', O, O, O, O, O, O, O, O, O, O, O}},
  {{0, 1, 2, 3, 4, X, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {O, O, O, O, O, '.', O, O, O, O, O, O, O, O, O, O}},
  {{0, 1, 2, 3, 4, 5, X, 6, 7, 8, 9, 10, 11, 12, 13, 14}, {O, O, O, O, O, O, '.', O, O, O, O, O, O, O, O, O}},
  {{0, 1, 2, 3, 4, 5, 6, X, 7, 8, 9, 10, 11, 12, 13, 14}, {O, O, O, O, O, O, O, '.', O, O, O, O, O, O, O, O}},
  {{0, 1, 2, 3, 4, 5, 6, 7, X, 8, 9, 10, 11, 12, 13, 14}, {O, O, O, O, O, O, O, O, '.', O, O, O, O, O, O, O}},
#undef X
#undef O
#undef LEADING
};

INLINE uint8_t *put_decimal(uint8_t *text, uint32_t magnitude, uint64_t ninth, uint64_t digits, int power) {
  __m128i all = _mm_set_epi64x((int64_t)digits, (int64_t)ninth);
  uint32_t nonzero = ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_setzero_si128())) & 0xFFFF;
  nonzero |= (magnitude == 0) << 15;
  int first = (int)_tzcnt_u32(nonzero), last = 31 - (int)_lzcnt_u32(nonzero);
  int scale = power + 15 - first, width = last - first;
  _Bool is_plain = scale >= -4 && magnitude < FIRST_WITH_EXPONENT;
  const __m128i *place = (const __m128i *)places[(is_plain ? scale : 0) + 4];
  all = _mm_shuffle_epi8(all, _mm_add_epi8(_mm_set1_epi8((char)first), place[0]));
  _mm_storeu_si128((__m128i *)text, _mm_or_si128(all, place[1]));
  if (__builtin_expect(is_plain, 1)) return text + plain_length(scale, width);
  return put_exponent(text + plain_length(0, width), scale);
}
#else
INLINE uint8_t *put_decimal(uint8_t *text, uint32_t magnitude, uint64_t ninth, uint64_t digits, int power) {
  uint8_t all[32] = {};
  uint64_t ascii = digits | 0x3030303030303030;
  memset(all, '0', 16);
  all[0] = (uint8_t)('0' + (ninth >> 56));
  memcpy(all + 1, &ascii, 8);
  int first = ninth ? 0 : digits ? 1 + __builtin_ctzll(digits) / 8 : 8;
  int last = digits ? 8 - __builtin_clzll(digits) / 8 : magnitude ? 0 : 8;
  int scale = power + 8 - first, width = last - first;
  const uint8_t *from = all + first;
  if (scale >= 0 || scale < -4 || magnitude >= FIRST_WITH_EXPONENT) {
    int point = scale >= 0 && magnitude < FIRST_WITH_EXPONENT ? scale : 0;
    memcpy(text, from, 8);
    text[point + 1] = '.';
    memcpy(text + point + 2, from + point + 1, 8);
    text += plain_length(point, width);
    return point == scale ? text : put_exponent(text, scale);
  }
  memcpy(text, "0.000000", 8);
  memcpy(text + 1 - scale, from, 9);
  return text + plain_length(scale, width);
}
#endif

INLINE uint8_t *put_without_digits(uint8_t *text, uint32_t magnitude) {
  memcpy(text, magnitude ? "null" : "0.0", 4);
  return text + (magnitude ? 4 : 3);
}

/// The largest number of `upconv_small_numbers`, 999, as bits. Those of -0 and of all that is negative or not finite are
/// above it.
#define LARGEST_SMALL 0x4479C000u

/// Whether `count` numbers are all whole and from 0 to 999, as counts, labels and masks are; and which.
TARGET static _Bool find_small(const uint32_t *bits, size_t count, uint32_t *whole) {
  uint32_t is_other = 0;
  for (size_t i = 0; i < count; i++) is_other |= bits[i] > LARGEST_SMALL;
  if (is_other) return 0;
  for (size_t i = 0; i < count; i++) {
    float number;
    memcpy(&number, &bits[i], sizeof number);
    int32_t integer = (int32_t)number;
    is_other |= (float)integer != number;
    whole[i] = (uint32_t)integer;
  }
  return !is_other;
}

/// Puts what stands before a number that comes after `column` others of its row.
INLINE uint8_t *put_separator(uint8_t *text, size_t row_length, size_t *column) {
  if (*column == row_length) {
    memcpy(text, "],[", 4);
    text += 3;
    *column = 0;
  } else {
    *text = ',';
    text += *column > 0;
  }
  ++*column;
  return text;
}

/// Writes whole numbers that `find_small` has found. Most have no row's end before them: those take a look into a table.
TARGET static uint8_t *put_small(
    uint8_t *text, const uint32_t *whole, size_t count, size_t row_length, size_t *column) {
  for (size_t i = 0; i < count;) {
    // Without the comma of the table.
    text = put_separator(text, row_length, column);
    uint32_t first = upconv_small_numbers[whole[i]].text >> 8;
    memcpy(text, &first, 4);
    text += upconv_small_numbers[whole[i]].length - 1;
    i++;
    size_t rest = row_length - *column, end = rest < count - i ? i + rest : count;
    *column += end - i;
    for (; i < end; i++) {
      memcpy(text, &upconv_small_numbers[whole[i]].text, 4);
      text += upconv_small_numbers[whole[i]].length;
    }
  }
  return text;
}

TARGET static uint8_t *write(const float *numbers, size_t count, size_t row_length, size_t column, uint8_t *text) {
  struct batch batch;
  while (count > 0) {
    size_t some = count < BATCH ? count : BATCH;
    size_t rounded = (some + STEP - 1) / STEP * STEP;
    uint32_t bits[BATCH];
    memset(bits + rounded - STEP, 0, STEP * sizeof(uint32_t));
    memcpy(bits, numbers, some * sizeof(float));
    numbers += some;
    count -= some;
    uint32_t whole[BATCH];
    if (find_small(bits, rounded, whole)) {
      text = put_small(text, whole, some, row_length, &column);
      continue;
    }
    find_powers(bits, rounded, &batch);
    find_decimals(bits, rounded, &batch);
    split_digits(rounded, &batch);
    for (size_t i = 0; i < some; i++) {
      uint32_t magnitude = bits[i] & 0x7FFFFFFF;
      text = put_separator(text, row_length, &column);
      *text = '-';
      text += bits[i] >> 31;
      if (__builtin_expect(batch.power[i] == NO_DIGITS, 0)) {
        // No sign before null.
        if (magnitude) text -= bits[i] >> 31;
        text = put_without_digits(text, magnitude);
      } else {
        text = put_decimal(text, magnitude, batch.ninth[i], batch.digits[i], batch.power[i]);
      }
    }
  }
  return text;
}
