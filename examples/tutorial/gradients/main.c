/* Slopes at some points. */
#include "gradients.h"

#include <stdio.h>

static GRADIENTS_BLOCK(ctx, GRADIENTS_CTX_BYTES);

int main(void) {
  gradients_config config = GRADIENTS_CONFIG;
  gradients_ctx *gradients;
  if (gradients_init(&config, ctx, NULL, NULL, 0, &gradients) != GRADIENTS_OK) return 1;

  const double points[] = {4, 94.2};
  for (int i = 0; i < 2; i++) {
    double dy;
    if (gradients_slope(gradients, points[i], &dy) != GRADIENTS_OK) return 1;
    printf("the slope of x**2 at %g is %g\n", points[i], dy);
  }
  const double places[][3] = {{1, 1, 1}, {2, 4, 6}};
  for (int i = 0; i < 2; i++) {
    const double *x = places[i];
    double d[3];
    if (gradients_partial(gradients, x[0], x[1], x[2], &d[0], &d[1], &d[2]) != GRADIENTS_OK) return 1;
    printf("of x1**3 + x2**2 + x3 at (%g, %g, %g): [%g, %g, %g]\n", x[0], x[1], x[2], d[0], d[1], d[2]);
  }
  return 0;
}
