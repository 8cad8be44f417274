/* The same work as C loops, compiled with -O3 -march=native -ffast-math and glibc's vector mathematics: what one would write
 * by hand without intrinsics, blocking or a BLAS. PLAIN says which function; REAL is its element type. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define M(name) _Generic((REAL)0, float: name##f, double: name)
#define RESTRICT REAL *restrict

#ifdef COUNT
static void plain_chain(void **a) {
  const RESTRICT x = a[0];
  RESTRICT y = a[1];
  for (int i = 0; i < COUNT; i++) {
    REAL v = x[i];
    y[i] = M(tanh)((REAL)0.75 * v) / (1 + M(exp)(-((REAL)1.5 * v + (REAL)0.25))) + M(exp)(-v * v);
  }
}

#define STEP(k, then) t = t * C(k) + v, then;
#define C(k) ((REAL)(0.3 + 0.01 * (k)))
#define FOUR(k)                                      \
  STEP(k, t = t / (t * t + 1))                       \
  STEP(k + 1, t = t - t * t * ((REAL)0.1 * C(k + 1))) \
  STEP(k + 2, t = M(tanh)(t) * (REAL)0.8 + C(k + 2)) \
  STEP(k + 3, t = t * (REAL)0.5 > t - 1 ? t * (REAL)0.5 : t - 1)
/* In blocks with a loop for each four steps, so that the chains of many elements run side by side. */
static void plain_long_expression(void **a) {
  enum { BLOCK = 256 };
  const RESTRICT x = a[0];
  RESTRICT y = a[1];
#define LOOP(k)                              \
  for (int i = 0; i < n; i++) {              \
    REAL v = from[i], t = temporary[i];      \
    FOUR(k)                                  \
    temporary[i] = t;                        \
  }
  for (int start = 0; start < COUNT; start += BLOCK) {
    int n = COUNT - start < BLOCK ? COUNT - start : BLOCK;
    const RESTRICT from = x + start;
    REAL temporary[BLOCK];
    for (int i = 0; i < n; i++) temporary[i] = from[i];
    LOOP(0) LOOP(4) LOOP(8) LOOP(12) LOOP(16) LOOP(20) LOOP(24) LOOP(28) LOOP(32) LOOP(36)
    for (int i = 0; i < n; i++) y[start + i] = temporary[i];
  }
}
#endif

#ifdef ROWS
static void plain_moments(void **a) {
  const RESTRICT x = a[0];
  RESTRICT mean = a[1], *restrict variance = a[2];
  for (int i = 0; i < ROWS; i++) {
    REAL sum = 0, squares = 0;
    for (int j = 0; j < COLUMNS; j++) sum += x[i * COLUMNS + j];
    sum /= COLUMNS;
    for (int j = 0; j < COLUMNS; j++) {
      REAL d = x[i * COLUMNS + j] - sum;
      squares += d * d;
    }
    mean[i] = sum;
    variance[i] = squares / COLUMNS;
  }
}

static void plain_softmax(void **a) {
  const RESTRICT x = a[0];
  RESTRICT y = a[1];
  for (int i = 0; i < ROWS; i++) {
    const REAL *row = x + i * COLUMNS;
    REAL greatest = row[0], sum = 0;
    for (int j = 1; j < COLUMNS; j++) greatest = row[j] > greatest ? row[j] : greatest;
    for (int j = 0; j < COLUMNS; j++) sum += y[i * COLUMNS + j] = M(exp)(row[j] - greatest);
    for (int j = 0; j < COLUMNS; j++) y[i * COLUMNS + j] *= 1 / sum;
  }
}

static void plain_sum_axis0(void **a) {
  const RESTRICT x = a[0];
  RESTRICT y = a[1];
  for (int j = 0; j < COLUMNS; j++) y[j] = 0;
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < COLUMNS; j++) y[j] += x[(size_t)i * COLUMNS + j];
}

static void plain_sum_axis1(void **a) {
  const RESTRICT x = a[0];
  RESTRICT y = a[1];
  for (int i = 0; i < ROWS; i++) {
    REAL sum = 0;
    for (int j = 0; j < COLUMNS; j++) sum += x[(size_t)i * COLUMNS + j];
    y[i] = sum;
  }
}

static void plain_matrix_vector(void **a) {
  const RESTRICT m = a[0], *restrict x = a[1];
  RESTRICT y = a[2];
  for (int i = 0; i < ROWS; i++) {
    REAL sum = 0;
    for (int j = 0; j < COLUMNS; j++) sum += m[i * COLUMNS + j] * x[j];
    y[i] = sum;
  }
}

static void plain_regression(void **a) {
  static REAL w[COLUMNS], gw[COLUMNS], b;
  const RESTRICT x = a[0], *restrict y = a[1];
  bool *restrict prediction = a[2];
  RESTRICT xent = a[3];
  REAL error[ROWS], gb = 0;
  for (int i = 0; i < ROWS; i++) {
    REAL z = b;
    for (int j = 0; j < COLUMNS; j++) z += x[i * COLUMNS + j] * w[j];
    xent[i] = z;
  }
  for (int i = 0; i < ROWS; i++) {
    REAL z = xent[i], e = M(exp)(-M(fabs)(z)), l = M(log)(1 + e);
    REAL p = (z >= 0 ? 1 : e) / (1 + e);
    prediction[i] = z > 0;
    xent[i] = y[i] * ((z < 0 ? -z : 0) + l) + (1 - y[i]) * ((z > 0 ? z : 0) + l);
    error[i] = (p - y[i]) / ROWS;
    gb += error[i];
  }
  for (int j = 0; j < COLUMNS; j++) gw[j] = (REAL)0.02 * w[j];
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < COLUMNS; j++) gw[j] += error[i] * x[i * COLUMNS + j];
  for (int j = 0; j < COLUMNS; j++) w[j] -= (REAL)0.1 * gw[j];
  b -= (REAL)0.1 * gb;
}
#endif

__attribute__((noinline)) static void plain_add(void **a) {
  *(volatile REAL *)a[2] = *(volatile REAL *)a[0] + *(volatile REAL *)a[1];
}

#ifdef PLAIN
void plain_call(void **a, long calls) {
  for (long k = 0; k < calls; k++) {
    PLAIN(a);
    __asm__ volatile("" ::: "memory");
  }
}
#endif
