/* Pools that run chunks in other orders and on two threads: the same bits as without a pool, in outputs and states, for every
 * function of a model that this program knows by its description alone. */
#include HEADER

#include "check.h"
#include "instance.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { CALLS = 3, MOST_ARGUMENTS = 16, MOST_CHUNKS = 1 << 16, MOST_ELEMENTS = 1 << 21 };

static const tgc_model *const model = &MODEL;
static const size_t element_bytes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};

/* What the pools were asked for: all of them must be asked for the same. */
static int32_t asked[1 << 12];
static int asked_count, user_data;

static void note(void *user, int32_t chunks) {
  CHECK(user == &user_data && chunks > 1 && chunks <= MOST_CHUNKS);
  CHECK(asked_count < (int)(sizeof asked / sizeof *asked));
  asked[asked_count++] = chunks;
}

typedef void task_fn(void *frame, int32_t chunk);

static void forwards(void *user, int32_t chunks, task_fn *task, void *frame) {
  note(user, chunks);
  for (int32_t i = 0; i < chunks; i++) task(frame, i);
}

static void backwards(void *user, int32_t chunks, task_fn *task, void *frame) {
  note(user, chunks);
  for (int32_t i = chunks - 1; i >= 0; i--) task(frame, i);
}

static uint32_t seed;

static uint32_t next_random(void) {
  seed = seed * 1664525u + 1013904223u;
  return seed >> 8;
}

static int32_t order[MOST_CHUNKS];

static void shuffle(int32_t chunks) {
  for (int32_t i = 0; i < chunks; i++) {
    int32_t j = (int32_t)(next_random() % (uint32_t)(i + 1));
    order[i] = order[j];
    order[j] = i;
  }
}

static void shuffled(void *user, int32_t chunks, task_fn *task, void *frame) {
  note(user, chunks);
  shuffle(chunks);
  for (int32_t i = 0; i < chunks; i++) task(frame, order[i]);
}

struct work {
  task_fn *task;
  void *frame;
  int32_t chunks;
  atomic_int next, ready;
};

/* Takes the next chunk until none is left; both threads begin together. */
static void *take(void *argument) {
  struct work *w = (struct work *)argument;
  atomic_fetch_add(&w->ready, 1);
  while (atomic_load(&w->ready) < 2) {}
  for (int32_t i; (i = atomic_fetch_add(&w->next, 1)) < w->chunks;) w->task(w->frame, order[i]);
  return NULL;
}

static void two_threads(void *user, int32_t chunks, task_fn *task, void *frame) {
  note(user, chunks);
  shuffle(chunks);
  struct work work = {.task = task, .frame = frame, .chunks = chunks};
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, take, &work) == 0);
  take(&work);
  CHECK(pthread_join(thread, NULL) == 0);
}

/* The size of that name in an order that another has. */
static int64_t size_of(const char *name, const tgc_function *f, const int64_t *sizes) {
  for (int32_t i = 0; i < f->size_count; i++)
    if (strcmp(f->sizes[i].name, name) == 0) return sizes[i];
  return 0;
}

static int64_t elements(const tgc_argument *a, const int64_t *sizes) {
  int64_t count = 1;
  for (int32_t i = 0; i < a->rank; i++) {
    CHECK(a->shape[i] != INT64_MIN);
    count *= a->shape[i] >= 0 ? a->shape[i] : sizes[-1 - a->shape[i]];
  }
  return count;
}

static void fill(void *array, int32_t dtype, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    double value = (double)next_random() / 4194304.0 - 2;
    switch (dtype) {
      case TGC_F32: ((float *)array)[i] = (float)value; break;
      case TGC_F64: ((double *)array)[i] = value; break;
      case TGC_I64: ((int64_t *)array)[i] = (int64_t)(next_random() % 8); break;
      case TGC_I32: ((int32_t *)array)[i] = (int32_t)(next_random() % 8); break;
      default: CHECK(!"an element type that this program can make");
    }
  }
}

/* The bytes of the outputs and states after some calls. */
struct image {
  unsigned char *bytes;
  size_t count;
};

static void append(struct image *image, const void *from, size_t count) {
  image->bytes = (unsigned char *)realloc(image->bytes, image->count + count + 1);
  CHECK(image->bytes);
  if (count) memcpy(image->bytes + image->count, from, count);
  image->count += count;
}

static struct image run(const tgc_function *f, const int64_t *sizes, const tgc_pool *pool) {
  struct config config;
  memset(&config, 0, sizeof config);
  CHECK(model->size_count <= 8 && f->input_count + f->output_count <= MOST_ARGUMENTS);
  config.struct_bytes = (uint32_t)(8 + 8 * (size_t)model->size_count + 3 * sizeof(void *));
  for (int32_t i = 0; i < model->size_count; i++) config.sizes_and_hooks[i] = size_of(model->sizes[i].name, f, sizes);
  memcpy(&config.sizes_and_hooks[model->size_count + 1], &pool, sizeof pool);
  uint64_t ws_bytes = model->ws_bytes(config.sizes_and_hooks);
  void *blocks[] = {aligned(model->ctx_bytes), aligned(model->state_bytes), aligned(ws_bytes)}, *ctx;
  /* What is left of other work must not matter; the gaps between states are compared too. */
  memset(blocks[1], 0, (size_t)model->state_bytes);
  memset(blocks[2], 0xa5, (size_t)ws_bytes);
  CHECK_STATUS(model->init(&config, blocks[0], blocks[1], blocks[2], ws_bytes, &ctx), 0);

  void *args[MOST_ARGUMENTS];
  size_t bytes[MOST_ARGUMENTS];
  seed = 7;
  for (int32_t i = 0; i < f->input_count + f->output_count; i++) {
    const tgc_argument *a = i < f->input_count ? &f->inputs[i] : &f->outputs[i - f->input_count];
    int64_t count = elements(a, sizes);
    bytes[i] = (size_t)count * element_bytes[a->dtype];
    args[i] = aligned(bytes[i]);
    memset(args[i], 0x5a, bytes[i]);
    if (i < f->input_count) fill(args[i], a->dtype, count);
  }
  struct image image = {NULL, 0};
  asked_count = 0;
  for (int call = 0; call < CALLS; call++) {
    CHECK_STATUS(f->call(ctx, sizes, args), 0);
    for (int32_t i = f->input_count; i < f->input_count + f->output_count; i++) append(&image, args[i], bytes[i]);
  }
  append(&image, blocks[1], (size_t)model->state_bytes);
  for (int32_t i = 0; i < f->input_count + f->output_count; i++) free(args[i]);
  for (int i = 0; i < 3; i++) free(blocks[i]);
  return image;
}

/* Returns whether the pools were asked for anything. */
static int compare(const tgc_function *f, const int64_t *sizes) {
  static const struct {
    tgc_pool pool;
    int times; /* the shuffled ones go on from the order before */
  } pools[] = {{{&user_data, forwards}, 1}, {{&user_data, backwards}, 1}, {{&user_data, shuffled}, 2}, {{&user_data, two_threads}, 3}};
  static int32_t first[sizeof asked / sizeof *asked];
  int first_count = 0;
  struct image want = run(f, sizes, NULL);
  for (size_t p = 0; p < sizeof pools / sizeof *pools; p++)
    for (int time = 0; time < pools[p].times; time++) {
      struct image got = run(f, sizes, &pools[p].pool);
      if (p == 0) memcpy(first, asked, sizeof asked), first_count = asked_count;
      CHECK(asked_count == first_count && memcmp(first, asked, (size_t)first_count * sizeof *first) == 0);
      CHECK(got.count == want.count);
      if (memcmp(got.bytes, want.bytes, want.count) != 0) {
        fprintf(stderr, "%s.%s differs with pool %zu\n", model->name, f->name, p);
        exit(1);
      }
      free(got.bytes);
    }
  free(want.bytes);
  return first_count > 0;
}

int main(void) {
  static const int64_t all[][2] = {{0, 3}, {3, 0}, {1, 1}, {1, 200000}, {200000, 1}, {4000, 60}, {60, 4000}, {547, 548}, {17, 7}};
  for (int32_t i = 0; i < model->function_count; i++) {
    const tgc_function *f = &model->functions[i];
    CHECK(f->size_count <= 2);
    int in_chunks = 0;
    for (size_t s = 0; s < (f->size_count ? sizeof all / sizeof *all : 1); s++) {
      int64_t most = 0;
      for (int32_t k = 0; k < f->input_count + f->output_count; k++) {
        int64_t count = elements(k < f->input_count ? &f->inputs[k] : &f->outputs[k - f->input_count], all[s]);
        most = count > most ? count : most;
      }
      if (most <= MOST_ELEMENTS) in_chunks += compare(f, all[s]);
    }
    printf("%s.%s: %d\n", model->name, f->name, in_chunks);
  }
  return 0;
}
