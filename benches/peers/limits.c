/* What the machine can do at all: products and sums of vectors, reading and writing. REAL is the element type. */
#include <stddef.h>
#include <string.h>

#if defined __x86_64__
#define REGISTER "+v"
#else
#define REGISTER "+w"
#endif

#define EACH(make) make(0) make(1) make(2) make(3) make(4) make(5) make(6) make(7) make(8) make(9) make(10) make(11)
#define START(k) vector a##k = s * (REAL)k;
#define ADVANCE(k) a##k = a##k * m + s;
/* A compiler that saw through all rounds could leave some out. */
#define KEEP(k) __asm__ volatile("" : REGISTER(a##k));

/* Twelve chains of products and sums, more than their latency needs. Returns the number of operations. */
#define PEAK(name, bytes)                                             \
  double name(long rounds) {                                          \
    typedef REAL vector __attribute__((vector_size(bytes)));          \
    vector zero = {0}, m = zero + (REAL)0.999, s = zero + (REAL)1e-3; \
    EACH(START)                                                       \
    for (long r = 0; r < rounds; r++) {                               \
      EACH(ADVANCE)                                                   \
      EACH(KEEP)                                                      \
    }                                                                 \
    return (double)rounds * 12 * 2 * (bytes / sizeof(REAL));          \
  }

#if defined __AVX512F__
PEAK(peak, 64)
#elif defined __AVX__
PEAK(peak, 32)
#else
PEAK(peak, 16)
#endif
#if defined __AVX__
PEAK(peak_default, 32)
#else
PEAK(peak_default, 16)
#endif

/* Reads an array once, in eight places at a time, which keeps more of memory busy than one. The sum keeps the compiler from
 * leaving that out. */
static long read_all(const void *from, long bytes) {
  typedef long vector __attribute__((vector_size(64), aligned(8)));
  vector sum[8] = {0};
  const vector *v = from;
  long each = bytes / (long)sizeof(vector) / 8;
  for (long i = 0; i < each; i++)
    for (int k = 0; k < 8; k++) sum[k] += v[k * each + i];
  vector all = (sum[0] + sum[1]) + (sum[2] + sum[3]) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
  return all[0] + all[1] + all[2] + all[3] + all[4] + all[5] + all[6] + all[7];
}

/* So many times, reads the first arrays and writes the others, as the C library finds best. */
long traffic(void **arrays, const long *bytes, int reads, int count, long times) {
  long sum = 0;
  for (long t = 0; t < times; t++) {
    for (int k = 0; k < reads; k++) sum += read_all(arrays[k], bytes[k]);
    for (int k = reads; k < count; k++) memset(arrays[k], 0, (size_t)bytes[k]);
    __asm__ volatile("" ::: "memory");
  }
  return sum;
}
