/* The headers of several models in one unit, with nothing before them. */
#include "echo.h"
#include "guard.h"
#include "counter.h"
#include "swap.h"
#include "guard.h"

int main(void) { return echo_model.variant_count + guard_model.variant_count + counter_model.variant_count + swap_model.variant_count - 4; }
