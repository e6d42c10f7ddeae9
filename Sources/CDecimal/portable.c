// What the architecture promises everywhere.
#define TARGET
#include "decimal_write.h"

const struct upconv_decimal *upconv_decimal_portable(void) {
  static const struct upconv_decimal functions = {"portable", NULL, write};
  return &functions;
}
