/* Wrong arguments of every kind: the status, the line, and that neither outputs nor state have changed. */
#include "guard.h"
#include "other.h"

#include "check.h"

#include <stdint.h>

enum { BIG = 1024 };

static GUARD_BLOCK(ctx_block, GUARD_CTX_BYTES);
static GUARD_BLOCK(state_block, GUARD_STATE_BYTES);
static GUARD_BLOCK(ws_block, GUARD_WS_BYTES(8, 16));
static GUARD_BLOCK(child_block, GUARD_CTX_BYTES);

/* Inputs, outputs and scratch of the calls; outputs and state are compared with what they were. */
static union {
  double d[BIG];
  float f[2 * BIG];
  unsigned char bytes[8 * BIG];
} x, y, z, before;
static double total[2], state_before[3];

static guard_ctx *m;

static void remember(void) {
  memset(z.bytes, 0x5a, sizeof z);
  memcpy(before.bytes, z.bytes, sizeof z);
  total[0] = total[1] = -7;
  memcpy(state_before, guard_s(m), sizeof state_before);
}

static void unchanged(int line) {
  if (memcmp(before.bytes, z.bytes, sizeof z) || total[0] != -7 || total[1] != -7 ||
      memcmp(state_before, guard_s(m), sizeof state_before)) {
    fprintf(stderr, "line %d: a refused call has written something\n", line);
    exit(1);
  }
}

/* The call is refused with this status and this line, and has changed nothing. */
#define REFUSED(call, status, line)     \
  do {                                  \
    remember();                         \
    CHECK_STATUS(call, status);         \
    CHECK_TEXT(guard_error(m), line);   \
    unchanged(__LINE__);                \
  } while (0)

static guard_status apply(int64_t n, int64_t k) { return guard_apply(m, n, k, x.d, y.f, 2, z.d, total); }

static void instances(void) {
  guard_config config = GUARD_CONFIG(8, 16), bad;
  guard_ctx *out;
  unsigned char ctx_before[GUARD_CTX_BYTES];
  memset(ctx_block, 0x33, sizeof ctx_block);
  memset(state_block, 0x44, sizeof state_block);
  memcpy(ctx_before, ctx_block, sizeof ctx_before);

#define INIT_REFUSED(config, ctx, state, ws, bytes, status)                              \
  do {                                                                                   \
    out = (guard_ctx *)(void *)ctx_block;                                                \
    CHECK_STATUS(guard_init(config, ctx, state, ws, bytes, &out), status);               \
    CHECK(out == NULL && memcmp(ctx_before, ctx_block, sizeof ctx_before) == 0);         \
    for (size_t b = 0; b < sizeof state_block; b++) CHECK(state_block[b] == 0x44);       \
  } while (0)

  INIT_REFUSED(NULL, ctx_block, state_block, ws_block, sizeof ws_block, GUARD_E_NULL);
  INIT_REFUSED(&config, NULL, state_block, ws_block, sizeof ws_block, GUARD_E_NULL);
  INIT_REFUSED(&config, ctx_block, NULL, ws_block, sizeof ws_block, GUARD_E_NULL);
  INIT_REFUSED(&config, ctx_block, state_block, NULL, sizeof ws_block, GUARD_E_NULL);
  CHECK_STATUS(guard_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, NULL), GUARD_E_NULL);
  INIT_REFUSED(&config, ctx_block + 8, state_block, ws_block, sizeof ws_block, GUARD_E_ALIGN);
  INIT_REFUSED(&config, ctx_block, state_block + 32, ws_block, sizeof ws_block, GUARD_E_ALIGN);
  INIT_REFUSED(&config, ctx_block, state_block, ws_block + 1, sizeof ws_block, GUARD_E_ALIGN);
  INIT_REFUSED(&config, ctx_block, state_block, ws_block, GUARD_WS_BYTES(8, 16) - 1, GUARD_E_WORKSPACE);
  INIT_REFUSED(&config, ctx_block, state_block, ws_block, 0, GUARD_E_WORKSPACE);

  static const int64_t sizes[][2] = {{-1, 16}, {1001, 16}, {8, -1}, {8, 5001}, {INT64_MIN, 16}, {8, INT64_MAX}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    bad = config;
    bad.N_ = sizes[i][0];
    bad.K_ = sizes[i][1];
    INIT_REFUSED(&bad, ctx_block, state_block, ws_block, sizeof ws_block, GUARD_E_DIM);
    CHECK_STATUS(guard_create(&bad, &out), GUARD_E_DIM);
    CHECK(out == NULL);
  }
  static const uint32_t struct_bytes[] = {0, sizeof(guard_config) - 8, sizeof(guard_config) + 8, UINT32_MAX};
  for (size_t i = 0; i < sizeof struct_bytes / sizeof *struct_bytes; i++) {
    bad = config;
    bad.struct_bytes = struct_bytes[i];
    INIT_REFUSED(&bad, ctx_block, state_block, ws_block, sizeof ws_block, GUARD_E_VERSION);
    CHECK_STATUS(guard_create(&bad, &out), GUARD_E_VERSION);
  }
  bad = config;
  bad.flags = 1;
  INIT_REFUSED(&bad, ctx_block, state_block, ws_block, sizeof ws_block, GUARD_E_VERSION);
  tgc_pool no_hook = {NULL, NULL};
  bad = config;
  bad.pool = &no_hook;
  INIT_REFUSED(&bad, ctx_block, state_block, ws_block, sizeof ws_block, GUARD_E_NULL);

  CHECK_STATUS(guard_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m), GUARD_OK);
  CHECK(guard_s(m)[0] == 1 && guard_s(m)[2] == 3);

  out = m;
  CHECK_STATUS(guard_init_shared(NULL, &config, child_block, ws_block, sizeof ws_block, &out), GUARD_E_NULL);
  CHECK(out == NULL);
  CHECK_STATUS(guard_share(NULL, &config, &out), GUARD_E_NULL);
  CHECK_STATUS(guard_share(m, NULL, &out), GUARD_E_NULL);
  CHECK_STATUS(guard_share(m, &config, NULL), GUARD_E_NULL);
  CHECK_STATUS(guard_create(NULL, &out), GUARD_E_NULL);
  CHECK_STATUS(guard_create(&config, NULL), GUARD_E_NULL);
}

/* An allocator that counts, and may refuse or ignore the alignment. */
static struct heap {
  int live, refuse, misalign;
  uint64_t bytes, align;
  void *block;
} heap;

static void *allocate(void *user, uint64_t bytes, uint64_t align) {
  struct heap *h = (struct heap *)user;
  CHECK(h == &heap);
  if (h->refuse) return NULL;
  h->live++;
  h->bytes = bytes;
  h->align = align;
  h->block = malloc((size_t)(bytes + 2 * align));
  CHECK(h->block);
  uintptr_t start = ((uintptr_t)h->block + align - 1) / align * align;
  return (void *)(start + (h->misalign ? 8 : 0));
}

static void release(void *user, void *block, uint64_t bytes) {
  struct heap *h = (struct heap *)user;
  CHECK(h == &heap && bytes == h->bytes && block);
  h->live--;
  free(h->block);
}

static void allocators(void) {
  tgc_alloc alloc = {&heap, allocate, release};
  guard_config config = GUARD_CONFIG(8, 16);
  guard_ctx *out;
  config.alloc = &alloc;
  CHECK_STATUS(guard_create(&config, &out), GUARD_OK);
  CHECK(heap.live == 1 && heap.align == 64 && (uintptr_t)guard_s(out) % 64 == 0);
  CHECK(guard_s(out)[1] == 2);
  guard_destroy(out);
  CHECK(heap.live == 0);
  heap.refuse = 1;
  out = m;
  CHECK_STATUS(guard_create(&config, &out), GUARD_E_NOMEM);
  CHECK(out == NULL);
  out = m;
  CHECK_STATUS(guard_share(m, &config, &out), GUARD_E_NOMEM);
  CHECK(out == NULL && heap.live == 0);
  heap.refuse = 0;
  heap.misalign = 1;
  CHECK_STATUS(guard_create(&config, &out), GUARD_E_ALIGN);
  CHECK(out == NULL && heap.live == 0);
  alloc.release = NULL;
  CHECK_STATUS(guard_create(&config, &out), GUARD_E_NULL);
  CHECK(out == NULL && heap.live == 0);
}

static void calls(void) {
  for (int i = 0; i < BIG; i++) x.d[i] = i;
  for (int i = 0; i < 2 * BIG; i++) y.f[i] = (float)i;
  remember();
  CHECK_STATUS(guard_apply(NULL, 1, 1, x.d, y.f, 2, z.d, total), GUARD_E_NULL);
  unchanged(__LINE__);
  CHECK_TEXT(guard_error(NULL), "there is no instance; the status of the call that failed says why");
  CHECK_TEXT(guard_error(m), "");

  REFUSED(apply(-1, 1), GUARD_E_DIM, "apply: N=-1, allowed 0..1000");
  REFUSED(apply(1001, 1), GUARD_E_DIM, "apply: N=1001, allowed 0..1000");
  REFUSED(apply(INT64_MIN, 1), GUARD_E_DIM, "apply: N=-9223372036854775808, allowed 0..1000");
  REFUSED(apply(1, 5001), GUARD_E_DIM, "apply: K=5001, allowed 0..5000");
  REFUSED(apply(1, INT64_MAX), GUARD_E_DIM, "apply: K=9223372036854775807, allowed 0..5000");
  REFUSED(apply(3, 3), GUARD_E_DIM, "apply: x axis 0 is 6, y axis 0 is 4; they must be equal");
  REFUSED(apply(0, 0), GUARD_E_DIM, "apply: x axis 0 is 0, y axis 0 is 1; they must be equal");

  REFUSED(guard_apply(m, 2, 3, NULL, y.f, 2, z.d, total), GUARD_E_NULL, "apply: x is NULL");
  REFUSED(guard_apply(m, 2, 3, x.d, NULL, 2, z.d, total), GUARD_E_NULL, "apply: y is NULL");
  REFUSED(guard_apply(m, 2, 3, x.d, y.f, 2, NULL, total), GUARD_E_NULL, "apply: z is NULL");
  REFUSED(guard_apply(m, 2, 3, x.d, y.f, 2, z.d, NULL), GUARD_E_NULL, "apply: total is NULL");

  const double *odd_x = (const double *)(const void *)(x.bytes + 4);
  const float *odd_y = (const float *)(const void *)(y.bytes + 2);
  double *odd_z = (double *)(void *)(z.bytes + 1);
  REFUSED(guard_apply(m, 2, 3, odd_x, y.f, 2, z.d, total), GUARD_E_ALIGN, "apply: x is not aligned to 8 bytes");
  REFUSED(guard_apply(m, 2, 3, x.d, odd_y, 2, z.d, total), GUARD_E_ALIGN, "apply: y is not aligned to 4 bytes");
  REFUSED(guard_apply(m, 2, 3, x.d, y.f, 2, odd_z, total), GUARD_E_ALIGN, "apply: z is not aligned to 8 bytes");
  CHECK_STATUS(guard_apply(m, 2, 3, x.d + 1, y.f + 1, 2, z.d + 1, total), GUARD_OK); /* elements' alignment is enough */

  REFUSED(guard_apply(m, 2, 3, z.d, y.f, 2, z.d, total), GUARD_E_ALIAS,
          "apply: output z overlaps x; give it memory of its own");
  REFUSED(guard_apply(m, 2, 3, z.d, y.f, 2, z.d + 3, total), GUARD_E_ALIAS,
          "apply: output z overlaps x; give it memory of its own");
  REFUSED(guard_apply(m, 2, 3, x.d, z.f + 7, 2, z.d, total), GUARD_E_ALIAS,
          "apply: output z overlaps y; give it memory of its own");
  REFUSED(guard_apply(m, 2, 3, x.d, y.f, 2, z.d, z.d + 3), GUARD_E_ALIAS,
          "apply: output total overlaps z; give it memory of its own");
  REFUSED(guard_apply(m, 2, 3, x.d, y.f, 2, z.d, guard_s(m) + 2), GUARD_E_ALIAS,
          "apply: output total overlaps the instance's state; give it memory of its own");
  REFUSED(guard_apply(m, 2, 3, x.d, y.f, 2, guard_s(m) - 1, total), GUARD_E_ALIAS,
          "apply: output z overlaps the instance's state; give it memory of its own");
  CHECK(sizeof ws_block >= 64);
  REFUSED(guard_apply(m, 2, 3, x.d, y.f, 2, z.d, (double *)(void *)ws_block), GUARD_E_ALIAS,
          "apply: output total overlaps the instance's workspace; give it memory of its own");
  remember();
  CHECK_STATUS(guard_fixed(m, guard_s(m), z.d), GUARD_E_ALIAS);
  CHECK(strstr(guard_error(m), "overlaps"));
  unchanged(__LINE__);
  CHECK_STATUS(guard_apply(m, 2, 3, z.d, z.f, 2, z.d + 4, total), GUARD_OK); /* inputs overlap, outputs adjoin */
  CHECK_STATUS(guard_apply(m, 2, 3, x.d, y.f, 0.5, z.d, z.d + 4), GUARD_OK);
  CHECK(z.d[3] == 3 && z.d[4] == 14);

  /* A call whose sizes exceed those of the config. */
  CHECK(GUARD_MIX_WS_BYTES(30) > sizeof ws_block);
  char line[256];
  snprintf(line, sizeof line,
           "mix: needs %llu bytes of workspace, the instance has %llu; build it with larger dimensions in its config",
           (unsigned long long)GUARD_MIX_WS_BYTES(30), (unsigned long long)sizeof ws_block);
  REFUSED(guard_mix(m, 30, x.d, z.d), GUARD_E_WORKSPACE, line);
  CHECK_STATUS(guard_mix(m, 8, x.d, z.d), GUARD_OK);

  /* Instances of another model. */
  other_config config = OTHER_CONFIG(8, 16);
  other_ctx *other;
  CHECK_STATUS(other_create(&config, &other), OTHER_OK);
  double one;
  remember();
  CHECK_STATUS(guard_apply((guard_ctx *)(void *)other, 2, 3, x.d, y.f, 2, z.d, total), GUARD_E_VERSION);
  unchanged(__LINE__);
  CHECK_TEXT(other_error(other), "");
  CHECK_STATUS(other_apply((other_ctx *)(void *)m, 1, 1, x.d, x.d, &one), OTHER_E_VERSION);
  guard_config mine = GUARD_CONFIG(8, 16);
  guard_ctx *out = m;
  CHECK_STATUS(guard_share((guard_ctx *)(void *)other, &mine, &out), GUARD_E_VERSION);
  CHECK(out == NULL);
  other_destroy(other);
}

static void images(void) {
  static unsigned char image[GUARD_SAVE_BYTES + 1], copy[sizeof image], foreign[OTHER_SAVE_BYTES];
  char line[256];
  memset(image, 0x77, sizeof image);
  CHECK_STATUS(guard_save(m, NULL, sizeof image), GUARD_E_NULL);
  CHECK_TEXT(guard_error(m), "save: image is NULL");
  CHECK_STATUS(guard_save(NULL, image, sizeof image), GUARD_E_NULL);
  CHECK_STATUS(guard_save(m, image, GUARD_SAVE_BYTES - 1), GUARD_E_IMAGE);
  snprintf(line, sizeof line, "save: image has room for %d bytes, this model needs %d", (int)GUARD_SAVE_BYTES - 1,
           (int)GUARD_SAVE_BYTES);
  CHECK_TEXT(guard_error(m), line);
  for (size_t i = 0; i < sizeof image; i++) CHECK(image[i] == 0x77);
  CHECK_STATUS(guard_save(m, image, sizeof image), GUARD_OK);
  CHECK(image[GUARD_SAVE_BYTES] == 0x77);

  REFUSED(guard_load(m, NULL, GUARD_SAVE_BYTES), GUARD_E_NULL, "load: image is NULL");
  CHECK_STATUS(guard_load(NULL, image, GUARD_SAVE_BYTES), GUARD_E_NULL);
  static const int lengths[] = {0, 7, 8, (int)GUARD_SAVE_BYTES - 1, (int)GUARD_SAVE_BYTES + 1};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    snprintf(line, sizeof line, "load: image has %d bytes, an image of this model has %d", lengths[i],
             (int)GUARD_SAVE_BYTES);
    REFUSED(guard_load(m, image, (uint64_t)lengths[i]), GUARD_E_IMAGE, line);
  }
  const char *header = "load: the header of image is not this model's; save with the same model";
  const size_t data = 3 * sizeof(double);
  for (size_t i = 0; i < GUARD_SAVE_BYTES - data; i++) {
    memcpy(copy, image, sizeof copy);
    copy[i] ^= 1;
    REFUSED(guard_load(m, copy, GUARD_SAVE_BYTES), GUARD_E_IMAGE, header);
  }

  other_config config = OTHER_CONFIG(0, 0);
  other_ctx *other;
  CHECK_STATUS(other_create(&config, &other), OTHER_OK);
  CHECK_STATUS(other_save(other, foreign, sizeof foreign), OTHER_OK);
  CHECK(sizeof foreign == GUARD_SAVE_BYTES);
  REFUSED(guard_load(m, foreign, sizeof foreign), GUARD_E_IMAGE, header);
  other_destroy(other);

  guard_s(m)[0] = 99;
  CHECK_STATUS(guard_load(m, image, GUARD_SAVE_BYTES), GUARD_OK);
  CHECK(memcmp(guard_s(m), image + GUARD_SAVE_BYTES - data, data) == 0 && guard_s(m)[0] != 99);
  memcpy(copy + 1, image, GUARD_SAVE_BYTES); /* an image needs no alignment */
  CHECK_STATUS(guard_load(m, copy + 1, GUARD_SAVE_BYTES), GUARD_OK);
}

int main(void) {
  instances();
  allocators();
  calls();
  images();
  return 0;
}
