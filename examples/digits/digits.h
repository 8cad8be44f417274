/* Reads digits in MNIST's format: a header of big-endian numbers, then bytes. */
#ifndef DIGITS_H
#define DIGITS_H

#include <stdbool.h>
#include <stdio.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE };

/* Opens FOLDER/data/SET-KIND and skips its header. */
static FILE *open_digits(const char *folder, const char *set, const char *kind, long header) {
  char path[4096];
  snprintf(path, sizeof path, "%s/data/%s-%s", folder, set, kind);
  FILE *file = fopen(path, "rb");
  if (file && fseek(file, header, SEEK_SET) != 0) return fclose(file), NULL;
  return file;
}

/* Fills x with the pixels of `count` digits, 0 to 1, and y with 1 where the digit is `positive` and 0 elsewhere. */
static bool read_digits(const char *folder, const char *set, int count, int positive, double *x, double *y) {
  FILE *images = open_digits(folder, set, "images-idx3-ubyte", 16);
  FILE *labels = open_digits(folder, set, "labels-idx1-ubyte", 8);
  bool complete = images && labels;
  for (int i = 0; complete && i < count * PIXELS; i++) x[i] = fgetc(images) / 255.0;
  for (int i = 0; complete && i < count; i++) y[i] = fgetc(labels) == positive;
  complete = complete && !feof(images) && !feof(labels);
  if (images) fclose(images);
  if (labels) fclose(labels);
  return complete;
}

#endif
