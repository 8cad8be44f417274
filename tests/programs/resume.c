/* resume STEPS [LOAD|- [SAVE]]: trains, from a saved image if there is one, and prints the bits of the state. */
#include "logreg.h"

#include "check.h"

#include <math.h>

enum { N = 20, D = 5 };

static unsigned char image[LOGREG_SAVE_BYTES];

int main(int argc, char **argv) {
  CHECK(argc >= 2);
  logreg_config config = LOGREG_CONFIG(N);
  logreg_ctx *m;
  CHECK_STATUS(logreg_create(&config, &m), LOGREG_OK);
  if (argc > 2 && strcmp(argv[2], "-") != 0) {
    FILE *file = fopen(argv[2], "rb");
    CHECK(file && fread(image, 1, sizeof image, file) == sizeof image && fgetc(file) == EOF);
    fclose(file);
    CHECK_STATUS(logreg_load(m, image, sizeof image), LOGREG_OK);
  }
  double x[N * D], y[N], xent[N], cost = 0;
  bool prediction[N];
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < D; j++) x[i * D + j] = sin(0.7 * i + 1.3 * j);
    y[i] = x[i * D] > 0;
  }
  for (int step = atoi(argv[1]); step > 0; step--)
    CHECK_STATUS(logreg_train(m, N, x, y, prediction, xent, &cost), LOGREG_OK);
  if (argc > 3) {
    CHECK_STATUS(logreg_save(m, image, sizeof image), LOGREG_OK);
    FILE *file = fopen(argv[3], "wb");
    CHECK(file && fwrite(image, 1, sizeof image, file) == sizeof image);
    fclose(file);
  }
  for (int j = 0; j < D; j++) printf("%a ", logreg_w(m)[j]);
  printf("%a %a\n", *logreg_b(m), cost);
  logreg_destroy(m);
  return 0;
}
