// libnghttp2's own header: what Swift needs of it, it imports as it is.
#pragma once
#include <nghttp2/nghttp2.h>
