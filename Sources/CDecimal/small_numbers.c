// The whole numbers from 0 to 999 as text.
#include "CDecimal.h"

#define DIGIT(n, place) ((uint32_t)('0' + (n) / (place) % 10))
#define ONE(n) \
  {(n) < 10    ? ',' | DIGIT(n, 1) << 8 \
   : (n) < 100 ? ',' | DIGIT(n, 10) << 8 | DIGIT(n, 1) << 16 \
               : ',' | DIGIT(n, 100) << 8 | DIGIT(n, 10) << 16 | DIGIT(n, 1) << 24, \
   (n) < 10 ? 2 : (n) < 100 ? 3 : 4}
#define TEN(n) \
  ONE(n), ONE(n + 1), ONE(n + 2), ONE(n + 3), ONE(n + 4), ONE(n + 5), ONE(n + 6), ONE(n + 7), ONE(n + 8), ONE(n + 9)
#define HUNDRED(n) \
  TEN(n), TEN(n + 10), TEN(n + 20), TEN(n + 30), TEN(n + 40), TEN(n + 50), TEN(n + 60), TEN(n + 70), TEN(n + 80), \
      TEN(n + 90)

const struct upconv_small_number upconv_small_numbers[1000] = {
  HUNDRED(0),   HUNDRED(100), HUNDRED(200), HUNDRED(300), HUNDRED(400),
  HUNDRED(500), HUNDRED(600), HUNDRED(700), HUNDRED(800), HUNDRED(900),
};
