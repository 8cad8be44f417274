/* Arrays of exact size on the heap, for a checker of memory: one byte too far would be seen. */
#include "guard.h"
#include "logreg.h"
#include "loss.h"

#include "check.h"

static void *exact(size_t bytes) {
  void *block = malloc(bytes);
  CHECK(block || bytes == 0);
  return block;
}

static double *doubles(int64_t count) {
  double *block = (double *)exact((size_t)count * sizeof(double));
  for (int64_t i = 0; i < count; i++) block[i] = (double)((i * 7) % 13) / 8 - 0.75;
  return block;
}

static void regression(int64_t n) {
  logreg_config config = LOGREG_CONFIG(n);
  logreg_ctx *m;
  CHECK_STATUS(logreg_create(&config, &m), LOGREG_OK);
  double *x = doubles(5 * n), *y = doubles(n), *xent = doubles(n), *cost = doubles(1);
  bool *prediction = (bool *)exact((size_t)n);
  void *image = exact(LOGREG_SAVE_BYTES);
  for (int i = 0; i < 3; i++) CHECK_STATUS(logreg_train(m, n, x, y, prediction, xent, cost), LOGREG_OK);
  CHECK_STATUS(logreg_predict(m, n, x, prediction), LOGREG_OK);
  int64_t positive = 0;
  for (int64_t i = 0; i < n; i++) positive += prediction[i] + (xent[i] > 1e9); /* reads every output */
  CHECK(positive <= n && (n == 0 || *cost < 1e9));
  CHECK_STATUS(logreg_save(m, image, LOGREG_SAVE_BYTES), LOGREG_OK);
  CHECK_STATUS(logreg_load(m, image, LOGREG_SAVE_BYTES), LOGREG_OK);
  logreg_destroy(m);
  free(x), free(y), free(xent), free(cost), free(prediction), free(image);
}

static void guarded(int64_t n) {
  guard_config config = GUARD_CONFIG(n, n ? 2 * n - 1 : 0);
  guard_ctx *m, *child;
  CHECK_STATUS(guard_create(&config, &m), GUARD_OK);
  CHECK_STATUS(guard_share(m, &config, &child), GUARD_OK);
  double *x = doubles(2 * n), *z = doubles(2 * n), *total = doubles(1), *a = doubles(n * n), *mixed = doubles(n * n);
  float *y = (float *)exact((size_t)(2 * n) * sizeof(float));
  for (int64_t i = 0; i < 2 * n; i++) y[i] = (float)i;
  if (n) CHECK_STATUS(guard_apply(m, n, 2 * n - 1, x, y, 2, z, total), GUARD_OK);
  CHECK_STATUS(guard_mix(child, n, a, mixed), GUARD_OK);
  double sum = 0;
  for (int64_t i = 0; i < n * n; i++) sum += mixed[i];
  CHECK(sum < 1e9);
  guard_destroy(child);
  guard_destroy(m);
  free(x), free(z), free(total), free(a), free(mixed), free(y);
}

static void losses(int64_t n) {
  loss_config config = LOSS_CONFIG(n);
  loss_ctx *m;
  CHECK_STATUS(loss_create(&config, &m), LOSS_OK);
  double *x = doubles(2 * n), *y = doubles(n), *xent = doubles(n), *gw = doubles(2), *gb = doubles(1);
  CHECK_STATUS(loss_evaluate(m, n, x, y, xent, gw, gb), LOSS_OK);
  CHECK(gw[0] + gw[1] + gb[0] < 1e9);
  loss_destroy(m);
  free(x), free(y), free(xent), free(gw), free(gb);
}

int main(void) {
  static const int64_t sizes[] = {0, 1, 2, 3, 5, 8, 15, 17, 31, 33, 64, 65, 100};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    regression(sizes[i]);
    losses(sizes[i]);
    if (sizes[i] <= 33) guarded(sizes[i]);
  }
  return 0;
}
