// Two functions over one shared variable, owned by a class.
#include "counter.h"

#include "check.h"

#include <cstdint>

namespace {

class Counter {
public:
  Counter() : ctx(nullptr) {
    counter_config config = COUNTER_CONFIG;
    CHECK_STATUS(counter_create(&config, &ctx), COUNTER_OK);
  }
  ~Counter() { counter_destroy(ctx); }
  Counter(const Counter &) = delete;
  Counter &operator=(const Counter &) = delete;

  std::int64_t add(std::int32_t inc) {
    std::int64_t before = 77;
    CHECK_STATUS(counter_accumulator(ctx, inc, &before), COUNTER_OK);
    return before;
  }
  std::int64_t subtract(std::int32_t inc) {
    std::int64_t before = 77;
    CHECK_STATUS(counter_decrementor(ctx, inc, &before), COUNTER_OK);
    return before;
  }
  std::int64_t &state() { return *counter_state(ctx); }

private:
  counter_ctx *ctx;
};

} // namespace

int main() {
  Counter counter, other;
  CHECK(counter.state() == 0);
  CHECK(counter.add(5) == 0);
  CHECK(counter.state() == 5);
  CHECK(counter.subtract(3) == 5);
  CHECK(counter.state() == 2);
  CHECK(other.state() == 0);
  counter.state() = -10;
  CHECK(counter.add(7) == -10);
  CHECK(counter.state() == -3);
  counter.state() = INT64_MAX;
  CHECK(counter.add(1) == INT64_MAX);
  CHECK(counter.state() == INT64_MIN);
  counter.state() = 0;
  CHECK(counter.add(INT32_MIN) == 0);
  CHECK(counter.state() == INT32_MIN);
}
