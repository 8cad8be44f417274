/* Rows of a table by numbers that the caller gives: inside, from the end, twice the same, and outside. */
#include "lookup.h"

#include "check.h"

static LOOKUP_BLOCK(ctx_block, LOOKUP_CTX_BYTES);
static LOOKUP_BLOCK(state_block, LOOKUP_STATE_BYTES);
static LOOKUP_BLOCK(ws_block, LOOKUP_WS_BYTES(4));

static lookup_ctx *m;

static void refused(int64_t bad, const char *text) {
  int64_t rows[4] = {0, 1, bad, 2};
  float found[8], before[8], table[6];
  memset(found, 0x5a, sizeof found);
  memcpy(before, found, sizeof found);
  memcpy(table, lookup_table(m), sizeof table);
  CHECK_STATUS(lookup_find(m, 4, rows, found), LOOKUP_E_INDEX);
  CHECK(strncmp(lookup_error(m), text, strlen(text)) == 0);
  CHECK(strstr(lookup_error(m) + strlen(text), "models.rs:") != NULL);
  CHECK_STATUS(lookup_count(m, 4, rows, found), LOOKUP_E_INDEX);
  CHECK(memcmp(found, before, sizeof found) == 0);
  CHECK(memcmp(table, lookup_table(m), sizeof table) == 0);
}

int main(void) {
  lookup_config config = LOOKUP_CONFIG(4);
  CHECK_STATUS(lookup_init(&config, ctx_block, state_block, ws_block, sizeof ws_block, &m), LOOKUP_OK);
  int64_t rows[4] = {2, -3, 2, 1};
  float found[8], want[8] = {5, 6, 1, 2, 5, 6, 3, 4};
  CHECK_STATUS(lookup_find(m, 4, rows, found), LOOKUP_OK);
  CHECK(memcmp(found, want, sizeof want) == 0);
  CHECK_STATUS(lookup_find(m, 0, rows, found), LOOKUP_OK);
  refused(3, "find: rows has the element 3, outside axis 0 of table, whose size is 3 (");
  refused(-4, "find: rows has the element -4, outside axis 0 of table, whose size is 3 (");
  CHECK_STATUS(lookup_count(m, 4, rows, found), LOOKUP_OK);
  CHECK(memcmp(found, want, sizeof want) == 0);
  float counted[6] = {11, 12, 13, 14, 25, 26};
  CHECK(memcmp(lookup_table(m), counted, sizeof counted) == 0);
  return 0;
}
