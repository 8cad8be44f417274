/* Every element type by value and by pointer, as scalars and as arrays: each comes back as it went. */
#include "echo.h"

#include "check.h"

/* X(name, type, value) for the real types; complex ones are written out below. */
#define REALS(X)                                                                                            \
  X(p, bool, true) X(i8, int8_t, -128) X(i16, int16_t, -32768) X(i32, int32_t, INT32_MIN)                   \
  X(i64, int64_t, INT64_MIN) X(u8, uint8_t, 255) X(u16, uint16_t, 65535) X(u32, uint32_t, UINT32_MAX)       \
  X(u64, uint64_t, UINT64_MAX) X(f16, uint16_t, 0x3c01) X(bf16, uint16_t, 0x3f81) X(f32, float, -0x1.8p-130f) \
  X(f64, double, -0x1.8p-1060)

enum { N = 37 };

int main(void) {
  echo_config config = ECHO_CONFIG(N);
  echo_ctx *m;
  CHECK_STATUS(echo_create(&config, &m), ECHO_OK);

#define DECLARE(name, type, value) type name = (value), name##_out = 0;
  REALS(DECLARE)
  tgc_c64 c64 = {-1.5f, 2.5f}, c64_out = {0, 0};
  tgc_c128 c128 = {-3.5, 4.5}, c128_out = {0, 0};
#define VALUE(name, type, value) name,
#define OUT(name, type, value) &name##_out,
  CHECK_STATUS(echo_scalars(m, REALS(VALUE) &c64, &c128, REALS(OUT) &c64_out, &c128_out), ECHO_OK);
#define SAME(name, type, value) CHECK(memcmp(&name, &name##_out, sizeof(type)) == 0);
  REALS(SAME)
  CHECK(c64_out.re == -1.5f && c64_out.im == 2.5f && c128_out.re == -3.5 && c128_out.im == 4.5);

#define ARRAYS(name, type, value) static type name##_v[N], name##_w[N];
  REALS(ARRAYS)
  static tgc_c64 c64_v[N], c64_w[N];
  static tgc_c128 c128_v[N], c128_w[N];
  for (int i = 0; i < N; i++) {
#define FILL(name, type, value) name##_v[i] = (type)(i % 2 ? name : (type)i);
    REALS(FILL)
    c64_v[i].re = (float)i;
    c64_v[i].im = (float)-i;
    c128_v[i].re = -i;
    c128_v[i].im = i;
  }
#define IN_ARRAY(name, type, value) name##_v,
#define OUT_ARRAY(name, type, value) name##_w,
  CHECK_STATUS(echo_vectors(m, N, REALS(IN_ARRAY) c64_v, c128_v, REALS(OUT_ARRAY) c64_w, c128_w), ECHO_OK);
#define SAME_ARRAYS(name, type, value) CHECK(memcmp(name##_v, name##_w, sizeof name##_v) == 0);
  REALS(SAME_ARRAYS)
  CHECK(memcmp(c64_v, c64_w, sizeof c64_v) == 0 && memcmp(c128_v, c128_w, sizeof c128_v) == 0);
  echo_destroy(m);
  return 0;
}
