#ifndef UPCONV_DOCUMENTS_H
#define UPCONV_DOCUMENTS_H

#include <stddef.h>
#include <stdint.h>

/// The bytes of a file that is part of the program. They stay valid for the life of the process.
struct upconv_document {
  const uint8_t *bytes;
  size_t count;
};

/// Returns the frame of the page at `/`, whose elements `style` and `script` are empty.
struct upconv_document upconv_page_frame(void);

/// Returns the page's style sheet.
struct upconv_document upconv_page_style(void);

/// Returns the page's scripts, one behind the other, in the order in which they depend on each other.
struct upconv_document upconv_page_script(void);

/// Returns `openapi.yaml`.
struct upconv_document upconv_openapi_yaml(void);

/// Returns `openapi.json`, which `scripts/openapi-json` makes from it.
struct upconv_document upconv_openapi_json(void);

#endif
