/* Two states that change places in one call, and a third that takes the sum of what they were. */
#include "swap.h"

#include "check.h"

static SWAP_BLOCK(ctx_block, SWAP_CTX_BYTES);
static SWAP_BLOCK(state_block, SWAP_STATE_BYTES);
static SWAP_BLOCK(ws_block, SWAP_WS_BYTES);

int main(void) {
  swap_config config = SWAP_CONFIG;
  swap_ctx *m;
  CHECK_STATUS(swap_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m), SWAP_OK);
  for (int step = 1; step <= 5; step++) {
    float sum[3];
    CHECK_STATUS(swap_step(m, sum), SWAP_OK);
    for (int i = 0; i < 3; i++) {
      float small = (float)(i + 1), large = 10 * small;
      CHECK(swap_a(m)[i] == (step % 2 ? large : small));
      CHECK(swap_b(m)[i] == (step % 2 ? small : large));
      CHECK(swap_total(m)[i] == small + large);
      CHECK(sum[i] == (step == 1 ? 1 : 2) * (small + large));
    }
  }
  return 0;
}
