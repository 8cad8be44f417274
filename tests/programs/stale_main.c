/* Uses half of the counter; stale.c uses the other half. */
#include "counter.h"

#include "check.h"

int64_t stale(counter_ctx *m);

int main(void) {
  counter_config config = COUNTER_CONFIG;
  counter_ctx *m;
  CHECK_STATUS(counter_create(&config, &m), COUNTER_OK);
  CHECK(stale(m) == 5);
  counter_destroy(m);
  return 0;
}
