/* Trains the logistic regression of model.rs to tell handwritten eights (y = 1) from threes (y = 0).
 *
 *   main DIGITS OUT    reads the folder DIGITS, writes OUT/weights.png and OUT/weights.safetensors */
#include "logreg.h"

#include "../digits/digits.h"
#include "png.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 2000, TRAIN = 400, TEST = 100, STEPS = 10000, SCALE = 8 };

static LOGREG_BLOCK(ctx, LOGREG_CTX_BYTES);
static LOGREG_BLOCK(state, LOGREG_STATE_BYTES);
static LOGREG_BLOCK(workspace, LOGREG_WS_BYTES(TRAIN));
static LOGREG_BLOCK(image, LOGREG_SAVE_BYTES);

static double train_x[TRAIN * PIXELS], train_y[TRAIN], test_x[TEST * PIXELS], test_y[TEST], xent[TRAIN];
static bool prediction[TRAIN];

/* Fills x with the pixels of the threes and eights of a set, 0 to 1, and y with 1 for eights. */
static bool read_two_classes(const char *folder, const char *set, int count, double *x, double *y) {
  static uint8_t pixels[MOST * PIXELS], labels[MOST];
  int all = read_digits(folder, set, MOST, pixels, labels), found = 0;
  for (int i = 0; i < all; i++) {
    if ((labels[i] != 3 && labels[i] != 8) || found == count) continue;
    for (int j = 0; j < PIXELS; j++) x[found * PIXELS + j] = pixels[i * PIXELS + j] / 255.0;
    y[found++] = labels[i] == 8;
  }
  if (all >= 0 && found < count) fprintf(stderr, "error: %s/%s-* has only %d threes and eights\n", folder, set, found);
  return all >= 0 && found == count;
}

static void check(logreg_status status, const logreg_ctx *model) {
  if (status == LOGREG_OK) return;
  fprintf(stderr, "error: %s\n", model ? logreg_error(model) : "no instance");
  exit(1);
}

static double mean(const double *values, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += values[i];
  return sum / n;
}

/* How many percent of n digits the model names. */
static double accuracy(logreg_ctx *model, int n, const double *x, const double *y) {
  check(logreg_predict(model, n, x, prediction), model);
  int right = 0;
  for (int i = 0; i < n; i++) right += prediction[i] == (y[i] > 0.5);
  return 100.0 * right / n;
}

/* What speaks for an eight in red, what speaks for a three in blue. */
static bool draw(const char *path, const double *w) {
  static unsigned char rgb[SIDE * SCALE][SIDE * SCALE][3];
  double largest = 0;
  for (int i = 0; i < PIXELS; i++) largest = fmax(largest, fabs(w[i]));
  for (int row = 0; row < SIDE * SCALE; row++) {
    for (int column = 0; column < SIDE * SCALE; column++) {
      double v = w[row / SCALE * SIDE + column / SCALE] / largest;
      unsigned char pale = (unsigned char)lround(255 * (1 - fabs(v))), *pixel = rgb[row][column];
      pixel[0] = v < 0 ? pale : 255;
      pixel[1] = pale;
      pixel[2] = v > 0 ? pale : 255;
    }
  }
  return write_png(path, SIDE * SCALE, SIDE * SCALE, &rgb[0][0][0]);
}

static bool save(const char *path, logreg_ctx *model) {
  check(logreg_save(model, image, sizeof image), model);
  FILE *file = fopen(path, "wb");
  bool written = file && fwrite(image, sizeof image, 1, file) == 1;
  return file && fclose(file) == 0 && written;
}

int main(int argc, char **argv) {
  char path[4096];
  if (argc != 3) return fputs("error: give the folder of digits and the folder to write to\n", stderr), 1;
  if (!read_two_classes(argv[1], "train", TRAIN, train_x, train_y)) return 1;
  if (!read_two_classes(argv[1], "test", TEST, test_x, test_y)) return 1;
  logreg_config config = LOGREG_CONFIG(TRAIN);
  logreg_ctx *model;
  check(logreg_init(&config, ctx, state, workspace, sizeof workspace, &model), NULL);

  puts(" step  cross-entropy  training  held-out");
  clock_t start = clock();
  for (int step = 1, next = 1; step <= STEPS; step++) {
    check(logreg_train(model, TRAIN, train_x, train_y, prediction, xent), model);
    if (step < next) continue;
    next *= 10;
    printf("%5d  %13.10f  %6.2f %%  %6.2f %%\n", step, mean(xent, TRAIN), accuracy(model, TRAIN, train_x, train_y),
           accuracy(model, TEST, test_x, test_y));
    fflush(stdout);
  }
  printf("%.1f us per step\n", (double)(clock() - start) / CLOCKS_PER_SEC * 1e6 / STEPS);

  snprintf(path, sizeof path, "%s/weights.png", argv[2]);
  if (!draw(path, logreg_w(model))) return fprintf(stderr, "error: cannot write %s: %s\n", path, strerror(errno)), 1;
  snprintf(path, sizeof path, "%s/weights.safetensors", argv[2]);
  if (!save(path, model)) return fprintf(stderr, "error: cannot write %s: %s\n", path, strerror(errno)), 1;
  return 0;
}
