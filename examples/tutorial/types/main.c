/* Calls a function for each element type; the macros at the end of main list which. */
#include "types.h"

#include <stdio.h>

enum { COUNT = 2 * 2 * 2 * 3, N = 3 };

static TYPES_BLOCK(ctx, TYPES_CTX_BYTES);
static TYPES_BLOCK(workspace, TYPES_WS_BYTES(N));

/* Real scalars are arguments by value, complex ones by pointer. */
#define VALUE(x) *(x)
#define POINTER(x) (x)

/* Passes one array for inputs of every shape: a row begins like a matrix. The last element of the result is the sum of
 * the last elements of them all. */
#define CALL(prefix, type, scalar)                                                                     \
  static int call_##prefix(types_ctx *m, const type *a, const type *b, type *sum, type *difference) {  \
    type total[COUNT];                                                                                 \
    if (types_##prefix##_sum(m, scalar(a), a, a, a, a, a, a, total) != TYPES_OK) return 1;             \
    *sum = total[COUNT - 1];                                                                           \
    if (types_##prefix##_difference(m, scalar(a), scalar(b), a, b, a, b, a, b, a, b, a, b, a, b, total) != TYPES_OK) { \
      return 1;                                                                                        \
    }                                                                                                  \
    *difference = total[COUNT - 1];                                                                    \
    return 0;                                                                                          \
  }

CALL(b, int8_t, VALUE)
CALL(w, int16_t, VALUE)
CALL(i, int32_t, VALUE)
CALL(l, int64_t, VALUE)
CALL(f, float, VALUE)
CALL(d, double, VALUE)
CALL(c, tgc_c64, POINTER)
CALL(z, tgc_c128, POINTER)

#define SHOW_REAL(m, prefix, type)                                                               \
  do {                                                                                           \
    type a[COUNT], b[COUNT], sum, difference;                                                    \
    for (int k = 0; k < COUNT; k++) a[k] = (type)(k + 1), b[k] = 1;                              \
    if (call_##prefix(m, a, b, &sum, &difference) != 0) return 1;                                \
    printf("%s %s: %g, %g\n", #prefix, #type, (double)sum, (double)difference);                  \
  } while (0)

#define SHOW_COMPLEX(m, prefix, type, part)                                                      \
  do {                                                                                           \
    type a[COUNT], b[COUNT], sum, difference;                                                    \
    for (int k = 0; k < COUNT; k++) {                                                            \
      a[k].re = (part)(k + 1), a[k].im = (part)-(k + 1);                                         \
      b[k].re = b[k].im = 1;                                                                     \
    }                                                                                            \
    if (call_##prefix(m, a, b, &sum, &difference) != 0) return 1;                                \
    printf("%s %s: %g%+gi, %g%+gi\n", #prefix, #type, sum.re, sum.im, difference.re, difference.im); \
  } while (0)

static int promote(types_ctx *m) {
  const bool flag[N] = {true, false, true};
  const uint8_t u8[N] = {255, 1, 0};
  const int8_t i8[N] = {-1, 127, -128};
  const uint16_t u16[N] = {65535, 1, 2}, f16[N] = {0x3c00, 0x3e00, 0xc000}, bf16[N] = {0x3f80, 0x3fc0, 0x4040};
  const uint32_t u32[N] = {1, 2, 3};
  const uint64_t u64[N] = {1, 2, 3};
  const int64_t i64[N] = {-1, -2, -4};
  bool not_flag[N];
  int16_t u8_i8[N];
  uint32_t u16_u32[N];
  double u64_i64[N], i8_quotient[N];
  float f16_bf16[N];
  uint16_t f16_literal[N];
  int8_t i8_literal[N];
  if (types_promote(m, N, flag, u8, i8, u16, u32, u64, i64, f16, bf16, not_flag, u8_i8, u16_u32, u64_i64, f16_bf16,
                    f16_literal, i8_literal, i8_quotient) != TYPES_OK) {
    return 1;
  }
  for (int k = 0; k < N; k++) {
    printf("!%d = %d, %d + %d = %d, %d + %d = %d, ", flag[k], not_flag[k], u8[k], i8[k], u8_i8[k], u16[k], (int)u32[k],
           (int)u16_u32[k]);
    printf("%d + %d = %g, f16 * bf16 = %g, f16 * 0.5 = 0x%04x, ", (int)u64[k], (int)i64[k], u64_i64[k],
           (double)f16_bf16[k], (unsigned)f16_literal[k]);
    printf("%d * 2 = %d, %d / 2 = %g\n", i8[k], i8_literal[k], i8[k], i8_quotient[k]);
  }
  return 0;
}

int main(void) {
  types_config config = TYPES_CONFIG(N);
  types_ctx *m;
  if (types_init(&config, ctx, NULL, workspace, sizeof workspace, &m) != TYPES_OK) return 1;
  SHOW_REAL(m, b, int8_t);
  SHOW_REAL(m, w, int16_t);
  SHOW_REAL(m, i, int32_t);
  SHOW_REAL(m, l, int64_t);
  SHOW_REAL(m, f, float);
  SHOW_REAL(m, d, double);
  SHOW_COMPLEX(m, c, tgc_c64, float);
  SHOW_COMPLEX(m, z, tgc_c128, double);
  return promote(m);
}
