/* Counts up and down. */
#include "counter.h"

#include <stdio.h>

static COUNTER_BLOCK(ctx, COUNTER_CTX_BYTES);
static COUNTER_BLOCK(state, COUNTER_STATE_BYTES);
static COUNTER_BLOCK(workspace, COUNTER_WS_BYTES);

int main(void) {
  counter_config config = COUNTER_CONFIG;
  counter_ctx *counter;
  int64_t before;
  if (counter_init(&config, ctx, state, workspace, sizeof workspace, &counter) != COUNTER_OK) return 1;
  if (counter_accumulator(counter, 5, &before) != COUNTER_OK) return 1;
  printf("returned %d, state %d\n", (int)before, (int)*counter_state(counter));
  if (counter_decrementor(counter, 3, &before) != COUNTER_OK) return 1;
  printf("returned %d, state %d\n", (int)before, (int)*counter_state(counter));
  return 0;
}
