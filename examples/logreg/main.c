/* Trains the logistic regression of logreg/model.rs on 20 points, 10,000 steps. */
#include "logreg.h"

#include <math.h>
#include <stdio.h>

enum { N = 20, D = 5, STEPS = 10000 };

static LOGREG_BLOCK(ctx, LOGREG_CTX_BYTES);
static LOGREG_BLOCK(state, LOGREG_STATE_BYTES);
static LOGREG_BLOCK(workspace, LOGREG_WS_BYTES(N));

int main(void) {
  logreg_config config = LOGREG_CONFIG(N);
  logreg_ctx *model;
  if (logreg_init(&config, &ctx, &state, &workspace, sizeof workspace, &model) != LOGREG_OK) return 1;

  double x[N * D], y[N], xent[N], cost;
  bool prediction[N];
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < D; j++) x[i * D + j] = sin(0.7 * i + 1.3 * j);
    y[i] = x[i * D] > 0;
  }
  for (int step = 1; step <= STEPS; step++) {
    if (logreg_train(model, N, x, y, prediction, xent, &cost) != LOGREG_OK) {
      fprintf(stderr, "%s\n", logreg_error(model));
      return 1;
    }
    if (step == 1 || step == 100 || step == STEPS) {
      double mean = 0;
      for (int i = 0; i < N; i++) mean += xent[i] / N;
      printf("step %5d: cross-entropy %.6f, cost %.6f\n", step, mean, cost);
    }
  }
  if (logreg_predict(model, N, x, prediction) != LOGREG_OK) return 1;
  int right = 0;
  for (int i = 0; i < N; i++) right += prediction[i] == (y[i] > 0.5);
  const double *w = logreg_w(model);
  printf("%d of %d right; w = %.4f %.4f %.4f %.4f %.4f, b = %.4f\n", right, N, w[0], w[1], w[2], w[3], w[4],
         *logreg_b(model));
  return 0;
}
