/* A loader that knows no model: finds functions, sizes, dtypes and states in a description, and calls. */
#include "counter.h"
#include "guard.h"

#include "check.h"
#include "instance.h"

#include <stdint.h>

static const uint8_t element_bytes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};

static void *load(const tgc_model *model, const int64_t *sizes, void *blocks[3]) {
  struct config config;
  memset(&config, 0, sizeof config);
  CHECK(model->size_count <= 8 && model->variant_count >= 1 && model->variants[0][0]);
  config.struct_bytes = (uint32_t)(8 + 8 * (size_t)model->size_count + 3 * sizeof(void *));
  for (int32_t i = 0; i < model->size_count; i++) config.sizes_and_hooks[i] = sizes[i];
  uint64_t ws_bytes = model->ws_bytes(sizes);
  blocks[0] = aligned(model->ctx_bytes);
  blocks[1] = aligned(model->state_bytes);
  blocks[2] = aligned(ws_bytes);
  void *ctx;
  CHECK_STATUS(model->init(&config, blocks[0], blocks[1], blocks[2], ws_bytes, &ctx), 0);
  return ctx;
}

static const tgc_function *find(const tgc_model *model, const char *name) {
  for (int32_t i = 0; i < model->function_count; i++)
    if (strcmp(model->functions[i].name, name) == 0) return &model->functions[i];
  CHECK(!"there is such a function");
  return NULL;
}

/* Elements of an argument, where its shape is made of numbers and sizes. */
static int64_t elements(const tgc_argument *a, const int64_t *sizes) {
  int64_t count = 1;
  for (int32_t i = 0; i < a->rank; i++) {
    if (a->shape[i] == INT64_MIN) return -1;
    count *= a->shape[i] >= 0 ? a->shape[i] : sizes[-1 - a->shape[i]];
  }
  return count;
}

static void describe(const tgc_model *model) {
  printf("%s %d sizes %d states\n", model->name, (int)model->size_count, (int)model->state_count);
  for (int32_t i = 0; i < model->size_count; i++)
    printf("  size %s %lld..%lld\n", model->sizes[i].name, (long long)model->sizes[i].min,
           (long long)model->sizes[i].max);
  for (int32_t i = 0; i < model->state_count; i++)
    printf("  state %s dtype %d rank %d\n", model->states[i].name, (int)model->states[i].dtype,
           (int)model->states[i].rank);
  for (int32_t i = 0; i < model->function_count; i++) {
    const tgc_function *f = &model->functions[i];
    printf("  %s(", f->name);
    for (int32_t k = 0; k < f->size_count; k++) printf("%s ", f->sizes[k].name);
    for (int32_t k = 0; k < f->input_count + f->output_count; k++) {
      const tgc_argument *a = k < f->input_count ? &f->inputs[k] : &f->outputs[k - f->input_count];
      printf("%s%s:%d[", k == f->input_count ? "-> " : "", a->name, (int)a->dtype);
      for (int32_t axis = 0; axis < a->rank; axis++)
        if (a->shape[axis] == INT64_MIN) printf("?,");
        else printf("%lld,", (long long)a->shape[axis]);
      printf("] ");
    }
    for (int32_t k = 0; k < f->update_count; k++) printf("updates %s", model->states[f->updates[k]].name);
    printf(")\n");
  }
}

int main(void) {
  const tgc_model *models[] = {&counter_model, &guard_model};
  describe(models[0]);
  describe(models[1]);
  void *blocks[3];

  void *counter = load(models[0], NULL, blocks);
  int32_t inc = 5;
  int64_t before = -1;
  void *args[] = {&inc, &before};
  CHECK_STATUS(find(models[0], "accumulator")->call(counter, NULL, args), COUNTER_OK);
  CHECK(before == 0 && *(int64_t *)models[0]->states[0].get(counter) == 5);
  inc = 3;
  CHECK_STATUS(find(models[0], "decrementor")->call(counter, NULL, args), COUNTER_OK);
  CHECK(before == 5 && *(int64_t *)models[0]->states[0].get(counter) == 2);
  CHECK(counter_state((counter_ctx *)counter) == models[0]->states[0].get(counter));
  args[0] = NULL;
  CHECK_STATUS(find(models[0], "accumulator")->call(counter, NULL, args), COUNTER_E_NULL);
  CHECK_TEXT(counter_error((counter_ctx *)counter), "accumulator: inc is NULL");
  for (int i = 0; i < 3; i++) free(blocks[i]);

  /* Every array is made from its description. */
  int64_t config_sizes[2] = {0, 0};
  for (int32_t i = 0; i < 2; i++) config_sizes[i] = strcmp(models[1]->sizes[i].name, "N") == 0 ? 4 : 7;
  void *guard = load(models[1], config_sizes, blocks);
  const tgc_function *mix = find(models[1], "mix");
  int64_t n[] = {4};
  CHECK(mix->size_count == 1 && mix->input_count == 1 && mix->output_count == 1);
  CHECK(elements(&mix->inputs[0], n) == 16 && elements(&mix->outputs[0], n) == 16);
  double *a = (double *)aligned(16 * (uint64_t)element_bytes[mix->inputs[0].dtype]);
  double *mixed = (double *)aligned(16 * (uint64_t)element_bytes[mix->outputs[0].dtype]), typed[16];
  for (int i = 0; i < 16; i++) a[i] = i % 5;
  void *arrays[] = {a, mixed};
  CHECK_STATUS(mix->call(guard, n, arrays), GUARD_OK);
  CHECK_STATUS(guard_mix((guard_ctx *)guard, 4, a, typed), GUARD_OK);
  CHECK(memcmp(mixed, typed, sizeof typed) == 0);
  const tgc_function *apply = find(models[1], "apply");
  CHECK(elements(&apply->inputs[0], n) == -1);
  int64_t bad[] = {-1, 3};
  void *none[] = {NULL, NULL, a, NULL, NULL};
  CHECK_STATUS(apply->call(guard, bad, none), GUARD_E_DIM);
  free(a);
  free(mixed);
  for (int i = 0; i < 3; i++) free(blocks[i]);
  return 0;
}
