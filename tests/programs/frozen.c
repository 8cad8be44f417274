/* A model with a frozen variable: its values are the library's, the same for every instance. */
#include "frozen.h"

#include "check.h"

static FROZEN_BLOCK(ctx_block, FROZEN_CTX_BYTES);
static FROZEN_BLOCK(state_block, FROZEN_STATE_BYTES);
static FROZEN_BLOCK(ws_block, FROZEN_WS_BYTES(2));

int main(void) {
  frozen_config config = FROZEN_CONFIG(2);
  frozen_ctx *m;
  CHECK_STATUS(frozen_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m), FROZEN_OK);

  const float x[2][3] = {{1, 10, 100}, {1, 0, 0}};
  float y[2];
  CHECK_STATUS(frozen_apply(m, 2, x[0], y), FROZEN_OK);
  CHECK(y[0] == 842 && y[1] == 2);
  CHECK(*frozen_s(m) == 3);

  const float *w = frozen_w(m);
  CHECK(w[0] == 1 && w[1] == 2 && w[2] == 4);
  CHECK(FROZEN_STATE_BYTES == 64);
  CHECK(frozen_model.state_count == 1);
  return 0;
}
