/* The headers of several models in one unit, with nothing before them. */
#include "echo.h"
#include "guard.h"
#include "counter.h"
#include "swap.h"
#include "guard.h"

int main(void) { return echo_model.reserved + guard_model.reserved + counter_model.reserved + swap_model.reserved; }
