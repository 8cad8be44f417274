/* Two versions of one model in one program; an instance of one is refused by the other. */
#include "check.h"

#include <stdint.h>

int64_t first(int32_t inc, int32_t *foreign, void *other);
int64_t second(int32_t inc, int32_t *foreign, void *other);
void *first_own(void);
void *second_own(void);

int main(void) {
  int32_t status = 0;
  CHECK(first(3, NULL, NULL) == 3);
  CHECK(second(3, NULL, NULL) == 300);
  CHECK(first(4, &status, second_own()) == 4);
  CHECK(status == 10);
  CHECK(second(4, &status, first_own()) == 400);
  CHECK(status == 10);
  return 0;
}
