/* Everything in a header, as C and as C++ of any age. */
#include "guard.h"
#include "guard.h"

static GUARD_BLOCK(ctx_block, GUARD_CTX_BYTES);
static GUARD_BLOCK(state_block, GUARD_STATE_BYTES);
static GUARD_BLOCK(ws_block, GUARD_WS_BYTES(10, 20));
static unsigned char image[GUARD_SAVE_BYTES];
static GUARD_BLOCK(mix_block, GUARD_MIX_WS_BYTES(7));

int main(void) {
  guard_config config = GUARD_CONFIG(10, 20);
  guard_ctx *m;
  double x[2] = {1, 2}, z[2], total;
  float y[2] = {3, 4};
  guard_status status = guard_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m);
  if (status != GUARD_OK || GUARD_N_MIN != 0 || GUARD_N_MAX != 1000 || GUARD_K_MAX != 5000) return 1;
  if (guard_apply(m, 1, 1, x, y, 2.0, z, &total) != GUARD_OK) return 2;
  if (z[0] != 8 || z[1] != 12 || total != 11 || guard_s(m)[0] != 12) return 3;
  if (guard_save(m, image, sizeof image) != GUARD_OK || guard_load(m, image, sizeof image) != GUARD_OK) return 4;
  if (guard_apply(m, 1, 2, x, y, 2.0, z, &total) != GUARD_E_DIM || *guard_error(m) == 0) return 5;
  if (guard_model.hash != GUARD_HASH || guard_model.ctx_bytes != GUARD_CTX_BYTES) return 6;
  return mix_block[0];
}
