/* How much stack a call takes: a thread's stack is painted, and what is no longer paint was used. The header says how much
 * it may be. */
#define _XOPEN_SOURCE 700
#include "logreg.h"

#include "check.h"

#include <pthread.h>
#include <stdint.h>

enum { N = 2000, D = 5, STACK = 256 * 1024, PAINT = 0xa5, ALLOWED = 2048, LIBRARY = 256 /* memcpy and its kin */ };

static unsigned char stack[STACK] __attribute__((aligned(4096)));
static double x[N * D], y[N], xent[N], cost;
static bool prediction[N];
static logreg_ctx *m;
static uintptr_t top;

/* What is below the frame of this function belongs to the call. */
static void *call(void *argument) {
  top = (uintptr_t)__builtin_frame_address(0);
  memset(stack, PAINT, top - (uintptr_t)stack - 256);
  logreg_status status = LOGREG_OK;
  if (argument == &cost) status = logreg_train(m, N, x, y, prediction, xent, &cost);
  if (argument == x) status = logreg_predict(m, N, x, prediction);
  if (argument == y) status = logreg_predict(m, N, NULL, prediction);
  return status == LOGREG_OK ? NULL : argument;
}

/* Bytes of stack below the thread's function. */
static size_t used(void *what) {
  pthread_attr_t attributes;
  pthread_t thread;
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, stack, STACK) == 0);
  CHECK(pthread_create(&thread, &attributes, call, what) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  pthread_attr_destroy(&attributes);
  size_t low = 0;
  while (stack[low] == PAINT) low++;
  return top - (uintptr_t)&stack[low];
}

int main(void) {
  logreg_config config = LOGREG_CONFIG(N);
  CHECK_STATUS(logreg_create(&config, &m), LOGREG_OK);
  size_t nothing = used(NULL); /* what painting and the thread's own frame cost */
  static void *const calls[] = {&cost, x, y};
  static const size_t stated[] = {LOGREG_TRAIN_STACK_BYTES, LOGREG_PREDICT_STACK_BYTES, LOGREG_PREDICT_STACK_BYTES};
  for (int i = 0; i < 3; i++) {
    size_t bytes = used(calls[i]);
    printf("call %d: %zu bytes, %zu without one, %zu stated\n", i, bytes, nothing, stated[i]);
    CHECK(bytes <= nothing + stated[i] + LIBRARY);
    CHECK(stated[i] <= LOGREG_STACK_BYTES && stated[i] <= ALLOWED);
  }
  logreg_destroy(m);
  return 0;
}
