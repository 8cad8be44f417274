/* Trains for 10,000 steps, and prints what the first, the hundredth and the last see. */
#include "regression.h"

#include <math.h>
#include <stdio.h>

enum { N = 20, D = 5, STEPS = 10000 };

static REGRESSION_BLOCK(ctx, REGRESSION_CTX_BYTES);
static REGRESSION_BLOCK(state, REGRESSION_STATE_BYTES);
static REGRESSION_BLOCK(workspace, REGRESSION_WS_BYTES(N));

int main(void) {
  regression_config config = REGRESSION_CONFIG(N);
  regression_ctx *model;
  if (regression_init(&config, ctx, state, workspace, sizeof workspace, &model) != REGRESSION_OK) return 1;

  double x[N * D], y[N], xent, cost;
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < D; j++) x[i * D + j] = sin(0.7 * i + 1.3 * j);
    y[i] = x[i * D] > 0;
  }
  for (int step = 1; step <= STEPS; step++) {
    if (regression_train(model, N, x, y, &xent, &cost) != REGRESSION_OK) {
      fprintf(stderr, "%s\n", regression_error(model));
      return 1;
    }
    if (step != 1 && step != 100 && step != STEPS) continue;
    printf("step %d: cross-entropy %.16f, cost %.16f\n", step, xent, cost);
    const double *w = regression_w(model);
    if (step > 1) continue;
    for (int j = 0; j < D; j++) printf("w[%d] = %.16f\n", j, w[j]);
    printf("b = %.18f\n", *regression_b(model));
  }
  return 0;
}
