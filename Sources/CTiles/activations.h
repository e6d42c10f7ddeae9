// The activations, a part of tiles.h.
//
// Every function is computed in double precision and rounded once, so its error is that of the rounding and a little
// more: at most 0.75 units in the last place, subnormal results included. A lane's result depends on its number alone,
// so it does not matter at which place of a line a number stands, or what stands beside it.
//
// A comparison with a NaN is false, so a NaN stays what it is. At infinity a function has its limit.

// Functions that take or return a vector of doubles are always inlined, so that no calling convention is at stake.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

typedef double wide __attribute__((vector_size(LANES * 8), aligned(8)));
typedef int64_t wide_mask __attribute__((vector_size(LANES * 8), aligned(8)));

INLINE wide widened(vec x) { return __builtin_convertvector(x, wide); }
INLINE vec narrowed(wide x) { return __builtin_convertvector(x, vec); }
INLINE wide choose_wide(mask m, wide yes, wide no) {
  const wide_mask w = __builtin_convertvector(m, wide_mask);
  return (wide)((w & (wide_mask)yes) | (~w & (wide_mask)no));
}
INLINE vec magnitude(vec x) { return (vec)((mask)x & 0x7fffffff); }
INLINE vec at_least(vec x, float least) { return choose(x < least, broadcast(least), x); }
INLINE vec at_most(vec x, float most) { return choose(x > most, broadcast(most), x); }

// From here on exp(-x) is below half of the smallest subnormal, and 1 + exp(-x) is 1.
#define EXP_RANGE 120.0f

// 1 / x for 2^-100 < x < 2^100: a division in single precision, which is much faster, and a step of Newton's method.
INLINE wide reciprocal(wide x) {
  const wide near = widened(1.0f / narrowed(x));
  return near + near * (1.0 - x * near);
}

// exp(x) = 2^n · (1 + r·q(r)) with n a whole number and |r| ≤ log(2)/2. The polynomial q is the minimax approximation to
// (exp(r) - 1) / r, with a relative error of 2^-26.4.
struct exponential {
  // n in the bits that hold a double's exponent.
  wide_mask shift;
  wide r, q;
};

// For |x| < 700, or a NaN.
INLINE struct exponential exponential(wide x) {
  struct exponential e;
  // Adding 1.5 · 2^52 rounds to a whole number, which the lowest bits then hold.
  const wide k = x * 0x1.71547652b82fep+0 + 0x1.8p52;
  const wide n = k - 0x1.8p52;
  const wide r = x - n * 0x1.62e42fefa39efp-1;
  e.shift = (wide_mask)k << 52;
  e.r = r;
  e.q = ((((0x1.6c16a79aa6beap-10 * r + 0x1.123d229a862a8p-7) * r + 0x1.555651e9d4ea0p-5) * r + 0x1.55547d8e0a059p-3) * r
         + 0x1.fffffebce11c2p-2) * r + 0x1.0000002dc8812p+0;
  return e;
}

INLINE wide exp_of(wide x) {
  const struct exponential e = exponential(x);
  return (wide)((wide_mask)(e.r * e.q + 1.0) + e.shift);
}

// exp(x) - 1, as exact for small x as for large ones.
INLINE wide expm1_of(wide x) {
  const struct exponential e = exponential(x);
  const wide scale = (wide)(e.shift + 0x3ff0000000000000);
  return scale * (e.r * e.q) + (scale - 1.0);
}

// 1 / (1 + exp(-x)), given |x| < 700 and whether x < 0.
INLINE wide logistic(wide magnitude, mask is_negative) {
  const wide t = exp_of(-magnitude);
  const wide inverse = reciprocal(1.0 + t);
  return choose_wide(is_negative, t * inverse, inverse);
}

INLINE vec sigmoid_of(vec x) { return narrowed(logistic(widened(at_most(magnitude(x), EXP_RANGE)), x < 0)); }

INLINE vec silu_of(vec x) {
  const wide sigmoid = logistic(widened(at_most(magnitude(x), EXP_RANGE)), x < 0);
  return narrowed(widened(at_least(x, -EXP_RANGE)) * sigmoid);
}

INLINE vec tanh_of(vec x) {
  // From 9.02 on the result is 1.
  const wide e = expm1_of(2.0 * widened(at_most(magnitude(x), 10.0f)));
  return (vec)((mask)narrowed(e * reciprocal(2.0 + e)) | ((mask)x & INT32_MIN));
}

INLINE vec elu_of(vec x, float alpha) {
  return choose(x < 0, narrowed((double)alpha * expm1_of(widened(at_least(x, -40.0f)))), x);
}

#define SELU_SCALE 1.0507009873554805
#define SELU_ALPHA 1.6732632423543772

INLINE vec selu_of(vec x) {
  const wide below = (SELU_SCALE * SELU_ALPHA) * expm1_of(widened(at_least(x, -40.0f)));
  return narrowed(choose_wide(x < 0, below, SELU_SCALE * widened(x)));
}

// x·Φ(x). For a = |x|, Φ(-a) = exp(-a²/2) · w·p(w) with w = 1 / (1 + a/4). The polynomial p is the minimax approximation
// for a ≤ 14.6, with a relative error of 2^-26.7; from there on the result is 0.
INLINE vec gelu_of(vec x) {
  const wide a = widened(at_most(magnitude(x), 15.0f));
  const wide w = reciprocal(1.0 + 0.25 * a);
  const wide p = ((((((((0x1.15bb7ab09e251p-6 * w - 0x1.09b08f83f1607p-4) * w + 0x1.d0436e312f537p-5) * w
        + 0x1.609b9015e4f9dp-6) * w + 0x1.31e5d1ff5c347p-6) * w + 0x1.5552ac53da996p-4) * w + 0x1.2bd39a713577fp-4) * w
        + 0x1.8620b5c90b594p-4) * w + 0x1.97a956e16c7c3p-4) * w + 0x1.988f4ef5ae7e9p-4;
  const wide tail = exp_of(-0.5 * a * a) * (w * p);
  return narrowed(widened(at_least(x, -15.0f)) * choose_wide(x < 0, tail, 1.0 - tail));
}

// x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³))), where 1 + tanh(y) is twice the logistic function of 2·y.
INLINE vec approximate_gelu_of(vec x) {
  const wide a = widened(at_most(magnitude(x), 16.0f));
  const wide y = a * (1.5957691216057308 + (1.5957691216057308 * 0.044715) * (a * a));
  return narrowed(widened(at_least(x, -16.0f)) * logistic(y, x < 0));
}

// max(x, 0) + log(1 + t) with t = exp(-|x|), and log(1 + t) = 2·artanh(s) with s = t / (2 + t) ≤ 1/3.
INLINE vec softplus_of(vec x) {
  const wide t = exp_of(-widened(at_most(magnitude(x), EXP_RANGE)));
  const wide s = t * reciprocal(2.0 + t);
  const wide u = s * s;
  const wide p = (((0x1.208bd00199317p-2 * u + 0x1.1e510af80c423p-2) * u + 0x1.99dae699f712ep-2) * u
                  + 0x1.5554df3a19105p-1) * u + 0x1.0000001102a15p+1;
  return narrowed(s * p + widened(choose(x < 0, (vec){}, x)));
}

INLINE vec softsign_of(vec x) {
  const vec bounded = at_most(at_least(x, -0x1p60f), 0x1p60f);
  return narrowed(widened(bounded) * reciprocal(1.0 + widened(magnitude(bounded))));
}

INLINE vec exp_of_vector(vec x) { return narrowed(exp_of(widened(at_most(at_least(x, -EXP_RANGE), 100.0f)))); }

INLINE vec hard_sigmoid_of(vec x, float slope) {
  const vec y = narrowed((double)slope * widened(x) + 0.5);
  return at_most(choose(y < 0, (vec){}, y), 1.0f);
}

INLINE vec clipped_relu_of(vec x, const struct upconv_activation *a) {
  vec below = {};
  if (a->slope != 0) below = narrowed((double)a->slope * (widened(x) - (double)a->threshold));
  return choose(x <= a->threshold, below, at_most(x, a->largest));
}

// Whether an activation is applied in the registers of a tile: it costs one or two instructions a vector.
INLINE int is_rectifier(const struct upconv_activation *a) {
  return a->function == UPCONV_RELU || a->function == UPCONV_LEAKY_RELU || a->function == UPCONV_PARAMETRIC_RELU;
}

// Whether it is applied to what a tile has stored.
INLINE int is_function(const struct upconv_activation *a) { return a->function > UPCONV_PARAMETRIC_RELU; }

// The slopes of the numbers from `column` on, of which `rest` exist.
INLINE vec slopes_at(const struct upconv_activation *a, size_t column, size_t rest) {
  if (a->function != UPCONV_PARAMETRIC_RELU) return broadcast(a->slope);
  return rest >= LANES ? load(a->slopes + column) : load_some(a->slopes + column, rest);
}

// What becomes of a number in a register. `slopes` counts for the leaky ones only.
INLINE vec rectified(vec x, enum upconv_function function, vec slopes) {
  switch (function) {
  case UPCONV_RELU: return choose(x < 0, (vec){}, x);
  case UPCONV_LEAKY_RELU:
  case UPCONV_PARAMETRIC_RELU: return choose(x < 0, x * slopes, x);
  default: return x;
  }
}

#define EACH_VECTOR(RESULT) \
  for (size_t i = 0; i < count; i += LANES) { \
    const size_t rest = count - i; \
    const vec x = rest >= LANES ? load(numbers + i) : load_some(numbers + i, rest); \
    const vec result = RESULT; \
    if (rest >= LANES) put(numbers + i, result); \
    else put_some(numbers + i, result, rest); \
  } \
  break;

// Applies an activation to a line of numbers in place.
TARGET __attribute__((noinline)) static void activate_line(
    const struct upconv_activation *a, float *numbers, size_t count) {
  switch (a->function) {
  case UPCONV_LINEAR: break;
  case UPCONV_RELU:
  case UPCONV_LEAKY_RELU:
  case UPCONV_PARAMETRIC_RELU: EACH_VECTOR(rectified(x, a->function, slopes_at(a, i, rest)))
  case UPCONV_CLIPPED_RELU: EACH_VECTOR(clipped_relu_of(x, a))
  case UPCONV_SIGMOID: EACH_VECTOR(sigmoid_of(x))
  case UPCONV_TANH: EACH_VECTOR(tanh_of(x))
  case UPCONV_ELU: EACH_VECTOR(elu_of(x, a->slope))
  case UPCONV_SELU: EACH_VECTOR(selu_of(x))
  case UPCONV_GELU: EACH_VECTOR(gelu_of(x))
  case UPCONV_APPROXIMATE_GELU: EACH_VECTOR(approximate_gelu_of(x))
  case UPCONV_SILU: EACH_VECTOR(silu_of(x))
  case UPCONV_SOFTPLUS: EACH_VECTOR(softplus_of(x))
  case UPCONV_SOFTSIGN: EACH_VECTOR(softsign_of(x))
  case UPCONV_EXPONENTIAL: EACH_VECTOR(exp_of_vector(x))
  case UPCONV_HARD_SIGMOID: EACH_VECTOR(hard_sigmoid_of(x, a->slope))
  }
}

TARGET static void activate(
    const struct upconv_activation *a, float *numbers, size_t rows, ptrdiff_t row_step, size_t columns) {
  // Rows without gaps are one line, whose vectors are all full but the last.
  if (row_step == (ptrdiff_t)columns && a->function != UPCONV_PARAMETRIC_RELU) columns *= rows, rows = rows > 0;
  for (size_t r = 0; r < rows; r++) activate_line(a, numbers + (ptrdiff_t)r * row_step, columns);
}

// The same for rows anywhere, right after a tile has stored them.
TARGET static void activate_stored(
    const struct upconv_activation *a, float *output, const ptrdiff_t *offsets, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows;) {
    size_t end = r + 1;
    while (end < rows && offsets[end] - offsets[end - 1] == (ptrdiff_t)columns) end++;
    activate_line(a, output + offsets[r], (end - r) * columns);
    r = end;
  }
}

#pragma clang diagnostic pop
