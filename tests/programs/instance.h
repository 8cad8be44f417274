/* What programs need that make instances of models which they know by their tables alone. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdint.h>
#include <stdlib.h>

#include "check.h"

/* The start of every model's configuration, with room for its sizes and hooks. */
struct config {
  uint32_t struct_bytes, flags;
  int64_t sizes_and_hooks[10];
};

/* A block of at least so many bytes, for an instance, its state or its workspace. */
static inline void *aligned(uint64_t bytes) {
  void *block = aligned_alloc(64, (size_t)((bytes + 127) / 64 * 64));
  CHECK(block);
  return block;
}

#endif
