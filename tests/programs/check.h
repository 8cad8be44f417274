/* Checks that end the program with the place and the expression. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))
#define CHECK_TEXT(got, want) check_text((got), (want), __FILE__, __LINE__)
#define CHECK_STATUS(call, want) check_status((call), (want), #call, __FILE__, __LINE__)
/* |got - want| <= relative |want| + absolute */
#define CHECK_NEAR(got, want, relative, absolute) \
  check_near((long double)(got), (long double)(want), (long double)(relative), (long double)(absolute), #got, \
             __FILE__, __LINE__)

static inline void check_failed(const char *file, int line, const char *text) {
  fprintf(stderr, "%s:%d: %s\n", file, line, text);
  exit(1);
}

static inline void check_text(const char *got, const char *want, const char *file, int line) {
  if (strcmp(got, want) == 0) return;
  fprintf(stderr, "%s:%d: found \"%s\", expected \"%s\"\n", file, line, got, want);
  exit(1);
}

static inline void check_status(int got, int want, const char *text, const char *file, int line) {
  if (got == want) return;
  fprintf(stderr, "%s:%d: %s is %d, expected %d\n", file, line, text, got, want);
  exit(1);
}

static inline void check_near(long double got, long double want, long double relative, long double absolute,
                              const char *text, const char *file, int line) {
  long double error = got > want ? got - want : want - got;
  long double size = want < 0 ? -want : want;
  if (error <= relative * size + absolute) return;
  fprintf(stderr, "%s:%d: %s is %.21Lg, expected %.21Lg; the error is %Lg\n", file, line, text, got, want, error);
  exit(1);
}

#endif
