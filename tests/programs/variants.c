/* Makes an instance of the variant that is named, or of the best one, in blocks and by malloc, and prints the bits of
 * what its calls give; where it is refused, the status. */
#include "mixed.h"

#include "check.h"

#include <inttypes.h>

enum { N = 37, K = 5, COLUMNS = 24 };

static MIXED_BLOCK(ctx_block, MIXED_CTX_BYTES);
static MIXED_BLOCK(state_block, MIXED_STATE_BYTES);
static MIXED_BLOCK(ws_block, MIXED_WS_BYTES(N));

static float x[N * K], y[N * COLUMNS];
static double z[N * COLUMNS];

static void print(const void *from, size_t words) {
  for (size_t i = 0; i < words; i++) {
    uint32_t bits;
    memcpy(&bits, (const unsigned char *)from + 4 * i, 4);
    printf("%08" PRIx32 "\n", bits);
  }
}

static void call(mixed_ctx *m) {
  CHECK_STATUS(mixed_step(m, N, x, y, z), MIXED_OK);
  print(y, N * COLUMNS);
  print(z, 2 * N * COLUMNS);
}

int main(int argc, char **argv) {
  for (int i = 0; i < N * K; i++) x[i] = (float)((i * 37) % 101 - 50) * 0.13f;
  mixed_config config = MIXED_CONFIG(N);
  config.variant = argc > 1 ? argv[1] : NULL;
  mixed_ctx *m, *other;
  mixed_status status = mixed_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m);
  CHECK_STATUS(mixed_create(&config, &other), status);
  if (status != MIXED_OK) {
    CHECK(m == NULL && other == NULL);
    printf("%d\n", (int)status);
    return 0;
  }
  const char *name = mixed_variant(m);
  CHECK(!config.variant || strcmp(name, config.variant) == 0);
  CHECK_TEXT(mixed_variant(other), name);
  CHECK(mixed_variant(NULL) == NULL);
  int listed = 0;
  for (int i = 0; i < mixed_model.variant_count; i++) listed += strcmp(mixed_model.variants[i], name) == 0;
  CHECK(listed == 1 && strstr(MIXED_VARIANTS, name));
  puts(name);
  call(m);
  call(m);
  CHECK_STATUS(mixed_step(other, N, x, y, z), MIXED_OK);
  CHECK_STATUS(mixed_step(other, N, x, y, z), MIXED_OK);
  CHECK(memcmp(mixed_w(m), mixed_w(other), MIXED_STATE_BYTES) == 0);
  mixed_destroy(other);
  return 0;
}
