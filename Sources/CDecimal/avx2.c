#include "CDecimal.h"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt")))
#define SHUFFLE
#include "decimal_write.h"
#include "decimal_read.h"

const struct upconv_decimal *upconv_decimal_avx2(void) {
  static const struct upconv_decimal functions = {"avx2", read, write};
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")
      && __builtin_cpu_supports("lzcnt") ? &functions : NULL;
}
#else
const struct upconv_decimal *upconv_decimal_avx2(void) { return NULL; }
#endif
