// Decimal text to the nearest float32, ties to even, rounded once. The file that includes it defines TARGET, with AVX2
// and BMI2 at least.
//
// Method: W. D. Clinger, "How to read floating point numbers accurately" (1990): a number is m·10^e with an integer m;
// where m and the power are exact in double, one division or multiplication is rounded once. W. Muła and D. Lemire's
// way of adding neighbouring digits up in vector lanes gives m ("Number parsing at a gigabyte per second", 2021).
#include "CDecimal.h"
#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline)) TARGET

/// What `read_long` and the loop of `read` may look at from a number's first byte on.
enum { READ_AHEAD = 32 };

INLINE uint64_t double_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

INLINE _Bool is_digit(uint8_t byte) { return (uint8_t)(byte - '0') <= 9; }

/// Which of 16 bytes are no digits; and the digits' values in `digits`, 0 for other bytes.
INLINE uint32_t find_digits(__m128i text, __m128i *digits) {
  __m128i values = _mm_sub_epi8(text, _mm_set1_epi8('0'));
  __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values);
  *digits = _mm_and_si128(values, is_digit);
  return (uint32_t)_mm_movemask_epi8(is_digit) ^ 0xFFFF;
}

/// The number that the 8 bytes before `end` write, of which only the last `count` are digits of it; count ≤ 8.
/// Neighbours are added up in pairs, fours, eights.
INLINE uint64_t last_digits(const uint8_t *end, size_t count) {
  uint64_t x;
  memcpy(&x, end - 8, 8);
  x = count ? (x ^ 0x3030303030303030) & ~UINT64_C(0) << (64 - 8 * count) : 0;
  x = (x * 10 + (x >> 8)) & 0x00FF00FF00FF00FF;
  x = (x * 100 + (x >> 16)) & 0x0000FFFF0000FFFF;
  return (x * 10000 + (x >> 32)) & 0xFFFFFFFF;
}

/// m·10^exponent as a float; 0 where that is not certain. Three roundings may happen (m, the power, the result), each
/// by half a unit in the last place of a double, so it is off by less than 4 of them: a double that is as near as that
/// to the middle between two floats decides nothing.
INLINE _Bool scale(uint64_t m, int exponent, float *value) {
  if (exponent < -60 || exponent > 60) return 0;
  double x = (double)(int64_t)m;
  x = exponent < 0 ? x / upconv_powers_of_ten[-exponent] : x * upconv_powers_of_ten[exponent];
  if ((double_bits(x) & 0x1FFFFFFF) - (0x10000000 - 4) <= 8) return 0;
  // Outside of the normal floats the middle lies elsewhere.
  if (!(x >= 0x1p-126 && x <= 0x1.fffffep127) && m != 0) return 0;
  *value = (float)x;
  return 1;
}

/// A number of any form that takes less than READ_AHEAD bytes, the one behind it included. Answers that one's place;
/// NULL where the number is malformed or not settled here.
TARGET static const uint8_t *read_long(const uint8_t *begin, const uint8_t *text, float *value) {
  __m128i values;
  uint32_t others = find_digits(_mm_loadu_si128((const __m128i *)text), &values);
  others |= find_digits(_mm_loadu_si128((const __m128i *)(text + 16)), &values) << 16;
  uint32_t is_negative = *text == '-';
  others &= ~is_negative;
  size_t point = _tzcnt_u32(others), end = point, fraction_digits = 0;
  size_t integer_digits = point - is_negative;
  if (point >= READ_AHEAD || integer_digits == 0 || (text[is_negative] == '0' && integer_digits > 1)) return NULL;
  if (text[point] == '.') {
    end = _tzcnt_u32(_blsr_u32(others));
    fraction_digits = end - point - 1;
    if (end >= READ_AHEAD || fraction_digits == 0) return NULL;
  }
  // Eight bytes at a time, from the end: they may begin before the number, but not before what may be read.
  const uint8_t *integer_end = text + point, *fraction_end = text + end;
  if (integer_digits > 16 || fraction_digits > 22 || integer_end - begin < 16 || fraction_end - begin < 24) return NULL;
#define PART(DIGITS, SKIPPED) (DIGITS <= SKIPPED ? 0 : DIGITS - SKIPPED < 8 ? DIGITS - SKIPPED : 8)
  uint64_t m = last_digits(integer_end, PART(integer_digits, 0));
  if (integer_digits > 8) m += last_digits(integer_end - 8, PART(integer_digits, 8)) * 100000000;
  if (fraction_digits > 0) {
    uint64_t fraction = last_digits(fraction_end, PART(fraction_digits, 0));
    if (fraction_digits > 8) fraction += last_digits(fraction_end - 8, PART(fraction_digits, 8)) * 100000000;
    uint64_t high = fraction_digits > 16 ? last_digits(fraction_end - 16, PART(fraction_digits, 16)) : 0;
    // All of it must stay below 2^63.
    if (high >= 900 || (m > 0 && integer_digits + fraction_digits > 18)) return NULL;
    fraction += high * 10000000000000000;
    static const uint64_t powers[19] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
        1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
        1000000000000000000};
    m = (m > 0 ? m * powers[fraction_digits] : 0) + fraction;
  }
#undef PART
  int exponent = -(int)fraction_digits;
  if ((text[end] | 0x20) == 'e') {
    if (end + 5 >= READ_AHEAD) return NULL;
    end++;
    _Bool is_small = text[end] == '-';
    end += is_small || text[end] == '+';
    if (!is_digit(text[end])) return NULL;
    int written = text[end++] - '0';
    if (is_digit(text[end])) written = written * 10 + (text[end++] - '0');
    if (is_digit(text[end])) return NULL;
    exponent += is_small ? -written : written;
  }
  if (!scale(m, exponent, value)) return NULL;
  if (is_negative) *value = -*value;
  return text + end;
}

/// The usual number: less than 16 bytes, no exponent. Answers the place behind it; NULL as above.
///
/// Few steps lead from a number's place to the next one's (load, compare, count), so that the processor works on
/// several numbers at once; nothing that differs from number to number is a branch.
INLINE const uint8_t *read_short(const uint8_t *text, float *value) {
  __m128i all = _mm_loadu_si128((const __m128i *)text), digits;
  uint32_t others = find_digits(all, &digits);
  uint32_t points = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_set1_epi8('.')));
  uint32_t is_negative = *text == '-';
  others &= ~is_negative;
  uint32_t end = _tzcnt_u32((others & ~points) | 0x10000), point = _tzcnt_u32(others | 0x10000);
  uint32_t is_integer = point == end;
  uint32_t has_two_points = _blsr_u32(_bzhi_u32(others, end)) != 0;
  uint32_t is_other = (end == 16) | (point == is_negative) | (point + 1 == end) | has_two_points
      | ((text[is_negative] == '0') & (point - is_negative != 1)) | ((text[end] | 0x20) == 'e');
  if (__builtin_expect(is_other, 0)) return NULL;
  // The digits to the right end, and those before the point one place further: over it.
  __m128i from = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  from = _mm_add_epi8(from, _mm_set1_epi8((char)(end + is_integer - 16)));
  from = _mm_add_epi8(from, _mm_cmpgt_epi8(_mm_set1_epi8((char)(point + 1)), from));
  digits = _mm_shuffle_epi8(digits, from);
  // Pairs, fours, eights.
  digits = _mm_maddubs_epi16(digits, _mm_set1_epi16(10 | 1 << 8));
  digits = _mm_madd_epi16(digits, _mm_set1_epi32(100 | 1 << 16));
  digits = _mm_madd_epi16(_mm_packus_epi32(digits, digits), _mm_set1_epi32(10000 | 1 << 16));
  uint64_t eights = (uint64_t)_mm_cvtsi128_si64(digits);
  uint64_t m = (uint32_t)eights * UINT64_C(100000000) + (eights >> 32);
  // Both exact: rounded once, to a double; and then to a float, which is right but for the middle of two.
  double x = (double)(int64_t)m / upconv_powers_of_ten[end + is_integer - point - 1];
  if ((double_bits(x) & 0x1FFFFFFF) == 0x10000000) return NULL;
  float magnitude = (float)x;
  uint32_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits |= is_negative << 31;
  memcpy(value, &bits, sizeof bits);
  return text + end;
}

/// `7,` and `7.0,`: what masks, labels and ones are made of, and what Python and JavaScript write for them. Answers the
/// comma's place; NULL where it is another number.
INLINE const uint8_t *read_digit(const uint8_t *text, float *value) {
  uint32_t bytes;
  memcpy(&bytes, text, sizeof bytes);
  _Bool has_point = bytes >> 8 == ('.' | '0' << 8 | ',' << 16);
  if (!is_digit((uint8_t)bytes) || !(has_point || (bytes >> 8 & 0xFF) == ',')) return NULL;
  *value = (float)(int32_t)((bytes & 0xFF) - '0');
  return text + (has_point ? 3 : 1);
}

TARGET static void read(struct upconv_decimal_run *run) {
  const uint8_t *text = run->text;
  const uint8_t *const end = run->end;
  float *numbers = run->numbers;
  float *const numbers_end = numbers + run->room;
  size_t column = run->column, after_comma = 0;
  _Bool was_digit = 0;
  const size_t row_length = run->row_length;
  while (numbers < numbers_end && end - text >= READ_AHEAD) {
    const uint8_t *behind = NULL;
    if (__builtin_expect(was_digit, 0)) behind = read_digit(text, numbers);
    if (__builtin_expect(behind == NULL, 1)) behind = read_short(text, numbers);
    if (__builtin_expect(behind == NULL, 0)) behind = read_long(run->begin, text, numbers);
    if (behind == NULL) break;
    // Digits come in company; other numbers shall not pay for being looked at twice.
    was_digit = behind - text <= 3;
    text = behind;
    numbers++;
    column++;
    after_comma = 0;
    // At most READ_AHEAD - 1 bytes were taken.
    if (__builtin_expect(*text == ',', 1)) {
      text++;
      after_comma = 1;
      if (text < end && *text == ' ') text++;
      continue;
    }
    // The next row, but only one that begins with a number.
    if (*text != ']' || column != row_length || end - text < 5 || text[1] != ',') break;
    const uint8_t *next = text + 2 + (text[2] == ' ');
    if (*next != '[' || !(is_digit(next[1]) || next[1] == '-')) break;
    text = next + 1;
    column = 0;
    run->rows++;
  }
  run->room -= (size_t)(numbers - run->numbers);
  run->text = text;
  run->numbers = numbers;
  run->column = column;
  run->after_comma = after_comma;
}
