/* Prints what the functions return, and draws the logistic function.
 *
 *   main logistic.svg */
#include "functions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { POINTS = 81 };

static FUNCTIONS_BLOCK(ctx, FUNCTIONS_CTX_BYTES);
static FUNCTIONS_BLOCK(workspace, FUNCTIONS_WS_BYTES(3, POINTS));

/* s at POINTS points between -4 and 4, as a curve of 800 by 200 pixels. */
static int draw(const char *path, const double *s) {
  FILE *file = fopen(path, "w");
  if (!file) return fprintf(stderr, "error: cannot write %s: %s\n", path, strerror(errno)), 1;
  fputs("<svg xmlns='http://www.w3.org/2000/svg' viewBox='-5 -5 810 210'>\n", file);
  fputs("<path d='M0 200H800M400 200V0' stroke='silver'/>\n<polyline fill='none' stroke='navy' points='", file);
  for (int i = 0; i < POINTS; i++) fprintf(file, "%d,%.2f ", 800 * i / (POINTS - 1), 200 * (1 - s[i]));
  fputs("'/>\n</svg>\n", file);
  return fclose(file);
}

int main(int argc, char **argv) {
  functions_config config = FUNCTIONS_CONFIG(3, POINTS);
  functions_ctx *f;
  if (argc != 2) return fputs("error: give the file to draw to, such as logistic.svg\n", stderr), 1;
  if (functions_init(&config, ctx, NULL, workspace, sizeof workspace, &f) != FUNCTIONS_OK) return 1;

  const double v[] = {1, 2, 3, 4, 5};
  double sum, prod, mean, var, std;
  if (functions_reductions(f, 5, v, &sum, &prod, &mean, &var, &std) != FUNCTIONS_OK) return 1;
  printf("sum %g, prod %g, mean %g, var %g, std %.16f\n", sum, prod, mean, var, std);

  double x[POINTS], e[POINTS], s[POINTS];
  for (int i = 0; i < POINTS; i++) x[i] = -4 + 0.1 * i;
  if (functions_curves(f, POINTS, x, e, s) != FUNCTIONS_OK) return 1;
  for (int i = 0; i < POINTS; i += 10) printf("%2g: exp %.14f, logistic %.16f\n", x[i], e[i], s[i]);

  double natural, binary, decimal, dot;
  if (functions_logarithms(f, 8, &natural, &binary, &decimal) != FUNCTIONS_OK) return 1;
  printf("logarithms of 8: %.16f, %g, %.16f\n", natural, binary, decimal);

  const double a[] = {1, 2, 3}, b[] = {6, -5, 4};
  if (functions_product(f, 3, a, b, &dot) != FUNCTIONS_OK) return 1;
  printf("dot %g\n", dot);
  return draw(argv[1], s);
}
