/* Loss and gradient of the logistic regression, spelled out in the model, against closed forms in long double.
 *
 * With a = |z|: softplus(z) = max(z, 0) + log1p(exp(-a)), and sigmoid(z) = 1 / (1 + exp(-z)) written without overflow.
 * The loss is y softplus(-z) + (1 - y) softplus(z); its gradient by z is (1 - y) sigmoid(z) - y sigmoid(-z). */
#include "loss.h"

#include "check.h"

#include <math.h>

#ifdef SINGLE
typedef float real;
#define RELATIVE 2e-6L
#define TINIEST 1.2e-38L
#else
typedef double real;
#define RELATIVE 1e-12L
#define TINIEST 2.3e-308L
#endif

static LOSS_BLOCK(ctx_block, LOSS_CTX_BYTES);
static LOSS_BLOCK(state_block, LOSS_STATE_BYTES);
static LOSS_BLOCK(ws_block, LOSS_WS_BYTES(64));

static long double softplus(long double z) { return (z > 0 ? z : 0) + log1pl(expl(-fabsl(z))); }

static long double sigmoid(long double z) {
  long double e = expl(-fabsl(z));
  return z < 0 ? e / (1 + e) : 1 / (1 + e);
}

static long double loss(long double z, long double y) { return y * softplus(-z) + (1 - y) * softplus(z); }

static long double slope(long double z, long double y) { return (1 - y) * sigmoid(z) - y * sigmoid(-z); }

/* Where the right value is below the normal numbers, so is the one found. */
static void check(real got, long double want, int line) {
  if (!isfinite(got)) {
    fprintf(stderr, "line %d: %Lg is not finite\n", line, (long double)got);
    exit(1);
  }
  if (fabsl(want) < TINIEST) {
    CHECK(fabsl((long double)got) <= TINIEST);
    return;
  }
  check_near(got, want, RELATIVE, 0, "the value", __FILE__, line);
}

int main(void) {
  loss_config config = LOSS_CONFIG(64);
  loss_ctx *m;
  CHECK_STATUS(loss_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m), LOSS_OK);
  static const real zs[] = {0,  0.5f, -0.5f, 1e-4f, -1e-4f, 20,  -20,  40,    -40,   60,
                            -60, 80,   -80,   100,   -100,   500, -500, 1000, -1000};
  static const real ys[] = {0, 1, 0.5f, 0.25f};
  enum { ZS = sizeof zs / sizeof *zs, YS = sizeof ys / sizeof *ys };

  /* One at a time: the gradient is that of one term. The dot product is z + 0, exactly. */
  for (int i = 0; i < ZS; i++) {
    for (int j = 0; j < YS; j++) {
      real x[2] = {zs[i], 3}, xent, gw[2], gb;
      CHECK_STATUS(loss_evaluate(m, 1, x, &ys[j], &xent, gw, &gb), LOSS_OK);
      check(xent, loss(zs[i], ys[j]), i * 100 + j);
      /* With y between 0 and 1 the two terms of the slope cancel near its zero. */
      if (ys[j] > 0 && ys[j] < 1 && fabsl(slope(zs[i], ys[j])) < 1e-2L) continue;
      check(gb, slope(zs[i], ys[j]), i * 100 + j);
      check(gw[0], zs[i] * slope(zs[i], ys[j]), i * 100 + j);
      check(gw[1], 3 * slope(zs[i], ys[j]), i * 100 + j);
    }
  }

  /* All at once: other code, since rows fill lanes. Every slope of y = 1 is negative, so that sums do not cancel. */
  real x[2 * ZS], y[ZS], xent[ZS], gw[2], gb;
  long double sum = 0;
  for (int i = 0; i < ZS; i++) {
    x[2 * i] = zs[i];
    x[2 * i + 1] = 1;
    y[i] = 1;
    sum += slope(zs[i], 1);
  }
  CHECK_STATUS(loss_evaluate(m, ZS, x, y, xent, gw, &gb), LOSS_OK);
  for (int i = 0; i < ZS; i++) check(xent[i], loss(zs[i], 1), i);
  check(gb, sum, 1000);
  check(gw[1], sum, 1001);

  /* Infinite and absent numbers pass through as arithmetic has it. */
  real odd[2] = {(real)INFINITY, 0}, half = 0.5f;
  CHECK_STATUS(loss_evaluate(m, 1, odd, &half, xent, gw, &gb), LOSS_OK);
  CHECK(isinf(xent[0]) && xent[0] > 0 && gb == 0.5f);
  odd[0] = (real)NAN;
  CHECK_STATUS(loss_evaluate(m, 1, odd, &half, xent, gw, &gb), LOSS_OK);
  CHECK(isnan(xent[0]) && isnan(gb));
  return 0;
}
