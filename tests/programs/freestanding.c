/* A program without a C library: what a library asks for is the five functions here, and never malloc. */
#include "logreg.h"

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
int bcmp(const void *a, const void *b, size_t n);
void start(void);

void *memcpy(void *to, const void *from, size_t n) { return memmove(to, from, n); }

void *memmove(void *to, const void *from, size_t n) {
  volatile unsigned char *t = (volatile unsigned char *)to;
  const volatile unsigned char *f = (const volatile unsigned char *)from;
  if ((uintptr_t)to <= (uintptr_t)from)
    for (size_t i = 0; i < n; i++) t[i] = f[i];
  else
    while (n--) t[n] = f[n];
  return to;
}

void *memset(void *to, int byte, size_t n) {
  volatile unsigned char *t = (volatile unsigned char *)to;
  while (n--) t[n] = (unsigned char)byte;
  return to;
}

int memcmp(const void *a, const void *b, size_t n) {
  const volatile unsigned char *p = (const volatile unsigned char *)a, *q = (const volatile unsigned char *)b;
  for (size_t i = 0; i < n; i++)
    if (p[i] != q[i]) return p[i] < q[i] ? -1 : 1;
  return 0;
}

int bcmp(const void *a, const void *b, size_t n) { return memcmp(a, b, n); }

enum { N = 20, D = 5 };

static LOGREG_BLOCK(ctx_block, LOGREG_CTX_BYTES);
static LOGREG_BLOCK(state_block, LOGREG_STATE_BYTES);
static LOGREG_BLOCK(ws_block, LOGREG_WS_BYTES(N));
static double x[N * D], y[N], xent[N];
static bool prediction[N];

static int run(void) {
  logreg_config config = LOGREG_CONFIG(N);
  logreg_ctx *m;
  if (logreg_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m) != LOGREG_OK) return 1;
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < D; j++) x[i * D + j] = (i * 7 + j * 3) % 11 - 5;
    y[i] = x[i * D] > 0;
  }
  double first = 0, cost = 0;
  for (int step = 0; step < 100; step++) {
    if (logreg_train(m, N, x, y, prediction, xent, &cost) != LOGREG_OK) return 2;
    if (step == 0) first = cost;
  }
  if (!(cost > 0 && cost < first)) return 3;
  if (logreg_predict(m, -1, x, prediction) != LOGREG_E_DIM) return 4;
  static unsigned char image[LOGREG_SAVE_BYTES];
  if (logreg_save(m, image, sizeof image) != LOGREG_OK || logreg_load(m, image, sizeof image) != LOGREG_OK) return 5;
  return 0;
}

static void leave(int status) {
#if defined(__x86_64__)
  __asm__ volatile("syscall" : : "a"(231L), "D"((long)status) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long number __asm__("x8") = 94;
  register long argument __asm__("x0") = status;
  __asm__ volatile("svc 0" : : "r"(number), "r"(argument) : "memory");
#endif
  for (;;) {
  }
}

void start(void) { leave(run()); }

#if defined(__x86_64__)
__asm__(".globl _start\n_start: andq $-16, %rsp\n call start\n");
#else
__asm__(".globl _start\n_start: b start\n");
#endif
