#include "CDecimal.h"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt,prefer-256-bit")))
#define SHUFFLE
#include "decimal_write.h"
#include "decimal_read.h"

const struct upconv_decimal *upconv_decimal_avx512(void) {
  static const struct upconv_decimal functions = {"avx512", read, write};
  return upconv_decimal_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? &functions : NULL;
}
#else
const struct upconv_decimal *upconv_decimal_avx512(void) { return NULL; }
#endif
