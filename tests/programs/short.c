/* An array that is one element shorter than the header says: the argument tells which one. */
#include "guard.h"

#include "check.h"

static double *doubles(size_t count) {
  double *block = (double *)calloc(count, sizeof(double));
  CHECK(block);
  return block;
}

int main(int argc, char **argv) {
  const char *which = argc > 1 ? argv[1] : "";
  guard_config config = GUARD_CONFIG(0, 0);
  guard_ctx *m;
  CHECK_STATUS(guard_create(&config, &m), GUARD_OK);
  double *u = doubles(strcmp(which, "input") == 0 ? 2 : 3), *v = doubles(strcmp(which, "output") == 0 ? 2 : 3);
  CHECK_STATUS(guard_fixed(m, u, v), GUARD_OK);
  CHECK(v[0] == 1 && v[1] == 2);
  guard_destroy(m);
  free(u), free(v);
  return 0;
}
