/* One translation unit for each version of the counter: ENTRY(inc) gives the state after one step. */
#include "counter.h"

#include "check.h"

int64_t ENTRY(int32_t inc, counter_status *foreign, void *other);
void *OWN(void);

int64_t ENTRY(int32_t inc, counter_status *foreign, void *other) {
  counter_config config = COUNTER_CONFIG;
  counter_ctx *m;
  CHECK_STATUS(counter_create(&config, &m), COUNTER_OK);
  int64_t before;
  CHECK_STATUS(counter_accumulator(m, inc, &before), COUNTER_OK);
  int64_t after = *counter_state(m);
  counter_destroy(m);
  if (other) *foreign = counter_accumulator((counter_ctx *)other, inc, &before);
  return after;
}

void *OWN(void) {
  counter_config config = COUNTER_CONFIG;
  counter_ctx *m;
  CHECK_STATUS(counter_create(&config, &m), COUNTER_OK);
  return m;
}
