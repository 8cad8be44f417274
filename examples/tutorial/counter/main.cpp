// Two functions over one shared variable, from C++.
#include "counter.h"

#include <cstdint>
#include <iostream>

int main() {
  counter_config config = COUNTER_CONFIG;
  counter_ctx *counter = nullptr;
  if (counter_create(&config, &counter) != COUNTER_OK) return 1;

  std::int64_t before = 0;
  if (counter_accumulator(counter, 5, &before) != COUNTER_OK) return 1;
  std::cout << "returned " << before << ", state " << *counter_state(counter) << "\n";
  if (counter_decrementor(counter, 3, &before) != COUNTER_OK) return 1;
  std::cout << "returned " << before << ", state " << *counter_state(counter) << "\n";

  *counter_state(counter) = -10;
  if (counter_accumulator(counter, 7, &before) != COUNTER_OK) return 1;
  std::cout << "returned " << before << ", state " << *counter_state(counter) << "\n";
  counter_destroy(counter);
}
