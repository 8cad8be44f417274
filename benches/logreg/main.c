/* Times logreg_train beside the same step written as two plain loops over x. The two take turns; the
 * figures are medians over rounds, and the ratio is the median of the rounds' ratios. */
#include "logreg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N = 400, D = 784, ROUNDS = 61, CALLS = 100 };

static LOGREG_BLOCK(ctx, LOGREG_CTX_BYTES);
static LOGREG_BLOCK(state, LOGREG_STATE_BYTES);
static LOGREG_BLOCK(workspace, LOGREG_WS_BYTES(N));

static REAL x[N * D], y[N], xent[N], w[D], gw[D], b;
static bool prediction[N];

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

/* z and the loss in one pass over x, the gradient in another. */
__attribute__((noinline)) static void plain_step(void) {
  REAL gb = 0, error[N];
  for (int i = 0; i < N; i++) {
    REAL z = b;
    for (int j = 0; j < D; j++) z += x[i * D + j] * w[j];
    REAL e = (REAL)exp(-fabs((double)z)), l = (REAL)log1p((double)e);
    REAL p = z >= 0 ? 1 / (1 + e) : e / (1 + e);
    xent[i] = y[i] * ((z < 0 ? -z : 0) + l) + (1 - y[i]) * ((z > 0 ? z : 0) + l);
    prediction[i] = z > 0;
    error[i] = (p - y[i]) / N;
    gb += error[i];
  }
  for (int j = 0; j < D; j++) gw[j] = (REAL)0.02 * w[j];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < D; j++) gw[j] += error[i] * x[i * D + j];
  for (int j = 0; j < D; j++) w[j] -= (REAL)0.1 * gw[j];
  b -= (REAL)0.1 * gb;
}

static int ascending(const void *p, const void *q) {
  double u = *(const double *)p, v = *(const double *)q;
  return (u > v) - (u < v);
}

static double median(double *values) {
  qsort(values, ROUNDS, sizeof *values, ascending);
  return values[ROUNDS / 2];
}

int main(void) {
  logreg_config config = LOGREG_CONFIG(N);
  logreg_ctx *model;
  if (logreg_init(&config, &ctx, &state, &workspace, sizeof workspace, &model) != LOGREG_OK) return 1;
  for (int i = 0; i < N * D; i++) x[i] = (REAL)((double)rand() / RAND_MAX * (rand() % 5 == 0));
  for (int i = 0; i < N; i++) y[i] = (REAL)(rand() & 1);

  double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];
  for (int round = 0; round < ROUNDS; round++) {
    double start = seconds();
    for (int i = 0; i < CALLS; i++)
      if (logreg_train(model, N, x, y, prediction, xent) != LOGREG_OK) return 1;
    double middle = seconds();
    for (int i = 0; i < CALLS; i++) plain_step();
    double end = seconds();
    ours[round] = (middle - start) / CALLS * 1e6;
    theirs[round] = (end - middle) / CALLS * 1e6;
    ratio[round] = ours[round] / theirs[round];
  }
  double worst = 0;
  for (int j = 0; j < D; j++) worst = fmax(worst, fabs((double)(logreg_w(model)[j] - w[j])));
  printf("  tgc %.1f us   two-pass C %.1f us   ratio %.3f   (largest difference of w: %.1e)\n", median(ours),
         median(theirs), median(ratio), worst);
  return worst < (sizeof(REAL) == 4 ? 1e-3 : 1e-9) ? 0 : 1;
}
