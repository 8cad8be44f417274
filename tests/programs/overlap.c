/* Calls whose blocks overlap in every way: the instance's, its states', arrays', the image's, those of init. Places are drawn
 * from a seed; which calls are refused is worked out byte by byte; what is refused has changed nothing, and what is not gives
 * what the same call gives on memory of its own.
 *
 * overlap SEED CASES */
#include "few.h"
#include "many.h"

#include "check.h"
#include "instance.h"

#include <limits.h>

enum { ARENA = 1 << 15, PLACES = 64, OK = FEW_OK, ALIAS = FEW_E_ALIAS, ERROR_LINE = 104, ERROR_END = 360 };

struct region {
  unsigned char *start;
  uint64_t bytes;
};

static uint64_t seed;
static unsigned char *arena, *before, *apart;

static uint64_t draw(uint64_t below) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (seed >> 33) % below;
}

static int meet(struct region a, struct region b) {
  return a.bytes && b.bytes && a.start < b.start + b.bytes && b.start < a.start + a.bytes;
}

/* A place for so many bytes that touches another region: identical, inside, around, partly over or beside either end. */
static unsigned char *beside(struct region other, uint64_t bytes, uint64_t align) {
  int64_t shift, a = (int64_t)align, own = (int64_t)bytes, theirs = (int64_t)other.bytes;
  switch (draw(8)) {
    case 0: shift = 0; break;
    case 1: shift = -own; break;          /* ends where it starts */
    case 2: shift = theirs; break;        /* starts where it ends */
    case 3: shift = 1 - own; break;       /* over its first byte */
    case 4: shift = theirs - 1; break;    /* over its last byte */
    case 5: shift = theirs - own; break;  /* the same end */
    default: shift = (int64_t)draw(bytes + other.bytes + 1) - own; break;
  }
  int64_t at = (other.start - arena) + shift;
  at = (at < 0 ? 0 : at) / a * a;
  if (at + own > ARENA) at = (ARENA - own) / a * a;
  return arena + at;
}

static uint64_t element_bytes(int32_t dtype) {
  static const uint64_t bytes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};
  return bytes[dtype];
}

static uint64_t bytes_of(int32_t dtype, int32_t rank, const int64_t *shape, const int64_t *sizes) {
  uint64_t bytes = element_bytes(dtype);
  for (int32_t i = 0; i < rank; i++) {
    CHECK(shape[i] != INT64_MIN);
    bytes *= (uint64_t)(shape[i] < 0 ? sizes[-1 - shape[i]] : shape[i]);
  }
  return bytes;
}

/* An instance with its blocks. */
struct made {
  void *ctx;
  struct region blocks[3]; /* the instance, its state, its workspace */
};

static int32_t init(const tgc_model *model, const int64_t *sizes, struct made *made) {
  struct config config = {(uint32_t)(32 + 8 * model->size_count), 0, {0}};
  memcpy(config.sizes_and_hooks, sizes, (size_t)(8 * model->size_count));
  struct region *b = made->blocks;
  return model->init(&config, b[0].start, b[1].start, b[2].start, b[2].bytes, &made->ctx);
}

static void need(const tgc_model *model, const int64_t *sizes, struct made *made) {
  made->blocks[0].bytes = model->ctx_bytes;
  made->blocks[1].bytes = model->state_bytes;
  made->blocks[2].bytes = model->ws_bytes(sizes);
}

/* The instance lies at the start of the arena, with gaps. */
static struct made make(const tgc_model *model, const int64_t *sizes, unsigned char *where) {
  struct made made;
  need(model, sizes, &made);
  unsigned char *next = where;
  for (int i = 0; i < 3; i++) {
    made.blocks[i].start = next;
    next += (made.blocks[i].bytes + 63) / 64 * 64 + 64 * draw(3);
  }
  CHECK_STATUS(init(model, sizes, &made), OK);
  return made;
}

static void fill(struct region region) {
  for (uint64_t i = 0; i + 4 <= region.bytes; i += 4) {
    float value = (float)(int)draw(9) - 4;
    memcpy(region.start + i, &value, 4);
  }
}

/* All but the line of the instance and, where the arguments lie in it, the workspace. */
static void unchanged(const struct made *made, int32_t parameters) {
  unsigned char *line = made->blocks[0].start;
  memcpy(before + (line - arena) + ERROR_LINE, line + ERROR_LINE, ERROR_END - ERROR_LINE);
  struct region ws = made->blocks[2];
  if (parameters > 24) memcpy(before + (ws.start - arena), ws.start, ws.bytes);
  CHECK(memcmp(arena, before, ARENA) == 0);
}

static struct region state(const tgc_model *model, void *ctx, int32_t number) {
  const tgc_state *s = &model->states[number];
  struct region region = {(unsigned char *)s->get(ctx), bytes_of(s->dtype, s->rank, s->shape, NULL)};
  return region;
}

/* The arguments of a call. */
struct call {
  const tgc_model *model;
  const tgc_function *f;
  struct made made;
  struct region args[PLACES];
  int32_t inputs, count;
};

static int is_value(const tgc_argument *input) { return input->rank == 0; }

static int is_refused(const struct call *c) {
  int refused = 0;
  for (int32_t i = 0; i < c->count; i++) {
    if (i < c->inputs && is_value(&c->f->inputs[i])) continue;
    if (i < c->inputs) {
      refused |= meet(c->args[i], c->made.blocks[2]);
      for (int32_t u = 0; u < c->f->update_count; u++)
        refused |= meet(c->args[i], state(c->model, c->made.ctx, c->f->updates[u]));
      continue;
    }
    for (int b = 0; b < 3; b++) refused |= meet(c->args[i], c->made.blocks[b]);
    for (int32_t j = 0; j < i; j++)
      if (j >= c->inputs || !is_value(&c->f->inputs[j])) refused |= meet(c->args[i], c->args[j]);
  }
  return refused;
}

static const tgc_argument *argument(const struct call *c, int32_t i) {
  return i < c->inputs ? &c->f->inputs[i] : &c->f->outputs[i - c->inputs];
}

/* Every argument beside the last one, then some moved onto other blocks. */
static void place(struct call *c, const int64_t *sizes) {
  struct region ws = c->made.blocks[2];
  unsigned char *next = ws.start + (ws.bytes + 127) / 64 * 64;
  for (int32_t i = 0; i < c->count; i++) {
    const tgc_argument *a = argument(c, i);
    c->args[i].bytes = bytes_of(a->dtype, a->rank, a->shape, sizes);
    c->args[i].start = next;
    next += (c->args[i].bytes + 15) / 8 * 8;
    CHECK(next < arena + ARENA);
  }
  for (uint64_t moves = draw(3); moves > 0; moves--) {
    int32_t i = (int32_t)draw((uint64_t)c->count), j = (int32_t)draw((uint64_t)c->count + 4);
    struct region other = j < c->count ? c->args[j] : c->made.blocks[(j - c->count) % 3];
    if (j == c->count + 3) other = state(c->model, c->made.ctx, (int32_t)draw((uint64_t)c->model->state_count));
    if (i < c->inputs && is_value(&c->f->inputs[i])) continue;
    c->args[i].start = beside(other, c->args[i].bytes, element_bytes(argument(c, i)->dtype));
  }
}

/* The same call on memory of its own: states and outputs as they must be. */
static void compare(const struct call *c, const int64_t *sizes, const unsigned char *old) {
  struct made other = make(c->model, sizes, apart);
  unsigned char *next = apart + ARENA / 2;
  void *args[PLACES];
  for (int32_t s = 0; s < c->model->state_count; s++) {
    struct region mine = state(c->model, c->made.ctx, s), its = state(c->model, other.ctx, s);
    memcpy(its.start, old + (mine.start - arena), its.bytes);
  }
  for (int32_t i = 0; i < c->count; i++) {
    args[i] = next;
    memcpy(next, old + (c->args[i].start - arena), c->args[i].bytes);
    next += (c->args[i].bytes + 15) / 8 * 8;
  }
  CHECK_STATUS(c->f->call(other.ctx, sizes, args), OK);
  for (int32_t i = c->inputs; i < c->count; i++) CHECK(memcmp(args[i], c->args[i].start, c->args[i].bytes) == 0);
  for (int32_t s = 0; s < c->model->state_count; s++) {
    struct region mine = state(c->model, c->made.ctx, s), its = state(c->model, other.ctx, s);
    CHECK(memcmp(mine.start, its.start, its.bytes) == 0);
  }
}

static int calls(const tgc_model *model) {
  struct call c = {0};
  int64_t sizes[2] = {(int64_t)draw(4), (int64_t)draw(4)};
  c.model = model;
  c.f = &model->functions[draw((uint64_t)model->function_count)];
  c.made = make(model, sizes, arena);
  c.inputs = c.f->input_count;
  c.count = c.inputs + c.f->output_count;
  CHECK(c.f->size_count == 2 && c.count <= PLACES);
  place(&c, sizes);
  void *args[PLACES];
  for (int32_t i = 0; i < c.count; i++) {
    int is_inside = 0;
    for (int b = 0; b < 3; b++) is_inside |= meet(c.args[i], c.made.blocks[b]);
    if (!is_inside) fill(c.args[i]);
    args[i] = c.args[i].start;
  }
  memcpy(before, arena, ARENA);
  int refused = is_refused(&c);
  int32_t status = c.f->call(c.made.ctx, sizes, args);
  CHECK_STATUS(status, refused ? ALIAS : OK);
  if (refused) {
    CHECK(strstr((const char *)c.made.blocks[0].start + ERROR_LINE, "overlaps"));
    unchanged(&c.made, 2 + c.count);
  } else {
    compare(&c, sizes, before);
  }
  return refused;
}

/* The blocks of an instance, the config and the place of the result, over each other. */
static int instances(const tgc_model *model) {
  static struct config at_home;
  int64_t sizes[2] = {(int64_t)draw(4), (int64_t)draw(4)};
  struct made made;
  need(model, sizes, &made);
  struct region all[5];
  memcpy(all, made.blocks, sizeof made.blocks);
  all[3].bytes = (uint64_t)(32 + 8 * model->size_count);
  all[4].bytes = sizeof(void *);
  unsigned char *next = arena;
  for (int i = 0; i < 5; i++) {
    all[i].start = next;
    next += (all[i].bytes + 63) / 64 * 64;
  }
  int moved = (int)draw(5);
  all[moved].start = beside(all[draw(5)], all[moved].bytes, moved < 3 ? 64 : 8);
  memset(arena, 0x5c, ARENA);
  at_home.struct_bytes = (uint32_t)all[3].bytes;
  memcpy(at_home.sizes_and_hooks, sizes, sizeof sizes);
  memcpy(all[3].start, &at_home, all[3].bytes);
  memcpy(before, arena, ARENA);
  int refused = 0, place_is_taken = 0;
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < i; j++) {
      if (i == 4 && j == 3) continue; /* the config is read before the result is written */
      refused |= meet(all[i], all[j]);
      place_is_taken |= i == 4 && meet(all[i], all[j]);
    }
  void **out = (void **)(void *)all[4].start;
  int32_t status = model->init(all[3].start, all[0].start, all[1].start, all[2].start, all[2].bytes, out);
  CHECK_STATUS(status, refused ? ALIAS : OK);
  void *nothing = NULL;
  if (refused && !place_is_taken) memcpy(before + (all[4].start - arena), &nothing, sizeof nothing);
  if (refused) CHECK(memcmp(arena, before, ARENA) == 0);
  if (!refused) CHECK(*out == all[0].start);
  return refused;
}

/* An image over the instance or its state is neither written nor read. */
static int images(void) {
  int64_t sizes[2] = {(int64_t)draw(4), (int64_t)draw(4)};
  struct made made = make(&few_model, sizes, arena);
  few_ctx *ctx = (few_ctx *)made.ctx;
  struct region image = {arena, FEW_SAVE_BYTES};
  image.start = beside(made.blocks[draw(3)], image.bytes, 1);
  int refused = meet(image, made.blocks[0]) || meet(image, made.blocks[1]);
  memcpy(before, arena, ARENA);
  CHECK_STATUS(few_save(ctx, image.start, image.bytes), refused ? ALIAS : OK);
  if (refused) unchanged(&made, 0);
  few_s(ctx)[1] = 9;
  memcpy(before, arena, ARENA);
  CHECK_STATUS(few_load(ctx, image.start, image.bytes), refused ? ALIAS : OK);
  if (refused) unchanged(&made, 0);
  CHECK((few_s(ctx)[1] == 9) == refused);
  return refused;
}

/* The typed entry of a function with many arguments gives what the packed one does. */
static void typed(void) {
  int64_t sizes[2] = {2, 3};
  struct made made = make(&many_model, sizes, arena);
  static double a[4] = {1, 2, 3, 4}, m[4];
  static float x[3] = {5, 6, 7}, y[30][3], w[3] = {1, 1, 1};
  many_ctx *ctx = (many_ctx *)made.ctx;
#define TEN(i) y[i], y[i + 1], y[i + 2], y[i + 3], y[i + 4], y[i + 5], y[i + 6], y[i + 7], y[i + 8], y[i + 9]
  CHECK_STATUS(many_f(ctx, 2, 3, a, x, 1.5, w, m, TEN(0), TEN(10), TEN(20)), OK);
  for (int i = 0; i < 30; i++)
    for (int k = 0; k < 3; k++) CHECK(y[i][k] == x[k] * (float)(i + 2) + 1);
  CHECK(many_s(ctx)[0] == 1 + 18);
  CHECK_STATUS(many_f(ctx, 2, 3, a, x, 1.5, NULL, m, TEN(0), TEN(10), TEN(20)), OK);
  for (int k = 0; k < 3; k++) CHECK(y[29][k] == x[k] * 31 + 7);
  CHECK_STATUS(many_f(ctx, 2, 9, a, x, 1.5, w, m, TEN(0), TEN(10), TEN(20)), MANY_E_DIM);
  CHECK_TEXT(many_error(ctx), "f: K=9, allowed 0..8");
  CHECK_STATUS(many_f(ctx, 2, 3, a, NULL, 1.5, w, m, TEN(0), TEN(10), TEN(20)), MANY_E_NULL);
  CHECK_TEXT(many_error(ctx), "f: x is NULL");
  const float *odd = (const float *)(const void *)((const char *)x + 1);
  CHECK_STATUS(many_f(ctx, 2, 2, a, odd, 1.5, w, m, TEN(0), TEN(10), TEN(20)), MANY_E_ALIGN);
  CHECK_TEXT(many_error(ctx), "f: x is not aligned to 4 bytes");
  CHECK_STATUS(many_f(ctx, 2, 3, a, y[12], 1.5, w, m, TEN(0), TEN(10), TEN(20)), MANY_E_ALIAS);
  CHECK_TEXT(many_error(ctx), "f: output y12 overlaps x; give it memory of its own");
  CHECK_STATUS(many_f(ctx, 2, 3, a, x, 1.5, w, m, TEN(0), TEN(20), TEN(20)), MANY_E_ALIAS);
  CHECK_TEXT(many_error(ctx), "f: output y20 overlaps y10; give it memory of its own");
  CHECK_STATUS(many_f(ctx, 2, 3, a, many_s(ctx), 1.5, w, m, TEN(0), TEN(10), TEN(20)), MANY_E_ALIAS);
  CHECK_TEXT(many_error(ctx), "f: input x overlaps s, which the call updates; give it memory of its own");
  CHECK_STATUS(many_f(ctx, 2, 3, many_t(ctx), x, 1.5, w, m, TEN(0), TEN(10), TEN(20)), OK);
  CHECK_STATUS(many_f(NULL, 2, 3, a, x, 1.5, w, m, TEN(0), TEN(10), TEN(20)), MANY_E_NULL);
}

int main(int argc, char **argv) {
  CHECK(argc == 3);
  seed = strtoull(argv[1], NULL, 10);
  long cases = strtol(argv[2], NULL, 10), refused = 0;
  arena = (unsigned char *)aligned(ARENA);
  before = (unsigned char *)aligned(ARENA);
  apart = (unsigned char *)aligned(ARENA);
  typed();
  for (long i = 0; i < cases; i++) {
    memset(arena, 0, ARENA);
    switch (draw(6)) {
      case 0: refused += instances(draw(2) ? &few_model : &many_model); break;
      case 1: refused += images(); break;
      case 2:
      case 3: refused += calls(&few_model); break;
      default: refused += calls(&many_model); break;
    }
  }
  printf("%ld of %ld refused\n", refused, cases);
  CHECK(refused > cases / 5 && refused < cases - cases / 5);
  return 0;
}
