/* USE 1 calls a function, 2 reads a state, 3 asks for the error, 4 takes the description: each alone must not link. */
#include "counter.h"

int64_t stale(counter_ctx *m);

int64_t stale(counter_ctx *m) {
  (void)m;
#if USE == 1
  int64_t before;
  return counter_accumulator(m, 5, &before) == COUNTER_OK ? before + 5 : 0;
#elif USE == 2
  return *counter_state(m) + 5;
#elif USE == 3
  return *counter_error(m) == 0 ? 5 : 0;
#else
  return counter_model.function_count + 3;
#endif
}
