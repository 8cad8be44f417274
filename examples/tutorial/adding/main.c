/* Calls the library that tgc built from model.rs. No heap: the block is static. */
#include "adding.h"

#include <stdio.h>

static ADDING_BLOCK(ctx, ADDING_CTX_BYTES);

int main(void) {
  adding_config config = ADDING_CONFIG(2, 2, 3);
  adding_ctx *adding;
  if (adding_init(&config, ctx, NULL, NULL, 0, &adding) != ADDING_OK) return 1;

  double z, z2;
  if (adding_add(adding, 2, 3, &z) != ADDING_OK) return 1;
  printf("2 + 3 = %g\n", z);
  if (adding_add(adding, 16.3, 12.1, &z) != ADDING_OK) return 1;
  printf("16.3 + 12.1 = %g\n", z);
  if (adding_add_two(adding, 3, 5, 9, &z, &z2) != ADDING_OK) return 1;
  printf("3 + 5 = %g, 3 + 9 = %g\n", z, z2);

  double a[] = {1, 2, 3, 4}, b[] = {10, 20, 30, 40}, c[4];
  if (adding_add_matrices(adding, 2, 2, a, b, c) != ADDING_OK) {
    fprintf(stderr, "%s\n", adding_error(adding));
    return 1;
  }
  printf("[[%g, %g], [%g, %g]]\n", c[0], c[1], c[2], c[3]);

  double v[] = {0, 1, 2}, u[3];
  if (adding_add_power(adding, 3, v, u) != ADDING_OK) return 1;
  printf("[%g, %g, %g]\n", u[0], u[1], u[2]);
  return 0;
}
