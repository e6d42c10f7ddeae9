#include "CDocuments.h"

// C embeds a file at the cost of copying it (#embed of C23, which clang takes for every C). The package manager's own
// embedding writes an array literal of Swift, and these documents took the Swift compiler 70 seconds.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t frame[] = {
#embed "page/page.html"
};

static const uint8_t style[] = {
#embed "page/page.css"
};

static const uint8_t script[] = {
#embed "page/dom.js" suffix(,)
#embed "page/fields.js" suffix(,)
#embed "page/tensor.js" suffix(,)
#embed "page/npy.js" suffix(,)
#embed "page/layouts.js" suffix(,)
#embed "page/files.js" suffix(,)
#embed "page/layer.js" suffix(,)
#embed "page/initializers.js" suffix(,)
#embed "page/colors.js" suffix(,)
#embed "page/heatmap.js" suffix(,)
#embed "page/glossary.js" suffix(,)
#embed "page/credentials.js" suffix(,)
#embed "page/connection.js" suffix(,)
#embed "page/playground.js" suffix(,)
#embed "page/own.js" suffix(,)
#embed "page/address.js" suffix(,)
#embed "page/pixel.js" suffix(,)
#embed "page/phases.js" suffix(,)
#embed "page/stamps.js" suffix(,)
#embed "page/remedies.js" suffix(,)
#embed "page/photo.js" suffix(,)
#embed "page/snippets.js" suffix(,)
#embed "page/metrics.js" suffix(,)
#embed "page/inference.js" suffix(,)
#embed "page/models.js" suffix(,)
#embed "page/trial.js" suffix(,)
#embed "page/reference.js" suffix(,)
#embed "page/start.js"
};

static const uint8_t openapi_yaml[] = {
#embed "../../openapi.yaml"
};

static const uint8_t openapi_json[] = {
#embed "../../openapi.json"
};

struct upconv_document upconv_page_frame(void) { return (struct upconv_document){frame, sizeof frame}; }

struct upconv_document upconv_page_style(void) { return (struct upconv_document){style, sizeof style}; }

struct upconv_document upconv_page_script(void) { return (struct upconv_document){script, sizeof script}; }

struct upconv_document upconv_openapi_yaml(void) { return (struct upconv_document){openapi_yaml, sizeof openapi_yaml}; }

struct upconv_document upconv_openapi_json(void) { return (struct upconv_document){openapi_json, sizeof openapi_json}; }
