/* The same calls with two values of the shared variable. */
#include "shared.h"

#include <stdio.h>

static SHARED_BLOCK(ctx, SHARED_CTX_BYTES);
static SHARED_BLOCK(state, SHARED_STATE_BYTES);

static int show(shared_ctx *m) {
  int64_t sum, difference, product;
  if (shared_f(m, 7, &sum, &difference) != SHARED_OK || shared_triple(m, &product) != SHARED_OK) return 1;
  printf("s = %d: 7 + s = %d, 7 - s = %d, 3 s = %d\n", (int)*shared_s(m), (int)sum, (int)difference, (int)product);
  return 0;
}

int main(void) {
  shared_config config = SHARED_CONFIG;
  shared_ctx *m;
  if (shared_init(&config, ctx, state, NULL, 0, &m) != SHARED_OK || show(m)) return 1;
  *shared_s(m) = -10;
  return show(m);
}
