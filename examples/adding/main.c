/* Calls the library that tgc built from adding/model.rs. No heap: the blocks are static. */
#include "adding.h"

#include <stdio.h>

static ADDING_BLOCK(ctx, ADDING_CTX_BYTES);

int main(void) {
  adding_config config = ADDING_CONFIG(2, 2);
  adding_ctx *adding;
  if (adding_init(&config, &ctx, NULL, NULL, 0, &adding) != ADDING_OK) return 1;

  double z;
  if (adding_add(adding, 2.0, 3.0, &z) != ADDING_OK) return 1;
  printf("2 + 3 = %g\n", z);

  double a[] = {1, 2, 3, 4}, b[] = {10, 20, 30, 40}, c[4];
  if (adding_add_matrices(adding, 2, 2, a, b, c) != ADDING_OK) {
    fprintf(stderr, "%s\n", adding_error(adding));
    return 1;
  }
  printf("[[%g, %g], [%g, %g]]\n", c[0], c[1], c[2], c[3]);
  return 0;
}
