/* Two models in one program, their calls interleaved, in both orders of inclusion. */
#include "swap.h"
#include "counter.h"
#include "swap.h"

#include "check.h"

int main(void) {
  counter_config counts = COUNTER_CONFIG;
  swap_config swaps = SWAP_CONFIG;
  counter_ctx *counter;
  swap_ctx *swap;
  CHECK_STATUS(counter_create(&counts, &counter), COUNTER_OK);
  CHECK_STATUS(swap_create(&swaps, &swap), SWAP_OK);
  for (int i = 0; i < 4; i++) {
    int64_t before;
    float sum[3];
    CHECK_STATUS(counter_accumulator(counter, 10, &before), COUNTER_OK);
    CHECK_STATUS(swap_step(swap, sum), SWAP_OK);
    CHECK(before == 10 * i);
    CHECK(*swap_a(swap) == (i % 2 ? 1 : 10));
  }
  swap_destroy(swap);
  counter_destroy(counter);
  return 0;
}
