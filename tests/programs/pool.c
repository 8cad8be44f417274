/* Pools that run chunks backwards, in random order, and on two threads: the same bits as without a pool. */
#include "pool.h"

#include "check.h"

#include <pthread.h>

enum { MOST = 300000 };

struct chunks {
  void (*task)(void *frame, int32_t chunk);
  void *frame;
  int32_t from, to, by;
};

static int32_t handed_out;
static uint32_t random_state = 7;
static int user_data;

static void *run(void *argument) {
  struct chunks *c = (struct chunks *)argument;
  for (int32_t i = c->from; i != c->to; i += c->by) c->task(c->frame, i);
  return NULL;
}

static void reversed(void *user, int32_t chunks, void (*task)(void *, int32_t), void *frame) {
  CHECK(user == &user_data && chunks > 0);
  handed_out += chunks;
  struct chunks all = {task, frame, chunks - 1, -1, -1};
  run(&all);
}

/* Each chunk once, in an order that looks random. */
static void shuffled(void *user, int32_t chunks, void (*task)(void *, int32_t), void *frame) {
  CHECK(user == &user_data && 0 < chunks && chunks <= 64);
  handed_out += chunks;
  int32_t order[64];
  for (int32_t i = 0; i < chunks; i++) order[i] = i;
  for (int32_t left = chunks; left > 0; left--) {
    random_state = random_state * 1664525u + 1013904223u;
    int32_t pick = (int32_t)((random_state >> 8) % (uint32_t)left);
    task(frame, order[pick]);
    order[pick] = order[left - 1];
  }
}

static void two_threads(void *user, int32_t chunks, void (*task)(void *, int32_t), void *frame) {
  CHECK(user == &user_data && chunks > 0);
  handed_out += chunks;
  int32_t evens = (chunks + 1) / 2, odds = chunks / 2;
  struct chunks even = {task, frame, 0, 2 * evens, 2}, odd = {task, frame, 2 * odds - 1, -1, -2};
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, run, &even) == 0);
  run(&odd);
  CHECK(pthread_join(thread, NULL) == 0);
}

static float x[MOST], w[MOST];

struct results {
  float h[MOST], e[MOST], rows[MOST], columns[MOST], deep[MOST], s;
};

static void work(const tgc_pool *pool, int64_t n, int64_t d, struct results *r) {
  pool_config config = POOL_CONFIG(n, d);
  config.pool = pool;
  pool_ctx *m;
  memset(r, 0, sizeof *r);
  CHECK_STATUS(pool_create(&config, &m), POOL_OK);
  for (int i = 0; i < 3; i++) {
    CHECK_STATUS(pool_work(m, n, d, x, w, r->h, r->e, r->rows, r->columns, r->deep), POOL_OK);
  }
  r->s = *pool_s(m);
  pool_destroy(m);
}

int main(void) {
  static struct results plain, other;
  uint32_t seed = 1;
  for (int i = 0; i < MOST; i++) {
    seed = seed * 1664525u + 1013904223u;
    x[i] = (float)(seed >> 8) / 16777216.0f * 4 - 2;
    w[i] = (float)(seed >> 9) / 8388608.0f - 0.5f;
  }
  const tgc_pool pools[] = {{&user_data, reversed}, {&user_data, shuffled}, {&user_data, two_threads}};
  static const int64_t sizes[][2] = {{0, 3}, {1, 1}, {1, 300000}, {300000, 1}, {5000, 60}, {60, 5000}, {547, 548}, {17, 7}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    work(NULL, sizes[i][0], sizes[i][1], &plain);
    for (size_t p = 0; p < sizeof pools / sizeof *pools; p++) {
      work(&pools[p], sizes[i][0], sizes[i][1], &other);
      CHECK(memcmp(&plain, &other, sizeof plain) == 0);
    }
  }
  CHECK(handed_out > 2);
  return 0;
}
