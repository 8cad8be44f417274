// The headers of several models in one unit, with nothing before them.
#include "headers.c"
