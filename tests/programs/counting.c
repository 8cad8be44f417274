/* Counts what the library asks of malloc: one block for each create and share, nothing in any call. */
#include "guard.h"

#include "check.h"

void *__real_malloc(size_t bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void __wrap_free(void *block);

static int taken, given;

void *__wrap_malloc(size_t bytes) {
  taken++;
  return __real_malloc(bytes);
}

void __wrap_free(void *block) {
  given++;
  __real_free(block);
}

int main(void) {
  guard_config config = GUARD_CONFIG(8, 16);
  guard_ctx *m, *child;
  CHECK_STATUS(guard_create(&config, &m), GUARD_OK);
  CHECK(taken == 1 && given == 0);
  CHECK_STATUS(guard_share(m, &config, &child), GUARD_OK);
  CHECK(taken == 2 && given == 0);
  static double x[64], z[64], total;
  static float y[64];
  static unsigned char image[GUARD_SAVE_BYTES];
  for (int i = 0; i < 10; i++) {
    CHECK_STATUS(guard_apply(m, 8, 15, x, y, 1, z, &total), GUARD_OK);
    CHECK_STATUS(guard_mix(child, 8, x, z), GUARD_OK);
    CHECK_STATUS(guard_fixed(m, x, z), GUARD_OK);
    CHECK_STATUS(guard_fixed(m, NULL, z), GUARD_E_NULL);
    CHECK_STATUS(guard_save(m, image, sizeof image), GUARD_OK);
    CHECK_STATUS(guard_load(child, image, sizeof image), GUARD_OK);
    guard_reset(child);
    CHECK(*guard_error(m) != 0);
  }
  CHECK(taken == 2 && given == 0);
  guard_destroy(child);
  guard_destroy(m);
  CHECK(taken == 2 && given == 2);
  config.N_ = -1;
  CHECK_STATUS(guard_create(&config, &m), GUARD_E_DIM);
  CHECK(taken == given);
  return 0;
}
