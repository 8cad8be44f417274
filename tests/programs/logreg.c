/* The deterministic logistic regression: 20 points, 10,000 steps, against the same steps in long double.
 *
 * In double everything agrees to 1e-12 relative. In float, with u = 2^-24, one evaluation is off by at most 16 u: rounded
 * inputs and five terms of a dot product of size below 1. A step that rounds w (|w| < 4) and a tenth of a gradient adds
 * less than 5 u. The penalty makes a step a contraction by 1 - 0.002, so k steps add up to min(k, 500) times that. */
#include "logreg.h"

#include "check.h"

#include <math.h>

#ifdef SINGLE
typedef float real;
#define U 0x1p-24L
#define RELATIVE 0
#define ABSOLUTE(step) (((step) < 500 ? (step) : 500) * 5 * U + 16 * U)
#else
typedef double real;
#define RELATIVE 1e-12L
#define ABSOLUTE(step) 0
#endif

enum { N = 20, D = 5, STEPS = 10000 };

static LOGREG_BLOCK(ctx_block, LOGREG_CTX_BYTES);
static LOGREG_BLOCK(state_block, LOGREG_STATE_BYTES);
static LOGREG_BLOCK(ws_block, LOGREG_WS_BYTES(N));
static LOGREG_BLOCK(child_block, LOGREG_CTX_BYTES);
static LOGREG_BLOCK(child_ws, LOGREG_WS_BYTES(N));

static long double x[N][D], y[N], w[D], b;

/* One step of the reference; returns the mean cross-entropy before it. */
static long double reference_step(long double xent[N], long double *cost) {
  long double gw[D] = {0}, gb = 0, mean = 0, square = 0;
  for (int i = 0; i < N; i++) {
    long double z = b;
    for (int j = 0; j < D; j++) z += x[i][j] * w[j];
    long double p = 1 / (1 + expl(-z));
    xent[i] = -y[i] * logl(p) - (1 - y[i]) * logl(1 - p);
    mean += xent[i] / N;
    for (int j = 0; j < D; j++) gw[j] += (p - y[i]) * x[i][j] / N;
    gb += (p - y[i]) / N;
  }
  for (int j = 0; j < D; j++) square += w[j] * w[j];
  *cost = mean + 0.01L * square;
  for (int j = 0; j < D; j++) w[j] -= 0.1L * (gw[j] + 0.02L * w[j]);
  b -= 0.1L * gb;
  return mean;
}

int main(void) {
  logreg_config config = LOGREG_CONFIG(N);
  logreg_ctx *m, *child, *heap, *shared;
  CHECK_STATUS(logreg_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m), LOGREG_OK);
  CHECK_STATUS(logreg_init_shared(m, &config, child_block, child_ws, sizeof child_ws, &child), LOGREG_OK);
  CHECK_STATUS(logreg_create(&config, &heap), LOGREG_OK);
  CHECK_STATUS(logreg_share(m, &config, &shared), LOGREG_OK);

  static real xs[N * D], ys[N], xent[N];
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < D; j++) {
      x[i][j] = sin(0.7 * i + 1.3 * j);
      xs[i * D + j] = (real)x[i][j];
    }
    y[i] = x[i][0] > 0;
    ys[i] = (real)y[i];
  }
  for (int j = 0; j < D; j++) w[j] = 0.1 * cos(j);

  bool first[N], prediction[N];
  CHECK_STATUS(logreg_predict(child, N, xs, first), LOGREG_OK);
  for (int step = 1; step <= STEPS; step++) {
    long double want[N], want_cost;
    long double want_mean = reference_step(want, &want_cost);
    real cost;
    CHECK_STATUS(logreg_train(m, N, xs, ys, prediction, xent, &cost), LOGREG_OK);
    if (step != 1 && step != 100 && step != STEPS) continue;

    long double mean = 0, known = step == 1 ? .6334108544843767L : step == 100 ? .22171845251232578L : .16166716992980007L;
    for (int i = 0; i < N; i++) mean += (long double)xent[i] / N;
    CHECK_NEAR(mean, known, RELATIVE, ABSOLUTE(step));
    CHECK_NEAR(mean, want_mean, RELATIVE, ABSOLUTE(step));
    CHECK_NEAR(cost, want_cost, RELATIVE, ABSOLUTE(step));
    if (step == 1) CHECK_NEAR(cost, .6336980984741483L, RELATIVE, ABSOLUTE(step));
    if (step == STEPS) CHECK_NEAR(cost, .22985473507425008L, RELATIVE, ABSOLUTE(step));
    for (int i = 0; i < N; i++) CHECK_NEAR(xent[i], want[i], 10 * RELATIVE, ABSOLUTE(step));
    for (int j = 0; j < D; j++) CHECK_NEAR(logreg_w(m)[j], w[j], RELATIVE, ABSOLUTE(step));
    CHECK_NEAR(*logreg_b(m), b, RELATIVE, ABSOLUTE(step));
    if (step == 1) {
      static const long double w1[D] = {.1275689010428844L, .06298530750583267L, -.06445159806455888L,
                                        -.12012661176550847L, -.05372250754858769L};
      for (int j = 0; j < D; j++) CHECK_NEAR(logreg_w(m)[j], w1[j], RELATIVE, ABSOLUTE(step));
      CHECK_NEAR(*logreg_b(m), .0044878418463669455L, RELATIVE, ABSOLUTE(step));
    }
  }

  /* Every instance over the trained state predicts with it; the one with its own state does not. */
  logreg_ctx *trained[] = {m, child, shared};
  for (int k = 0; k < 3; k++) {
    CHECK(logreg_w(trained[k]) == logreg_w(m) && logreg_b(trained[k]) == logreg_b(m));
    CHECK_STATUS(logreg_predict(trained[k], N, xs, prediction), LOGREG_OK);
    for (int i = 0; i < N; i++) {
      long double z = b;
      for (int j = 0; j < D; j++) z += x[i][j] * w[j];
      CHECK(prediction[i] == (z > 0));
    }
  }
  bool fresh[N];
  CHECK_STATUS(logreg_predict(heap, N, xs, fresh), LOGREG_OK);
  CHECK(memcmp(fresh, first, sizeof fresh) == 0);
  CHECK(memcmp(fresh, prediction, sizeof fresh) != 0);

  /* What C writes into the state is what a call reads. */
  memset(logreg_w(child), 0, D * sizeof(real));
  *logreg_b(child) = 1;
  CHECK_STATUS(logreg_predict(m, N, xs, prediction), LOGREG_OK);
  for (int i = 0; i < N; i++) CHECK(prediction[i]);
  logreg_reset(m);
  CHECK_STATUS(logreg_predict(shared, N, xs, prediction), LOGREG_OK);
  CHECK(memcmp(prediction, first, sizeof first) == 0);

  CHECK_TEXT(logreg_error(m), "");
  logreg_destroy(shared);
  logreg_destroy(heap);
  logreg_destroy(child);
  logreg_destroy(m);
  logreg_destroy(NULL);
  return 0;
}
