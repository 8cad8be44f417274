/* Reads handwritten digits from files in MNIST's IDX format: big-endian numbers, then bytes. For C and C++. */
#ifndef DIGITS_H
#define DIGITS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE };

/* Reads `words` big-endian numbers of 32 bits and compares them; -1 in `expected` is any number, which it receives. */
static bool read_header(FILE *file, int words, int64_t *expected) {
  for (int word = 0; word < words; word++) {
    uint8_t bytes[4];
    if (fread(bytes, 1, 4, file) != 4) return false;
    int64_t value = (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
    if (expected[word] == -1) expected[word] = value;
    if (expected[word] != value) return false;
  }
  return true;
}

/* Fills `bytes` from FOLDER/SET-KIND with `size` bytes for each of `count` digits; a count of -1 is the file's, if it
 * is at most `most`. Returns the count, or -1 after a line on standard error. */
static int64_t read_idx(const char *folder, const char *set, const char *kind, int64_t count, int64_t most, size_t size,
                        uint8_t *bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s-%s-ubyte", folder, set, kind);
  FILE *file = fopen(path, "rb");
  if (!file) return fprintf(stderr, "error: cannot read %s: %s\n", path, strerror(errno)), -1;
  bool images = size > 1;
  int64_t header[4] = {images ? 0x803 : 0x801, count, SIDE, SIDE};
  bool good = read_header(file, images ? 4 : 2, header) && header[1] <= most &&
              fread(bytes, size, (size_t)header[1], file) == (size_t)header[1] && fgetc(file) == EOF;
  fclose(file);
  if (good) return header[1];
  return fprintf(stderr, "error: %s holds no %s of at most %d digits of 28 x 28 pixels\n", path,
                 images ? "images" : "labels", (int)most), -1;
}

/* Reads the set "train" or "test": for each of at most `most` digits, PIXELS bytes of 0 to 255 and a label of 0 to 9.
 * Returns how many there are, or -1 after a line on standard error. */
static int read_digits(const char *folder, const char *set, int most, uint8_t *pixels, uint8_t *labels) {
  int64_t count = read_idx(folder, set, "images-idx3", -1, most, PIXELS, pixels);
  if (count >= 0) count = read_idx(folder, set, "labels-idx1", count, most, 1, labels);
  for (int64_t i = 0; i < count; i++) {
    if (labels[i] > 9) return fprintf(stderr, "error: label %d of %s is %d\n", (int)i, set, labels[i]), -1;
  }
  return (int)count;
}

#endif
