/* Arrays without elements: sums are 0, means are no number, and NULL will do for their pointers. */
#include "empty.h"

#include "check.h"

#include <math.h>

static void call(empty_ctx *m, int64_t n, int64_t k) {
  static double a[64], b[64], rows[8], product[64], twice[64];
  double sum = -7, mean = -7;
  int64_t nk = n * k;
  for (int i = 0; i < 64; i++) a[i] = i + 1, b[i] = 2, twice[i] = product[i] = -7;
  for (int i = 0; i < 8; i++) rows[i] = -7;
  double before = *empty_s(m);
  empty_status status = empty_all(m, n, k, nk ? a : NULL, nk ? b : NULL, &sum, &mean, n ? rows : NULL,
                                  n ? product : NULL, nk ? twice : NULL, NULL);
  CHECK_STATUS(status, EMPTY_OK);
  CHECK(sum == (double)(nk * (nk + 1) / 2));
  CHECK(nk ? mean == sum / (double)nk : isnan(mean));
  CHECK(*empty_s(m) == before + 2 * (double)nk);
  for (int64_t i = 0; i < 8; i++) {
    double row = 0;
    for (int64_t j = 0; j < k; j++) row += a[i * k + j];
    CHECK(rows[i] == (i < n ? row : -7));
  }
  for (int64_t i = 0; i < 64; i++) {
    CHECK(twice[i] == (i < nk ? 2 * a[i] : -7));
    CHECK(i < n * n ? product[i] == 2 * rows[i / n] : product[i] == -7);
  }
}

int main(void) {
  empty_config config = EMPTY_CONFIG(8, 8);
  empty_ctx *m;
  CHECK_STATUS(empty_create(&config, &m), EMPTY_OK);
  for (int64_t n = 0; n <= 8; n++)
    for (int64_t k = 0; k <= 8; k++) call(m, n, k);
  double sum, mean;
  CHECK_STATUS(empty_all(m, 1, 0, NULL, NULL, &sum, &mean, NULL, NULL, NULL, NULL), EMPTY_E_NULL);
  CHECK_TEXT(empty_error(m), "all: rows is NULL");
  static unsigned char image[EMPTY_SAVE_BYTES];
  CHECK_STATUS(empty_save(m, image, sizeof image), EMPTY_OK);
  CHECK_STATUS(empty_load(m, image, sizeof image), EMPTY_OK);
  empty_destroy(m);
  return 0;
}
