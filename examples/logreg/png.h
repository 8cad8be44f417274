/* Writes a PNG without a library: uncompressed, each row a stored block of deflate.
 * PNG (Third Edition) 5 and 11; RFC 1950 (zlib); RFC 1951 3.2.4 (stored blocks). */
#ifndef PNG_H
#define PNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
  FILE *file;
  uint32_t crc;      /* of the chunk's name and data */
  uint32_t adler[2]; /* of the rows */
} png;

static void png_put(png *out, const uint8_t *bytes, size_t count) {
  fwrite(bytes, 1, count, out->file);
  for (size_t i = 0; i < count; i++) {
    out->crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) out->crc = out->crc >> 1 ^ (out->crc & 1 ? 0xEDB88320u : 0);
  }
}

static void png_number(png *out, uint32_t n) {
  png_put(out, (uint8_t[]){(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 4);
}

static void png_begin(png *out, uint32_t length, const char *name) {
  png_number(out, length);
  out->crc = 0xFFFFFFFF;
  png_put(out, (const uint8_t *)name, 4);
}

static void png_end(png *out) { png_number(out, ~out->crc); }

static void png_row_bytes(png *out, const uint8_t *bytes, size_t count) {
  png_put(out, bytes, count);
  for (size_t i = 0; i < count; i++) {
    out->adler[0] = (out->adler[0] + bytes[i]) % 65521;
    out->adler[1] = (out->adler[1] + out->adler[0]) % 65521;
  }
}

/* rgb has height rows of width pixels of three bytes, at most 21,844 in a row. False, with errno set, if the file cannot
 * be written. */
static bool write_png(const char *path, uint32_t width, uint32_t height, const uint8_t *rgb) {
  png out = {fopen(path, "wb"), 0, {1, 0}};
  if (!out.file) return false;
  uint32_t row = 1 + 3 * width;

  png_put(&out, (const uint8_t *)"\x89PNG\r\n\x1a\n", 8);
  png_begin(&out, 13, "IHDR");
  png_number(&out, width);
  png_number(&out, height);
  png_put(&out, (uint8_t[]){8, 2, 0, 0, 0}, 5); /* 8 bits of red, green and blue; not interlaced */
  png_end(&out);
  png_begin(&out, 2 + height * (5 + row) + 4, "IDAT");
  png_put(&out, (uint8_t[]){0x78, 0x01}, 2);
  for (uint32_t y = 0; y < height; y++) {
    uint8_t block[] = {y + 1 == height, (uint8_t)row, (uint8_t)(row >> 8), (uint8_t)~row, (uint8_t)(~row >> 8)};
    png_put(&out, block, 5);
    png_row_bytes(&out, (uint8_t[]){0}, 1); /* no filter */
    png_row_bytes(&out, rgb + (size_t)3 * width * y, (size_t)3 * width);
  }
  png_number(&out, out.adler[1] << 16 | out.adler[0]);
  png_end(&out);
  png_begin(&out, 0, "IEND");
  png_end(&out);
  bool written = !ferror(out.file);
  return fclose(out.file) == 0 && written;
}

#endif
